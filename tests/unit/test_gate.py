"""A judge drives alerts only while the lower bound of its agreement passes."""

import numpy as np
import pytest

from assay.stats.agreement import Agreement, agreement
from assay.stats.gate import GATES, Fall, Gate, compare, decide, labels_for
from assay.stats.resample import Interval

RULE = GATES["binary"]
PASSING = Agreement("mcc", 0.75, 0.62, 0.85, 150, 150)
FAILING = Agreement("mcc", 0.75, 0.55, 0.88, 60, 60)
FALLEN = Fall(0.8, 0.6, Interval(-0.2, -0.3, -0.1), True, 150)
SAME = Fall(0.8, 0.79, Interval(-0.01, -0.1, 0.08), False, 150)


def test_it_is_the_lower_bound_that_counts() -> None:
    assert decide(RULE, "uncalibrated", PASSING)[:2] == ("open", "opened")
    assert decide(RULE, "uncalibrated", FAILING)[:2] == ("closed", "")
    assert decide(RULE, "open", FAILING)[:2] == ("closed", "closed")
    assert decide(RULE, "open", PASSING)[:2] == ("open", "")
    assert decide(RULE._replace(threshold=0.5), "closed", FAILING)[:2] == ("open", "opened")


def test_without_labels_nothing_is_open() -> None:
    unknown = Agreement("mcc", float("nan"), float("nan"), float("nan"), 3, 3)
    assert decide(RULE, "uncalibrated", None)[:2] == ("uncalibrated", "")
    assert decide(RULE, "open", None)[:2] == ("uncalibrated", "closed")
    assert decide(RULE, "open", unknown)[:2] == ("uncalibrated", "closed")


def test_a_fall_or_a_new_model_suspends_until_proved_again() -> None:
    assert decide(RULE, "open", PASSING, fall=FALLEN)[:2] == ("suspended", "fell")
    assert decide(RULE, "open", PASSING, fall=SAME)[:2] == ("open", "")
    assert decide(RULE, "open", PASSING, new_model=True)[:2] == ("suspended", "new_model")
    assert decide(RULE, "suspended", PASSING)[:2] == ("suspended", "")
    assert decide(RULE, "suspended", PASSING, probe=FAILING)[:2] == ("suspended", "")
    assert decide(RULE, "suspended", FAILING, probe=PASSING)[:2] == ("open", "proved_again")


def test_a_closed_gate_cannot_be_suspended() -> None:
    assert decide(RULE, "closed", FAILING, fall=FALLEN, new_model=True)[:2] == ("closed", "")


def test_how_many_labels_more() -> None:
    assert decide(RULE, "open", PASSING).labels_needed == 0
    more = decide(RULE, "closed", FAILING).labels_needed
    assert more is not None
    assert 20 < more < 1_000
    hopeless = FAILING._replace(estimate=0.5, low=0.3)
    assert decide(RULE, "closed", hopeless).labels_needed is None


def test_narrower_or_better_needs_fewer_labels() -> None:
    needed = [labels_for(RULE, FAILING._replace(estimate=one)) for one in (0.65, 0.7, 0.8)]
    assert needed == sorted(needed, reverse=True)
    assert labels_for(RULE, FAILING._replace(low=0.58)) < labels_for(RULE, FAILING)


def test_a_perfect_pilot_does_not_divide_by_zero() -> None:
    human = np.tile([1, 0], 5)
    found = agreement(human, human, scale="binary", coefficients=["mcc"], seed=1)[0]
    assert found.estimate == 1
    assert found.low < 0.6
    assert labels_for(RULE, found) > 10


def test_versions_are_compared_on_the_same_items() -> None:
    """The items are hard for both: each version's own interval is wide, that of the difference is not."""
    rng = np.random.default_rng(1)
    human = (rng.random(300) < 0.3).astype(float)
    before = np.where(rng.random(300) < 0.85, human, 1 - human)
    same = compare(human, before, before, gate=RULE, scale="binary", seed=1)
    assert same.difference.estimate == 0
    assert not same.fallen
    worse = np.where(rng.random(300) < 0.85, before, 1 - before)
    fell = compare(human, before, worse, gate=RULE, scale="binary", seed=1)
    assert fell.fallen
    assert fell.difference.high < 0
    better = compare(human, worse, before, gate=RULE, scale="binary", seed=1)
    assert not better.fallen
    assert better.difference.estimate == pytest.approx(-fell.difference.estimate)


def test_a_fall_within_what_is_allowed_is_none() -> None:
    """Sure, but small."""
    human = np.tile([1.0, 0.0], 2_000)
    before, after = human.copy(), human.copy()
    before[:200] = 1 - before[:200]
    after[:240] = 1 - after[:240]
    found = compare(human, before, after, gate=RULE, scale="binary", seed=1)
    assert found.difference.high < 0
    assert -RULE.allowed_fall < found.difference.estimate < 0
    assert not found.fallen


def test_graded_judges_are_compared_by_rank() -> None:
    rng = np.random.default_rng(2)
    human = rng.integers(0, 5, 200) / 4
    before, after = (np.clip(human + rng.normal(0, noise, 200), 0, 1) for noise in (0.1, 0.6))
    found = compare(human, before, after, gate=GATES["graded"], scale="graded", seed=1)
    assert found.fallen
    assert compare(human, before, after, gate=Gate("spearman", 0.7, 0.9), scale="graded", seed=1).fallen is False
