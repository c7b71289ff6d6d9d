"""`assay quality`: how good the answers were, as far as judges can tell."""

import math
import sys
from argparse import Namespace
from difflib import get_close_matches
from typing import Any

from assay.cli.connect import reading
from assay.cli.output import console, print_json, print_table, since
from assay.clock import SystemClock
from assay.errors import ConfigError
from assay.scorer.quality import BAD_BELOW, PARTS, Quality, quality
from assay.stats.estimate import Estimate


def run_quality(arguments: Namespace) -> int:
    """Rates and means of all traffic by judge and cohort, with 95 % intervals."""
    by, key = _part(arguments.by)
    with reading(arguments) as store:
        found = quality(
            store,
            since(arguments.since, SystemClock().now_ns()),
            by=by,
            cohort_key=key,
            workspace=arguments.workspace,
            judge=arguments.judge,
            dimension=arguments.dimension,
        )
    if arguments.json:
        print_json([_plain(one) for one in found])
    elif found:
        print_quality(found, arguments.by)
    else:
        sys.stderr.write(f"No verdicts since {arguments.since} fit. Look further back with --since 30d.\n")
    return 0 if found else 1


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


def _plain(one: Quality) -> dict[str, Any]:
    return one._asdict() | {"bad": one.bad._asdict(), "mean": one.mean._asdict()}


def print_quality(found: list[Quality], by: str) -> None:
    """The table for a person."""
    print_table(
        [
            {"judge": f"{one.judge_id}@{one.judge_version}", "dimension": one.dimension}
            | ({by: one.part or "–"} if by else {})
            | {
                "judged": one.bad.items,
                "of about": "–" if not one.bad.items else f"{one.bad.population:,.0f}",
                "bad": _shown(one.bad, percent=True),
                "mean score": _shown(one.mean, percent=False),
                "no score": ", ".join(f"{many} {reason}" for reason, many in one.unscored.items()) or "–",
            }
            for one in found
        ]
    )
    console().print(
        f"bad: a score below {BAD_BELOW:g}; in brackets the 95 % interval of what the judge would say of all traces. "
        "How far a judge agrees with people is not in it.",
        style="dim",
    )


def _shown(one: Estimate, *, percent: bool) -> str:
    if math.isnan(one.estimate):
        return "–"
    if percent:
        return f"{100 * one.estimate:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"
    return f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]"
