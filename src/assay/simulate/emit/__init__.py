"""Steps become spans: one module for each dialect, each writing what its library would write. Nothing is left out, nothing added."""

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from assay.simulate.cast import Dialect, Service
from assay.simulate.emit import openinference, otel, traceloop, vercel
from assay.simulate.emit.shape import Shape
from assay.simulate.trace import Step, Tape

SHAPES: dict[Dialect, Callable[[Step, Service, bool], Shape]] = {
    "otel": otel.shape,
    "openinference": openinference.shape,
    "traceloop": traceloop.shape,
    "vercel": vercel.shape,
}
KINDS = {"internal": Span.SPAN_KIND_INTERNAL, "server": Span.SPAN_KIND_SERVER, "client": Span.SPAN_KIND_CLIENT}


def emit(tape: Tape, service: Service, labels: Mapping[str, str], *, captured: bool) -> ExportTraceServiceRequest:
    """One trace as one request. `labels` go on every span; without `captured` the libraries record no texts."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    for key, value in (
        ("service.name", service.name),
        ("service.version", "2026.11.2"),
        ("deployment.environment.name", "simulated"),
    ):
        resource.resource.attributes.append(pair(key, value))
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = service.scope
    for step in tape.steps:
        scope.spans.append(_span(step, tape.trace_id, SHAPES[service.dialect](step, service, captured), labels))
    return request


def _span(step: Step, trace_id: bytes, shape: Shape, labels: Mapping[str, str]) -> Span:
    span = Span(
        trace_id=trace_id, span_id=step.span_id, parent_span_id=step.parent.span_id if step.parent else b"", name=shape.name,
        kind=KINDS[shape.kind], start_time_unix_nano=step.start_ns, end_time_unix_nano=step.end_ns,
    )  # fmt: skip
    attributes = {**labels, **shape.attributes, **step.attributes}
    span.attributes.extend(pair(key, value) for key, value in attributes.items() if value is not None)
    for name, at_ns in shape.events:
        span.events.add(name=name, time_unix_nano=at_ns)
    if step.error is not None:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=step.error.message))
        event = span.events.add(name="exception", time_unix_nano=step.end_ns)
        event.attributes.extend(
            [pair("exception.type", step.error.type), pair("exception.message", step.error.message)]
        )
    return span


def pair(key: str, value: Any) -> KeyValue:
    """An attribute."""
    return KeyValue(key=key, value=_any(value))


def _any(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list | tuple):
        return AnyValue(array_value=ArrayValue(values=[_any(item) for item in value]))
    return AnyValue(string_value=str(value))
