"""The value that travels from `decode` to the store: columns of canonical spans, and the texts that they refer to."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from assay.spans.columns import COLUMNS, default_of


class Body(msgspec.Struct, gc=False):
    """A text that is stored once per (workspace, retention week, content hash)."""

    kind: str
    """message, system_prompt, tool_definitions, arguments, result, query, document, schema, attribute, resource."""
    text: bytes
    """UTF-8."""


@dataclass(slots=True)
class SpanBatch:
    """Spans as columns. `columns[name][i]` is the value of canonical column `name` for span `i`.

    Every column of `assay.spans.columns.COLUMNS` is present and `rows` long. `raw` holds the columns of the
    `spans_raw` table besides the identity ones: `attributes`, `events`, `links`, `trace_state` and `resource`.
    """

    rows: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)
    raw: dict[str, list[Any]] = field(default_factory=dict)
    bodies: dict[tuple[str, int, bytes], Body] = field(default_factory=dict)
    """By (workspace, retention week, content hash); the week is that of the span that refers to the text, counted in
    whole weeks since 1970-01-05 (a Monday)."""


@dataclass(slots=True)
class LogBatch:
    """GenAI log records as columns of the `log_records` table; texts as in `SpanBatch`."""

    rows: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)
    bodies: dict[tuple[str, int, bytes], Body] = field(default_factory=dict)


RAW_COLUMNS = ("attributes", "events", "links", "trace_state", "resource")

LOG_COLUMNS = (
    "workspace",
    "trace_id",
    "span_id",
    "time",
    "log_id",
    "event_name",
    "severity",
    "scope_name",
    "service",
    "body",
    "attributes",
    "resource",
)
"""`time` nanoseconds after the clock rule; `log_id` 16-byte content hash; `body` and `attributes` JSON text with long
values replaced by references to bodies; `resource` the content hash of the resource's JSON."""


def empty_columns(rows: int) -> dict[str, list[Any]]:
    """Every canonical column filled with its default, `rows` long."""
    return {column.name: [default_of(column)] * rows for column in COLUMNS}
