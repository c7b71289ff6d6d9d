"""What checks cost beside decoding: CPU microseconds a span, one thread, no store.

    python -m tests.bench.checks [--requests 60] [--kinds mixed,conversation] [--profile]

Requests are those of the ingest benchmark (tests/bench/payload.py): every one has new ids, times and texts. Decoding and
checking take turns request by request, as in the receiver, and each is timed by the thread's own CPU clock; the figure is
the median of the requests after the first ten.
"""

import argparse
import cProfile
import os
import platform
import pstats
import statistics
import sys
import time

from assay.checks.engine import Checker
from assay.checks.rows import finding_columns
from assay.otlp.decode import Decoder
from assay.otlp.parse import parse
from tests.bench.payload import templates

WARM_REQUESTS = 10


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--kinds", default="mixed,conversation")
    parser.add_argument("--profile", action="store_true", help="also print where the time of the checks goes")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores · Python {platform.python_version()} · CPU µs a span")
    print("kind | requests | spans | decode | checks | checks / decode | findings per 1,000 spans")
    for kind in arguments.kinds.split(","):
        _measure(kind, arguments.requests, profile=arguments.profile)
    return 0


def _measure(kind: str, requests: int, *, profile: bool) -> None:
    pool = templates(kind, 4)
    decoder, checker = Decoder(), Checker()
    profiler = cProfile.Profile(time.thread_time) if profile else None
    decoding: list[float] = []
    checking: list[float] = []
    spans = findings = 0
    for number in range(requests + WARM_REQUESTS):
        data = pool[number % len(pool)].fresh(seed=number, latest_ns=time.time_ns())
        started = time.thread_time()
        batch = decoder.traces(parse("traces", data, encoding="protobuf").request, workspace="w").spans
        decoded = time.thread_time()
        if profiler and number >= WARM_REQUESTS:
            profiler.enable()
        texts = {key[2]: body.text for key, body in batch.bodies.items()}
        checked = checker.check(batch, texts.get)
        batch.columns["checks"] = checked.checks
        finding_columns(batch, checked)
        if profiler:
            profiler.disable()
        done = time.thread_time()
        if number >= WARM_REQUESTS:
            decoding.append((decoded - started) / batch.rows * 1e6)
            checking.append((done - decoded) / batch.rows * 1e6)
            spans += batch.rows
            findings += len(checked.findings)
    decode, check = statistics.median(decoding), statistics.median(checking)
    print(
        f"{kind} | {requests} | {spans} | {decode:.1f} | {check:.1f} | {check / decode:.2f} | {findings / spans * 1e3:.1f}",
        flush=True,
    )
    if profiler:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    sys.exit(main())
