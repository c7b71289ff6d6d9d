"""What questions cost on a day of spans, and how many bytes a span takes on disk.

    python -m tests.bench.query [--spans 10000000] [--runs 15] [--json FILE]

Seeds model calls of the last 24 hours (8 models x 20 prompt versions x 200 tenants, tests/bench/seed.sql) into an embedded
store, builds the rollups with the code that the server uses, starts `assay serve` on that folder, and asks through the
door, as Grafana would: first quiet, then while 2,000 spans/s arrive over OTLP/gRPC.

    percentiles   p50/p95/p99 of duration by model x prompt version x tenant over the day, 32,000 groups
    trace         every span of one trace by its id

The rank error of a percentile is how far the wanted rank lies outside the ranks that the answer covers among the very
spans of its group: max(0, F(x-) - q, q - F(x)), over all groups with at least 100 spans, in percentage points.

Then bytes on disk a span after merges, all tables but rollups, for the two kinds of traffic of tests/bench/payload.py.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.clock import SystemClock
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.scorer.rollup import roll
from assay.store.migrate import migrate
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer
from tests.bench.ingest import Server
from tests.bench.payload import SPANS, templates

SEED = Path(__file__).with_name("seed.sql").read_text().split("\n", 1)[1]
SEED_STEP = 1_000_000
GROUPS = "model, prompt_version, cohort_value"

PERCENTILES = f"""
SELECT {GROUPS}, sum(r.spans) AS n,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS ms
FROM rollup_between(since = now() - INTERVAL 24 HOUR, until = now()) AS r
WHERE workspace = 'default' AND cohort_key = 'tenant'
GROUP BY {GROUPS}
"""

# Half a bin of slack: a bin stands for all durations that round to it.
RANK_ERRORS = f"""
WITH answers AS
(
    SELECT {GROUPS}, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins) AS bins
    FROM rollup_between(since = {{from:DateTime}}, until = {{to:DateTime}})
    WHERE workspace = 'default' AND cohort_key = 'tenant'
    GROUP BY {GROUPS}
),
exact AS
(
    SELECT
        model, prompt_version, cohort['tenant'] AS cohort_value,
        round(2500 * log1p(duration_ns / 1000)) AS bin
    FROM spans_live
    WHERE workspace = 'default' AND start_time >= {{from:DateTime}} AND start_time < {{to:DateTime}}
)
SELECT max(arrayMax(errors)) * 100 AS worst, avg(arrayAvg(errors)) * 100 AS mean, count() AS groups
FROM
(
    SELECT
        arrayMap((x, q) -> greatest(0, x.1 - q, q - x.2),
            [(countIf(bin < bins[1]) / count(), countIf(bin <= bins[1]) / count()),
             (countIf(bin < bins[2]) / count(), countIf(bin <= bins[2]) / count()),
             (countIf(bin < bins[3]) / count(), countIf(bin <= bins[3]) / count())],
            [0.5, 0.95, 0.99]) AS errors
    FROM exact INNER JOIN answers USING ({GROUPS})
    GROUP BY {GROUPS}
    HAVING count() >= 100
)
"""


def main() -> int:
    """Seed, measure, print."""
    arguments = _arguments()
    print(
        f"{platform.node()} · Python {platform.python_version()} · {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())} · {arguments.spans:,} spans"
    )
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        # Seeded in a process of its own: one process an engine folder.
        subprocess.run(
            [sys.executable, "-m", "tests.bench.query", "--seed", f"{folder}/db", "--spans", str(arguments.spans)],
            check=True,
        )
        server = Server(Path(folder))
        try:
            client = clickhouse_connect.get_client(host="127.0.0.1", port=server.door, database="assay")
            result["quiet"] = _measure(client, server, arguments.runs)
            result["rank_error"] = _rank_error(client)
            print(
                "rank error, percentage points: worst {worst:.3f}, mean {mean:.4f} over {groups:,} groups".format(
                    **result["rank_error"]
                )
            )  # type: ignore[arg-type]
            sender = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.ingest", "--load", "steady", "--port", str(server.grpc), "--kinds", "mixed",
                 "--seconds", str(arguments.load_seconds)], stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            time.sleep(arguments.load_seconds * 0.4)
            result["loaded"] = _measure(client, server, arguments.runs)
            sender.communicate()
            client.close()
        finally:
            server.stop()
    for kind in ("conversation", "mixed"):
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
            said = subprocess.run(
                [sys.executable, "-m", "tests.bench.query", "--size", kind, "--seed", f"{folder}/db"],
                check=True,
                capture_output=True,
                text=True,
            )
            result[f"size_{kind}"] = json.loads(said.stdout)
            print("{kind}: {raw:.0f} B a span raw, {disk:.0f} B on disk".format(**result[f"size_{kind}"]))  # type: ignore[arg-type]
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1, default=str))
    return _verdict(result)


def _measure(client: Client, server: Server, runs: int) -> dict[str, float]:
    trace = client.query(
        "SELECT trace_id FROM spans_live WHERE start_time < now() - INTERVAL 6 HOUR LIMIT 1"
    ).result_rows[0][0]
    questions = {
        "percentiles": PERCENTILES,
        "trace": f"SELECT * FROM spans_live WHERE workspace = 'default' AND trace_id = '{trace}'",
    }
    measured: dict[str, float] = {}
    for name, sql in questions.items():
        times = []
        for _ in range(runs + 2):
            began = time.monotonic()
            size = _bytes(client, sql)
            times.append((time.monotonic() - began) * 1e3)
        times = times[2:]
        measured |= {f"{name}_ms": statistics.median(times), f"{name}_max_ms": max(times), f"{name}_bytes": size}
        print(
            f"{name}: median {statistics.median(times):.0f} ms, {min(times):.0f} to {max(times):.0f} ms over {runs} runs, {size:,} bytes",
            flush=True,
        )
    measured["rss_mb"] = server.rss_mb()
    print(f"server memory: {measured['rss_mb']:,.0f} MB")
    return measured


def _bytes(client: Client, sql: str) -> int:
    """Asks for the answer in Native, as clients take it; its size. What a client makes of the bytes is its own."""
    return len(client.raw_query(sql, fmt="Native"))


def _rank_error(client: Client) -> dict[str, float]:
    window = client.query("SELECT toStartOfHour(now() - INTERVAL 23 HOUR) AS a, toStartOfHour(now()) AS b").result_rows[
        0
    ]
    row = client.query(RANK_ERRORS, parameters={"from": window[0], "to": window[1]}).first_row
    return {"worst": float(row[0]), "mean": float(row[1]), "groups": int(row[2])}


def _seed(folder: str, spans: int) -> None:
    store = open_store(StoreSettings(dsn=f"chdb://{folder}"))
    migrate(store, store.settings)
    until = SystemClock().now_ns()
    for first in range(0, spans, SEED_STEP):
        store.command(
            SEED,
            {"until": until, "total": spans, "first": first, "count": min(SEED_STEP, spans - first)},
            settings={"async_insert": 0},
        )
        print(f"\rseeding {min(first + SEED_STEP, spans):,} of {spans:,} spans", end="", file=sys.stderr, flush=True)
    # The day's spans arrived as they started and were settled then; only the rollups are built here.
    store.insert(
        "progress",
        pa.table(
            {
                "name": ["settle"],
                "watermark": pa.array([datetime.fromtimestamp(until / 1e9, UTC)], pa.timestamp("ms", tz="UTC")),
            }
        ),
    )
    began = time.process_time()
    roll(store, lag_seconds=10)
    print(f"\nrollups of the day built in {time.process_time() - began:.1f} CPU seconds", flush=True)
    store.close()


def _size(folder: str, kind: str) -> None:
    store = open_store(StoreSettings(dsn=f"chdb://{folder}"))
    migrate(store, store.settings)
    writer, decoder = Writer(store, SystemClock()), Decoder()
    pool, now, raw = templates(kind, 4), SystemClock().now_ns(), 0
    requests = 120
    for number in range(0, requests, 20):
        group = []
        for at in range(number, number + 20):
            data = pool[at % 4].fresh(seed=at, latest_ns=now - (requests - at) * 10**8)
            raw += len(data)
            request = ExportTraceServiceRequest.FromString(data)
            group.append(parcel_of(decoder.traces(request, workspace="default")))
        writer.write(group)
    for table in ("spans", "spans_raw", "bodies"):
        store.command(f"OPTIMIZE TABLE {table} FINAL")
    row = store.rows(
        "SELECT sum(bytes_on_disk) AS disk FROM system.parts WHERE active AND database = currentDatabase() AND table != 'rollups'"
    )[0]
    print(json.dumps({"kind": kind, "raw": raw / requests / SPANS, "disk": int(row["disk"]) / requests / SPANS}))
    store.close()


def _verdict(result: dict[str, object]) -> int:
    quiet, loaded, error = result["quiet"], result["loaded"], result["rank_error"]
    assert isinstance(quiet, dict)
    assert isinstance(loaded, dict)
    assert isinstance(error, dict)
    checks = {
        "percentiles <= 300 ms": quiet["percentiles_ms"] <= 300,
        "percentiles <= 300 ms while 2,000 spans/s arrive": loaded["percentiles_ms"] <= 300,
        "rank error <= 0.5 percentage points": error["worst"] <= 0.5,
        "one trace by id <= 100 ms": max(quiet["trace_ms"], loaded["trace_ms"]) <= 100,
        "inside 4 GiB": max(quiet["rss_mb"], loaded["rss_mb"]) <= 4_295,
        "conversation <= 700 B a span": result["size_conversation"]["disk"] <= 700,  # type: ignore[index]
        "mixed <= 600 B a span": result["size_mixed"]["disk"] <= 600,  # type: ignore[index]
    }
    for name, held in checks.items():
        print(f"{'ok  ' if held else 'FAIL'} {name}")
    print("PASS" if all(checks.values()) else "FAIL")
    return 0 if all(checks.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=10_000_000, help="spans of the day (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=15, help="runs of each question (default: %(default)s)")
    parser.add_argument(
        "--load-seconds", type=float, default=150, help="how long 2,000 spans/s arrive (default: %(default)s)"
    )
    parser.add_argument("--json", default="", help="also write the figures to this file")
    parser.add_argument("--seed", default="", help=argparse.SUPPRESS)
    parser.add_argument("--size", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _arguments()
    if chosen.size:
        _size(chosen.seed, chosen.size)
    elif chosen.seed:
        _seed(chosen.seed, chosen.spans)
    else:
        sys.exit(main())
