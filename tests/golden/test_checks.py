"""Every check has spans that it must catch and spans that it must leave alone, in tests/golden/checks/<id>.yaml.

A span is written short: `question` and `answer` become messages, `calls` tool calls, `tools` their definitions, `schema` a
response schema; anything else is an attribute. It goes through the decoder as a real OTLP request does.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from assay.checks.engine import CHECKS, Checker
from assay.checks.finding import Finding
from assay.otlp.decode import Decoder
from assay.taxonomy import kinds

FOLDER = Path(__file__).parent / "checks"
START_NS = 1_790_000_000_000_000_000
EXAMPLES = {file.stem: yaml.safe_load(file.read_text()) for file in FOLDER.glob("*.yaml")}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


def request_of(spans: list[dict[str, Any]]) -> ExportTraceServiceRequest:
    """One trace a span."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, one in enumerate(spans, 1):
        span = scope.spans.add(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"))
        span.kind = Span.SPAN_KIND_CLIENT
        span.start_time_unix_nano = START_NS
        span.end_time_unix_nano = START_NS + one.get("duration_ms", 800) * 1_000_000
        span.name = one.get("operation", "chat")
        if one.get("status") == "error":
            span.status.code, span.status.message = Status.STATUS_CODE_ERROR, one.get("message", "")
        for key, value in _attributes(one).items():
            attribute = span.attributes.add(key=key)
            if isinstance(value, list):
                attribute.value.array_value.values.extend([])
                for item in value:
                    attribute.value.array_value.values.add(string_value=item)
            elif isinstance(value, float):
                attribute.value.double_value = value
            elif isinstance(value, int):
                attribute.value.int_value = value
            else:
                attribute.value.string_value = value
    return request


def _attributes(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"gen_ai.operation.name": one.get("operation", "chat")}
    if found["gen_ai.operation.name"] == "chat":
        found |= {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    if "question" in one:
        said = {"role": "user", "parts": [{"type": "text", "content": one["question"]}]}
        found["gen_ai.input.messages"] = json.dumps([said])
    if "answer" in one or "calls" in one:
        parts = [{"type": "text", "content": one["answer"]}] if "answer" in one else []
        parts += [
            {"type": "tool_call", "id": "c1", "name": name, "arguments": text} for name, text in one.get("calls", ())
        ]
        found["gen_ai.output.messages"] = json.dumps(
            [{"role": "assistant", "parts": parts, "finish_reason": one.get("finish", "stop")}]
        )
    if "finish" in one:
        found["gen_ai.response.finish_reasons"] = [one["finish"]]
    if "tools" in one:
        found["gen_ai.tool.definitions"] = json.dumps(one["tools"])
    if "output_type" in one:
        found["gen_ai.output.type"] = one["output_type"]
    if "schema" in one:
        found["gen_ai.output.schema"] = json.dumps(one["schema"])
    return found | one.get("attributes", {})


def findings_of(checker: Checker, spans: list[dict[str, Any]]) -> tuple[list[Finding], list[str]]:
    batch = Decoder().traces(request_of(spans), workspace="w").spans
    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    checked = checker.check(batch, texts.get)
    return checked.findings, checked.checks


def test_every_check_has_examples_and_a_label_of_the_taxonomy():
    assert {check.id for check in CHECKS} == set(EXAMPLES)
    assert {check.label for check in CHECKS} <= set(kinds())
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("check_id", sorted(EXAMPLES))
def test_caught(checker, check_id):
    spans = EXAMPLES[check_id]["caught"]
    found, asked = findings_of(checker, spans)
    caught = {int(one.trace_id, 16) for one in found if one.check_id == check_id}
    assert caught == set(range(1, len(spans) + 1))
    assert all(check_id in {one.split("@")[0] for one in checks.split(",")} for checks in asked)


@pytest.mark.parametrize("check_id", sorted(EXAMPLES))
def test_not_caught(checker, check_id):
    found, _ = findings_of(checker, EXAMPLES[check_id]["not_caught"])
    assert [one for one in found if one.check_id == check_id] == []


def test_quotations_are_verbatim_and_hide_what_must_not_be_repeated(checker):
    found, _ = findings_of(checker, EXAMPLES["safety.pii_answer"]["caught"])
    assert "4111" not in str(found)
    (cut,), _ = findings_of(
        checker, [{"question": "Q", "answer": "I could not find any information about gift cards."}]
    )
    assert (
        cut.evidence[0].quote
        == "I could not find any information about gift cards."[cut.evidence[0].start : cut.evidence[0].end]
    )
