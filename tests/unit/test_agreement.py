"""Coefficients of agreement equal those of scikit-learn, SciPy and statsmodels; what cannot be known is NaN."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from assay.stats.agreement import BINARY, GRADED, SYMMETRIC, Ratings, agreement, people, ratings
from tests.quality.references import REFERENCES, quietly, weighted_reference


def value(name: str, rated: Ratings, weights: np.ndarray | None = None) -> float:
    weight = np.ones(len(rated.first)) if weights is None else weights
    return float((BINARY | GRADED)[name](rated, weight))


@pytest.mark.parametrize("name", [*BINARY, *GRADED])
@pytest.mark.parametrize("seed", range(8))
def test_a_coefficient_equals_its_reference(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    many = int(rng.integers(3, 120))
    levels = 2 if name in BINARY else int(rng.integers(2, 7))
    left = rng.integers(0, levels, many).astype(float)
    right = np.where(rng.random(many) < rng.random(), left, rng.integers(0, levels, many))
    weights = rng.integers(1, 5, many).astype(float)
    rated = ratings(left, right, levels=np.arange(levels))
    assert value(name, rated) == pytest.approx(REFERENCES[name](left, right, levels), abs=1e-9, nan_ok=True)
    assert value(name, rated, weights) == pytest.approx(
        weighted_reference(name, left, right, weights, levels), abs=1e-9, nan_ok=True
    )


def test_kappa_equals_statsmodels() -> None:
    table = np.array([[20, 5], [10, 15]])
    left, right = np.repeat([0, 0, 1, 1], table.ravel()), np.repeat([0, 1, 0, 1], table.ravel())
    assert value("kappa", ratings(left, right)) == pytest.approx(cohens_kappa(table).kappa, abs=1e-9)


def test_ac1_of_gwets_own_example() -> None:
    """Gwet 2002, https://www.agreestat.com/papers/kappa_statistic_is_not_satisfactory.pdf: AC1 0.9408, kappa -0.0234."""
    left, right = np.repeat([1, 1, 0, 0], [118, 5, 2, 0]), np.repeat([1, 0, 1, 0], [118, 5, 2, 0])
    assert value("ac1", ratings(left, right)) == pytest.approx(0.9408, abs=1e-4)
    assert value("kappa", ratings(left, right)) == pytest.approx(-0.0234, abs=1e-4)


def test_what_constant_ratings_say() -> None:
    same, other = np.ones(4), np.array([1.0, 0.0, 1.0, 1.0])
    both = ratings(same, same, levels=(0, 1))
    assert value("mcc", both) == 0 == quietly(metrics.matthews_corrcoef, same, same)
    assert np.isnan(value("kappa", both))
    assert value("ac1", both) == 1
    assert np.isnan(value("specificity", both))
    assert np.isnan(value("sensitivity", ratings(same - 1, other)))
    one = ratings(same, other)
    assert value("mcc", one) == 0
    assert value("kappa", one) == 0
    for name in ("spearman", "kendall"):
        assert np.isnan(value(name, one))
    assert value("mae", one) == 0.25


def test_nothing_is_known_without_items() -> None:
    for scale in ("binary", "graded"):
        for one in agreement([], [], scale=scale, seed=1, draws=20):
            assert np.isnan([one.estimate, one.low, one.high]).all()
            assert one.items == one.effective == 0


def test_no_warnings_are_printed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agreement([1, 1], [1, 1], scale="binary", seed=1, draws=20)
        agreement([0.5, 0.5], [0.5, 0.5], scale="graded", seed=1, draws=20)
        agreement([], [], scale="graded", seed=1, draws=20)


def test_the_interval_of_a_proportion_is_that_of_jeffreys() -> None:
    """30 positive items of which 26 were found."""
    human, judge = np.repeat([1, 1, 0], [26, 4, 40]), np.repeat([1, 0, 0], [26, 4, 40])
    found = {one.coefficient: one for one in agreement(human, judge, scale="binary", seed=1, draws=40_000)}
    low, high = proportion_confint(26, 30, method="jeffreys")
    assert found["sensitivity"].low == pytest.approx(low, abs=0.004)
    assert found["sensitivity"].high == pytest.approx(high, abs=0.004)


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not() -> None:
    human, judge = np.tile([1, 0, 1, 0, 0], 20), np.tile([1, 0, 0, 0, 0], 20)
    assert agreement(human, judge, scale="binary", seed=1) == agreement(human, judge, scale="binary", seed=1)
    assert agreement(human, judge, scale="binary", seed=1) != agreement(human, judge, scale="binary", seed=2)


@pytest.mark.parametrize("scale", ["binary", "graded"])
def test_copies_of_an_item_in_one_conversation_say_nothing_new(scale: str) -> None:
    """Five copies of each item in its conversation: as wide as without copies, and twice as wide as if they were items."""
    rng = np.random.default_rng(3)
    human = rng.integers(0, 2, 100).astype(float) if scale == "binary" else rng.integers(0, 5, 100) / 4
    judge = np.where(rng.random(100) < 0.8, human, 1 - human)
    copied = [np.repeat(one, 5) for one in (human, judge)]

    def widths(*rated: np.ndarray, clusters: np.ndarray | None = None) -> np.ndarray:
        found = agreement(*rated, scale=scale, clusters=clusters, seed=1, draws=4_000)
        return np.array([one.high - one.low for one in found])

    once, together = widths(human, judge), widths(*copied, clusters=np.repeat(np.arange(100), 5))
    assert np.allclose(together, once, rtol=0.12)
    assert (widths(*copied) < 0.6 * once).all()


def test_weights_stand_for_the_population() -> None:
    """Half the found positives were left out of the sample and the others weigh twice."""
    human, judge = np.array([1, 1, 1, 0, 0]), np.array([1, 0, 1, 0, 1])
    weighted = ratings(human, judge)
    assert value("sensitivity", weighted, np.array([2.0, 1.0, 2.0, 1.0, 1.0])) == pytest.approx(0.8)


def test_many_distinct_ratings_give_the_same_interval_as_few() -> None:
    """Two ways of making replicates, above and below the number of distinct pairs that a matrix is made for."""
    rng = np.random.default_rng(4)
    human = rng.integers(0, 5, 300) / 4
    judge = np.clip(human + rng.normal(0, 0.3, 300), 0, 1)
    coarse = agreement(human, np.round(judge, 1), scale="graded", coefficients=["spearman"], seed=1, draws=4_000)[0]
    fine = agreement(human, judge, scale="graded", coefficients=["spearman"], seed=1, draws=4_000)[0]
    assert fine.high - fine.low == pytest.approx(coarse.high - coarse.low, rel=0.1)
    clusters = np.arange(300)
    apart = agreement(human, judge, scale="graded", coefficients=["spearman"], clusters=clusters, seed=2, draws=4_000)[
        0
    ]
    assert apart.low == pytest.approx(fine.low, abs=0.01)


def test_people_are_paired_once_per_item() -> None:
    """Item a has three labellers, b two, c one."""
    first, second, weights, rows = people(
        ["a", "b", "a", "c", "a", "b"], ["x", "y", "y", "x", "z", "x"], [1, 0, 1, 1, 0, 1], [3, 1, 3, 1, 3, 1]
    )
    assert sorted(zip(first, second, weights.round(9), strict=True)) == [(1, 0, 1), (1, 0, 1), (1, 0, 1), (1, 1, 1)]
    assert set(rows) == {0, 5}


def test_the_ceiling_does_not_know_who_came_first() -> None:
    rng = np.random.default_rng(5)
    left, right = rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    for scale, names in SYMMETRIC.items():
        for name in names:
            straight = agreement(left, right, scale=scale, coefficients=[name], seed=1, draws=10)[0].estimate
            turned = agreement(right, left, scale=scale, coefficients=[name], seed=1, draws=10)[0].estimate
            assert straight == pytest.approx(turned, abs=1e-12), name


def test_a_rating_between_levels_counts_as_the_nearer_one() -> None:
    human, judge = np.array([0, 0.5, 1, 1]), np.array([0.1, 0.45, 0.9, 0.6])
    assert value("kappa", ratings(human, judge, levels=(0, 0.5, 1))) == pytest.approx(
        metrics.cohen_kappa_score([0, 1, 2, 2], [0, 1, 2, 1])
    )
    assert stats.kendalltau(human, judge)[0] == pytest.approx(
        value("kendall", ratings(human, judge, levels=(0, 0.5, 1)))
    )
