"""Traffic to an endpoint, over gRPC or HTTP, as an OTLP exporter sends it.

A request that the receiver asks to send again is sent again; one that it refuses ends the run with its reason.
"""

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.clock import Clock
from assay.errors import ConfigError, StoreUnavailable

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
TRACES_A_REQUEST = 10
ATTEMPTS = 8
WAIT_SECONDS = 0.5
TIMEOUT_SECONDS = 20.0
RETRYABLE_STATUSES = {429, 502, 503, 504}
RETRYABLE_CODES = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED}

Target = Callable[[bytes], bool]
"""Sends one serialised request; False where it has to be sent again."""


def send(
    requests: Iterable[ExportTraceServiceRequest],
    *,
    endpoints: Sequence[str],
    token: str,
    clock: Clock,
    sent: Callable[[int, int], None],
    group: int = TRACES_A_REQUEST,
) -> int:
    """Send everything, to each of `endpoints` in turn; `sent(traces, spans)` is called after each answer. The number of spans.

    An endpoint is `http://host:4318`, `https://host:4318` or `grpc://host:4317`.
    """
    total = 0
    with ExitStack() as stack:
        targets = [_open(endpoint, token, stack) for endpoint in endpoints]
        for number, (traces, request) in enumerate(_grouped(requests, group)):
            _again_until_taken(targets[number % len(targets)], request.SerializeToString(), clock)
            spans = sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
            total += spans
            sent(traces, spans)
    return total


def _open(endpoint: str, token: str, stack: ExitStack) -> Target:
    address = urlsplit(endpoint)
    if address.scheme == "grpc" and address.netloc:
        channel = grpc.insecure_channel(address.netloc)
        stack.callback(channel.close)
        export = channel.unary_unary(EXPORT)
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        return lambda payload: _over_grpc(export, payload, metadata)
    if address.scheme in ("http", "https") and address.hostname:
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname, address.port or 4318, timeout=TIMEOUT_SECONDS)
        stack.callback(connection.close)
        headers = {"Content-Type": "application/x-protobuf"} | ({"Authorization": f"Bearer {token}"} if token else {})
        path = address.path.rstrip("/") or "/v1/traces"
        return lambda payload: _over_http(connection, path, payload, headers)
    raise ConfigError(f"{endpoint!r} is no endpoint. Write http://host:4318, https://host:4318 or grpc://host:4317.")


def _grouped(
    requests: Iterable[ExportTraceServiceRequest], size: int
) -> Iterator[tuple[int, ExportTraceServiceRequest]]:
    """Several traces a request, as a batching exporter sends them."""
    group, traces = ExportTraceServiceRequest(), 0
    for request in requests:
        group.resource_spans.extend(request.resource_spans)
        traces += 1
        if traces == size:
            yield traces, group
            group, traces = ExportTraceServiceRequest(), 0
    if traces:
        yield traces, group


def _over_grpc(export: Callable[..., bytes], payload: bytes, metadata: tuple[tuple[str, str], ...]) -> bool:
    try:
        export(payload, timeout=TIMEOUT_SECONDS, metadata=metadata)
    except grpc.RpcError as error:
        if error.code() in RETRYABLE_CODES:
            return False
        raise StoreUnavailable(f"The receiver refused a request: {error.code().name}, {error.details()}.") from error
    return True


def _over_http(connection: http.client.HTTPConnection, path: str, payload: bytes, headers: dict[str, str]) -> bool:
    try:
        connection.request("POST", path, payload, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    if answer.status in RETRYABLE_STATUSES:
        return False
    if answer.status != http.client.OK:
        raise StoreUnavailable(f"The receiver refused a request: {answer.status} {answer.reason}.")
    return True


def _again_until_taken(target: Target, payload: bytes, clock: Clock) -> None:
    never = threading.Event()
    for _ in range(ATTEMPTS):
        if target(payload):
            return
        clock.wait(never, WAIT_SECONDS)
    raise StoreUnavailable(f"The receiver does not answer, or asked to send again {ATTEMPTS} times.")
