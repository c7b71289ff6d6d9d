"""What the dashboards cost: every panel, variable and alert on a day of spans, through the door as Grafana asks.

    python -m tests.bench.panels [--spans 10000000] [--runs 3] [--hours 24] [--json FILE]

Seeds as tests/bench/query.py does (model calls of the last 24 hours, five spans a trace), with a finding on every fiftieth span, starts `assay serve` on that folder, and asks
for each statement in Native with the time range of the day and nothing narrowed: the dearest that a person can ask for at once.
Passes when the median of every statement is within a second. Traffic of that seed has no tools, retrievals or texts, so statements over
those read the same columns of the same spans and find nothing.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect

from assay.config.model import Store as StoreSettings
from assay.dashboards.alerts import ALERTS
from assay.dashboards.boards import DASHBOARDS
from assay.dashboards.panel import statement
from assay.store.store import open_store
from tests.bench.ingest import Server
from tests.deploy.plugin import ALL, Range, Value, expand

BAR_MS = 1_000
FINDINGS = Path(__file__).with_name("seed_findings.sql").read_text().split("\n", 1)[1]


def main() -> int:
    """Seed, ask, print; 0 where every statement is within the bar."""
    arguments = _arguments()
    print(
        f"{platform.node()} · Python {platform.python_version()} · {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())} · {arguments.spans:,} spans"
    )
    measured: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        # Seeded in a process of its own: one process an engine folder.
        seed = [sys.executable, "-m", "tests.bench.query", "--seed", f"{folder}/db", "--spans", str(arguments.spans)]
        subprocess.run(seed, check=True)
        subprocess.run([sys.executable, "-m", "tests.bench.panels", "--label", f"{folder}/db"], check=True)
        server = Server(Path(folder))
        try:
            client = clickhouse_connect.get_client(host="127.0.0.1", port=server.door, database="assay")
            now = datetime.now(UTC)
            window = Range(now - timedelta(hours=arguments.hours), now, max(300, arguments.hours * 3_600 / 300))
            trace = client.query(
                "SELECT trace_id FROM spans_live WHERE start_time < now() - INTERVAL 6 HOUR LIMIT 1"
            ).first_row[0]
            chosen = _chosen(str(trace))
            for source in sources():
                sql = expand(statement(source).text, window, chosen)
                times = []
                for _ in range(arguments.runs):
                    began = time.monotonic()
                    size = len(client.raw_query(sql, fmt="Native"))
                    times.append((time.monotonic() - began) * 1e3)
                measured[source] = statistics.median(times)
                late = "  <-- over the bar" if measured[source] > BAR_MS else ""
                print(
                    f"{measured[source]:8.0f} ms  {min(times):6.0f} to {max(times):6.0f}  {size:9,} B  {source}{late}",
                    flush=True,
                )
            print(f"server memory: {server.rss_mb():,.0f} MB")
            client.close()
        finally:
            server.stop()
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(measured, indent=1))
    slow = [source for source, milliseconds in measured.items() if milliseconds > BAR_MS]
    print(f"{len(measured)} statements, {len(slow)} over {BAR_MS:,} ms, slowest {max(measured.values()):,.0f} ms")
    print("FAIL" if slow else "PASS")
    return int(bool(slow))


def _label(folder: str) -> None:
    store = open_store(StoreSettings(dsn=f"chdb://{folder}"))
    store.command(FINDINGS, settings={"async_insert": 0})
    store.close()


def sources() -> list[str]:
    """Every statement that a dashboard or an alert asks, once."""
    found = {panel.source for board in DASHBOARDS for panel in board.panels}
    found |= {variable.source for board in DASHBOARDS for variable in board.variables if variable.source}
    found |= {alert.source for alert in ALERTS}
    return sorted(one for one in found if isinstance(one, str))


def _chosen(trace: str) -> dict[str, Value]:
    names = {variable.name for board in DASHBOARDS for variable in board.variables}
    return {
        **dict.fromkeys(names, ALL),
        "workspace": "default",
        "cohort_key": "everything",
        "words": "",
        "trace": trace,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=10_000_000, help="spans of the day (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each statement (default: %(default)s)")
    parser.add_argument("--hours", type=int, default=24, help="time range of the dashboards (default: %(default)s)")
    parser.add_argument("--label", default="", help=argparse.SUPPRESS)
    parser.add_argument("--json", default="", help="also write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    labelled = _arguments().label
    sys.exit(_label(labelled) if labelled else main())
