"""`assay quality`: how good the answers were, as far as judges can tell, and how far people agree with those judges."""

import math
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from assay.checks.chosen import checks_of, trace_checks_of
from assay.cli.agreement import agreements, gate_words, print_agreement
from assay.cli.connect import configuration, reading, writing
from assay.cli.output import console, print_json, print_table, since
from assay.clock import Clock, SystemClock
from assay.config.model import Config
from assay.errors import ConfigError
from assay.scorer.calibrate import BAD_BELOW
from assay.scorer.calibration import calibration_round
from assay.scorer.corrected import Corrected, corrected
from assay.scorer.quality import PARTS, Asked, Key, Quality, quality
from assay.stats.correct import Powered
from assay.stats.estimate import Estimate
from assay.stats.resample import Interval
from assay.store.store import Store

ENOUGH_LABELS = 30
"""Labels of a cohort with which its own labels correct its rate; with fewer the judge's errors elsewhere do."""


def run_quality(arguments: Namespace) -> int:
    """Rates and means of all traffic by judge and cohort, with 95 % intervals; then agreement with people."""
    by, key = _part(arguments.by)
    narrowed = {"workspace": arguments.workspace, "judge": arguments.judge, "dimension": arguments.dimension}
    with writing(arguments) if arguments.calibrate else reading(arguments) as store:
        if arguments.calibrate:
            calibrate_now(store, configuration(arguments).config, SystemClock(), workspace=arguments.workspace)
        asked = Asked(since(arguments.since, SystemClock().now_ns()), by, key, **narrowed)
        found, without_error = quality(store, asked), corrected(store, asked)
        gates = agreements(store, **narrowed)
    if arguments.json:
        estimates = [_plain(one, gates, without_error) for one in found]
        print_json({"estimates": estimates, "agreement": gates})
        return 0 if found or gates else 1
    if found:
        print_quality(found, arguments.by, gates, without_error)
    else:
        sys.stderr.write(f"No verdicts since {arguments.since} fit. Look further back with --since 30d.\n")
    if gates:
        console().print()
        print_agreement(gates)
    return 0 if found or gates else 1


def calibrate_now(store: Store, config: Config, clock: Clock, *, workspace: str = "") -> None:
    """A round of calibration now, as the scorer does it every few minutes."""
    checks = {one.id: one.label for one in checks_of(config.checks)}
    checks |= {one.id: one.label for one in trace_checks_of(config.checks)}
    calibration_round(store, config.judges, clock, workspace=workspace, checks=checks)


def _part(text: str) -> tuple[str, str]:
    """What to split by, and the cohort label where it is one."""
    name, _, key = text.partition(":")
    if name == "cohort" and key:
        return name, key
    if key or name not in ("", *PARTS):
        near = get_close_matches(name, (*PARTS, "cohort"), 1)
        hint = f" Did you mean {near[0]}?" if near and near[0] != name else ""
        raise ConfigError(f"--by {text}: choose one of {', '.join(PARTS)}, or cohort:LABEL.{hint}")
    return name, ""


def _key(one: Quality) -> Key:
    return one.judge_id, one.judge_version, one.dimension, one.part


def _gate(one: Quality, gates: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The deciding gate of a judge version; of several workspaces, one that is not open."""
    mine = [
        row
        for row in gates
        if row["decides"] and (row["judge_id"], row["judge_version"], row["dimension"]) == _key(one)[:3]
    ]
    return min(mine, key=lambda row: row["may_alert"], default=None)


def _plain(one: Quality, gates: Sequence[Mapping[str, Any]], without_error: Mapping[Key, Corrected]) -> dict[str, Any]:
    gate, right = _gate(one, gates), without_error.get(_key(one))
    return one._asdict() | {
        "bad": one.bad._asdict(),
        "mean": one.mean._asdict(),
        "gate": gate["state"] if gate else "uncalibrated",
        "labels_needed": gate["labels_needed"] if gate else None,
        "corrected": right
        and {
            "source": right.source,
            "bad_rogan_gladen": right.bad._asdict(),
            "bad_prediction_powered": right.bad_powered._asdict() | {"labels_alone": right.bad_powered.labels_alone._asdict()},
            "mean_prediction_powered": right.mean_powered._asdict() | {"labels_alone": right.mean_powered.labels_alone._asdict()},
        },
    }  # fmt: skip


def print_quality(
    found: Sequence[Quality],
    by: str,
    gates: Sequence[Mapping[str, Any]] = (),
    without_error: Mapping[Key, Corrected] | None = None,
) -> None:
    """The table for a person. Without `gates` every judge is uncalibrated."""
    right = without_error or {}
    print_table(
        [
            {"judge": f"{one.judge_id}@{one.judge_version}", "dimension": one.dimension}
            | ({by: one.part or "–"} if by else {})
            | {
                "judged": one.bad.items,
                "of about": "–" if not one.bad.items else f"{one.bad.population:,.0f}",
                "bad": _shown(one.bad, percent=True),
            }
            | ({"bad, corrected": _without_error(right.get(_key(one)))} if right else {})
            | {
                "mean score": _shown(one.mean, percent=False),
                "no score": ", ".join(f"{many} {reason}" for reason, many in one.unscored.items()) or "–",
                "gate": gate_words(_gate(one, gates)),
            }
            for one in found
        ]
    )
    out = console()
    out.print(
        f"bad: a score below {BAD_BELOW:g}; in brackets the 95 % interval of what the judge would say of all traces. "
        + ("" if right else "How far a judge agrees with people is not in it."),
        style="dim",
    )
    if right:
        out.print(
            "bad, corrected: what people would say of all traces, by labels of the same traces, or by how often the judge erred elsewhere (*).",
            style="dim",
        )


def _without_error(one: Corrected | None) -> str:
    if one is None:
        return "–"
    if one.bad_powered.labels >= ENOUGH_LABELS:
        return _shown(one.bad_powered, percent=True)
    shown = _shown(one.bad, percent=True)
    return shown if shown == "–" else f"{shown} *"


def _shown(one: Estimate | Interval | Powered, *, percent: bool) -> str:
    if math.isnan(one.estimate):
        return "–"
    if percent:
        return f"{100 * one.estimate:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"
    return f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]"
