"""What is written on spans that go on to another endpoint."""

from assay.otlp.decode import Decoder
from assay.receiver.forward import enrich
from tests.golden.traces import request_of


def test_failures_are_written_on_a_span_and_what_is_only_noteworthy_is_not() -> None:
    request = request_of({"spans": [{"id": 1, "question": "Hm?", "answer": "So."}]})
    decoded = Decoder().traces(request, workspace="w")
    columns = decoded.spans.columns
    decoded.findings = {
        "trace_id": columns["trace_id"] * 3,
        "span_id": columns["span_id"] * 3,
        "label": ["output_format.truncated", "safety_policy.pii_leak", "safety_policy.over_refusal"],
        "severity": ["error", "warning", "info"],
    }
    enrich("traces", request, decoded, "here")
    (span,) = request.resource_spans[0].scope_spans[0].spans
    labels = next(pair.value.array_value.values for pair in span.attributes if pair.key == "assay.labels")
    assert [one.string_value for one in labels] == ["output_format.truncated", "safety_policy.pii_leak"]
