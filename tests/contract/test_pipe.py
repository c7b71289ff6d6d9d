"""When the pipe takes no more: what waits for the store is bounded, and so are parts and memory."""

import time
from collections.abc import Callable

import pytest

from assay.clock import SystemClock
from assay.config.model import Receiver
from assay.errors import QueueFull
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.store.store import Store
from tests.contract.receiver_kit import span, traces

PAYLOAD = traces(span(1)).SerializeToString()


def submit(pipe: CommitPipe) -> int:
    return pipe.submit("traces", PAYLOAD, encoding="protobuf", workspace="default").result(60).accepted


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_what_does_not_fit_beside_what_waits_is_not_taken(store: Store) -> None:
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(queue_limit_bytes=len(PAYLOAD) * 2 - 1), SystemClock())
    first = pipe.submit("traces", PAYLOAD, encoding="protobuf", workspace="default")
    with pytest.raises(QueueFull, match="wait for the store"):
        submit(pipe)
    pipe.start()
    assert first.result(60).accepted == 1
    assert submit(pipe) == 1, "the bytes of what was answered are free"
    assert pipe.close(10)


def test_a_request_alone_is_taken_whatever_the_limit(store: Store) -> None:
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(queue_limit_bytes=1), SystemClock())
    pipe.start()
    assert submit(pipe) == 1
    assert pipe.close(10)


def test_with_too_many_parts_nothing_is_taken_until_merges_have_caught_up(store: Store) -> None:
    limit = store.health().max_parts
    store.command("SYSTEM STOP MERGES progress")
    for _ in range(limit + 1):
        store.command("INSERT INTO progress (name) VALUES ('many parts')")
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(max_parts=limit), SystemClock())
    pipe.start()
    eventually(lambda: "parts" in pipe.why_not_ready, "too many parts are not noticed")
    with pytest.raises(QueueFull, match="parts"):
        submit(pipe)
    store.command("SYSTEM START MERGES progress")
    store.command("OPTIMIZE TABLE progress FINAL")
    eventually(lambda: not pipe.why_not_ready, "it is not noticed that merges have caught up")
    assert submit(pipe) == 1
    assert pipe.close(10)


def test_with_too_much_memory_nothing_is_taken(store: Store) -> None:
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(max_memory_bytes=1), SystemClock())
    pipe.start()
    eventually(lambda: "bytes" in pipe.why_not_ready, "too much memory is not noticed")
    with pytest.raises(QueueFull, match="The process uses"):
        submit(pipe)
    assert pipe.close(10)
