"""`assay label`: people say how good answers were, on a terminal or by file."""

import getpass
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from assay.checks.trace import Trace
from assay.cli.agreement import agreements, print_agreement
from assay.cli.connect import configuration, reading, writing
from assay.cli.output import print_json, since
from assay.cli.quality import calibrate_now
from assay.clock import DAY_NS, Clock, SystemClock
from assay.config.egress import egress_policy
from assay.config.model import Config
from assay.errors import ConfigError, OperatorMustFix
from assay.judges.case import Case, case_of, outgoing
from assay.judges.judge import Judge, judges_of
from assay.judges.rubric import dimensions, rubric
from assay.scorer.human_labels import (
    EPOCH,
    SOURCES,
    Place,
    Source,
    Written,
    read_labels,
    write_draws,
    write_labels,
)
from assay.scorer.label_files import Asked, Defaults, form_of, read, write, write_queue
from assay.scorer.label_queue import Drawn, candidates, draw, for_labeller
from assay.scorer.traces import Place as Spans
from assay.scorer.traces import Texts, load_traces
from assay.store.store import Store

USUAL_DIMENSION, USUAL_SINCE = "faithfulness", "7d"
INTERRUPTED = 130


def run_label(arguments: Namespace) -> int:
    """Import, export, write a queue, or walk through it."""
    config = configuration(arguments).config
    clock = SystemClock()
    if arguments.source not in ("", *SOURCES):
        raise ConfigError(f"--source {arguments.source}: choose one of {', '.join(SOURCES)}.")
    if arguments.export:
        return _export(arguments, clock)
    with writing(arguments) as store:
        if arguments.imported:
            return _import(arguments, config, store, clock)
        return _queue(arguments, config, store, clock) if arguments.queue else _walk(arguments, config, store, clock)


def import_file(store: Store, name: str, own: Sequence[Judge], defaults: Defaults) -> tuple[Written, int]:
    """Labels of a file into the store: what became of them, and how many lines nobody had labelled. Raises `OperatorMustFix`."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise OperatorMustFix(f"{name} cannot be read: {cause}. It must be a file in UTF-8.") from cause
    found = read(text, form_of(name), name, rubrics=dimensions(own), defaults=defaults)
    return write_labels(store, found.labels), found.empty


def print_imported(written: Written, empty: int) -> None:
    """What became of a file, for a person."""
    said = f"{written.new:,} new, {written.changed:,} changed, {written.unchanged:,} unchanged"
    here = written.new + written.changed + written.unchanged
    without = f"; {here - written.settled:,} of traces that are not in this store" if here > written.settled else ""
    more = f"; {empty:,} lines without a label were passed over" if empty else ""
    sys.stdout.write(f"Labels: {said}{without}{more}.\n")


def _import(arguments: Namespace, config: Config, store: Store, clock: Clock) -> int:
    defaults = Defaults(
        arguments.workspace or "default", arguments.dimension, arguments.source or "expert", _labeller(arguments),
        clock.now_ns() // 1_000_000,
    )  # fmt: skip
    written, empty = import_file(store, arguments.imported, judges_of(config.judges), defaults)
    calibrate_now(store, config, clock, workspace=arguments.workspace)
    said = agreements(store, workspace=arguments.workspace, dimension=arguments.dimension)
    if arguments.json:
        print_json(written._asdict() | {"empty": empty, "agreement": said})
        return 0
    print_imported(written, empty)
    print_agreement(said)
    return 0


def _export(arguments: Namespace, clock: Clock) -> int:
    moment = since(arguments.since, clock.now_ns()) if arguments.since else EPOCH
    with reading(arguments) as store:
        labels = read_labels(
            store, since=moment, workspace=arguments.workspace, dimension=arguments.dimension, source=arguments.source,
            labeller=arguments.labeller,
        )  # fmt: skip
    _save(arguments.export, write(labels, form_of(arguments.export)), len(labels), "labels", as_json=arguments.json)
    return 0 if labels else 1


def _queue(arguments: Namespace, config: Config, store: Store, clock: Clock) -> int:
    shown_by, _, drawn, _ = _drawn(arguments, config, store, clock)
    asked: list[Asked] = []
    kept_back = 0
    load = _loader(store, clock)
    for one in drawn:
        trace = load(one)
        case = case_of(trace, shown_by) if trace is not None else None
        if isinstance(case, Case):
            # A file goes to people elsewhere: the policy for judges elsewhere holds for it.
            case = outgoing(case, egress_policy(config.workspaces, one.workspace), sys.maxsize)
        if isinstance(case, Case) and case.inputs:
            asked.append(Asked(one.workspace, one.trace_id, case.inputs))
        else:
            kept_back += 1
    if kept_back:
        sys.stderr.write(
            f"{kept_back} traces are not in it: they have no texts for it, or those must not leave (judges_get).\n"
        )
    text = write_queue(asked, shown_by, form_of(arguments.queue))
    _save(arguments.queue, text, len(asked), "traces to label", as_json=arguments.json)
    return 0


def _walk(arguments: Namespace, config: Config, store: Store, clock: Clock) -> int:
    if arguments.json:
        raise ConfigError("--json goes with --import, --export and --queue: a session is for a person.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "A session needs a terminal, and there is none here. Label elsewhere: --queue FILE, then --import FILE."
        )
    # Only a session needs a terminal; these are not on every system.
    from assay.cli.label_session import Session, label_on_terminal  # noqa: PLC0415

    shown_by, judge, drawn, done = _drawn(arguments, config, store, clock)
    session = Session(
        store, clock, shown_by, _labeller(arguments), _source(arguments), judge, arguments.again, _loader(store, clock), drawn, done
    )  # fmt: skip
    interrupted = is_finished = False
    try:
        is_finished = label_on_terminal(session, Console(highlight=False))
    except KeyboardInterrupt:
        interrupted = True
    left = sum(one.place not in session.said for one in drawn) - len(session.gone)
    said = f"{len(session.said)} stored, {left} left."
    if session.gone:
        said += f" {len(session.gone)} had no texts to show."
    if left and not is_finished:
        said += " The same command goes on here."
    elif not drawn:
        said = f"Nothing is left to label: {done} done. More with a larger --count, or another --dimension."
    sys.stdout.write(f"\n{said}\n")
    if session.said and not interrupted:
        calibrate_now(store, config, clock, workspace=arguments.workspace)
        print_agreement(agreements(store, workspace=arguments.workspace, dimension=shown_by.dimension))
    return INTERRUPTED if interrupted else 0


def _drawn(arguments: Namespace, config: Config, store: Store, clock: Clock) -> tuple[Judge, str, list[Drawn], int]:
    """Whose levels are shown, from whose verdicts was drawn, what is left for the labeller, and how many they have done of it."""
    if not 0 <= arguments.again <= 1 or arguments.count < 1:
        raise ConfigError("--again is a share from 0 to 1, and --count at least 1.")
    own = judges_of(config.judges)
    dimension = arguments.dimension or _dimension_of(arguments.judge, own) or USUAL_DIMENSION
    shown_by = rubric(dimension, own)
    moment = since(arguments.since or USUAL_SINCE, clock.now_ns())
    judge, found = candidates(store, dimension, since=moment, workspace=arguments.workspace, judge=arguments.judge)
    drawn = draw(found, dimension, arguments.count)
    write_draws(store, [(one.workspace, one.trace_id, dimension, judge, one.probability) for one in drawn])
    said: dict[Place, set[str]] = {}
    for label in read_labels(store, dimension=dimension, source=_source(arguments), workspace=arguments.workspace):
        said.setdefault((label.workspace, label.trace_id), set()).add(label.labeller)
    labeller = _labeller(arguments)
    left = for_labeller(drawn, said, labeller, again=arguments.again, dimension=dimension)
    return shown_by, judge, left, sum(labeller in said.get(one.place, ()) for one in drawn)


def _dimension_of(judge: str, own: Sequence[Judge]) -> str:
    return next((one.dimension for one in own if one.id == judge), "")


def _loader(store: Store, clock: Clock) -> Callable[[Drawn], Trace | None]:
    texts = Texts()

    def load(one: Drawn) -> Trace | None:
        spans = Spans(one.workspace, one.trace_id, one.start_ns, one.start_ns + DAY_NS)
        return load_traces(store, texts, [spans], clock.now_ns()).get(one.place)

    return load


def _source(arguments: Namespace) -> Source:
    return next((one for one in SOURCES if one == arguments.source), "expert")


def _labeller(arguments: Namespace) -> str:
    try:
        return str(arguments.labeller) or getpass.getuser()
    except (OSError, KeyError, ImportError) as cause:
        raise ConfigError("Nobody knows who you are here: say so with --labeller NAME.") from cause


def _save(name: str, text: str, many: int, what: str, *, as_json: bool) -> None:
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        Path(name).write_bytes(text.encode("utf-8"))
    except OSError as cause:
        raise OperatorMustFix(f"{name} cannot be written: {cause}.") from cause
    if as_json:
        print_json({"file": name, "lines": many})
    else:
        sys.stdout.write(f"{many:,} {what} in {name}.\n")
