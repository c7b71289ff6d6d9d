"""`assay export` makes regression sets of traces, `assay replay` asks an application again and says what changed."""

import contextlib
import hashlib
import math
import shlex
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from assay import __version__
from assay.cli.connect import configuration, writing
from assay.cli.output import console, print_json, print_table, since
from assay.clock import SystemClock
from assay.config.model import Config
from assay.errors import ConfigError, NotFound
from assay.judges.item import version_of
from assay.scorer.dataset import (
    SCHEMA,
    Conditions,
    Header,
    ids_of,
    lines_of,
    make_items,
    read_set,
    score_condition,
    write_set,
)
from assay.scorer.panel import Panel, panel_of
from assay.scorer.replay import Application, Difference, by_command, by_url, compare, replay
from assay.store.store import Store, query

SHOWN_ERRORS = 5
RECENT = "7d"
"""How far back traces are looked for where neither they nor a time are named."""


def run_export(arguments: Namespace) -> int:
    """Write the traces that fit as a regression set."""
    config = configuration(arguments).config
    clock = SystemClock()
    dimension, compared, score = score_condition(arguments.score) if arguments.score else ("", "", 0.0)
    is_named = bool(arguments.ids or arguments.query)
    ever = datetime(1970, 1, 2, tzinfo=UTC)
    begin = ever if is_named and not arguments.since else since(arguments.since or RECENT, clock.now_ns())
    with writing(arguments) as store:
        ids = [one.strip().lower().replace("-", "") for one in arguments.ids]
        if arguments.query:
            ids += ids_of(store, sys.stdin.read() if arguments.query == "-" else arguments.query)
        conditions = Conditions(
            begin, arguments.workspace, ids if is_named else None, arguments.label, arguments.judge, dimension, compared, score,
            arguments.feedback, arguments.limit,
        )  # fmt: skip
        made = make_items(
            store, clock, conditions, config.workspaces, full=arguments.full,
            progress=lambda done, many: _say(f"{done:,} of {many:,} traces read"),
        )  # fmt: skip
    if len(made.items) + made.without_question >= arguments.limit:
        _say(f"There may be more: these are the newest {arguments.limit:,}. Ask for more with --limit.")
    if made.without_question:
        _say(
            f"{made.without_question:,} traces are left out: their question was not captured, has expired or was erased."
        )
    if not made.items:
        raise NotFound(
            "No trace fits. Look further back with --since 30d, or ask for less; `assay failures` and `assay quality` say what there is."
        )
    target = Path(arguments.out) if arguments.out not in ("", "-") else None
    header = Header(
        assay_dataset=SCHEMA, name=arguments.name or (target.stem if target else "regressions"), version=version_of(made.items),
        items=len(made.items), texts="full" if arguments.full else "redacted",
        made_at=datetime.fromtimestamp(clock.now_ns() // 1_000_000_000, UTC).isoformat(), made_by=_command(arguments), assay=__version__,
    )  # fmt: skip
    if target is None:
        for line in lines_of(header, made.items):
            sys.stdout.buffer.write(line)
        return 0
    write_set(target, header, made.items)
    corrected = sum(one.expected is not None for one in made.items)
    _say(f"{target}: {len(made.items):,} items, {corrected:,} with an expected answer, version {header.version}")
    return 0


def _command(arguments: Namespace) -> str:
    """What was asked for; not where the store is, which may hold a password."""
    words = ["assay", "export", *arguments.ids]
    for name in ("label", "score", "judge", "feedback", "query", "since", "workspace"):
        if value := getattr(arguments, name):
            words += [f"--{name}", value]
    words += ["--limit", str(arguments.limit), *(["--full"] if arguments.full else [])]
    return shlex.join(words)


def run_replay(arguments: Namespace) -> int:
    """Ask every item again, judge both answers, and say what changed; 1 with --fail-if-worse where it is worse."""
    config = configuration(arguments).config
    clock = SystemClock()
    dataset = read_set(Path(arguments.dataset))
    if dataset.version != dataset.header.version:
        _say(
            f"The items were edited since they were exported: this is version {dataset.version} of {dataset.header.name}."
        )
    application = _application(arguments)
    run = arguments.run or hashlib.blake2b(f"{clock.now_ns()} {dataset.version}".encode(), digest_size=6).hexdigest()
    with writing(arguments) as store, _panel(config, store, arguments.judge) as panel:
        _say(
            f"run {run}: {len(dataset.items):,} items of {dataset.header.name} {dataset.version}, {len(panel.seats)} judges"
        )
        asked = 0
        answers = replay(
            store, clock, dataset, application, panel.seats, config.workspaces, run=run, concurrency=arguments.concurrency,
            input_characters=config.judges.input_characters,
        )  # fmt: skip
        try:
            with contextlib.closing(answers):
                for asked, (item, error) in enumerate(answers, 1):
                    if error or asked % 10 == 0:
                        _say(f"{asked:,} asked; {item.id}: {error}" if error else f"{asked:,} asked")
        except KeyboardInterrupt:
            _say(f"Stopped; what is done is stored. Go on with the same command and --run {run}")
            raise
        panel.ledger.flush()
        rows = store.rows(query("replay_rows_of_run"), {"run": run, "dataset_version": dataset.version})
    found = compare(rows)
    failed = {row["item"]: row["error"] for row in rows if row["error"]}
    worse = [one for one in found if one.is_worse]
    if arguments.json:
        print_json(
            {
                "run": run, "dataset": dataset.header.name, "dataset_version": dataset.version, "items": len(dataset.items),
                "asked": asked, "failed": failed, "worse": [f"{one.judge_id}@{one.judge_version}" for one in worse],
                "judges": [one._asdict() | {"difference": one.difference._asdict()} for one in found],
            }
        )  # fmt: skip
    else:
        _print(found, failed)
    is_unproved = all(one.items == 0 for one in found)
    return 1 if arguments.fail_if_worse and (worse or failed or is_unproved) else 0


def _application(arguments: Namespace) -> Application:
    if arguments.command:
        return by_command(arguments.command, timeout_seconds=arguments.timeout, shell=arguments.shell)
    return by_url(arguments.url, timeout_seconds=arguments.timeout)


@contextlib.contextmanager
def _panel(config: Config, store: Store, judge: str) -> Iterator[Panel]:
    if judge:
        config = config.model_copy(
            update={"judges": config.judges.model_copy(update={"enabled": (judge,), "disabled": ()})}
        )
    panel = panel_of(config, store, SystemClock(), threading.Event())
    try:
        if not panel.seats:
            raise ConfigError(
                "No judge runs. Look at judges.enabled, judges.anthropic.api_key_file and judges.openai.base_url."
            )
        yield panel
    finally:
        for client in panel.clients:
            client.close()


def _print(found: list[Difference], failed: dict[str, str]) -> None:
    print_table(
        [
            {
                "judge": f"{one.judge_id}@{one.judge_version}", "dimension": one.dimension, "items": one.items,
                "before": _number(one.before), "after": _number(one.after), "difference": _difference(one), "better": one.better,
                "worse": one.worse, "no score": one.unscored,
                "levels": ", ".join(f"{level} {before} → {after}" for level, (before, after) in one.levels.items()), "": "WORSE" if one.is_worse else "",
            }
            for one in found
        ]
    )  # fmt: skip
    out = console()
    out.print(
        "difference: mean of the new scores less the old ones on the same items, in brackets its 95 % interval over conversations. How far "
        "a judge agrees with people is not in it.", style="dim",
    )  # fmt: skip
    for item, error in list(failed.items())[:SHOWN_ERRORS]:
        out.print(f"{item}: {error}", style="red")
    if len(failed) > SHOWN_ERRORS:
        out.print(f"… and {len(failed) - SHOWN_ERRORS:,} more items without a new answer", style="red")


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _difference(one: Difference) -> str:
    if math.isnan(one.difference.estimate):
        return "–"
    ends = (one.difference.low, one.difference.high)
    return f"{one.difference.estimate:+.3f} " + (
        "[too few]" if any(math.isnan(end) for end in ends) else f"[{ends[0]:+.3f}, {ends[1]:+.3f}]"
    )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
