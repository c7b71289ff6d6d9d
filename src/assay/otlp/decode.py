"""Requests to columns: the only loop over spans.

    ExportTraceServiceRequest ─► RawSpan ─► canonical columns (dialects) + stored attributes + bodies ─► Decoded

Nothing here looks at the wall clock, so the same request always becomes the same rows, at any replica and at any time:
that is what makes a retried export harmless. A span that cannot be stored (no usable ids) is rejected alone; nothing a
sender puts into a parseable request raises.

`version` orders the rows of one span: mapping version (12 bits), content rank (28 bits: 14 of the duration, the longer
report wins, and 14 of the content's checksum), settle revision (24 bits, 0 here).
"""

import logging
import traceback
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.clock import DAY_NS
from assay.config.model import Mapping, Price
from assay.otlp.feedback import FEEDBACK_COLUMNS, feedback_row, problem
from assay.spans import bodies as texts
from assay.spans.batch import LOG_COLUMNS, RAW_COLUMNS, Body, LogBatch, SpanBatch, empty_columns
from assay.spans.bodies import LONG_BYTES, encode_json, store_text, store_value
from assay.spans.clock import EARLIEST_NS, LATEST_NS, clock_rule, clock_rule_of_log
from assay.spans.columns import NO_BODY
from assay.spans.dialects import MAPPING_VERSION, Labels, Mapper, carries_feedback, feedback_items
from assay.spans.dialects.events import evaluation
from assay.spans.prices import Prices
from assay.spans.raw import RawEvent, RawLog, RawSpan
from assay.spans.stored import restore_span
from assay.v1.feedback_pb2 import SendFeedbackRequest

log = logging.getLogger(__name__)

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
EVALUATION_COLUMNS = (
    "workspace", "trace_id", "span_id", "evaluation_id", "time", "name", "score", "label", "explanation", "source",
    "error_type", "response_id",
)  # fmt: skip

_MAPPED = MAPPING_VERSION << 52
_CONTENT_RANK = ((1 << 28) - 1) << 24
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)
_MAX_DEPTH = 64
_WEEK_NS = 7 * DAY_NS
_FIRST_MONDAY_NS = 4 * DAY_NS
_MAX_NAMED_REJECTIONS = 3

_BODY_KINDS = {
    "system_prompt": "system_prompt", "question": "message", "answer": "message", "tool_definitions": "tool_definitions",
    "response_schema": "schema", "tool_arguments": "arguments", "tool_result": "result", "retrieval_query": "query",
    "input_messages": "message", "output_messages": "message", "tool_call_arguments": "arguments",
    "document_texts": "document",
}  # fmt: skip


@dataclass(slots=True)
class Decoded:
    """What one request became."""

    spans: SpanBatch
    logs: LogBatch
    evaluations: dict[str, list[Any]]
    """Columns of the `evaluations` table; `explanation` is a content hash."""
    findings: dict[str, list[Any]] = field(default_factory=dict)
    """Columns of the `finding_rows` table, filled by the checks."""
    feedback: dict[str, list[Any]] = field(default_factory=dict)
    """Columns of the `feedback_rows` table."""
    accepted: int = 0
    rejected: int = 0
    message: str = ""
    """Why spans were rejected, for the partial success."""
    dialects: Counter[str] = field(default_factory=Counter)
    """Spans by dialect."""
    clock_flags: Counter[str] = field(default_factory=Counter)
    """Spans by clock rule that touched them."""
    lacking: Counter[str] = field(default_factory=Counter)
    """Model calls without `usage` or without `content`."""


class _Sink:
    """Bodies of one batch: texts go in, hashes come out."""

    __slots__ = ("_keyed", "_pieces", "_splitter", "_token", "bodies", "week", "workspace")

    def __init__(self, workspace: str, splitter: texts.Splitter) -> None:
        self.workspace = workspace
        self.bodies: dict[tuple[str, int, bytes], Body] = {}
        self.week = -1
        self._keyed = texts.keyed_hash(workspace)
        self._splitter = splitter
        self._pieces = splitter.pieces
        self._token = object()

    def enter(self, start_ns: int) -> None:
        """Keep what follows for the retention week of `start_ns`."""
        week = (start_ns - _FIRST_MONDAY_NS) // _WEEK_NS
        if week != self.week:
            self.week, self._token = week, object()

    def add(self, kind: str, text: bytes) -> bytes:
        """Keep `text`; the canonical kind wins over `attribute`."""
        piece = self._pieces.get(text) or self._splitter.piece(text)
        if piece.kept is not self._token:
            self.keep(piece, kind)
        elif piece.body.kind == "attribute":
            piece.body.kind = kind
        return piece.hash

    def add_all(self, kind: str, values: Iterable[bytes | str]) -> list[bytes]:
        """`add` for a list; an empty text is absent."""
        known, token = self._pieces.get, self._token
        hashes = []
        for value in values:
            text = value if type(value) is bytes else value.encode("utf-8", "replace")  # type: ignore[union-attr]
            if not text:
                hashes.append(NO_BODY)
                continue
            piece = known(text)
            if piece is not None and piece.kept is token and piece.body.kind != "attribute":
                hashes.append(piece.hash)
            else:
                hashes.append(self.add(kind, text))
        return hashes

    def keep(self, piece: texts.Piece, kind: str = "attribute") -> str:
        """`add` for a piece of an attribute; the hash as hex."""
        token = self._token
        if piece.kept is token:
            return piece.hex
        workspace = self.workspace
        if piece.workspace != workspace:
            keyed = self._keyed.copy()
            keyed.update(piece.text)
            piece.hash = content_hash = keyed.digest()
            piece.hex = content_hash.hex()
            piece.workspace = workspace
        key = (workspace, self.week, piece.hash)
        body = self.bodies.get(key)
        if body is None:
            body = self.bodies[key] = Body(kind, piece.text)
        elif body.kind == "attribute":
            body.kind = kind
        piece.kept, piece.body = token, body
        return piece.hex


class Decoder:
    """Turns requests into columns; remembers plans, conversions and prices. One thread at a time."""

    def __init__(self, mapping: Mapping | None = None, prices: Iterable[Price] = ()) -> None:
        self._splitter = texts.Splitter()
        self._mapper = Mapper(Labels(mapping or Mapping()), self._splitter)
        self._prices = Prices(prices)

    # --- traces ------------------------------------------------------------------------------------------------------

    def traces(self, request: ExportTraceServiceRequest, *, workspace: str) -> Decoded:
        """Every span of `request` as a row; spans without usable ids are counted as rejected."""
        rows = sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
        batch = SpanBatch(columns=empty_columns(rows), raw={name: [""] * rows for name in RAW_COLUMNS})
        decoded = Decoded(batch, LogBatch(columns={name: [] for name in LOG_COLUMNS}), _no_evaluations())
        sink = _Sink(workspace, self._splitter)
        columns, raw = batch.columns, batch.raw
        columns["workspace"][:] = [workspace] * rows
        columns["mapping_version"][:] = [MAPPING_VERSION] * rows
        columns["sampling_weight"][:] = [1.0] * rows
        split, forget = self._splitter, self._splitter.forget
        attributes_texts, resource_hashes = raw["attributes"], raw["resource"]
        identities: list[tuple[Any, ...]] = []
        week_starts = week_ends = 0
        row = 0
        reasons: Counter[str] = Counter()
        for resource_spans in request.resource_spans:
            resource = _attributes(resource_spans.resource.attributes)
            resource_text = _plain_json(resource, split)
            place = _place(resource)
            week, resource_hash = -1, NO_BODY
            for scope_spans in resource_spans.scope_spans:
                scope_name, scope_version = scope_spans.scope.name, scope_spans.scope.version
                first = row
                for span in scope_spans.spans:
                    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
                    events, status = span.events, span.status
                    start, end = span.start_time_unix_nano, span.end_time_unix_nano
                    if len(trace_id) != 16 or len(span_id) != 8 or trace_id == _NO_TRACE or span_id == _NO_SPAN:
                        reasons["a trace id must be 16 bytes and a span id 8 bytes, not all zero"] += 1
                        continue
                    kind, code = span.kind, status.code
                    made = RawSpan(
                        span.name,
                        KINDS[kind] if 0 <= kind < 6 else "unspecified",
                        start,
                        end,
                        STATUSES[code] if 0 <= code < 3 else "unset",
                        status.message,
                        _attributes(span.attributes),
                        resource,
                        scope_name,
                        scope_version,
                        parent_id.hex() if len(parent_id) == 8 and parent_id != _NO_SPAN else "",
                        span.trace_state,
                        [RawEvent(e.name, e.time_unix_nano, _attributes(e.attributes)) for e in events]
                        if events
                        else [],
                    )
                    duration, flags = end - start, ""
                    if not EARLIEST_NS <= start <= end < LATEST_NS:
                        start, duration, flags = clock_rule(made)
                        made.start_ns, made.end_ns = start, start + duration  # what is stored is what is mapped
                    if not week_starts <= start < week_ends:
                        sink.enter(start)
                        week_starts = sink.week * _WEEK_NS + _FIRST_MONDAY_NS
                        week_ends = week_starts + _WEEK_NS
                    attributes_text = _json(made.attributes, sink, split)
                    attributes_texts[row] = attributes_text.decode()
                    checksum = zlib.crc32(attributes_text)
                    if made.events:
                        events_text = _json_events(made.events, sink, split)
                        raw["events"][row] = events_text.decode()
                        checksum = zlib.crc32(events_text, checksum)
                    if span.links:
                        raw["links"][row] = _json_links(span.links, sink, split).decode()
                    if made.trace_state:
                        raw["trace_state"][row] = made.trace_state
                    if sink.week != week:
                        week = sink.week
                        resource_hash = sink.add("resource", resource_text)
                    resource_hashes[row] = resource_hash
                    checksum = zlib.crc32(f"{made.name}\0{made.status}\0{made.status_message}".encode(), checksum)
                    version = _version(duration, checksum, 0)
                    ids = trace_id.hex(), span_id.hex()
                    identities.append((
                        *ids, made.parent_span_id, start, duration, flags, version, made.name,
                        made.kind, made.status, made.status_message,
                    ))  # fmt: skip
                    self._fill(decoded, row, made, ids, sink)
                    row += 1
                    forget()
                _same(columns, first, row, (*place, scope_name, scope_version))
        batch.rows = row
        if row < rows:
            for column in (*batch.columns.values(), *raw.values()):
                del column[row:]
        _identify(batch, identities, decoded)
        batch.bodies = sink.bodies
        decoded.accepted = row
        decoded.rejected = rows - row
        decoded.message = _message(reasons)
        return decoded

    # --- stored rows -------------------------------------------------------------------------------------------------

    def remap(
        self,
        rows: Sequence[MappingType[str, Any]],
        logs: Sequence[Sequence[RawLog]],
        *,
        workspace: str,
        lookup: texts.Lookup,
        revision: int,
    ) -> SpanBatch:
        """Stored spans, each with the log records that belong to it, as full rows by today's tables.

        A row has the columns that `restore_span` names and `trace_id`, `span_id`, `clock_flags`, `version`, `service`,
        `release` and `environment`. Content rank stays; `revision` must grow with every remap of a span. The batch has
        no `raw` columns: what was sent does not change.
        """
        batch = SpanBatch(rows=len(rows), columns=empty_columns(len(rows)))
        decoded = Decoded(batch, LogBatch(), _no_evaluations())
        batch.columns["workspace"][:] = [workspace] * len(rows)
        batch.columns["mapping_version"][:] = [MAPPING_VERSION] * len(rows)
        batch.columns["sampling_weight"][:] = [1.0] * len(rows)
        sink = _Sink(workspace, self._splitter)
        identities: list[tuple[Any, ...]] = []
        for index, (row, records) in enumerate(zip(rows, logs, strict=True)):
            span = restore_span(row, lookup)
            sink.enter(span.start_ns)
            version = MAPPING_VERSION << 52 | int(row["version"]) & _CONTENT_RANK | revision
            place = (row["service"], row["release"], row["environment"])
            _same(batch.columns, index, index + 1, (*place, span.scope_name, span.scope_version))
            ids = row["trace_id"], row["span_id"]
            identities.append((
                *ids, span.parent_span_id, span.start_ns, span.end_ns - span.start_ns,
                row["clock_flags"], version, span.name, span.kind, span.status, span.status_message,
            ))  # fmt: skip
            self._fill(decoded, index, span, ids, sink, logs=records)
            self._splitter.forget()
        _identify(batch, identities, decoded)
        batch.bodies = sink.bodies
        return batch

    def _fill(
        self,
        decoded: Decoded,
        row: int,
        span: RawSpan,
        ids: tuple[str, str],
        sink: _Sink,
        *,
        logs: Sequence[RawLog] = (),
    ) -> None:
        """Fill one row of the columns that come from attributes, events and log records."""
        columns, kind_of = decoded.spans.columns, _BODY_KINDS.get
        if span.trace_state or not span.attributes.keys().isdisjoint(_SAMPLED):
            columns["sampling_weight"][row] = _weight(span)
        try:
            found = self._mapper.map(span, logs)
        except Exception as error:  # noqa: BLE001 - a table's mistake costs this span its columns and no other; what was sent is kept for a remap
            at = traceback.extract_tb(error.__traceback__)[-1]
            log.warning("a span could not be mapped", extra={"scope": span.scope_name, "error": f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno}"})  # fmt: skip
            found = {"dialect": "unknown", "stage": "other"}
        if "evaluations" in found:
            for one in found.pop("evaluations"):
                _add_evaluation(decoded.evaluations, sink, ids, span.end_ns, one)
        for name, value in found.items():
            kind = kind_of(name)
            if kind is None:
                columns[name][row] = value
            elif type(value) is list:
                columns[name][row] = sink.add_all(kind, value)
            else:
                columns[name][row] = sink.add(kind, value if type(value) is bytes else value.encode("utf-8", "replace"))
        tokens_in, tokens_out = found.get("input_tokens"), found.get("output_tokens")
        if tokens_in is not None or tokens_out is not None or "cost_usd" in found:
            columns["usage_role"][row] = "own"  # until the trace settles
        if "cost_usd" in found:
            columns["cost_source"][row] = "sender"
        elif tokens_in is not None or tokens_out is not None:
            model = found.get("response_model") or found.get("request_model")
            if model:
                self._cost(columns, row, found, model)
        if found["stage"] == "generation":
            if tokens_in is None and tokens_out is None:
                decoded.lacking["usage"] += 1
            if "content_captured" not in found:
                decoded.lacking["content"] += 1

    def _cost(self, columns: dict[str, list[Any]], row: int, found: dict[str, Any], model: str) -> None:
        get = found.get
        provider = get("provider", "")
        tokens = (
            get("input_tokens") or 0,
            get("output_tokens") or 0,
            get("cache_read_tokens") or 0,
            get("cache_write_tokens") or 0,
        )
        priced = self._prices.cost(provider, model, tokens)
        if priced is None and found.get("request_model") not in (None, model):
            priced = self._prices.cost(provider, found["request_model"], tokens)
        if priced is not None:
            columns["cost_usd"][row], columns["cost_source"][row] = priced

    # --- feedback ----------------------------------------------------------------------------------------------------

    def feedback(self, request: SendFeedbackRequest, *, workspace: str, arrived_ns: int) -> Decoded:
        """Every item of `request`, which have no `problem`, as a row; an item without a time gets that of its arrival."""
        decoded = _nothing()
        for item in request.feedback:
            _append(decoded.feedback, FEEDBACK_COLUMNS, feedback_row(item, workspace=workspace, arrived_ns=arrived_ns))
        decoded.accepted = len(request.feedback)
        return decoded

    # --- logs --------------------------------------------------------------------------------------------------------

    def logs(self, request: ExportLogsServiceRequest, *, workspace: str) -> Decoded:
        """Every log record of `request` as a row; records with malformed ids keep their text and lose the ids."""
        decoded = _nothing()
        batch = decoded.logs
        unusable: Counter[str] = Counter()
        sink = _Sink(workspace, self._splitter)
        split = self._splitter
        append = {name: column.append for name, column in batch.columns.items()}
        for resource_logs in request.resource_logs:
            resource = _attributes(resource_logs.resource.attributes)
            resource_text = _plain_json(resource, split)
            service = _place(resource)[0]
            for scope_logs in resource_logs.scope_logs:
                scope_name = scope_logs.scope.name
                for record in scope_logs.log_records:
                    attributes = _attributes(record.attributes)
                    event_name = record.event_name or attributes.get("event.name") or attributes.get("event_name") or ""
                    trace_id = record.trace_id.hex() if len(record.trace_id) == 16 and any(record.trace_id) else ""
                    span_id = record.span_id.hex() if len(record.span_id) == 8 and any(record.span_id) else ""
                    time = clock_rule_of_log(record.time_unix_nano, record.observed_time_unix_nano)
                    sink.enter(time)
                    body = _any_value(record.body, 0)
                    body_text = encode_json(store_value(body, sink.keep, split)).decode()
                    attributes_text = _json(attributes, sink, split).decode()
                    content = "\0".join(
                        (trace_id, span_id, str(time), str(event_name), scope_name, body_text, attributes_text)
                    )
                    append["workspace"](workspace)
                    append["trace_id"](trace_id)
                    append["span_id"](span_id)
                    append["time"](time)
                    append["log_id"](texts.digest(workspace, content.encode("utf-8", "replace")))
                    append["event_name"](event_name if isinstance(event_name, str) else str(event_name))
                    append["severity"](record.severity_text or _severity(record.severity_number))
                    append["scope_name"](scope_name)
                    append["service"](service)
                    append["body"](body_text)
                    append["attributes"](attributes_text)
                    append["resource"](sink.add("resource", resource_text))
                    if event_name == "gen_ai.evaluation.result":
                        one = evaluation(attributes)
                        if one is not None:
                            _add_evaluation(decoded.evaluations, sink, (trace_id, span_id), time, one)
                    if event_name and carries_feedback(event_name, attributes):
                        for item in feedback_items(
                            event_name, attributes, body, trace_id=trace_id, span_id=span_id, time_ns=time
                        ):
                            if why := problem(item):
                                unusable[why] += 1
                            else:
                                _append(
                                    decoded.feedback,
                                    FEEDBACK_COLUMNS,
                                    feedback_row(item, workspace=workspace, arrived_ns=time),
                                )
                    split.forget()
                    batch.rows += 1
        batch.bodies = sink.bodies
        decoded.accepted = batch.rows
        decoded.message = "; ".join(
            f"{count} events are stored but are no feedback: {why}"
            for why, count in unusable.most_common(_MAX_NAMED_REJECTIONS)
        )
        return decoded


# --- values ----------------------------------------------------------------------------------------------------------


def _attributes(pairs: Any) -> dict[str, Any]:
    """Key-value pairs as a dict; the last of equal keys wins."""
    # Reading a field that is not set costs less than asking which one is; strings and numbers are most of them.
    return {
        pair.key: (value := pair.value).string_value or value.int_value or value.double_value or _any_value(value, 0)
        for pair in pairs
    }


def _any_value(value: Any, depth: int) -> Any:
    which = value.WhichOneof("value")
    if which is None or depth > _MAX_DEPTH:
        return None
    if which == "array_value":
        return [item.string_value or _any_value(item, depth + 1) for item in value.array_value.values]
    if which == "kvlist_value":
        return {pair.key: _any_value(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return getattr(value, which)


def _json(attributes: dict[str, Any], sink: _Sink, split: texts.Splitter) -> bytes:
    """Attributes as JSON text, long texts replaced by references."""
    stored = attributes
    for key, value in attributes.items():
        kind = type(value)
        if kind is str:
            if len(value) < LONG_BYTES:
                continue
            kept = store_text(value, sink.keep, split)
        elif kind in _PLAIN or (kind is float and isfinite(value)):
            continue
        else:
            kept = store_value(value, sink.keep, split)
        if stored is attributes:
            stored = attributes.copy()
        stored[key] = kept
    return encode_json(stored)


_PLAIN = frozenset({int, bool, type(None)})


def _plain_json(attributes: dict[str, Any], split: texts.Splitter) -> bytes:
    """A resource as JSON in one piece: it is a body itself, and refers to no other."""
    return encode_json({key: store_value(value, None, split) for key, value in attributes.items()})


def _json_events(events: Sequence[RawEvent], sink: _Sink, split: texts.Splitter) -> bytes:
    stored = [
        {"name": e.name, "time": e.time_ns, "attributes": store_value(e.attributes, sink.keep, split)} for e in events
    ]
    return encode_json(stored)


def _json_links(links: Any, sink: _Sink, split: texts.Splitter) -> bytes:
    stored = [
        {
            "trace_id": link.trace_id.hex(),
            "span_id": link.span_id.hex(),
            "trace_state": link.trace_state,
            "attributes": store_value(_attributes(link.attributes), sink.keep, split),
        }
        for link in links
    ]
    return encode_json(stored)


_IDENTITY = (
    "trace_id", "span_id", "parent_span_id", "start_time", "duration_ns", "clock_flags", "version", "name", "kind",
    "status", "status_message",
)  # fmt: skip


def _identify(batch: SpanBatch, identities: list[tuple[Any, ...]], decoded: Decoded) -> None:
    """Fill the columns that every span has a value for, and count what the batch is made of."""
    for name, values in zip(
        _IDENTITY, zip(*identities, strict=True), strict=False
    ):  # no values where there are no rows
        batch.columns[name] = list(values)
    decoded.dialects.update(batch.columns["dialect"])
    for flags in batch.columns["clock_flags"]:
        if flags:
            decoded.clock_flags.update(flags.split(","))


_SCOPED = ("service", "release", "environment", "scope_name", "scope_version")


def _same(columns: dict[str, list[Any]], first: int, end: int, values: tuple[str, ...]) -> None:
    """Fill the columns that all spans of one scope share, rows `first` to `end`."""
    for name, value in zip(_SCOPED, values, strict=True):
        columns[name][first:end] = [value] * (end - first)


def _place(resource: dict[str, Any]) -> tuple[str, str, str]:
    """Service, release and environment of a resource."""
    environment = resource.get("deployment.environment.name") or resource.get("deployment.environment") or ""
    return _string(resource.get("service.name")), _string(resource.get("service.version")), _string(environment)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


_SAMPLED = frozenset({"sampling.weight", "SampleRate", "sampling.probability"})


def _weight(span: RawSpan) -> float:
    """How many spans this one stands for by the sender's own sampling.

    The threshold in the trace state is the rejected share of the 56-bit space, trailing zeros left out:
    https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#sampling-threshold-value-th
    """
    for member in span.trace_state.split(","):
        vendor, _, fields = member.strip().partition("=")
        if vendor != "ot":
            continue
        for item in fields.split(";"):
            name, _, threshold = item.partition(":")
            if name == "th" and 0 < len(threshold) <= 14:
                try:
                    rejected = int(threshold.ljust(14, "0"), 16)
                except ValueError:
                    continue
                return float(1 << 56) / ((1 << 56) - rejected)
    for key in ("sampling.weight", "SampleRate"):
        weight = span.attributes.get(key)
        if isinstance(weight, int | float) and not isinstance(weight, bool) and 1 <= weight < 1e9:
            return float(weight)
    probability = span.attributes.get("sampling.probability")
    if isinstance(probability, float) and 1e-9 < probability <= 1:
        return 1.0 / probability
    return 1.0


def _version(duration_ns: int, checksum: int, revision: int) -> int:
    """See the module's docstring. The duration's 14 bits are a small float, so that longer always means higher."""
    exponent = duration_ns.bit_length() - 8
    code = (exponent << 8) + (duration_ns >> exponent) if exponent > 0 else duration_ns
    return _MAPPED | min(code, 0x3FFF) << 38 | (checksum & 0x3FFF) << 24 | revision


def _message(reasons: Counter[str]) -> str:
    shown = [f"{count} spans rejected: {reason}" for reason, count in reasons.most_common(_MAX_NAMED_REJECTIONS)]
    return "; ".join(shown)


def _severity(number: int) -> str:
    names = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
    return names[(number - 1) // 4] if 1 <= number <= 24 else ""


def _nothing() -> Decoded:
    spans = SpanBatch(columns=empty_columns(0), raw={name: [] for name in RAW_COLUMNS})
    return Decoded(spans, LogBatch(columns={name: [] for name in LOG_COLUMNS}), _no_evaluations())


def _append(columns: dict[str, list[Any]], names: Iterable[str], values: MappingType[str, Any]) -> None:
    for name in names:
        columns.setdefault(name, []).append(values[name])


def _no_evaluations() -> dict[str, list[Any]]:
    return {name: [] for name in EVALUATION_COLUMNS}


def _add_evaluation(
    columns: dict[str, list[Any]], sink: _Sink, identity: tuple[str, str], time: int, one: dict[str, Any]
) -> None:
    """One row of `evaluations`; the id hashes what was said, so that a second report of it is the same row."""
    explanation = one["explanation"]
    content = "\0".join(
        (*identity, one["name"], repr(one["score"]), one["label"], explanation, one["error_type"], one["source"])
    )
    row = {
        **one,
        "workspace": sink.workspace,
        "trace_id": identity[0],
        "span_id": identity[1],
        "evaluation_id": texts.digest(sink.workspace, content.encode("utf-8", "replace")),
        "time": time,
        "explanation": sink.add("evaluation", explanation.encode("utf-8", "replace")) if explanation else NO_BODY,
    }
    for name, column in columns.items():
        column.append(row[name])
