"""Changes to what is stored: `migrate`, `remap`, `check`, `erase`."""

import sys
from argparse import Namespace

from assay.checks.chosen import checks_of, trace_checks_of
from assay.cli.connect import configuration, writing
from assay.cli.output import print_json, since
from assay.clock import SystemClock
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from assay.scorer.erase import By, erase
from assay.scorer.remap import Remapped, remap
from assay.scorer.settle import drain
from assay.store.migrate import migrate
from assay.store.write import Writer


def run_migrate(arguments: Namespace) -> int:
    """Bring the schema to what this release needs."""
    settings = configuration(arguments).config.store
    with writing(arguments) as store:
        ran = migrate(store, settings)
        place = str(store.dsn)
    if arguments.json:
        print_json({"store": place, "ran": ran})
    else:
        sys.stdout.write(f"{place}: " + (f"ran {', '.join(ran)}.\n" if ran else "already up to date.\n"))
    return 0


def run_remap(arguments: Namespace) -> int:
    """Apply this release's dialect tables to stored spans, an hour at a time; interrupted, it can be started again."""
    loaded = configuration(arguments)
    config, checks = loaded.config, checks_of(loaded.config.checks, loaded.where)
    clock = SystemClock()
    moment = since(arguments.since, clock.now_ns())
    spans = hours = 0
    with writing(arguments) as store:
        decoder = Decoder(config.mapping, config.prices)
        for done in remap(
            store, Writer(store, clock), decoder, since=moment, every_span=arguments.every_span, checks=checks
        ):
            spans, hours = spans + done.spans, hours + 1
            _show(done, arguments)
    if arguments.json:
        print_json({"spans": spans, "hours": hours})
    else:
        sys.stdout.write(
            f"{spans:,} spans mapped anew.\n" if spans else "Every span is mapped by this release's tables.\n"
        )
    return 0


def _show(done: Remapped, arguments: Namespace) -> None:
    """Progress, to a person."""
    if not arguments.json:
        sys.stderr.write(f"{done.hour:%Y-%m-%d %H:%M} UTC: {done.spans:,} spans, {done.hours_left} hours left\n")


def run_check_again(arguments: Namespace) -> int:
    """Label stored spans again, an hour at a time, the oldest first, then their traces; a repetition changes nothing."""
    loaded = configuration(arguments)
    config, checks = loaded.config, checks_of(loaded.config.checks, loaded.where)
    clock = SystemClock()
    moment = since(arguments.since, clock.now_ns())
    spans = 0
    with writing(arguments) as store:
        decoder, writer = Decoder(config.mapping, config.prices), Writer(store, clock)
        try:
            for done in remap(store, writer, decoder, since=moment, every_span=True, checks=checks):
                spans, moment = spans + done.spans, done.hour
                _show(done, arguments)
            # What was written touched its traces, so that the next rounds of settling look at them again.
            traces = sum(
                done.labelled for done in drain(store, writer, decoder, checks, trace_checks_of(config.checks))
            )
        except KeyboardInterrupt:
            sys.stderr.write(f"Stopped. Go on with: assay check --since {moment:%Y-%m-%dT%H:%M:%S}\n")
            return 130
    if arguments.json:
        print_json({"spans": spans, "traces": traces})
    else:
        sys.stdout.write(f"{spans:,} spans and {traces:,} traces checked again.\n")
    return 0


def run_erase(arguments: Namespace) -> int:
    """Erase everything of one user, conversation or trace."""
    named: tuple[tuple[By, str], ...] = (
        ("user", arguments.user),
        ("conversation", arguments.conversation),
        ("trace", arguments.trace.strip().lower().replace("-", "")),
    )
    by, value = next((by, value) for by, value in named if value)
    _confirm(f"Erase everything of {by} {value} in workspace {arguments.workspace}?", arguments)
    steps: dict[str, int] = {}
    with writing(arguments) as store:
        for done in erase(store, SystemClock(), workspace=arguments.workspace, by=by, value=value):
            steps[done.step] = done.rows
            if not arguments.json:
                sys.stderr.write(f"erased: {done.step}\n")
    spans = steps.get("rows of spans", 0)
    if arguments.json:
        print_json({"by": by, "spans": spans, "steps": steps})
    else:
        sys.stdout.write(f"{spans:,} spans of {by} {value} are gone, with their texts.\n")
    return 0


def _confirm(question: str, arguments: Namespace) -> None:
    """Ask a person on a terminal; without one, `--yes` must say so."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("Erasing cannot be undone: repeat the command with --yes.")
    sys.stderr.write(f"{question} This cannot be undone. Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise ConfigError("Nothing was erased.")
