"""Rates and means without the judge's own error, from items that people rated too.

    judged sample + ratings by people ─► what people would have said of the whole population, with an interval

Two ways. Rogan and Gladen's needs the judge's sensitivity and specificity, from any labelled items, also of other weeks,
as long as the judge errs alike there. The prediction-powered one needs labelled items drawn from the population itself
and then holds whatever the judge does: a bad judge only makes the interval as wide as that of the labels alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.stats.agreement import BINARY, PRIOR, ratings, replicated
from assay.stats.estimate import mean, replicated_mean, two_ended
from assay.stats.resample import (
    DRAWS,
    LEVEL,
    Floats,
    Interval,
    between,
    effective,
    few,
    floats,
    multipliers,
    typical,
    units,
)


def rogan_gladen(
    verdicts: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    label_clusters: npt.ArrayLike | None = None,
    seed: int,
    draws: int = DRAWS,
) -> Interval:
    """(p + specificity - 1) / (sensitivity + specificity - 1): https://doi.org/10.1093/oxfordjournals.aje.a112510

    `verdicts` (0 or 1) and `probabilities` are the judged sample; `human` and `judge` rate the same other items, weighted by
    `weights`. The interval carries the uncertainty of all three numbers. NaN where sensitivity or specificity is unknown or
    the judge is no better than chance; an interval that reaches there is as wide as 0 to 1.
    """
    verdict, probability = floats(verdicts, probabilities)
    rated = ratings(human, judge, levels=(0.0, 1.0))
    weight = np.ones(len(rated.first)) if weights is None else floats(rated.first, weights)[1]
    wanted = {name: BINARY[name] for name in ("sensitivity", "specificity")}
    found, spared = (float(one(rated, weight)) for one in wanted.values())
    estimate = float(_corrected(np.array(mean(verdict, 1 / probability)), np.array(found), np.array(spared)))
    seeds = np.random.SeedSequence(seed).generate_state(2)
    drawn = replicated(rated, weight, wanted, scale="binary", clusters=label_clusters, seed=int(seeds[0]), draws=draws)
    # Sensitivity and specificity are the judge's in general, so what it said of this population is a sample of that.
    apparent = replicated_mean(
        verdict, probability, clusters=clusters, finite=False, rng=np.random.default_rng(seeds[1]), draws=draws
    )
    skill = drawn["sensitivity"] + drawn["specificity"] - 1
    if np.quantile(skill, (1 - LEVEL) / 2) <= 0:
        return Interval(estimate, 0.0, 1.0) if np.isfinite(estimate) else between(estimate, skill)
    return between(estimate, _corrected(apparent, drawn["sensitivity"], drawn["specificity"]))


class Powered(NamedTuple):
    """A prediction-powered estimate."""

    estimate: float
    low: float
    high: float
    power: float
    """λ: how much of the judge is used; 0 is the labels alone."""
    labels: int
    labels_alone: Interval
    """What the labels say without the judge, for comparison."""


def prediction_powered(
    judged: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    human: npt.ArrayLike,
    label_probabilities: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    seed: int,
    draws: int = DRAWS,
) -> Powered:
    """PPI++: mean of human ratings + λ (mean of judged - mean of judged where people rated), λ of least variance.

    https://arxiv.org/abs/2311.01453. One entry per judged item in [0, 1]: its score, the probability that it was judged,
    the rating by people (NaN where there is none), and the probability that people rate it once it is judged. `labels` and
    judged items overlap, so both means share one replicate of the weights.
    """
    score, probability, rating, asked = floats(judged, probabilities, human, label_probabilities)
    labelled = np.isfinite(rating)
    if not labelled.any():
        nothing = Interval(float("nan"), float("nan"), float("nan"))
        return Powered(*nothing, power=0.0, labels=0, labels_alone=nothing)
    weights = 1 / probability
    label_weights = np.where(labelled, weights / asked, 0.0)
    truth = np.where(labelled, rating, 0.0)
    columns = np.column_stack((weights, weights * score, label_weights, label_weights * truth, label_weights * score))
    # People's ratings are few, and their number is what the interval hangs on.
    unlike = few(effective(label_weights)) ** (1 - two_ended(truth, label_weights))
    apart = units(columns, clusters, (1 - probability * np.where(labelled, asked, 0.0)) * unlike)
    rng = np.random.default_rng(seed)
    sums = np.zeros((draws, columns.shape[1]))
    for part, drawn in multipliers(apart.many, apart.spread, draws=draws, rng=rng):
        sums[part] = drawn @ apart.columns
    sums = sums + _corners(truth, label_weights, score, clusters, rng, draws)
    total = columns.sum(0)
    alone, shift = _parts(total)
    alones, shifts = _parts(sums)
    spread = float(np.var(shifts))
    # Beyond 1 the judge would be extrapolated, below 0 contradicted: neither helps with the few labels that there are.
    power = min(1.0, max(0.0, -float(np.cov(alones, shifts)[0, 1]) / spread)) if spread > 0 else 0.0
    estimate = float(np.clip(alone + power * shift, 0, 1))
    interval = between(estimate, np.clip(alones + power * shifts, 0, 1))
    return Powered(*interval, power=power, labels=int(labelled.sum()), labels_alone=between(float(alone), alones))


def _parts(sums: Floats) -> tuple[Floats, Floats]:
    """From the five sums: mean rating, and how far all judged items are from those that people rated."""
    everything, labelled = sums[..., 0], sums[..., 2]
    return sums[..., 3] / labelled, sums[..., 1] / everything - sums[..., 4] / labelled


def _corners(
    truth: Floats,
    weights: Floats,
    score: Floats,
    clusters: npt.ArrayLike | None,
    rng: np.random.Generator,
    draws: int,
) -> Floats:
    """Half an effective labelled item for each way in which people and judge can be of one or of two minds."""
    share = two_ended(truth, weights) * two_ended(score, weights)
    unit = typical(weights, clusters)
    both, person, machine, none = rng.standard_gamma(max(PRIOR * share, 1e-12), (4, draws)) * unit
    zero = np.zeros(draws)
    return np.stack((zero, zero, both + person + machine + none, both + person, both + machine), axis=1)


def _corrected(apparent: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    skill = sensitivity + specificity - 1
    useful = skill > 0
    return np.where(useful, np.clip((apparent + specificity - 1) / np.where(useful, skill, 1.0), 0, 1), np.nan)
