"""The scorer in a process of its own, beside the receiver of `assay serve`: settling, checks of whole traces, rollups, judges.

Python runs one thread at a time: in one process a round of settling held senders up for seconds (docs/decisions/0018-processes.md). In
its own process, at a lower priority, it takes what receiving leaves. In: what opens the loops there, with a store that can be reached,
an embedded one through the door. Out through a pipe: why it refuses to start, or that it runs, with the changes of its metrics, which are published here.
The process ends when the pipe does, so it outlives nobody. When it ends by itself it is started again; senders notice nothing.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import NamedTuple

from assay import telemetry
from assay.app.process import spawn
from assay.errors import AssayError

log = logging.getLogger(__name__)

NICENESS = 5
"""Receiving comes first: https://man7.org/linux/man-pages/man7/sched.7.html (the nice value)."""
START_SECONDS = 30.0
RESTART_SECONDS = 2.0


class Changed(NamedTuple):
    """The loops run, and these metrics have changed."""

    metrics: list[telemetry.Change]


Loops = Callable[[threading.Event], Iterator[object]]
"""Opens the loops, yields at once and then now and then while they run; ends when the event is set. It is pickled, so no lambda."""


class ScorerProcess:
    """`start`, then `stop`."""

    def __init__(self, loops: Loops, *, log_level: str) -> None:
        self._loops = loops
        self._log_level = log_level
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="scorer-process", daemon=True)

    def start(self) -> None:
        """Start the process and wait until it is ready. Raises what made it refuse: `ConfigError`, `MigrationError`."""
        self._spawn()
        try:
            if not self._connection.poll(START_SECONDS):
                log.warning("the scorer is not ready yet", extra={"waited_seconds": START_SECONDS})
            else:
                self._take(self._connection.recv())
        except EOFError:
            log.warning("the scorer ended while it started")
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Let the rounds under way end; what they had not finished, the next process does again."""
        self._stopping.set()
        with suppress(OSError):
            self._connection.send(None)
        self._process.join(timeout_seconds)
        if self._process.is_alive():
            self._process.kill()
        if self._thread.ident is not None:  # it was started
            self._thread.join()
        self._connection.close()

    def _spawn(self) -> None:
        self._process, self._connection = spawn(partial(_work, self._loops), name="scorer", log_level=self._log_level)

    def _watch(self) -> None:
        while True:
            with suppress(EOFError, OSError):
                while True:
                    self._heard(self._connection.recv())
            self._process.join()
            if self._stopping.is_set():
                return
            telemetry.count("assay_scorer_restarts_total")
            log.error("the scorer ended by itself, it is started again", extra={"exit_code": self._process.exitcode})
            if self._stopping.wait(RESTART_SECONDS):
                return
            self._connection.close()
            self._spawn()

    def _heard(self, said: Changed | AssayError) -> None:
        try:
            self._take(said)
        except AssayError as error:
            log.error("the scorer does not start", extra={"error": str(error)})

    def _take(self, said: Changed | AssayError) -> None:
        match said:
            case Changed(metrics):
                telemetry.replay(metrics)
            case AssayError():
                raise said


def _work(loops: Loops, connection: Connection) -> None:
    os.nice(NICENESS)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_until_told, args=(connection, stop), name="parent", daemon=True).start()

    def tell() -> None:
        with suppress(OSError):
            connection.send(Changed(telemetry.take_changes()))

    try:
        for _ in loops(stop):
            tell()
    except AssayError as error:
        connection.send(error)
    tell()


def _until_told(connection: Connection, stop: threading.Event) -> None:
    """The parent says one thing only, that it is time; its end says the same."""
    with suppress(EOFError, OSError):
        connection.recv()
    stop.set()
