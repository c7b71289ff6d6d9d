"""Rates and means without the judge's own error, where people rated some of the traces.

    verdicts of a period + labels ─► by judge version and cohort ─► Rogan and Gladen's rate, prediction-powered rate and mean

Rogan and Gladen's rests on every trace that the judge version and people rated, whenever that was; the prediction-powered ones on
those of the period and cohort, whose labels must have been drawn (`assay label` does), not picked. Labels of one source count: those of
experts where there are any, else of experts who saw the verdict, else of end users.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.scorer.calibrate import BAD_BELOW
from assay.scorer.calibration import Pair, pairs_of
from assay.scorer.quality import Asked, Key, repeated, verdicts_by_key
from assay.scorer.ratings import Rater, Ratings, Score, ratings
from assay.stats.correct import Powered, prediction_powered, rogan_gladen
from assay.stats.resample import Interval
from assay.store.store import Store, query

SOURCES = ("expert", "corrected", "end_user")
"""Whose labels count, the best first."""


class Corrected(NamedTuple):
    """What people would say of one cohort, as far as one judge version and the labels tell."""

    source: str
    bad: Interval
    """Rate of bad answers by Rogan and Gladen; NaN where the judge's error is unknown or it is no better than chance."""
    bad_powered: Powered
    """The same by prediction-powered inference; NaN without labels in the cohort."""
    mean_powered: Powered
    """Mean rating by prediction-powered inference."""


class _Labelled(NamedTuple):
    """A judged trace of the period that people rated."""

    score: float
    probability: float
    pair: Pair


def corrected(store: Store, asked: Asked, *, seed: int = 0) -> dict[Key, Corrected]:
    """By judge version and cohort, for those with scores and labels. Raises `StoreUnavailable`."""
    said = ratings(store, {}, workspace=asked.workspace)
    if not said.people:
        return {}
    pairs = _pairs(said)
    labelled: dict[Key, list[_Labelled]] = {}
    for row in store.rows(query("quality_labelled"), asked._asdict()):
        rater = Rater(row["workspace"], row["judge_id"], row["judge_version"], row["dimension"])
        pair = pairs.get(rater[1:], ("", {}))[1].get((row["workspace"], row["trace_id"]))
        if pair is not None:
            labelled.setdefault((*rater[1:], row["part"]), []).append(_Labelled(row["score"], row["probability"], pair))
    return {
        key: _corrected(scored, labelled.get(key, ()), *pairs[key[:3]], seed=seed)
        for key, rows in sorted(verdicts_by_key(store, asked).items())
        if key[:3] in pairs and (scored := [row for row in rows if row["score"] is not None])
    }


def _pairs(said: Ratings) -> dict[tuple[str, int, str], tuple[str, dict[tuple[str, str], Pair]]]:
    """By judge version and dimension: the source that counts, and what it and the judge said by workspace and trace."""
    scores: dict[Rater, dict[str, Score]] = {}
    for rater, told in said.scores.items():
        for each in told.values():
            scores.setdefault(rater, {}).update(each)
    found: dict[tuple[str, int, str], tuple[str, dict[tuple[str, str], Pair]]] = {}
    for source in SOURCES:
        mine: dict[tuple[str, int, str], dict[tuple[str, str], Pair]] = {}
        for rater, each in scores.items():
            for pair in pairs_of(said.labels(rater, each), each, source):
                mine.setdefault(rater[1:], {})[rater.workspace, pair.item] = pair
        found |= {key: (source, pairs) for key, pairs in mine.items() if key not in found}
    return found


def _corrected(
    judged: Sequence[Mapping[str, Any]],
    labelled: Sequence[_Labelled],
    source: str,
    pairs: Mapping[tuple[str, str], Pair],
    *,
    seed: int,
) -> Corrected:
    score, chance = repeated(judged, [row["many"] for row in judged])
    known = list(pairs.values())
    rate = rogan_gladen(
        score < BAD_BELOW,
        chance,
        human=[one.is_bad for one in known],
        judge=[one.judge < BAD_BELOW for one in known],
        weights=[one.weight for one in known],
        label_clusters=[one.conversation for one in known],
        seed=seed,
    )
    # Judged items that nobody rated, then those that people did.
    rated = Counter((one.score, one.probability) for one in labelled)
    rest = [max(0, row["many"] - rated[row["score"], row["probability"]]) for row in judged]
    unrated, chance_unrated = repeated(judged, rest)
    scores = np.concatenate((unrated, [one.score for one in labelled]))
    chances = np.concatenate((chance_unrated, [one.probability for one in labelled]))
    nobody = np.full(len(unrated), np.nan)
    asked = np.concatenate(
        (np.ones(len(unrated)), [min(1.0, 1 / (one.pair.weight * one.probability)) for one in labelled])
    )

    def powered(said: np.ndarray[Any, Any], people: Sequence[float]) -> Powered:
        human = np.concatenate((nobody, np.asarray(people, float)))
        return prediction_powered(said, chances, human=human, label_probabilities=asked, seed=seed)

    return Corrected(
        source,
        rate,
        powered(scores < BAD_BELOW, [float(one.pair.is_bad) for one in labelled]),
        powered(scores, [one.pair.human for one in labelled]),
    )
