"""No place of a request is passed by: an address is planted into one place after the other, and the policy takes it out of each."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from assay.config.model import Mapping, Workspace
from assay.receiver.privacy import Privacy

SECRET = "jane.roe.7@planted-mail.io"
CARD = 4539578763621486
TEXT, BYTES, NUMBER = AnyValue(string_value=SECRET), AnyValue(bytes_value=SECRET.encode()), AnyValue(int_value=CARD)


def nested(value: Any) -> None:
    value.kvlist_value.values.add(key="deep").value.array_value.values.add(string_value=SECRET)


SPAN: dict[str, Callable[[Any, Any, Any], object]] = {
    "resource": lambda resource, _, __: resource.resource.attributes.add(key="host.name").value.MergeFrom(TEXT),
    "resource's bytes": lambda resource, _, __: resource.resource.attributes.add(key="x").value.MergeFrom(BYTES),
    "scope's name": lambda _, scope, __: setattr(scope.scope, "name", SECRET),
    "scope's attribute": lambda _, scope, __: scope.scope.attributes.add(key="x").value.MergeFrom(TEXT),
    "name": lambda _, __, span: setattr(span, "name", SECRET),
    "attribute": lambda _, __, span: span.attributes.add(key="x").value.MergeFrom(TEXT),
    "attribute that is metadata": lambda _, __, span: span.attributes.add(key="gen_ai.request.model").value.MergeFrom(TEXT),
    "attribute's name": lambda _, __, span: span.attributes.add(key=SECRET).value.MergeFrom(AnyValue(int_value=1)),
    "bytes": lambda _, __, span: span.attributes.add(key="x").value.MergeFrom(BYTES),
    "number": lambda _, __, span: span.attributes.add(key="x").value.MergeFrom(NUMBER),
    "nested value": lambda _, __, span: nested(span.attributes.add(key="x").value),
    "tool argument": lambda _, __, span: span.attributes.add(key="gen_ai.tool.call.arguments").value.MergeFrom(TEXT),
    "status": lambda _, __, span: setattr(span.status, "message", SECRET),
    "trace state": lambda _, __, span: setattr(span, "trace_state", f"a={SECRET}"),
    "event's name": lambda _, __, span: setattr(span.events.add(), "name", SECRET),
    "event's attribute": lambda _, __, span: span.events.add(name="e").attributes.add(key="x").value.MergeFrom(TEXT),
    "exception": lambda _, __, span: span.events.add(name="exception").attributes.add(key="exception.message").value.MergeFrom(TEXT),
    "link's attribute": lambda _, __, span: span.links.add().attributes.add(key="x").value.MergeFrom(TEXT),
}  # fmt: skip
LOG: dict[str, Callable[[Any], object]] = {
    "body": lambda record: setattr(record.body, "string_value", SECRET),
    "nested body": lambda record: nested(record.body),
    "attribute": lambda record: record.attributes.add(key="x").value.MergeFrom(TEXT),
    "severity": lambda record: setattr(record, "severity_text", SECRET),
    "event name": lambda record: setattr(record, "event_name", SECRET),
}
POLICIES = ("redacted", "hashed", "none")


def is_there(request: Any) -> bool:
    return SECRET.encode() in request.SerializeToString() or str(CARD) in str(request)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("place", SPAN)
def test_no_place_of_a_span_is_passed_by(place: str, policy: Any) -> None:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    scope = resource.scope_spans.add()
    SPAN[place](resource, scope, scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8))
    assert is_there(request)
    Privacy({"w": Workspace(content=policy)}, Mapping()).apply("traces", request, "w")
    assert not is_there(request)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("place", LOG)
def test_no_place_of_a_log_record_is_passed_by(place: str, policy: Any) -> None:
    request = ExportLogsServiceRequest()
    LOG[place](request.resource_logs.add().scope_logs.add().log_records.add())
    assert is_there(request)
    Privacy({"w": Workspace(content=policy)}, Mapping()).apply("logs", request, "w")
    assert not is_there(request)
