"""Rates and means of a population from a sample in which every item had its own, known chance to be drawn.

    values in [0, 1], inclusion probabilities ─► the population's mean, its interval, by cohort

The estimate is Hájek's: Σ y/π / Σ 1/π (Hájek 1971; Särndal, Swensson and Wretman 1992, section 5.7). Items are drawn
independently of each other (Poisson sampling), so a cohort is estimated from its own items alone.

The interval is that of `resample.py`, with (1 - π) of each item's variance, and with half an effective item at either end
of the scale. A rate of rare failures rests on the few that carried no other sign and therefore stand for many traces each;
there a symmetric interval misses the truth twice as often as it says.
"""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.stats.resample import (
    DRAWS,
    Floats,
    between,
    effective,
    few,
    floats,
    multipliers,
    typical,
    units,
)

PRIOR = 0.5
"""Effective items that replicates add at 0 and at 1, for values that are 0 or 1; fewer for what varies less."""


class Estimate(NamedTuple):
    """A mean of a population, with its interval. NaN without items."""

    estimate: float
    low: float
    high: float
    items: int
    effective: float
    """Items of equal weight that would say as much (Kish)."""
    population: float
    """How many items the sample stands for: Σ 1/π."""


def hajek(
    values: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    seed: int,
    draws: int = DRAWS,
) -> Estimate:
    """Mean of a population of values in [0, 1]; a rate where they are 0 or 1.

    Without `clusters` the truth is the mean of exactly the population that was sampled, and an item with probability 1 adds
    no uncertainty. With them (conversations), it is the mean of the process that makes such conversations.
    """
    value, probability = _checked(values, probabilities)
    weights = 1 / probability
    drawn = replicated_mean(value, probability, clusters=clusters, rng=np.random.default_rng(seed), draws=draws)
    interval = between(unbiased_mean(value, probability), drawn)
    return Estimate(*interval, items=len(value), effective=effective(weights), population=float(weights.sum()))


def by_cohort(
    values: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    cohorts: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    seed: int,
    draws: int = DRAWS,
) -> dict[Hashable, Estimate]:
    """`hajek` of each cohort, by its label, in the labels' order. The interval does not depend on the other cohorts."""
    value, probability = _checked(values, probabilities)
    label = np.asarray(cohorts)
    group = None if clusters is None else np.asarray(clusters)
    found: dict[Hashable, Estimate] = {}
    for one in np.unique(label):
        mine = label == one
        found[one.item()] = hajek(
            value[mine],
            probability[mine],
            clusters=None if group is None else group[mine],
            seed=seed,
            draws=draws,
        )
    return found


def mean(values: Floats, weights: Floats) -> float:
    """Weighted mean; NaN without weight."""
    total = float(weights.sum())
    return float(weights @ values) / total if total else float("nan")


def unbiased_mean(values: Floats, probabilities: Floats) -> float:
    """The weighted mean less its bias as a ratio, -Σ (1-π)/π² (y - mean) / (Σ 1/π)², which vanishes with 1 / n.

    Tin's correction (1965, https://doi.org/10.1080/01621459.1965.10480792) for Poisson sampling.
    """
    weights = 1 / probabilities
    middle = mean(values, weights)
    if not np.isfinite(middle):
        return middle
    shift = float((weights * (weights - 1)) @ (values - middle)) / float(weights.sum()) ** 2
    return min(1.0, max(0.0, middle + shift))


def replicated_mean(
    values: Floats,
    probabilities: Floats,
    *,
    clusters: npt.ArrayLike | None = None,
    finite: bool = True,
    rng: np.random.Generator,
    draws: int,
) -> Floats:
    """The weighted mean under replicated weights; NaN without items. `finite`: of the very population that was sampled."""
    weights = 1 / probabilities
    middle = mean(values, weights)
    if not np.isfinite(middle):
        return np.full(draws, np.nan)
    share = two_ended(values, weights)
    # What the ends of the scale do for rates, Student's t does for values that vary around a middle.
    unsampled = 1 - probabilities if finite and clusters is None else np.ones(len(weights))
    spread = unsampled * few(effective(weights)) ** (1 - share)
    apart = units(np.column_stack((weights, weights * values)), clusters, spread)
    sums = np.zeros((draws, 2))
    for part, drawn in multipliers(apart.many, apart.spread, draws=draws, rng=rng):
        sums[part] = drawn @ apart.columns
    shape = max(PRIOR * share * mean(unsampled, weights), _NOTHING)
    low, high = rng.standard_gamma(shape, (2, draws)) * typical(weights, clusters)
    return np.asarray((sums[:, 1] + high) / (sums[:, 0] + low + high))


def two_ended(values: Floats, weights: Floats) -> float:
    """1 where all values are 0 or 1, towards 0 the less they vary: variance / (mean (1 - mean))."""
    middle = mean(values, weights)
    room = middle * (1 - middle)
    return min(1.0, mean((values - middle) ** 2, weights) / room) if room > 0 else 1.0


_NOTHING = 1e-12
"""A shape of a gamma that stands for none."""


def _checked(values: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[Floats, Floats]:
    value, probability = floats(values, probabilities)
    if ((probability <= 0) | (probability > 1)).any():
        raise ValueError("an inclusion probability is above 0 and at most 1")
    if ((value < 0) | (value > 1)).any():
        raise ValueError("a value is between 0 and 1")
    return value, probability
