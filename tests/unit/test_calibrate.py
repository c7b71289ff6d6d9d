"""A round of calibration: labels of people and verdicts on the same items."""

import numpy as np
import pytest

from assay.scorer.calibrate import Calibration, Label, calibrate
from assay.stats.agreement import agreement


def labels(
    values: list[float], *, labeller: str = "ann", source: str = "expert", probability: float = 0.1
) -> list[Label]:
    return [Label(f"t{i:03}", labeller, source, value, probability, "") for i, value in enumerate(values)]


def scores(values: list[float]) -> dict[str, float]:
    return {f"t{i:03}": value for i, value in enumerate(values)}


GOOD = [1.0, 0.0, 1.0, 1.0, 0.0] * 40


def run(judge: list[float], **more: object) -> Calibration:
    settings = {"scale": "binary", "source": "expert", "before": "uncalibrated", "seed": 1, "draws": 400} | more
    return calibrate(labels(GOOD), scores(judge), **settings)  # type: ignore[arg-type]


def flipped(share: int) -> list[float]:
    """Every so many-th verdict is wrong."""
    return [1 - one if i % share == 0 else one for i, one in enumerate(GOOD)]


def test_a_good_judge_opens_its_gate_and_its_mistakes_are_named() -> None:
    found = run(flipped(20))
    assert found.decision[:2] == ("open", "opened")
    assert {one.item for one in (*found.false_positives, *found.false_negatives)} == {
        f"t{i:03}" for i in range(0, 200, 20)
    }
    assert all(one.judge == 0 and one.human == 1 for one in found.false_positives)


def test_bad_is_what_sensitivity_is_about() -> None:
    """The judge calls everything good: it finds no bad answer and leaves every good one alone."""
    found = {one.coefficient: one.estimate for one in run([1.0] * 200).agreement}
    assert found["sensitivity"] == 0
    assert found["specificity"] == 1


def test_items_without_a_verdict_and_other_sources_do_not_count() -> None:
    more = [*labels(GOOD), *labels([1 - one for one in GOOD], source="end_user", labeller="bob")]
    verdicts = {item: score for item, score in scores(GOOD).items() if item < "t100"}
    settings = {"scale": "binary", "before": "closed", "seed": 1, "draws": 200}
    expert = calibrate(more, verdicts, source="expert", **settings)  # type: ignore[arg-type]
    users = calibrate(more, verdicts, source="end_user", **settings)  # type: ignore[arg-type]
    assert [one.items for one in expert.agreement] == [100] * 5
    assert expert.agreement[0].estimate == pytest.approx(1)
    assert users.agreement[0].estimate == pytest.approx(-1)
    nobody = calibrate(more, verdicts, source="corrected", **settings)  # type: ignore[arg-type]
    assert nobody.agreement == nobody.ceiling == ()
    assert nobody.decision.state == "uncalibrated"


def test_two_labellers_give_the_ceiling_and_divided_ones_say_bad() -> None:
    ann, bob = labels(GOOD), labels(flipped(10), labeller="bob")
    found = calibrate([*ann, *bob], scores(GOOD), scale="binary", source="expert", before="closed", seed=1, draws=200)
    alone = agreement(1 - np.array(GOOD), 1 - np.array(flipped(10)), scale="binary", seed=1, draws=10)
    assert found.ceiling[0].estimate == pytest.approx(alone[0].estimate)
    assert found.agreement[0].items == 200
    assert len(found.false_negatives) == sum(one == 1 for one in GOOD[::10])
    assert run(GOOD).ceiling == ()


def test_a_fall_on_the_same_items_suspends_and_the_probe_set_proves_again() -> None:
    good, worse = flipped(20), flipped(4)
    fell = run(worse, before="open", trusted=scores(good))
    assert fell.fall is not None
    assert fell.fall.fallen
    assert fell.decision[:2] == ("suspended", "fell")
    assert run(good, before="open", trusted=scores(good)).decision[:2] == ("open", "")
    probe = frozenset(f"t{i:03}" for i in range(100))
    assert run(good, before="suspended").decision.state == "suspended"
    assert run(worse, before="suspended", probe=probe).decision.state == "suspended"
    assert run(good, before="suspended", probe=probe).decision[:2] == ("open", "proved_again")


def test_a_new_model_suspends() -> None:
    assert run(flipped(20), before="open", new_model=True).decision[:2] == ("suspended", "new_model")


def test_conversations_are_what_varies() -> None:
    together = [one._replace(conversation=f"c{i // 10}") for i, one in enumerate(labels(GOOD))]
    judge = scores([1 - one if i // 10 % 5 == 0 else one for i, one in enumerate(GOOD)])
    settings = {"scale": "binary", "source": "expert", "before": "closed", "seed": 1, "draws": 800}
    wide, narrow = (calibrate(one, judge, **settings).agreement[0] for one in (together, labels(GOOD)))  # type: ignore[arg-type]
    assert wide.estimate == narrow.estimate
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_graded_judges_are_read_by_rank() -> None:
    rng = np.random.default_rng(1)
    human = rng.integers(0, 5, 150) / 4
    judge = np.clip(human + rng.normal(0, 0.1, 150), 0, 1)
    found = calibrate(
        labels(list(human)), scores(list(judge)), scale="graded", source="expert", before="closed",
        levels=(0, 0.25, 0.5, 0.75, 1), seed=1, draws=200,
    )  # fmt: skip
    assert [one.coefficient for one in found.agreement] == [
        "spearman",
        "kendall",
        "linear_kappa",
        "quadratic_kappa",
        "mae",
    ]
    assert found.decision.state == "open"
