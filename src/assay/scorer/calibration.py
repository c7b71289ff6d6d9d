"""One round of calibration: how far each judge agrees with people now, and what that means for its gate.

    labels, verdicts on the same traces, earlier rounds ─► calibrate, by judge version and source ─► rows, probe sets

A row is written only where labels, verdicts or what is asked of a gate changed since the row before, and carries the next number of
its series: a round that is run again, or by two processes at once, changes nothing. Disagreements are trace ids.

A judge version begins where the version before it stands: where that one's gate is open, a fall on the same traces or another model
suspends the new one. What a judge said when its gate opened is kept with the probe set, so that a later model can be compared.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from assay import telemetry
from assay.checks.engine import CHECKS
from assay.checks.traces import TRACE_CHECKS
from assay.clock import Clock
from assay.config.model import Judges as JudgeSettings
from assay.judges.judge import judges_of
from assay.scorer.calibrate import BAD_BELOW, Calibration, Label, calibrate, mostly_bad
from assay.scorer.ratings import CHECK, Rater, Ratings, Score, Told, ratings
from assay.stats.agreement import Agreement, Scale, agreement
from assay.stats.gate import Decision, Gate, State
from assay.store.store import Store, query

SEED = 1
"""The same labels and verdicts give the same row."""

MOST_EXAMPLES = 100
"""Disagreements that a row names, worst first."""

PROBE_ITEMS = 400
"""Most traces of a probe set: what proves a judge again costs as many calls."""

CHECK_LABELS: dict[str, str] = {one.id: one.label for one in CHECKS} | {one.id: one.label for one in TRACE_CHECKS}
"""Labels of the taxonomy by check, of the checks that come with Assay."""


class Series(NamedTuple):
    """What one row follows the other in: a rater and a source of labels."""

    rater: Rater
    source: str


class Earlier(NamedTuple):
    """What is remembered of a row."""

    number: int
    told: Told
    state: State
    event: str
    items: int
    inputs: str


class _Case(NamedTuple):
    """What one calibration is made of."""

    series: Series
    told: Told
    labels: list[Label]
    scores: Mapping[str, Score]
    trusted: Mapping[str, float]
    before: State
    new_model: Told | None
    """What the judge was before, where it is new."""
    is_proved: bool
    """It was suspended and proved itself again: it is not compared with the one before any more."""
    suspensions: int
    """How often the gate was suspended before this round."""
    scale: Scale
    levels: tuple[float, ...] | None
    gate: Gate


def calibration_round(
    store: Store,
    settings: JudgeSettings,
    clock: Clock,
    *,
    workspace: str = "",
    checks: Mapping[str, str] = CHECK_LABELS,
) -> list[dict[str, Any]]:
    """The rows that were written. `checks` are labels of the taxonomy by check id.

    Raises `StoreUnavailable`, and `ConfigError` for a judge that cannot be used; then the next round does it again.
    """
    said = ratings(store, checks, workspace=workspace)
    history: dict[Series, list[Earlier]] = {}
    opened: list[tuple[Series, Told]] = []
    for row in store.rows(query("calibration_history"), {"workspace": workspace}):
        series = Series(Rater(row["workspace"], row["judge_id"], row["judge_version"], row["dimension"]), row["source"])
        told = Told(row["judge_model"], row["rubric"])
        history.setdefault(series, []).append(
            Earlier(row["round"], told, row["state"], row["event"], row["items"], row["inputs"])
        )  # fmt: skip
        if row["state"] == "open":
            opened.append((series, told))
    probe: dict[tuple[str, str], set[str]] = {}
    for row in store.rows(query("calibration_probe"), {"workspace": workspace}):
        probe.setdefault((row["workspace"], row["dimension"]), set()).add(row["trace_id"])
    levels = {(one.id, one.version): tuple(one.scale.values()) for one in judges_of(settings)}
    rows: list[dict[str, Any]] = []
    for rater in sorted({*said.scores, *said.now, *(series.rater for series in history)}):
        people = said.people.get((rater.workspace, rater.dimension), ())
        for source in sorted({one.source for one in people} | {s.source for s in history if s.rater == rater}):
            series = Series(rater, source)
            case = _case(series, said, history, opened, settings, levels)
            mine = history.get(series, [])
            inputs = _digest(case)
            if mine and mine[-1].inputs == inputs:
                continue
            key = (rater.workspace, rater.dimension)
            found = calibrate(
                case.labels, {item: one.value for item, one in case.scores.items()}, scale=case.scale, source=source,
                before=case.before, trusted={} if case.is_proved else case.trusted, new_model=case.new_model is not None,
                probe=frozenset(probe.get(key, ())), gate=case.gate, levels=case.levels, seed=SEED,
            )  # fmt: skip
            decision = _worded(found.decision, case, settings)
            number = mine[-1].number + 1 if mine else 1
            rows.append(_row(case, found, decision, number, inputs, clock.now_ns() // 1_000_000))
            history.setdefault(series, []).append(
                Earlier(number, case.told, decision.state, decision.event, rows[-1]["items"], inputs)
            )
            if decision.state == "open":
                opened.append((series, case.told))
                if key not in probe:
                    probe[key] = _freeze(store, rater, source, said, case.scores)
                _keep(store, case, probe[key])
    _write(store, rows)
    for row in rows:
        if row["event"]:
            telemetry.count("assay_calibration_events_total", 1, judge=row["judge_id"], event=row["event"])
    return rows


def _case(
    series: Series,
    said: Ratings,
    history: Mapping[Series, Sequence[Earlier]],
    opened: Sequence[tuple[Series, Told]],
    settings: JudgeSettings,
    levels: Mapping[tuple[str, int], tuple[float, ...]],
) -> _Case:
    rater, source = series
    known = said.scores.get(rater, {})
    mine = history.get(series, ())
    # The newest verdicts say what the judge is; without any of late, the row before does, then whatever it said most with.
    most = max(known, key=lambda told: (len(known[told]), told), default=Told("", ""))
    told = said.now.get(rater) or (mine[-1].told if mine else most)
    scores = known.get(told, {})
    is_unknown = all(one.state == "uncalibrated" and not one.items for one in mine)
    before: State = _inherited(series, history) if is_unknown else mine[-1].state
    last = next(((one, was) for one, was in reversed(opened) if _is_like(one, series)), None)
    other = next(
        ((one, was) for one, was in reversed(opened) if _is_like(one, series) and (one.rater, was) != (rater, told)), None
    )  # fmt: skip
    is_proved = any(one.event == "proved_again" and one.told == told for one in mine)
    trusted: dict[str, float] = {}
    if other is not None:
        trusted = {item: one.value for item, one in said.scores.get(other[0].rater, {}).get(other[1], {}).items()}
    suspensions = sum(one.event in {"fell", "new_model"} for one in mine)
    new_model = last[1] if last is not None and before == "open" and _is_new(last, rater, told) else None
    labels = said.labels(rater, scores)
    scale = _scale(rater, [one.value for one in labels if one.source == source], levels)
    calibration = settings.calibration
    gate = (
        Gate("mcc", calibration.mcc, calibration.allowed_fall)
        if scale == "binary"
        else Gate("spearman", calibration.rank_correlation, calibration.allowed_fall)
    )
    steps = levels.get((rater.judge_id, rater.judge_version)) if scale == "graded" else None
    return _Case(series, told, labels, scores, trusted, before, new_model, is_proved, suspensions, scale, steps, gate)


def _is_like(one: Series, other: Series) -> bool:
    """The same judge, this version or an earlier one, and the same source of labels."""
    return (
        one.source == other.source
        and one.rater._replace(judge_version=0) == other.rater._replace(judge_version=0)
        and one.rater.judge_version <= other.rater.judge_version
    )


def _is_new(last: tuple[Series, Told], rater: Rater, told: Told) -> bool:
    """A new version has a rubric of its own; another model, or another rubric under the same version, is new."""
    was = last[1]
    return was.model != told.model or (last[0].rater == rater and was.rubric != told.rubric)


def _inherited(series: Series, history: Mapping[Series, Sequence[Earlier]]) -> State:
    """A new version stands where the last one stood, as long as that was open."""
    earlier = [one for one in history if _is_like(one, series) and one.rater.judge_version < series.rater.judge_version]
    if not earlier:
        return "uncalibrated"
    last = history[max(earlier, key=lambda one: one.rater.judge_version)][-1]
    return "open" if last.state == "open" else "uncalibrated"


def _scale(rater: Rater, said: Sequence[float], levels: Mapping[tuple[str, int], tuple[float, ...]]) -> Scale:
    """Binary where the judge has two levels, or people said only good or bad."""
    steps = levels.get((rater.judge_id, rater.judge_version), ())
    if rater.judge_id.startswith(CHECK) or len(steps) == 2:
        return "binary"
    return "binary" if set(said) <= {0.0, 1.0} else "graded"


def _worded(decision: Decision, case: _Case, settings: JudgeSettings) -> Decision:
    """A source that may not open a gate does not; and a new model is named."""
    if case.series.source not in settings.calibration.sources and decision.state in {"open", "suspended"}:
        reason = f"labels of {case.series.source} open no gate (judges.calibration.sources)"
        return Decision("closed", "", reason, None)
    if decision.event == "new_model" and case.new_model is not None:
        was, now = case.new_model, case.told
        what = (
            f"model is {now.model}, not {was.model}"
            if was.model != now.model
            else "rubric changed, its version did not"
        )
        return decision._replace(reason=f"the judge's {what}: it has to prove itself on the probe set")
    return decision


def _digest(case: _Case) -> str:
    """Of everything that a row depends on but the gate's state so far. The probe set counts by what was said of it.

    Suspensions count, so that the round after one looks at the probe set.
    """
    labels = sorted(one for one in case.labels if one.source == case.series.source)
    told = (*case.told, case.scale, case.levels, tuple(case.gate), case.suspensions)
    parts = (told, labels, sorted((item, one.value) for item, one in case.scores.items()), sorted(case.trusted.items()))
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _freeze(store: Store, rater: Rater, source: str, said: Ratings, scores: Mapping[str, Score]) -> set[str]:
    """The items that opened the gate become the probe set of their dimension."""
    people = said.people[rater.workspace, rater.dimension]
    rated = {one.trace_id for one in people if one.source == source and one.trace_id in scores}
    # By a hash, so that what was labelled first has no preference.
    chosen = sorted(rated, key=lambda item: hashlib.blake2b(item.encode()).digest())[:PROBE_ITEMS]
    many = len(chosen)
    columns = {"workspace": [rater.workspace] * many, "dimension": [rater.dimension] * many, "trace_id": chosen}
    store.insert("probe_items", pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}))
    return set(chosen)


def _keep(store: Store, case: _Case, probe: set[str]) -> None:
    """What an open judge says of the probe set is kept: a new model under the same version writes over its verdicts."""
    rater = case.series.rater
    items = sorted(probe & case.scores.keys())
    if not items or rater.judge_id.startswith(CHECK):
        return
    same = {
        "workspace": (rater.workspace, pa.string()), "dimension": (rater.dimension, pa.string()), "judge_id": (rater.judge_id, pa.string()),
        "judge_version": (rater.judge_version, pa.uint16()), "judge_model": (case.told.model, pa.string()),
        "rubric": (case.told.rubric, pa.string()),
    }  # fmt: skip
    columns = {name: pa.array([value] * len(items), kind) for name, (value, kind) in same.items()}
    columns |= {
        "trace_id": pa.array(items, pa.string()),
        "score": pa.array([case.scores[one].value for one in items], pa.float64()),
    }
    store.insert("probe_verdicts", pa.table(columns))


_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.uint64()
ROW_TYPES: dict[str, pa.DataType] = {
    "workspace": _TEXT, "judge_id": _TEXT, "judge_version": pa.uint16(), "dimension": _TEXT, "source": _TEXT, "round": pa.uint32(),
    "at": pa.timestamp("ms", tz="UTC"), "judge_model": _TEXT, "rubric": _TEXT, "scale": _TEXT, "coefficient": _TEXT, "estimate": _NUMBER,
    "low": _NUMBER, "high": _NUMBER, "items": _COUNT, "labellers": _COUNT, "ceiling": _NUMBER, "sensitivity": _NUMBER,
    "sensitivity_low": _NUMBER, "sensitivity_high": _NUMBER, "specificity": _NUMBER, "specificity_low": _NUMBER,
    "specificity_high": _NUMBER, "threshold": _NUMBER, "state": _TEXT, "event": _TEXT, "reason": _TEXT, "labels_needed": _COUNT,
    "coefficients": _TEXT, "ceilings": _TEXT, "false_positives": pa.list_(_TEXT), "false_negatives": pa.list_(_TEXT), "inputs": _TEXT,
}  # fmt: skip


def _write(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        store.insert(
            "calibration_rows",
            pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in ROW_TYPES.items()}),
        )


def _row(
    case: _Case, found: Calibration, decision: Decision, number: int, inputs: str, at_ms: int
) -> dict[str, Any]:  # fmt: skip
    by_name = {one.coefficient: one for one in (*found.agreement, *_as_binary(case, found))}
    ceiling = next((one.estimate for one in found.ceiling if one.coefficient == case.gate.coefficient), None)
    gate = by_name.get(case.gate.coefficient)
    rated = {one.labeller for one in case.labels if one.source == case.series.source and one.item in case.scores}
    row: dict[str, Any] = {
        **case.series.rater._asdict(),
        "source": case.series.source,
        "round": number,
        "at": datetime.fromtimestamp(at_ms / 1_000, UTC),
        "judge_model": case.told.model,
        "rubric": case.told.rubric,
        "scale": case.scale,
        "coefficient": case.gate.coefficient,
        "items": gate.items if gate else 0,
        "labellers": len(rated),
        "ceiling": _known(ceiling),
        "threshold": case.gate.threshold,
        "state": decision.state,
        "event": decision.event,
        "reason": decision.reason,
        "labels_needed": decision.labels_needed,
        "coefficients": _json(tuple(by_name.values())),
        "ceilings": _json(found.ceiling),
        "false_positives": [one.item for one in found.false_positives[:MOST_EXAMPLES]],
        "false_negatives": [one.item for one in found.false_negatives[:MOST_EXAMPLES]],
        "inputs": inputs,
    }
    row |= {name: _known(getattr(gate, name, None)) for name in ("estimate", "low", "high")}
    for name in ("sensitivity", "specificity"):
        one = by_name.get(name)
        row |= {
            name: _known(one and one.estimate),
            f"{name}_low": _known(one and one.low),
            f"{name}_high": _known(one and one.high),
        }
    return row


def _as_binary(case: _Case, found: Calibration) -> tuple[Agreement, ...]:
    """A graded judge read as one that says good or bad: what corrected rates need."""
    if case.scale == "binary" or not found.agreement:
        return ()
    pairs = pairs_of(case.labels, case.scores, case.series.source)
    return agreement(
        [one.is_bad for one in pairs],
        [one.judge < BAD_BELOW for one in pairs],
        scale="binary",
        weights=[one.weight for one in pairs],
        clusters=[one.conversation for one in pairs],
        seed=SEED,
    )


def publish_gates(store: Store) -> None:
    """The gauges of gates, from what is stored. Raises `StoreUnavailable`."""
    for row in store.rows(query("calibration_gates"), {"workspace": "", "judge": "", "dimension": ""}):
        names = {"workspace": row["workspace"], "judge": f"{row['judge_id']}@{row['judge_version']}"}
        names |= {"dimension": row["dimension"], "source": row["source"]}
        telemetry.set_gauge("assay_gate_open", row["may_alert"], **names)
        needed = row["labels_needed"]
        telemetry.set_gauge("assay_labels_needed", math.nan if needed is None else needed, **names)


class Pair(NamedTuple):
    """A trace that people and a judge rated."""

    item: str
    human: float
    """Mean of what people said."""
    is_bad: bool
    """See `mostly_bad`."""
    judge: float
    weight: float
    conversation: str


def pairs_of(labels: Sequence[Label], scores: Mapping[str, Score], source: str) -> list[Pair]:
    """One entry for each trace with labels of the source and a score, by trace id."""
    grouped: dict[str, list[Label]] = {}
    for one in labels:
        if one.source == source and one.item in scores:
            grouped.setdefault(one.item, []).append(one)
    return [
        Pair(
            item,
            math.fsum(one.value for one in mine) / len(mine),
            mostly_bad(mine),
            scores[item].value,
            1 / mine[0].probability,
            mine[0].conversation or item,
        )
        for item, mine in sorted(grouped.items())
    ]


def _json(found: Sequence[Agreement]) -> str:
    return json.dumps([
        {name: _known(value) if isinstance(value, float) else value for name, value in one._asdict().items()} for one in found
    ])  # fmt: skip


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
