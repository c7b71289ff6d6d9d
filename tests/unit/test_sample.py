"""Every trace has a known chance above zero to be judged, whoever decides it and however often."""

import numpy as np
import pytest

from assay.scorer.sample import (
    FLOOR,
    SAMPLER_VERSION,
    SLOTS,
    WANTED,
    Anomalies,
    Plan,
    draw,
    plan,
    probability,
    sample,
    slot,
    slots,
    stratum,
)

IDS = [f"{one:032x}" for one in range(20_000)]


@pytest.mark.parametrize(
    ("anomalies", "expected"),
    [
        (Anomalies(), "base"),
        (Anomalies(severity="info"), "base"),
        (Anomalies(severity="warning"), "warning"),
        (Anomalies(severity="error", slow=True), "error"),
        (Anomalies(negative_signals=1, severity="warning"), "signal"),
        (Anomalies(earlier_score=0.2), "low_score"),
        (Anomalies(earlier_score=0.9), "base"),
        (Anomalies(slow=True), "tail"),
        (Anomalies(dear=True), "tail"),
        (Anomalies(rare=True), "rare"),
    ],
)
def test_the_strongest_sign_decides(anomalies: Anomalies, expected: str) -> None:
    assert stratum(anomalies) == expected


def test_as_many_are_drawn_as_the_probability_says() -> None:
    drawn = np.array([draw("faithfulness@1", one) for one in IDS])
    for chance in (0.005, 0.04, 0.5):
        assert abs((drawn < chance).sum() - chance * len(IDS)) < 4 * np.sqrt(chance * len(IDS))


def test_judges_and_slots_are_independent() -> None:
    """Consecutive ids, judges that differ by one letter: correlations of 20,000 are within four standard errors."""
    numbers = [[draw(judge, one) for one in IDS] for judge in ("tone@1", "tone@2", "safety@1")]
    table = np.corrcoef([*numbers, [slot(one) for one in IDS]])
    assert np.abs(table[~np.eye(4, dtype=bool)]).max() < 4 / np.sqrt(len(IDS))


def test_a_budget_lowers_all_but_the_floor() -> None:
    expected = {"error": 500, "warning": 500, "base": 9_000}
    for budget in (100, 300, 600):
        chosen = plan(expected, budget)
        assert sum(many * probability(name, chosen) for name, many in expected.items()) == pytest.approx(budget)
        assert probability("base", chosen) >= FLOOR
        assert probability("error", chosen) > probability("base", chosen)
    assert plan(expected, 10_000) == Plan()
    assert plan({}, 10) == Plan()


def test_a_budget_below_the_floor_is_shared_evenly_and_nobody_is_left_out() -> None:
    chosen = plan({"error": 5_000, "base": 95_000}, 50)
    assert {probability(name, chosen) for name in WANTED} == {50 / 100_000}


def test_a_judge_that_may_see_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        plan({"base": 10}, 0)


def test_a_task_says_how_likely_it_was() -> None:
    anomalies = Anomalies(severity="error")
    tasks = [sample("acme", one, "tone@1", anomalies, plan=Plan(), revision=1) for one in IDS[:1_000]]
    drawn = [one for one in tasks if one is not None]
    assert 500 < len(drawn) < 700
    for one in drawn:
        assert (one.probability, one.stratum, one.sampler_version) == (WANTED["error"], "error", SAMPLER_VERSION)
        assert one.slot == slot(one.trace_id)


def test_a_trace_that_opens_again_keeps_its_highest_probability() -> None:
    """Drawn as an error, it stays drawn when the error turns out to be none; drawn later, it was not drawn before."""
    for trace in IDS[:500]:
        first = sample("acme", trace, "tone@1", Anomalies(severity="error"), plan=Plan(), revision=1)
        earlier = first.probability if first else 0.0
        again = sample("acme", trace, "tone@1", Anomalies(), plan=Plan(), revision=2, earlier=earlier)
        if first is not None:
            assert again is not None
            assert again.probability == WANTED["error"]
            assert again.revision == 2
        else:
            assert again is None
            late = sample("acme", trace, "tone@1", Anomalies(severity="error"), plan=Plan(), revision=3)
            assert late is None


def test_traces_that_are_considered_again_stand_for_as_many_as_there_are() -> None:
    """Users doubt every answer later: whoever raises the probability of those drawn before counts 20,000, else twice that."""
    later = Anomalies(negative_signals=1)
    raised = kept = 0.0
    for trace in IDS:
        first = sample("acme", trace, "tone", Anomalies(), plan=Plan(), revision=1)
        again = sample(
            "acme", trace, "tone", later, plan=Plan(), revision=1, earlier=first.probability if first else 0.0
        )
        if again is not None:
            raised += 1 / again.probability
            kept += 1 / (first or again).probability
    assert abs(raised - len(IDS)) < 4 * np.sqrt(len(IDS) * (1 / 0.6 - 1))
    assert kept > 1.8 * len(IDS)


def test_every_slot_has_one_owner() -> None:
    for scorers in (1, 3, 7, SLOTS):
        owned = [one for ordinal in range(scorers) for one in slots(ordinal, scorers)]
        assert sorted(owned) == list(range(SLOTS))
    with pytest.raises(ValueError, match="ordinals"):
        slots(3, 3)
    with pytest.raises(ValueError, match="ordinals"):
        slots(0, SLOTS + 1)
