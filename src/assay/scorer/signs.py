"""What looks odd about settled traces: the signs that sampling prefers.

    traces that have settled ─► findings, signals, tails of their route, rare cohorts ─► Anomalies

What is usual is read once in a while (`usual`), what a trace is like when it is its turn (`anomalies`). Both are read before
any judge sees the trace.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from assay.scorer.sample import Anomalies
from assay.store.store import Store, query

TAIL = 0.99
"""Traces that last longer, or cost more, than this share of the traces of their service and route are in the tail."""

LEAST = 100
"""Traces of a service and route below which nobody knows what its tail is."""

RARE = 0.01
"""Values of a cohort label with less than this share of the traces are rare."""

MOST_VALUES = 50
"""A cohort label with more values is an id."""

_SEVERITIES: tuple[Literal["", "info", "warning", "error"], ...] = ("", "info", "warning", "error")


class Usual(NamedTuple):
    """What traces of a store are like."""

    slow_ms: Mapping[tuple[str, str, str], float]
    """By workspace, service and route."""
    dear_usd: Mapping[tuple[str, str, str], float]
    rare: frozenset[tuple[str, str, str]]
    """Workspace, cohort label and value."""


def usual(store: Store, since: datetime) -> Usual:
    """From the traces since then. Raises `StoreUnavailable`."""
    tails = store.rows(query("sample_tails"), {"since": since, "tail": TAIL, "least": LEAST})
    rare = store.rows(query("sample_rare"), {"since": since, "share": RARE, "most": MOST_VALUES})
    return Usual(
        {_place(row): row["slow_ms"] for row in tails},
        {_place(row): row["dear_usd"] for row in tails},
        frozenset((row["workspace"], row["key"], row["value"]) for row in rare),
    )


def anomalies(store: Store, traces: Collection[str], known: Usual) -> dict[tuple[str, str], Anomalies]:
    """By workspace and trace id, for the traces that are there. Raises `StoreUnavailable`."""
    rows = store.rows(query("sample_signs"), {"traces": sorted(traces)}) if traces else []
    return {(row["workspace"], row["trace_id"]): _anomalies(row, known) for row in rows}


def _anomalies(row: Mapping[str, Any], known: Usual) -> Anomalies:
    place = _place(row)
    return Anomalies(
        severity=_SEVERITIES[row["gravest"]],
        negative_signals=row["negative"],
        slow=row["duration_ms"] > known.slow_ms.get(place, float("inf")),
        dear=row["cost_usd"] > known.dear_usd.get(place, float("inf")),
        rare=any((row["workspace"], key, value) in known.rare for key, value in row["cohort"].items()),
    )


def _place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["workspace"], row["service"], row["route"]
