"""Who is calling, how much they may send, and what their bytes are without compression.

authorization ─► workspace ─► limit ─► room ─► inflate ─► Pipe.submit
"""

import asyncio
import base64
import binascii
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager

from assay import telemetry
from assay.clock import Clock
from assay.config.model import Workspace
from assay.errors import QueueFull, RateLimited, ShuttingDown, Unauthenticated
from assay.receiver.receipt import Encoding, Pipe, Receipt, Signal
from assay.wire import Tokens, anything, inflate

log = logging.getLogger(__name__)

DEFAULT_WORKSPACE = "default"
ARRIVE_SECONDS = 60.0
"""A request that takes longer to arrive has to make room: no sender waits for an answer so long, and some are not there any more."""


def _token_in(authorization: str) -> str:
    scheme, _, credentials = authorization.strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() == "basic":
        # Langfuse's SDKs send `public key:secret key`; the secret is the token.
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


class Allowance:
    """Records that a workspace may still send. Requests are charged when they are answered, so it can be in debt."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._balance = per_second
        self._at = clock.monotonic()

    def check(self, workspace: str) -> None:
        """Raises RateLimited, with the time until the debt is paid, where nothing is left."""
        with self._lock:
            self._refill()
            if self._balance > 0:
                return
            wait_ms = int(-self._balance / self._per_second * 1000) + 100
        raise RateLimited(
            f"Workspace '{workspace}' is over its limit of {self._per_second:g} records a second.",
            retry_after_ms=wait_ms,
        )

    def charge(self, records: int) -> None:
        """Take `records` off."""
        with self._lock:
            self._refill()
            self._balance -= records

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._balance = min(self._per_second, self._balance + (now - self._at) * self._per_second)
        self._at = now


class Room:
    """Bytes of requests that are being received: read or decompressed, and not in the pipe's queue yet."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._taken_bytes = 0

    @contextmanager
    def receiving(self) -> Iterator[Callable[[int], None]]:
        """For the time of one request: a function that is told of every piece of it.

        It raises QueueFull where the piece does not fit beside what others send; a request alone always fits.
        """
        mine = 0

        def grow(size_bytes: int) -> None:
            nonlocal mine
            with self._lock:
                if self._taken_bytes > mine and self._taken_bytes + size_bytes > self.limit_bytes:
                    raise QueueFull(
                        f"{self._taken_bytes} bytes are being received, the limit is {self.limit_bytes}. Send again."
                    )
                self._taken_bytes += size_bytes
                mine += size_bytes

        try:
            yield grow
        finally:
            with self._lock:
                self._taken_bytes -= mine


@asynccontextmanager
async def arriving() -> AsyncIterator[None]:
    """For the time in which a request is read. Raises QueueFull where that takes too long."""
    try:
        async with asyncio.timeout(ARRIVE_SECONDS):
            yield
    except TimeoutError as cause:
        raise QueueFull(
            f"The request did not arrive within {ARRIVE_SECONDS:g} s; its place is others' now. Send again."
        ) from cause


class Accept:
    """The door of the receiver, the same for both transports. Safe to call from any thread."""

    def __init__(
        self,
        pipe: Pipe,
        workspaces: Mapping[str, Workspace],
        *,
        max_request_bytes: int,
        receiving_limit_bytes: int,
        clock: Clock,
    ) -> None:
        self.max_request_bytes = max_request_bytes
        self.room = Room(receiving_limit_bytes)
        self._pipe = pipe
        self._tokens = Tokens({name: one.token_files for name, one in workspaces.items()})
        self._allowances = {
            name: Allowance(one.max_spans_per_second, clock)
            for name, one in workspaces.items()
            if one.max_spans_per_second
        }
        self._changed = threading.Condition()
        self._open: set[Future[Receipt]] = set()
        self._closing = False

    def admit(self, authorization: str) -> str:
        """The caller's workspace, where a request of it would be taken now.

        Raises Unauthenticated, RateLimited or ShuttingDown. The bytes are not needed for that, so HTTP asks before it
        reads them.
        """
        workspace = self._workspace_of(authorization)
        if self._closing:
            raise ShuttingDown("This receiver is stopping; send to another one or try again.")
        if workspace in self._allowances:
            self._allowances[workspace].check(workspace)
        return workspace

    def _workspace_of(self, authorization: str) -> str:
        if not self._tokens.files:
            return DEFAULT_WORKSPACE
        token = _token_in(authorization)
        if not token:
            raise Unauthenticated("A bearer token is needed: send the header 'authorization: Bearer <token>'.")
        workspace = self._tokens.workspace_of(token)
        if not workspace:
            raise Unauthenticated("This bearer token is unknown. Ask the operator of this Assay for a token.")
        return workspace

    def submit(
        self,
        signal: Signal,
        payload: bytes,
        *,
        encoding: Encoding,
        compression: str,
        workspace: str,
        transport: str,
        grow: Callable[[int], None] = anything,
    ) -> "Future[Receipt]":
        """Hand a request to the pipe; the future is the answer, after the commit.

        `compression` is a Content-Encoding value, `grow` comes from `room.receiving`. Raises what they, `inflate` and
        `Pipe.submit` raise.
        """
        payload = inflate(payload, compression, limit_bytes=self.max_request_bytes, grow=grow)
        answer: Future[Receipt] = Future()
        with self._changed:
            if self._closing:
                raise ShuttingDown("This receiver is stopping; send to another one or try again.")
            self._open.add(answer)
            telemetry.set_gauge("assay_in_flight_requests", len(self._open))
        try:
            committed = self._pipe.submit(signal, payload, encoding=encoding, workspace=workspace)
        except BaseException:
            self._leave(answer)
            raise
        telemetry.count("assay_received_bytes_total", len(payload), transport=transport, signal=signal)
        committed.add_done_callback(lambda done: self._settle(answer, done, signal, workspace))
        return answer

    def close(self, drain_seconds: float) -> bool:
        """Take nothing new and wait for the answers of what was taken; True when all came in time.

        Who has none by then is told to retry: a connection that is cut off may be read as a permanent failure.
        """
        with self._changed:
            self._closing = True
            answered = self._changed.wait_for(lambda: not self._open, timeout=drain_seconds)
            leftover = list(self._open)
        for answer in leftover:
            if self._leave(answer) and answer.set_running_or_notify_cancel():
                answer.set_exception(ShuttingDown("This receiver stopped before the request was known to be stored."))
        return answered

    def _settle(self, answer: "Future[Receipt]", done: "Future[Receipt]", signal: Signal, workspace: str) -> None:
        """Pass on what the pipe says, unless the drain has answered already."""
        failure = ShuttingDown("The request was dropped.") if done.cancelled() else done.exception()
        if failure is None:
            self._count(done.result(), signal, workspace)
        if not self._leave(answer) or not answer.set_running_or_notify_cancel():
            return
        if failure is not None:
            answer.set_exception(failure)
        else:
            answer.set_result(done.result())

    def _count(self, receipt: Receipt, signal: Signal, workspace: str) -> None:
        telemetry.count("assay_stored_records_total", receipt.accepted, signal=signal, workspace=workspace)
        if receipt.rejected:
            telemetry.count("assay_rejected_records_total", receipt.rejected, signal=signal, workspace=workspace)
        if workspace in self._allowances:
            self._allowances[workspace].charge(receipt.accepted + receipt.rejected)

    def _leave(self, answer: "Future[Receipt]") -> bool:
        """Whether the caller is the one who is to answer."""
        with self._changed:
            if answer not in self._open:
                return False
            self._open.remove(answer)
            telemetry.set_gauge("assay_in_flight_requests", len(self._open))
            if not self._open:
                self._changed.notify_all()
            return True
