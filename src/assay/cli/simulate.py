"""`assay simulate`: believable traffic with the truth beside it, into files or to an endpoint."""

import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from assay.cli.output import console, print_json
from assay.clock import Clock, SystemClock
from assay.errors import ConfigError
from assay.simulate.faults import FAULTS
from assay.simulate.files import truth_line, write_files
from assay.simulate.send import send
from assay.simulate.story import Told
from assay.simulate.traffic import labels_of, live, period


def run_simulate(arguments: Namespace) -> int:
    """Write files, or send to an endpoint; Ctrl-C ends it and says how far it came."""
    if arguments.list:
        faults = {label: list(dict.fromkeys(one.name for one in variants)) for label, variants in FAULTS.items()}
        if arguments.json:
            print_json(faults)
            return 0
        for label, names in faults.items():
            console().print(f"{label:45} {', '.join(names)}", markup=False, highlight=False)
        return 0
    if bool(arguments.out) == bool(arguments.endpoint):
        raise ConfigError("Say where to: --out FOLDER for files, or --endpoint URL to send.")
    labels = labels_of([word for word in arguments.faults.split(",") if word])
    clock = SystemClock()
    if arguments.out:
        told = period(seed=arguments.seed, traces=arguments.traces, until_ns=clock.now_ns(), hours=arguments.hours,
                      fault_rate=arguments.fault_rate, labels=labels, incidents=not arguments.faults)  # fmt: skip
        traces, faulty = write_files(told, Path(arguments.out), form=arguments.format)
        if arguments.json:
            print_json({"traces": traces, "faulty": faulty, "folder": arguments.out})
        else:
            console().print(
                f"{traces:,} traces, {faulty:,} of them faulty, in {arguments.out}; the truth is in truth.jsonl.",
                markup=False,
            )
        return 0
    return _send(arguments, labels, clock)


def _send(arguments: Namespace, labels: tuple[str, ...], clock: Clock) -> int:
    done = [0, 0]
    err = Console(stderr=True)
    columns = (
        TextColumn("{task.completed:,.0f} traces,"),
        TextColumn("{task.fields[spans]:,} spans sent"),
        TimeElapsedColumn(),
    )
    with ExitStack() as stack:
        truths = stack.enter_context(Path(arguments.truth).open("w", encoding="utf-8")) if arguments.truth else None
        progress = stack.enter_context(Progress(*columns, console=err, transient=True, disable=not err.is_terminal))
        task = progress.add_task("", total=None, spans=0)

        def sent(traces: int, spans: int) -> None:
            done[0], done[1] = done[0] + traces, done[1] + spans
            progress.update(task, advance=traces, spans=done[1])

        def requests() -> Iterator[ExportTraceServiceRequest]:
            for told in _told(arguments, labels, clock):
                if truths is not None:
                    truths.write(truth_line(told.truth) + "\n")
                yield told.request

        paced = arguments.rate > 0
        try:
            send(
                requests(),
                endpoints=[arguments.endpoint],
                token=arguments.token,
                clock=clock,
                sent=sent,
                group=1 if paced else 10,
            )
        except KeyboardInterrupt:
            sys.stderr.write("Ending.\n")
    if arguments.json:
        print_json({"traces": done[0], "spans": done[1], "endpoint": arguments.endpoint})
    else:
        console().print(f"{done[0]:,} traces with {done[1]:,} spans were taken by {arguments.endpoint}.", markup=False)
    return 0


def _told(arguments: Namespace, labels: tuple[str, ...], clock: Clock) -> Iterator[Told]:
    """Traces to send: a past period at once, or conversations that end now, at a rate."""
    if arguments.rate <= 0:
        yield from period(seed=arguments.seed, traces=arguments.traces, until_ns=clock.now_ns(), hours=arguments.hours,
                          fault_rate=arguments.fault_rate, labels=labels, incidents=not arguments.faults)  # fmt: skip
        return
    never, begin, number, told = threading.Event(), clock.monotonic(), 0, 0
    while not arguments.duration or clock.monotonic() - begin < arguments.duration:
        for one in live(
            seed=arguments.seed, number=number, at_ns=clock.now_ns(), fault_rate=arguments.fault_rate, labels=labels
        ):
            yield one
            told += 1
            clock.wait(never, max(0.0, begin + told / arguments.rate - clock.monotonic()))
        number += 1
