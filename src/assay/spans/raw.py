"""A span and a log record as plain Python values: what the dialects read.

Attribute values are `str`, `bool`, `int`, `float`, `bytes`, `list` or `dict` (nested AnyValue), exactly as sent.
They are made for every span, so they are structs, which are made in C; none refers back to what holds it (`gc=False`).
"""

from typing import Any

import msgspec

Attributes = dict[str, Any]


class RawEvent(msgspec.Struct, gc=False):
    """A span event."""

    name: str
    time_ns: int
    attributes: Attributes


class RawSpan(msgspec.Struct, gc=False):
    """One span as sent, with its resource and scope."""

    name: str
    kind: str
    """internal, server, client, producer, consumer or unspecified."""
    start_ns: int
    end_ns: int
    status: str
    """unset, ok or error."""
    status_message: str
    attributes: Attributes
    resource: Attributes
    scope_name: str
    scope_version: str
    parent_span_id: str = ""
    trace_state: str = ""
    events: list[RawEvent] = []


class RawLog(msgspec.Struct, gc=False):
    """One log record as sent, with its resource and scope."""

    event_name: str
    """`event_name` field, or the `event.name` / `event_name` attribute where the field is empty."""
    time_ns: int
    body: Any
    attributes: Attributes
    resource: Attributes
    scope_name: str
    scope_version: str
    severity: str = ""
