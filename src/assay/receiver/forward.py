"""Processor mode: what was stored goes on to another OTLP endpoint, with labels and canonical attributes on it.

    decoded request ─► enrich ─► (commit) ─► send ─► answer

A request is acknowledged when it is stored and the target has taken it. While the target does not take it, the sender is told to
retry: the store counts a repetition once, and nothing waits here. Every resource that goes out bears the deployment's name, also
through Collectors in between; what comes back with it is a loop and is refused.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import grpc
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from assay import telemetry
from assay.config.model import Config
from assay.config.model import Forward as Settings
from assay.errors import BadPayload, ConfigError, ForwardUnavailable
from assay.otlp.attribute import add_attribute
from assay.otlp.decode import Decoded
from assay.otlp.mark import MARK
from assay.wire.target import PERMANENT, open_channel, read_setting_file

log = logging.getLogger(__name__)

METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
RESPONSES: dict[str, Any] = {"traces": ExportTraceServiceResponse, "logs": ExportLogsServiceResponse}

ATTRIBUTES = (
    ("gen_ai.operation.name", "operation"), ("gen_ai.provider.name", "provider"), ("gen_ai.request.model", "request_model"),
    ("gen_ai.response.model", "response_model"), ("gen_ai.usage.input_tokens", "input_tokens"),
    ("gen_ai.usage.output_tokens", "output_tokens"), ("assay.stage", "stage"), ("assay.cost_usd", "cost_usd"),
    ("assay.dialect", "dialect"),
)  # fmt: skip
"""Attribute and canonical column; only what a span does not say itself is added."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One enriched request."""

    signal: Literal["traces", "logs"]
    payload: bytes


def forwarder_of(config: Config) -> "Forwarder":
    """The forwarder of a receiver. Raises `ConfigError` for a target that is the receiver itself, or that cannot be used."""
    host, _, port = config.forward.endpoint.partition("://")[2].rstrip("/").rpartition(":")
    own = config.receiver.grpc
    if own.enabled and host in {"localhost", "127.0.0.1", "[::1]"} and port == str(own.port):
        raise ConfigError(
            f"forward.endpoint: {config.forward.endpoint} is this receiver itself. Name the next one in the pipeline."
        )
    return Forwarder(config.forward)


class Forwarder:
    """Sends to one target. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError where the endpoint or a file cannot be used."""
        scheme, separator, rest = settings.endpoint.partition("://")
        if not separator or scheme not in {"http", "https"} or ":" not in rest:
            raise ConfigError(
                f"forward.endpoint: '{settings.endpoint}' is no endpoint. Write it like http://tempo:4317."
            )
        self._channel = open_channel(
            rest.rstrip("/"), tls=scheme == "https", ca_file=settings.ca_file, setting="forward.ca_file"
        )
        self._settings = settings
        self._export = {signal: self._channel.unary_unary(method) for signal, method in METHODS.items()}
        self._metadata: tuple[tuple[str, str], ...] = ()
        if settings.token_file:
            token = read_setting_file(settings.token_file, "forward.token_file").decode().strip()
            self._metadata = (("authorization", f"Bearer {token}"),)

    def send(self, requests: Sequence[Outgoing]) -> list[str | ForwardUnavailable]:
        """Send all at once. For each: a message for the sender (empty: taken whole), or why it has to be sent again."""
        calls = [
            self._export[one.signal].future(
                one.payload, timeout=self._settings.timeout_seconds, metadata=self._metadata
            )
            for one in requests
        ]
        return [self._outcome(one.signal, call) for one, call in zip(requests, calls, strict=True)]

    def _outcome(self, signal: str, call: Any) -> str | ForwardUnavailable:
        try:
            response = RESPONSES[signal].FromString(call.result())
        except grpc.RpcError as error:
            code, details = error.code(), str(error.details())[:200]
            if code in PERMANENT or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and not _may_retry(error)):
                telemetry.count("assay_forward_refused_requests_total", code=code.name)
                log.warning("the forward target refuses a request", extra={"code": code.name, "details": details})
                return f"Stored; the forward target refused it ({code.name}: {details})."
            telemetry.count("assay_forward_retries_total", code=code.name)
            return ForwardUnavailable(f"Stored, but the forward target does not take it now ({code.name}: {details}).")
        except DecodeError:
            return ""
        telemetry.count("assay_forwarded_requests_total", signal=signal)
        partial = response.partial_success
        rejected = partial.rejected_spans if signal == "traces" else partial.rejected_log_records
        return f"Stored; the forward target rejected {rejected}: {partial.error_message[:200]}" if rejected else ""

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def refuse_loops(signal: Literal["traces", "logs"], request: Any, name: str) -> None:
    """Raises BadPayload where a resource bears this deployment's `name` already."""
    for one in request.resource_spans if signal == "traces" else request.resource_logs:
        for pair in one.resource.attributes:
            if pair.key == MARK and any(value.string_value == name for value in pair.value.array_value.values):
                raise BadPayload(
                    f"A loop: this telemetry was forwarded by '{name}' before. Take Assay out of the pipeline that "
                    "its target feeds, or give deployments that follow each other different names (forward.name)."
                )


def enrich(signal: Literal["traces", "logs"], request: Any, decoded: Decoded, name: str) -> Outgoing:
    """Change `request` into what goes on under `name`, rejected spans left out, and serialize it."""
    if signal == "traces":
        _add_labels(request, decoded)
    for one in request.resource_spans if signal == "traces" else request.resource_logs:
        mark = next(
            (pair for pair in one.resource.attributes if pair.key == MARK), None
        ) or one.resource.attributes.add(key=MARK)
        mark.value.array_value.values.add(string_value=name)
    return Outgoing(signal, request.SerializeToString())


def _may_retry(error: Any) -> bool:
    return any(
        key == "grpc-status-details-bin" and b"RetryInfo" in value for key, value in error.trailing_metadata() or ()
    )


def _add_labels(request: Any, decoded: Decoded) -> None:
    columns = decoded.spans.columns
    rows = {ids: row for row, ids in enumerate(zip(columns["trace_id"], columns["span_id"], strict=True))}
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    if decoded.findings:
        names = ("trace_id", "span_id", "label", "severity")
        for trace, span, label, severity in zip(*(decoded.findings[name] for name in names), strict=True):
            found.setdefault((trace, span), []).append((label, severity))
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for index in range(len(scope.spans) - 1, -1, -1):
                span = scope.spans[index]
                ids = span.trace_id.hex(), span.span_id.hex()
                if ids not in rows:
                    del scope.spans[index]
                    continue
                _fill(span, columns, rows[ids], found.get(ids, ()))


def _fill(span: Any, columns: dict[str, list[Any]], row: int, labels: Sequence[tuple[str, str]]) -> None:
    said = {pair.key for pair in span.attributes}
    for key, name in ATTRIBUTES:
        value = columns[name][row]
        if value in ("", None) or key in said:
            continue
        add_attribute(span.attributes, key, value)
    failures = sorted({label for label, severity in labels if severity != "info"})
    if failures:
        attribute = span.attributes.add(key="assay.labels").value
        for label in failures:
            attribute.array_value.values.add(string_value=label)
