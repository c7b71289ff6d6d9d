"""How far two raters agree: a person and a judge, or two people.

    ratings of the same items, weights ─► coefficients, each with an interval

A coefficient is a pure function of the two ratings of each item and of the items' weights. `weights` may have leading axes
(replicates); the result has those axes. A weight counts like that many equal items, so integer weights give what repeating
the items gives, and weights 1 / π give the coefficient of the population that the items were sampled from.

What cannot be known is NaN: without items; sensitivity without a positive and specificity without a negative item; kappa
where both raters gave one and the same rating to everything (0 / 0); rank correlations where either rating is constant. MCC
is 0 where either rating is constant, as in scikit-learn: whoever always says the same says nothing. AC1 is then defined,
which is its point.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.stats.resample import (
    DRAWS,
    Floats,
    Ints,
    Units,
    between,
    cluster_codes,
    distinct,
    effective,
    few,
    floats,
    multipliers,
    typical,
    units,
)

Scale = Literal["binary", "graded"]
"""`binary`: ratings are 0 or 1. `graded`: ordered ratings, usually 0 to 1."""


class Ratings(NamedTuple):
    """Ratings of the same items by two raters, coded once."""

    first: Floats
    second: Floats
    levels: Floats
    """The ratings that can be given, ascending."""
    first_level: Ints
    second_level: Ints


class Agreement(NamedTuple):
    """One coefficient over some items."""

    coefficient: str
    estimate: float
    low: float
    high: float
    items: int
    effective: float
    """Items of equal weight that would say as much (Kish)."""


def ratings(first: npt.ArrayLike, second: npt.ArrayLike, levels: npt.ArrayLike | None = None) -> Ratings:
    """Two ratings of each item. `levels` are the ratings of the scale; without them, all that occur.

    The levels matter to kappa and AC1 alone: a rating between two levels counts there as the nearer one.
    """
    left, right = floats(first, second)
    scale = np.unique(np.concatenate((left, right)) if levels is None else np.asarray(levels, float))
    return Ratings(left, right, scale, _nearest(left, scale), _nearest(right, scale))


def mcc(rated: Ratings, weights: Floats) -> Floats:
    """Matthews' correlation; for two levels (TP·TN - FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)).

    Gorodkin's form, which also covers more levels: https://doi.org/10.1016/j.compbiolchem.2004.09.006
    """
    left, right, total = _marginals(rated, weights)
    same = weights @ (rated.first_level == rated.second_level)
    chance = (left * right).sum(-1)
    product = _unlike(left, total) * _unlike(right, total)
    found = np.where(product > 0, (same * total - chance) / np.sqrt(np.where(product > 0, product, 1)), 0.0)
    return np.asarray(np.where(total > 0, found, np.nan))


def kappa(rated: Ratings, weights: Floats) -> Floats:
    """Cohen's kappa, (po - pe) / (1 - pe): https://doi.org/10.1177/001316446002000104"""
    return _kappa(rated, weights, lambda distance: (distance != 0).astype(float))


def linear_kappa(rated: Ratings, weights: Floats) -> Floats:
    """Kappa that counts a disagreement by its steps: https://doi.org/10.1037/h0026256"""
    return _kappa(rated, weights, np.abs)


def quadratic_kappa(rated: Ratings, weights: Floats) -> Floats:
    """Kappa that counts a disagreement by the square of its steps: https://doi.org/10.1037/h0026256"""
    return _kappa(rated, weights, np.square)


def ac1(rated: Ratings, weights: Floats) -> Floats:
    """Gwet's AC1: chance is Σ π(1-π) / (K-1), π the mean share of a level: https://doi.org/10.1348/000711006X126600"""
    left, right, total = _marginals(rated, weights)
    if len(rated.levels) < 2:
        return np.full(total.shape, np.nan)
    share = _divide(left + right, 2 * total[..., None])
    chance = (share * (1 - share)).sum(-1) / (len(rated.levels) - 1)
    same = _divide(weights @ (rated.first_level == rated.second_level), total)
    return _divide(same - chance, 1 - chance)


def sensitivity(rated: Ratings, weights: Floats) -> Floats:
    """Share of the first rater's positives that the second one finds: TP / (TP + FN)."""
    return _divide(weights @ ((rated.first > 0) & (rated.second > 0)), weights @ (rated.first > 0))


def specificity(rated: Ratings, weights: Floats) -> Floats:
    """Share of the first rater's negatives that the second one leaves alone: TN / (TN + FP)."""
    return _divide(weights @ ((rated.first <= 0) & (rated.second <= 0)), weights @ (rated.first <= 0))


def spearman(rated: Ratings, weights: Floats) -> Floats:
    """Spearman's rank correlation: Pearson's of the weighted mid-ranks (Kendall 1948, ties)."""
    left, right = _mid_ranks(rated.first, weights), _mid_ranks(rated.second, weights)
    share = _divide(weights, weights.sum(-1)[..., None])
    left = left - (share * left).sum(-1)[..., None]
    right = right - (share * right).sum(-1)[..., None]
    product = (share * left * left).sum(-1) * (share * right * right).sum(-1)
    found = _divide((share * left * right).sum(-1), np.sqrt(product))
    return np.clip(_unless_constant(rated, found), -1, 1)


def kendall(rated: Ratings, weights: Floats) -> Floats:
    """Kendall's tau-b, a pair of items weighing the product of its weights: https://doi.org/10.1093/biomet/33.3.239"""
    # Equal items are one: there are few distinct pairs where people rate on a scale.
    pairs, place, _ = distinct(np.column_stack((rated.first, rated.second)))
    mass = _sum_by(weights, place, len(pairs))
    agreed = np.zeros(weights.shape[:-1])
    for start in range(0, len(pairs), _PAIRS):
        part = slice(start, start + _PAIRS)
        left = np.sign(pairs[part, None, 0] - pairs[None, :, 0])
        right = np.sign(pairs[part, None, 1] - pairs[None, :, 1])
        agreed += ((mass @ (left * right).T) * mass[..., part]).sum(-1)
    total = mass.sum(-1)
    untied = [_unlike(_mass_of(values, weights), total) for values in (rated.first, rated.second)]
    return np.clip(_unless_constant(rated, _divide(agreed, np.sqrt(np.maximum(untied[0] * untied[1], 0)))), -1, 1)


def mae(rated: Ratings, weights: Floats) -> Floats:
    """Mean absolute difference of the two ratings."""
    return _divide(weights @ np.abs(rated.first - rated.second), weights.sum(-1))


Coefficient = Callable[[Ratings, Floats], Floats]

BINARY: dict[str, Coefficient] = {
    "mcc": mcc,
    "kappa": kappa,
    "ac1": ac1,
    "sensitivity": sensitivity,
    "specificity": specificity,
}
GRADED: dict[str, Coefficient] = {
    "spearman": spearman,
    "kendall": kendall,
    "linear_kappa": linear_kappa,
    "quadratic_kappa": quadratic_kappa,
    "mae": mae,
}
COEFFICIENTS: dict[Scale, dict[str, Coefficient]] = {"binary": BINARY, "graded": GRADED}


def agreement(
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    *,
    scale: Scale,
    weights: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    levels: npt.ArrayLike | None = None,
    coefficients: Sequence[str] = (),
    seed: int,
    draws: int = DRAWS,
) -> tuple[Agreement, ...]:
    """Every coefficient of the scale (or those named) with its interval.

    `human` and `judge` rate the same items; `weights` are 1 / inclusion probability (default: 1 each); `clusters` names
    the conversation of each item, and conversations instead of items are then what varies; `levels` are the scale's.
    """
    rated = ratings(human, judge, levels=(0.0, 1.0) if scale == "binary" else levels)
    weight = np.ones(len(rated.first)) if weights is None else floats(rated.first, weights)[1]
    known = COEFFICIENTS[scale]
    wanted = {name: known[name] for name in coefficients or known}
    drawn = replicated(rated, weight, wanted, scale=scale, clusters=clusters, seed=seed, draws=draws)
    many = effective(weight)
    return tuple(
        Agreement(name, *between(float(wanted[name](rated, weight)), drawn[name]), items=len(weight), effective=many)
        for name in wanted
    )


def people(
    items: npt.ArrayLike, labellers: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> tuple[Floats, Floats, Floats, Ints]:
    """Pairs of people who rated the same item: two ratings, a weight, and the row of the item's first label, each a column.

    The agreement of these is the ceiling: no judge can be asked to agree with people more than people do. Each unordered
    pair counts once, and an item with many labellers weighs no more than one with two. Give the items (or their
    conversations) as clusters, and ask for coefficients that do not tell the two raters apart.
    """
    label = np.asarray(labels, float)
    weight = np.ones(len(label)) if weights is None else floats(label, weights)[1]
    item = cluster_codes(items)
    # By name, so that the same person is always on the same side.
    order = np.lexsort((cluster_codes(labellers), item))
    found: list[tuple[float, float, float, int]] = []
    for rows in np.split(order, np.flatnonzero(np.diff(item[order])) + 1) if len(order) else ():
        pairs = list(combinations(rows, 2))
        found += [(label[one], label[two], weight[rows[0]] / len(pairs), int(rows[0])) for one, two in pairs]
    columns = np.array(found, float).reshape(-1, 4)
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3].astype(np.intp)


SYMMETRIC: dict[Scale, tuple[str, ...]] = {
    "binary": ("mcc", "kappa", "ac1"),
    "graded": ("spearman", "kendall", "linear_kappa", "quadratic_kappa", "mae"),
}
"""Coefficients that do not tell the two raters apart."""


def replicated(
    rated: Ratings,
    weights: Floats,
    wanted: dict[str, Coefficient],
    *,
    scale: Scale,
    clusters: npt.ArrayLike | None,
    seed: int,
    draws: int,
) -> dict[str, Floats]:
    """Each coefficient under replicated weights."""
    columns = np.column_stack((rated.first, rated.second))
    rows, blocks = masses(columns, weights, scale=scale, clusters=clusters, seed=seed, draws=draws)
    coded = ratings(rows[:, 0], rows[:, 1], levels=rated.levels)
    found = {name: np.full(draws, np.nan) for name in wanted}
    for part, drawn in blocks:
        for name, coefficient in wanted.items():
            found[name][part] = coefficient(coded, drawn)
    return found


def masses(
    columns: Floats,
    weights: Floats,
    *,
    scale: Scale,
    clusters: npt.ArrayLike | None,
    seed: int,
    draws: int,
) -> tuple[Floats, Iterator[tuple[slice, Floats]]]:
    """The distinct rows of ratings by all raters (items, raters), and their replicated weights, (some draws, rows)."""
    rng = np.random.default_rng(seed)
    rows, place, _ = distinct(columns)
    if scale == "graded":
        return rows, _drawn(weights, place, len(rows), few(len(weights)), clusters, draws, rng)
    corners = np.array(list(product((0.0, 1.0), repeat=columns.shape[1])))
    return np.concatenate((rows, corners)), _with_corners(
        # With the corners, items need no more: their interval is Jeffreys' already.
        _drawn(weights, place, len(rows), 1.0, clusters, draws, rng),
        _corner_weights(columns, weights, corners, clusters),
        rng,
    )


def _corner_weights(columns: Floats, weights: Floats, corners: Floats, clusters: npt.ArrayLike | None) -> Floats:
    """Weight of one effective item, or of one effective cluster of items, that judges rated like the corner.

    What is labelled may depend on what a judge said, and weights with it, but not on what the person will say.
    """
    group = None if clusters is None else np.asarray(clusters)
    found = []
    for corner in corners:
        alike = (columns[:, 1:] == corner[1:]).all(1)
        chosen = alike if alike.any() else np.ones(len(weights), bool)
        found.append(typical(weights[chosen], None if group is None else group[chosen]))
    return np.array(found)


def _with_corners(
    blocks: Iterator[tuple[slice, Floats]], unit: Floats, rng: np.random.Generator
) -> Iterator[tuple[slice, Floats]]:
    for part, drawn in blocks:
        added = rng.standard_gamma(4 * PRIOR / len(unit), (len(drawn), len(unit))) * unit
        yield part, np.concatenate((drawn, added), axis=1)


def _drawn(
    weights: Floats,
    place: Ints,
    many: int,
    spread: float,
    clusters: npt.ArrayLike | None,
    draws: int,
    rng: np.random.Generator,
) -> Iterator[tuple[slice, Floats]]:
    if many <= _DENSE:
        if clusters is None:
            alike, _, count = distinct(np.column_stack((place, weights)))
            columns = _spread_out(alike[:, 0], alike[:, 1], many)
            apart = Units(columns, count, np.full(len(columns), spread))
        else:
            apart = units(_spread_out(place, weights, many), clusters)
        for part, drawn in multipliers(apart.many, apart.spread, draws=draws, rng=rng):
            yield part, drawn @ apart.columns
        return
    unit = np.arange(len(weights)) if clusters is None else cluster_codes(clusters)
    ones = np.ones(int(unit.max(initial=-1)) + 1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(many))
    variance = ones * (spread if clusters is None else few(len(ones)))
    for part, drawn in multipliers(ones, variance, draws=draws, rng=rng):
        yield part, np.add.reduceat((drawn[:, unit] * weights)[:, order], starts, axis=1)


PRIOR = 0.5
"""Effective items that replicates add to each cell of a 2 x 2 table: Jeffreys' choice."""

_DENSE = 256
"""Up to so many distinct pairs of ratings, replicates are one matrix product."""

_PAIRS = 1_024
"""Rows of the matrix of pairs that are made at once."""


def _spread_out(place: npt.ArrayLike, weights: Floats, many: int) -> Floats:
    """Each weight in the column of its place."""
    return np.asarray((np.asarray(place)[:, None] == np.arange(many)) * weights[:, None], float)


def _kappa(rated: Ratings, weights: Floats, cost: Callable[[Any], Any]) -> Floats:
    left, right, total = _marginals(rated, weights)
    steps = np.arange(len(rated.levels))
    observed = weights @ cost((rated.first_level - rated.second_level).astype(float))
    expected = ((left @ cost((steps[:, None] - steps[None, :]).astype(float))) * right).sum(-1)
    return 1 - _divide(observed * total, expected)


def _nearest(values: Floats, levels: Floats) -> Ints:
    if not len(levels):
        return np.zeros(len(values), np.intp)
    return np.searchsorted((levels[1:] + levels[:-1]) / 2, values, side="left")


def _marginals(rated: Ratings, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Mass of each level for either rater, and in all."""
    many = len(rated.levels)
    left = _sum_by(weights, rated.first_level, many)
    return left, _sum_by(weights, rated.second_level, many), left.sum(-1)


def _sum_by(weights: Floats, place: Ints, many: int) -> Floats:
    return np.asarray(weights @ (place[:, None] == np.arange(many)).astype(float))


def _mass_of(values: Floats, weights: Floats) -> Floats:
    levels, place = np.unique(values, return_inverse=True)
    return _sum_by(weights, place, len(levels))


def _mid_ranks(values: Floats, weights: Floats) -> Floats:
    levels, place = np.unique(values, return_inverse=True)
    mass = _sum_by(weights, place, len(levels))
    return np.asarray((np.cumsum(mass, -1) - mass / 2)[..., place])


def _unlike(mass: Floats, total: Floats) -> Floats:
    """Σ m (total - m): exactly 0 where one level has all."""
    return np.asarray((mass * (total[..., None] - mass)).sum(-1))


def _unless_constant(rated: Ratings, found: Floats) -> Floats:
    constant = any(len(np.unique(values)) < 2 for values in (rated.first, rated.second))
    return np.full(found.shape, np.nan) if constant else found


def _divide(above: Floats, below: Floats) -> Floats:
    """A fraction, NaN where it is 0 / 0."""
    below = np.asarray(below, float)
    return np.asarray(np.where(below == 0, np.nan, above / np.where(below == 0, 1.0, below)))
