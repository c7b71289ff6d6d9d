"""Rates and means of a population from a weighted sample, and without the judge's error."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from assay.stats.correct import prediction_powered, rogan_gladen
from assay.stats.estimate import by_cohort, hajek, mean, unbiased_mean


def test_equal_chances_give_the_plain_share_and_the_interval_of_jeffreys() -> None:
    found = hajek(np.repeat([1, 0], [7, 93]), np.full(100, 1e-9), seed=1, draws=40_000)
    low, high = proportion_confint(7, 100, method="jeffreys")
    assert found.estimate == pytest.approx(0.07)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)
    assert found.items == 100
    assert found.effective == pytest.approx(100)


def test_an_item_counts_for_those_that_were_not_drawn() -> None:
    """Two bad ones that were surely judged, one good one that stands for ten."""
    values, chance = np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.1])
    assert mean(values, 1 / chance) == pytest.approx(2 / 12)
    found = hajek(values, chance, seed=1)
    assert found.population == pytest.approx(12)
    assert found.effective == pytest.approx(144 / 102)


def test_the_mean_of_all_samples_is_the_truth() -> None:
    """Every sample of ten items, weighed by how likely it is; the plain ratio is off by three times as much."""
    values = np.array([1.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.2, 1.0, 0.0, 0.7])
    chance = np.array([0.9, 0.5, 0.6, 0.8, 0.7, 0.4, 0.5, 0.9, 0.6, 0.7])
    corrected = plain = 0.0
    likely = 0.0
    for bits in range(1, 1 << 10):
        drawn = np.array([bool(bits >> i & 1) for i in range(10)])
        how = float(np.where(drawn, chance, 1 - chance).prod())
        likely += how
        corrected += how * unbiased_mean(values[drawn], chance[drawn])
        plain += how * mean(values[drawn], 1 / chance[drawn])
    truth = values.mean()
    assert abs(corrected / likely - truth) < 0.33 * abs(plain / likely - truth)


def test_the_interval_is_as_wide_as_the_sample_says() -> None:
    rng = np.random.default_rng(2)
    values = np.clip(rng.normal(0.6, 0.15, 400), 0, 1)
    found = hajek(values, np.full(400, 1e-9), seed=1, draws=20_000)
    low, high = DescrStatsW(values).tconfint_mean()
    assert found.high - found.low == pytest.approx(high - low, rel=0.05)


def test_what_was_judged_in_full_is_known() -> None:
    found = hajek([1, 0, 0, 0], [1, 1, 1, 1], seed=1)
    assert found.estimate == 0.25
    assert found.high - found.low < 1e-6


def test_no_failure_seen_is_not_no_failure() -> None:
    found = hajek(np.zeros(50), np.full(50, 0.05), seed=1)
    assert found.estimate == 0
    assert found.low < 0.001
    assert 0.02 < found.high < 0.10


def test_conversations_that_fail_together_widen_the_interval() -> None:
    values = np.repeat([1, 0, 0, 0, 0] * 8, 5)
    chance = np.full(200, 0.1)
    apart = hajek(values, chance, clusters=np.arange(200), seed=1)
    together = hajek(values, chance, clusters=np.repeat(np.arange(40), 5), seed=1)
    assert together.high - together.low > 1.8 * (apart.high - apart.low)
    assert together.estimate == apart.estimate


def test_cohorts_are_estimated_from_their_own_items() -> None:
    values, chance = np.array([1, 0, 0, 1, 1, 0]), np.array([0.5, 0.5, 0.1, 0.2, 0.2, 0.2])
    cohorts = np.array(["a", "a", "a", "b", "b", "b"])
    found = by_cohort(values, chance, cohorts, seed=3)
    assert list(found) == ["a", "b"]
    assert found["a"] == hajek(values[:3], chance[:3], seed=3)


def test_nothing_is_known_without_items() -> None:
    found = hajek([], [], seed=1)
    assert np.isnan([found.estimate, found.low, found.high]).all()
    assert found.items == 0


@pytest.mark.parametrize(
    ("values", "chance", "why"),
    [
        ([0.5], [0.0], "probability"),
        ([0.5], [1.1], "probability"),
        ([1.5], [0.5], "value"),
        ([1], [0.5, 0.5], "one number"),
    ],
)
def test_what_cannot_be_is_refused(values: list[float], chance: list[float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hajek(values, chance, seed=1)


def test_rogan_gladen_undoes_a_known_error() -> None:
    """20 % look bad to a judge that finds 90 % and cries wolf in 10 %: 12.5 % are."""
    human, judge = np.repeat([1, 1, 0, 0], [900, 100, 100, 900]), np.repeat([1, 0, 1, 0], [900, 100, 100, 900])
    found = rogan_gladen(np.repeat([1, 0], [200, 800]), np.full(1000, 1e-9), human=human, judge=judge, seed=1)
    assert found.estimate == pytest.approx(0.125)
    assert found.low < 0.125 < found.high
    few = rogan_gladen(np.repeat([1, 0], [200, 800]), np.full(1000, 1e-9), human=human[::20], judge=judge[::20], seed=1)
    assert few.high - few.low > 2 * (found.high - found.low)


def test_a_judge_that_guesses_corrects_nothing() -> None:
    human, judge = np.tile([1, 1, 0, 0], 20), np.tile([1, 0, 1, 0], 20)
    found = rogan_gladen([1, 0, 0], [0.1, 0.1, 0.1], human=human, judge=judge, seed=1)
    assert np.isnan(found.estimate)
    better = rogan_gladen([1, 0, 0], [0.1, 0.1, 0.1], human=[1, 1, 0, 0, 0], judge=[1, 1, 0, 1, 0], seed=1)
    assert (better.low, better.high) == (0, 1)


def powered(score: np.ndarray, truth: np.ndarray, labels: int) -> object:
    many = len(truth)
    human = np.where(np.arange(many) % (many // labels) == 0, truth, np.nan)
    return prediction_powered(
        score, np.full(many, 0.05), human=human, label_probabilities=np.full(many, labels / many), seed=1
    )


def test_a_good_judge_narrows_the_interval_and_a_useless_one_does_not_widen_it() -> None:
    rng = np.random.default_rng(6)
    truth = (rng.random(2_000) < 0.3).astype(float)
    good = powered(np.where(rng.random(2_000) < 0.95, truth, 1 - truth), truth, 200)
    useless = powered((rng.random(2_000) < 0.5).astype(float), truth, 200)
    assert good.labels == useless.labels == 200
    alone = good.labels_alone.high - good.labels_alone.low
    assert good.high - good.low < 0.65 * alone
    assert good.power > 0.6
    assert useless.high - useless.low < 1.05 * alone
    assert useless.power < 0.2


def test_without_labels_nothing_is_corrected() -> None:
    found = prediction_powered([0.5, 1], [0.1, 0.1], human=[np.nan, np.nan], label_probabilities=[0.1, 0.1], seed=1)
    assert np.isnan(found.estimate)
    assert found.labels == 0
