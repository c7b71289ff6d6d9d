"""How far judges agree with people: the table that `assay quality` and `assay label --import` end with."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assay.cli.output import console, print_table
from assay.scorer.ratings import CHECK
from assay.store.store import Store, query

MOST_LINKS = 3
"""Disagreements that are printed for a judge, of either kind."""


def agreements(store: Store, *, workspace: str = "", judge: str = "", dimension: str = "") -> list[dict[str, Any]]:
    """Where gates stand, one row per judge version (or `check:<id>`) and source of labels. Raises `StoreUnavailable`."""
    rows = store.rows(query("calibration_gates"), {"workspace": workspace, "judge": judge, "dimension": dimension})
    for row in rows:
        for name in ("coefficients", "ceilings"):
            row[name] = json.loads(row[name])
    return rows


def gate_words(row: Mapping[str, Any] | None) -> str:
    """The gate in a few words; a judge without a row is uncalibrated."""
    if row is None or row["state"] == "uncalibrated":
        return "uncalibrated"
    if row["state"] == "open":
        return "open"
    if row["state"] == "suspended":
        return "suspended: to be proved again"
    if row["labels_needed"]:
        return f"closed: needs about {row['labels_needed']:,} more labels"
    is_proved = row["low"] is not None and row["low"] >= row["threshold"]
    return "closed: such labels open no gate" if is_proved else "closed: agrees too little"


def print_agreement(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table for a person, and where to look at disagreements. Prints nothing without rows."""
    shown = [row for row in rows if row["items"] or row["state"] == "suspended"]
    if not shown:
        return
    apart = len({row["workspace"] for row in shown}) > 1
    print_table([
        ({"workspace": row["workspace"]} if apart else {})
        | {
            "judge": f"{row['judge_id']}@{row['judge_version']}", "dimension": row["dimension"], "labels of": row["source"],
            "traces": row["items"], "agreement": f"{row['coefficient']} {_interval(row, '')}", "people": _number(row["ceiling"]),
            "finds bad": _interval(row, "sensitivity"), "spares good": _interval(row, "specificity"), "gate": gate_words(row),
        }
        for row in shown
    ])  # fmt: skip
    out = console()
    out.print(
        "agreement, with its 95 % interval: the gate is open while the lower end passes the threshold. people: how far two of them agree. "
        f"{CHECK}...: a check, where it could be asked.",
        style="dim",
    )
    for row in shown:
        links = [
            f"{what}: {', '.join(f'assay trace {one}' for one in row[name][:MOST_LINKS])}"
            for name, what in (("false_positives", "called bad, people say good"), ("false_negatives", "called good, people say bad"))
            if row[name]
        ]  # fmt: skip
        if links and row["decides"]:
            out.print(f"{row['judge_id']}@{row['judge_version']}  " + "\n    ".join(links), style="dim", markup=False)


def _interval(row: Mapping[str, Any], name: str) -> str:
    estimate, low, high = (
        (row["estimate"], row["low"], row["high"]) if not name else (row[name], row[f"{name}_low"], row[f"{name}_high"])
    )
    return "–" if estimate is None else f"{estimate:.2f} [{_number(low)}, {_number(high)}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
