"""A mutational fuzzer for what senders may throw at a receiver.

    python -m tests.fuzz [--seconds 120] [--seed 0] [--save DIR]

Half of the time goes to parse and decode in a process of its own, half to a live receiver over HTTP and gRPC. The seeds
in `tests/fuzz/seeds/` are real requests. Exit status 1 on a crash, a hang, memory growth or an answer that OTLP does not
allow; what caused it is saved, as small as it could be made. `--seed` repeats a run.
"""

import argparse
import json
import mmap
import multiprocessing
import os
import queue
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.receiver.receipt import Signal
from tests.fuzz.minimise import failing, minimise, signature
from tests.fuzz.mutate import Case, Request, draw_case
from tests.fuzz.targets import Target, offline

SEEDS = Path(__file__).parent / "seeds"
HANG_SECONDS = 20.0
GROWTH_LIMIT_MIB = 96
"""Between the middle and the end of a run, when every cache has met every seed."""
MAILBOX_BYTES = 32 * 1024 * 1024
HEADER = struct.Struct("<QdBBI")


def read_seeds() -> list[tuple[Signal, Request]]:
    """The committed corpus, parsed."""
    seeds: list[tuple[Signal, Request]] = []
    for path in sorted(SEEDS.glob("*.pb")):
        signal: Signal = "traces" if ".traces." in path.name else "logs"
        request: Request = ExportTraceServiceRequest() if signal == "traces" else ExportLogsServiceRequest()
        request.ParseFromString(path.read_bytes())
        seeds.append((signal, request))
    return seeds


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Mailbox:
    """The case that a worker runs now, readable after the worker was killed."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), MAILBOX_BYTES)

    def put(self, number: int, case: Case) -> None:
        payload = case.payload[: MAILBOX_BYTES - HEADER.size]
        self._memory[HEADER.size : HEADER.size + len(payload)] = payload
        kinds = (case.signal == "logs", case.encoding == "json")
        self._memory[: HEADER.size] = HEADER.pack(number, time.monotonic(), *kinds, len(payload))

    def get(self) -> tuple[int, float, Case]:
        number, started, is_logs, is_json, length = HEADER.unpack(self._memory[: HEADER.size])
        payload = bytes(self._memory[HEADER.size : HEADER.size + length])
        return number, started, Case("logs" if is_logs else "traces", "json" if is_json else "protobuf", payload)


class Order(NamedTuple):
    """What a worker is told: which targets, which cases, how long, and where to note the current case."""

    make: Callable[..., list[Target]]
    args: tuple[Any, ...]
    seed: int
    seconds: float
    box: Path


def work(order: Order, out: Any) -> None:
    """Run cases until the time is up; every new failure goes to `out`, and at the end how much was done."""
    targets = order.make(*order.args)
    draw, seeds, mailbox = np.random.default_rng(order.seed), read_seeds(), Mailbox(order.box)
    ends = time.monotonic() + order.seconds
    middle = ends - order.seconds / 2
    seen: set[str] = set()
    number, middle_mib = 0, 0.0
    while (now := time.monotonic()) < ends:
        number += 1
        case = draw_case(draw, seeds)
        mailbox.put(number, case)
        for target in targets:
            try:
                target(case)
            except Exception as error:  # noqa: BLE001 - any failure is what we look for
                mark = signature(error)
                if mark not in seen:
                    seen.add(mark)
                    out.put(("failure", f"{mark}: {str(error)[:300]}", minimise(case, failing(target), mark)))
        if not middle_mib and now > middle:
            middle_mib = resident_mib(os.getpid())
    out.put(("done", number, resident_mib(os.getpid()) - (middle_mib or resident_mib(os.getpid()))))


def run_phase(
    name: str, make: Callable[..., list[Target]], args: tuple[Any, ...], *, seed: int, seconds: float, save: Path
) -> list[str]:
    """Run one worker and watch it. Gives the failures, each already saved."""
    context = multiprocessing.get_context("spawn")
    failures: list[str] = []
    started = time.monotonic()
    cases, growth = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder) / "case"
        box.write_bytes(bytes(MAILBOX_BYTES))
        mailbox = Mailbox(box)
        while (left := seconds - (time.monotonic() - started)) > 1:
            out: Any = context.Queue()
            worker = context.Process(target=work, args=(Order(make, args, seed, left, box), out), daemon=True)
            mailbox.put(0, Case("traces", "protobuf", b""))
            worker.start()
            finished = False
            while not finished:
                try:
                    kind, first, second = out.get(timeout=0.5)
                except queue.Empty:
                    number, since, case = mailbox.get()
                    hangs = number and time.monotonic() - since > HANG_SECONDS
                    if not hangs and worker.is_alive():
                        continue
                    if not worker.is_alive() and not out.empty():
                        continue
                    what = "hang" if hangs else f"crash, exit code {worker.exitcode}"
                    failures.append(_saved(save, name, what, case))
                    worker.kill()
                    worker.join()
                    cases += number
                    break
                if kind == "failure":
                    failures.append(_saved(save, name, first, second))
                else:
                    cases, growth, finished = cases + first, second, True
            worker.join()
            seed += 1
    if growth > GROWTH_LIMIT_MIB:
        failures.append(f"{name}: memory grew by {growth:.0f} MiB in the second half")
    print(
        f"{name}: {cases} cases in {time.monotonic() - started:.0f} s, memory {growth:+.0f} MiB, {len(failures)} failures"
    )
    return failures


def _saved(save: Path, name: str, what: str, case: Case) -> str:
    save.mkdir(parents=True, exist_ok=True)
    number = len(list(save.glob("*.bin")))
    path = save / f"{name}-{number:03}.{case.signal}.{case.encoding}.bin"
    path.write_bytes(case.payload)
    path.with_suffix(".txt").write_text(json.dumps({"failure": what}, indent=1), encoding="utf-8")
    return f"{name}: {what} ({len(case.payload)} bytes in {path})"


def offline_targets() -> list[Target]:
    """Parse and decode."""
    return [offline()]


def main(argv: list[str] | None = None) -> int:
    """Fuzz for a while; the exit status says whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, default=Path(__file__).parent / "found")
    options = parser.parse_args(argv)
    half = options.seconds / 2
    failures = run_phase("offline", offline_targets, (), seed=options.seed, seconds=half, save=options.save)
    from tests.fuzz.live import live_phase

    failures += live_phase(seed=options.seed, seconds=half, save=options.save)
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{'FAIL' if failures else 'ok'}: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
