"""One worker at a time, watched: a case that never ends, a process that dies and memory that grows are failures too."""

import itertools
import json
import mmap
import multiprocessing
import os
import queue
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assay.receiver.receipt import Signal
from tests.fuzz.minimise import failing, minimise, signature
from tests.fuzz.mutate import REQUESTS, Case, Request, draw_case
from tests.fuzz.targets import Target

SEEDS = Path(__file__).parent / "seeds"
HANG_SECONDS = 20.0
GROWTH_LIMIT_MIB = 96
"""Between the middle and the end of a run, when every cache has met every seed."""
MAILBOX_BYTES = 32 * 1024 * 1024
HEADER = struct.Struct("<QdBBI")
SIGNALS = tuple(REQUESTS)


def read_seeds() -> list[tuple[Signal, Request]]:
    """The committed corpus, parsed."""
    seeds: list[tuple[Signal, Request]] = []
    for path in sorted(SEEDS.glob("*.pb")):
        signal: Signal = next(one for one in REQUESTS if f".{one}." in path.name)
        request = REQUESTS[signal]()
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
        kinds = (SIGNALS.index(case.signal), case.encoding == "json")
        self._memory[: HEADER.size] = HEADER.pack(number, time.monotonic(), *kinds, len(payload))

    def get(self) -> tuple[int, float, Case]:
        number, started, signal, is_json, length = HEADER.unpack(self._memory[: HEADER.size])
        payload = bytes(self._memory[HEADER.size : HEADER.size + length])
        return number, started, Case(SIGNALS[signal], "json" if is_json else "protobuf", payload)


class Order(NamedTuple):
    """What a worker is told: which targets, which cases, how long, and where to note the current case."""

    make: Callable[..., list[Target]]
    args: tuple[Any, ...]
    seed: int
    seconds: float
    box: Path
    threads: int
    """Cases that run at the same time; each thread has targets of its own."""


def work(order: Order, out: Any) -> None:
    """Run cases until the time is up; every new failure goes to `out`, and at the end how much was done."""
    seeds, mailbox, lock = read_seeds(), Mailbox(order.box), threading.Lock()
    ends = time.monotonic() + order.seconds
    seen: set[str] = set()
    started = itertools.count(1)

    def loop(number: int) -> None:
        targets = order.make(*order.args)
        draw = np.random.default_rng([order.seed, number])
        while time.monotonic() < ends:
            case = draw_case(draw, seeds)
            with lock:
                mailbox.put(next(started), case)
            for target in targets:
                try:
                    target(case)
                except Exception as error:  # noqa: BLE001 - any failure is what we look for
                    mark = signature(error)
                    with lock:
                        new = mark not in seen
                        seen.add(mark)
                    if new:
                        out.put(("failure", f"{mark}: {str(error)[:300]}", minimise(case, failing(target), mark)))

    threads = [threading.Thread(target=loop, args=(number,), daemon=True) for number in range(order.threads)]
    for thread in threads:
        thread.start()
    time.sleep(max(order.seconds / 2, 0))
    middle_mib = resident_mib(os.getpid())
    for thread in threads:
        thread.join()
    out.put(("done", next(started) - 1, resident_mib(os.getpid()) - middle_mib))


def run_phase(
    name: str,
    make: Callable[..., list[Target]],
    args: tuple[Any, ...],
    *,
    seed: int,
    seconds: float,
    save: Path,
    threads: int = 1,
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
            worker = context.Process(target=work, args=(Order(make, args, seed, left, box, threads), out), daemon=True)
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
                    if not number:
                        return [*failures, f"{name}: the worker did not start, exit code {worker.exitcode}"]
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
