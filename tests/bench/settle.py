"""What labelling of whole traces costs: realistic traces at a steady rate, the scorer on one core, and the time from settled to labelled.

    python -m tests.bench.settle [--seconds 60] [--spans-per-second 10000] [--traffic simulator] [--core 1] [--profile]

The traffic is that of the ingest benchmark (`mixed`, `conversation`, see tests/bench/payload.py) or that of the simulator (retrieval, agents with tools, extraction, chat with its history; faults in 4 of 100): its spans
are decoded once and stored again and again in a fresh embedded engine with new ids and times, twice a second, in a process on the
other cores that has the engine and its door. Rounds of settling run in this process as the scorer of `assay serve` runs them, through the door, with `--quiet`
seconds of quiet; all of its threads are held on `--core`. Receiving, decoding and span checks are not part of it.

Printed: CPU µs a span of this process (the thread that settles, and all) and of the one with the engine (its inserts, merges and what
rounds ask of it); for what share of the time rounds would be under way at that rate, waiting for the engine included; and how long after a trace
was settled (its last row is `--quiet` seconds old) its label was stored. Exits 1 where p99 is over 60 s, where the rate that was asked for was not
stored, or where rounds need more than all of the time.
"""

import argparse
import cProfile
import multiprocessing
import os
import platform
import pstats
import random
import sys
import tempfile
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from assay.app.process import collect_seldom
from assay.clock import SystemClock
from assay.config.model import DoorListener
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.otlp.parse import parse
from assay.scorer.settle import settle
from assay.scorer.traces import Texts
from assay.simulate.traffic import syllabus
from assay.spans.batch import SpanBatch
from assay.store.door.serve import open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.parcel import body_table, joined, span_table
from assay.store.store import Store, open_store
from assay.store.write import Writer
from tests.bench.payload import SPANS, templates

BAR_SECONDS = 60.0
KEPT_UP = 0.98
"""Share of the rate that has to be stored for it to count as sustained."""
EVERY_SECONDS = 5.0
TICK_SECONDS = 0.5
STORY_TRACES = 10_000
TOKEN = "a-token-of-this-benchmark"
MARKED = ("conversation_id", "response_id")


class Told(NamedTuple):
    """Some conversations of the traffic as they are stored."""

    spans: pa.Table
    bodies: pa.Table
    before_end_ns: pa.Array
    """Per span, how long before the last end of its conversation it began."""


class Stream:
    """The traffic, told again with new ids: everything but ids and times stays, as texts of one application do."""

    def __init__(self, seed: int, traffic: str) -> None:
        decoder = Decoder()
        now_ns = time.time_ns()
        if traffic == "simulator":
            stories = syllabus(seed=seed, each=8, clean=STORY_TRACES - 400, until_ns=now_ns)
            requests = (one.request.SerializeToString() for one in stories)
        else:
            pool = templates(traffic, 4)
            requests = (pool[n % 4].fresh(seed=n, latest_ns=now_ns) for n in range(STORY_TRACES * 7 // SPANS))
        conversations: list[list[SpanBatch]] = []
        last = ""
        for one in requests:
            batch = decoder.traces(parse("traces", one, encoding="protobuf").request, workspace="w").spans
            conversation = max(batch.columns["conversation_id"]) if traffic == "simulator" else ""
            if not conversation or conversation != last:
                conversations.append([])
            conversations[-1].append(batch)
            last = conversation
        random.Random(seed).shuffle(conversations)
        told = [_told(one, (now_ns // 86_400_000_000_000 - 4) // 7) for one in conversations]
        together = max(len(told) * SPANS // sum(len(one.spans) for one in told), 1)
        self.parts = [_together(told[at : at + together]) for at in range(0, len(told), together)]
        self.spans = sum(len(part.spans) for part in self.parts)
        self.traces = len({one for part in self.parts for one in part.spans["trace_id"].to_pylist()})
        self._place, self._round = 0, 0

    def take(self, spans: int, now_ns: int) -> tuple[pa.Table, pa.Table]:
        """About so many spans of conversations that end now, and their texts."""
        mark = f"{self._round:04x}"
        taken: list[Told] = []
        while spans > 0 and self._place < len(self.parts):
            taken.append(self.parts[self._place])
            spans -= len(taken[-1].spans)
            self._place += 1
        if self._place == len(self.parts):
            self._place, self._round = 0, self._round + 1
        table, bodies, before_end_ns = _together(taken)
        starts = pc.subtract(now_ns, before_end_ns)
        changed = {
            "trace_id": pc.utf8_replace_slice(table["trace_id"], 0, len(mark), mark),
            "start_time": starts.cast(table["start_time"].type),
            **{name: _marked(table[name], mark) for name in MARKED if name in table.column_names},
        }
        for name, column in changed.items():
            table = table.set_column(table.column_names.index(name), name, column)
        return table, bodies


def _told(conversation: list[SpanBatch], week: int) -> Told:
    starts = [start for batch in conversation for start in batch.columns["start_time"]]
    lengths = [length for batch in conversation for length in batch.columns["duration_ns"]]
    latest = max(map(sum, zip(starts, lengths, strict=True)))
    bodies = {(key[0], week, key[2]): body for batch in conversation for key, body in batch.bodies.items()}
    return Told(
        joined([span_table(batch) for batch in conversation]),
        body_table(bodies),
        pa.array([latest - start for start in starts], pa.int64()),
    )


def _together(told: list[Told]) -> Told:
    return Told(
        joined([one.spans for one in told]).combine_chunks(),
        pa.concat_tables([one.bodies for one in told]).combine_chunks(),
        pa.concat_arrays([one.before_end_ns for one in told]),
    )


def _marked(ids: pa.ChunkedArray, mark: str) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(ids, ""), "", pc.binary_join_element_wise(mark, ids, ""))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--spans-per-second", type=int, default=10_000)
    parser.add_argument("--traffic", choices=("simulator", "mixed", "conversation"), default="simulator")
    parser.add_argument("--quiet", type=float, default=10.0)
    parser.add_argument("--core", type=int, default=(os.cpu_count() or 1) - 1)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, arguments), daemon=True)
    process.start()
    os.sched_setaffinity(0, {arguments.core})
    collect_seldom()
    print(f"core {arguments.core} of {os.cpu_count()} · Python {platform.python_version()}", flush=True)
    print(ours.recv(), flush=True)
    with closing(open_store(StoreSettings(dsn=ours.recv()))) as store:
        ok = _measure(store, ours, arguments)
    ours.send("done")
    process.join()
    return 0 if ok else 1


def _serve(connection: Connection, arguments: argparse.Namespace) -> None:
    """The process with the engine and its door, which stores the traffic when it is told to."""
    others = set(range(os.cpu_count() or 1)) - {arguments.core}
    os.sched_setaffinity(0, others or {arguments.core})
    collect_seldom()
    stream = Stream(20261121, arguments.traffic)
    connection.send(
        f"{arguments.traffic}: {stream.traces:,} told traces, {stream.spans / stream.traces:.1f} spans each"
    )
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        settings = StoreSettings(dsn=f"chdb://{Path(folder) / 'db'}")
        engine = Engine(str(Path(folder) / "db"), settings.database)
        with closing(engine), closing(open_store(settings)) as store:
            migrate(store, settings)
            door = open_door(engine, DoorListener(port=0), write_token=TOKEN, clock=SystemClock())
            connection.send(f"http://assay:{TOKEN}@127.0.0.1:{door.port}/{settings.database}")
            connection.recv()
            connection.send(_feed(store, stream, arguments))
            connection.recv()
            door.stop()


class Fed(NamedTuple):
    """What was stored, in what time, and what it cost."""

    spans: int
    seconds: float
    cpu_seconds: float


def _feed(store: Store, stream: Stream, arguments: argparse.Namespace) -> Fed:
    begun, cpu, spans = time.monotonic(), time.process_time(), 0
    while (passed := time.monotonic() - begun) < arguments.seconds:
        due = int((passed + TICK_SECONDS) * arguments.spans_per_second) - spans
        if due > 0:
            table, bodies = stream.take(due, time.time_ns())
            store.insert("bodies", bodies)
            store.insert("spans", table)
            spans += len(table)
        time.sleep(TICK_SECONDS / 4)
    return Fed(spans, time.monotonic() - begun, time.process_time() - cpu)


def _measure(store: Store, feeder: Connection, arguments: argparse.Namespace) -> bool:
    writer, decoder, texts, clock = Writer(store, SystemClock()), Decoder(), Texts(), SystemClock()
    profiler = cProfile.Profile(time.thread_time) if arguments.profile else None
    busy, fed = 0.0, None
    own, process = time.thread_time(), time.process_time()
    feeder.send("begin")
    begun = time.monotonic()
    while True:
        started = time.monotonic()
        if profiler:
            profiler.enable()
        result = settle(store, writer, decoder, quiet_seconds=arguments.quiet, incomplete_seconds=60.0, texts=texts)
        if profiler:
            profiler.disable()
        took = time.monotonic() - started
        busy += took
        print(
            f"{time.monotonic() - begun:6.1f} s  round {took:5.2f} s  {result.labelled:6,} traces labelled  behind {result.behind_seconds:5.1f} s",
            flush=True,
        )
        if fed is None and feeder.poll():
            fed = feeder.recv()
        if fed and not result.traces and not result.labelled and result.behind_seconds <= 0:
            break
        if result.behind_seconds <= 0:
            clock.sleep(max(EVERY_SECONDS - took, 0.5))
    own, process = time.thread_time() - own, time.process_time() - process
    (late,) = store.rows(
        "SELECT count() AS traces, quantiles(0.5, 0.95, 0.99, 1)(late) AS q FROM (SELECT dateDiff('ms', fromUnixTimestamp64Milli(toInt64(version)), "
        "inserted_at) / 1000 - {quiet:Float64} AS late FROM trace_labels FINAL)",
        {"quiet": arguments.quiet},
    )
    q = [float(one) for one in late["q"]]
    stored = int(store.rows("SELECT count() AS n FROM spans FINAL")[0]["n"])
    rate = fed.spans / fed.seconds
    print(f"{fed.spans:,} spans of {late['traces']:,} labelled traces in {fed.seconds:.0f} s; {stored:,} stored")
    print(
        f"scorer, on one core: {process * 1e6 / fed.spans:.0f} µs of CPU a span, {own * 1e6 / fed.spans:.0f} of them in the thread that settles; "
        f"the engine's process, while it stored: {fed.cpu_seconds * 1e6 / fed.spans:.0f}"
    )
    print(f"settled to labelled: p50 {q[0]:.1f} s, p95 {q[1]:.1f} s, p99 {q[2]:.1f} s, max {q[3]:.1f} s")
    if profiler:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    share = busy * arguments.spans_per_second / fed.spans
    print(
        f"{rate:,.0f} of {arguments.spans_per_second:,} spans/s were stored beside the rounds, which that rate keeps busy for {share:.0%} of the time"
    )
    ok = q[2] <= BAR_SECONDS and rate >= KEPT_UP * arguments.spans_per_second and share <= 1
    print("ok" if ok else "MISSED")
    return ok


if __name__ == "__main__":
    sys.exit(main())
