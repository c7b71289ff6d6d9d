"""Checks over settled traces: one Trace goes in, findings come out, and one of them explains the others.

    Trace ─► applies ─► find ─► Findings ─► primary

A check says at most one thing about a trace, with as much evidence as it has. One that raises costs only itself, and is counted.
"""

from collections.abc import Sequence
from typing import NamedTuple

from assay import telemetry
from assay.checks import conversation, grounded, sources, steps
from assay.checks.finding import Finding
from assay.checks.trace import Trace
from assay.checks.trace_check import Seen, TraceCheck
from assay.taxonomy import kinds

TRACE_CHECKS: tuple[TraceCheck, ...] = tuple(
    sorted((*sources.CHECKS, *grounded.CHECKS, *steps.CHECKS, *conversation.CHECKS), key=lambda check: check.id)
)
"""Every check over traces."""

TRACE_CHECK_IDS = frozenset(check.id for check in TRACE_CHECKS)


class Looked(NamedTuple):
    """What trace checks say about one trace."""

    findings: tuple[Finding, ...]
    checks: str
    """`id@version` of the checks that could be asked, sorted and joined by commas."""


def look(trace: Trace, checks: Sequence[TraceCheck] = TRACE_CHECKS) -> Looked:
    """The findings of a trace; the same whatever order its spans came in."""
    found: list[Finding] = []
    asked: list[str] = []
    for check in checks:
        try:
            if not check.applies(trace):
                continue
            seen = check.find(trace)
        except Exception:  # noqa: BLE001 - whatever a check does wrong, it costs its own finding only
            telemetry.count("assay_check_errors_total", 1, check=check.id)
            continue
        asked.append(check.name)
        if seen is not None:
            found.append(_finding(check, trace, seen))
    return Looked(tuple(found), ",".join(asked))


def _finding(check: TraceCheck, trace: Trace, seen: Seen) -> Finding:
    return Finding(
        check.label,
        check.id,
        check.version,
        trace.trace_id,
        seen.span.span_id if seen.span else "",
        check.stage or (seen.span.stage if seen.span else "other"),
        check.severity or kinds()[check.label].severity,
        check.confidence,
        seen.evidence,
    )


UPSTREAM: tuple[str, ...] = (
    # What never let the request through, or came in with it.
    "safety_policy.prompt_injection",
    # The right text did not come up, or did not get into the prompt, or did not stay whole on the way.
    "retrieval_miss.no_results", "retrieval_miss.source_absent", "retrieval_miss.low_relevance",
    "ranking_failure.stale_outranks_fresh", "ranking_failure.outranked", "ranking_failure.dropped_evidence",
    "context_construction.broken_chunk", "context_construction.truncated", "context_construction.duplicate_chunks",
    "context_construction.contradiction", "context_construction.distractors",
    "context_boundary.history_truncated", "context_boundary.compacted", "context_boundary.near_limit",
    # What the model asked for comes before what the tool made of it.
    "tool_failure.unknown_tool", "tool_failure.bad_arguments", "tool_failure.agent_loop", "tool_failure.retry_loop",
    "tool_failure.tool_timeout", "tool_failure.tool_error",
    "serving_bottleneck.rate_limited", "serving_bottleneck.timeout", "serving_bottleneck.provider_error",
    "safety_policy.guardrail_block", "safety_policy.over_refusal",
    "safety_policy.secret_leak", "safety_policy.pii_leak", "safety_policy.unsafe_compliance",
    "tool_failure.ignored_result", "unsupported_generation.fabricated_tool_result",
    "safety_policy.banned_phrase",
    "unsupported_generation.fabricated_citation", "unsupported_generation.contradicts_context",
    "unsupported_generation.unsupported_number", "unsupported_generation.unsupported_claim",
    "output_format.truncated", "output_format.repetition", "output_format.empty", "output_format.wrong_language",
    "output_format.schema_violation", "output_format.invalid_json", "output_format.length_bounds",
    "coverage_gap.missing_tool", "coverage_gap.no_knowledge",
    "safety_policy.missing_disclaimer",
    "serving_bottleneck.slow_first_token", "serving_bottleneck.slow_stage", "serving_bottleneck.cache_miss",
)  # fmt: skip
"""What explains the outcome, before what follows from it. Labels that are not listed come last."""

_RANK = {label: place for place, label in enumerate(UPSTREAM)}
_GRAVITY = {"error": 0, "warning": 1}
_MISSES = frozenset({"retrieval_miss.no_results", "retrieval_miss.low_relevance"})


def primary(findings: Sequence[Finding], trace: Trace) -> Finding | None:
    """The finding that explains the outcome: of the most upstream stage, then the gravest, then the earliest.

    What is only noteworthy explains nothing; neither does an error after which the request went on: a call that was tried again
    with success. Where everything was searched in good order and nobody has written about it, the gap explains the empty search.
    """
    failures = [one for one in findings if one.severity in _GRAVITY]
    if not failures:
        return None
    unexplained = [one for one in failures if not steps.recovered(one, trace)] or failures
    if any(one.label == "coverage_gap.no_knowledge" for one in unexplained) and sources.nobody_wrote_about_it(trace):
        unexplained = [one for one in unexplained if one.label not in _MISSES]
    starts = {span.span_id: span.start_ns for span in trace.spans}
    return min(
        unexplained,
        key=lambda one: (
            _RANK.get(one.label, len(_RANK)),
            _GRAVITY[one.severity],
            starts.get(one.span_id, 0),
            one.span_id,
            one.check_id,
        ),
        default=None,
    )
