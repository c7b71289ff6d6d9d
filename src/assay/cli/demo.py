"""`assay demo`: the whole thing in a temporary folder, with made-up traffic and a result to look at."""

import sys
import tempfile
import threading
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from assay.app.run import Running, running
from assay.cli.agreement import agreements, print_agreement
from assay.cli.ask import failures_since, print_failures, print_top, print_trace, read_top, read_trace
from assay.cli.label import import_file, print_imported
from assay.cli.output import console
from assay.cli.quality import calibrate_now, print_quality
from assay.cli.serve import places
from assay.clock import Clock, SystemClock
from assay.config.load import load_config
from assay.config.model import Config
from assay.errors import NotFound
from assay.judges.judge import judges_of
from assay.scorer.corrected import corrected
from assay.scorer.label_files import Defaults
from assay.scorer.quality import Asked, quality
from assay.scorer.ratings import CHECK
from assay.scorer.score import Scorer
from assay.simulate.cast import SERVICES
from assay.simulate.opinions import DEMO_SEED, DEMO_TRACES
from assay.simulate.opinions import FILE as LABELS
from assay.simulate.send import send
from assay.simulate.traffic import DEMO_HOURS, demo
from assay.store.store import Store, query

SETTLE_SECONDS = 20.0
INCIDENT = "outfitters-help"
"""The service whose searches begin to miss pages; see `assay.simulate.traffic.INCIDENTS`."""
POLL_SECONDS = 0.25


def run_demo(arguments: Namespace) -> int:
    """Serve, send, settle, show; then end, or stay with `--keep`."""
    clock = SystemClock()
    with (
        tempfile.TemporaryDirectory(prefix="assay-demo-") as folder,
        running(_config(Path(folder)), clock=clock) as app,
    ):
        spans = _send(app, arguments, clock)
        _wait_until_settled(app.store, clock)
        out = console()
        traces = arguments.traces
        out.print(
            f"\n{spans:,} spans of {traces:,} traces of {len(SERVICES)} services in four dialects went in over gRPC and HTTP.\n",
            markup=False,
        )
        trace_id = _interesting(app.store, clock)
        out.print(f"$ assay trace {trace_id}", style="bold", markup=False)
        print_trace(read_trace(app.store, trace_id))
        by = "model,prompt_version,cohort:tenant"
        out.print(f"\n$ assay top --by {by} --limit 12", style="bold", markup=False)
        print_top(read_top(app.store, _top_of(by), _begin(clock)))
        out.print("\n$ assay failures", style="bold", markup=False)
        print_failures(failures_since(app.store, _begin(clock)))
        _judge(app.store, _config(Path(folder)), clock)
        out.print("\n$ assay quality", style="bold", markup=False)
        print_quality(quality(app.store, Asked(_begin(clock))), "")
        out.print(
            "Judges called offline.* need no network: they compare words. No judge is believed before people have said the same.",
            style="dim",
            markup=False,
        )
        _import_labels(app.store, _config(Path(folder)), clock, arguments)
        if arguments.keep:
            _stay(app, Path(folder), trace_id)
        else:
            out.print(
                "\nThat was it; the temporary folder is gone. `assay demo --keep` stays up so that you can look around,",
                markup=False,
            )
            out.print("`assay serve` is the real thing.", markup=False)
    return 0


def _config(folder: Path) -> Config:
    """Free ports, a folder that goes away, and settling that does not keep anybody waiting."""
    return load_config(
        flags={
            "store.dsn": f"chdb://{folder / 'store'}",
            "receiver.grpc.port": 0,
            "receiver.http.port": 0,
            "door.port": 0,
            "settle.quiet_seconds": 1.0,
            "settle.every_seconds": 0.5,
            "settle.rollup_every_seconds": 2.0,
            "log_level": "error",
        }
    ).config


def _send(app: Running, arguments: Namespace, clock: Clock) -> int:
    made = demo(seed=arguments.seed, traces=arguments.traces, until_ns=clock.now_ns())
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TextColumn("traces"))
    err = Console(stderr=True)
    if not err.is_terminal:
        sys.stderr.write(f"sending {arguments.traces} traces ...\n")
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("sending", total=arguments.traces)
        return send(
            made,
            endpoints=(f"grpc://127.0.0.1:{app.grpc_port}", f"http://127.0.0.1:{app.http_port}"),
            token="",
            clock=clock,
            sent=lambda traces, _: progress.update(task, advance=traces),
        )


def _wait_until_settled(store: Store, clock: Clock) -> None:
    """Until settling has seen everything, so that parents that repeat their children are marked."""
    never = threading.Event()
    deadline = clock.monotonic() + SETTLE_SECONDS
    while clock.monotonic() < deadline:
        if store.rows(query("is_settled"))[0]["settled"]:
            return
        clock.wait(never, POLL_SECONDS)


def _judge(store: Store, config: Config, clock: Clock) -> None:
    """Let the offline judges look at all that has settled, as `assay serve --with-scorer` does while it runs."""
    scorer = Scorer(store, config, clock)
    while sum(one.drawn for one in scorer.round()):
        pass
    scorer.stop(0)


def _import_labels(store: Store, config: Config, clock: Clock, arguments: Namespace) -> None:
    """What the labels that come with Assay say of the judges. They are about the traffic of one seed."""
    out = console()
    out.print(f"\n$ assay label --import {_short(LABELS)}", style="bold", markup=False)
    if (arguments.seed, arguments.traces) != (DEMO_SEED, DEMO_TRACES):
        out.print(
            f"These labels are about `assay demo --seed {DEMO_SEED} --traces {DEMO_TRACES}`, not about this traffic.",
            markup=False,
        )
        return
    now_ms = clock.now_ns() // 1_000_000
    imported = import_file(store, str(LABELS), judges_of(config.judges), Defaults("default", "", "", "", now_ms))
    print_imported(*imported)
    out.print(
        "They stand in for people: they follow from what the simulator put into each trace, not from what judges or checks say.",
        style="dim",
        markup=False,
    )
    calibrate_now(store, config, clock)
    gates, asked = agreements(store), Asked(_begin(clock))
    out.print("\n$ assay quality", style="bold", markup=False)
    print_quality(quality(store, asked), "", gates, corrected(store, asked))
    out.print()
    print_agreement([row for row in gates if not row["judge_id"].startswith(CHECK)])


def _short(file: Path) -> str:
    """The file as it is named from here."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _interesting(store: Store, clock: Clock) -> str:
    """An example of the incident: a prompt version whose searches miss the page; else the slowest trace that failed."""
    failed = failures_since(store, _begin(clock), service=INCIDENT)
    for row in failed:
        if str(row["label"]).startswith(("retrieval_miss", "coverage_gap", "unsupported_generation")):
            return str(row["examples"][0])
    asked: dict[str, Any] = {
        "request": "", "user": "", "conversation": "", "model": "", "label_key": "", "label_value": "", "slow_ms": 0.0,
        "expensive_usd": 0.0, "errors_only": 0, "workspace": "", "limit": 1, "since": _begin(clock), "service": "", "words": "",
    }  # fmt: skip
    found = store.rows(query("find_traces"), asked)
    if not found:
        raise NotFound("The demo's traces cannot be found in its own store.")
    return str(found[0]["trace_id"])


def _begin(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.now_ns() / 1e9, UTC) - timedelta(hours=DEMO_HOURS + 1)


def _top_of(by: str) -> Namespace:
    return Namespace(by=by, workspace="", service="", stage="generation", min_spans=1, sort="p99", limit=12)


def _stay(app: Running, folder: Path, trace_id: str) -> None:
    """Say where everything is, and wait for Ctrl-C."""
    out = console()
    dsn = f"--dsn chdb://{folder / 'store'}"
    lines = [
        "", *places(app, _config(folder)), "",
        "In another terminal:", "",
        f"  assay find {dsn} --error",
        f"  assay trace {dsn} {trace_id}",
        f"  assay top {dsn} --by service,stage --stage all",
        f"  assay doctor {dsn}",
        f"  assay label {dsn} --dimension relevance",
        f"  curl {app.door_url} --data-binary 'SHOW TABLES'",
        "", "Ctrl-C ends it and removes the folder.",
    ]  # fmt: skip
    for line in lines:
        out.print(line, markup=False)
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        out.print("Ending.", markup=False)
