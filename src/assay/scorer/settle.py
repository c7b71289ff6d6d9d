"""Looks at traces that have gone quiet, once their spans and log records lie side by side.

    touched since the watermark and quiet ─► join log records ─► mark twins and repeating parents ─► label whole traces ─► next watermark

A round may be killed at any moment and run twice: what it writes depends only on the rows of the trace, and a row is
rewritten only when it changes. A later span or log record touches the trace again, whatever replica it came through.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from assay.checks.check import Check
from assay.checks.engine import CHECKS
from assay.checks.trace_check import TraceCheck
from assay.checks.traces import TRACE_CHECKS
from assay.otlp.decode import Decoder
from assay.scorer import asked_before
from assay.scorer.label import label, retracted
from assay.scorer.traces import Texts, label_again, label_traces, read_ahead
from assay.scorer.wanted import moment, want
from assay.spans.stored import adopt, needed, restore_log
from assay.spans.usage import Mark, SpanFacts, mark_usage
from assay.store.parcel import LOG_TYPES
from assay.store.store import INSERT_TIMEOUT_SECONDS, Store, query
from assay.store.texts import fetch_texts
from assay.store.write import Writer

NAME = "settle"

OVERLAP_SECONDS = 2.0
"""An ordinary round looks back this far: most insertions are visible sooner."""

SWEEP_SECONDS = 3.0 * INSERT_TIMEOUT_SECONDS
"""A sweep looks back this far: no insertion is visible later."""

WINDOW_SECONDS = 60.0
"""How much one round takes on when it has fallen behind."""

MARGIN = timedelta(hours=1)
"""Spans of a touched trace are looked for this long before and after the touched rows."""

NEAR = timedelta(minutes=5)
"""A second report of one call, in a trace of its own, starts at most this long before the touched rows."""

ROUNDING = timedelta(milliseconds=1)
"""Parameters of the client are not as exact as the start of a span."""

AGAIN = 1_000_000
"""Lists of a round's second look are numbered from here, apart from those of its first."""

FULL_REVISION = 0xFFFFFF

SpanKey = tuple[str, str, str]
"""Workspace, trace and span id."""

_FACTS = tuple(name for name in SpanFacts._fields if name != "has_content")


@dataclass(frozen=True, slots=True)
class Settled:
    """What one round did."""

    traces: int
    adopted: int
    """Log records without ids that found their span."""
    joined: int
    """Spans that log records were joined to."""
    marked: int
    """Spans whose usage role changed."""
    labelled: int
    """Traces that were looked at as a whole; those that are looked at again are not counted again."""
    behind_seconds: float
    """From the end of the window to the time up to which traces could be quiet."""


def settle(
    store: Store,
    writer: Writer,
    decoder: Decoder,
    *,
    quiet_seconds: float,
    incomplete_seconds: float = 0.0,
    sweep: bool = False,
    checks: tuple[Check, ...] = CHECKS,
    trace_checks: Sequence[TraceCheck] = TRACE_CHECKS,
    texts: Texts | None = None,
) -> Settled:
    """One round. `texts` are those that earlier rounds read. Raises `StoreUnavailable`; then nothing is lost, the next round starts at the same watermark."""
    window = store.rows(query("settle_window"), {"name": NAME})[0]
    ready: datetime = window["now"] - timedelta(seconds=quiet_seconds)
    watermark: datetime = window["watermark"]
    if watermark.year == 1970:
        watermark = store.rows(query("settle_first"))[0]["first"]
        if watermark.year == 1970:
            return Settled(0, 0, 0, 0, 0, 0.0)
        watermark -= timedelta(seconds=1)
    until = min(ready, watermark + timedelta(seconds=WINDOW_SECONDS))
    if until <= watermark and not sweep:
        return Settled(0, 0, 0, 0, 0, 0.0)
    until = max(until, watermark)
    insertions = {"since": watermark - timedelta(seconds=SWEEP_SECONDS if sweep else OVERLAP_SECONDS), "until": until}
    touched = store.rows(query("settle_touched"), insertions)[0]
    adopted = _adopt(store, insertions)
    if store.rows(query("settle_any_addressed"))[0]["waiting"]:
        store.command(query("settle_addressed"), insertions, settings={"async_insert": 0})
    number = int(window["round"])
    texts = texts or Texts()
    spans: dict[str, Any] = {}
    joined = 0
    marked: set[SpanKey] = set()
    if touched["traces"]:
        oldest: datetime = touched["oldest"]
        spans = {
            **insertions,
            "oldest": oldest,
            "from": oldest - MARGIN if oldest.year > 1970 else oldest,
            "to": touched["newest"] + MARGIN,
        }
        if touched["with_logs"] or store.rows(query("settle_any_logs"))[0]["any_logs"]:
            joined = _join_logs(store, writer, decoder, spans, number, checks)
    late = max(incomplete_seconds - quiet_seconds, 0.0)
    with read_ahead(store, texts, **insertions, wait_seconds=late, number=number) as slices:
        if spans:
            marked = _mark(store, spans, number)
        # What this round has written touched its traces again: they are looked at when that is quiet.
        again = {(workspace, trace_id) for workspace, trace_id, _ in marked}
        labelled = label_traces(store, writer, texts.questions, slices, but=again, checks=trace_checks)
    label_again(store, writer, texts, number=number + AGAIN, checks=trace_checks)
    asked_before.done(store, texts.questions, window["now"])
    store.insert(
        "progress",
        pa.table({"name": [NAME], "watermark": pa.array([until], pa.timestamp("ms", tz="UTC"))}),
    )
    return Settled(
        int(touched["traces"]), adopted, joined, len(marked), labelled, max((ready - until).total_seconds(), 0.0)
    )


def _adopt(store: Store, window: dict[str, Any]) -> int:
    """Give log records without ids to the only span that they can belong to; the copy touches that span's trace."""
    orphans = store.arrow(query("settle_orphans"), window)
    if not orphans.num_rows:
        return 0
    spans = store.arrow(query("settle_foster_spans"), window).to_pylist()
    rows: list[dict[str, Any]] = []
    for workspace in sorted(set(orphans["workspace"].to_pylist())):
        logs = [row for row in orphans.to_pylist() if row["workspace"] == workspace]
        places = [row for row in spans if row["workspace"] == workspace]
        owners = adopt(
            [(row["service"], row["scope_name"], row["time"]) for row in logs],
            [
                (row["service"], row["scope_name"], row["start_ns"], row["start_ns"] + row["duration_ns"])
                for row in places
            ],
        )
        rows += [
            {**log, "trace_id": places[owner]["trace_id"], "span_id": places[owner]["span_id"]}
            for log, owner in zip(logs, owners, strict=True)
            if owner is not None
        ]
    if rows:
        columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in LOG_TYPES.items()}
        store.insert("log_records", pa.table({**columns, "adopted": pa.array([1] * len(rows), pa.uint8())}))
    return len(rows)


def _join_logs(
    store: Store, writer: Writer, decoder: Decoder, window: dict[str, Any], number: int, checks: tuple[Check, ...]
) -> int:
    joined = 0
    while rows := store.arrow(query("settle_log_spans"), window).to_pylist():
        records = store.arrow(query("settle_logs"), window).to_pylist()
        remap_rows(store, writer, decoder, rows, records, number=number, checks=checks)
        joined += len(rows)
    return joined


def remap_rows(
    store: Store,
    writer: Writer,
    decoder: Decoder,
    rows: Sequence[dict[str, Any]],
    records: Sequence[dict[str, Any]],
    *,
    number: int,
    checks: tuple[Check, ...] = CHECKS,
) -> None:
    """Map and check stored spans anew with the log records that describe them, and store them at their next `revision`."""
    texts = fetch_texts(
        store, ((row["workspace"], found) for row in (*rows, *records) for found in needed(row)), number
    )
    described: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        described[record["workspace"], record["trace_id"], record["span_id"]].append(record)
    groups: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["workspace"], int(row["revision"])].append(row)
    for (workspace, revision), members in groups.items():
        lookup = partial(texts, workspace)
        logs = [
            [
                restore_log(record, lookup)
                for record in sorted(
                    described[workspace, row["trace_id"], row["span_id"]],
                    key=lambda record: (record["time"], record["log_id"]),
                )
            ]
            for row in members
        ]
        batch = decoder.remap(members, logs, workspace=workspace, lookup=lookup, revision=min(revision, FULL_REVISION))
        batch.columns["log_records"] = [min(len(records), 65_535) for records in logs]
        found = label(batch, [row["attributes"] for row in members], checks)
        whole = [all(lookup(one) is not None for one in needed(row)) for row in members]
        writer.write_findings([found, retracted(store, batch, found, whole)])
        writer.write_spans(batch)


def _mark(store: Store, window: dict[str, Any], number: int) -> set[SpanKey]:
    """The spans whose usage role was changed."""
    # A trace judged alone does not see the twin in another trace: the judgement of both together wins, also where it
    # changes nothing.
    judged = [*_judged_alone(store, window, number), *_judged_together(store, window)]
    latest = {(row["workspace"], row["trace_id"], row["span_id"]): (row, mark) for row, mark in judged}
    rows = [(row, mark) for row, mark in latest.values() if mark != (row["usage_role"], row["twin_of"])]
    if not rows:
        return set()
    store.insert(
        "settle_marks",
        pa.table(
            {
                "round": pa.array([number] * len(rows), pa.uint64()),
                "workspace": [row["workspace"] for row, _ in rows],
                "trace_id": [row["trace_id"] for row, _ in rows],
                "span_id": [row["span_id"] for row, _ in rows],
                "start_time": pa.array([row["start_ns"] for row, _ in rows], pa.timestamp("ns", tz="UTC")),
                "usage_role": [mark.usage_role for _, mark in rows],
                "twin_of": [mark.twin_of for _, mark in rows],
                "revision": pa.array([row["trace_rows"] for row, _ in rows], pa.uint64()),
            }
        ),
    )
    starts = [row["start_ns"] for row, _ in rows]
    where = {"from": moment(min(starts)) - ROUNDING, "to": moment(max(starts)) + ROUNDING}
    store.command(query("settle_apply"), {"round": number, **where}, settings={"async_insert": 0})
    return {(row["workspace"], row["trace_id"], row["span_id"]) for row, _ in rows}


def _judged_alone(store: Store, window: dict[str, Any], number: int) -> Iterable[tuple[dict[str, Any], Mark]]:
    suspects = store.arrow(query("settle_suspects"), window)
    if not suspects.num_rows:
        return ()
    ids = zip(suspects["workspace"].to_pylist(), suspects["trace_id"].to_pylist(), strict=True)
    want(store, list(ids), number)
    return _judged(store.arrow(query("settle_facts"), {"round": number, "from": window["from"], "to": window["to"]}))


def _judged_together(store: Store, window: dict[str, Any]) -> Iterable[tuple[dict[str, Any], Mark]]:
    near = {"near": window["oldest"] - NEAR if window["oldest"].year > 1970 else window["oldest"]}
    rows = store.arrow(query("settle_shared"), {"since": window["since"], "from": window["from"], **near})
    return _judged(rows, together=True) if rows.num_rows else ()


def _judged(table: pa.Table, *, together: bool = False) -> Iterable[tuple[dict[str, Any], Mark]]:
    """Rows that carry a mark, with what it should be. Traces are judged one by one, or a workspace `together`."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    names = table.column_names
    for values in zip(*(column.to_pylist() for column in table.columns), strict=True):
        row = dict(zip(names, values, strict=True))
        groups[(row["workspace"],) if together else (row["workspace"], row["trace_id"])].append(row)
    for rows in groups.values():
        for row, mark in zip(rows, mark_usage([_facts(row) for row in rows]), strict=True):
            if row["usage_role"]:
                yield row, mark


def _facts(row: dict[str, Any]) -> SpanFacts:
    return SpanFacts(**{name: row[name] for name in _FACTS}, has_content=bool(row["content_captured"]))


def drain(
    store: Store,
    writer: Writer,
    decoder: Decoder,
    checks: tuple[Check, ...] = CHECKS,
    trace_checks: Sequence[TraceCheck] = TRACE_CHECKS,
) -> Sequence[Settled]:
    """Settle and label everything that is stored now, without waiting for quiet; for commands that end (demo, remap) and tests.

    What a round writes touches its traces again, so rounds go on until one writes nothing.
    """
    done: list[Settled] = []
    texts = Texts()
    while not done or done[-1].behind_seconds or done[-1].adopted or done[-1].joined or done[-1].marked:
        done.append(
            settle(store, writer, decoder, quiet_seconds=0.0, checks=checks, trace_checks=trace_checks, texts=texts)
        )
    return done
