"""Twins in different traces stay marked, whichever trace is touched again and when."""

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assay.clock import SystemClock
from assay.otlp.decode import Decoder
from assay.scorer import settle as settling
from assay.scorer.settle import drain
from assay.store.parcel import parcel_of
from assay.store.store import Store
from assay.store.write import Writer

START_NS = 1_790_000_000_000_000_000
SECOND_NS = 1_000_000_000


@pytest.fixture(autouse=True)
def no_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every round sees only what is new: what a round a minute later sees in production."""
    monkeypatch.setattr(settling, "OVERLAP_SECONDS", 0.0)


def call(number: int, trace: int, scope: str, *, parent: int = 0, response_id: str = "", **fields: Any) -> Any:
    """A chat call of 51 and 14 tokens that takes a second."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 51, "gen_ai.usage.output_tokens": 14,
    }  # fmt: skip
    if response_id:
        attributes["gen_ai.response.id"] = response_id
    span = Span(
        trace_id=trace.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="chat",
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        **({"start_time_unix_nano": START_NS, "end_time_unix_nano": START_NS + SECOND_NS} | fields),
    )  # fmt: skip
    for key, value in attributes.items():
        kind = "int_value" if isinstance(value, int) else "string_value"
        span.attributes.append(KeyValue(key=key, value=AnyValue(**{kind: value})))
    return scope, span


def send(store: Store, *calls: Any) -> None:
    """Commit and settle, as far as there is anything to settle."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="shop")))
    for scope, span in calls:
        scope_spans = resource.scope_spans.add()
        scope_spans.scope.name = scope
        scope_spans.spans.append(span)
    decoder, writer = Decoder(), Writer(store, SystemClock())
    writer.write([parcel_of(decoder.traces(request, workspace="w"))])
    settle(store)


def settle(store: Store) -> None:
    decoder, writer = Decoder(), Writer(store, SystemClock())
    while any(done.joined or done.marked for done in drain(store, writer, decoder)):
        pass


def counted(store: Store) -> int:
    return int(store.rows("SELECT sum(input_tokens) AS total FROM spans_live WHERE counts")[0]["total"])


def inside(**fields: Any) -> dict[str, Any]:
    """Times within those of the other report."""
    return {"start_time_unix_nano": START_NS + 1_000, "end_time_unix_nano": START_NS + SECOND_NS - 1_000, **fields}


@pytest.mark.parametrize("response_id", ["msg_1", ""], ids=["equal response id", "no response id"])
def test_the_second_report_arrives_long_after_the_first(store: Store, response_id: str) -> None:
    send(store, call(1, 1, "instrumentation", response_id=response_id))
    send(store, call(2, 2, "sdk", response_id=response_id, **inside()))
    assert counted(store) == 51


@pytest.mark.parametrize("response_id", ["msg_1", ""], ids=["equal response id", "no response id"])
def test_a_late_span_in_one_trace_does_not_bring_the_twin_back(store: Store, response_id: str) -> None:
    send(
        store,
        call(1, 1, "instrumentation", response_id=response_id),
        call(2, 2, "sdk", response_id=response_id, **inside()),
    )
    assert counted(store) == 51
    later = {"start_time_unix_nano": START_NS + 5 * SECOND_NS, "end_time_unix_nano": START_NS + 6 * SECOND_NS}
    send(store, call(3, 1, "instrumentation", parent=99, response_id="msg_2", **later))
    send(store, call(4, 2, "sdk", parent=99, response_id="msg_3", **later))
    settle(store)
    # Two further calls, each reported once; the first call still once.
    assert counted(store) == 3 * 51
