"""How good the answers were, as far as judges can tell: rates and means of all traffic from the traces that judges saw.

    verdicts with their sampling probabilities ─► by judge version and cohort ─► Hájek estimates with intervals

Versions of a judge are never averaged. A trace that was drawn and has no score is counted by its reason, and is in no rate.
"""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from assay.stats.estimate import Estimate, hajek
from assay.store.store import Store, query

BAD_BELOW = 0.5
"""A score below this counts as bad."""

PARTS = ("service", "model", "prompt_version", "route", "release", "environment")
"""What estimates can be split by, besides one cohort label."""


class Quality(NamedTuple):
    """What one judge version says of one cohort."""

    judge_id: str
    judge_version: int
    dimension: str
    part: str
    """The cohort; empty where nothing was asked for, or where the trace does not say."""
    bad: Estimate
    """Rate of scores below `BAD_BELOW`."""
    mean: Estimate
    """Mean score."""
    unscored: dict[str, int]
    """Traces that were drawn and have no score, by reason."""


def quality(
    store: Store,
    since: datetime,
    *,
    by: str = "",
    cohort_key: str = "",
    workspace: str = "",
    judge: str = "",
    dimension: str = "",
    seed: int = 0,
) -> list[Quality]:
    """Estimates by judge version and cohort, worst first within a judge. `by` is one of `PARTS`, or `cohort`.

    The truth of an estimate is what the judge would say of every settled trace since then. Raises `StoreUnavailable`.
    """
    asked = {
        "since": since,
        "by": by,
        "cohort_key": cohort_key,
        "workspace": workspace,
        "judge": judge,
        "dimension": dimension,
    }
    rows = store.rows(query("quality_verdicts"), asked)
    grouped: dict[tuple[str, int, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row["judge_id"], row["judge_version"], row["dimension"], row["part"]), []).append(row)
    found = [Quality(*key, *_estimates(each, seed)) for key, each in grouped.items()]
    return sorted(found, key=lambda one: (one.judge_id, one.judge_version, -np.nan_to_num(one.bad.estimate), one.part))


def _estimates(rows: list[dict[str, Any]], seed: int) -> tuple[Estimate, Estimate, dict[str, int]]:
    scored = [row for row in rows if row["score"] is not None]
    many = [row["many"] for row in scored]
    scores = np.repeat(np.array([row["score"] for row in scored], float), many)
    chance = np.repeat(np.array([row["probability"] for row in scored], float), many)
    reasons: Counter[str] = Counter()
    for row in rows:
        if row["score"] is None:
            reasons[row["unscored"]] += row["many"]
    return (
        hajek(scores < BAD_BELOW, chance, seed=seed),
        hajek(scores, chance, seed=seed),
        dict(sorted(reasons.items())),
    )
