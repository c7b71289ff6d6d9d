"""What labelling of whole traces costs: realistic traces at a steady rate on one core, and the time from settled to labelled.

    python -m tests.bench.settle [--seconds 60] [--spans-per-second 10000] [--traffic simulator] [--core 1] [--profile]

The traffic is that of the ingest benchmark (`mixed`, `conversation`, see tests/bench/payload.py) or that of the simulator (retrieval, agents with tools, extraction, chat with its history; faults in 4 of 100): its spans
are decoded once and stored again and again in a fresh embedded engine with new ids and times, twice a second, by one
thread; rounds of settling run on another one as `assay serve` runs them, with `--quiet` seconds of quiet. Threads of
Python and of the engine are held on one core. Receiving, decoding and span checks are not part of it.

Printed: CPU µs a span of the rounds (the thread's own, and with the engine's share: the process' CPU time less that of the
inserts alone, measured first), and how long after a trace was settled (its last row is `--quiet` seconds old) its label was
stored. Exits 1 where p99 is over 60 s, or where the core did not store the rate that was asked for.
"""

import argparse
import cProfile
import gc
import os
import platform
import pstats
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from assay.clock import SystemClock
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.otlp.parse import parse
from assay.scorer.settle import settle
from assay.scorer.traces import Texts
from assay.simulate.traffic import syllabus
from assay.spans.batch import SpanBatch
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


class Stream:
    """Batches of the traffic, told again with new ids: everything but ids and times stays, as texts of one application do."""

    def __init__(self, seed: int, traffic: str) -> None:
        decoder = Decoder()
        now_ns = time.time_ns()
        if traffic == "simulator":
            told = syllabus(seed=seed, each=8, clean=STORY_TRACES - 400, until_ns=now_ns)
            requests = (one.request.SerializeToString() for one in told)
        else:
            pool = templates(traffic, 4)
            requests = (pool[n % 4].fresh(seed=n, latest_ns=now_ns) for n in range(STORY_TRACES * 7 // SPANS))
        self.parts = [
            decoder.traces(parse("traces", one, encoding="protobuf").request, workspace="w").spans for one in requests
        ]
        random.Random(seed).shuffle(self.parts)
        self._place, self._round = 0, 0

    def take(self, spans: int, now_ns: int) -> list[SpanBatch]:
        """About so many spans that end now."""
        taken: list[SpanBatch] = []
        while spans > 0:
            if self._place == len(self.parts):
                self._place, self._round = 0, self._round + 1
            batch = self.parts[self._place]
            self._place += 1
            spans -= batch.rows
            taken.append(self._again(batch, now_ns))
        return taken

    def _again(self, batch: SpanBatch, now_ns: int) -> SpanBatch:
        columns = dict(batch.columns)
        mark = f"{self._round:04x}"
        columns["trace_id"] = [mark + one[4:] for one in columns["trace_id"]]
        for name in ("conversation_id", "response_id"):
            columns[name] = [one and mark + one for one in columns[name]]
        ends = [start + length for start, length in zip(columns["start_time"], columns["duration_ns"], strict=True)]
        shift = now_ns - max(ends)
        columns["start_time"] = [start + shift for start in columns["start_time"]]
        week = (now_ns // 86_400_000_000_000 - 4) // 7
        bodies = {(key[0], week, key[2]): body for key, body in batch.bodies.items()}
        return SpanBatch(batch.rows, columns, batch.raw, bodies)


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
    os.sched_setaffinity(0, {arguments.core})
    gc.set_threshold(50_000, 20, 20)  # as `assay serve` does
    print(f"core {arguments.core} of {os.cpu_count()} · Python {platform.python_version()}", flush=True)
    stream = Stream(20261121, arguments.traffic)
    spans = sum(part.rows for part in stream.parts)
    traces = len({one for part in stream.parts for one in part.columns["trace_id"]})
    print(f"{arguments.traffic}: {traces:,} told traces, {spans / traces:.1f} spans each", flush=True)
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        settings = StoreSettings(dsn=f"chdb://{Path(folder) / 'db'}")
        with closing(open_store(settings)) as store:
            migrate(store, settings)
            return _measure(store, stream, arguments)


def _measure(store: Store, stream: Stream, arguments: argparse.Namespace) -> int:
    writer, decoder, texts, clock = Writer(store, SystemClock()), Decoder(), Texts(), SystemClock()
    done = threading.Event()
    sent: list[tuple[float, int]] = []

    def insert() -> None:
        begun, spans = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < arguments.seconds:
            due = int((passed + TICK_SECONDS) * arguments.spans_per_second) - spans
            if due > 0:
                batches = stream.take(due, time.time_ns())
                spans += sum(batch.rows for batch in batches)
                _store(store, batches)
                sent.append((time.thread_time(), spans))
            time.sleep(TICK_SECONDS / 4)
        done.set()

    thread = threading.Thread(target=insert)
    profiler = cProfile.Profile(time.thread_time) if arguments.profile else None
    process, rounds, labelled, behind = time.process_time(), [], 0, 0.0
    own = time.thread_time()
    thread.start()
    begun = time.monotonic()
    while True:
        started, before = time.monotonic(), time.process_time()
        if profiler:
            profiler.enable()
        result = settle(store, writer, decoder, quiet_seconds=arguments.quiet, incomplete_seconds=60.0, texts=texts)
        if profiler:
            profiler.disable()
        took = time.monotonic() - started
        labelled += result.labelled
        behind = max(behind, result.behind_seconds)
        rounds.append((took, result.labelled, time.process_time() - before))
        print(
            f"{time.monotonic() - begun:6.1f} s  round {took:5.2f} s  {result.labelled:6,} traces labelled  behind {result.behind_seconds:5.1f} s",
            flush=True,
        )
        if done.is_set() and not result.traces and not result.labelled and result.behind_seconds <= 0:
            break
        if result.behind_seconds <= 0:
            clock.sleep(max(EVERY_SECONDS - took, 0.5))
    own, process = time.thread_time() - own, time.process_time() - process
    thread.join()
    spans = sent[-1][1]
    seconds = sent[-1][0]
    (late,) = store.rows(
        "SELECT count() AS traces, quantiles(0.5, 0.95, 0.99, 1)(late) AS q FROM (SELECT dateDiff('ms', fromUnixTimestamp64Milli(toInt64(version)), "
        "inserted_at) / 1000 - {quiet:Float64} AS late FROM trace_labels FINAL)",
        {"quiet": arguments.quiet},
    )
    q = [float(one) for one in late["q"]]
    stored = int(store.rows("SELECT count() AS n FROM spans FINAL")[0]["n"])
    print(f"{spans:,} spans of {late['traces']:,} labelled traces in {arguments.seconds} s; {stored:,} stored")
    print(
        f"rounds: {own * 1e6 / spans:.0f} µs a span in Python's thread; the inserting thread {seconds * 1e6 / spans:.0f}; "
        f"the whole process {process * 1e6 / spans:.0f} (inserts, merges and rounds)"
    )
    print(
        f"settled to labelled: p50 {q[0]:.1f} s, p95 {q[1]:.1f} s, p99 {q[2]:.1f} s, max {q[3]:.1f} s; behind at most {behind:.1f} s"
    )
    if profiler:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    kept_up = spans >= KEPT_UP * arguments.spans_per_second * arguments.seconds
    print(f"{spans / arguments.seconds:,.0f} of {arguments.spans_per_second:,} spans/s were stored beside the rounds")
    ok = q[2] <= BAR_SECONDS and kept_up
    print("ok" if ok else "MISSED")
    return 0 if ok else 1


def _store(store: Store, batches: Sequence[SpanBatch]) -> None:
    texts = {key: body for batch in batches for key, body in batch.bodies.items()}
    store.insert("bodies", body_table(texts))
    store.insert("spans", joined([span_table(batch) for batch in batches]))


if __name__ == "__main__":
    sys.exit(main())
