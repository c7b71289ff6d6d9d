"""One round of one judge: what was labelled since it last looked, drawn, shown, judged, written.

    labelled since the watermark ─► not judged yet ─► drawn (Poisson) ─► Trace ─► Case ─► Verdict | Unscored ─► rows ─► next watermark

A round may be killed at any moment and run again: what has a row is not asked again, and a row written twice counts once. The watermark
moves only when everything before it has a row or is under way in a batch. Traces belong to slots, slots to scorers: nobody asks twice.
"""

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa

from assay import telemetry
from assay.checks.trace import Trace
from assay.clock import DAY_NS, Clock
from assay.config.egress import egress_policy
from assay.config.model import Judges as JudgeSettings
from assay.config.model import Workspace
from assay.judges.answer import judgement_of
from assay.judges.budget import Ledger, Reservation
from assay.judges.call import BATCH_DISCOUNT, Caller, Outcome
from assay.judges.case import Case, case_of, outgoing
from assay.judges.client import Failure, Reply
from assay.judges.offline import judge_offline
from assay.judges.prompt import Prompt, prompt_of
from assay.judges.verdict import Judgement, Reason, Unscored
from assay.scorer.panel import Seat
from assay.scorer.sample import FLOOR, Plan, Stratum, Task, plan, sample
from assay.scorer.signs import Usual, anomalies, usual
from assay.scorer.traces import Place, Texts, load_traces
from assay.scorer.verdicts import Took, row_of, verdict_id, write_verdicts
from assay.store.store import INSERT_TIMEOUT_SECONDS, Store, query

log = logging.getLogger(__name__)

OVERLAP_SECONDS = 3.0 * INSERT_TIMEOUT_SECONDS
"""A round looks back this far: no label is visible later. What was judged is left out by its rows."""
WINDOW_SECONDS = 600.0
"""How much one round takes on when it has fallen behind."""
SLICE = 200
"""Traces that are held at once, and after which rows are written."""
FORECAST_SECONDS = 600.0
"""How often is looked at what traffic is like."""
SIGNS = 500
"""Traces whose signs are read with one statement."""
USUAL_HOURS = 1.0
"""What is usual is read from the traces of so long."""
URGENT: frozenset[Stratum] = frozenset({"error", "signal", "low_score"})
"""Nobody waits a day for these."""
LEAST_BATCH = 20
"""Fewer are asked one by one: a batch of its own for each of them would not be worth it."""

Key = tuple[str, str]


@dataclass
class Traffic:
    """What earlier traces were like; read now and then."""

    usual: Usual = field(default_factory=lambda: Usual({}, {}, frozenset()))
    plans: dict[str, tuple[Plan, Plan, int]] = field(default_factory=dict)
    """By judge: the plan now, the one before, and up to when labels were first considered by that one (milliseconds). What comes again
    in the overlap is drawn as it was: who was not drawn then would else get a second chance."""
    stale: set[str] = field(default_factory=set)
    """Judges whose plan is to be made anew."""
    read_at: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What one round of one judge did."""

    drawn: int = 0
    verdicts: int = 0
    unscored: int = 0
    waiting: int = 0
    """Drawn, and nobody answered: they are asked again."""
    behind_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What rounds need, and what they remember: texts and how traffic is."""

    store: Store
    clock: Clock
    settings: JudgeSettings
    workspaces: Mapping[str, Workspace]
    ledger: Ledger
    slots: tuple[int, ...]
    pool: ThreadPoolExecutor
    texts: Texts = field(default_factory=Texts)
    traffic: Traffic = field(default_factory=Traffic)
    stopping: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class _Shown:
    """A task with what the judge would be shown."""

    task: Task
    trace: Trace
    case: Case | Unscored
    labelled_ms: int


def judge_round(bench: Bench, seat: Seat, *, hosted: int) -> Judged:
    """One round; `hosted` is how many judges share the budget. Raises `StoreUnavailable`; then nothing is lost."""
    judge = seat.judge
    prefix = f"judge {judge.key} "
    name = f"{prefix}{bench.settings.ordinal}/{bench.settings.scorers}"
    found = bench.store.rows(query("judge_window"), {"name": name, "prefix": prefix})[0]
    now: datetime = found["now"]
    first = now - timedelta(hours=bench.settings.lookback_hours)
    watermark: datetime = found["watermark"]
    if watermark.year == 1970:
        # Another division of the work, or a new judge: from where the slowest of the others was.
        watermark = max(found["oldest"], first)
    since = watermark - timedelta(seconds=OVERLAP_SECONDS)
    following: datetime = bench.store.rows(query("judge_next"), {"since": since})[0]["first"]
    until = now if following.year == 1970 else min(now, max(watermark, following) + timedelta(seconds=WINDOW_SECONDS))
    window = {"since": since, "until": until}
    _look_at_traffic(bench, seat, now, watermark, hosted)
    verdicts, unscored, waiting = _collect(bench, seat)
    asked = {**window, "judge_id": judge.id, "judge_version": judge.version, "slots": list(bench.slots)}
    rows = bench.store.arrow(query("judge_candidates"), asked).to_pylist()
    drawn = list(_drawn(bench, seat, rows))
    for number, part in enumerate(_slices(drawn)):
        if bench.stopping():
            waiting += 1
            break
        done = _judge(bench, seat, part, int(found["round"]) + 10 * number)
        verdicts += done.verdicts
        unscored += done.unscored
        waiting += done.waiting
    bench.ledger.flush()
    if not waiting:
        bench.store.insert(
            "progress", pa.table({"name": [name], "watermark": pa.array([until], pa.timestamp("ms", tz="UTC"))})
        )
    behind = now - (watermark if waiting else until)
    return Judged(len(drawn), verdicts, unscored, waiting, max(behind.total_seconds(), 0.0))


def _slices(drawn: Sequence[tuple[Task, dict[str, Any]]]) -> Iterator[list[tuple[Task, dict[str, Any]]]]:
    left = iter(drawn)
    while part := list(islice(left, SLICE)):
        yield part


def _drawn(bench: Bench, seat: Seat, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Those that the judge is to see."""
    left = iter(rows)
    judge = seat.judge.id
    while part := list(islice(left, SIGNS)):
        signs = anomalies(bench.store, {row["trace_id"] for row in part}, bench.traffic.usual)
        for row in part:
            odd = signs.get((row["workspace"], row["trace_id"]))
            if odd is None:
                continue
            if not math.isnan(row["earlier_score"]):
                odd = odd._replace(earlier_score=row["earlier_score"])
            now, before, until_ms = bench.traffic.plans[judge]
            task = sample(
                row["workspace"], row["trace_id"], judge, odd, plan=before if row["labelled_ms"] <= until_ms else now,
                revision=row["revision"], earlier=row["earlier_probability"],
            )  # fmt: skip
            if task is None:
                continue
            if not row["is_judged"]:
                yield task, row
            elif task.probability > row["earlier_probability"]:
                _raise(bench, seat, task)


def _raise(bench: Bench, seat: Seat, task: Task) -> None:
    """The verdict that is there stands for fewer now: see `assay.scorer.sample`."""
    bench.store.command(
        query("judge_raise"),
        {
            "workspace": task.workspace, "trace_id": task.trace_id, "judge_id": seat.judge.id, "judge_version": seat.judge.version,
            "revision": task.revision, "probability": task.probability, "stratum": task.stratum,
            "version": bench.clock.now_ns() // 1_000_000,
        },
        settings={"async_insert": 0},
    )  # fmt: skip


def _look_at_traffic(bench: Bench, seat: Seat, now: datetime, watermark: datetime, hosted: int) -> None:
    traffic, at, judge = bench.traffic, bench.clock.monotonic(), seat.judge.id
    if traffic.read_at is None or at - traffic.read_at >= FORECAST_SECONDS:
        traffic.usual = usual(bench.store, now - timedelta(hours=USUAL_HOURS))
        traffic.stale = set(traffic.plans)
        traffic.read_at = at
    if judge not in traffic.plans or judge in traffic.stale:
        made = _plan(bench, seat, hosted)
        before = traffic.plans[judge][0] if judge in traffic.plans else made
        # The store's times are naive UTC.
        traffic.plans[judge] = (made, before, int(watermark.replace(tzinfo=UTC).timestamp() * 1_000))
        traffic.stale.discard(judge)


def _plan(bench: Bench, seat: Seat, hosted: int) -> Plan:
    """What a budget leaves, by what the judge drew of the last day; before it drew anything, the ledger alone holds."""
    if seat.caller is None:
        return Plan(floor=max(bench.settings.offline_floor, FLOOR))
    rows = bench.store.rows(query("judge_forecast"), {"judge_id": seat.judge.id})
    expected: dict[Stratum, float] = {row["stratum"]: row["per_hour"] for row in rows}
    costs = [row["cost"] for row in rows if row["cost"] and row["cost"] == row["cost"]]
    if not costs:
        return Plan()
    hourly_usd = min(bench.settings.hourly_usd, bench.settings.daily_usd / 24) / hosted
    return plan(expected, hourly_usd / (sum(costs) / len(costs)))


def _judge(bench: Bench, seat: Seat, part: Sequence[tuple[Task, Mapping[str, Any]]], number: int) -> Judged:
    """Tasks of one slice, each to a row, to a batch, or to be asked again."""
    places = [Place(task.workspace, task.trace_id, row["first_ns"], row["last_ns"]) for task, row in part]
    traces = load_traces(bench.store, bench.texts, places, number)
    shown = [
        _show(bench, seat, task, trace, row["labelled_ms"])
        for task, row in part
        # A trace without spans was erased since, or has expired.
        if (trace := traces.get((task.workspace, task.trace_id))) is not None
    ]
    if seat.caller is None:
        rows = [_offline(bench, seat, one) for one in shown]
        return _write(bench, seat, rows, 0)
    rows = [_row(bench, seat, one, one.case, Took(seat.judge.model)) for one in shown if isinstance(one.case, Unscored)]
    to_ask = [(one, one.case) for one in shown if isinstance(one.case, Case)]
    later = [one for one in to_ask if seat.batches is not None and one[0].task.stratum not in URGENT]
    if len(later) >= LEAST_BATCH:
        in_batch = _submit(bench, seat, seat.caller, later)
        to_ask = [one for one in to_ask if one[0].task.trace_id not in in_batch]
    waiting = 0
    caller = seat.caller

    def ask(one: tuple[_Shown, Case]) -> tuple[_Shown, Case, Outcome]:
        return *one, caller.ask(prompt_of(seat.judge, one[1]))

    for each, case, outcome in bench.pool.map(ask, to_ask):
        judgement = _judgement(outcome, seat, case)
        if judgement is None:
            if not _is_given_up(bench, each):
                waiting += 1
                continue
            judgement = Unscored("unavailable", outcome.result.message if isinstance(outcome.result, Failure) else "")
        rows.append(_row(bench, seat, each, judgement, _took(seat, outcome)))
    return _write(bench, seat, rows, waiting)


def _show(bench: Bench, seat: Seat, task: Task, trace: Trace, labelled_ms: int) -> _Shown:
    case = case_of(trace, seat.judge)
    if isinstance(case, Case) and seat.caller is not None:
        case = outgoing(case, egress_policy(bench.workspaces, task.workspace), bench.settings.input_characters)
    return _Shown(task, trace, case, labelled_ms)


def _offline(bench: Bench, seat: Seat, one: _Shown) -> dict[str, Any]:
    if isinstance(one.case, Unscored):
        return _row(bench, seat, one, one.case, Took(_named(seat), cost_usd=0.0))
    judgement, took = ask(seat, one.case, bench.clock)
    return _row(bench, seat, one, judgement or Unscored("unavailable"), took)


def ask(seat: Seat, case: Case, clock: Clock) -> tuple[Judgement | None, Took]:
    """What the judge of the seat says of the case, and what that took. None: nobody answered."""
    if seat.caller is not None:
        outcome = seat.caller.ask(prompt_of(seat.judge, case))
        return _judgement(outcome, seat, case), _took(seat, outcome)
    began = clock.monotonic()
    judgement = judge_offline(seat.judge, case)
    return judgement, Took(_named(seat), latency_ms=(clock.monotonic() - began) * 1_000, cost_usd=0.0)


def _named(seat: Seat) -> str:
    return seat.judge.model if seat.caller else f"offline/{seat.judge.model}"


_REASONS: dict[str, Reason] = {"rejected": "rejected", "refusal": "refusal", "schema": "schema"}


def _judgement(outcome: Outcome, seat: Seat, case: Case) -> Judgement | None:
    """None: nobody answered."""
    result = outcome.result
    if result is None:
        return Unscored("budget", "no money was left in this hour or day")
    if isinstance(result, Reply):
        return judgement_of(result.text, seat.judge, case)
    reason = _REASONS.get(result.kind)
    return Unscored(reason, result.message) if reason else None


def _took(seat: Seat, outcome: Outcome) -> Took:
    result = outcome.result
    if isinstance(result, Reply):
        return Took(
            result.model or seat.judge.model, result.request_id, result.tokens, outcome.cost_usd, outcome.latency_ms
        )
    if isinstance(result, Failure):
        return Took(seat.judge.model, result.request_id, result.tokens, outcome.cost_usd, outcome.latency_ms)
    return Took(seat.judge.model, cost_usd=outcome.cost_usd)


def _is_given_up(bench: Bench, one: _Shown) -> bool:
    return bench.clock.now_ns() // 1_000_000 - one.labelled_ms > bench.settings.give_up_seconds * 1_000


def _row(bench: Bench, seat: Seat, one: _Shown, judgement: Judgement, took: Took) -> dict[str, Any]:
    return row_of(one.task, seat.judge, one.trace, judgement, took, version_ms=bench.clock.now_ns() // 1_000_000)


def _write(bench: Bench, seat: Seat, rows: Sequence[dict[str, Any]], waiting: int) -> Judged:
    write_verdicts(bench.store, rows)
    judge = seat.judge.id
    without = [row["unscored"] for row in rows if row["unscored"]]
    for reason in without:
        telemetry.count("assay_judge_unscored_total", 1, judge=judge, reason=reason)
    telemetry.count("assay_judge_verdicts_total", len(rows) - len(without), judge=judge)
    telemetry.count("assay_judge_cost_usd_total", sum(row["cost_usd"] or 0.0 for row in rows), judge=judge)
    return Judged(0, len(rows) - len(without), len(without), waiting)


# Batches.

_BATCH_TYPES: dict[str, pa.DataType] = {
    "batch_id": pa.string(), "scorer": pa.string(), "judge_id": pa.string(), "judge_version": pa.uint16(), "workspace": pa.string(),
    "trace_id": pa.string(), "revision": pa.uint64(), "start_time": pa.timestamp("ns", tz="UTC"), "task": pa.string(),
    "reservation": pa.binary(16), "reserved_at": pa.timestamp("ms", tz="UTC"), "reserved_usd": pa.float64(), "done": pa.uint8(),
}  # fmt: skip


def _submit(bench: Bench, seat: Seat, caller: Caller, part: Sequence[tuple[_Shown, Case]]) -> set[str]:
    """Hand in what there is money for, as one batch; the ids of its traces. None where the endpoint does not take it: then they are
    asked one by one. A process that is killed between handing in and writing that down asks again, and the money stays reserved."""
    if seat.batches is None or caller.breaker.wait_seconds() > 0:
        return set()
    asked: list[tuple[_Shown, Prompt, Reservation]] = []
    for one, case in part:
        prompt = prompt_of(seat.judge, case)
        made = bench.ledger.reserve(caller.most_usd(prompt, discount=BATCH_DISCOUNT) or 0.0)
        if made is None:
            break
        asked.append((one, prompt, made))
    if not asked:
        caller.breaker.release()
        return set()
    batch = seat.batches.submit({verdict_id(one.task, seat.judge).hex(): prompt for one, prompt, _ in asked})
    if isinstance(batch, Failure):
        caller.breaker.note(batch)
        for _, _, made in asked:
            bench.ledger.settle(made, made.usd if batch.may_be_billed else 0.0)
        return set()
    caller.breaker.release()
    rows = [
        {
            "batch_id": batch, "scorer": f"{bench.settings.ordinal}/{bench.settings.scorers}", "judge_id": seat.judge.id,
            "judge_version": seat.judge.version, "workspace": one.task.workspace, "trace_id": one.task.trace_id,
            "revision": one.task.revision, "start_time": one.trace.root.start_ns, "task": json.dumps(one.task), "reservation": made.id,
            "reserved_at": made.at_ms, "reserved_usd": made.usd, "done": 0,
        }
        for one, _, made in asked
    ]  # fmt: skip
    _write_batches(bench, rows)
    return {one.task.trace_id for one, _, _ in asked}


def _write_batches(bench: Bench, rows: Sequence[Mapping[str, Any]]) -> None:
    bench.store.insert(
        "judge_batches",
        pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in _BATCH_TYPES.items()}),
    )


def _collect(bench: Bench, seat: Seat) -> tuple[int, int, int]:
    """Verdicts, unscored and waiting of batches that have ended. What a batch did not answer is asked again one by one."""
    if seat.batches is None or seat.caller is None:
        return 0, 0, 0
    who = {"judge_id": seat.judge.id, "judge_version": seat.judge.version, "slots": list(bench.slots)}
    open_: dict[str, list[dict[str, Any]]] = {}
    for row in bench.store.arrow(query("judge_open_batches"), who).to_pylist():
        open_.setdefault(row["batch_id"], []).append(row)
    verdicts = unscored = waiting = 0
    for number, (batch, rows) in enumerate(open_.items()):
        found = seat.batches.collect(batch)
        if found is None or (isinstance(found, Failure) and found.kind in ("transient", "misconfigured")):
            continue
        answers: Mapping[str, Reply | Failure] = {} if isinstance(found, Failure) else found
        done = _of_batch(bench, seat, seat.caller, rows, answers, number)
        verdicts += done.verdicts
        unscored += done.unscored
        waiting += done.waiting
    return verdicts, unscored, waiting


def _of_batch(
    bench: Bench,
    seat: Seat,
    caller: Caller,
    rows: Sequence[dict[str, Any]],
    answers: Mapping[str, Reply | Failure],
    number: int,
) -> Judged:
    tasks = [Task(*json.loads(row["task"])) for row in rows]
    places = [
        Place(task.workspace, task.trace_id, row["start_ns"], row["start_ns"] + DAY_NS)
        for task, row in zip(tasks, rows, strict=True)
    ]
    traces = load_traces(bench.store, bench.texts, places, bench.clock.now_ns() + 10 * number)
    written: list[dict[str, Any]] = []
    settled: list[tuple[Reservation, float]] = []
    again: list[tuple[_Shown, Case]] = []
    for task, row in zip(tasks, rows, strict=True):
        made = Reservation(row["reservation"], row["reserved_ms"], row["reserved_usd"])
        trace = traces.get((task.workspace, task.trace_id))
        result = answers.get(verdict_id(task, seat.judge).hex())
        settled.append((made, 0.0))
        if trace is None:
            continue
        one = _show(bench, seat, task, trace, row["asked_ms"])
        if isinstance(one.case, Unscored):
            written.append(_row(bench, seat, one, one.case, Took(seat.judge.model)))
        elif result is None or (isinstance(result, Failure) and result.kind in ("transient", "misconfigured")):
            again.append((one, one.case))
            continue
        else:
            cost = caller.cost_usd(prompt_of(seat.judge, one.case), result, discount=BATCH_DISCOUNT)
            settled[-1] = (made, cost)
            outcome = Outcome(result, cost, 0.0)
            judgement = _judgement(outcome, seat, one.case) or Unscored("unavailable")
            written.append(_row(bench, seat, one, judgement, _took(seat, outcome)))
    waiting = 0
    for one, case in again:
        outcome = caller.ask(prompt_of(seat.judge, case))
        found = _judgement(outcome, seat, case)
        if found is None and not _is_given_up(bench, one):
            # The batch stays open; it is collected again with the next round.
            waiting += 1
            continue
        written.append(_row(bench, seat, one, found or Unscored("unavailable"), _took(seat, outcome)))
    counted = _write(bench, seat, written, waiting)
    if not waiting:
        for made, usd in settled:
            bench.ledger.settle(made, usd)
        bench.ledger.flush()
        _write_batches(
            bench,
            [row | {"judge_id": seat.judge.id, "judge_version": seat.judge.version, "start_time": row["start_ns"], "reserved_at": row["reserved_ms"], "done": 1} for row in rows],
        )  # fmt: skip
    return counted
