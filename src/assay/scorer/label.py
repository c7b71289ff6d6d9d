"""Labels for stored spans that were mapped again, with log records that came late or by newer tables and checks.

    batch of full rows ─► the checks of the receiver ─► findings; what was found before and holds no longer is retracted

Nothing is retracted where a text of the span has expired or was erased: what cannot be looked at again keeps its label.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from assay.checks.check import Check
from assay.checks.engine import Checker
from assay.checks.rows import finding_columns
from assay.spans.batch import SpanBatch
from assay.store.parcel import FINDING_TYPES
from assay.store.store import Store, query

KEY = ("workspace", "trace_id", "span_id", "label", "check_id")


@lru_cache(1)
def checker(checks: tuple[Check, ...]) -> Checker:
    """The checks of this process with what they remember; upkeep is one thread."""
    return Checker(checks)


def label(batch: SpanBatch, attributes: Sequence[str], checks: tuple[Check, ...]) -> dict[str, list[Any]]:
    """Fill the column `checks` of a batch and give its findings as columns. `attributes` are the stored raw ones."""
    batch.raw = {"attributes": list(attributes)}
    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    checked = checker(checks).check(batch, texts.get)
    batch.columns["checks"] = checked.checks
    return finding_columns(batch, checked)


def retracted(
    store: Store, batch: SpanBatch, found: Mapping[str, list[Any]], whole: Sequence[bool]
) -> dict[str, list[Any]]:
    """Rows that take back what was found before in spans of the batch and is not found now, as columns.

    `whole[i]` is False where a text of span i is gone; its findings stay.
    """
    columns = batch.columns
    versions = {
        (columns["workspace"][row], columns["trace_id"][row], columns["span_id"][row]): columns["version"][row]
        for row in range(batch.rows)
        if whole[row]
    }
    holds = set(zip(*(found[name] for name in KEY), strict=True)) if found else set()
    traces = sorted({trace for _, trace, _ in versions})
    before = store.arrow(query("findings_of_traces"), {"traces": traces}).to_pylist() if traces else []
    gone = [
        row
        for row in before
        if (row["workspace"], row["trace_id"], row["span_id"]) in versions
        and tuple(row[name] for name in KEY) not in holds
    ]
    if not gone:
        return {}
    for row in gone:
        row["retracted"] = 1
        row["version"] = versions[row["workspace"], row["trace_id"], row["span_id"]]
    return {name: [row[name] for row in gone] for name in FINDING_TYPES}
