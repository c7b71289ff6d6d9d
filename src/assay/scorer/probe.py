"""Proving a judge again: it is asked about the frozen probe set of its dimension when its gate was taken back.

    gates that were taken back ─► probe items not asked since ─► Case ─► Judgement ─► probe_verdicts

What is said of the probe set is in no rate and no dashboard: those traces were not drawn. Who asks keeps to the budget like every
other call; where there is no money or nobody answers, the next round asks again.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from assay.config.egress import egress_policy
from assay.judges.case import Case, case_of, outgoing
from assay.judges.verdict import Judgement, Unscored, Verdict
from assay.scorer.judging import Bench, ask
from assay.scorer.panel import Seat
from assay.scorer.traces import Place, load_traces
from assay.scorer.verdicts import Took
from assay.store.store import query

MOST = 100
"""Traces that one round asks a judge about."""

_LATER = {"budget", "unavailable"}
"""Reasons that are gone by and by."""

_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(), "trace_id": pa.string(), "dimension": pa.string(), "judge_id": pa.string(), "judge_version": pa.uint16(),
    "judge_model": pa.string(), "rubric": pa.string(), "score": pa.float64(), "unscored": pa.string(), "cost_usd": pa.float64(),
}  # fmt: skip


def probe_round(bench: Bench, seat: Seat) -> int:
    """Asks one judge about what it has to prove itself on; how many traces it was asked about. Raises `StoreUnavailable`."""
    judge = seat.judge
    asked = {"judge_id": judge.id, "judge_version": judge.version, "most": MOST}
    wanted = bench.store.rows(query("probe_wanted"), asked)
    if not wanted:
        return 0
    number = bench.store.rows(query("judge_window"), {"name": "probe", "prefix": "probe"})[0]["round"]
    places = [Place(row["workspace"], row["trace_id"], row["first_ns"], row["last_ns"]) for row in wanted]
    traces = load_traces(bench.store, bench.texts, places, int(number))
    to_ask: list[tuple[dict[str, Any], Case | Unscored]] = []
    for row in wanted:
        trace = traces.get((row["workspace"], row["trace_id"]))
        case = case_of(trace, judge) if trace is not None else Unscored("not_applicable")
        if isinstance(case, Case) and seat.caller is not None:
            policy = egress_policy(bench.workspaces, row["workspace"])
            case = outgoing(case, policy, bench.settings.input_characters)
        to_ask.append((row, case))

    def said(one: tuple[dict[str, Any], Case | Unscored]) -> tuple[dict[str, Any], Judgement | None, Took]:
        row, case = one
        if isinstance(case, Unscored) or bench.stopping():
            return row, case if isinstance(case, Unscored) else None, Took(judge.model)
        return row, *ask(seat, case, bench.clock)

    rows = [
        _row(seat, row, judgement, took) for row, judgement, took in bench.pool.map(said, to_ask) if _counts(judgement)
    ]
    bench.ledger.flush()
    _write(bench, rows)
    return len(rows)


def _counts(judgement: Judgement | None) -> bool:
    return judgement is not None and not (isinstance(judgement, Unscored) and judgement.reason in _LATER)


def _row(seat: Seat, row: dict[str, Any], judgement: Judgement | None, took: Took) -> dict[str, Any]:
    return {
        "workspace": row["workspace"],
        "trace_id": row["trace_id"],
        "dimension": row["dimension"],
        "judge_id": seat.judge.id,
        "judge_version": seat.judge.version,
        "judge_model": took.model,
        "rubric": seat.judge.rubric_hash,
        "score": judgement.score if isinstance(judgement, Verdict) else None,
        "unscored": judgement.reason if isinstance(judgement, Unscored) else "",
        "cost_usd": took.cost_usd,
    }


def _write(bench: Bench, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in _TYPES.items()}
        bench.store.insert("probe_verdicts", pa.table(columns))
