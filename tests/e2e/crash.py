"""Nothing is lost and nothing counts twice, whatever is killed.

    python -m tests.e2e.crash --kills 50          SIGKILL receivers and Collector 50 times in all
    python -m tests.e2e.crash --store-outage      60 s without the store process

A sender gives deterministic GenAI traffic (`traffic.py`) to a real Collector with a queue on disk. The Collector sends
traces over gRPC and logs over HTTP through a TCP balancer to two `assay receive` processes, which write through the door
of one `assay serve` process. What was not acknowledged to the sender is sent again in other company; what was not
acknowledged to the Collector comes back out of its queue, regrouped, at either receiver. The balancer also resets
connections, so that answers are lost after the commit. In the end every view and rollup has to agree with the ledger.
Prints the comparison; the last line is PASS or FAIL.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests import tools
from tests.e2e.compare import compare, stored, table
from tests.e2e.processes import Assay, Balancer, Collector, http_post, wait_for
from tests.e2e.traffic import HOUR_NS, Ledger, pick, trace_of

DRAIN_SECONDS = 300.0
LATE_LOG_SECONDS = 2.0


@dataclass(slots=True)
class Stack:
    """All that runs."""

    store: Assay
    receivers: list[Assay]
    collector: Collector
    balancers: list[Balancer]


@dataclass(slots=True)
class Sender:
    """Sends traces at a steady rate until told to stop, and keeps what the Collector has not taken."""

    target: str
    seed: int
    traces_per_second: float
    ledger: Ledger = field(default_factory=Ledger)
    refused: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sender")
        self._thread.start()

    def finish(self) -> None:
        """Make no new traces, and return when the Collector has taken everything."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join(120)
        if self._thread.is_alive():
            raise AssertionError("the Collector did not take everything within 120 s of the last trace")

    def _run(self) -> None:
        spans: deque[Any] = deque()
        logs: deque[Any] = deque()
        later: deque[tuple[float, Any]] = deque()
        number, sends, started = 0, 0, time.monotonic()
        with grpc.insecure_channel(self.target, options=[("grpc.max_reconnect_backoff_ms", 300)]) as channel:
            to_traces, to_logs = TraceServiceStub(channel), LogsServiceStub(channel)
            while not self._stop.is_set() or spans or logs or later:
                now = time.monotonic()
                while number < (now - started) * self.traces_per_second and not self._stop.is_set():
                    trace = trace_of(number, seed=self.seed, now_ns=time.time_ns())
                    self.ledger.add(trace)
                    number += 1
                    spans.extend(trace.spans)
                    # Half of the traces' records come with the spans or before them, half seconds after them.
                    if number % 2:
                        logs.extend(trace.logs)
                    else:
                        later.extend((now + LATE_LOG_SECONDS, record) for record in trace.logs)
                while later and later[0][0] <= now:
                    logs.append(later.popleft()[1])
                sends += 1
                size = 30 + pick(self.seed, "size", sends, below=170)
                self._send(to_logs, logs, size, lambda batch: ExportLogsServiceRequest(resource_logs=batch))
                self._send(to_traces, spans, size, lambda batch: ExportTraceServiceRequest(resource_spans=batch))
                time.sleep(0.03)

    def _send(self, stub: Any, waiting: deque[Any], size: int, request: Callable[[list[Any]], Any]) -> None:
        """One export. What the Collector did not acknowledge is sent again later, half of it in other company."""
        batch = [waiting.popleft() for _ in range(min(size, len(waiting)))]
        if not batch:
            return
        try:
            stub.Export(request(batch), timeout=5)
        except grpc.RpcError:
            self.refused += 1
            waiting.extendleft(batch[::2])
            waiting.extend(batch[1::2])
            time.sleep(0.1)


def main(argv: list[str] | None = None) -> int:
    """Run the program; 0 when everything is exact."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.e2e.crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kills", type=int, default=None, help="how many SIGKILLs (default: 50, or 0 with --store-outage)"
    )
    parser.add_argument("--kill-store", action="store_true", help="the store process is among those that are killed")
    parser.add_argument(
        "--store-outage", action="store_true", help="kill the store process and leave it away for a while"
    )
    parser.add_argument("--outage-seconds", type=float, default=60.0, help="how long (default: %(default)s)")
    parser.add_argument(
        "--traces-per-second", type=float, default=25.0, help="a trace is about 6.5 spans (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed: other traffic, other moments (default: %(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with database, queue and logs")
    options = parser.parse_args(argv)
    kills = options.kills if options.kills is not None else (0 if options.store_outage else 50)
    folder = Path(tempfile.mkdtemp(prefix="assay-crash-"))
    passed = False
    stack = build(folder, tools.collector())
    try:
        for program in (stack.store, *stack.receivers, stack.collector):
            program.program.start()
        sender = Sender(f"127.0.0.1:{stack.collector.grpc_port}", options.seed, options.traces_per_second)
        closed_before_hour = time.time_ns() // HOUR_NS - 3
        sender.start()
        try:
            time.sleep(3)
            kill_around(stack, kills, options.seed, with_store=options.kill_store)
            quiet = outage(stack, options.outage_seconds, sender) if options.store_outage else True
        finally:
            sender.finish()
        exact = drain_and_compare(stack, sender.ledger, closed_before_hour)
        killed = {one.program.name: one.program.kills for one in (stack.store, *stack.receivers, stack.collector)}
        say(f"killed {killed}; exports that the Collector did not take at first: {sender.refused}; seed {options.seed}")
        say(f"connections by receiver {[balancer.connections for balancer in stack.balancers]}")
        passed = exact and quiet
    except AssertionError as problem:
        say(f"failed: {problem}")
    finally:
        for program in (stack.collector, *stack.receivers, stack.store):
            try:
                program.program.stop()
            except AssertionError as problem:
                passed = False
                say(str(problem))
        for balancer in stack.balancers:
            balancer.close()
        if passed and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"kept {folder}")
    print("PASS" if passed else "FAIL", flush=True)
    return 0 if passed else 1


def build(folder: Path, collector: Path) -> Stack:
    """The topology, not started."""
    off = {"grpc": {"enabled": False}}
    store = Assay("serve", "store", folder, dsn=f"chdb://{folder / 'data'}", receiver=off)
    receivers = [Assay("receive", name, folder, dsn=store.writing_dsn) for name in ("receiver-a", "receiver-b")]
    grpc_balancer = Balancer([receiver.grpc_port for receiver in receivers])
    http_balancer = Balancer([receiver.http_port for receiver in receivers])
    real = Collector(
        collector, folder, traces_to=f"127.0.0.1:{grpc_balancer.port}", logs_to=f"http://127.0.0.1:{http_balancer.port}"
    )
    return Stack(store, receivers, real, [grpc_balancer, http_balancer])


def kill_around(stack: Stack, kills: int, seed: int, *, with_store: bool) -> None:
    """SIGKILL somebody who is ready, `kills` times, at moments that the seed decides; each comes back at once."""
    targets = [*(receiver.program for receiver in stack.receivers), stack.collector.program]
    if with_store:
        targets.append(stack.store.program)
    for number in range(kills):
        time.sleep(0.3 + pick(seed, "pause", number, below=1_500) / 1_000)
        if pick(seed, "cut", number, below=3) == 0:
            stack.balancers[pick(seed, "which", number, below=2)].cut()
        target = targets[pick(seed, "target", number, below=len(targets))]
        wait_for(target.ready, f"{target.name} to be ready again", seconds=60, log=target.log)
        target.kill()
        target.start(wait=False)
        say(f"kill {number + 1} of {kills}: {target.name}")


def outage(stack: Stack, seconds: float, sender: Sender) -> bool:
    """`seconds` without the store process. True when nothing at all was acknowledged meanwhile."""
    stack.store.program.kill()
    # Answers of commits that were finished before the kill may still be on their way.
    time.sleep(1)
    before, sent_before = [accepted(receiver) for receiver in stack.receivers], stack.collector.sent()
    say(
        f"store killed; {seconds:.0f} s without it; accepted so far {before}, acknowledged to the Collector {sent_before:.0f}"
    )
    until, probes, quiet = time.monotonic() + seconds, 0, True
    while time.monotonic() < until:
        for receiver in stack.receivers:
            probes += 1
            quiet &= refuses(receiver, trace_of(10**9 + probes, seed=sender.seed, now_ns=time.time_ns()).spans)
        time.sleep(2)
    after, sent_after = [accepted(receiver) for receiver in stack.receivers], stack.collector.sent()
    say(
        f"after {seconds:.0f} s: accepted {after}, acknowledged to the Collector {sent_after:.0f}, waiting {stack.collector.waiting():.0f}; {probes} probes over gRPC and HTTP"
    )
    stack.store.program.start()
    if after != before or sent_after != sent_before:
        say("something was acknowledged without a store")
        quiet = False
    return quiet


def accepted(receiver: Assay) -> float:
    """Spans and log records that a receiver says it has acknowledged."""
    return sum(value for name, value in receiver.metrics().items() if name.startswith("assay_stored_records_total"))


def refuses(receiver: Assay, spans: list[Any]) -> bool:
    """Whether a direct export is answered with "retry" by both transports: UNAVAILABLE and RetryInfo, 503 and Retry-After."""
    request = ExportTraceServiceRequest(resource_spans=spans)
    status, headers = http_post(
        f"http://127.0.0.1:{receiver.http_port}/v1/traces", request.SerializeToString(), "application/x-protobuf"
    )
    fine = status in {429, 502, 503, 504} and "retry-after" in headers
    if not fine:
        say(f"{receiver.program.name} answered HTTP {status} {headers} without a store")
    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}") as channel:
        try:
            TraceServiceStub(channel).Export(request, timeout=20)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ())
            retry = error.code() is grpc.StatusCode.UNAVAILABLE or (
                error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
                and b"RetryInfo" in details.get("grpc-status-details-bin", b"")
            )
            if not retry:
                say(f"{receiver.program.name} answered gRPC {error.code()} without a store")
            return fine and retry
    say(f"{receiver.program.name} acknowledged over gRPC without a store")
    return False


def drain_and_compare(stack: Stack, ledger: Ledger, closed_before_hour: int) -> bool:
    """Wait until queues are empty, traces settled and rollups built; then compare, twice, so that late doubles show."""
    for program in (stack.store, *stack.receivers, stack.collector):
        wait_for(program.program.ready, f"{program.program.name} to be ready", seconds=60, log=program.program.log)
    wait_for(
        lambda: stack.collector.waiting() == 0,
        "the Collector's queues to drain",
        seconds=DRAIN_SECONDS,
        log=stack.collector.program.log,
    )
    client = stack.store.client()
    wanted, until = (len(ledger.spans), ledger.logs), time.monotonic() + DRAIN_SECONDS
    while (found := stored(client)) != wanted and time.monotonic() < until:
        time.sleep(1)
    say(f"spans, log records: sent {wanted}, in the store {found}")
    while (
        any(line.wrong for line in compare(client, ledger, closed_before_hour=closed_before_hour))
        and time.monotonic() < until
    ):
        time.sleep(3)
    time.sleep(8)
    lines = compare(client, ledger, closed_before_hour=closed_before_hour)
    print(table(lines), flush=True)
    return not any(line.wrong for line in lines)


def say(line: str) -> None:
    print(f"crash: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
