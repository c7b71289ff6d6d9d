"""Canonical rows read from a real store through its views, with texts in place of hashes."""

from collections import defaultdict
from typing import Any

from assay.spans.columns import COLUMNS, NO_BODY
from assay.store.store import Store

BODY = tuple(column.name for column in COLUMNS if column.type == "Body")
BODIES = tuple(column.name for column in COLUMNS if column.type == "Bodies")

Rows = list[dict[str, Any]]


def read_back(store: Store) -> dict[str, tuple[Rows, Rows]]:
    """By workspace: the spans of `spans_live` and the evaluations of `evaluation_results`."""
    texts = {
        (row["workspace"], bytes(row["hash"])): _text(row["text"])
        for row in store.rows("SELECT workspace, hash, text FROM texts")
    }
    found: dict[str, tuple[Rows, Rows]] = defaultdict(lambda: ([], []))
    names = ", ".join(column.name for column in COLUMNS)
    for row in store.rows(f"SELECT {names} FROM spans_live ORDER BY workspace, start_time, span_id"):
        workspace = row["workspace"]
        for name in BODY:
            row[name] = "" if bytes(row[name]) == NO_BODY else texts[workspace, bytes(row[name])]
        for name in BODIES:
            row[name] = ["" if bytes(one) == NO_BODY else texts[workspace, bytes(one)] for one in row[name]]
        row["usage_role"] = row["usage_role"] or "own"
        found[workspace][0].append(row)
    for row in store.rows("SELECT * FROM evaluation_results"):
        row["explanation"] = texts.get((row["workspace"], bytes(row["explanation"])), "")
        found[row["workspace"]][1].append(row)
    return found


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
