"""When the pipe takes no more: what waits for the store is bounded, and so are parts and memory. And a large request is taken apart."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from assay.clock import SystemClock
from assay.config.model import Receiver
from assay.errors import BadPayload, QueueFull, StoreUnavailable
from assay.otlp.decode import Decoder
from assay.receiver.pipe import ALONE_ROWS, SHARE_BYTES, CommitPipe
from assay.receiver.prepare import Prepare, Prepared, Request, preparer
from assay.receiver.receipt import Receipt
from assay.store.store import Store
from tests.contract.receiver_kit import attribute, span, traces

PAYLOAD = traces(span(1)).SerializeToString()


def receipt(pipe: CommitPipe, payload: bytes) -> Receipt:
    return pipe.submit("traces", payload, encoding="protobuf", workspace="default").result(60)


def submit(pipe: CommitPipe) -> int:
    return receipt(pipe, PAYLOAD).accepted


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


def test_a_request_that_is_not_stored_whole_is_not_acknowledged(store: Store) -> None:
    """Raw attributes are inserted by another thread than texts and spans."""
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(), SystemClock())
    pipe.start()
    store.command("RENAME TABLE spans_raw TO away")
    try:
        with pytest.raises(StoreUnavailable, match="spans_raw"):
            receipt(pipe, traces(span(50)).SerializeToString())
    finally:
        store.command("RENAME TABLE away TO spans_raw")
    ids = {"id": span(50).span_id.hex()}
    assert store.rows("SELECT count() AS n FROM spans WHERE span_id = {id:String}", ids) == [{"n": 0}], (
        "spans come last"
    )
    assert submit(pipe) == 1
    assert pipe.close(10)


def test_many_rows_do_not_wait_where_nobody_else_is(store: Store) -> None:
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(linger_ms=3_600_000), SystemClock())
    pipe.start()
    many = traces(*(span(1_000 + number) for number in range(ALONE_ROWS)))
    assert receipt(pipe, many.SerializeToString()).accepted == ALONE_ROWS
    few = pipe.submit("traces", PAYLOAD, encoding="protobuf", workspace="default")
    assert pipe.close(10), "closing waits for nobody"
    assert few.result(0).accepted == 1


def test_closing_leaves_no_thread_that_could_open_the_store_again(store: Store) -> None:
    before = set(threading.enumerate())
    pipe = CommitPipe(store, [preparer(Decoder())], Receiver(), SystemClock())
    pipe.start()
    assert submit(pipe) == 1
    assert len(set(threading.enumerate()) - before) >= 3
    assert pipe.close(10)
    assert set(threading.enumerate()) <= before


LARGE = 6
"""Spans of a large request, which are half a share each."""


def large(first: int) -> bytes:
    """A request of three shares: beside its spans one without ids, and a record that is broken."""
    spans = [span(first + number) for number in range(LARGE)]
    for one in spans:
        one.attributes.append(attribute("input.value", "x" * (SHARE_BYTES // 2)))
    return traces(*spans, span(first, trace_id=b"")).SerializeToString() + b"\n\x02\xff\xff"


@pytest.fixture
def shared(store: Store) -> Iterator[tuple[CommitPipe, list[Request]]]:
    """A pipe with two ways to prepare, and what they were given."""
    given: list[Request] = []

    def noted(prepare: Prepare) -> Prepare:
        def noting(request: Request) -> Prepared:
            given.append(request)
            return prepare(request)

        return noting

    pipe = CommitPipe(store, [noted(preparer(Decoder())) for _ in range(2)], Receiver(linger_ms=0), SystemClock())
    pipe.start()
    yield pipe, given
    assert pipe.close(10)


def test_a_large_request_is_taken_apart_and_answered_as_one(
    store: Store, shared: tuple[CommitPipe, list[Request]]
) -> None:
    alone = CommitPipe(store, [preparer(Decoder())], Receiver(linger_ms=0), SystemClock())
    alone.start()
    expected = receipt(alone, large(100))
    assert alone.close(10)
    pipe, given = shared
    first = 200

    def in_two() -> bool:
        nonlocal first
        first += LARGE
        given.clear()
        answered = receipt(pipe, large(first))
        assert (answered.accepted, answered.rejected) == (LARGE, 2)
        assert sorted(answered.message.split()) == sorted(expected.message.split()), "each reason once, in any order"
        return sorted((one.share, one.shares) for one in given) == [(0, 2), (1, 2)]

    eventually(in_two, "the threads are never both idle")
    ids = [one.span_id.hex() for one in (span(first + number) for number in range(LARGE))]
    stored = store.rows("SELECT count() AS n FROM spans WHERE span_id IN {ids:Array(String)}", {"ids": ids})
    assert stored == [{"n": LARGE}]


def test_a_large_request_that_is_none_is_refused_once(shared: tuple[CommitPipe, list[Request]]) -> None:
    pipe, given = shared

    def in_two() -> bool:
        given.clear()
        with pytest.raises(BadPayload):
            receipt(pipe, b"\xff" * SHARE_BYTES * 2)
        return len(given) == 2

    eventually(in_two, "the threads are never both idle")
    assert receipt(pipe, PAYLOAD).accepted == 1, "both threads go on"


def test_small_requests_stay_whole(shared: tuple[CommitPipe, list[Request]]) -> None:
    pipe, given = shared
    for _ in range(20):
        assert submit(pipe) == 1
    assert {one.shares for one in given} == {1}
