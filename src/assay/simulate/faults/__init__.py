"""What goes wrong in applications: for every label of the taxonomy several ways in which it shows.

A variant changes a planned turn before it is told. Whatever else goes wrong because of it, the variant notes on the turn.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from assay.simulate.cast import SERVICES, App, Service
from assay.simulate.faults import boundary, context, generation, output, retrieval, safety, serving, tools
from assay.simulate.knowledge import domains
from assay.simulate.turn import DETAILED


class Variant(NamedTuple):
    """One way in which a fault shows."""

    apply: Callable[[Any], None]
    services: tuple[Service, ...]
    """Where it can happen."""
    turns: int = 1
    """How many turns a conversation needs before it can happen."""

    @property
    def name(self) -> str:
        """The variant's own name."""
        return self.apply.__name__


def _english(service: Service) -> bool:
    return not service.domain or domains()[service.domain].language == "en"


def _of(app: App) -> tuple[Service, ...]:
    return tuple(service for service in SERVICES if service.app == app and _english(service))


RAG, AGENT, EXTRACTION, CHAT = _of("rag"), _of("agent"), _of("extraction"), _of("chat")
STREAMING_RAG, STREAMING_CHAT = tuple(one for one in RAG if one.streams), tuple(one for one in CHAT if one.streams)


def _named(*names: str) -> tuple[Service, ...]:
    return tuple(service for service in SERVICES if service.name in names)


def _on(services: tuple[Service, ...], *changes: Callable[[Any], None], turns: int = 1) -> tuple[Variant, ...]:
    return tuple(Variant(change, services, turns) for change in changes)


CITING = tuple(one for one in RAG if one.layout != "tags")
CACHING_AGENTS = tuple(one for one in AGENT if one.name in DETAILED)

FAULTS: dict[str, tuple[Variant, ...]] = {
    "retrieval_miss.no_results": _on(RAG, *retrieval.NO_RESULTS),
    "retrieval_miss.low_relevance": _on(RAG, *retrieval.LOW_RELEVANCE),
    "retrieval_miss.source_absent": _on(RAG, *retrieval.SOURCE_ABSENT),
    "ranking_failure.dropped_evidence": _on(RAG, *retrieval.DROPPED_EVIDENCE),
    "ranking_failure.outranked": _on(RAG, *retrieval.OUTRANKED),
    "ranking_failure.stale_outranks_fresh": _on(RAG, *retrieval.STALE),
    "context_construction.truncated": _on(RAG, *context.TRUNCATED),
    "context_construction.contradiction": _on(RAG, *context.CONTRADICTION),
    "context_construction.duplicate_chunks": _on(RAG, *context.DUPLICATES),
    "context_construction.broken_chunk": _on(RAG, *context.BROKEN),
    "context_construction.distractors": _on(RAG, *context.DISTRACTORS),
    "unsupported_generation.unsupported_claim": _on(RAG, *generation.CLAIM),
    "unsupported_generation.unsupported_number": _on(RAG, *generation.NUMBERS),
    "unsupported_generation.fabricated_citation": _on(CITING, *generation.CITATION),
    "unsupported_generation.contradicts_context": _on(RAG, *generation.CONTRARY),
    "unsupported_generation.fabricated_tool_result": _on(AGENT, *generation.TOOL_RESULT),
    "tool_failure.unknown_tool": _on(AGENT, *tools.UNKNOWN_TOOL),
    "tool_failure.bad_arguments": _on(AGENT, *tools.BAD_ARGUMENTS),
    "tool_failure.tool_error": _on(AGENT, *tools.TOOL_ERROR),
    "tool_failure.tool_timeout": _on(AGENT, *tools.TOOL_TIMEOUT),
    "tool_failure.retry_loop": _on(AGENT, *tools.RETRY_LOOP),
    "tool_failure.agent_loop": _on(AGENT, *tools.AGENT_LOOP),
    "tool_failure.ignored_result": _on(AGENT, *tools.IGNORED),
    "serving_bottleneck.rate_limited": (
        *_on(RAG + CHAT, serving.limited, serving.limited_again_and_again, serving.limited_inside_client),
        *_on(AGENT + EXTRACTION, serving.limited, serving.limited_again_and_again),
        *_on(RAG, serving.search_limited),
    ),
    "serving_bottleneck.timeout": (
        *_on(RAG + CHAT, serving.timed_out, serving.timed_out_after_attempts),
        *_on(AGENT + EXTRACTION, serving.timed_out),
        *_on(RAG, serving.search_timed_out),
    ),
    "serving_bottleneck.provider_error": (
        *_on(RAG + CHAT, serving.broken, serving.broken_again_and_again, serving.broken_inside_client),
        *_on(AGENT + EXTRACTION, serving.broken, serving.broken_again_and_again),
    ),
    "serving_bottleneck.slow_first_token": (
        *_on(STREAMING_RAG, serving.queue, serving.long_queue),
        *_on(STREAMING_CHAT, serving.queue, serving.long_queue),
        *_on(AGENT, serving.slow_planning),
    ),
    "serving_bottleneck.slow_stage": (
        *_on(RAG, serving.slow_search, serving.slow_rerank, serving.slow_guardrail, serving.slow_rewrite),
        *_on(AGENT, serving.slow_tool),
        *_on(EXTRACTION, serving.slow_document),
    ),
    "serving_bottleneck.over_limit": (
        *_on(_named(*serving.SLOWEST_MS), serving.over_time),
        *_on(_named(*serving.DEAREST_USD), serving.over_cost),
    ),
    "serving_bottleneck.cache_miss": (
        *_on(CACHING_AGENTS, serving.uncached_rounds, serving.clock_in_prompt),
        *_on(_named("companion"), serving.uncached, serving.clock_in_prompt, turns=3),
        *_on(_named("outfitters-help", "appliance-guide"), serving.uncached, turns=3),
    ),
    "safety_policy.pii_leak": (
        *_on(RAG, safety.record_in_document), *_on(CHAT, safety.recited), *_on(AGENT, safety.argument_with_record, safety.result_with_records),
    ),
    "safety_policy.secret_leak": (
        *_on(RAG, safety.key_in_document, safety.key_in_prompt), *_on(CHAT, safety.key_pasted), *_on(AGENT, safety.key_from_tool, safety.key_to_tool),
    ),
    "safety_policy.prompt_injection": (
        *_on(RAG, safety.injected_document, safety.injected_document_obeyed), *_on(AGENT, safety.injected_result),
        *_on(CHAT, safety.injected_question, safety.injected_question_obeyed), *_on(EXTRACTION, safety.injected_paper),
    ),
    "safety_policy.over_refusal": _on(RAG + AGENT + CHAT, safety.refused, safety.refused, safety.refused_with_reason),
    "safety_policy.unsafe_compliance": _on(CHAT, safety.complied, safety.complied_cheerfully),
    "safety_policy.guardrail_block": (
        *_on(RAG + CHAT, safety.question_blocked, safety.answer_blocked, safety.filtered_by_provider, safety.refused_by_provider),
        *_on(AGENT, safety.question_blocked),
    ),
    "safety_policy.banned_phrase": _on(_named(*safety.BANNED), safety.banned, safety.banned_first, safety.banned_loud),
    "safety_policy.missing_disclaimer": _on(_named("harbor-assistant"), safety.without_disclaimer, safety.with_other_disclaimer),
    "coverage_gap.no_knowledge": _on(RAG, *retrieval.NO_KNOWLEDGE),
    "coverage_gap.missing_tool": _on(AGENT, *tools.MISSING_TOOL),
    "output_format.invalid_json": _on(EXTRACTION, *output.INVALID_JSON),
    "output_format.schema_violation": _on(EXTRACTION, *output.SCHEMA),
    "output_format.empty": (*_on(RAG + AGENT + CHAT, output.empty, output.blank), *_on(EXTRACTION, output.empty)),
    "output_format.truncated": (*_on(RAG + CHAT, output.cut, output.cut_early), *_on(EXTRACTION, output.cut)),
    "output_format.length_bounds": (
        *_on(_named("outfitters-help"), output.too_short, output.too_long, output.too_long_steps),
        *_on(_named("companion"), output.too_long), *_on(_named("order-agent"), output.too_short, output.too_long_steps),
    ),
    "output_format.repetition": _on(RAG + CHAT, output.same_sentence, output.same_words, output.same_paragraph, output.same_line),
    "output_format.wrong_language": (
        *_on(CHAT, output.foreign_chat),
        *_on(_named("outfitters-help", "handbook-bot", "fjordline-desk", "tidewater-docs", "kundendienst", "mediatheque"), output.foreign_page),
    ),
    "context_boundary.history_truncated": _on(_named("companion", "study-buddy", "writing-helper", "outfitters-help"), *boundary.HISTORY_TRUNCATED, turns=4),
    "context_boundary.compacted": _on(CHAT, *boundary.COMPACTED, turns=4),
    "context_boundary.near_limit": _on(RAG + CHAT, *boundary.NEAR_LIMIT),
}  # fmt: skip
"""Every label that traffic of one moment can show; the rest of the taxonomy is decided by comparison over time."""
