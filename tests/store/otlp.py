"""OTLP trace requests from short descriptions: `span(trace=1, id=2, model="gpt-4o-mini", tokens=(10, 5))`."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS = 1_790_000_000_000_000_000
MS = 1_000_000


def span(trace: int, id: int, *, parent: int = 0, at_ms: int = 0, ms: int = 100, name: str = "chat", tokens: tuple[int, int] | None = None, service: str = "shop", error: bool = False, **attributes: Any) -> dict[str, Any]:  # fmt: skip # noqa: A002
    """One span; with `tokens` it is a chat call. Dots in attribute names are written as two underscores."""
    values = {key.replace("__", "."): value for key, value in attributes.items()}
    if tokens is not None:
        values = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1], **values,
        }  # fmt: skip
    return {
        "trace": trace, "id": id, "parent": parent, "start": START_NS + at_ms * MS, "ms": ms, "name": name, "service": service,
        "error": error, "attributes": values,
    }  # fmt: skip


def request(spans: Sequence[dict[str, Any]]) -> ExportTraceServiceRequest:
    """The spans as one request, one resource each service."""
    made = ExportTraceServiceRequest()
    for service in dict.fromkeys(one["service"] for one in spans):
        resource = made.resource_spans.add()
        resource.resource.attributes.append(_pair("service.name", service))
        scope = resource.scope_spans.add()
        scope.scope.name = "tests"
        for one in spans:
            if one["service"] == service:
                scope.spans.append(
                    Span(
                        trace_id=one["trace"].to_bytes(16, "big"),
                        span_id=one["id"].to_bytes(8, "big"),
                        parent_span_id=one["parent"].to_bytes(8, "big") if one["parent"] else b"",
                        name=one["name"],
                        start_time_unix_nano=one["start"],
                        end_time_unix_nano=one["start"] + one["ms"] * MS,
                        attributes=[_pair(key, value) for key, value in one["attributes"].items()],
                        status={"code": 2 if one["error"] else 0},
                    )
                )
    return made


def _pair(key: str, value: Any) -> KeyValue:
    kinds = {bool: "bool_value", int: "int_value", float: "double_value"}
    return KeyValue(key=key, value=AnyValue(**{kinds.get(type(value), "string_value"): value}))
