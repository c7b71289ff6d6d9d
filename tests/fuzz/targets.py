"""What is fuzzed, and what must hold for every payload: an answer that OTLP allows, in bounded time and memory."""

import gzip
import http.client
import logging
import sys
from collections.abc import Callable
from typing import Any

import grpc

from assay.errors import SenderMustChange
from assay.otlp.decode import Decoder
from assay.otlp.feedback import FEEDBACK_COLUMNS
from assay.otlp.parse import parse
from assay.spans.clock import EARLIEST_NS, LATEST_NS
from assay.spans.columns import COLUMNS
from tests.fuzz.mutate import Case, Request, records_of

Target = Callable[[Case], None]
"""Runs one case; raises when something that must hold does not."""

PATHS = {"traces": "/v1/traces", "logs": "/v1/logs", "feedback": "/v1/feedback"}
METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "feedback": "/assay.v1.Feedback/Send",
}
CONTENT_TYPES = {"protobuf": "application/x-protobuf", "json": "application/json"}

# A spoiled request is the sender's fault: never a 500, and never "try again", because a retry brings the same bytes.
# https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
HTTP_ALLOWED = {200, 400, 413, 415}
GRPC_ALLOWED = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


class EveryTableHolds(logging.Handler):
    """Raises again where the decoder would go on with a span that a dialect's table failed on."""

    def emit(self, record: logging.LogRecord) -> None:
        raise sys.exception() or AssertionError(record.getMessage())


def offline() -> Target:
    """Parse and decode in this process: either a refusal, or every record is a row, mapped, or counted as rejected."""
    decoder = Decoder()
    logging.getLogger("assay.otlp.decode").addHandler(EveryTableHolds())

    def run(case: Case) -> None:
        try:
            parsed = parse(case.signal, case.payload, encoding=case.encoding)
        except SenderMustChange:
            return
        check_decoded(decoder, case.signal, parsed.request)

    return run


def offline_targets() -> list[Target]:
    """Parse and decode."""
    return [offline()]


def check_decoded(decoder: Decoder, signal: str, request: Request) -> Any:
    """Decode and check the shape of what comes out; gives what was decoded."""
    if signal == "feedback":
        return check_feedback(decoder, request)
    records = len(records_of(request))
    if signal == "traces":
        decoded = decoder.traces(request, workspace="fuzz")  # type: ignore[arg-type]
        batch = decoded.spans
        assert batch.rows + decoded.rejected == records, (batch.rows, decoded.rejected, records)
        assert {column.name for column in COLUMNS} <= set(batch.columns)
    else:
        decoded = decoder.logs(request, workspace="fuzz")  # type: ignore[arg-type]
        batch = decoded.logs
        assert batch.rows + decoded.rejected == records, (batch.rows, decoded.rejected, records)
    lengths = {name: len(values) for name, values in batch.columns.items() if len(values) != batch.rows}
    assert not lengths, f"columns of another length than {batch.rows}: {lengths}"
    for (_, _, digest), body in batch.bodies.items():
        assert len(digest) == 16
        assert isinstance(body.text, bytes)
    return decoded


def check_feedback(decoder: Decoder, request: Any) -> Any:
    """The same for feedback: every item that was not refused is a row that a table can hold."""
    decoded = decoder.feedback(request, workspace="fuzz", arrived_ns=1_795_000_000_000_000_000)
    for name in FEEDBACK_COLUMNS:
        assert len(decoded.feedback.get(name, ())) == len(request.feedback), name
    for time in decoded.feedback.get("time", ()):
        assert EARLIEST_NS <= time < LATEST_NS, time
    for value in decoded.feedback.get("value", ()):
        assert value is None or 0 <= value <= 1, value
    return decoded


def over_http(port: int) -> Target:
    """Send over OTLP/HTTP, some of it compressed or only said to be; the status must be one that OTLP allows."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def run(case: Case) -> None:
        headers = {"Content-Type": CONTENT_TYPES[case.encoding]}
        body = case.payload
        if len(body) % 4 == 0:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=1) if len(body) % 8 else body
        connection.request("POST", PATHS[case.signal], body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status in HTTP_ALLOWED, f"HTTP {answer.status}: {said[:200]!r}"

    return run


def over_grpc(port: int) -> Target:
    """Send raw bytes over OTLP/gRPC; JSON cases go to HTTP only."""
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
    calls = {signal: channel.unary_unary(method) for signal, method in METHODS.items()}

    def run(case: Case) -> None:
        if case.encoding != "protobuf":
            return
        try:
            calls[case.signal](case.payload, timeout=30)
        except grpc.RpcError as refusal:
            if refusal.code() not in GRPC_ALLOWED:
                raise AssertionError(f"gRPC {refusal.code()}: {refusal.details()}") from refusal

    return run
