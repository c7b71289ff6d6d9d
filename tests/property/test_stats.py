"""What holds for any ratings and any sample: scale of weights, order, repetition, bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.scorer.sample import FLOOR, WANTED, Anomalies, Plan, plan, probability, sample, stratum
from assay.stats.agreement import COEFFICIENTS, SYMMETRIC, agreement, ratings
from assay.stats.correct import prediction_powered, rogan_gladen
from assay.stats.estimate import hajek

ITEM = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 5))
ITEMS = st.lists(ITEM, min_size=1, max_size=40)
BOUNDS = {"ac1": (-1, 1), "sensitivity": (0, 1), "specificity": (0, 1), "mae": (0, 4)}


def columns(items: list[tuple[int, int, int]], scale: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second, weights = np.array(items, float).T
    return (first >= 2, second >= 2, weights) if scale == "binary" else (first, second, weights)


@pytest.mark.parametrize("scale", COEFFICIENTS)
@given(items=ITEMS, factor=st.sampled_from((0.01, 3.0, 1e6)), seed=st.integers(0, 9))
@settings(max_examples=60)
def test_coefficients_know_items_and_relative_weights_only(scale, items, factor, seed):
    first, second, weights = columns(items, scale)
    order = np.random.default_rng(seed).permutation(len(items))
    many = weights.astype(int)
    levels = (0, 1) if scale == "binary" else range(5)
    for name, coefficient in COEFFICIENTS[scale].items():
        value = coefficient(ratings(first, second, levels), weights)
        for other in (
            coefficient(ratings(first, second, levels), weights * factor),
            coefficient(ratings(first[order], second[order], levels), weights[order]),
            coefficient(ratings(np.repeat(first, many), np.repeat(second, many), levels), np.ones(many.sum())),
        ):
            # Near 0 a coefficient is the difference of products that are nearly the same.
            assert value == pytest.approx(other, abs=1e-7, nan_ok=True), name
        if name in SYMMETRIC[scale]:
            assert value == pytest.approx(coefficient(ratings(second, first, levels), weights), abs=1e-7, nan_ok=True)
        low, high = BOUNDS.get(name, (-1, 1))
        assert np.isnan(value) or low - 1e-9 <= value <= high + 1e-9, name


@pytest.mark.parametrize("scale", COEFFICIENTS)
@given(items=ITEMS, seed=st.integers(0, 99), clustered=st.booleans())
@settings(max_examples=40)
def test_an_interval_is_in_order_and_as_good_as_its_estimate(scale, items, seed, clustered):
    first, second, weights = columns(items, scale)
    clusters = np.arange(len(items)) // 3 if clustered else None
    for one in agreement(first, second, scale=scale, weights=weights, clusters=clusters, seed=seed, draws=50):
        assert np.isnan(one.estimate) == np.isnan(one.low) == np.isnan(one.high)
        assert np.isnan(one.low) or one.low <= one.high
        assert 0 < one.effective <= one.items + 1e-9


@given(
    sampled=st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 1)), min_size=1, max_size=40), seed=st.integers(0, 99)
)
@settings(max_examples=60)
def test_an_estimate_stays_on_the_scale(sampled, seed):
    values, chance = np.array(sampled).T
    found = hajek(values, chance, seed=seed, draws=50)
    assert 0 <= found.low <= found.high <= 1
    assert 0 <= found.estimate <= 1
    assert found.population >= found.items


@given(items=ITEMS, chance=st.floats(0.01, 1), asked=st.floats(0.05, 1), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_corrected_rates_stay_on_the_scale_or_are_unknown(items, chance, asked, seed):
    human, judge, weights = columns(items, "binary")
    corrected = rogan_gladen(
        judge, np.full(len(judge), chance), human=human, judge=judge, weights=weights, seed=seed, draws=50
    )
    labelled = np.where(np.arange(len(human)) % 2 == 0, human, np.nan)
    powered = prediction_powered(
        judge.astype(float),
        np.full(len(judge), chance),
        human=labelled,
        label_probabilities=np.full(len(judge), asked),
        seed=seed,
        draws=50,
    )
    assert 0 <= powered.low <= powered.high <= 1
    assert 0 <= powered.estimate <= 1
    assert 0 <= powered.power <= 1
    if not np.isnan(corrected.estimate):
        assert 0 <= corrected.low <= corrected.high <= 1


ANOMALIES = st.builds(
    Anomalies,
    severity=st.sampled_from(("", "info", "warning", "error")),
    negative_signals=st.integers(0, 2),
    slow=st.booleans(),
    dear=st.booleans(),
    earlier_score=st.none() | st.floats(0, 1),
    rare=st.booleans(),
)


@given(
    expected=st.dictionaries(st.sampled_from(sorted(WANTED)), st.integers(0, 10**6)),
    budget=st.floats(0.001, 10**6),
    anomalies=ANOMALIES,
    trace=st.integers(0, 2**128 - 1),
)
def test_every_trace_has_a_chance_and_budgets_hold_on_average(expected, budget, anomalies, trace):
    chosen = plan(expected, budget)
    assert sum(many * probability(name, chosen) for name, many in expected.items()) <= budget * (1 + 1e-9)
    chance = probability(stratum(anomalies), chosen)
    assert 0 < chance <= max(WANTED.values())
    assert chosen.floor <= FLOOR
    made = sample("acme", f"{trace:032x}", "tone@1", anomalies, plan=chosen, revision=1)
    assert made is None or made.probability == chance
    assert made is None or sample("acme", made.trace_id, "tone@1", Anomalies(), plan=Plan(), revision=2, earlier=chance)
