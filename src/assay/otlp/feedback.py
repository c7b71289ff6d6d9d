"""Feedback off the wire: bytes to items that can be stored, items to rows.

    bytes ─► SendFeedbackRequest, and which items are refused and why ─► (content policy) ─► rows of feedback_rows

The id of a row hashes what was said, of what, when and by whom, and not how it was sent: a retry, and the same statement over another
transport, is the same row.
"""

import math
import re
from typing import Any, Literal

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from assay.errors import BadPayload
from assay.otlp.salvage import salvage
from assay.spans.bodies import digest
from assay.spans.clock import EARLIEST_NS, LATEST_NS
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest

FEEDBACK_COLUMNS = (
    "workspace", "trace_id", "feedback_id", "span_id", "response_id", "time", "kind", "value", "outcome", "comment", "correction",
    "source", "author",
)  # fmt: skip

Refused = tuple[int, str]
"""Position of an item in its request, and why it cannot be stored."""

MAX_REASON_CHARS = 200

_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}\Z", re.IGNORECASE)
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}\Z", re.IGNORECASE)
_ENUMS = {
    "thumb": FeedbackItem.Thumb.DESCRIPTOR.values_by_number,
    "outcome": FeedbackItem.Outcome.DESCRIPTOR.values_by_number,
    "source": FeedbackItem.Source.DESCRIPTOR.values_by_number,
}


def read_feedback(payload: bytes, encoding: Literal["protobuf", "json"]) -> tuple[SendFeedbackRequest, list[Refused]]:
    """The items of a request that can be stored, and the others. Raises BadPayload where the request itself cannot be read."""
    numbered = _from_json(payload) if encoding == "json" else list(enumerate(_from_protobuf(payload).feedback))
    request, refused = SendFeedbackRequest(), []
    for index, item in numbered:
        if isinstance(item, str):
            refused.append((index, item[:MAX_REASON_CHARS]))
        elif why := problem(item):
            refused.append((index, why))
        else:
            request.feedback.append(item)
    return request, refused


def problem(item: FeedbackItem) -> str:
    """Why this item cannot be stored; empty where it can."""
    said = item.WhichOneof("said")
    if not item.trace_id and not item.response_id:
        return "it is about nothing: give trace_id, or response_id"
    if item.trace_id and not _TRACE_ID.match(item.trace_id):
        return "trace_id must be 32 hex digits, not all zero"
    if item.span_id and not _SPAN_ID.match(item.span_id):
        return "span_id must be 16 hex digits, not all zero"
    if item.span_id and not item.trace_id:
        return "span_id needs its trace_id beside it"
    if item.HasField("time") and not EARLIEST_NS <= _nanoseconds(item) < LATEST_NS:
        return "time is before 2020 or after 2099; leave it out where it is not known"
    if said is None:
        return "it says nothing: give one of thumb, stars, score, text, correction, outcome"
    if said == "stars" and not 1 <= item.stars <= 5:
        return "stars must be 1 to 5"
    if said == "score" and not (math.isfinite(item.score) and 0 <= item.score <= 1):
        return "score must be 0 to 1"
    if said in {"text", "correction"} and not getattr(item, said).strip():
        return f"{said} is empty"
    if said in _ENUMS and (getattr(item, said) == 0 or getattr(item, said) not in _ENUMS[said]):
        return f"{said} must be one of {', '.join(one.name for number, one in _ENUMS[said].items() if number)}"
    return "" if item.source in _ENUMS["source"] else "source must be END_USER or EXPERT"


def feedback_row(item: FeedbackItem, *, workspace: str, arrived_ns: int) -> dict[str, Any]:
    """One row of `feedback_rows` for an item without a `problem`."""
    kind = item.WhichOneof("said")
    time_ns = _nanoseconds(item) if item.HasField("time") else 0
    found = {
        "workspace": workspace,
        "trace_id": item.trace_id.lower(),
        "span_id": item.span_id.lower(),
        "response_id": item.response_id,
        "kind": kind,
        "value": _value(item, kind),
        "outcome": FeedbackItem.Outcome.Name(item.outcome).lower() if kind == "outcome" else "",
        "comment": "\n".join(filter(None, (item.text, item.comment))),
        "correction": item.correction,
        "source": "expert" if item.source == FeedbackItem.EXPERT else "end_user",
        "author": item.author,
    }
    found["feedback_id"] = digest(workspace, msgspec.json.encode([*found.values(), time_ns]))
    found["time"] = time_ns or arrived_ns
    return found


def _value(item: FeedbackItem, kind: str | None) -> float | None:
    """0 (bad) to 1 (good); None where the statement is no rating."""
    if kind == "thumb":
        return float(item.thumb == FeedbackItem.UP)
    if kind == "stars":
        return (item.stars - 1) / 4
    return item.score if kind == "score" else None


def _nanoseconds(item: FeedbackItem) -> int:
    return item.time.seconds * 1_000_000_000 + item.time.nanos


def _from_protobuf(payload: bytes) -> SendFeedbackRequest:
    request = SendFeedbackRequest()
    try:
        request.ParseFromString(payload)
    except DecodeError as cause:
        request.Clear()
        lost, why = salvage(payload, request, why=str(cause), levels=0)
        if lost:
            raise BadPayload(f"The body is no SendFeedbackRequest: {why}") from cause
    return request


def _from_json(payload: bytes) -> list[tuple[int, FeedbackItem | str]]:
    """The items, and a reason in the place of each that cannot be read. https://protobuf.dev/programming-guides/json/"""
    try:
        value = msgspec.json.decode(payload) if payload else {}
    except (msgspec.DecodeError, UnicodeError, RecursionError) as cause:
        raise BadPayload(f"The body is not valid JSON: {cause}") from cause
    items = value.get("feedback", []) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise BadPayload('The body must be an object with a list: {"feedback": [{"traceId": "...", "thumb": "DOWN"}]}.')
    return [(index, _item(one)) for index, one in enumerate(items)]


def _item(value: Any) -> FeedbackItem | str:
    if not isinstance(value, dict):
        return "an object is expected here"
    try:
        return json_format.ParseDict(value, FeedbackItem())
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as cause:
        return " ".join(str(cause).split()) or "it cannot be read"
