"""Stored rows back into what was sent, and through the dialect tables again.

`restore_span` and `restore_log` undo what `decode` did to attributes, events and bodies; a text that is gone (expired or
erased) reads as empty. `assay.otlp.decode.Decoder.remap` maps restored spans, with the log records that belong to them,
into full rows: the function that decodes requests fills them, so that mapping twice gives the same columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.spans.bodies import Lookup, decode_json, references, restore_value
from assay.spans.raw import RawEvent, RawLog, RawSpan


def restore_span(row: Mapping[str, Any], lookup: Lookup) -> RawSpan:
    """A span as sent, from a row of `spans_raw` joined with the identity and place columns of `spans`.

    `row` needs `name`, `kind`, `status`, `status_message`, `scope_name`, `scope_version`, `parent_span_id`, `start_time`
    (nanoseconds), `duration_ns`, and the raw columns. Times are those after the clock rule.
    """
    start = int(row["start_time"])
    return RawSpan(
        name=row["name"],
        kind=row["kind"],
        start_ns=start,
        end_ns=start + int(row["duration_ns"]),
        status=row["status"],
        status_message=row["status_message"],
        attributes=_object(row["attributes"], lookup),
        resource=_resource(row["resource"], lookup),
        scope_name=row["scope_name"],
        scope_version=row["scope_version"],
        parent_span_id=row["parent_span_id"],
        trace_state=row["trace_state"],
        events=[
            RawEvent(event["name"], event["time"], restore_value(event["attributes"], lookup))
            for event in (decode_json(row["events"]) if row["events"] else ())
        ],
    )


def restore_log(row: Mapping[str, Any], lookup: Lookup) -> RawLog:
    """A log record as sent, from a row of `log_records`; `time` in nanoseconds."""
    return RawLog(
        event_name=row["event_name"],
        time_ns=int(row["time"]),
        body=restore_value(decode_json(row["body"]), lookup) if row["body"] else None,
        attributes=_object(row["attributes"], lookup),
        resource=_resource(row["resource"], lookup),
        scope_name=row["scope_name"],
        scope_version="",
        severity=row["severity"],
    )


def needed(row: Mapping[str, Any]) -> list[bytes]:
    """Content hashes of every body that `restore_span` or `restore_log` will look up for a row."""
    found = [row["resource"]] if any(row["resource"]) else []
    for name in ("attributes", "events", "links", "body"):
        text = row.get(name)
        if text and '"$body"' in text:
            found += references(decode_json(text))
    return found


def _object(text: str, lookup: Lookup) -> dict[str, Any]:
    """Top-level attributes: their keys are the sender's own, also where they begin with `$`."""
    if not text:
        return {}
    return {key: restore_value(value, lookup) for key, value in decode_json(text).items()}


def _resource(content_hash: bytes, lookup: Lookup) -> dict[str, Any]:
    text = lookup(bytes(content_hash))
    return _object(text.decode(), lookup) if text else {}


def adopt(logs: Sequence[tuple[str, str, int]], spans: Sequence[tuple[str, str, int, int]]) -> list[int | None]:
    """Which span a log record without trace context belongs to, by index into `spans`; None where that is not clear.

    Some instrumentations write content events outside of the span's context, so that they carry no ids (OpenLLMetry's
    events mode). Such a record (service, scope, time) belongs to the only span (service, scope, start, end) of its
    service and scope that was open at its time. Where two calls of one scope overlap, content is left alone rather than
    given to the wrong one.
    """
    by_scope: dict[tuple[str, str], list[int]] = {}
    for index, (service, scope, _, _) in enumerate(spans):
        by_scope.setdefault((service, scope), []).append(index)
    owners: list[int | None] = []
    for service, scope, time in logs:
        open_then = [i for i in by_scope.get((service, scope), ()) if spans[i][2] <= time <= spans[i][3]]
        owners.append(open_then[0] if len(open_then) == 1 else None)
    return owners
