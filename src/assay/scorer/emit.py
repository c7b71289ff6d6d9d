"""Verdicts as events of the OpenTelemetry GenAI conventions, for whoever else wants to know.

    verdicts stored since the watermark and not sent yet ─► events ─► OTLP endpoint takes them ─► remembered as sent ─► next watermark

Nothing is sent before it is stored, and nothing is forgotten before the target has taken it: a process that is killed between the two
sends the same events again, with the same ids and times. What the target will never take is counted and left.

An event carries the trace and the judged span as its context, `gen_ai.evaluation.name` (the dimension), score, label and explanation
(https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md#event-gen_aievaluationresult).
Without a score it has `error.type`, the reason, instead. Which judge said it is in attributes of our own.
"""

import http.client
import logging
import ssl
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import grpc
import pyarrow as pa
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from assay import __version__, telemetry
from assay.checks.redact import redact
from assay.clock import Clock
from assay.config.egress import egress_policy
from assay.config.model import Config, EgressPolicy, Workspace
from assay.config.model import Emit as Settings
from assay.errors import AssayError, ConfigError
from assay.judges.client import seconds_of
from assay.otlp.attribute import add_attribute
from assay.otlp.mark import MARK
from assay.store.store import INSERT_TIMEOUT_SECONDS, Store, query
from assay.wire.target import PERMANENT, open_channel, read_setting_file

log = logging.getLogger(__name__)

EVENT = "gen_ai.evaluation.result"
OVERLAP_SECONDS = 3.0 * INSERT_TIMEOUT_SECONDS
"""A round looks back this far: no verdict is visible later. What was sent is left out by its id."""
EVENTS_A_REQUEST = 200
"""With the longest explanations some 500 kB; Collectors take 4 MB."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
SEVERITY_INFO = 9
"""https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber"""

METHOD = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
PERMANENT_STATUSES = frozenset({400, 413, 422})
"""Over HTTP the target will never take these bytes; what `assay.wire.target.PERMANENT` is over gRPC."""


class Taken(NamedTuple):
    """The target has it, but for so many."""

    rejected: int = 0
    message: str = ""


class Refused(NamedTuple):
    """The target will never take it."""

    code: str
    message: str


class Later(NamedTuple):
    """The target does not take it now."""

    code: str
    message: str
    after_seconds: float | None = None
    """As the target asks for."""


class Target(Protocol):
    """Somebody who takes log records. One attempt a call; nothing raises."""

    def export(self, payload: bytes) -> Taken | Refused | Later:
        """Hands in a serialized request."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


def target_of(settings: Settings) -> Target:
    """The target of the settings. Raises `ConfigError` where the endpoint or a file cannot be used."""
    url = urllib.parse.urlsplit(settings.endpoint)
    try:
        port = url.port
    except ValueError:
        port = None
    if url.scheme not in ("http", "https") or not url.hostname or (port is None and settings.protocol == "grpc"):
        raise ConfigError(
            f"judges.emit.endpoint: {settings.endpoint!r} is no endpoint. Write it like http://collector:4317, or with protocol http like "
            "http://collector:4318."
        )
    headers = _headers(settings.headers_file)
    return _Http(url, headers, settings) if settings.protocol == "http" else _Grpc(url, headers, settings)


def _headers(file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    text = read_setting_file(file, "judges.emit.headers_file").decode() if file else ""
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.partition(":")
        if line.strip():
            if not colon or not name.strip():
                # The line may hold a secret.
                raise ConfigError(f"judges.emit.headers_file: {file}:{number}: write `name: value`.")
            found[name.strip().lower()] = value.strip()
    return found


class _Grpc:
    def __init__(self, url: urllib.parse.SplitResult, headers: Mapping[str, str], settings: Settings) -> None:
        self._channel = open_channel(
            url.netloc, tls=url.scheme == "https", ca_file=settings.ca_file, setting="judges.emit.ca_file"
        )
        self._export = self._channel.unary_unary(METHOD)
        self._metadata = tuple(headers.items())
        self._timeout_seconds = settings.timeout_seconds

    def export(self, payload: bytes) -> Taken | Refused | Later:
        try:
            return _taken(self._export(payload, timeout=self._timeout_seconds, metadata=self._metadata))
        except grpc.RpcError as error:
            code, details = error.code(), str(error.details())[:200]
            return (Refused if code in PERMANENT else Later)(code.name, details)

    def close(self) -> None:
        self._channel.close()


class _Http:
    def __init__(self, url: urllib.parse.SplitResult, headers: Mapping[str, str], settings: Settings) -> None:
        self._url = url
        self._headers = {**headers, "content-type": "application/x-protobuf"}
        self._timeout_seconds = settings.timeout_seconds
        self._context: ssl.SSLContext | None = None
        if url.scheme == "https":
            try:
                self._context = ssl.create_default_context(cafile=settings.ca_file or None)
            except (OSError, ssl.SSLError) as cause:
                raise ConfigError(f"judges.emit.ca_file: cannot use {settings.ca_file}: {cause}.") from cause

    def export(self, payload: bytes) -> Taken | Refused | Later:
        host, port, seconds = self._url.hostname or "", self._url.port, self._timeout_seconds
        connection = (
            http.client.HTTPSConnection(host, port, timeout=seconds, context=self._context)
            if self._context
            else http.client.HTTPConnection(host, port, timeout=seconds)
        )
        try:
            connection.request("POST", self._url.path.rstrip("/") + "/v1/logs", payload, self._headers)
            answer = connection.getresponse()
            body = answer.read(1_000_000)
        except (OSError, http.client.HTTPException) as error:
            return Later("unreachable", f"{type(error).__name__}: {error}"[:200])
        finally:
            connection.close()
        if answer.status == 200:
            return _taken(body)
        said = body[:200].decode(errors="replace")
        if answer.status in PERMANENT_STATUSES:
            return Refused(str(answer.status), said)
        return Later(str(answer.status), said, seconds_of(answer.headers.get("retry-after")))

    def close(self) -> None:
        """Every request has its own connection."""


def _taken(answer: bytes) -> Taken:
    try:
        partial = ExportLogsServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return Taken()
    return Taken(int(partial.rejected_log_records), str(partial.error_message)[:200])


def request_of(rows: Sequence[Mapping[str, Any]], workspaces: Mapping[str, Workspace], *, name: str) -> bytes:
    """Verdicts as one request; the same rows give the same bytes. `name` is this deployment's."""
    request = ExportLogsServiceRequest()
    one = request.resource_logs.add()
    one.resource.attributes.add(key="service.name").value.string_value = "assay"
    one.resource.attributes.add(key="service.version").value.string_value = __version__
    one.resource.attributes.add(key=MARK).value.array_value.values.add(string_value=name)
    scope = one.scope_logs.add()
    scope.scope.name, scope.scope.version = "assay.judges", __version__
    for row in rows:
        record = scope.log_records.add(
            event_name=EVENT, severity_number=SEVERITY_INFO, time_unix_nano=row["said_ms"] * 1_000_000,
            observed_time_unix_nano=row["said_ms"] * 1_000_000, trace_id=_id(row["trace_id"], 16), span_id=_id(row["span_id"], 8),
        )  # fmt: skip
        for key, value in _attributes(row, egress_policy(workspaces, row["workspace"])).items():
            add_attribute(record.attributes, key, value)
    return request.SerializeToString()


def _attributes(row: Mapping[str, Any], policy: EgressPolicy) -> dict[str, Any]:
    explanation = "" if policy == "none" else row["explanation"]
    found: dict[str, Any] = {
        "gen_ai.evaluation.name": row["dimension"],
        "gen_ai.evaluation.score.value": row["score"],
        "gen_ai.evaluation.score.label": row["label"],
        "gen_ai.evaluation.explanation": redact(explanation) if policy == "redacted" else explanation,
        "gen_ai.response.id": row["response_id"],
        "gen_ai.conversation.id": row["conversation_id"],
        "error.type": row["unscored"],
        "assay.verdict.id": row["verdict_id"],
        "assay.verdict.revision": row["revision"],
        "assay.verdict.service": row["service"],
        "assay.judge.id": row["judge_id"],
        "assay.judge.version": row["judge_version"],
        "assay.judge.model": row["judge_model"],
        "assay.judge.rubric": row["rubric"],
        "assay.sampling_probability": row["probability"],
        "assay.dataset_version": row["dataset_version"],
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def _id(text: str, size: int) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if len(found) == size else b""


class Sent(NamedTuple):
    """What one round did."""

    taken: int = 0
    refused: int = 0
    waiting: int = 0
    pause_seconds: float | None = None
    """The target does not take it now; so long it wants to be left alone, where it says."""


def emit_round(
    store: Store,
    target: Target,
    config: Config,
    slots: Sequence[int],
) -> Sent:
    """Sends on one request of what is waiting, and remembers it. Raises `StoreUnavailable`; then nothing is lost."""
    settings = config.judges
    prefix = "emit "
    name = f"{prefix}{settings.ordinal}/{settings.scorers}"
    found = store.rows(query("judge_window"), {"name": name, "prefix": prefix})[0]
    now: datetime = found["now"]
    watermark: datetime = found["watermark"]
    if watermark.year == 1970:
        # The first one, or another division of the work: from where the slowest of the others was.
        watermark = max(found["oldest"], now - timedelta(hours=settings.lookback_hours))
    window = {"since": watermark - timedelta(seconds=OVERLAP_SECONDS), "until": now, "slots": list(slots)}
    found_ids = store.rows(query("emit_window"), {**window, "limit": EVENTS_A_REQUEST})
    waiting = int(found_ids[0]["waiting"]) if found_ids else 0
    taken = refused = 0
    if found_ids:
        rows = _verdicts(store, found_ids)
        answer = target.export(request_of(rows, config.workspaces, name=config.forward.name))
        if isinstance(answer, Later):
            telemetry.count("assay_emit_retries_total", code=answer.code)
            telemetry.set_gauge("assay_emit_waiting_verdicts", waiting)
            log.warning(
                "the target of verdicts does not take them now, they are sent again",
                extra={"code": answer.code, "error": answer.message},
            )
            return Sent(waiting=waiting, pause_seconds=answer.after_seconds or 0.0)
        if isinstance(answer, Refused):
            refused, code, message = len(rows), answer.code, answer.message
        else:
            refused, code, message = answer.rejected, "rejected", answer.message
        taken = len(rows) - refused
        if refused:
            telemetry.count("assay_emit_refused_verdicts_total", refused, code=code)
            log.warning(
                "the target of verdicts refuses some", extra={"refused": refused, "code": code, "error": message}
            )
        telemetry.count("assay_emitted_verdicts_total", taken)
        _remember(store, found_ids)
    waiting -= len(found_ids)
    until = max(watermark, found_ids[-1]["stored"]) if waiting else now
    store.insert("progress", pa.table({"name": [name], "watermark": pa.array([until], pa.timestamp("ms", tz="UTC"))}))
    telemetry.set_gauge("assay_emit_waiting_verdicts", waiting)
    return Sent(taken, refused, waiting)


def _verdicts(store: Store, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The verdicts in the order of their ids."""
    starts = [row["start_ns"] for row in found]
    asked = {
        "ids": [row["id"] for row in found],
        "from": _moment(min(starts)),
        "to": _moment(max(starts)) + timedelta(seconds=1),
    }
    rows: list[dict[str, Any]] = store.arrow(query("emit_verdicts"), asked).to_pylist()
    return rows


def _remember(store: Store, found: Sequence[Mapping[str, Any]]) -> None:
    hours = [row["start_ns"] // 3_600_000_000_000 * 3_600 for row in found]
    ids = [bytes.fromhex(row["id"]) for row in found]
    store.insert(
        "emitted_verdicts",
        pa.table({"hour": pa.array(hours, pa.timestamp("s", tz="UTC")), "verdict_id": pa.array(ids, pa.binary(16))}),
    )


def _moment(ns: int) -> datetime:
    # Whole seconds: parameters of the client have microseconds.
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).replace(tzinfo=None)


class Emitter:
    """Sends verdicts on a thread of its own, so that no judge waits for the target. An error costs a round, never the loop.

    Raises `ConfigError` for an endpoint or a file that cannot be used.
    """

    def __init__(self, store: Store, config: Config, clock: Clock, slots: Sequence[int]) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._slots = slots
        self._target = target_of(config.judges.emit)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="emitter", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Let the request under way end; what is left, the next process sends."""
        self._stop.set()
        if self._thread.ident is not None:  # it was started
            self._thread.join(timeout_seconds)
        self._target.close()

    def _loop(self) -> None:
        wait_seconds, failures = 0.0, 0
        while not self._clock.wait(self._stop, wait_seconds):
            try:
                done = emit_round(self._store, self._target, self._config, self._slots)
            except AssayError as error:
                log.warning("sending verdicts failed, it is tried again", extra={"error": str(error)})
                done = Sent(pause_seconds=0.0)
            if done.pause_seconds is None:
                failures = 0
                wait_seconds = 0.0 if done.waiting else self._config.judges.every_seconds
            else:
                wait_seconds = max(done.pause_seconds, min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS))
                failures = min(failures + 1, 10)
