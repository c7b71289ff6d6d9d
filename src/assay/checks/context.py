"""Checks of what the model was given."""

from collections.abc import Iterator

from assay.checks.check import Check, Spans
from assay.checks.evidence import quote
from assay.checks.finding import Evidence


def _prompted(spans: Spans) -> list[int]:
    return spans.prompted


def _with_cuts(spans: Spans, rows: list[int]) -> list[int]:
    return spans.having("cut", rows, "input_messages", "system_prompt")


def _cut(spans: Spans, row: int) -> Iterator[Evidence]:
    for index, one in enumerate(spans.columns["input_messages"][row]):
        facts = spans.facts(one)
        if facts.cut and facts.role != "assistant":
            start = max(facts.cut[0] - 80, 0)
            yield quote(f"input_messages[{index}]", facts.text, (start, facts.cut[1]), one)
    found = spans.columns["system_prompt"][row]
    system = spans.facts(found)
    if system.cut and found not in spans.columns["input_messages"][row]:
        yield quote("system_prompt", system.text, (max(system.cut[0] - 80, 0), system.cut[1]), found)


CHECKS = (
    Check(
        "context.truncated",
        "context_construction.truncated",
        1,
        _prompted,
        _cut,
        _with_cuts,
        stage="context",
        confidence=0.9,
    ),
)
