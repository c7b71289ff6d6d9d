"""HTTP: who calls, what they want, and the answer in ClickHouse's words.

https://clickhouse.com/docs/interfaces/http
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
import re
import threading
import uuid
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl

import lz4.frame
import zstandard

from assay.clock import Clock
from assay.config.model import DoorListener
from assay.errors import AssayError, BadPayload, TooLarge, UnsupportedEncoding
from assay.store.door.frames import compressed, decompressed
from assay.store.door.revision import CUSTOM_SERIALIZATION, with_revision
from assay.store.door.run import EngineError, answer, insert
from assay.store.door.statement import cut, why_refused
from assay.store.engine import Connection, Engine
from assay.wire.body import Disconnected, Receive, Scope, Send, header, read_body, respond
from assay.wire.inflate import inflate
from assay.wire.serve import Running, serve

log = logging.getLogger(__name__)

MAX_STATEMENT_BYTES = 1 << 20
MAX_INSERT_BYTES = 1 << 30
SESSION_SECONDS, MAX_SESSION_SECONDS, MAX_SESSIONS = 60.0, 3_600.0, 1_000
WAIT_FOR_TURN_SECONDS = 10.0

# Parameters of the protocol; every other one is a setting.
PROTOCOL = {
    "query", "database", "default_format", "format", "user", "password", "quota_key", "query_id", "session_id", "session_timeout",
    "session_check", "compress", "decompress", "enable_http_compression", "http_zlib_compression_level", "buffer_size",
    "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "client_protocol_version",
    "add_http_cors_header", "stacktrace", "close_session", "role", "cancel_http_readonly_queries_on_client_close",
    "http_response_buffer_size", "network_compression_method",
}  # fmt: skip

# What a reader may set: how an answer looks and how hard the engine works for it. Limits may only be lowered.
READER_SETTINGS = re.compile(
    r"(output_format_|input_format_|format_)\w+|date_time_(out|in)put_format|max_threads|max_block_size|session_timezone|"
    r"use_client_time_zone|use_uncompressed_cache|optimize_\w+|join_algorithm|join_use_nulls|group_by_overflow_mode|log_comment|"
    r"priority|result_overflow_mode|distributed_group_by_no_merge|allow_experimental_\w+|enable_\w+|extremes|final|"
    r"max_rows_to_group_by|max_bytes_before_external_\w+|max_rows_to_read|max_bytes_to_read|read_overflow_mode|"
    r"timeout_overflow_mode|use_query_cache|aggregate_functions_null_for_empty|connect_timeout|receive_timeout|send_timeout|"
    r"date_time_overflow_behavior|cast_\w+|low_cardinality_\w+|http_\w+|insert_\w+|async_insert|wait_for_async_insert"
)
UNKNOWN_SETTING_HINT = "Readers may set only how an answer looks, and lower limits"

_LIMITS = ("max_execution_time", "max_memory_usage", "max_result_rows")
_JSON = b"application/json; charset=UTF-8"


class Call(NamedTuple):
    """One request, understood."""

    parameters: dict[str, str]
    writer: bool
    query_id: str
    database: str
    output: str


@dataclass(slots=True)
class Session:
    """What a session remembers: a writer's connection, a reader's settings."""

    timeout_seconds: float
    used_at: float
    busy: bool = False
    connection: Connection | None = None
    settings: dict[str, str] = field(default_factory=dict)
    database: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """An open door; `stop` closes it."""

    url: str
    port: int
    _running: Running
    _pool: ThreadPoolExecutor

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Take no new statement and wait for those under way."""
        self._running.stop(grace_seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)


def open_door(engine: Engine, listener: DoorListener, *, write_token: str, clock: Clock) -> Door:
    """Serve the engine. Raises `ConfigError` where the address cannot be bound."""
    pool = ThreadPoolExecutor(listener.max_concurrent_readers + 16, thread_name_prefix="door")
    app = _App(engine, listener, write_token, clock, pool)
    running = serve(app, host=listener.host, port=listener.port, tls=listener.tls, name="door")
    scheme = "https" if listener.tls.cert_file else "http"
    return Door(f"{scheme}://{listener.host}:{running.port}", running.port, running, pool)


class _Broken(Exception):
    """The answer was begun and cannot be ended."""


class Refused(Exception):
    """An answer other than 200, with ClickHouse's code."""

    def __init__(self, code: int, name: str, message: str, status: int = 0) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message.rstrip('.')}. ({name}) (version 26.9 (assay door))")
        self.code = code
        self.status = status or STATUS.get(code, 500)


# https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
STATUS = (
    dict.fromkeys((194,), 401)
    | dict.fromkeys((192, 193, 516, 497), 403)
    | dict.fromkeys((60, 81, 47, 46, 115, 16), 404)
)
STATUS |= dict.fromkeys((62, 26, 27, 6, 36, 38, 41, 43, 42, 53, 69, 70, 72, 117, 130, 131, 168, 446, 457, 456), 400)
STATUS |= (
    dict.fromkeys((159, 160), 408)
    | dict.fromkeys((48,), 501)
    | dict.fromkeys((202, 373), 503)
    | dict.fromkeys((307,), 413)
)
STATUS |= dict.fromkeys((164, 452), 403)


class _App:
    def __init__(
        self, engine: Engine, listener: DoorListener, token: str, clock: Clock, pool: ThreadPoolExecutor
    ) -> None:
        self._engine = engine
        self._listener = listener
        self._token = token.encode()
        self._clock = clock
        self._pool = pool
        self._readers = threading.BoundedSemaphore(listener.max_concurrent_readers)
        self._sessions: dict[tuple[bool, str], Session] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        query_id = str(uuid.uuid4())
        try:
            await self._serve(scope, receive, send, query_id)
        except (Disconnected, _Broken):
            # An answer that was begun and not ended makes the server cut the connection: nobody takes it for whole.
            return
        except (Refused, EngineError) as error:
            status = error.status if isinstance(error, Refused) else STATUS.get(error.code, 500)
            await self._fail(send, status, error.code, str(error), query_id)
        except (BadPayload, UnsupportedEncoding) as error:
            await self._fail(send, 400, 271, f"Code: 271. DB::Exception: {error} (CANNOT_DECOMPRESS)", query_id)
        except TooLarge as error:
            await self._fail(send, 413, 307, f"Code: 307. DB::Exception: {error} (TOO_MANY_BYTES)", query_id)
        except AssayError as error:
            await self._fail(send, 500, 1001, f"Code: 1001. DB::Exception: {error} (STD_EXCEPTION)", query_id)

    async def _fail(self, send: Send, status: int, code: int, text: str, query_id: str) -> None:
        headers = [(b"x-clickhouse-exception-code", b"%d" % code), (b"x-clickhouse-query-id", query_id.encode())]
        await respond(send, status, (text + "\n").encode(), headers=headers, content_type=b"text/plain; charset=UTF-8")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, query_id: str) -> None:
        path = scope["path"]
        if path in {"/ping", "/replicas_status"}:
            await respond(send, 200, b"Ok.\n", content_type=b"text/html; charset=UTF-8")
            return
        if path not in {"", "/", "/query"}:
            raise Refused(1001, "NOT_FOUND", f"There is no handle {path}. Use /, /ping or /replicas_status", 404)
        if scope["method"] not in {"GET", "POST", "HEAD"}:
            raise Refused(1001, "NOT_FOUND", f"Method {scope['method']} is not used here; POST a statement", 405)
        parameters = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="utf-8"))
        call = self._understand(scope, parameters, query_id)
        limit = MAX_INSERT_BYTES if call.writer else MAX_STATEMENT_BYTES
        body = await read_body(scope, receive, limit_bytes=limit)
        if not body and not parameters.get("query"):
            await respond(send, 200, b"Ok.\n", content_type=b"text/html; charset=UTF-8")
            return
        body = inflate(body, _lz4_aside(header(scope, b"content-encoding")), limit_bytes=limit) if body else body
        if header(scope, b"content-encoding").lower() == "lz4":
            body = lz4.frame.decompress(body)
        if header(scope, b"content-type").startswith("multipart/form-data"):
            body, more = _form(body, header(scope, b"content-type"))
            call.parameters.update(more)
        if parameters.get("decompress") == "1" and body:
            body = decompressed(body, limit_bytes=limit)
        text = parameters.get("query", "").encode()
        whole = text + (b"\n" if text and body else b"") + body
        await self._execute(scope, receive, send, call, whole)

    def _understand(self, scope: Scope, parameters: dict[str, str], query_id: str) -> Call:
        secret = parameters.get("password", "") or header(scope, b"x-clickhouse-key")
        scheme, _, credentials = header(scope, b"authorization").partition(" ")
        if not secret and scheme.lower() == "basic":
            try:
                secret = base64.b64decode(credentials, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError) as cause:
                raise Refused(516, "AUTHENTICATION_FAILED", "The Authorization header cannot be read") from cause
        elif not secret and scheme.lower() == "bearer":
            secret = credentials.strip()
        writer = bool(secret)
        if secret and not (self._token and hmac.compare_digest(secret.encode(), self._token)):
            raise Refused(
                516,
                "AUTHENTICATION_FAILED",
                "Authentication failed: the password is not the write token. Read without one",
            )
        return Call(
            parameters, writer, parameters.get("query_id") or header(scope, b"x-clickhouse-query-id") or query_id,
            parameters.get("database") or header(scope, b"x-clickhouse-database"),
            parameters.get("default_format") or header(scope, b"x-clickhouse-format"),
        )  # fmt: skip

    async def _execute(self, scope: Scope, receive: Receive, send: Send, call: Call, whole: bytes) -> None:
        statement = cut(whole)
        if not call.writer:
            refusal = why_refused(statement.sql)
            if refusal:
                raise Refused(164, "READONLY", f"{refusal} The door is read-only without the write token")
        session, key = self._session(call)
        loop = asyncio.get_running_loop()
        turn = False
        connection: Connection | None = None
        try:
            if not call.writer:
                turn = await loop.run_in_executor(
                    self._pool, lambda: self._readers.acquire(timeout=WAIT_FOR_TURN_SECONDS)
                )
                if not turn:
                    raise Refused(
                        202,
                        "TOO_MANY_SIMULTANEOUS_QUERIES",
                        f"{self._listener.max_concurrent_readers} readers are at work",
                    )
                if session is not None and _remember(session, statement.sql):
                    await respond(send, 200, b"", headers=_headers(call, "", 0))
                    return
            connection = await loop.run_in_executor(self._pool, lambda: self._connection(call, session))
            if statement.inserts:
                fmt = statement.format or call.output or "Values"
                opened = connection
                rows = await loop.run_in_executor(
                    self._pool, lambda: insert(opened, statement.sql, fmt, statement.data)
                )
                await respond(
                    send, 200, b"", headers=_headers(call, "", rows), content_type=b"text/plain; charset=UTF-8"
                )
                return
            output = statement.format or call.output or "TabSeparated"
            bound = {k.removeprefix("param_"): v for k, v in call.parameters.items() if k.startswith("param_")}
            pieces = answer(connection, statement.sql, output, bound)
            revision = call.parameters.get("client_protocol_version", "")
            if output == "Native" and revision.isdecimal() and int(revision) >= CUSTOM_SERIALIZATION:
                pieces = with_revision(pieces, int(revision))
            await self._stream(scope, receive, send, call, output, pieces)
        finally:
            if connection is not None and (session is None or session.connection is None):
                await loop.run_in_executor(self._pool, connection.close)
            if turn:
                self._readers.release()
            if session is not None:
                session.busy = False
                session.used_at = self._clock.monotonic()
                if call.parameters.get("close_session") == "1":
                    self._drop(key)

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, call: Call, output: str, pieces: Iterator[bytes]
    ) -> None:
        loop = asyncio.get_running_loop()
        following: Callable[[], bytes | None] = lambda: next(pieces, None)  # noqa: E731 - one expression, used twice
        piece = await loop.run_in_executor(self._pool, following)
        squeeze, coding = _squeezer(scope, call)
        headers = _headers(call, output, 0)
        if coding:
            headers.append((b"content-encoding", coding))
        headers.append((b"content-type", _content_type(output)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(_left(receive))
        try:
            while piece is not None:
                data = squeeze(piece, False)
                if data:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                if gone.done():
                    return
                piece = await loop.run_in_executor(self._pool, following)
        except EngineError as error:
            # The status line is gone: say it where ClickHouse says it, and break the stream so that nobody takes it for whole.
            await send(
                {"type": "http.response.body", "body": squeeze(f"\n{error}\n".encode(), True), "more_body": True}
            )
            log.warning("statement failed in the middle of its answer", extra={"code": error.code})
            raise _Broken from error
        finally:
            gone.cancel()
            await loop.run_in_executor(self._pool, pieces.close)  # type: ignore[attr-defined]
        await send({"type": "http.response.body", "body": squeeze(b"", True), "more_body": False})

    def _connection(self, call: Call, session: Session | None) -> Connection:
        database = call.database or (session.database if session else "")
        asked = {k: v for k, v in call.parameters.items() if k not in PROTOCOL and not k.startswith("param_")}
        if call.writer:
            if session is None:
                return self._engine.connection(database, asked)
            if session.connection is None:
                session.connection = self._engine.connection(database, {})
            if asked:
                from_session = session.connection
                for name, value in asked.items():
                    from_session.query(f"SET {_name(name)} = '{_escaped(value)}'")
            return session.connection
        settings: dict[str, str | int | float] = dict(session.settings) if session else {}
        ceilings = dict(
            zip(
                _LIMITS,
                (self._listener.max_execution_seconds, self._listener.max_memory_bytes, self._listener.max_result_rows),
                strict=True,
            )
        )
        for name, value in asked.items():
            if name in ceilings:
                ceilings[name] = _lower(ceilings[name], value)
            elif name in {"readonly", "max_query_size"}:
                continue
            elif READER_SETTINGS.fullmatch(name):
                settings[name] = value
            else:
                raise Refused(
                    452, "SETTING_CONSTRAINT_VIOLATION", f"Setting {name} should not be changed. {UNKNOWN_SETTING_HINT}"
                )
        try:
            return self._engine.connection(
                database,
                {**settings, **ceilings, "result_overflow_mode": "throw", "timeout_overflow_mode": "throw", "allow_ddl": 0,
                 "allow_introspection_functions": 0, "readonly": 1},
            )  # fmt: skip
        except RuntimeError as cause:
            raise EngineError(cause) from cause

    def _session(self, call: Call) -> tuple[Session | None, tuple[bool, str]]:
        name = call.parameters.get("session_id", "")
        key = (call.writer, name)
        if not name:
            return None, key
        now = self._clock.monotonic()
        for stale in [k for k, s in self._sessions.items() if not s.busy and now - s.used_at > s.timeout_seconds]:
            self._drop(stale)
        session = self._sessions.get(key)
        if session is None:
            if call.parameters.get("session_check") == "1":
                raise Refused(372, "SESSION_NOT_FOUND", f"Session {name} is not there or has expired", 404)
            if len(self._sessions) >= MAX_SESSIONS:
                raise Refused(202, "TOO_MANY_SIMULTANEOUS_QUERIES", f"There are {MAX_SESSIONS} sessions; close one")
            asked = call.parameters.get("session_timeout", "")
            seconds = min(float(asked), MAX_SESSION_SECONDS) if asked.isdecimal() else SESSION_SECONDS
            session = self._sessions[key] = Session(seconds, now)
        if session.busy:
            raise Refused(373, "SESSION_IS_LOCKED", f"Session {name} is locked by a concurrent client")
        session.busy = True
        return session, key

    def _drop(self, key: tuple[bool, str]) -> None:
        session = self._sessions.pop(key, None)
        if session is not None and session.connection is not None:
            session.connection.close()


def _remember(session: Session, sql: str) -> bool:
    """A reader's SET and USE change the session, not a connection; True where the statement was one of them."""
    words = sql.split()
    if words and words[0].lower() == "use" and len(words) == 2:
        session.database = words[1].strip('`";')
        return True
    found = re.fullmatch(r"(?is)\s*set\s+(\w+)\s*=\s*'?([^']*?)'?\s*;?\s*", sql)
    if found is None:
        return False
    if not READER_SETTINGS.fullmatch(found[1]):
        raise Refused(
            452, "SETTING_CONSTRAINT_VIOLATION", f"Setting {found[1]} should not be changed. {UNKNOWN_SETTING_HINT}"
        )
    session.settings[found[1]] = found[2]
    return True


def _lower(ceiling: float, asked: str) -> float:
    try:
        wanted = float(asked)
    except ValueError:
        return ceiling
    return min(ceiling, int(wanted) if wanted.is_integer() else wanted) if wanted > 0 else ceiling


def _name(setting: str) -> str:
    if not re.fullmatch(r"\w+", setting):
        raise Refused(115, "UNKNOWN_SETTING", f"Unknown setting {setting[:60]!r}")
    return setting


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _headers(call: Call, output: str, written: int) -> list[tuple[bytes, bytes]]:
    summary = dict.fromkeys(
        ("read_rows", "read_bytes", "total_rows_to_read", "result_rows", "result_bytes", "elapsed_ns"), "0"
    )
    summary |= {"written_rows": str(written), "written_bytes": "0"}
    headers = [
        (b"x-clickhouse-query-id", call.query_id.encode("latin-1", "replace")),
        (b"x-clickhouse-server-display-name", b"assay"),
        (b"x-clickhouse-timezone", b"UTC"),
        (b"x-clickhouse-summary", json.dumps(summary, separators=(",", ":")).encode()),
    ]
    return [*headers, (b"x-clickhouse-format", output.encode("latin-1", "replace"))] if output else headers


def _content_type(output: str) -> bytes:
    lower = output.lower()
    if lower.startswith("json") and "eachrow" not in lower:
        return _JSON
    if lower.startswith("csv"):
        return b"text/csv; charset=UTF-8; header=" + (b"present" if "withnames" in lower else b"absent")
    if lower.startswith(("tabseparated", "tsv")):
        return b"text/tab-separated-values; charset=UTF-8"
    if lower in {"native", "rowbinary", "arrow", "arrowstream", "parquet", "orc"} or lower.startswith("rowbinary"):
        return b"application/octet-stream"
    return b"text/plain; charset=UTF-8"


def _squeezer(scope: Scope, call: Call) -> tuple[Callable[[bytes, bool], bytes], bytes]:
    """How pieces of an answer are compressed, (piece, last) to bytes, and the content coding to name."""
    if call.parameters.get("compress") == "1":
        return lambda data, last: compressed(data) if data else b"", b""
    accepted = header(scope, b"accept-encoding").lower().replace(" ", "").split(",")
    if call.parameters.get("enable_http_compression", "0") != "1":
        return lambda data, last: data, b""
    for coding in (part.partition(";")[0] for part in accepted):
        if coding in _SQUEEZERS:
            return _SQUEEZERS[coding](), coding.encode()
    return lambda data, last: data, b""


def _zlib_squeezer(window_bits: int) -> Callable[[bytes, bool], bytes]:
    zipper = zlib.compressobj(1, zlib.DEFLATED, window_bits)
    return lambda data, last: zipper.compress(data) + (zipper.flush() if last else b"")


def _zstd_squeezer() -> Callable[[bytes, bool], bytes]:
    stream = zstandard.ZstdCompressor(level=1).compressobj()
    return lambda data, last: stream.compress(data) + (stream.flush() if last else b"")


def _lz4_squeezer() -> Callable[[bytes, bool], bytes]:
    frame = lz4.frame.LZ4FrameCompressor()
    begun = False

    def squeeze(data: bytes, last: bool) -> bytes:
        nonlocal begun
        begin = b"" if begun else frame.begin()
        begun = True
        return begin + (frame.compress(data) if data else b"") + (frame.flush() if last else b"")

    return squeeze


_SQUEEZERS: dict[str, Callable[[], Callable[[bytes, bool], bytes]]] = {
    "gzip": lambda: _zlib_squeezer(31),
    "deflate": lambda: _zlib_squeezer(15),
    "zstd": _zstd_squeezer,
    "lz4": _lz4_squeezer,
}


def _lz4_aside(encoding: str) -> str:
    return "" if encoding.lower() == "lz4" else encoding


async def _left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _form(body: bytes, content_type: str) -> tuple[bytes, dict[str, str]]:
    """Fields of a form: the statement, and parameters beside it."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    fields: dict[str, str] = {}
    for part in body.split(b"--" + found[1].encode())[1:-1] if found else ():
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            fields[name[1].decode()] = value.removesuffix(b"\r\n").decode("utf-8", "replace")
    return fields.pop("query", "").encode(), fields
