"""Writing a group of requests: spans last, so that what can be seen is whole.

In: parcels of many requests. Out: nothing; when `Writer.write` returns, everything is stored. When it raises,
part of it may be stored, which changes no number: every row is idempotent by its content, and the sender sends again.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import Any

import pyarrow as pa

from assay.clock import DAY_NS, Clock
from assay.spans.batch import SpanBatch
from assay.store.parcel import FIRST_MONDAY_DAYS, Parcel, body_table, finding_table, joined, span_table
from assay.store.store import Store, query

REMEMBERED_BODIES = 300_000
"""Content hashes that this process knows to be stored; about 40 MB."""

FORGET_CHECK_SECONDS = 5.0
"""How often a writer asks whether an erasure made its memory of stored texts wrong."""

BEFORE_SPANS = ("spans_raw", "log_records", "evaluations", "feedback_rows", "finding_rows")
"""Tables that are written before `spans`, as `bodies` is."""

Beside = Callable[[Callable[[], None]], "Future[None]"]
"""Inserts while the caller does something else, or at once."""


def _at_once(insert: Callable[[], None]) -> "Future[None]":
    done: Future[None] = Future()
    insert()
    done.set_result(None)
    return done


class Writer:
    """Writes groups and remembers which texts are stored already. May be used from several threads."""

    def __init__(self, store: Store, clock: Clock, beside: Beside = _at_once) -> None:
        self._store = store
        self._clock = clock
        self._beside = beside
        self._known: set[bytes] = set()
        self._known_before: set[bytes] = set()
        self._lock = threading.Lock()
        self._erasures: int | None = None
        self._asked_at = -FORGET_CHECK_SECONDS

    def write(self, group: Sequence[Parcel]) -> None:
        """Store a group. Raises `StoreUnavailable` or `QueryError`; then the group must be sent again."""
        if self._clock.monotonic() - self._asked_at >= FORGET_CHECK_SECONDS:
            self.forget_after_erasure()
        tables = {name: _tables(group, name) for name in (*BEFORE_SPANS, "spans")}
        under_way = [
            self._beside(partial(self._store.insert, name, joined(tables[name])))
            for name in BEFORE_SPANS
            if tables[name]
        ]
        try:
            marks = self._write_bodies(_tables(group, "bodies"))
        finally:
            wait(under_way)
        for done in under_way:
            done.result()
        if tables["spans"]:
            self._store.insert("spans", joined(tables["spans"]))
        self._remember(marks)

    def write_findings(self, parts: Sequence[Mapping[str, list[Any]]]) -> None:
        """Store columns of findings; writing them twice changes nothing."""
        tables = [finding_table(part) for part in parts if part.get("label")]
        if tables:
            self._store.insert("finding_rows", joined(tables))

    def write_spans(self, batch: SpanBatch) -> None:
        """Store rows of spans that replace stored ones, with the texts that they refer to."""
        marks = self._write_bodies([body_table(batch.bodies)])
        self._store.insert("spans", span_table(batch))
        self._remember(marks)

    def _write_bodies(self, tables: Sequence[pa.Table]) -> list[bytes]:
        """Store the texts that are not known to be stored; their marks."""
        if not tables:
            return []
        table = joined(tables)
        new = self._new_bodies(table)
        if new:
            rows = list(new.values())
            self._store.insert("bodies", table if len(rows) == table.num_rows else table.take(rows))
        return list(new)

    def _new_bodies(self, table: pa.Table) -> dict[bytes, int]:
        """Rows of `bodies` that have to be written, each text once, by their marks."""
        days, hashes, kinds = (table.column(name).to_pylist() for name in ("week", "hash", "kind"))
        chosen: dict[tuple[int, bytes], int] = {}
        for row, key in enumerate(zip(days, hashes, strict=True)):
            other = chosen.setdefault(key, row)
            # Where two requests have one text, a message stays a message, and any kind wins over `attribute`.
            if other != row and kinds[other] != "message" and kinds[row] != "attribute":
                chosen[key] = row
        # A text of a week long past ages from its latest insertion, so it is written again with every span that refers to it.
        today = self._clock.now_ns() // DAY_NS
        first_recent_day = (today - FIRST_MONDAY_DAYS) // 7 * 7 + FIRST_MONDAY_DAYS - 7
        known, before = self._known, self._known_before
        new: dict[bytes, int] = {}
        for (day, content_hash), row in chosen.items():
            # A text that was stored as something else is stored again as a message: only messages are in the text index.
            mark = content_hash + day.to_bytes(2, "big") + (b"m" if kinds[row] == "message" else b"")
            if (mark not in known and mark not in before) or day < first_recent_day:
                new[mark] = row
        return new

    def _remember(self, marks: Sequence[bytes]) -> None:
        with self._lock:
            self._known.update(marks)
            if len(self._known) > REMEMBERED_BODIES // 2:
                self._known, self._known_before = set(), self._known

    def forget_after_erasure(self) -> None:
        """Forget which texts are stored where an erasure has made that wrong. Raises `StoreUnavailable`."""
        now = self._clock.monotonic()
        erasures = int(self._store.rows(query("erasure_count"))[0]["erasures"])
        with self._lock:
            if self._erasures is not None and erasures != self._erasures:
                self._known, self._known_before = set(), set()
            self._erasures, self._asked_at = erasures, now


def _tables(group: Sequence[Parcel], name: str) -> list[pa.Table]:
    return [parcel.tables[name] for parcel in group if name in parcel.tables]
