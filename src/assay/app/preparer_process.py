"""Decoding and checking in a process of its own, so that a receiver uses more than one core.

In: requests, one at a time. Out: what they became, or why they cannot be taken, with the changes of metrics. When the process
ends by itself, it is started again and the sender of the request that it had is told to retry.
"""

import logging
import threading
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from assay import telemetry
from assay.app.process import spawn
from assay.config.model import Config
from assay.errors import AssayError, OperatorMustFix, StoreUnavailable
from assay.receiver.prepare import Prepared, Request, preparer_of

log = logging.getLogger(__name__)

Answer = tuple[Prepared | AssayError, list[telemetry.Change]]


class PreparerProcess:
    """`assay.receiver.prepare.Prepare`, elsewhere. One thread at a time calls it; any may `close`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._closed = threading.Event()
        self._process, self._connection = self._spawned()
        self._ready = False

    def wait_until_ready(self) -> None:
        """Return when the first request can be prepared at once. Raises `OperatorMustFix` when the process ends instead."""
        try:
            self._hear_that_it_is_ready()
        except (EOFError, OSError) as cause:
            raise OperatorMustFix("The process that decodes ended while it started; its last lines say why.") from cause

    def __call__(self, request: Request) -> Prepared:
        """See `assay.receiver.prepare.Prepare`."""
        try:
            self._hear_that_it_is_ready()
            self._connection.send(request)
            answer: Answer = self._connection.recv()
        except (EOFError, OSError) as cause:
            raise self._lost() from cause
        said, changes = answer
        telemetry.replay(changes)
        if isinstance(said, AssayError):
            raise said
        return said

    def close(self) -> None:
        """End the process; it has nothing that would be lost."""
        self._closed.set()
        self._process.terminate()
        self._process.join()
        self._connection.close()

    def _hear_that_it_is_ready(self) -> None:
        if not self._ready:
            self._connection.recv()
            self._ready = True

    def _spawned(self) -> tuple[SpawnProcess, Connection]:
        return spawn(partial(_work, self._config), name="preparer", log_level=self._config.log_level)

    def _lost(self) -> StoreUnavailable:
        self._process.join()
        if not self._closed.is_set():
            log.error(
                "a process that decodes ended by itself, it is started again",
                extra={"exit_code": self._process.exitcode},
            )
            telemetry.count("assay_preparer_restarts_total")
            self._connection.close()
            # It takes seconds to start; the sender is told before that, and the next request waits for it.
            self._process, self._connection = self._spawned()
            self._ready = False
        return StoreUnavailable("The process that decoded this request ended; send it again.")


def _work(config: Config, connection: Connection) -> None:
    prepare = preparer_of(config)
    with suppress(EOFError, BrokenPipeError):
        connection.send(None)  # ready
        while True:
            request: Request = connection.recv()
            try:
                said: Prepared | AssayError = prepare(request)
            except AssayError as error:
                said = error
            connection.send((said, telemetry.take_changes()))
