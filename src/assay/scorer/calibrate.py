"""What a round of calibration finds out about one judge from items that it and people rated.

    ratings by people, verdicts on the same items ─► coefficients by source of labels, ceiling, disagreements, gate

Pure: who reads the rows and where the history is written is decided elsewhere. Sources of labels are kept apart, because
an end user's thumb and an expert's rating are different questions. Verdicts of an earlier version of the judge on the same
items tell a fall from a harder week.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from assay.stats.agreement import SYMMETRIC, Agreement, Scale, agreement, people
from assay.stats.gate import GATES, Decision, Fall, Gate, State, compare, decide
from assay.stats.resample import DRAWS


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


BAD_BELOW = 0.5
"""A score below this is bad, where a graded judge is read as a binary one."""


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
    mine = [one for one in labels if one.source == source]
    rated = _by_item(mine, scale)
    both = [item for item in rated if item in verdicts]
    found = _agreement(both, rated, verdicts, scale, levels, seed, draws)
    key = next((one for one in found if one.coefficient == rule.coefficient), None)
    again = [item for item in both if item in probe]
    proof = _agreement(again, rated, verdicts, scale, levels, seed, draws) if before == "suspended" else ()
    fall = _fall([item for item in both if item in (trusted or {})], rated, verdicts, trusted or {}, rule, scale, levels, seed, draws)  # fmt: skip
    wrong = [Disagreement(item, rated[item].value, verdicts[item]) for item in both]
    wrong.sort(key=lambda one: (-abs(one.human - one.judge), one.item))
    return Calibration(
        source,
        found,
        _ceiling(mine, scale, levels, seed, draws),
        fall,
        tuple(one for one in wrong if one.judge < BAD_BELOW <= one.human),
        tuple(one for one in wrong if one.human < BAD_BELOW <= one.judge),
        decide(
            rule,
            before,
            key,
            fall=fall,
            new_model=new_model,
            probe=next((one for one in proof if one.coefficient == rule.coefficient), None),
        ),
    )


def _by_item(labels: Sequence[Label], scale: Scale) -> dict[str, Label]:
    """One label for each item, in the items' order."""
    grouped: dict[str, list[Label]] = {}
    for one in labels:
        grouped.setdefault(one.item, []).append(one)
    found: dict[str, Label] = {}
    for item in sorted(grouped):
        value = float(np.mean([one.value for one in grouped[item]]))
        if scale == "binary":
            value = float(np.mean([one.value >= BAD_BELOW for one in grouped[item]]) > 0.5)
        found[item] = grouped[item][0]._replace(value=value)
    return found


def _agreement(
    items: Sequence[str],
    rated: Mapping[str, Label],
    verdicts: Mapping[str, float],
    scale: Scale,
    levels: Sequence[float] | None,
    seed: int,
    draws: int,
) -> tuple[Agreement, ...]:
    if not items:
        return ()
    return agreement(
        _bad(np.array([rated[item].value for item in items]), scale),
        _bad(np.array([verdicts[item] for item in items]), scale),
        scale=scale,
        weights=[1 / rated[item].probability for item in items],
        clusters=[_cluster(rated[item]) for item in items],
        levels=levels,
        seed=seed,
        draws=draws,
    )


def _fall(
    items: Sequence[str],
    rated: Mapping[str, Label],
    verdicts: Mapping[str, float],
    trusted: Mapping[str, float],
    gate: Gate,
    scale: Scale,
    levels: Sequence[float] | None,
    seed: int,
    draws: int,
) -> Fall | None:
    if not items:
        return None
    return compare(
        _bad(np.array([rated[item].value for item in items]), scale),
        _bad(np.array([trusted[item] for item in items]), scale),
        _bad(np.array([verdicts[item] for item in items]), scale),
        gate=gate,
        scale=scale,
        weights=[1 / rated[item].probability for item in items],
        clusters=[_cluster(rated[item]) for item in items],
        levels=levels,
        seed=seed,
        draws=draws,
    )


def _ceiling(
    labels: Sequence[Label], scale: Scale, levels: Sequence[float] | None, seed: int, draws: int
) -> tuple[Agreement, ...]:
    first, second, weights, rows = people(
        [one.item for one in labels],
        [one.labeller for one in labels],
        [one.value for one in labels],
        [1 / one.probability for one in labels],
    )
    if not len(first):
        return ()
    return agreement(
        _bad(first, scale),
        _bad(second, scale),
        scale=scale,
        weights=weights,
        clusters=[_cluster(labels[row]) for row in rows],
        levels=levels,
        coefficients=SYMMETRIC[scale],
        seed=seed,
        draws=draws,
    )


def _bad(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], scale: Scale
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Binary: 1 is bad, so that sensitivity is the share of bad answers that the judge finds."""
    return np.asarray(values < BAD_BELOW, float) if scale == "binary" else values


def _cluster(label: Label) -> str:
    return label.conversation or label.item
