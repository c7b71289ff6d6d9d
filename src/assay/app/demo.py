"""Sends made-up traffic to a receiver over real OTLP, half of it over gRPC and half over HTTP.

In: requests, and where the receiver listens. Out: how many spans it took. Promise: a request that the receiver asks to
send again is sent again, as any OTLP exporter would.
"""

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.clock import Clock
from assay.errors import StoreUnavailable

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
TRACES_A_REQUEST = 10
ATTEMPTS = 8
WAIT_SECONDS = 0.5
TIMEOUT_SECONDS = 20.0
RETRYABLE_STATUSES = {429, 502, 503, 504}
RETRYABLE_CODES = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED}


def send(
    requests: Iterable[ExportTraceServiceRequest],
    *,
    grpc_port: int,
    http_port: int,
    clock: Clock,
    sent: Callable[[int, int], None],
) -> int:
    """Send everything to loopback; `sent(traces, spans)` is called after each answer. The number of spans."""
    total = 0
    channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}")
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=TIMEOUT_SECONDS)
    try:
        export = channel.unary_unary(EXPORT)
        for number, (traces, request) in enumerate(_grouped(requests)):
            payload = request.SerializeToString()
            if number % 2:
                _again_until_taken(lambda: _over_http(connection, payload), clock)  # noqa: B023 - called at once
            else:
                _again_until_taken(lambda: _over_grpc(export, payload), clock)  # noqa: B023 - called at once
            spans = sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
            total += spans
            sent(traces, spans)
    finally:
        connection.close()
        channel.close()
    return total


def _grouped(requests: Iterable[ExportTraceServiceRequest]) -> Iterator[tuple[int, ExportTraceServiceRequest]]:
    """Several traces a request, as a batching exporter sends them."""
    group, traces = ExportTraceServiceRequest(), 0
    for request in requests:
        group.resource_spans.extend(request.resource_spans)
        traces += 1
        if traces == TRACES_A_REQUEST:
            yield traces, group
            group, traces = ExportTraceServiceRequest(), 0
    if traces:
        yield traces, group


def _over_grpc(export: Callable[..., bytes], payload: bytes) -> bool:
    try:
        export(payload, timeout=TIMEOUT_SECONDS)
    except grpc.RpcError as error:
        if error.code() in RETRYABLE_CODES:
            return False
        raise StoreUnavailable(
            f"The demo's receiver refused a request: {error.code().name}, {error.details()}."
        ) from error
    return True


def _over_http(connection: http.client.HTTPConnection, payload: bytes) -> bool:
    connection.request("POST", "/v1/traces", payload, {"Content-Type": "application/x-protobuf"})
    answer = connection.getresponse()
    answer.read()
    if answer.status in RETRYABLE_STATUSES:
        return False
    if answer.status != http.client.OK:
        raise StoreUnavailable(f"The demo's receiver refused a request: {answer.status} {answer.reason}.")
    return True


def _again_until_taken(attempt: Callable[[], bool], clock: Clock) -> None:
    never = threading.Event()
    for _ in range(ATTEMPTS):
        if attempt():
            return
        clock.wait(never, WAIT_SECONDS)
    raise StoreUnavailable(f"The demo's receiver asked to send again {ATTEMPTS} times. Is this machine very busy?")
