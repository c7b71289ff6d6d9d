"""How good the answers were, as far as judges can tell: rates and means of all traffic from the traces that judges saw.

    verdicts with their sampling probabilities ─► by judge version and cohort ─► Hájek estimates with intervals

Versions of a judge are never averaged. A trace that was drawn and has no score is counted by its reason, and is in no rate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from assay.scorer.calibrate import BAD_BELOW
from assay.stats.estimate import Estimate, hajek
from assay.stats.resample import Floats
from assay.store.store import Store, query

PARTS = ("service", "model", "prompt_version", "route", "release", "environment")
"""What estimates can be split by, besides one cohort label."""

Key = tuple[str, int, str, str]
"""Judge id, judge version, dimension, cohort."""


class Asked(NamedTuple):
    """Which verdicts are estimated from, and what splits them."""

    since: datetime
    by: str = ""
    """One of `PARTS`, or `cohort`; empty: nothing splits them."""
    cohort_key: str = ""
    """The label, where cohorts split them."""
    workspace: str = ""
    """This workspace only, as judge and dimension; empty: all."""
    judge: str = ""
    dimension: str = ""


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


def quality(store: Store, asked: Asked, *, seed: int = 0) -> list[Quality]:
    """Estimates by judge version and cohort, worst first within a judge.

    The truth of an estimate is what the judge would say of every settled trace since then. Raises `StoreUnavailable`.
    """
    found = [Quality(*key, *_estimates(rows, seed)) for key, rows in verdicts_by_key(store, asked).items()]
    return sorted(found, key=lambda one: (one.judge_id, one.judge_version, -np.nan_to_num(one.bad.estimate), one.part))


def verdicts_by_key(store: Store, asked: Asked) -> dict[Key, list[dict[str, Any]]]:
    """Rows of `quality_verdicts`, of which each stands for `many` alike."""
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in store.rows(query("quality_verdicts"), asked._asdict()):
        found.setdefault((row["judge_id"], row["judge_version"], row["dimension"], row["part"]), []).append(row)
    return found


def repeated(rows: Sequence[Mapping[str, Any]], many: Sequence[int]) -> tuple[Floats, Floats]:
    """Scores and sampling probabilities of traces: those of each row as often as `many` says."""
    values = [(row["score"], row["probability"]) for row in rows]
    found = np.repeat(np.array(values, float).reshape(-1, 2), many, axis=0)
    return found[:, 0], found[:, 1]


def _estimates(rows: list[dict[str, Any]], seed: int) -> tuple[Estimate, Estimate, dict[str, int]]:
    scored = [row for row in rows if row["score"] is not None]
    scores, chance = repeated(scored, [row["many"] for row in scored])
    reasons: Counter[str] = Counter()
    for row in rows:
        if row["score"] is None:
            reasons[row["unscored"]] += row["many"]
    return (
        hajek(scores < BAD_BELOW, chance, seed=seed),
        hajek(scores, chance, seed=seed),
        dict(sorted(reasons.items())),
    )
