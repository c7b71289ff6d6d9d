"""Checks of what is not there: answers that say that the sources or the tools do not reach."""

import re
from collections.abc import Iterator

from assay.checks.check import Check, Spans
from assay.checks.evidence import quote
from assay.checks.finding import Evidence
from assay.checks.text import Facts, has_told
from assay.checks.tool_result import failed, returns_record
from assay.checks.trace import read_text

NEAR_THE_START = 300
"""Characters. What is missing is said at the start; later it is a detail that was left open."""


def _answered(spans: Spans) -> list[int]:
    return spans.answered


def _with_gap(spans: Spans, rows: list[int]) -> list[int]:
    return spans.answers_having("gap", rows)


def _no_knowledge(spans: Spans, row: int) -> Iterator[Evidence]:
    facts = spans.answer(row)
    if not facts.gap or facts.gap[0] >= NEAR_THE_START or has_told(facts.text, facts.gap[0]):
        return
    if not _overlooks_data(spans, row, facts):
        yield quote(
            "answer",
            facts.text,
            facts.gap,
            spans.answer_hash(row),
            spans.facts(spans.columns["question"][row]).text[:120],
        )


_OWN_KNOWLEDGE = re.compile(
    r"(?:have|has|hold)(?:n['’]t| no\b| not\b)|n['’]t (?:have|know|see)\b|not (?:have|know|see)\b|lack", re.IGNORECASE
)


_OF_A_RECORD = re.compile(
    r"\b(?:orders?|bookings?|reservations?|customers?|accounts?|invoices?|tickets?|shipments?|parcels?|appointments?|patients?|members?|cards?|transactions?|trips?)\b[^.!?]{0,40}?[A-Z]{0,4}-?\d",
    re.IGNORECASE,
)
NEAR_A_RECORD = 60
"""Characters."""
_OF_DATA = re.compile(r"(?:the )?query\b", re.IGNORECASE)


def _overlooks_data(spans: Spans, row: int, facts: Facts) -> bool:
    """Whether the assistant says that it knows nothing although a tool has just returned a record: that is no gap of the sources."""
    said = facts.text[slice(*facts.gap)] if facts.gap else ""
    told = [spans.facts(one) for one in spans.columns["input_messages"][row][-2:]]
    after = facts.text[facts.gap[0] : facts.gap[1] + NEAR_A_RECORD] if facts.gap else ""
    if _OF_A_RECORD.search(after) and any(one.role == "tool" for one in told):
        return True  # that there is no such order is what a tool said
    if _OF_DATA.match(said):
        return any(one.role == "tool" for one in told)  # that there are no errors in a log is what was asked
    if not _OWN_KNOWLEDGE.search(said):
        return False
    return any(one.role == "tool" and returns_record(read_text(one.raw).text) for one in told)


def _without_means(spans: Spans, rows: list[int]) -> list[int]:
    return spans.answers_having("means", rows)


def _missing_tool(spans: Spans, row: int) -> Iterator[Evidence]:
    facts = spans.answer(row)
    if facts.means and facts.means[0] < NEAR_THE_START and not facts.gap and not _has_data(spans, row, facts):
        yield quote(
            "answer",
            facts.text,
            facts.means,
            spans.answer_hash(row),
            spans.facts(spans.columns["question"][row]).text[:120],
        )


def _has_data(spans: Spans, row: int, facts: Facts) -> bool:
    """Whether the answer says that it has no access to data although tools had just answered: it overlooks what it was told. Or that it
    cannot do what a tool has just failed to do."""
    said = facts.text[slice(*facts.means)] if facts.means else ""
    told = [one for one in spans.columns["input_messages"][row][-3:] if spans.facts(one).role == "tool"]
    return ("access" in said and bool(told)) or any(failed(_returned(spans, one)) for one in told[-1:])


def _returned(spans: Spans, found: bytes) -> bytes:
    """What a tool's message holds."""
    return read_text(spans.facts(found).raw).text.encode("utf-8", "replace")


CHECKS = (
    Check(
        "coverage.no_knowledge", "coverage_gap.no_knowledge", 11, _answered, _no_knowledge, _with_gap, confidence=0.85
    ),
    Check(
        "coverage.missing_tool",
        "coverage_gap.missing_tool",
        11,
        _answered,
        _missing_tool,
        _without_means,
        confidence=0.8,
    ),
)
