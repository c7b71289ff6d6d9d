"""What ingest costs: server CPU, acknowledgement latency, parts and memory, and bytes on disk.

    python -m tests.bench.ingest [--minutes 5] [--kinds mixed,conversation] [--json FILE]

Starts `assay serve` as a process (embedded engine, everything on: decode, settle, rollups), and sends OTLP/gRPC from one
other process, uncompressed, each request with new ids, times and texts (tests/bench/payload.py). Per kind of traffic:

    saturation  as many requests in flight as `--in-flight`, for `--minutes`
    steady      2,000 spans/s for a third of that time

Server CPU is user plus system time from /proc of the server's process, which receives and holds the engine with its merges, and of the
scorer's process below it; the first is printed by itself too. After the load the settling, rollups and merges that are due are waited for and counted too. Numbers are printed
with the machine and the date; compare medians of several runs, and only ratios across machines.
"""

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import clickhouse_connect
import grpc

from tests.bench.payload import SPANS, templates

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
STEADY_SPANS_PER_SECOND = 2_000
BARS = {"mixed": 10.0, "conversation": 40.0}
"""Server CPU seconds per 100,000 spans."""


@dataclass
class Run:
    """One row of the table."""

    kind: str
    load: str
    seconds: float
    spans: int
    spans_per_second: float
    receiver_cpu_seconds_per_100k: float
    cpu_seconds_per_100k: float
    cpu_seconds_per_100k_after_upkeep: float
    ack_p50_ms: float
    ack_p99_ms: float
    retries: int
    parts_first: int
    parts_last: int
    parts_max: int
    rss_mb_first: float
    rss_mb_last: float
    bytes_per_span_on_disk: float


class Server:
    """`assay serve` on free ports."""

    def __init__(self, folder: Path) -> None:
        self.grpc, self.http, self.door = _free_port(), _free_port(), _free_port()
        config = folder / "assay.yaml"
        config.write_text(
            f"receiver:\n  grpc: {{port: {self.grpc}}}\n  http: {{port: {self.http}}}\n"
            f"door: {{port: {self.door}}}\nstore: {{dsn: 'chdb://{folder}/db'}}\n"
        )
        self.log = (folder / "serve.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assay.cli.main", "serve", "--config", str(config)], stdout=self.log, stderr=self.log
        )
        _wait_for_port(self.grpc, self.process)
        _wait_for_port(self.door, self.process)

    def cpu_seconds(self) -> tuple[float, float]:
        """Of the process that receives, and of all processes."""
        of_each = [_cpu_seconds(pid) for pid in self._processes()]
        return of_each[0], sum(of_each)

    def rss_mb(self) -> float:
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6 for pid in self._processes())

    def _processes(self) -> list[int]:
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        client = clickhouse_connect.get_client(host="127.0.0.1", port=self.door, database="assay")
        try:
            return [tuple(row) for row in client.query(sql).result_rows]
        finally:
            client.close()

    def parts(self) -> int:
        return int(self.ask("SELECT count() FROM system.parts WHERE active AND database = 'assay'")[0][0])  # type: ignore[call-overload]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


@contextmanager
def server() -> Iterator[Server]:
    """A fresh server with an empty database."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        running = Server(Path(folder))
        try:
            yield running
        finally:
            running.stop()


def main() -> int:
    """Run and print."""
    arguments = _arguments()
    if arguments.load:
        return _load(arguments)
    print(
        f"{platform.node()} · {os.cpu_count()} cores · Python {platform.python_version()} · {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}"
    )
    runs: list[Run] = []
    for kind in arguments.kinds.split(","):
        for load in ("saturation", "steady"):
            seconds = arguments.minutes * 60 if load == "saturation" else max(arguments.minutes * 20, 20)
            with server() as running:
                runs.append(_measure(running, kind, load, seconds, arguments.in_flight))
            _print(runs[-1:], header=len(runs) == 1)
    failed = _verdict(runs)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([asdict(run) for run in runs], indent=1))
    return 1 if failed else 0


def _measure(running: Server, kind: str, load: str, seconds: float, in_flight: int) -> Run:
    sender = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ingest", "--load", load, "--port", str(running.grpc), "--kinds", kind,
         "--seconds", str(seconds), "--in-flight", str(in_flight)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sender.stdout is not None
    assert sender.stdout.readline().strip() == "warm", "the sender could not start"
    started, (receiver_before, before) = time.monotonic(), running.cpu_seconds()
    samples: list[tuple[int, float]] = []
    while sender.poll() is None:
        time.sleep(2)
        samples.append((running.parts(), running.rss_mb()))
        left = seconds - (time.monotonic() - started)
        if sys.stderr.isatty():
            print(
                f"\r{kind} {load}: {max(left, 0):4.0f} s left, {samples[-1][0]} parts, {samples[-1][1]:.0f} MB ",
                end="",
                file=sys.stderr,
            )
    said = json.loads(sender.stdout.read())
    elapsed = said["seconds"]
    receiver_loaded, loaded = running.cpu_seconds()
    _wait_until_quiet(running)
    _, quiet = running.cpu_seconds()
    stored = int(running.ask("SELECT count() FROM spans_live")[0][0])  # type: ignore[call-overload]
    # The warm-up request is stored as well.
    assert stored == said["spans"] + SPANS, f"{said['spans'] + SPANS} acknowledged, {stored} stored"
    on_disk = int(
        running.ask(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'assay' AND table != 'rollups'"
        )[0][0]
    )  # type: ignore[call-overload]
    steady = samples[len(samples) // 4 :] or samples
    return Run(
        kind, load, round(elapsed, 1), said["spans"], round(said["spans"] / elapsed),
        *(round(seconds / said["spans"] * 1e5, 2) for seconds in (receiver_loaded - receiver_before, loaded - before, quiet - before)),
        said["p50_ms"], said["p99_ms"], said["retries"], steady[0][0], steady[-1][0],
        max(parts for parts, _ in samples), round(steady[0][1]), round(steady[-1][1]), round(on_disk / stored, 1),
    )  # fmt: skip


def _wait_until_quiet(running: Server) -> None:
    """Until merges have ended and settling and rollups of the last spans are done."""
    time.sleep(75)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if int(running.ask("SELECT count() FROM system.merges")[0][0]) == 0:  # type: ignore[call-overload]
            return
        time.sleep(2)


def _load(arguments: argparse.Namespace) -> int:
    """The sending side: a process of its own, so that its CPU is not the server's."""
    pool = templates(arguments.kinds, 4)
    channel = grpc.insecure_channel(
        f"127.0.0.1:{arguments.port}",
        options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)],
    )
    export = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)
    export(pool[0].fresh(seed=0, latest_ns=time.time_ns()), timeout=60)
    print("warm", flush=True)
    lock = threading.Lock()
    latencies: list[float] = []
    state = {"next": 1, "retries": 0}
    started = time.monotonic()
    end = started + arguments.seconds
    steady = arguments.load == "steady"

    def send() -> None:
        while True:
            with lock:
                number = state["next"]
                state["next"] += 1
            due = started + number * SPANS / STEADY_SPANS_PER_SECOND if steady else time.monotonic()
            if due >= end or time.monotonic() >= end:
                return
            time.sleep(max(due - time.monotonic(), 0))
            data = pool[number % len(pool)].fresh(seed=number, latest_ns=time.time_ns())
            sent = time.monotonic()
            while True:
                try:
                    export(data, timeout=60)
                    break
                except grpc.RpcError as error:
                    if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}:
                        raise
                    with lock:
                        state["retries"] += 1
                    time.sleep(0.5)
                    sent = time.monotonic()
            with lock:
                latencies.append(time.monotonic() - sent)

    threads = [threading.Thread(target=send) for _ in range(arguments.in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies.sort()
    print(json.dumps({
        "spans": len(latencies) * SPANS, "seconds": time.monotonic() - started, "retries": state["retries"],
        "p50_ms": round(latencies[len(latencies) // 2] * 1e3, 1), "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1e3, 1),
    }))  # fmt: skip
    return 0


def _print(runs: list[Run], *, header: bool) -> None:
    names = list(Run.__dataclass_fields__)
    if header:
        print(" | ".join(names))
    for run in runs:
        print(" | ".join(str(getattr(run, name)) for name in names), flush=True)


def _verdict(runs: list[Run]) -> bool:
    failed = False
    for run in runs:
        checks = {
            f"CPU seconds per 100,000 spans <= {BARS[run.kind]:.0f}": run.cpu_seconds_per_100k_after_upkeep
            <= BARS[run.kind]
        }
        if run.load == "saturation":
            checks["acknowledgement p99 < 1 s"] = run.ack_p99_ms < 1000
            checks["parts flat"] = run.parts_last <= max(2 * run.parts_first, 100)
            checks["memory flat"] = run.rss_mb_last <= 1.3 * run.rss_mb_first + 300
        else:
            checks["acknowledgement p99 < 150 ms"] = run.ack_p99_ms < 150
        for name, held in checks.items():
            print(f"{'ok  ' if held else 'FAIL'} {run.kind} {run.load}: {name}")
            failed = failed or not held
    print("FAIL" if failed else "PASS")
    return failed


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("assay serve ended at start; run it by hand to see why")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port} after 30 s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="length of each saturation run (default: %(default)s)"
    )
    parser.add_argument("--kinds", default="mixed,conversation")
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--json", default="", help="also write the rows to this file")
    parser.add_argument("--load", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
