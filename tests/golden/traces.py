"""Traces written short: a list of spans, as in tests/golden/trace_checks/<id>.yaml, becomes an OTLP request.

A span has `id`, `parent`, `at_ms` (after the first), `ms`, `operation` (chat where it has a question, an answer or calls), `question`,
`answer`, `system`, `history` (pairs of question and answer before it), `calls`, `tool` with `arguments` and `result`, `query` and
`documents`, `error`, and `attributes`.
"""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS = 1_790_000_000_000_000_000
MS = 1_000_000

GOOD = "Refunds take 14 days after we get the parcel."
PAGES = [{"id": "refunds", "text": f"{GOOD} Parcels go back within 30 days."}]


def rag(number: int, answer: str = GOOD, question: str = "How long do refunds take?", **call: Any) -> dict[str, Any]:
    """A trace of a question, a search and an answer; `call` is more about the span that answers."""
    return {
        "trace": number,
        "spans": [
            {"id": 1, "operation": "invoke_agent", "ms": 900},
            {"id": 2, "parent": 1, "operation": "retrieval", "query": "refunds", "documents": PAGES, "at_ms": 10, "ms": 50},
            {"id": 3, "parent": 1, "question": question, "answer": answer, "at_ms": 100, **call},
        ],
    }  # fmt: skip


def request_of(trace: dict[str, Any], number: int = 1) -> ExportTraceServiceRequest:
    """One trace as a request."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.append(_pair("service.name", "shop"))
    scope = resource.scope_spans.add()
    scope.scope.name = "tests"
    for one in trace["spans"]:
        scope.spans.append(span_of(one, trace.get("trace", number)))
    return request


def span_of(one: dict[str, Any], trace: int) -> Span:
    start = one.get("start", START_NS + one.get("at_ms", 0) * MS)
    span = Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=one["id"].to_bytes(8, "big"),
        parent_span_id=one["parent"].to_bytes(8, "big") if one.get("parent") else b"",
        start_time_unix_nano=start,
        end_time_unix_nano=start + one.get("ms", 400) * MS,
        status={"code": 2, "message": one["error"]} if "error" in one else {},
    )
    attributes = _attributes(one)
    span.name = one.get("name") or " ".join(
        str(part) for part in (attributes.get("gen_ai.operation.name", "span"), one.get("tool", "")) if part
    )
    span.attributes.extend(_pair(key, value) for key, value in attributes.items())
    return span


def _attributes(one: dict[str, Any]) -> dict[str, Any]:
    chats = any(name in one for name in ("question", "answer", "calls", "history"))
    operation = one.get("operation", "chat" if chats else "")
    found: dict[str, Any] = {"gen_ai.operation.name": operation} if operation else {}
    if operation == "chat":
        found |= {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
        said = []
        for question, answer in one.get("history", ()):
            said += [_message("user", question), _message("assistant", answer)]
        if "question" in one:
            said.append(_message("user", one["question"]))
        said += [
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": result}]}
            for result in one.get("results", ())
        ]
        found["gen_ai.input.messages"] = json.dumps(said)
        if "system" in one:
            found["gen_ai.system_instructions"] = json.dumps([{"type": "text", "content": one["system"]}])
        parts = [{"type": "text", "content": one["answer"]}] if "answer" in one else []
        parts += [
            {"type": "tool_call", "id": "c1", "name": name, "arguments": text} for name, text in one.get("calls", ())
        ]
        if parts:
            found["gen_ai.output.messages"] = json.dumps(
                [{"role": "assistant", "parts": parts, "finish_reason": "tool_call" if one.get("calls") else "stop"}]
            )
        if "tools" in one:
            found["gen_ai.tool.definitions"] = json.dumps([{"type": "function", "name": name} for name in one["tools"]])
    if "tool" in one:
        found |= {"gen_ai.tool.name": one["tool"], "gen_ai.tool.call.id": f"call-{one['id']}"}
    if "arguments" in one:
        found["gen_ai.tool.call.arguments"] = one["arguments"]
    if "result" in one:
        found["gen_ai.tool.call.result"] = one["result"]
    if "query" in one:
        found["gen_ai.retrieval.query.text"] = one["query"]
    if "documents" in one:
        found["gen_ai.retrieval.documents"] = json.dumps(one["documents"])
    return found | one.get("attributes", {})


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _pair(key: str, value: Any) -> KeyValue:
    return KeyValue(key=key, value=_value(value))


def _value(value: Any) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(one) for one in value]))
    kinds = {bool: "bool_value", int: "int_value", float: "double_value"}
    return AnyValue(**{kinds.get(type(value), "string_value"): value})
