"""Writing a group of batches: texts first, spans last, so that what can be seen is whole.

In: batches of columns from many requests. Out: nothing; when `Writer.write` returns, everything is stored. When it raises,
part of it may be stored, which changes no number: every row is idempotent by its content, and the sender sends again.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from assay.clock import Clock
from assay.spans.batch import RAW_COLUMNS, Body, LogBatch, SpanBatch
from assay.spans.columns import COLUMNS, HASH_BYTES, LC, default_of
from assay.store.store import Store, query

REMEMBERED_BODIES = 300_000
"""Content hashes that this process knows to be stored; about 40 MB."""

FORGET_CHECK_SECONDS = 5.0
"""How often a writer asks whether an erasure made its memory of stored texts wrong."""

FIRST_MONDAY_DAYS = 4
"""1970-01-05, from where retention weeks are counted."""

_HASH = pa.binary(HASH_BYTES)
_TIME = pa.timestamp("ns", tz="UTC")

ARROW_TYPES: dict[str, pa.DataType] = {
    LC: pa.string(),
    "String": pa.string(),
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Float64": pa.float64(),
    "DateTime64(9, 'UTC')": _TIME,
    "Nullable(UInt64)": pa.uint64(),
    "Nullable(Float64)": pa.float64(),
    "Array(LowCardinality(String))": pa.list_(pa.string()),
    "Array(String)": pa.list_(pa.string()),
    "Array(UInt8)": pa.list_(pa.uint8()),
    "Array(UInt32)": pa.list_(pa.uint32()),
    "Array(Float64)": pa.list_(pa.float64()),
    "Body": _HASH,
    "Bodies": pa.list_(_HASH),
}

RAW_TYPES = dict.fromkeys(RAW_COLUMNS, pa.string()) | {"resource": _HASH}
IDENTITY_OF_RAW = ("workspace", "trace_id", "span_id", "start_time", "version")

LOG_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(),
    "trace_id": pa.string(),
    "span_id": pa.string(),
    "time": _TIME,
    "log_id": _HASH,
    "event_name": pa.string(),
    "severity": pa.string(),
    "scope_name": pa.string(),
    "service": pa.string(),
    "body": pa.string(),
    "attributes": pa.string(),
    "resource": _HASH,
}

FINDING_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(),
    "trace_id": pa.string(),
    "span_id": pa.string(),
    "finding_id": _HASH,
    "start_time": _TIME,
    "version": pa.uint64(),
    "retracted": pa.uint8(),
    "label": pa.string(),
    "check_id": pa.string(),
    "check_version": pa.uint16(),
    "stage": pa.string(),
    "severity": pa.string(),
    "confidence": pa.float32(),
    "evidence": pa.string(),
    "service": pa.string(),
    "release": pa.string(),
    "environment": pa.string(),
    "operation": pa.string(),
    "model": pa.string(),
    "prompt_version": pa.string(),
    "route": pa.string(),
    "cohort_keys": pa.list_(pa.string()),
    "cohort_values": pa.list_(pa.string()),
}

EVALUATION_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(),
    "trace_id": pa.string(),
    "span_id": pa.string(),
    "evaluation_id": _HASH,
    "time": _TIME,
    "name": pa.string(),
    "score": pa.float64(),
    "label": pa.string(),
    "explanation": _HASH,
    "source": pa.string(),
    "error_type": pa.string(),
    "response_id": pa.string(),
}

FEEDBACK_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(),
    "trace_id": pa.string(),
    "feedback_id": _HASH,
    "span_id": pa.string(),
    "response_id": pa.string(),
    "time": _TIME,
    "kind": pa.string(),
    "value": pa.float64(),
    "outcome": pa.string(),
    "comment": pa.string(),
    "correction": pa.string(),
    "source": pa.string(),
    "author": pa.string(),
}

_DEFAULTS = {column.name: default_of(column) for column in COLUMNS}


class Decoded(Protocol):
    """What one request became; see `assay.otlp.decode`."""

    @property
    def spans(self) -> SpanBatch: ...
    @property
    def logs(self) -> LogBatch: ...
    @property
    def evaluations(self) -> Mapping[str, list[Any]]: ...
    @property
    def feedback(self) -> Mapping[str, list[Any]]: ...
    @property
    def findings(self) -> Mapping[str, list[Any]]: ...


class Writer:
    """Writes groups and remembers which texts are stored already. May be used from several threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: set[bytes] = set()
        self._known_before: set[bytes] = set()
        self._lock = threading.Lock()
        self._erasures: int | None = None
        self._asked_at = -FORGET_CHECK_SECONDS

    def write(self, group: Sequence[Decoded]) -> None:
        """Store a group. Raises `StoreUnavailable` or `QueryError`; then the group must be sent again."""
        self._forget_after_erasure()
        bodies: dict[tuple[str, int, bytes], Body] = {}
        for part in group:
            _add(bodies, part.spans.bodies)
            _add(bodies, part.logs.bodies)
        written = self._write_bodies(bodies)
        batches = [part.spans for part in group if part.spans.rows]
        if batches:
            self._store.insert("spans_raw", raw_table(batches))
        logs = [part.logs.columns for part in group if part.logs.rows]
        if logs:
            self._store.insert("log_records", _joined(logs, LOG_TYPES))
        evaluations = [part.evaluations for part in group if part.evaluations.get("trace_id")]
        if evaluations:
            self._store.insert("evaluations", _joined(evaluations, EVALUATION_TYPES))
        feedback = [part.feedback for part in group if part.feedback.get("trace_id")]
        if feedback:
            self._store.insert("feedback_rows", _joined(feedback, FEEDBACK_TYPES))
        self.write_findings([part.findings for part in group])
        if batches:
            self._store.insert("spans", span_table(batches))
        self._remember(written)

    def write_findings(self, parts: Sequence[Mapping[str, list[Any]]]) -> None:
        """Store columns of findings; writing them twice changes nothing."""
        filled = [part for part in parts if part.get("label")]
        if filled:
            self._store.insert("finding_rows", _joined(filled, FINDING_TYPES))

    def write_spans(self, batch: SpanBatch) -> None:
        """Store rows of spans that replace stored ones, with the texts that they refer to."""
        written = self._write_bodies(batch.bodies)
        self._store.insert("spans", span_table([batch]))
        self._remember(written)

    def _write_bodies(self, bodies: Mapping[tuple[str, int, bytes], Body]) -> list[bytes]:
        # A text of a week long past ages from its latest insertion, so it is written again with every span that refers to it.
        this_week = (self._clock.now_ns() // 86_400_000_000_000 - FIRST_MONDAY_DAYS) // 7
        known, before = self._known, self._known_before
        new: list[tuple[bytes, tuple[str, int, bytes], Body]] = []
        last_week, of_week = -1, b""
        for key, body in bodies.items():
            week = key[1]
            if week != last_week:
                last_week, of_week = week, week.to_bytes(2, "big")
            # A text that was stored as something else is stored again as a message: only messages are in the text index.
            mark = key[2] + of_week + b"m" if body.kind == "message" else key[2] + of_week
            if (mark not in known and mark not in before) or week < this_week - 1:
                new.append((mark, key, body))
        if not new:
            return []
        table = pa.table(
            {
                "workspace": pa.array([key[0] for _, key, _ in new], pa.string()),
                "week": pa.array([key[1] * 7 + FIRST_MONDAY_DAYS for _, key, _ in new], pa.uint16()),
                "hash": pa.array([key[2] for _, key, _ in new], _HASH),
                "kind": pa.array([body.kind for _, _, body in new], pa.string()),
                # As bytes: what is not UTF-8 (a sender's bytes value) is stored as it is.
                "text": pa.array([body.text for _, _, body in new], pa.binary()),
            }
        )
        self._store.insert("bodies", table)
        return [mark for mark, _, _ in new]

    def _remember(self, marks: Sequence[bytes]) -> None:
        with self._lock:
            self._known.update(marks)
            if len(self._known) > REMEMBERED_BODIES // 2:
                self._known, self._known_before = set(), self._known

    def _forget_after_erasure(self) -> None:
        now = self._clock.monotonic()
        if now - self._asked_at < FORGET_CHECK_SECONDS:
            return
        erasures = int(self._store.rows(query("erasure_count"))[0]["erasures"])
        with self._lock:
            if self._erasures is not None and erasures != self._erasures:
                self._known, self._known_before = set(), set()
            self._erasures, self._asked_at = erasures, now


def _add(bodies: dict[tuple[str, int, bytes], Body], more: Mapping[tuple[str, int, bytes], Body]) -> None:
    """Add texts; where two requests have one text, a message stays a message, and any kind wins over `attribute`."""
    better = {
        key: bodies[key]
        for key in bodies.keys() & more.keys()
        if bodies[key].kind == "message" or more[key].kind == "attribute"
    }
    bodies.update(more)
    bodies.update(better)


def span_table(batches: Sequence[SpanBatch]) -> pa.Table:
    """Arrow table of canonical rows; columns that hold only defaults are left out."""
    columns: dict[str, pa.Array] = {}
    for column in COLUMNS:
        name, default = column.name, _DEFAULTS[column.name]
        values = _chained([batch.columns[name] for batch in batches])
        if values and (values[0] != default or values.count(default) != len(values)):
            columns[name] = pa.array(values, ARROW_TYPES[column.type])
    return pa.table(columns)


def raw_table(batches: Sequence[SpanBatch]) -> pa.Table:
    """Arrow table of `spans_raw`."""
    types = {column.name: ARROW_TYPES[column.type] for column in COLUMNS if column.name in IDENTITY_OF_RAW}
    columns = {
        name: pa.array(_chained([batch.columns[name] for batch in batches]), types[name]) for name in IDENTITY_OF_RAW
    }
    for name in RAW_COLUMNS:
        columns[name] = pa.array(_chained([batch.raw[name] for batch in batches]), RAW_TYPES[name])
    return pa.table(columns)


def _joined(parts: Sequence[Mapping[str, list[Any]]], types: Mapping[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array(_chained([part[name] for part in parts]), kind) for name, kind in types.items()})


def _chained(lists: list[list[Any]]) -> list[Any]:
    if len(lists) == 1:
        return lists[0]
    chained: list[Any] = []
    for values in lists:
        chained.extend(values)
    return chained
