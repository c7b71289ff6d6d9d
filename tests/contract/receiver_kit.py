"""What the receiver's contract is tested with: three ways to send, and a pipe whose answers a test decides.

A test says what it sends and what it is told; `Client` says it in gRPC, HTTP/protobuf or HTTP/JSON.
"""

import base64
import contextlib
import gzip
import http.client
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import grpc
import msgspec
import zstandard
from google.protobuf import json_format
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assay.clock import SystemClock
from assay.errors import AssayError
from assay.otlp.parse import parse
from assay.receiver.receipt import Encoding, Receipt, Signal

RESPONSES: dict[str, Any] = {"traces": ExportTraceServiceResponse, "logs": ExportLogsServiceResponse}
METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
START_NS = SystemClock().now_ns() // 1_000_000_000 * 1_000_000_000 - 60_000_000_000 + 123_456_789
"""A minute ago: old spans are past their retention, and gone as soon as they are stored."""

Outcome = Literal["ok", "bad", "too_large", "unsupported", "unauthenticated", "retry", "unsure"]
"""`retry`: the sender must send again, and is told when. `unsure`: no answer at all."""


# --- what is sent -----------------------------------------------------------------------------------------------------


def attribute(key: str, value: AnyValue | str | int) -> KeyValue:
    if isinstance(value, AnyValue):
        return KeyValue(key=key, value=value)
    wrapped = AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
    return KeyValue(key=key, value=wrapped)


def span(number: int = 1, **fields: Any) -> Span:
    """A span that nothing is wrong with; `number` makes its ids."""
    given = {
        "trace_id": b"\xab\xcd" * 6 + number.to_bytes(4, "big"),
        "span_id": b"\xef\x01\x23\x45" + number.to_bytes(4, "big"),
        "name": f"chat {number}",
        "kind": Span.SPAN_KIND_CLIENT,
        "start_time_unix_nano": START_NS,
        "end_time_unix_nano": START_NS + 1_500_000_000,
        "attributes": [attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.request.model", "gpt-4o")],
    }
    return Span(**(given | fields))


def log_record(number: int = 1, **fields: Any) -> LogRecord:
    given = {
        "trace_id": b"\xab\xcd" * 6 + number.to_bytes(4, "big"),
        "span_id": b"\xef\x01\x23\x45" + number.to_bytes(4, "big"),
        "time_unix_nano": START_NS,
        "event_name": "gen_ai.choice",
        "body": AnyValue(string_value=f"answer {number}"),
    }
    return LogRecord(**(given | fields))


def traces(*spans: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.append(attribute("service.name", "answers"))
    resource.scope_spans.add().spans.extend(spans)
    return request


def logs(*records: LogRecord) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.append(attribute("service.name", "answers"))
    resource.scope_logs.add().log_records.extend(records)
    return request


def to_json(request: Any) -> bytes:
    """OTLP/JSON of a request, ids in upper-case hex. Independent of the code under test."""

    def fix(value: Any) -> Any:
        if isinstance(value, list):
            return [fix(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        ids = {"traceId", "spanId", "parentSpanId"}
        return {k: base64.b64decode(v).hex().upper() if k in ids else fix(v) for k, v in value.items()}

    return msgspec.json.encode(fix(json_format.MessageToDict(request, use_integers_for_enums=True)))


def signal_of(request: Any) -> Signal:
    return "traces" if isinstance(request, ExportTraceServiceRequest) else "logs"


# --- what is answered -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """An answer, in words that all transports share."""

    outcome: Outcome
    message: str = ""
    rejected: int = 0
    partial: bool = False
    """Whether `partial_success` was set."""
    retry_after_ms: int | None = None
    native: Any = None
    """gRPC code or HTTP status."""


class Client(Protocol):
    """One sender over one transport."""

    name: str
    encoding: Encoding
    compressions: tuple[str, ...]

    def send(
        self,
        request: Any,
        *,
        authorization: str = "",
        compression: str = "",
        timeout_seconds: float = 20.0,
        signal: Signal | None = None,
    ) -> Reply:
        """Send a request message, or the bytes themselves together with `signal`."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Trust:
    """PEM files of a client that speaks TLS."""

    ca_file: str
    cert_file: str = ""
    key_file: str = ""


class GrpcClient:
    name = "grpc"
    encoding: Encoding = "protobuf"
    compressions = ("gzip", "deflate")
    outcomes: ClassVar[dict[grpc.StatusCode, Outcome]] = {
        grpc.StatusCode.INVALID_ARGUMENT: "bad",
        grpc.StatusCode.UNIMPLEMENTED: "unsupported",
        grpc.StatusCode.UNAUTHENTICATED: "unauthenticated",
        grpc.StatusCode.DEADLINE_EXCEEDED: "unsure",
    }

    def __init__(self, ports: Any, trust: Trust | None = None) -> None:
        self._open = lambda: self._channel(ports.grpc_port, trust)
        self.channel = self._open()

    def _channel(self, port: int, trust: Trust | None) -> grpc.Channel:
        options = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0), ("grpc.max_send_message_length", -1)]
        options.append(("grpc.use_local_subchannel_pool", 1))
        if trust is None:
            return grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        pair = [open(f, "rb").read() for f in (trust.key_file, trust.cert_file)] if trust.cert_file else [None, None]  # noqa: SIM115, PTH123
        with open(trust.ca_file, "rb") as ca:  # noqa: PTH123
            credentials = grpc.ssl_channel_credentials(ca.read(), *pair)
        return grpc.secure_channel(f"localhost:{port}", credentials, options=options)

    def send(self, request, *, authorization="", compression="", timeout_seconds=20.0, signal=None):  # type: ignore[no-untyped-def]
        payload = request if isinstance(request, bytes) else request.SerializeToString()
        signal = signal or signal_of(request)
        how = {"": None, "gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}[compression]
        metadata = (("authorization", authorization),) if authorization else ()
        try:
            body = self.channel.unary_unary(METHODS[signal])(
                payload, metadata=metadata, compression=how, timeout=timeout_seconds
            )
        except grpc.RpcError as error:
            return self._refused(error)
        return succeeded(RESPONSES[signal].FromString(body), native=grpc.StatusCode.OK)

    def _refused(self, error: Any) -> Reply:
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        if details is None:
            # What gRPC's own core says: no status details. A bare RESOURCE_EXHAUSTED is "too large, do not retry".
            outcome: Outcome = self.outcomes.get(error.code(), "unsure")
            if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                outcome = "too_large"
            return Reply(outcome, error.details() or "", native=error.code())
        status = Status.FromString(details)
        assert (status.code, status.message) == (error.code().value[0], error.details())
        delay = retry_delay_ms(status)
        if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED} and delay is not None:
            return Reply("retry", status.message, retry_after_ms=delay, native=error.code())
        outcome = "too_large" if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED else self.outcomes[error.code()]
        assert delay is None, "a permanent error must not ask for a retry"
        return Reply(outcome, status.message, native=error.code())

    def close(self) -> None:
        self.channel.close()


class HttpClient:
    outcomes: ClassVar[dict[int, Outcome]] = {
        400: "bad", 401: "unauthenticated", 413: "too_large", 415: "unsupported", 429: "retry", 503: "retry",
    }  # fmt: skip
    compressions: tuple[str, ...] = ("gzip", "deflate", "zstd")

    def __init__(self, ports: Any, trust: Trust | None = None, *, encoding: Encoding = "protobuf") -> None:
        self.encoding = encoding
        self.name = f"http-{encoding}"
        self.content_type = "application/json" if encoding == "json" else "application/x-protobuf"
        self._port, self._context = ports.http_port, None
        if trust is not None:
            self._context = ssl.create_default_context(cafile=trust.ca_file)
            if trust.cert_file:
                self._context.load_cert_chain(trust.cert_file, trust.key_file)
        self._local = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def _connection(self, timeout_seconds: float) -> http.client.HTTPConnection:
        """One kept-alive connection a thread."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._context is None:
                connection = http.client.HTTPConnection("127.0.0.1", self._port)
            else:
                connection = http.client.HTTPSConnection("localhost", self._port, context=self._context)
            self._local.connection = connection
            self._all.append(connection)
        connection.timeout = timeout_seconds
        if connection.sock is not None:
            connection.sock.settimeout(timeout_seconds)
        return connection

    def send(self, request, *, authorization="", compression="", timeout_seconds=20.0, signal=None):  # type: ignore[no-untyped-def]
        if isinstance(request, bytes):
            payload = request
        else:
            payload = to_json(request) if self.encoding == "json" else request.SerializeToString()
        signal = signal or signal_of(request)
        headers = {"content-type": self.content_type}
        if authorization:
            headers["authorization"] = authorization
        if compression:
            headers["content-encoding"] = compression
            payload = COMPRESS[compression](payload)
        connection = self._connection(timeout_seconds)
        try:
            connection.request("POST", f"/v1/{signal}", body=payload, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return Reply("unsure", str(error))
        assert answer.getheader("content-type") == self.content_type
        if answer.status == 200:
            return succeeded(self._read(body, RESPONSES[signal]()), native=200)
        status = self._read(body, Status())
        after = answer.getheader("retry-after")
        outcome = self.outcomes[answer.status]
        assert (outcome == "retry") == (after is not None) == (retry_delay_ms(status) is not None)
        return Reply(outcome, status.message, retry_after_ms=int(after) * 1000 if after else None, native=answer.status)

    def _read(self, body: bytes, message: Any) -> Any:
        if self.encoding == "json":
            json_format.Parse(body, message)
        else:
            message.ParseFromString(body)
        return message

    def close(self) -> None:
        for connection in self._all:
            connection.close()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}

CLIENTS: dict[str, Callable[..., Client]] = {
    "grpc": GrpcClient,
    "http-protobuf": lambda ports, trust=None: HttpClient(ports, trust, encoding="protobuf"),
    "http-json": lambda ports, trust=None: HttpClient(ports, trust, encoding="json"),
}


def succeeded(response: Any, *, native: Any) -> Reply:
    partial = response.partial_success
    traces_said = isinstance(response, ExportTraceServiceResponse)
    rejected = partial.rejected_spans if traces_said else partial.rejected_log_records
    return Reply("ok", partial.error_message, rejected, response.HasField("partial_success"), native=native)


def retry_delay_ms(status: Status) -> int | None:
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return int(info.retry_delay.ToMilliseconds())
    return None


# --- the pipe behind it -----------------------------------------------------------------------------------------------


@dataclass
class Taken:
    """A request that reached the pipe."""

    signal: Signal
    workspace: str
    request: Any
    payload: bytes

    @property
    def records(self) -> list[Any]:
        if self.signal == "traces":
            return [s for r in self.request.resource_spans for sc in r.scope_spans for s in sc.spans]
        return [s for r in self.request.resource_logs for sc in r.scope_logs for s in sc.log_records]


@dataclass
class ScriptedPipe:
    """A pipe at the receiver's seam: it really parses, keeps what it got, and answers as the test says."""

    refuse: Exception | None = None
    """Raised by `submit`."""
    fail: Exception | None = None
    """What the future fails with: the commit went wrong."""
    receipt: Receipt | None = None
    """What the future resolves to; None: everything was accepted."""
    holding: bool = False
    """Keep the futures until `release`."""
    taken: list[Taken] = field(default_factory=list)
    _held: list[tuple["Future[Receipt]", Receipt]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def submit(self, signal: Signal, payload: bytes, *, encoding: Encoding, workspace: str) -> "Future[Receipt]":
        if self.refuse is not None:
            raise self.refuse
        future: Future[Receipt] = Future()
        try:
            parsed = parse(signal, payload, encoding=encoding)
        except AssayError as error:
            future.set_exception(error)
            return future
        taken = Taken(signal, workspace, parsed.request, payload)
        receipt = self.receipt or Receipt(len(taken.records), parsed.rejected, parsed.message)
        with self._changed:
            self.taken.append(taken)
            if self.holding:
                self._held.append((future, receipt))
            self._changed.notify_all()
        if not self.holding:
            if self.fail is not None:
                future.set_exception(self.fail)
            else:
                future.set_result(receipt)
        return future

    def wait_for(self, requests: int) -> None:
        """Until so many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.taken) >= requests, timeout=20), "requests did not arrive"

    def release(self) -> None:
        """Answer everything that was held, and hold no more."""
        with self._changed:
            held, self._held, self.holding = self._held, [], False
        for future, receipt in held:
            if future.set_running_or_notify_cancel():
                future.set_result(receipt)

    @property
    def records(self) -> list[Any]:
        return [record for taken in self.taken for record in taken.records]

    @property
    def workspaces(self) -> list[str]:
        return [taken.workspace for taken in self.taken]


@contextlib.contextmanager
def background(work: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """Run `work` beside the block; its result is awaited at the end."""
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it belongs to the test
            done.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield done
    thread.join(timeout=30)
    assert done.done(), "the work beside the test did not end"
