"""What ingest costs: server CPU, acknowledgement latency, parts and memory, and bytes on disk.

    python -m tests.bench.ingest [--minutes 5] [--kinds mixed,conversation] [--json FILE]

Starts `assay serve` as a process (embedded engine, everything on: decode, settle, rollups), and sends OTLP/gRPC from one
other process, uncompressed, each request with new ids, times and texts (tests/bench/payload.py). Per kind of traffic:

    saturation  as many requests in flight as `--in-flight`, for `--minutes`
    steady      2,000 spans/s for a third of that time

Server CPU is user plus system time of all processes of the server from /proc; what receives, decodes, checks and stores, merges included, is
printed by itself too, without the scorer's process. After the load the settling, rollups and merges that are due are waited for and counted too. Numbers are printed
with the machine and the date; compare medians of several runs, and only ratios across machines.

Where Arize Phoenix is installed (tests/bench/phoenix.py) it gets the same requests after us, for a row of the same columns.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import clickhouse_connect
import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bench.payload import SPANS, templates
from tests.bench.phoenix import Phoenix
from tests.bench.phoenix import command as phoenix_command
from tests.bench.processes import cpu_seconds, rss_mb, wait_for_port
from tests.e2e.processes import free_port

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
RETRYABLE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
STEADY_SPANS_PER_SECOND = 2_000
T = TypeVar("T", "Server", Phoenix)
BARS = {"mixed": 10.0, "conversation": 40.0}
"""Server CPU seconds per 100,000 spans."""


@dataclass
class Run:
    """One row of the table; None is what a server does not have."""

    server: str
    kind: str
    load: str
    seconds: float
    spans: int
    spans_per_second: float
    receiver_cpu_seconds_per_100k: float | None
    cpu_seconds_per_100k: float
    cpu_seconds_per_100k_after_upkeep: float
    ack_p50_ms: float
    ack_p99_ms: float
    retries: int
    parts_first: int | None
    parts_last: int | None
    parts_max: int | None
    rss_mb_first: float
    rss_mb_last: float
    bytes_per_span_on_disk: float


class Server:
    """`assay serve` on free ports."""

    name = "assay"
    max_request_bytes = 64 * 1024 * 1024

    def __init__(self, folder: Path) -> None:
        self.grpc, self.http, self.door = free_port(), free_port(), free_port()
        config = folder / "assay.yaml"
        config.write_text(
            f"receiver:\n  grpc: {{port: {self.grpc}}}\n  http: {{port: {self.http}}}\n"
            f"door: {{port: {self.door}}}\nstore: {{dsn: 'chdb://{folder}/db'}}\n"
        )
        self.log = (folder / "serve.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assay.cli.main", "serve", "--config", str(config)], stdout=self.log, stderr=self.log
        )
        wait_for_port(self.grpc, self.process)
        wait_for_port(self.door, self.process)

    def cpu_seconds(self) -> tuple[float, float]:
        """Of what receives, decodes and stores, and of all processes: the scorer is nicer than the others."""
        niceness = os.getpriority(os.PRIO_PROCESS, self.process.pid)
        of_each = {pid: cpu_seconds(pid) for pid in self._processes()}
        receiving = (spent for pid, spent in of_each.items() if os.getpriority(os.PRIO_PROCESS, pid) == niceness)
        return sum(receiving), sum(of_each.values())

    def rss_mb(self) -> float:
        return sum(map(rss_mb, self._processes()))

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
        return self._number("SELECT count() FROM system.parts WHERE active AND database = 'assay'")

    def stored(self) -> int:
        """Spans, each once."""
        return self._number("SELECT count() FROM spans_live")

    def bytes_on_disk(self) -> int:
        return self._number(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'assay' AND table != 'rollups'"
        )

    def wait_until_quiet(self, spans: int) -> None:
        """Until merges have ended and settling and rollups of the last spans are done."""
        time.sleep(75)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self._number("SELECT count() FROM system.merges"):
            time.sleep(2)

    def _number(self, sql: str) -> int:
        return int(self.ask(sql)[0][0])  # type: ignore[call-overload]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


@contextmanager
def server(kind: type[T]) -> Iterator[T]:
    """A fresh server with an empty database."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-", ignore_cleanup_errors=True) as folder:
        running = kind(Path(folder))
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
    servers: list[type[Server | Phoenix]] = [Server, Phoenix] if phoenix_command() else [Server]
    runs: list[Run] = []
    for kind in arguments.kinds.split(","):
        for load in ("saturation", "steady"):
            seconds = arguments.minutes * 60 if load == "saturation" else max(arguments.minutes * 20, 20)
            for one in servers:
                with server(one) as running:
                    runs.append(_measure(running, kind, load, seconds, arguments.in_flight))
                _print(runs[-1:], header=len(runs) == 1)
    if Phoenix not in servers:
        print(
            "Arize Phoenix is not installed: `pip install arize-phoenix` in an environment of its own, and its `phoenix` on PATH."
        )
    failed = _verdict([run for run in runs if run.server == Server.name])
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([asdict(run) for run in runs], indent=1))
    return 1 if failed else 0


def _measure(running: Server | Phoenix, kind: str, load: str, seconds: float, in_flight: int) -> Run:
    sender = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ingest", "--load", load, "--port", str(running.grpc), "--kinds", kind,
         "--seconds", str(seconds), "--in-flight", str(in_flight), "--max-request-bytes", str(running.max_request_bytes)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sender.stdout is not None
    assert sender.stdout.readline().strip() == "warm", "the sender could not start"
    started, (receiver_before, before) = time.monotonic(), running.cpu_seconds()
    samples: list[tuple[int | None, float]] = []
    while sender.poll() is None:
        time.sleep(2)
        samples.append((running.parts(), running.rss_mb()))
        left = seconds - (time.monotonic() - started)
        if sys.stderr.isatty():
            print(
                f"\r{running.name} {kind} {load}: {max(left, 0):4.0f} s left, {_shown(samples[-1][0])} parts, {samples[-1][1]:.0f} MB ",
                end="",
                file=sys.stderr,
            )
    said = json.loads(sender.stdout.read())
    elapsed = said["seconds"]
    receiver_loaded, loaded = running.cpu_seconds()
    # The warm-up request is stored as well.
    acknowledged = said["spans"] + SPANS
    running.wait_until_quiet(acknowledged)
    _, quiet = running.cpu_seconds()
    stored = running.stored()
    if stored != acknowledged:
        print(f"{running.name}: {acknowledged} spans were acknowledged, {stored} are stored")
        assert not isinstance(running, Server), "acknowledged spans are missing"
    steady = samples[len(samples) // 4 :] or samples
    parts = [count for count, _ in samples if count is not None]

    def per_100k(used: float) -> float:
        return round(used / said["spans"] * 1e5, 2)

    return Run(
        running.name, kind, load, round(elapsed, 1), said["spans"], round(said["spans"] / elapsed),
        None if receiver_loaded is None or receiver_before is None else per_100k(receiver_loaded - receiver_before),
        per_100k(loaded - before), per_100k(quiet - before), said["p50_ms"], said["p99_ms"], said["retries"],
        steady[0][0], steady[-1][0], max(parts, default=None), round(steady[0][1]), round(steady[-1][1]),
        round(running.bytes_on_disk() / stored, 1),
    )  # fmt: skip


def _load(arguments: argparse.Namespace) -> int:
    """The sending side: a process of its own, so that its CPU is not the server's."""
    pool = templates(arguments.kinds, 4)
    channel = grpc.insecure_channel(
        f"127.0.0.1:{arguments.port}",
        options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)],
    )
    export = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)
    for piece in _pieces(pool[0].fresh(seed=0, latest_ns=time.time_ns()), arguments.max_request_bytes):
        export(piece, timeout=60)
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
            pieces = _pieces(data, arguments.max_request_bytes)
            sent = time.monotonic()
            while pieces:
                try:
                    export(pieces[0], timeout=60)
                    del pieces[0]
                except grpc.RpcError as error:
                    if error.code() not in RETRYABLE:
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


def _pieces(data: bytes, limit_bytes: int) -> list[bytes]:
    """A request as it is, or halved until each piece is below a server's limit."""
    if len(data) <= limit_bytes:
        return [data]
    whole = ExportTraceServiceRequest.FromString(data)
    first, second = ExportTraceServiceRequest(), ExportTraceServiceRequest()
    for half in (first, second):
        half.CopyFrom(whole)
    for resource, of_first, of_second in zip(
        whole.resource_spans, first.resource_spans, second.resource_spans, strict=True
    ):
        for scope, one, other in zip(resource.scope_spans, of_first.scope_spans, of_second.scope_spans, strict=True):
            middle = len(scope.spans) // 2
            del one.spans[middle:]
            del other.spans[:middle]
    return [piece for half in (first, second) for piece in _pieces(half.SerializeToString(), limit_bytes)]


def _shown(value: object) -> str:
    return "-" if value is None else str(value)


def _print(runs: list[Run], *, header: bool) -> None:
    names = list(Run.__dataclass_fields__)
    if header:
        print(" | ".join(names))
    for run in runs:
        print(" | ".join(_shown(getattr(run, name)) for name in names), flush=True)


def _verdict(runs: list[Run]) -> bool:
    failed = False
    for run in runs:
        checks = {
            f"CPU seconds per 100,000 spans <= {BARS[run.kind]:.0f}": run.cpu_seconds_per_100k_after_upkeep
            <= BARS[run.kind]
        }
        if run.load == "saturation":
            checks["acknowledgement p99 < 1 s"] = run.ack_p99_ms < 1000
            checks["parts flat"] = (run.parts_last or 0) <= max(2 * (run.parts_first or 0), 100)
            checks["memory flat"] = run.rss_mb_last <= 1.3 * run.rss_mb_first + 300
        else:
            checks["acknowledgement p99 < 150 ms"] = run.ack_p99_ms < 150
        for name, held in checks.items():
            print(f"{'ok  ' if held else 'FAIL'} {run.kind} {run.load}: {name}")
            failed = failed or not held
    print("FAIL" if failed else "PASS")
    return failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="length of each saturation run (default: %(default)s)"
    )
    parser.add_argument("--kinds", default="mixed,conversation")
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--json", default="", help="also write the rows to this file")
    parser.add_argument("--load", default="", help=argparse.SUPPRESS)
    parser.add_argument("--max-request-bytes", type=int, default=Server.max_request_bytes, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
