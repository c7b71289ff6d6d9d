"""Canonical rows of a scenario without a receiver and a store: dialect tables and usage marking only.

For working on dialects: seconds instead of a minute. The bar is measured on the real path.
"""

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.config.model import Config
from assay.spans.columns import COLUMNS, default_of
from assay.spans.dialects import Labels, Mapper
from assay.spans.raw import RawEvent, RawLog, RawSpan
from assay.spans.stored import adopt
from assay.spans.usage import SpanFacts, mark_usage
from tests.golden.corpus.evidence import any_value, attributes

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUS = ("unset", "ok", "error")
FACTS = frozenset(SpanFacts._fields) - {"start_ns", "has_content"}


def rows_in_memory(
    traces: ExportTraceServiceRequest, logs: ExportLogsServiceRequest
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows with every canonical column, texts in place of hashes; and the evaluations."""
    mapper = Mapper(Labels(Config().mapping))
    joined: dict[tuple[str, str], list[RawLog]] = {}
    spans = _raw_spans(traces)
    adopters = [(_service(raw.resource), raw.scope_name, raw.start_ns, raw.end_ns) for _, raw in spans]
    for key, log in _raw_logs(logs):
        owner = None if key[1] else adopt([(_service(log.resource), log.scope_name, log.time_ns)], adopters)[0]
        joined.setdefault(key if owner is None else spans[owner][0], []).append(log)
    rows: list[dict[str, Any]] = []
    evaluations: list[dict[str, Any]] = []
    defaults = {c.name: "" if c.type == "Body" else default_of(c) for c in COLUMNS}
    for ids, raw in spans:
        mapped = dict(mapper.map(raw, joined.pop(ids, ())))
        evaluations += mapped.pop("evaluations", ())
        row = defaults | {
            "trace_id": ids[0], "span_id": ids[1], "parent_span_id": raw.parent_span_id, "start_time": raw.start_ns,
            "duration_ns": max(raw.end_ns - raw.start_ns, 0), "name": raw.name, "scope_name": raw.scope_name,
            "status": raw.status,
        } | mapped  # fmt: skip
        rows.append(row)
    for left in joined.values():  # log records whose span was never sent
        holder = RawSpan(
            "", "internal", 0, 0, "unset", "", {}, left[0].resource, left[0].scope_name, left[0].scope_version
        )
        evaluations += mapper.map(holder, left).get("evaluations", ())
    mark(rows)
    return rows, evaluations


def _service(resource: dict[str, Any]) -> str:
    return str(resource.get("service.name", ""))


def mark(rows: list[dict[str, Any]]) -> None:
    """Set `usage_role` and `twin_of` as a settled scenario has them."""
    facts = [
        SpanFacts(
            start_ns=row["start_time"],
            has_content=bool(row["input_messages"] or row["output_messages"]),
            **{name: row[name] for name in FACTS},
        )
        for row in rows
    ]
    for row, (role, twin_of) in zip(rows, mark_usage(facts), strict=True):
        row["usage_role"], row["twin_of"] = role, twin_of


def _raw_spans(request: ExportTraceServiceRequest) -> list[tuple[tuple[str, str], RawSpan]]:
    found = []
    for resource_spans in request.resource_spans:
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                raw = RawSpan(
                    name=span.name, kind=KINDS[span.kind], start_ns=span.start_time_unix_nano,
                    end_ns=span.end_time_unix_nano, status=STATUS[span.status.code],
                    status_message=span.status.message, attributes=attributes(span.attributes), resource=resource,
                    scope_name=scope_spans.scope.name, scope_version=scope_spans.scope.version,
                    parent_span_id=span.parent_span_id.hex(), trace_state=span.trace_state,
                    events=[RawEvent(e.name, e.time_unix_nano, attributes(e.attributes)) for e in span.events],
                )  # fmt: skip
                found.append(((span.trace_id.hex(), span.span_id.hex()), raw))
    return found


def _raw_logs(request: ExportLogsServiceRequest) -> list[tuple[tuple[str, str], RawLog]]:
    found = []
    for resource_logs in request.resource_logs:
        resource = attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                attrs = attributes(record.attributes)
                name = record.event_name or attrs.get("event.name") or attrs.get("event_name") or ""
                raw = RawLog(
                    event_name=str(name), time_ns=record.time_unix_nano or record.observed_time_unix_nano, body=any_value(record.body), attributes=attrs,
                    resource=resource, scope_name=scope_logs.scope.name, scope_version=scope_logs.scope.version,
                    severity=record.severity_text,
                )  # fmt: skip
                found.append(((record.trace_id.hex(), record.span_id.hex()), raw))
    return found
