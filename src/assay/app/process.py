"""A process of our own at the other end of a pipe: its log lines go where ours go, and its metrics are ours to publish."""

import gc
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from assay import telemetry


def settle_in(log_level: str) -> None:
    """What every long-running process of ours begins with."""
    telemetry.setup_logging(log_level)
    collect_seldom()


def collect_seldom() -> None:
    """Looks for cycles after half a million new containers: decoding and settling make them by the million and no cycles. A slice of
    traces that is looked at has some hundred thousand, and would be gone through again and again."""
    gc.set_threshold(500_000, 20, 20)


def spawn(work: Callable[[Connection], None], *, name: str, log_level: str) -> tuple[SpawnProcess, Connection]:
    """Run `work`, which is pickled, with its end of a pipe; the other end is returned. The pipe ends when either process does.

    Changes of its metrics are kept for `telemetry.take_changes`. Ctrl-C does not reach it.
    """
    # A fork would copy the engine and gRPC in the middle of what their threads do.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_begin, args=(work, theirs, log_level), name=name, daemon=True)
    # A terminal sends Ctrl-C to all; this one ends when we say so. It inherits the mask, which starting the tracker would lift.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    theirs.close()
    return process, ours


def _begin(work: Callable[[Connection], None], connection: Connection, log_level: str) -> None:
    settle_in(log_level)
    telemetry.relay()
    work(connection)
