"""HTTP: who calls, what they want, and the answer in ClickHouse's words.

https://clickhouse.com/docs/interfaces/http
"""

import asyncio
import base64
import binascii
import hmac
import ipaddress
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import lz4.frame

from assay.clock import Clock
from assay.config.model import DoorListener, Workspace
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
from assay.store.door.http_words import content_type, form, headers, host_of, in_band, is_loopback, printable
from assay.store.door.native import CUSTOM_SERIALIZATION, UnknownType, with_revision
from assay.store.door.row_filters import NotAComparison, cut_row_filters
from assay.store.door.run import EngineError, Tally, answer, canonical, insert
from assay.store.door.squeeze import squeezer
from assay.store.door.statement import Cut, cut, why_refused
from assay.store.engine import Connection, Engine, literal
from assay.wire.body import Disconnected, Receive, Scope, Send, header, read_body, respond
from assay.wire.inflate import inflate
from assay.wire.serve import Running, serve, url_of
from assay.wire.tokens import Tokens

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
END_AGAIN_SECONDS = 0.1
"""Time between two attempts to end a statement."""

# Parameters of the protocol; every other one is a setting.
PROTOCOL = {
    "query", "database", "default_format", "format", "user", "password", "quota_key", "query_id", "session_id", "session_timeout",
    "session_check", "compress", "decompress", "enable_http_compression", "http_zlib_compression_level", "buffer_size",
    "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "client_protocol_version",
    "add_http_cors_header", "stacktrace", "close_session", "role", "cancel_http_readonly_queries_on_client_close",
    "http_response_buffer_size", "network_compression_method", "log_comment",
}  # fmt: skip


class Call(NamedTuple):
    """One request, understood."""

    parameters: dict[str, str]
    writer: bool
    workspace: str
    """What this reader is kept to; empty: everything."""
    query_id: str
    database: str
    output: str
    row_filters: Mapping[str, str] = MappingProxyType({})
    """Conditions by table that a reader's statement brought."""

    @property
    def owner(self) -> str:
        """Whose sessions it may use."""
        return "writer" if self.writer else f"reader of {self.workspace}"

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
    _app: "_App"

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Take no new statement, wait for those under way, end those that take longer; then nothing uses the engine."""
        self._running.stop(grace_seconds)
        self._app.close()


def open_door(
    engine: Engine,
    listener: DoorListener,
    *,
    write_token: str,
    clock: Clock,
    workspaces: Mapping[str, Workspace] = {},
) -> Door:
    """Serve the engine; `workspaces` name the tokens of readers. Raises `ConfigError` where the address or a token file cannot be used."""
    readers = Tokens({name: one.reader_token_files for name, one in workspaces.items()})
    app = _App(engine, listener, write_token, readers, clock)
    try:
        running = serve(app, host=listener.host, port=listener.port, tls=listener.tls, name="door")
    except BaseException:
        app.close()
        raise
    url = url_of("http", listener.host, running.port, tls=bool(listener.tls.cert_file))
    return Door(url, running.port, running, app)


class _Threads:
    """The threads on which statements run: readers apart from writers, and one that ends what nobody waits for any more."""

    def __init__(self, engine: Engine, readers: int) -> None:
        self._engine = engine
        self._mark = f"door-{uuid.uuid4().hex}-"
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="door-reader")
        self._writers = ThreadPoolExecutor(MAX_WRITERS, thread_name_prefix="door-writer")
        self._enders = ThreadPoolExecutor(1, thread_name_prefix="door-ender")
        self._underway: set[Future[Any]] = set()

    def mark(self) -> str:
        """What the setting `log_comment` of a new call says, by which its statement is found."""
        return f"{self._mark}{uuid.uuid4().hex}"

    def submit(self, step: Callable[[], T], *, writer: bool) -> "Future[T]":
        """Run a step."""
        future = (self._writers if writer else self._readers).submit(step)
        self._underway.add(future)
        future.add_done_callback(self._underway.discard)
        return future

    async def end(self, mark: str) -> None:
        """Ask the statement of a call to end."""
        await asyncio.get_running_loop().run_in_executor(self._enders, self._engine.kill, mark)

    def close(self) -> None:
        """End all that runs; then no thread is left."""
        for pool in (self._readers, self._writers):
            pool.shutdown(wait=False, cancel_futures=True)
        while wait(list(self._underway), timeout=END_AGAIN_SECONDS).not_done:
            self._engine.kill(self._mark)
        for pool in (self._readers, self._writers, self._enders):
            pool.shutdown(wait=True)


class _Steps:
    """What one call does in the engine, a step at a time, on threads."""

    def __init__(self, threads: _Threads, *, writer: bool, gone: asyncio.Future[None]) -> None:
        self.mark = threads.mark()
        self._threads = threads
        self._writer = writer
        self._gone = gone
        self._last: Future[Any] | None = None

    async def run(self, step: Callable[[], T]) -> T:
        """Run the next step. Of a reader that leaves it is ended, and `Disconnected` raised; a writer's runs to its end."""
        if self._gone.done() and not self._writer:
            raise Disconnected
        self._last = self._threads.submit(step, writer=self._writer)
        done: asyncio.Future[T] = asyncio.wrap_future(self._last)
        done.add_done_callback(lambda one: one.cancelled() or one.exception())  # also where nobody waits any more
        if self._writer:
            return await done
        waits: set[asyncio.Future[Any]] = {done, self._gone}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        while not done.done():
            # More than once: the statement may not have begun yet.
            await self._threads.end(self.mark)
            await asyncio.wait({done}, timeout=END_AGAIN_SECONDS)
        if self._gone.done():
            raise Disconnected
        return done.result()

    async def close(self, close: Callable[[], None]) -> None:
        """Run `close` as the last step. Where a step is under way that nobody waits for (the door stops), after that."""
        last = self._last
        if last is None or last.done():
            await asyncio.wrap_future(self._threads.submit(close, writer=self._writer))
        else:
            last.add_done_callback(lambda _: close())


class _App:
    def __init__(self, engine: Engine, listener: DoorListener, token: str, readers: Tokens, clock: Clock) -> None:
        self._engine = engine
        self._listener = listener
        self._token = token.encode()
        self._readers = readers
        self._threads = _Threads(engine, listener.max_concurrent_readers)
        # Not a lock of threads: callers that wait for their turn must not hold the threads that the others need to finish.
        self._turns = asyncio.Semaphore(listener.max_concurrent_readers)
        self._clock = clock
        self._sessions = Sessions(clock)
        self._stopped_calls = engine.functions_stopped_by_readonly()
        self._system_tables = engine.system_tables()

    def close(self) -> None:
        """End what runs and let the engine go; the server has stopped."""
        self._threads.close()
        self._sessions.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        query = scope["query_string"].decode("latin-1")
        parameters = dict(parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="replace"))
        named = parameters.get("query_id") or header(scope, b"x-clickhouse-query-id")
        query_id = printable(named or str(uuid.uuid4()))
        try:
            await self._serve(scope, receive, send, parameters, query_id)
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
        said = [(b"x-clickhouse-exception-code", b"%d" % code), (b"x-clickhouse-query-id", query_id.encode())]
        await respond(send, status, (text + "\n").encode(), headers=said, content_type=b"text/plain; charset=UTF-8")

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, parameters: dict[str, str], query_id: str
    ) -> None:
        path = scope["path"]
        if path in {"/ping", "/replicas_status"}:
            await respond(send, 200, b"Ok.\n", content_type=b"text/html; charset=UTF-8")
            return
        if path not in {"", "/", "/query"}:
            raise Refused(1001, "NOT_FOUND", f"There is no handle {path}. Use /, /ping or /replicas_status", 404)
        if scope["method"] not in {"GET", "POST", "HEAD"}:
            raise Refused(1001, "NOT_FOUND", f"Method {scope['method']} is not used here; POST a statement", 405)
        call = self._understand(scope, parameters, query_id)
        limit = MAX_INSERT_BYTES if call.writer else MAX_STATEMENT_BYTES
        body = await read_body(scope, receive, limit_bytes=limit)
        if not body and not parameters.get("query"):
            await respond(send, 200, b"Ok.\n", content_type=b"text/html; charset=UTF-8")
            return
        if body:
            body = _plain(body, header(scope, b"content-encoding"), limit)
        if header(scope, b"content-type").startswith("multipart/form-data"):
            body, more = form(body, header(scope, b"content-type"))
            call.parameters.update(more)
        if parameters.get("decompress") == "1" and body:
            body = decompressed(body, limit_bytes=limit)
        text = parameters.get("query", "").encode()
        statement = cut(text + (b"\n" if text and body else b"") + body)
        del body
        gone = asyncio.ensure_future(_left(receive))
        try:
            if call.writer:
                await self._execute(scope, send, call, statement, gone)
            else:
                sql, filters = _row_filters(statement.sql, call.database or self._engine.database)
                statement, call = statement._replace(sql=sql), call._replace(row_filters=filters)
                self._judge(call, statement.sql)
                async with self._turn(gone):
                    await self._execute(scope, send, call, statement, gone)
        finally:
            gone.cancel()

    @asynccontextmanager
    async def _turn(self, gone: asyncio.Future[None]) -> AsyncIterator[None]:
        """A reader's turn. Raises `Refused` where none comes in time, `Disconnected` where the reader left meanwhile."""
        taken = asyncio.ensure_future(self._turns.acquire())
        try:
            waits: set[asyncio.Future[Any]] = {taken, gone}
            await asyncio.wait(waits, timeout=WAIT_FOR_TURN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise Disconnected
            if not taken.done():
                busy = f"{self._listener.max_concurrent_readers} readers are at work"
                raise Refused(202, "TOO_MANY_SIMULTANEOUS_QUERIES", busy)
            yield
        finally:
            if not taken.cancel():
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
        writer = bool(self._token) and hmac.compare_digest(secret.encode(), self._token)
        workspace = self._readers.workspace_of(secret) if secret and not writer else ""
        if secret and not writer and not workspace:
            raise Refused(
                516,
                "AUTHENTICATION_FAILED",
                "Authentication failed: the password is neither the write token nor the token of a reader",
            )
        if not secret and self._readers.files:
            raise Refused(
                516,
                "AUTHENTICATION_FAILED",
                "Each reader of this door is kept to a workspace: give the token of yours as password",
            )
        if not secret and not self._is_ours(host_of(header(scope, b"host"))):
            # A page in a browser can point a name of its own at our address and would read what readers may:
            # https://en.wikipedia.org/wiki/DNS_rebinding
            raise Refused(
                516,
                "AUTHENTICATION_FAILED",
                f"Without the write token this door answers to localhost and {self._listener.host}, not to another Host",
            )
        return Call(
            parameters, writer, workspace, query_id,
            parameters.get("database") or header(scope, b"x-clickhouse-database"),
            parameters.get("default_format") or header(scope, b"x-clickhouse-format"),
        )  # fmt: skip

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this door; under which names others reach one that listens everywhere is not known."""
        listens = self._listener.host
        with suppress(ValueError):
            if ipaddress.ip_address(listens).is_unspecified:
                return True
        return not host or is_loopback(host) or host.lower() == listens.lower()

    async def _execute(self, scope: Scope, send: Send, call: Call, statement: Cut, gone: asyncio.Future[None]) -> None:
        session = self._sessions.take(call.parameters, call.owner)
        steps = _Steps(self._threads, writer=call.writer, gone=gone)
        pieces: Generator[bytes, None, None] | None = None
        connection: Connection | None = None
        tally = Tally()
        began = self._clock.monotonic()

        def close() -> None:
            if pieces is not None:
                pieces.close()
            if connection is not None:
                if session is None or session.connection is None:
                    connection.close()
                else:
                    _forget(connection, call.asked)

        last: Awaitable[None]
        try:
            if not call.writer and remember(session or Session(0, 0), statement.sql):
                last = respond(send, 200, b"", headers=headers(call.query_id, "", tally, 0, 0.0))
            elif statement.inserts:
                connection = opened = await steps.run(lambda: self._connection(call, session, steps.mark))
                given = statement.format or call.output or "Values"
                rows = await steps.run(lambda: insert(opened, statement.sql, given, statement.data))
                plain = b"text/plain; charset=UTF-8"
                said = headers(call.query_id, "", tally, rows, self._clock.monotonic() - began)
                last = respond(send, 200, b"", headers=said, content_type=plain)
            else:
                connection = opened = await steps.run(lambda: self._connection(call, session, steps.mark))
                if not call.writer:
                    self._judge(call, await steps.run(lambda: canonical(opened, statement.sql)))
                output = statement.format or call.output or "TabSeparated"
                pieces = answer(connection, statement.sql, output, call.bound, tally)
                end = await self._stream(
                    scope, send, call, output, steps, _for_client(call, output, pieces), tally, began
                )
                if end is None:
                    return
                last = send({"type": "http.response.body", "body": end, "more_body": False})
        finally:
            await steps.close(close)
            if session is not None:
                self._sessions.give_back(session, call.parameters, call.owner)
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
        tally: Tally,
        began: float,
    ) -> bytes | None:
        """Send the pieces but for the end, which comes back; None where the answer broke off, with the error in it.

        Raises `EngineError` before the first byte, and `Disconnected`.
        """
        asks = call.parameters.get("enable_http_compression", "0") == "1"
        squeeze, coding = squeezer(
            frames=call.parameters.get("compress") == "1", accepted=header(scope, b"accept-encoding") if asks else ""
        )

        def step() -> bytes | None:
            piece = next(pieces, None)
            return None if piece is None else squeeze(piece, False)

        # A short answer is known to its end before it begins, and what it took can be said in its headers.
        ready = [await steps.run(step)]
        if ready[0] is not None:
            ready.append(await steps.run(step))
        if call.parameters.get("wait_end_of_query") == "1":
            while ready[-1] is not None and sum(map(len, filter(None, ready))) < MAX_HELD_BYTES:
                ready.append(await steps.run(step))
        tag = uuid.uuid4().hex[:16]
        said = [
            *headers(call.query_id, output, tally, 0, self._clock.monotonic() - began),
            (b"content-type", content_type(output)),
        ]
        said.append((b"x-clickhouse-exception-tag", tag.encode()))
        if coding:
            said.append((b"content-encoding", coding.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": said})
        try:
            async with asyncio.timeout(MAX_ANSWER_SECONDS):
                while (data := ready.pop(0)) is not None:
                    if data:
                        await send({"type": "http.response.body", "body": data, "more_body": True})
                    if not ready:
                        ready.append(await steps.run(step))
        except (EngineError, TimeoutError) as error:
            # The status line is gone: the error is said in the body, and a body without its end closes the connection.
            log.warning("an answer broke off", extra={"query_id": call.query_id, "error": str(error) or "too slow"})
            text = squeeze(in_band(str(error) or "Code: 159. DB::Exception: The answer was not taken", tag), True)
            await send({"type": "http.response.body", "body": text, "more_body": True})
            return None
        return squeeze(b"", True)

    def _connection(self, call: Call, session: Session | None, mark: str) -> Connection:
        """The connection that this call uses. Raises `EngineError` and `Refused`."""
        database = call.database or (session.database if session else "")
        try:
            if not call.writer:
                tables = self._engine.tables() if call.workspace else {}
                shown = rows_shown(self._system_tables, mark, call.workspace, tables, call.row_filters)
                settings = reader_settings(call.asked, session, self._listener, shown)
                if call.workspace:
                    # What it remembers of a condition comes from rows behind other filters.
                    settings = {"use_query_condition_cache": 0, **settings}
                return self._engine.connection(database, {"log_comment": mark, **settings})
            if session is None:
                return self._engine.connection(database, {"log_comment": mark, **writer_settings(call.asked)})
            if session.connection is None:
                session.connection = self._engine.connection(database, {})
            for name, value in {"log_comment": mark, **writer_settings(call.asked)}.items():
                session.connection.query(f"SET {name} = {literal(value)}")
            return session.connection
        except RuntimeError as cause:
            raise EngineError(cause) from cause


def _for_client(call: Call, output: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Native blocks for a client that names its protocol revision; everything else as it is. Raises `EngineError`."""
    revision = call.parameters.get("client_protocol_version", "")
    if output.lower() != "native" or not revision.isdecimal() or int(revision) < CUSTOM_SERIALIZATION:
        yield from pieces
        return
    try:
        yield from with_revision(pieces, int(revision))
    except UnknownType as kind:
        raise EngineError(
            f"Code: 48. DB::Exception: This client's version of Native cannot carry {str(kind)[:80]}: cast it. (NOT_IMPLEMENTED)"
        ) from kind


def _row_filters(sql: str, database: str) -> tuple[str, dict[str, str]]:
    """Raises `Refused`."""
    try:
        return cut_row_filters(sql, database)
    except NotAComparison as cause:
        raise Refused(
            164,
            "READONLY",
            f"additional_table_filters of a reader compare columns with values, joined by AND or OR: {cause}",
        ) from cause


def _forget(connection: Connection, asked: Mapping[str, str]) -> None:
    """Settings of a request end with it; those of SET stay with the session."""
    for name in asked:
        with suppress(RuntimeError):  # one that does not exist was never set
            connection.query(f"SET {name} = DEFAULT")


def _plain(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """A body without its content encoding. Raises `TooLarge`, `BadPayload` and `UnsupportedEncoding`."""
    if encoding.lower() != "lz4":
        return inflate(body, encoding, limit_bytes=limit_bytes)
    frame = lz4.frame.LZ4FrameDecompressor()
    try:
        plain: bytes = frame.decompress(body, max_length=limit_bytes + 1)
    except RuntimeError as cause:
        raise BadPayload(f"The body is not valid lz4: {cause}") from cause
    if len(plain) > limit_bytes:
        raise TooLarge(f"The request is over {limit_bytes} bytes after decompression, which is the limit.")
    if not frame.eof or frame.unused_data:
        raise BadPayload("The lz4 body is not one whole frame.")
    return plain


async def _left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
