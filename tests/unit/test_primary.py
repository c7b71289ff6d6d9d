"""Which finding explains the others: the most upstream one, of those that say something about the outcome."""

from typing import Any

from assay.checks.finding import Finding
from assay.checks.trace import NOTHING, Trace, read_text, span_of
from assay.checks.traces import primary
from assay.otlp.decode import Decoder
from assay.taxonomy import kinds
from tests.golden.traces import request_of


def trace_of(*spans: dict[str, Any]) -> Trace:
    batch = Decoder().traces(request_of({"spans": list(spans)}), workspace="w").spans
    names = list(batch.columns)
    rows = zip(*(batch.columns[name] for name in names), strict=True)
    known = {key[2]: read_text(body.text) for key, body in batch.bodies.items()}
    return Trace(
        "w",
        f"{1:032x}",
        [span_of(dict(zip(names, row, strict=True))) for row in rows],
        lambda name: known.get(name, NOTHING),
    )


def found(label: str, span: int = 1, severity: str = "") -> Finding:
    kind = kinds()[label]
    return Finding(
        label, f"tests.{label}", 1, f"{1:032x}", f"{span:016x}", kind.stage, severity or kind.severity, 0.9, ()
    )  # type: ignore[arg-type]


def search(number: int, source: str) -> dict[str, Any]:
    return {
        "id": number, "operation": "retrieval", "query": "zips", "documents": [], "at_ms": number, "ms": 5,
        "attributes": {"gen_ai.data_source.id": source},
    }  # fmt: skip


ANSWER = {
    "id": 9,
    "question": "Do you repair zips?",
    "answer": "I could not find any information about that.",
    "at_ms": 100,
}
MISS, GAP = found("retrieval_miss.no_results", 1), found("coverage_gap.no_knowledge", 9)


def chosen(trace: Trace, *findings: Finding) -> str:
    for order in (findings, findings[::-1]):
        one = primary(order, trace)
        assert one is not None
        assert one == primary(findings, trace), "the order of findings decides nothing"
    return one.label


def test_the_most_upstream_finding_explains_the_others() -> None:
    trace = trace_of(search(1, "help"), ANSWER)
    assert chosen(trace, MISS, GAP) == MISS.label
    assert (
        chosen(trace, found("output_format.truncated", 9), found("unsupported_generation.unsupported_claim", 9), MISS)
        == MISS.label
    )
    assert (
        chosen(trace, found("tool_failure.tool_error"), found("tool_failure.bad_arguments"))
        == "tool_failure.bad_arguments"
    )


def test_a_gap_explains_an_empty_search_of_several_sources() -> None:
    assert chosen(trace_of(search(1, "help"), search(2, "policies"), ANSWER), MISS, GAP) == GAP.label


def test_what_is_only_noteworthy_explains_nothing() -> None:
    trace = trace_of(ANSWER)
    noteworthy = found("retrieval_miss.no_results", severity="info")
    assert primary([noteworthy], trace) is None
    assert chosen(trace, noteworthy, found("output_format.truncated", 9)) == "output_format.truncated"
