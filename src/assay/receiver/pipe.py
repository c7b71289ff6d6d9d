"""The flow: parse, apply the content policy, decode, check, group, commit, forward, answer.

    submit ─► waiting (bounded in bytes) ─► preparing, a thread for each way to do it ─► group ─► writer threads ─► receipts

Preparing holds the interpreter lock, so that more than one thread of it makes sense only where each has a process; where several
have nothing to do, a large request is taken apart for them, so that its sender waits less. A few threads commit, because the store
releases the lock. A group is committed when it has `group_rows` rows, when its oldest request has waited `linger_ms`, or when it has
`ALONE_ROWS` and nobody else is there to wait for. A request is answered after the commit that holds its rows; when that commit
fails, every request of the group is told to try again.
"""

import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from assay import telemetry
from assay.clock import Clock
from assay.config.model import Receiver as ReceiverSettings
from assay.errors import AssayError, ForwardUnavailable, QueueFull, ShuttingDown, StoreUnavailable
from assay.receiver.forward import Forwarder, Outgoing
from assay.receiver.prepare import Prepare, Prepared, Request
from assay.receiver.receipt import Encoding, Receipt, Signal
from assay.store.store import Store
from assay.store.write import Writer

log = logging.getLogger(__name__)

WATCH_EVERY_SECONDS = 1.0
"""How often parts, memory and the store itself are looked at."""

JOIN_SECONDS = 0.5
"""How long closing waits for each thread where draining took all its time: one may hang in a store that is down."""

ALONE_ROWS = 256
"""A group of so many rows does not wait for others while no other request is there: an insert is dear because of its columns."""

SHARE_BYTES = 256 * 1024
"""A share of a request is at least this large: below, handing it over costs more than it saves."""


@dataclass(slots=True)
class Waiting:
    """A request that has not been answered."""

    signal: Signal
    payload: bytes
    encoding: Encoding
    workspace: str
    future: "Future[Receipt]"
    arrived: float
    size: int
    shares: int
    begun: int = 0
    """Shares that are being prepared, or are."""
    prepared: list[Prepared] = field(default_factory=list)
    answered: bool = False


@dataclass(slots=True)
class Group:
    """Requests that are committed together."""

    opened: float
    rows: int = 0
    requests: list[Waiting] = field(default_factory=list)


class CommitPipe:
    """The pipe in front of a store. `start`, `submit` from any thread, `close` to drain."""

    def __init__(
        self,
        store: Store,
        prepare: Sequence[Prepare],
        settings: ReceiverSettings,
        clock: Clock,
        forwarder: Forwarder | None = None,
    ) -> None:
        self._store = store
        self._forwarder = forwarder
        self._settings = settings
        self._clock = clock
        self._writer = Writer(store, clock, self._beside)
        self._inserts: queue.SimpleQueue[tuple[Callable[[], None], Future[None]] | None] = queue.SimpleQueue()
        self._lock = threading.Condition()
        self._waiting: deque[Waiting] = deque()
        """A request as many times as it has shares."""
        self._preparers = len(prepare)
        self._idle = 0
        """Threads that could prepare something."""
        self._queued_bytes = 0
        self._unanswered = 0
        self._group: Group | None = None
        self._groups: queue.Queue[Group | None] = queue.Queue(maxsize=settings.writers)
        self._closing = False
        self._refusal: AssayError | None = None
        self._stop_watching = threading.Event()
        self._threads = [
            *(
                threading.Thread(target=self._prepare_loop, args=(one,), name=f"prepare-{number}", daemon=True)
                for number, one in enumerate(prepare)
            ),
            threading.Thread(target=self._watch_loop, name="watch", daemon=True),
            *(
                threading.Thread(target=loop, name=f"{name}-{number}", daemon=True)
                for name, loop in (("commit", self._write_loop), ("insert", self._insert_loop))
                for number in range(settings.writers)
            ),
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    @property
    def why_not_ready(self) -> str:
        """Why a request that came now would not be taken; empty where it would."""
        return "stopping" if self._closing else str(self._refusal or "")

    def submit(self, signal: Signal, payload: bytes, *, encoding: Encoding, workspace: str) -> "Future[Receipt]":
        """Queue one request; see `assay.receiver.receipt.Pipe`."""
        size = len(payload)
        with self._lock:
            if self._closing:
                raise ShuttingDown("This receiver is stopping; send to another one or try again.")
            if self._refusal is not None:
                raise self._refusal
            if self._queued_bytes and self._queued_bytes + size > self._settings.queue_limit_bytes:
                raise QueueFull(
                    f"{self._queued_bytes} bytes wait for the store, the limit is {self._settings.queue_limit_bytes}."
                )
            splits = signal == "traces" and encoding == "protobuf" and not self._waiting
            shares = max(min(self._idle, size // SHARE_BYTES), 1) if splits else 1
            item = Waiting(signal, payload, encoding, workspace, Future(), self._clock.monotonic(), size, shares)
            self._waiting.extend([item] * shares)
            self._queued_bytes += size
            self._unanswered += 1
            self._lock.notify(shares)
        telemetry.set_gauge("assay_queue_bytes", self._queued_bytes)
        return item.future

    def close(self, drain_seconds: float) -> bool:
        """Take nothing new and wait for what was taken; True when all of it was answered in time.

        The store may be closed after it: a thread that still opened a connection would hold the engine's folder.
        """
        until = self._clock.monotonic() + drain_seconds
        with self._lock:
            self._closing = True
            self._lock.notify_all()
            drained = self._lock.wait_for(lambda: self._unanswered == 0, timeout=drain_seconds)
        self._stop_watching.set()
        with self._lock:
            leftover = list(self._waiting)
            self._waiting.clear()
        for item in leftover:
            self._answer(item, error=ShuttingDown("This receiver stopped before it could store the request."))
        for _ in range(self._settings.writers):
            with contextlib.suppress(queue.Full):
                self._groups.put_nowait(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(until - self._clock.monotonic(), JOIN_SECONDS))
        return drained

    def _prepare_loop(self, prepare: Prepare) -> None:
        while (work := self._next()) is not None:
            if isinstance(work, Group):
                self._groups.put(work)
            elif (prepared := self._prepared(prepare, *work)) is not None and (
                full := self._grouped(work[0], prepared)
            ):
                self._groups.put(full)

    def _next(self) -> tuple[Waiting, Request] | Group | None:
        """A request, or the group that has lingered long enough, or None: the pipe is closed."""
        with self._lock:
            self._idle += 1
            try:
                while not self._waiting:
                    if self._group is None:
                        if self._closing and self._unanswered == 0:
                            return None
                        self._lock.wait(timeout=0.2)
                        continue
                    left = self._group.opened + self._settings.linger_ms / 1000 - self._clock.monotonic()
                    if left <= 0 or self._closing:
                        group, self._group = self._group, None
                        return group
                    self._lock.wait(timeout=left)
                item = self._waiting.popleft()
                return item, self._share_of(item)
            finally:
                self._idle -= 1

    def _share_of(self, item: Waiting) -> Request:
        share, item.begun = item.begun, item.begun + 1
        request = Request(
            item.signal, item.payload, item.encoding, item.workspace, self._clock.now_ns(), share, item.shares
        )
        if item.begun == item.shares:
            item.payload = b""
        return request

    def _prepared(self, prepare: Prepare, item: Waiting, request: Request) -> Prepared | None:
        try:
            return prepare(request)
        except AssayError as error:
            self._answer(item, error=error)
        except Exception as error:  # this thread has to go on, and the sender has the data
            log.exception("preparing failed")
            self._answer(item, error=StoreUnavailable(f"Preparing failed: {error!r}", retry_after_ms=30_000))
        return None

    def _grouped(self, item: Waiting, prepared: Prepared) -> Group | None:
        """Add a request to the open group when all of it is prepared, and close that when it is full."""
        with self._lock:
            item.prepared.append(prepared)
            if len(item.prepared) < item.shares or item.answered:
                return None
            group = self._group = self._group or Group(opened=item.arrived)
            group.requests.append(item)
            group.rows += sum(one.parcel.rows for one in item.prepared)
            alone = not self._waiting and self._idle == self._preparers - 1
            if group.rows >= (ALONE_ROWS if alone else self._settings.group_rows):
                self._group = None
                return group
            self._lock.notify()  # somebody has to see it through its lingering
        return None

    def _write_loop(self) -> None:
        while (group := self._groups.get()) is not None:
            self._commit(group)
        self._inserts.put(None)  # one thread less that inserts for those that commit

    def _commit(self, group: Group) -> None:
        try:
            with telemetry.timed("assay_commit_seconds"):
                self._writer.write([one.parcel for item in group.requests for one in item.prepared])
        except Exception as error:  # noqa: BLE001 - whatever it was, the senders still have the data
            refusal = error if isinstance(error, StoreUnavailable) else StoreUnavailable(f"The commit failed: {error}")
            log.warning("commit failed", extra={"rows": group.rows, "error": str(error)})
            for item in group.requests:
                self._answer(item, error=refusal)
            return
        sent = iter(self._forward([one.outgoing for item in group.requests for one in item.prepared if one.outgoing]))
        for item in group.requests:
            outcomes = [next(sent) for one in item.prepared if one.outgoing]
            lost = next((one for one in outcomes if isinstance(one, ForwardUnavailable)), None)
            if lost is not None:
                self._answer(item, error=lost)
            else:
                self._answer(item, receipt=_receipt(item.prepared, [str(one) for one in outcomes]))

    def _beside(self, insert: Callable[[], None]) -> "Future[None]":
        done: Future[None] = Future()
        self._inserts.put((insert, done))
        return done

    def _insert_loop(self) -> None:
        while (given := self._inserts.get()) is not None:
            insert, done = given
            try:
                insert()
            except Exception as error:  # noqa: BLE001 - the thread that commits raises it
                done.set_exception(error)
            else:
                done.set_result(None)

    def _forward(self, outgoing: list[Outgoing]) -> Sequence[str | ForwardUnavailable]:
        return self._forwarder.send(outgoing) if self._forwarder is not None and outgoing else [""] * len(outgoing)

    def _answer(self, item: Waiting, *, receipt: Receipt | None = None, error: AssayError | None = None) -> None:
        with self._lock:
            if item.answered:
                return
            item.answered = True
            self._queued_bytes -= item.size
            self._unanswered -= 1
            if self._unanswered == 0:
                self._lock.notify_all()
        if not item.future.set_running_or_notify_cancel():
            return
        if error is not None:
            item.future.set_exception(error)
        elif receipt is not None:
            item.future.set_result(receipt)

    def _watch_loop(self) -> None:
        while not self._clock.wait(self._stop_watching, WATCH_EVERY_SECONDS):
            refusal = self._overload()
            if (refusal is None) != (self._refusal is None):
                log.warning(
                    "senders are told to retry" if refusal else "taking requests again",
                    extra={"why": str(refusal or "")},
                )
            self._refusal = refusal

    def _overload(self) -> AssayError | None:
        try:
            health = self._store.health()
            self._writer.forget_after_erasure()
        except AssayError as error:
            return StoreUnavailable(f"The store does not answer: {error}", retry_after_ms=2_000)
        telemetry.set_gauge("assay_store_parts", health.max_parts)
        telemetry.set_gauge("assay_merge_lag_parts", health.merge_lag_parts)
        telemetry.set_gauge("assay_store_bytes", health.bytes_on_disk)
        memory = resident_bytes()
        telemetry.set_gauge("assay_resident_bytes", memory)
        if health.max_parts > self._settings.max_parts:
            return QueueFull(
                f"A partition has {health.max_parts} parts, the limit is {self._settings.max_parts}; merges must catch up."
            )
        if memory > self._settings.max_memory_bytes:
            return QueueFull(f"The process uses {memory} bytes, the limit is {self._settings.max_memory_bytes}.")
        return None


def _receipt(prepared: Sequence[Prepared], forwarded: Sequence[str]) -> Receipt:
    """The answer to a request from those to its shares; what is said of each in the same words is said once."""
    receipts = [one.receipt for one in prepared]
    return Receipt(
        sum(one.accepted for one in receipts),
        sum(one.rejected for one in receipts),
        " ".join(dict.fromkeys(filter(None, (*(one.message for one in receipts), *forwarded)))),
        [refused for one in receipts for refused in one.refused],
    )


def resident_bytes() -> int:
    """Resident memory of this process in bytes; 0 where the system does not say."""
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096
    except OSError:
        return 0
