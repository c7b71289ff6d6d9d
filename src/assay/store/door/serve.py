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
import uuid
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import lz4.frame

from assay.clock import Clock
from assay.config.model import DoorListener
from assay.errors import AssayError, BadPayload, TooLarge, UnsupportedEncoding
from assay.store.door.access import (
    STATUS,
    Refused,
    Session,
    Sessions,
    reader_settings,
    remember,
    rows_shown,
    writer_settings,
)
from assay.store.door.frames import decompressed
from assay.store.door.revision import CUSTOM_SERIALIZATION, with_revision
from assay.store.door.run import EngineError, answer, canonical, insert
from assay.store.door.squeeze import squeezer
from assay.store.door.statement import Cut, cut, why_refused
from assay.store.engine import Connection, Engine, literal
from assay.wire.body import Disconnected, Receive, Scope, Send, header, read_body, respond
from assay.wire.inflate import inflate
from assay.wire.serve import Running, serve

log = logging.getLogger(__name__)
T = TypeVar("T")

MAX_STATEMENT_BYTES = 1 << 20
MAX_INSERT_BYTES = 1 << 30
MAX_WRITERS = 16
WAIT_FOR_TURN_SECONDS = 10.0
MAX_ANSWER_SECONDS = 900.0
"""A client that takes no more of its answer gives up its turn after this."""
MAX_HELD_BYTES = 64 << 20
"""How much of an answer `wait_end_of_query=1` holds back, so that an error comes with its status."""

# Parameters of the protocol; every other one is a setting.
PROTOCOL = {
    "query", "database", "default_format", "format", "user", "password", "quota_key", "query_id", "session_id", "session_timeout",
    "session_check", "compress", "decompress", "enable_http_compression", "http_zlib_compression_level", "buffer_size",
    "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "client_protocol_version",
    "add_http_cors_header", "stacktrace", "close_session", "role", "cancel_http_readonly_queries_on_client_close",
    "http_response_buffer_size", "network_compression_method",
}  # fmt: skip

_JSON = b"application/json; charset=UTF-8"


class Call(NamedTuple):
    """One request, understood."""

    parameters: dict[str, str]
    writer: bool
    query_id: str
    database: str
    output: str

    @property
    def asked(self) -> dict[str, str]:
        """Settings."""
        return {k: v for k, v in self.parameters.items() if k not in PROTOCOL and not k.startswith("param_")}

    @property
    def bound(self) -> dict[str, str]:
        """Values of query parameters."""
        return {k.removeprefix("param_"): v for k, v in self.parameters.items() if k.startswith("param_")}


@dataclass(frozen=True, slots=True)
class Door:
    """An open door; `stop` closes it."""

    url: str
    port: int
    _running: Running
    _pools: tuple[ThreadPoolExecutor, ...]
    _sessions: Sessions

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Take no new statement, wait for those under way, end those that take longer; then nothing uses the engine."""
        self._running.stop(grace_seconds)
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)
        self._sessions.close()


def open_door(engine: Engine, listener: DoorListener, *, write_token: str, clock: Clock) -> Door:
    """Serve the engine. Raises `ConfigError` where the address cannot be bound."""
    readers = ThreadPoolExecutor(listener.max_concurrent_readers, thread_name_prefix="door-reader")
    writers = ThreadPoolExecutor(MAX_WRITERS, thread_name_prefix="door-writer")
    sessions = Sessions(clock)
    app = _App(engine, listener, write_token, sessions, readers, writers)
    running = serve(app, host=listener.host, port=listener.port, tls=listener.tls, name="door")
    scheme = "https" if listener.tls.cert_file else "http"
    return Door(f"{scheme}://{listener.host}:{running.port}", running.port, running, (readers, writers), sessions)


class _Steps:
    """What one call does in the engine, a step at a time, on threads; and its end, also when nobody waits for it any more."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor) -> None:
        self.mark = f"door-{uuid.uuid4().hex}"
        self._engine = engine
        self._pool = pool
        self._last: Future[Any] | None = None

    async def run(self, step: Callable[[], T]) -> T:
        """Run the next step."""
        future = self._pool.submit(step)
        self._last = future
        return await asyncio.wrap_future(future)

    def interrupt(self) -> None:
        """Stop the statement under way."""
        self._engine.kill(self.mark)

    async def end(self, close: Callable[[], None]) -> None:
        """Run `close` as the last step; where a step is under way that nobody waits for, stop that first."""
        last = self._last
        if last is None or last.done():
            await self.run(close)
        else:
            self.interrupt()
            last.add_done_callback(lambda _: close())


class _App:
    def __init__(
        self,
        engine: Engine,
        listener: DoorListener,
        token: str,
        sessions: Sessions,
        readers: ThreadPoolExecutor,
        writers: ThreadPoolExecutor,
    ) -> None:
        self._engine = engine
        self._listener = listener
        self._token = token.encode()
        self._readers, self._writers = readers, writers
        # Not a lock of threads: callers that wait for their turn must not hold the threads that the others need to finish.
        self._turns = asyncio.Semaphore(listener.max_concurrent_readers)
        self._sessions = sessions
        self._stopped_calls = engine.functions_stopped_by_readonly()
        self._system_tables = engine.system_tables()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        query_id = str(uuid.uuid4())
        try:
            await self._serve(scope, receive, send, query_id)
        except Disconnected:
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
        if body:
            body = _plain(body, header(scope, b"content-encoding"), limit)
        if header(scope, b"content-type").startswith("multipart/form-data"):
            body, more = _form(body, header(scope, b"content-type"))
            call.parameters.update(more)
        if parameters.get("decompress") == "1" and body:
            body = decompressed(body, limit_bytes=limit)
        text = parameters.get("query", "").encode()
        statement = cut(text + (b"\n" if text and body else b"") + body)
        del body
        if call.writer:
            await self._execute(scope, receive, send, call, statement)
            return
        self._judge(call, statement.sql)
        try:
            await asyncio.wait_for(self._turns.acquire(), WAIT_FOR_TURN_SECONDS)
        except TimeoutError:
            busy = f"{self._listener.max_concurrent_readers} readers are at work"
            raise Refused(202, "TOO_MANY_SIMULTANEOUS_QUERIES", busy) from None
        try:
            await self._execute(scope, receive, send, call, statement)
        finally:
            self._turns.release()

    def _judge(self, call: Call, sql: str) -> None:
        refusal = why_refused(sql, call.bound.values(), self._stopped_calls)
        if refusal:
            raise Refused(164, "READONLY", f"{refusal} The door is read-only without the write token")

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

    async def _execute(self, scope: Scope, receive: Receive, send: Send, call: Call, statement: Cut) -> None:
        session = self._sessions.take(call.parameters, writer=call.writer)
        steps = _Steps(self._engine, self._writers if call.writer else self._readers)
        pieces: Generator[bytes, None, None] | None = None
        connection: Connection | None = None

        def close() -> None:
            if pieces is not None:
                pieces.close()
            if connection is not None:
                if session is None or session.connection is None:
                    connection.close()
                else:
                    _forget(connection, call.asked)

        last: Awaitable[None]
        gone = asyncio.ensure_future(_left(receive))
        try:
            if not call.writer and remember(session or Session(0, 0), statement.sql):
                last = respond(send, 200, b"", headers=_headers(call, "", 0))
            elif statement.inserts:
                connection = opened = await steps.run(lambda: self._connection(call, session, steps.mark))
                given = statement.format or call.output or "Values"
                rows = await steps.run(lambda: insert(opened, statement.sql, given, statement.data))
                plain = b"text/plain; charset=UTF-8"
                last = respond(send, 200, b"", headers=_headers(call, "", rows), content_type=plain)
            else:
                connection = opened = await steps.run(lambda: self._connection(call, session, steps.mark))
                if not call.writer:
                    self._judge(call, await steps.run(lambda: canonical(opened, statement.sql)))
                    loop = asyncio.get_running_loop()
                    gone.add_done_callback(lambda done: done.cancelled() or loop.run_in_executor(None, steps.interrupt))
                output = statement.format or call.output or "TabSeparated"
                pieces = answer(connection, statement.sql, output, call.bound)
                end = await self._stream(scope, send, call, output, steps, _for_client(call, output, pieces), gone)
                if end is None:
                    return
                last = send({"type": "http.response.body", "body": end, "more_body": False})
        finally:
            gone.cancel()
            await steps.end(close)
            if session is not None:
                self._sessions.give_back(session, call.parameters, writer=call.writer)
        # The caller's next request may follow at once: the session is free before it knows the end of this one.
        await last

    async def _stream(
        self,
        scope: Scope,
        send: Send,
        call: Call,
        output: str,
        steps: _Steps,
        pieces: Iterator[bytes],
        gone: asyncio.Future[None],
    ) -> bytes | None:
        """Send the pieces but for the end, which comes back; None where the answer broke off, with the error in it.

        Raises `EngineError` before the first byte.
        """
        ready = [await steps.run(lambda: next(pieces, None))]
        if call.parameters.get("wait_end_of_query") == "1":
            while ready[-1] is not None and sum(map(len, filter(None, ready))) < MAX_HELD_BYTES:
                ready.append(await steps.run(lambda: next(pieces, None)))
        asks = call.parameters.get("enable_http_compression", "0") == "1"
        squeeze, coding = squeezer(
            frames=call.parameters.get("compress") == "1", accepted=header(scope, b"accept-encoding") if asks else ""
        )
        tag = uuid.uuid4().hex[:16]
        headers = [*_headers(call, output, 0), (b"content-type", _content_type(output))]
        headers.append((b"x-clickhouse-exception-tag", tag.encode()))
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async with asyncio.timeout(MAX_ANSWER_SECONDS):
                while (piece := ready.pop(0)) is not None:
                    data = squeeze(piece, False)
                    if data:
                        await send({"type": "http.response.body", "body": data, "more_body": True})
                    if gone.done():
                        return None
                    if not ready:
                        ready.append(await steps.run(lambda: next(pieces, None)))
        except (EngineError, TimeoutError) as error:
            if not gone.done():
                # The status line is gone: the error is said in the body, and a body without its end closes the connection.
                log.warning("an answer broke off", extra={"query_id": call.query_id, "error": str(error) or "too slow"})
                text = squeeze(_in_band(str(error) or "Code: 159. DB::Exception: The answer was not taken", tag), True)
                await send({"type": "http.response.body", "body": text, "more_body": True})
            return None
        return squeeze(b"", True)

    def _connection(self, call: Call, session: Session | None, mark: str) -> Connection:
        """The connection that this call uses. Raises `EngineError` and `Refused`."""
        database = call.database or (session.database if session else "")
        try:
            if not call.writer:
                shown = rows_shown(self._system_tables, mark)
                settings = reader_settings(call.asked, session, self._listener, shown)
                return self._engine.connection(database, {"log_comment": mark, **settings})
            if session is None:
                return self._engine.connection(database, {"log_comment": mark, **writer_settings(call.asked)})
            if session.connection is None:
                session.connection = self._engine.connection(database, {})
            for name, value in writer_settings(call.asked).items():
                session.connection.query(f"SET {name} = {literal(value)}")
            return session.connection
        except RuntimeError as cause:
            raise EngineError(cause) from cause


def _for_client(call: Call, output: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Native blocks for a client that names its protocol revision; everything else as it is."""
    revision = call.parameters.get("client_protocol_version", "")
    newer = output.lower() == "native" and revision.isdecimal() and int(revision) >= CUSTOM_SERIALIZATION
    return with_revision(pieces, int(revision)) if newer else pieces


def _forget(connection: Connection, asked: Mapping[str, str]) -> None:
    """Settings of a request end with it; those of SET stay with the session."""
    for name in asked:
        with suppress(RuntimeError):  # one that does not exist was never set
            connection.query(f"SET {name} = DEFAULT")


def _in_band(error: str, tag: str) -> bytes:
    """An error in the middle of an answer: https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats"""
    text = f"{error}\n".encode()
    return b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n" % (tag.encode(), text, len(text), tag.encode())


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


def _plain(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """A body without its content encoding. Raises `TooLarge`, `BadPayload` and `UnsupportedEncoding`."""
    if encoding.lower() != "lz4":
        return inflate(body, encoding, limit_bytes=limit_bytes)
    try:
        plain: bytes = lz4.frame.LZ4FrameDecompressor().decompress(body, max_length=limit_bytes + 1)
    except RuntimeError as cause:
        raise BadPayload(f"The body is not valid lz4: {cause}") from cause
    if len(plain) > limit_bytes:
        raise TooLarge(f"The request is over {limit_bytes} bytes after decompression, which is the limit.")
    return plain


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
