"""A span and a log record as plain Python values: what the dialects read.

Attribute values are `str`, `bool`, `int`, `float`, `bytes`, `list` or `dict` (nested AnyValue), exactly as sent.
"""

from dataclasses import dataclass, field
from typing import Any

Attributes = dict[str, Any]


@dataclass(slots=True)
class RawEvent:
    """A span event."""

    name: str
    time_ns: int
    attributes: Attributes


@dataclass(slots=True)
class RawSpan:
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
    events: list[RawEvent] = field(default_factory=list)


@dataclass(slots=True)
class RawLog:
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
