"""Which settled traces a judge sees: each one with a chance that is known, never zero, and higher where something looks odd.

    anomalies ─► stratum and wanted probability ─► plan (budget) ─► probability ─► hash of (judge, trace) below it? ─► Task

Every trace is decided on its own (Poisson sampling), by a hash that anybody can compute again in SQL:
`cityHash64(concat(judge, '/', trace_id))`. A budget lowers the probabilities before traces are seen and never picks among
them afterwards, so the probability on the task is the true one and `assay.stats.estimate` can undo the preference.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from clickhouse_cityhash.cityhash import CityHash64

SAMPLER_VERSION = 1
"""Raised with every change of what a probability depends on."""

SLOTS = 64
"""Parts that the work is divided in; each belongs to one scorer."""

Stratum = Literal["error", "signal", "low_score", "warning", "tail", "rare", "base"]

WANTED: dict[Stratum, float] = {
    "error": 0.6,
    "signal": 0.6,
    "low_score": 0.5,
    "warning": 0.4,
    "tail": 0.15,
    "rare": 0.15,
    "base": 0.04,
}
"""Probability by the strongest sign that a trace carries, before the budget. See docs/decisions for what it was measured on."""

FLOOR = 0.005
"""No budget pushes a probability below this, unless this for every trace is already more than the budget."""

LOW_SCORE = 0.5
"""Earlier scores below this are low."""


class Anomalies(NamedTuple):
    """What is known of a settled trace before any judge has seen this revision of it."""

    severity: Literal["", "info", "warning", "error"] = ""
    """Of its worst finding."""
    negative_signals: int = 0
    """Negative feedback: thumbs down, low ratings, rephrased questions, abandoned or escalated."""
    slow: bool = False
    """It lasted longer than almost all traces of its route."""
    dear: bool = False
    """It cost more than almost all traces of its route."""
    earlier_score: float | None = None
    """Lowest score so far in its conversation, or of an earlier revision."""
    rare: bool = False
    """It belongs to a cohort with few traces."""


class Plan(NamedTuple):
    """What a budget leaves of the wanted probabilities, for the traces of one stretch of time."""

    scale: float = 1.0
    """Wanted probabilities are multiplied by this, 0 to 1."""
    floor: float = FLOOR


class Task(NamedTuple):
    """A judge is to look at a trace."""

    workspace: str
    trace_id: str
    judge: str
    """Its id, without the version."""
    probability: float
    """That this judge sees this trace: the maximum over its revisions."""
    stratum: Stratum
    sampler_version: int
    slot: int
    revision: int
    """Of the settled trace; a verdict about an earlier one is stale."""


def stratum(anomalies: Anomalies) -> Stratum:
    """The strongest sign that a trace carries."""
    signs: dict[Stratum, bool] = {
        "error": anomalies.severity == "error",
        "signal": anomalies.negative_signals > 0,
        "low_score": anomalies.earlier_score is not None and anomalies.earlier_score < LOW_SCORE,
        "warning": anomalies.severity == "warning",
        "tail": anomalies.slow or anomalies.dear,
        "rare": anomalies.rare,
        "base": True,
    }
    return max((name for name, shown in signs.items() if shown), key=WANTED.__getitem__)


def plan(expected: Mapping[Stratum, float], budget: float) -> Plan:
    """The largest scale with which `expected` traces by stratum make at most `budget` tasks on average.

    `expected` is a forecast from earlier traces: it must not depend on the traces that the plan is for.
    """
    if budget <= 0:
        raise ValueError("a budget is above 0: a judge that may see nothing has no estimates")
    everything = sum(expected.values())
    if everything * FLOOR >= budget:
        return Plan(scale=0.0, floor=budget / everything)
    low, high = 0.0, 1.0
    if _tasks(expected, Plan(high)) <= budget:
        return Plan()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _tasks(expected, Plan(middle)) <= budget else (low, middle)
    return Plan(low)


def probability(name: Stratum, plan: Plan) -> float:
    """The probability of a trace of this stratum under the plan; above 0."""
    return max(plan.floor, WANTED[name] * plan.scale)


def sample(
    workspace: str,
    trace_id: str,
    judge: str,
    anomalies: Anomalies,
    *,
    plan: Plan,
    revision: int,
    earlier: float = 0.0,
) -> Task | None:
    """The task, or None where the judge does not see this trace. `earlier` is the probability on its task so far, if any.

    `judge` is the judge's id without its version: a new version sees the same traces, so that the two can be compared.
    A trace that was not drawn needs no memory: its hash was above every earlier probability, so whichever draws it now is
    the maximum. One that was drawn does: when it is considered again and is more probable now, the probability of the
    verdict that is there has to be raised to the task's, also where nothing has to be judged again. Else traces that were
    drawn late and traces that were drawn early are each counted as if they stood for all.
    """
    name = stratum(anomalies)
    chance = max(probability(name, plan), earlier)
    if draw(judge, trace_id) >= chance:
        return None
    return Task(workspace, trace_id, judge, chance, name, SAMPLER_VERSION, slot(trace_id), revision)


def draw(judge: str, trace_id: str) -> float:
    """A number in [0, 1) that is this judge's for this trace, and independent of other judges' and of the slot."""
    return float((CityHash64(f"{judge}/{trace_id}") >> 11) / 2**53)


def slot(trace_id: str) -> int:
    """`cityHash64(trace_id) % 64`."""
    return int(CityHash64(trace_id) % SLOTS)


def slots(ordinal: int, scorers: int) -> range:
    """The slots of one of so many scorers; every slot has one owner. A scorer's budget is its share of the slots."""
    if not 0 <= ordinal < scorers <= SLOTS:
        raise ValueError(
            f"scorer {ordinal} of {scorers}: ordinals are 0 to {SLOTS - 1} and below the number of scorers"
        )
    return range(ordinal, SLOTS, scorers)


def _tasks(expected: Mapping[Stratum, float], plan: Plan) -> float:
    return sum(many * probability(name, plan) for name, many in expected.items())
