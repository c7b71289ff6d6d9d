"""What only OTLP/gRPC has: the health service, reflection, metadata and the exact codes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from assay.clock import ManualClock
from assay.config.model import GrpcListener, HttpListener, Receiver, Tls, Workspace
from assay.errors import ConfigError, QueueFull, RateLimited
from assay.receiver import accept, grpc_server
from assay.receiver.serve import Transports, open_transports
from tests.contract.receiver_kit import Client, ScriptedPipe, background, span, traces

TRACES = "opentelemetry.proto.collector.trace.v1.TraceService"
LOGS = "opentelemetry.proto.collector.logs.v1.LogsService"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def receiver(start: Callable[..., Transports]) -> Transports:
    return start()


@pytest.fixture
def channel(receiver: Transports) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=[("grpc.enable_retries", 0)]) as opened:
        yield opened


def test_the_generated_stub_works(channel: grpc.Channel, pipe: ScriptedPipe) -> None:
    answer = TraceServiceStub(channel).Export(traces(span()), timeout=20)
    assert not answer.HasField("partial_success")
    assert pipe.records == [span()]


@pytest.mark.parametrize("service", ["", TRACES, LOGS])
def test_health_is_serving(channel: grpc.Channel, service: str) -> None:
    check = health_pb2_grpc.HealthStub(channel).Check
    assert check(health_pb2.HealthCheckRequest(service=service), timeout=20).status == SERVING


def test_health_of_an_unknown_service_is_not_found(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as error:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=20)
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_says_first_that_a_receiver_goes_away(receiver: Transports, channel: grpc.Channel, pipe: ScriptedPipe) -> None:  # fmt: skip
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=20)
    assert next(watch).status == SERVING
    pipe.holding = True
    with background(lambda: TraceServiceStub(channel).Export(traces(span()), timeout=20)) as answer:
        pipe.wait_for(1)
        with background(lambda: receiver.drain(20)) as drained:
            assert next(watch).status == NOT_SERVING
            assert not answer.done()
            assert not drained.done()
            pipe.release()
    assert not answer.result().HasField("partial_success")


def test_reflection_lists_the_services(channel: grpc.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    (answer,) = stub.ServerReflectionInfo(asked, timeout=20)
    names = {service.name for service in answer.list_services_response.service}
    assert {TRACES, LOGS, "grpc.health.v1.Health"} <= names


def test_reflection_describes_a_service(channel: grpc.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(file_containing_symbol=TRACES)])
    (answer,) = stub.ServerReflectionInfo(asked, timeout=20)
    assert answer.file_descriptor_response.file_descriptor_proto


@pytest.mark.parametrize(
    ("error", "code"),
    [(QueueFull("No room."), grpc.StatusCode.UNAVAILABLE), (RateLimited("Slow."), grpc.StatusCode.RESOURCE_EXHAUSTED)],
)
def test_retryable_codes_come_with_details(channel: grpc.Channel, pipe: ScriptedPipe, error: Exception, code: grpc.StatusCode) -> None:  # fmt: skip
    pipe.refuse = error
    with pytest.raises(grpc.RpcError) as raised:
        TraceServiceStub(channel).Export(traces(span()), timeout=20)
    assert raised.value.code() == code
    assert b"google.rpc.RetryInfo" in dict(raised.value.trailing_metadata())["grpc-status-details-bin"]


def test_other_signals_are_unimplemented(channel: grpc.Channel) -> None:
    call = channel.unary_unary("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")
    with pytest.raises(grpc.RpcError) as error:
        call(b"", timeout=20)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def start_with(pipe: ScriptedPipe, **listeners: object) -> Transports:
    settings = Receiver(**{"grpc": GrpcListener(port=0), "http": HttpListener(port=0), **listeners})
    return open_transports(pipe, settings, {"default": Workspace()}, clock=ManualClock(), ready=lambda: "")


def test_a_port_in_use_is_a_sentence_for_the_operator(receiver: Transports, pipe: ScriptedPipe) -> None:
    with pytest.raises(ConfigError, match=str(receiver.grpc_port)):
        start_with(pipe, grpc=GrpcListener(port=receiver.grpc_port))
    with pytest.raises(ConfigError, match=str(receiver.http_port)):
        start_with(pipe, http=HttpListener(port=receiver.http_port))


def test_a_missing_certificate_is_a_sentence_for_the_operator(pipe: ScriptedPipe) -> None:
    tls = Tls(cert_file="/nowhere/cert.pem", key_file="/nowhere/key.pem")
    for listeners in ({"grpc": GrpcListener(port=0, tls=tls)}, {"http": HttpListener(port=0, tls=tls)}):
        with pytest.raises(ConfigError, match=r"/nowhere/cert\.pem"):
            start_with(pipe, **listeners)


def test_a_listener_can_be_switched_off(pipe: ScriptedPipe) -> None:
    only_http = start_with(pipe, grpc=GrpcListener(port=0, enabled=False))
    assert (only_http.grpc_port, only_http.http_port > 0) == (0, True)
    assert only_http.drain(1)


@pytest.fixture
def one_at_a_time(start: Callable[..., Transports]) -> Transports:
    """A receiver that has room to read one message."""
    return start(queue_limit_bytes=grpc_server.COUNTED_AS_BYTES)


@pytest.fixture
def other(one_at_a_time: Transports, connect: Callable[..., Client]) -> Client:
    """Who wants the place that a late call has."""
    return connect("grpc", one_at_a_time)


@contextmanager
def late_call(
    receiver: Transports, *requests: ExportTraceServiceRequest
) -> Iterator[tuple[grpc.Future, threading.Event]]:
    """A call under way, which sends its requests when the event is set; without requests it never says a word."""
    go_on = threading.Event()

    def late() -> Iterator[bytes]:
        go_on.wait(60)
        yield from (request.SerializeToString() for request in requests)

    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=[("grpc.enable_retries", 0)]) as channel:
        try:
            yield channel.stream_unary(f"/{TRACES}/Export").future(late(), timeout=60), go_on
        finally:
            go_on.set()


def test_calls_whose_message_does_not_come_are_bounded(
    one_at_a_time: Transports, other: Client, pipe: ScriptedPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages are taken off the wire when there is room for them; who waits too long is told to retry."""
    monkeypatch.setattr(grpc_server, "WAIT_TO_READ_SECONDS", 0.1)
    with late_call(one_at_a_time, traces(span(1))) as (slow, go_on):
        reply = other.send(traces(span(2)))
        while reply.outcome == "ok":  # until the slow call is being read
            reply = other.send(traces(span(2)))
        assert (reply.outcome, reply.native) == ("retry", grpc.StatusCode.UNAVAILABLE)
        assert reply.retry_after_ms
        go_on.set()
        slow.result()
        assert other.send(traces(span(3))).outcome == "ok"
    assert {record.name for record in pipe.records} >= {"chat 1", "chat 3"}


def test_a_call_whose_message_never_comes_gives_its_place_back(
    one_at_a_time: Transports, other: Client, pipe: ScriptedPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that vanished without a word holds nobody up for ever."""
    monkeypatch.setattr(accept, "ARRIVE_SECONDS", 0.2)
    with late_call(one_at_a_time) as (stuck, _):
        assert stuck.exception().code() is grpc.StatusCode.UNAVAILABLE
        assert "did not arrive" in stuck.exception().details()
        monkeypatch.undo()
        assert other.send(traces(span(1))).outcome == "ok", "there was one place"
    assert [record.name for record in pipe.records] == ["chat 1"]


def test_a_call_without_a_message_is_a_bad_request(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as error:
        channel.stream_unary(f"/{TRACES}/Export")(iter(()), timeout=20)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
