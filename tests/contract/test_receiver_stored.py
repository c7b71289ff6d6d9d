"""The same three ways to send, in front of the real pipe and a real embedded store: acknowledged means queryable."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assay.clock import ManualClock, SystemClock
from assay.config.model import GrpcListener, HttpListener, Receiver, Workspace
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.serve import Transports, open_transports
from assay.store.store import Store
from tests.contract.receiver_kit import Client, attribute, log_record, logs, span, traces
from tests.contract.test_receiver import encoded, wrapped_deeper

RECEIVER = Receiver(
    grpc=GrpcListener(port=0), http=HttpListener(port=0), max_request_bytes=4 * 1024 * 1024, linger_ms=5
)


@pytest.fixture(scope="module")
def receiver(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transports]:
    folder = tmp_path_factory.mktemp("tokens")
    workspaces = {}
    for name in ("blue", "red"):
        (folder / name).write_text(f"{name}-token\n")
        workspaces[name] = Workspace(token_files=(str(folder / name),))
    pipe = CommitPipe(store, [preparer(Decoder())], RECEIVER, SystemClock())
    pipe.start()
    transports = open_transports(pipe, RECEIVER, workspaces, clock=ManualClock(), ready=lambda: "")
    yield transports
    assert transports.drain(10)
    assert pipe.close(10)


_numbers = iter(range(1_000, 10**9, 1_000))
_lock = threading.Lock()


@pytest.fixture
def base() -> int:
    """Span numbers from here on belong to this test alone."""
    with _lock:
        return next(_numbers)


@pytest.fixture
def sender(transport: str, receiver: Transports, connect: Callable[..., Client]) -> Client:
    return connect(transport, receiver)


BLUE = "Bearer blue-token"


def stored(store: Store, base: int, workspace: str = "blue") -> list[dict[str, Any]]:
    """Rows of this test's spans, by number."""
    ids = [span(base + offset).trace_id.hex() for offset in range(1_000)]
    return store.rows(
        "SELECT * FROM spans_live WHERE workspace = {w:String} AND has({ids:Array(String)}, trace_id) ORDER BY trace_id",
        {"w": workspace, "ids": ids},
    )


def test_what_is_acknowledged_can_be_queried(sender: Client, store: Store, base: int) -> None:
    sent = span(base, kind=Span.SPAN_KIND_CLIENT, parent_span_id=b"\x01" * 8)
    assert sender.send(traces(sent), authorization=BLUE).outcome == "ok"
    (row,) = stored(store, base)
    assert (row["trace_id"], row["span_id"], row["parent_span_id"]) == (sent.trace_id.hex(), sent.span_id.hex(), "01" * 8)  # fmt: skip
    assert (row["name"], row["kind"], row["service"], row["operation"]) == (sent.name, "client", "answers", "chat")
    assert row["duration_ns"] == 1_500_000_000


def test_a_retry_changes_no_row(sender: Client, store: Store, base: int) -> None:
    request = traces(*(span(base + number) for number in range(5)))
    for _ in range(3):
        assert sender.send(request, authorization=BLUE).outcome == "ok"
    sender.send(traces(span(base + 2), span(base + 5)), authorization=BLUE)
    assert [row["name"] for row in stored(store, base)] == [f"chat {base + number}" for number in range(6)]


def test_a_span_without_usable_ids_is_rejected_alone(sender: Client, store: Store, base: int) -> None:
    sick = [span(base + 1, trace_id=b""), span(base + 2, span_id=b"\x01" * 7)]
    reply = sender.send(traces(span(base), *sick, span(base + 3)), authorization=BLUE)
    assert (reply.outcome, reply.rejected) == ("ok", 2)
    assert reply.message
    assert [row["name"] for row in stored(store, base)] == [f"chat {base}", f"chat {base + 3}"]


def test_a_span_that_cannot_be_read_is_rejected_alone(sender: Client, store: Store, base: int) -> None:
    if sender.encoding == "json":
        payload = encoded(sender, traces(span(base), span(2, name="NOT A STRING"), span(base + 1)))
        payload = payload.replace(b'"NOT A STRING"', b"[]")
    else:
        payload = wrapped_deeper(span(base), 400, span(base + 1))
    reply = sender.send(payload, signal="traces", authorization=BLUE)
    assert (reply.outcome, reply.rejected) == ("ok", 1)
    assert len(stored(store, base)) == 2


def test_text_that_is_not_utf8_is_stored_repaired_and_said(sender: Client, store: Store, base: int) -> None:
    payload = encoded(sender, traces(span(base, name="SPOILED"))).replace(b"SPOILED", b"SP\xffILED")
    reply = sender.send(payload, signal="traces", authorization=BLUE)
    assert (reply.outcome, reply.rejected, reply.partial) == ("ok", 0, True)
    assert [row["name"] for row in stored(store, base)] == ["SP\ufffdILED"]


def test_a_wild_clock_costs_no_neighbour(sender: Client, store: Store, base: int) -> None:
    wild = [span(base + 1, start_time_unix_nano=0), span(base + 2, start_time_unix_nano=2**64 - 1)]
    assert sender.send(traces(span(base), *wild), authorization=BLUE).outcome == "ok"
    rows = stored(store, base)
    assert [bool(row["clock_flags"]) for row in rows] == [False, True, True]


def test_workspaces_do_not_see_each_other(sender: Client, store: Store, base: int) -> None:
    for name, token in (("of blue", BLUE), ("of red", "Bearer red-token")):
        sender.send(traces(span(base, name=name)), authorization=token)
    assert [row["name"] for row in stored(store, base, "blue")] == ["of blue"]
    assert [row["name"] for row in stored(store, base, "red")] == ["of red"]


def test_log_records_are_stored(sender: Client, store: Store, base: int) -> None:
    sent = log_record(base)
    assert sender.send(logs(sent), authorization=BLUE).outcome == "ok"
    found = store.rows("SELECT event_name FROM log_events WHERE trace_id = {t:String}", {"t": sent.trace_id.hex()})
    assert [row["event_name"] for row in found] == ["gen_ai.choice"]


def test_noise_and_oversize_are_refused_and_nothing_is_stored(sender: Client, store: Store, base: int) -> None:
    big = span(base, attributes=[attribute("text", "x" * 5 * 1024 * 1024)])
    assert sender.send(traces(big), authorization=BLUE).outcome == "too_large"
    assert sender.send(b"\xff\xff\xff", signal="traces", authorization=BLUE).outcome == "bad"
    assert stored(store, base) == []


def test_an_empty_request_is_answered(sender: Client) -> None:
    assert sender.send(traces(), authorization=BLUE).outcome == "ok"
    assert sender.send(logs(), authorization=BLUE).outcome == "ok"


def test_many_senders_at_once_lose_nothing(sender: Client, store: Store, base: int) -> None:
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda number: sender.send(traces(span(base + number)), authorization=BLUE), range(100)))  # fmt: skip
    assert {reply.outcome for reply in replies} == {"ok"}
    assert len(stored(store, base)) == 100


def test_a_store_that_goes_away_and_comes_back(transport: str, connect: Callable[..., Client], tmp_path: Path, store: Store, base: int) -> None:  # fmt: skip
    """The table is renamed away, so that real commits really fail; nothing is acknowledged meanwhile."""
    pipe = CommitPipe(store, [preparer(Decoder())], RECEIVER, SystemClock())
    pipe.start()
    transports = open_transports(pipe, RECEIVER, {"blue": Workspace()}, clock=ManualClock(), ready=lambda: "")
    try:
        client = connect(transport, transports)
        store.command("RENAME TABLE spans TO spans_away")
        try:
            reply = client.send(traces(span(base)))
        finally:
            store.command("RENAME TABLE spans_away TO spans")
        assert reply.outcome == "retry"
        assert reply.retry_after_ms
        assert stored(store, base, "default") == []
        assert client.send(traces(span(base))).outcome == "ok"
        assert len(stored(store, base, "default")) == 1
    finally:
        transports.drain(5)
        pipe.close(5)
