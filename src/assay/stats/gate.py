"""May a judge drive alerts? Only while the lower bound of its agreement with people passes.

    agreement, comparison on the same items, new model? ─► decide ─► state, event, reason, labels still needed

States and events are values; who stores them and who is told is not decided here.
"""

from math import atanh, ceil, isfinite
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.stats.agreement import COEFFICIENTS, Agreement, Scale, masses, ratings
from assay.stats.resample import DRAWS, Interval, between, floats

State = Literal["uncalibrated", "closed", "open", "suspended"]
"""`uncalibrated`: no labels. `closed`: the lower bound does not pass. `open`: it does. `suspended`: was taken back and has
to be proved again on the frozen probe set."""

Event = Literal["", "opened", "closed", "fell", "new_model", "proved_again"]
"""What happened to the gate; empty: nothing."""


class Gate(NamedTuple):
    """What a judge must reach."""

    coefficient: str
    threshold: float
    """The lower bound of the coefficient must be at least this."""
    allowed_fall: float = 0.05
    """Agreement that falls by more than this, on the same items, suspends the gate."""


GATES: dict[Scale, Gate] = {"binary": Gate("mcc", 0.6), "graded": Gate("spearman", 0.7)}
"""What is asked where nothing is configured."""


class Fall(NamedTuple):
    """Two judges, or two times of one, compared on the same items."""

    before: float
    after: float
    difference: Interval
    """after - before."""
    fallen: bool
    """By more than the allowed fall, and the interval of the difference excludes zero."""
    items: int


class Decision(NamedTuple):
    """Where the gate stands now."""

    state: State
    event: Event
    reason: str
    """A sentence for a person."""
    labels_needed: int | None
    """More labels with which the gate would open with `POWER`, if the judge is as good as it looks; 0 where it is open,
    None where no number of labels would help or nothing is known."""


POWER = 0.8
"""How sure opening is once that many labels were added."""

_Z = 1.959964
_Z_POWER = 0.841621


def decide(
    gate: Gate,
    before: State,
    agreement: Agreement | None,
    *,
    fall: Fall | None = None,
    new_model: bool = False,
    probe: Agreement | None = None,
) -> Decision:
    """The gate after a round of calibration.

    `agreement` is the gate's coefficient over all labels of this judge version; `fall` compares with the version that is
    trusted; `probe` is the coefficient over the frozen probe set, rated by the judge as it is now. A suspended gate opens
    again only by `probe`; a fall or a new model counts only for a gate that is open.
    """
    if before == "open" and (new_model or (fall is not None and fall.fallen)):
        return _suspended(gate, fall, new_model)
    if before == "suspended":
        if probe is None or not passes(gate, probe):
            return Decision("suspended", "", "not proved again on the probe set", _needed(gate, probe))
        return Decision("open", "proved_again", f"on the probe set: {_passes(gate, probe)}", 0)
    if agreement is None or not agreement.items or not isfinite(agreement.low):
        event: Event = "closed" if before == "open" else ""
        return Decision("uncalibrated", event, "no labels that say anything yet", None)
    if passes(gate, agreement):
        return Decision("open", "" if before == "open" else "opened", _passes(gate, agreement), 0)
    reason = f"lower bound of {gate.coefficient} {agreement.low:.2f} is below {gate.threshold:g}"
    return Decision("closed", "closed" if before == "open" else "", reason, _needed(gate, agreement))


def passes(gate: Gate, agreement: Agreement) -> bool:
    """True where the lower bound passes; an unknown one does not."""
    return agreement.low >= gate.threshold


def compare(
    human: npt.ArrayLike,
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    gate: Gate,
    scale: Scale,
    weights: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    levels: npt.ArrayLike | None = None,
    seed: int,
    draws: int = DRAWS,
) -> Fall:
    """Agreement with people before and after, on the same items. What is easy or hard for both cancels."""
    person, old, new = floats(human, before, after)
    weight = np.ones(len(person)) if weights is None else floats(person, weights)[1]
    occurring = np.unique((person, old, new)) if levels is None else levels
    scale_levels: npt.ArrayLike = (0.0, 1.0) if scale == "binary" else occurring
    coefficient = COEFFICIENTS[scale][gate.coefficient]
    was, now = (float(coefficient(ratings(person, one, levels=scale_levels), weight)) for one in (old, new))
    rows, blocks = masses(
        np.column_stack((person, old, new)), weight, scale=scale, clusters=clusters, seed=seed, draws=draws
    )
    sides = [ratings(rows[:, 0], rows[:, side], levels=scale_levels) for side in (1, 2)]
    drawn = np.full(draws, np.nan)
    for part, mass in blocks:
        drawn[part] = coefficient(sides[1], mass) - coefficient(sides[0], mass)
    difference = between(now - was, drawn)
    fallen = difference.estimate < -gate.allowed_fall and difference.high < 0
    return Fall(was, now, difference, fallen, len(person))


def labels_for(gate: Gate, agreement: Agreement) -> int | None:
    """Labels in all with which the lower bound would pass with `POWER`, if the estimate is the truth; None: never.

    The interval's lower half shrinks with 1 / √n on Fisher's scale (atanh), where it does not depend on the coefficient.
    """
    if not isfinite(agreement.low) or agreement.estimate <= gate.threshold:
        return None
    value, low, wanted = (atanh(min(one, 0.999)) for one in (agreement.estimate, agreement.low, gate.threshold))
    wide = (_Z + _Z_POWER) / _Z * (value - low)
    return ceil(agreement.items * (wide / (value - wanted)) ** 2) if value > wanted else None


def _needed(gate: Gate, agreement: Agreement | None) -> int | None:
    in_all = labels_for(gate, agreement) if agreement is not None else None
    return max(1, in_all - agreement.items) if in_all is not None and agreement is not None else None


def _passes(gate: Gate, agreement: Agreement) -> str:
    return f"lower bound of {gate.coefficient} {agreement.low:.2f} passes {gate.threshold:g} ({agreement.items} labels)"


def _suspended(gate: Gate, fall: Fall | None, new_model: bool) -> Decision:
    if fall is not None and fall.fallen:
        reason = f"{gate.coefficient} fell from {fall.before:.2f} to {fall.after:.2f} on the same {fall.items} items"
        return Decision("suspended", "fell", reason, None)
    return Decision("suspended", "new_model", "the judge's model is new", None)
