"""What one request became, ready to be stored: Arrow tables, by the name of the table that each goes into.

    Decoded ─► parcel_of ─► Parcel ─► joined ─► one table for a group of requests

Tables travel between processes at a third of what columns of Python values cost, and whoever made the columns made the tables, too.
A table of spans leaves out columns that hold only defaults; `joined` puts back what another request of the group has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from assay.spans.batch import RAW_COLUMNS, Body, LogBatch, SpanBatch
from assay.spans.columns import COLUMNS, HASH_BYTES, LC, default_of

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

BODY_FIELDS = pa.schema(
    {"workspace": pa.string(), "week": pa.uint16(), "hash": _HASH, "kind": pa.string(), "text": pa.binary()}
)
"""`week` is the day with which a retention week begins. Texts are bytes: what is not UTF-8 (a sender's bytes value) is stored as it is."""

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


@dataclass(slots=True)
class Parcel:
    """Rows by the name of their table; tables without rows are left out."""

    tables: dict[str, pa.Table]

    @property
    def rows(self) -> int:
        """What a sender sent: spans, log records, feedback."""
        return sum(
            self.tables[name].num_rows for name in ("spans", "log_records", "feedback_rows") if name in self.tables
        )

    def __getstate__(self) -> dict[str, bytes]:
        return {name: stream_of(table).to_pybytes() for name, table in self.tables.items()}

    def __setstate__(self, state: dict[str, bytes]) -> None:
        self.tables = {name: pa.ipc.open_stream(stream).read_all() for name, stream in state.items()}


def stream_of(table: pa.Table) -> pa.Buffer:
    """A table in Arrow's streaming format."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parcel_of(decoded: Decoded) -> Parcel:
    """The rows of one request."""
    tables = {}
    if decoded.spans.bodies or decoded.logs.bodies:
        tables["bodies"] = body_table({**decoded.spans.bodies, **decoded.logs.bodies})
    if decoded.spans.rows:
        tables["spans"] = span_table(decoded.spans)
        tables["spans_raw"] = _raw_table(decoded.spans)
    if decoded.logs.rows:
        tables["log_records"] = _table(decoded.logs.columns, LOG_TYPES)
    if decoded.evaluations.get("trace_id"):
        tables["evaluations"] = _table(decoded.evaluations, EVALUATION_TYPES)
    if decoded.feedback.get("trace_id"):
        tables["feedback_rows"] = _table(decoded.feedback, FEEDBACK_TYPES)
    if decoded.findings.get("label"):
        tables["finding_rows"] = finding_table(decoded.findings)
    return Parcel(tables)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables, which go into one table of the store; columns that only some have get their defaults."""
    fields = {field.name: field.type for table in tables for field in table.schema}
    return pa.concat_tables([_with_defaults(table, fields) for table in tables])


def _with_defaults(table: pa.Table, fields: Mapping[str, pa.DataType]) -> pa.Table:
    if table.num_columns == len(fields):
        return table.select(list(fields))
    present = set(table.column_names)
    return pa.table(
        {
            name: table.column(name) if name in present else pa.array([_DEFAULTS[name]] * table.num_rows, kind)
            for name, kind in fields.items()
        }
    )


def body_table(bodies: Mapping[tuple[str, int, bytes], Body]) -> pa.Table:
    """Arrow table of `bodies`."""
    values = [
        [key[0] for key in bodies],
        [key[1] * 7 + FIRST_MONDAY_DAYS for key in bodies],
        [key[2] for key in bodies],
        [body.kind for body in bodies.values()],
        [body.text for body in bodies.values()],
    ]
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(values, BODY_FIELDS, strict=True)], BODY_FIELDS
    )


def span_table(batch: SpanBatch) -> pa.Table:
    """Arrow table of canonical rows; columns that hold only defaults are left out."""
    columns: dict[str, pa.Array] = {}
    for column in COLUMNS:
        values, default = batch.columns[column.name], _DEFAULTS[column.name]
        if values and (values[0] != default or values.count(default) != len(values)):
            columns[column.name] = pa.array(values, ARROW_TYPES[column.type])
    return pa.table(columns)


def finding_table(columns: Mapping[str, list[Any]]) -> pa.Table:
    """Arrow table of `finding_rows`."""
    return _table(columns, FINDING_TYPES)


def _raw_table(batch: SpanBatch) -> pa.Table:
    types = {column.name: ARROW_TYPES[column.type] for column in COLUMNS if column.name in IDENTITY_OF_RAW}
    columns = {name: pa.array(batch.columns[name], types[name]) for name in IDENTITY_OF_RAW}
    columns |= {name: pa.array(batch.raw[name], RAW_TYPES[name]) for name in RAW_COLUMNS}
    return pa.table(columns)


def _table(columns: Mapping[str, list[Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array(columns[name], kind) for name, kind in types.items()})
