"""What a round of calibration finds out about one judge from items that it and people rated.

    ratings by people, verdicts on the same items ─► coefficients by source of labels, ceiling, disagreements, gate

Pure: who reads the rows and where the history is written is decided elsewhere. Sources of labels are kept apart, because
an end user's thumb and an expert's rating are different questions. Verdicts of an earlier version of the judge on the same
items tell a fall from a harder week.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

import numpy as np

from assay.stats.agreement import SYMMETRIC, Agreement, Scale, agreement, people
from assay.stats.gate import GATES, Decision, Fall, Gate, State, compare, decide
from assay.stats.resample import DRAWS, Floats

BAD_BELOW = 0.5
"""A score below this is bad, where good and bad are told apart."""


class Label(NamedTuple):
    """What one person said of one item."""

    item: str
    """The trace, or trace and span, that was rated."""
    labeller: str
    source: str
    """expert, corrected or end_user."""
    value: float
    """0 to 1; 1 is good."""
    probability: float
    """That this item was judged and then chosen to be labelled."""
    conversation: str
    """Empty: the item is a conversation of its own."""


class Disagreement(NamedTuple):
    """An item on which the judge and people are of two minds, worst first."""

    item: str
    human: float
    judge: float


class Calibration(NamedTuple):
    """One judge against one source of labels."""

    source: str
    agreement: tuple[Agreement, ...]
    ceiling: tuple[Agreement, ...]
    """How far two people agree on the same items; empty where no item has two labellers."""
    fall: Fall | None
    """Against the version that was trusted, where both rated the same items."""
    false_positives: tuple[Disagreement, ...]
    """Called bad by the judge and good by people."""
    false_negatives: tuple[Disagreement, ...]
    """Called good by the judge and bad by people."""
    decision: Decision


def calibrate(
    labels: Sequence[Label],
    verdicts: Mapping[str, float],
    *,
    scale: Scale,
    source: str,
    before: State,
    trusted: Mapping[str, float] | None = None,
    new_model: bool = False,
    probe: frozenset[str] = frozenset(),
    gate: Gate | None = None,
    levels: Sequence[float] | None = None,
    seed: int,
    draws: int = DRAWS,
) -> Calibration:
    """Everything about one judge version and one source of labels.

    `verdicts` are this version's scores by item, `trusted` those of the version that the gate was opened with, `probe` the
    items of the frozen probe set, `before` the gate's state so far. An item with many labels of the source counts once,
    with their mean (binary: what most of them say, bad where they are divided).
    """
    rule = gate or GATES[scale]
    how: _How = {"scale": scale, "levels": levels, "seed": seed, "draws": draws}
    mine = [one for one in labels if one.source == source]
    rated = _by_item(mine, scale)
    both = [item for item in rated if item in verdicts]
    found = _agreement(both, rated, verdicts, how)
    again = [item for item in both if item in probe] if before == "suspended" else []
    fall = _fall(both, rated, verdicts, trusted or {}, rule, how)
    wrong = [Disagreement(item, rated[item].value, verdicts[item]) for item in both]
    wrong.sort(key=lambda one: (-abs(one.human - one.judge), one.item))
    return Calibration(
        source,
        found,
        _ceiling(mine, how),
        fall,
        tuple(one for one in wrong if one.judge < BAD_BELOW <= one.human),
        tuple(one for one in wrong if one.human < BAD_BELOW <= one.judge),
        decide(
            rule,
            before,
            _named(found, rule),
            fall=fall,
            new_model=new_model,
            probe=_named(_agreement(again, rated, verdicts, how), rule),
        ),
    )


def mostly_bad(labels: Sequence[Label]) -> bool:
    """Whether most of them call an item bad, or they are divided."""
    return 2 * sum(one.value < BAD_BELOW for one in labels) >= len(labels)


class _How(TypedDict):
    scale: Scale
    levels: Sequence[float] | None
    seed: int
    draws: int


def _named(found: Sequence[Agreement], gate: Gate) -> Agreement | None:
    return next((one for one in found if one.coefficient == gate.coefficient), None)


def _by_item(labels: Sequence[Label], scale: Scale) -> dict[str, Label]:
    """One label for each item, in the items' order."""
    grouped: dict[str, list[Label]] = {}
    for one in labels:
        grouped.setdefault(one.item, []).append(one)
    found: dict[str, Label] = {}
    for item in sorted(grouped):
        value = float(np.mean([one.value for one in grouped[item]]))
        if scale == "binary":
            value = float(not mostly_bad(grouped[item]))
        found[item] = grouped[item][0]._replace(value=value)
    return found


def _agreement(
    items: Sequence[str], rated: Mapping[str, Label], verdicts: Mapping[str, float], how: _How
) -> tuple[Agreement, ...]:
    if not items:
        return ()
    people_said = _bad([rated[item].value for item in items], how)
    judge_said = _bad([verdicts[item] for item in items], how)
    weights, clusters = _standing([rated[item] for item in items])
    return agreement(people_said, judge_said, weights=weights, clusters=clusters, **how)


def _fall(
    items: Sequence[str],
    rated: Mapping[str, Label],
    verdicts: Mapping[str, float],
    trusted: Mapping[str, float],
    gate: Gate,
    how: _How,
) -> Fall | None:
    same = [item for item in items if item in trusted]
    if not same:
        return None
    weights, clusters = _standing([rated[item] for item in same])
    return compare(
        _bad([rated[item].value for item in same], how),
        _bad([trusted[item] for item in same], how),
        _bad([verdicts[item] for item in same], how),
        gate=gate,
        weights=weights,
        clusters=clusters,
        **how,
    )


def _ceiling(labels: Sequence[Label], how: _How) -> tuple[Agreement, ...]:
    first, second, weights, rows = people(
        [one.item for one in labels],
        [one.labeller for one in labels],
        [one.value for one in labels],
        [1 / one.probability for one in labels],
    )
    if not len(first):
        return ()
    clusters = _standing([labels[row] for row in rows])[1]
    names = SYMMETRIC[how["scale"]]
    return agreement(_bad(first, how), _bad(second, how), weights=weights, clusters=clusters, coefficients=names, **how)


def _standing(labels: Sequence[Label]) -> tuple[list[float], list[str]]:
    """How many items each one stands for, and what it varies with."""
    return [1 / one.probability for one in labels], [one.conversation or one.item for one in labels]


def _bad(values: Sequence[float] | Floats, how: _How) -> Floats:
    """Binary: 1 is bad, so that sensitivity is the share of bad answers that the judge finds."""
    value = np.asarray(values, float)
    return np.asarray(value < BAD_BELOW, float) if how["scale"] == "binary" else value
