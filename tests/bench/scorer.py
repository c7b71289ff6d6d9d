"""How many verdicts a second one core gives with a judge that answers at once, and whether memory stays flat.

    python -m tests.bench.scorer [--traces 6000] [--core 1] [--rounds 3] [--hosted]

Traffic of the simulator is settled once in a fresh embedded engine. Then one judge sees every trace, again and again under new
versions, so that each round judges all of them: candidates, signs, draws, texts, the judge, rows. Python and the engine are held on one
core. The judge answers at once: an offline one that says the same of everything, so that what is measured is the scorer. With
`--hosted` the verdict comes by the real SDK from a loopback server in another process on another core: prompts, HTTP and budgets too.

Exits 1 where a round gives fewer than 100 verdicts/s, or resident memory grows by more than 64 MiB from the second round to the last.
"""

import argparse
import dataclasses
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from assay.clock import SystemClock
from assay.config.model import Judges, Workspace
from assay.config.model import Store as StoreSettings
from assay.judges import offline
from assay.judges.anthropic_client import AnthropicClient
from assay.judges.budget import Ledger, Limits
from assay.judges.call import Caller
from assay.judges.case import Case
from assay.judges.judge import Judge, library
from assay.judges.verdict import Quotation, Verdict
from assay.otlp.decode import Decoder
from assay.otlp.parse import parse
from assay.scorer.judging import Bench, judge_round
from assay.scorer.panel import Seat
from assay.scorer.settle import settle
from assay.simulate.traffic import syllabus
from assay.spans.prices import Prices
from assay.store.migrate import migrate
from assay.store.parcel import parcel_of
from assay.store.store import Store, open_store
from assay.store.write import Writer

BAR = 100.0
GROWTH_BYTES = 64 * 1024 * 1024
JUDGES = {judge.id: judge for judge in library()}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--traces", type=int, default=6_000)
    arguments.add_argument("--core", type=int, default=1)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--hosted", action="store_true")
    options = arguments.parse_args()
    url = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(url,), daemon=True)
    if options.hosted:
        server.start()
    os.sched_setaffinity(0, {options.core % os.cpu_count()})
    with tempfile.TemporaryDirectory() as folder:
        settings = StoreSettings(dsn=f"chdb://{Path(folder) / 'db'}", max_threads=1)
        with closing(open_store(settings)) as store:
            migrate(store, settings)
            many = _settled(store, options.traces)
            print(f"{many} settled traces, one core")
            bench = _bench(store)
            rates, sizes = [], []
            for version in range(1, options.rounds + 1):
                seat = _seat(bench, version, url.get() if options.hosted and version == 1 else "")
                began, cpu = time.monotonic(), time.process_time()
                done = judge_round(bench, seat, hosted=1)
                while done.behind_seconds > 0:
                    more = judge_round(bench, seat, hosted=1)
                    done = dataclasses.replace(more, verdicts=done.verdicts + more.verdicts)
                seconds = time.monotonic() - began
                rates.append(done.verdicts / seconds)
                sizes.append(_resident())
                print(
                    f"round {version}: {done.verdicts} verdicts in {seconds:.1f} s wall, {time.process_time() - cpu:.1f} s CPU: "
                    f"{rates[-1]:.0f} verdicts/s, resident {sizes[-1] / 2**20:.0f} MiB"
                )
            stored = store.rows("SELECT count() AS n FROM verdicts WHERE score IS NOT NULL")[0]["n"]
    growth = sizes[-1] - sizes[min(1, len(sizes) - 1)]
    passed = min(rates) >= BAR and growth <= GROWTH_BYTES and stored >= many * options.rounds * 0.5
    print(
        f"slowest {min(rates):.0f} verdicts/s (at least {BAR:.0f}), memory {growth / 2**20:+.0f} MiB, {stored} verdicts stored"
    )
    print("PASS" if passed else "FAIL")
    return int(not passed)


def _settled(store: Store, traces: int) -> int:
    writer, decoder = Writer(store, SystemClock()), Decoder()
    now_ns = time.time_ns()
    batch = []
    for one in syllabus(seed=3, each=2, clean=traces, until_ns=now_ns):
        request = parse("traces", one.request.SerializeToString(), encoding="protobuf").request
        batch.append(parcel_of(decoder.traces(request, workspace="default")))
        if len(batch) == 200:
            writer.write(batch)
            batch = []
    writer.write(batch) if batch else None
    time.sleep(1.0)
    for _ in range(40):
        if settle(store, writer, decoder, quiet_seconds=0.5).behind_seconds == 0.0:
            break
    time.sleep(1.0)
    settle(store, writer, decoder, quiet_seconds=0.5)
    return int(store.rows("SELECT count() AS n FROM trace_labels FINAL WHERE retracted = 0")[0]["n"])


def _bench(store: Store) -> Bench:
    clock = SystemClock()
    settings = Judges(offline_floor=1.0)
    ledger = Ledger(store, clock, scorer="0/1", limits=Limits(1e9, 1e9))
    workspaces = {"default": Workspace()}
    return Bench(store, clock, settings, workspaces, ledger, tuple(range(64)), ThreadPoolExecutor(8))


def _seat(bench: Bench, version: int, url: str) -> Seat:
    # Everything is drawn: a judge that draws less has less to do.
    judge = dataclasses.replace(JUDGES["offline.relevance"], version=version, model="instant", inputs=("answer",))
    offline.FUNCTIONS["instant"] = _instant
    if not url and not _SERVED:
        return Seat(judge, None, None)
    if url:
        _SERVED.append(url)
    import assay.scorer.sample as sampler

    sampler.WANTED.update(dict.fromkeys(sampler.WANTED, 1.0))
    hosted = dataclasses.replace(JUDGES["tone"], version=version, optional=())
    client = AnthropicClient("sk-test", base_url=_SERVED[0])
    caller = Caller(
        client,
        "anthropic",
        ledger=bench.ledger,
        prices=Prices(),
        clock=bench.clock,
        timeout_seconds=30,
        stop=threading.Event(),
    )
    return Seat(hosted, caller, None)


_SERVED: list[str] = []


def _instant(judge: Judge, case: Case) -> Verdict:
    return Verdict(1.0, "relevant", "", (Quotation("answer", case.inputs["answer"][:60]),))


def _serve(url: "multiprocessing.Queue[str]") -> None:
    import json
    import re

    from tests.contract.judges.kit import Answer, message, model_server

    def script(seen):
        data = json.loads(seen.body)["messages"][0]["content"]
        answer = re.search(r'name="answer">\n(.*?)\n</input-', data, re.DOTALL)[1]
        said = {
            "quotations": [{"input": "answer", "text": answer[:60] if len(answer) > 8 else answer}],
            "explanation": "",
            "label": "fitting",
        }
        return Answer(message(said))

    with model_server() as server:
        server.script = script
        url.put(server.url)
        threading.Event().wait()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
