"""Whatever a parseable request holds: decode never raises, keeps the neighbours, and what is stored can be restored."""

import logging
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from assay.otlp.decode import Decoder
from assay.spans.bodies import (
    Piece,
    Splitter,
    decode_json,
    digest,
    encode_json,
    restore_value,
    split_value,
    store_value,
)
from assay.spans.clock import EARLIEST_NS, LATEST_NS
from assay.spans.columns import COLUMNS
from assay.spans.dialects.registry import DIALECTS
from assay.spans.stored import restore_log, restore_span
from tests.fuzz.targets import EveryTableHolds

RULE_KEYS = sorted({key for d in DIALECTS for rules in d.groups.values() for rule in rules for key in rule.keys})
KEYS = st.one_of(
    st.sampled_from(
        [key.removesuffix(".*") + ".0.message.content" if key.endswith(".*") else key for key in RULE_KEYS]
    ),
    st.sampled_from(["feature_flag.key", "feature_flag.variant", "metadata", "user_id", "tenant.id", "$body", "a"]),
    st.text(max_size=8),
)
NAMES = [
    "role",
    "parts",
    "content",
    "type",
    "text",
    "message",
    "messages",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "usage",
    "input_tokens",
    "score",
    "documents",
    "lc",
    "kwargs",
    "choices",
    "finish_reason",
    "output",
    "input",
    "$body",
    "metadata",
    "tools",
]
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
TEXTS = st.one_of(
    st.text(max_size=20),
    JSON.map(lambda value: encode_json(value).decode()),
    st.lists(JSON, min_size=1, max_size=5)
    .map(lambda v: ", ".join(encode_json(x).decode() for x in v))
    .map("[{}]".format),
    st.text(min_size=1, max_size=10).map(lambda text: text * 60),
    st.sampled_from(["{'a': 1}", "[[[[", '{"a":', "NaN", "1e999", '"quoted"', "chat", "LLM", "TOOL", "retriever"]),
)


@st.composite
def any_values(draw: st.DrawFn, depth: int = 0) -> AnyValue:
    """An AnyValue of any kind, nested at most three deep."""
    kind = draw(st.sampled_from(["text", "text", "int", "double", "bool", "bytes", "none", "list", "dict"]))
    value = AnyValue()
    if kind == "text":
        value.string_value = draw(TEXTS)
    elif kind == "int":
        value.int_value = draw(st.integers(-(2**63), 2**63 - 1))
    elif kind == "double":
        value.double_value = draw(st.floats())
    elif kind == "bool":
        value.bool_value = draw(st.booleans())
    elif kind == "bytes":
        value.bytes_value = draw(st.binary(max_size=400))
    elif kind == "list":
        value.array_value.SetInParent()
        if depth < 3:
            value.array_value.values.extend(draw(st.lists(any_values(depth + 1), max_size=3)))
    elif kind == "dict":
        value.kvlist_value.SetInParent()
        if depth < 3:
            value.kvlist_value.values.extend(draw(pairs(depth + 1)))
    return value


def pairs(depth: int = 0) -> st.SearchStrategy[list[KeyValue]]:
    """Attributes."""
    return st.lists(st.builds(lambda key, value: KeyValue(key=key, value=value), KEYS, any_values(depth)), max_size=6)


TIMES = st.one_of(st.sampled_from([0, 1, EARLIEST_NS, LATEST_NS, 2**64 - 1]), st.integers(EARLIEST_NS, LATEST_NS))
SCOPES = st.sampled_from(["", "x", *(scope for dialect in DIALECTS for scope in dialect.scopes)])


@st.composite
def requests(draw: st.DrawFn) -> ExportTraceServiceRequest:
    """A request with a few spans, good and bad."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(draw(pairs()))
    scope = resource.scope_spans.add()
    scope.scope.name = draw(SCOPES)
    for _ in range(draw(st.integers(1, 3))):
        span = scope.spans.add()
        span.trace_id = draw(st.one_of(st.just(b"\1" * 16), st.just(bytes(16)), st.binary(max_size=17)))
        span.span_id = draw(st.one_of(st.just(b"\2" * 8), st.binary(min_size=8, max_size=8), st.binary(max_size=9)))
        span.parent_span_id = draw(st.binary(max_size=9))
        span.name = draw(st.text(max_size=12))
        span.kind = draw(st.integers(0, 6))
        span.status.code = draw(st.integers(0, 3))
        span.status.message = draw(st.text(max_size=20))
        span.trace_state = draw(st.sampled_from(["", "ot=th:8", "ot=th:zz", "a=b,ot=th:c;rv:1"]))
        span.start_time_unix_nano = draw(TIMES)
        span.end_time_unix_nano = draw(TIMES)
        span.attributes.extend(draw(pairs()))
        for _ in range(draw(st.integers(0, 2))):
            event = span.events.add()
            event.name = draw(
                st.sampled_from(["gen_ai.choice", "gen_ai.user.message", "exception", "x", "feature_flag"])
            )
            event.time_unix_nano = draw(TIMES)
            event.attributes.extend(draw(pairs()))
    return request


def same(left: Any, right: Any) -> bool:
    """Equality in which NaN equals itself and 1 is not True or 1.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


@pytest.fixture(autouse=True, scope="module")
def every_table_holds() -> Iterator[None]:
    log, handler = logging.getLogger("assay.otlp.decode"), EveryTableHolds()
    log.addHandler(handler)
    yield
    log.removeHandler(handler)


PATIENT = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@PATIENT
@given(requests())
def test_decode_keeps_every_span_with_ids_and_remap_gives_the_same_row(request: ExportTraceServiceRequest) -> None:
    decoder = Decoder()
    decoded = decoder.traces(request, workspace="w")
    spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
    good = [s for s in spans if len(s.trace_id) == 16 and len(s.span_id) == 8 and any(s.trace_id) and any(s.span_id)]
    batch = decoded.spans
    assert (batch.rows, decoded.rejected) == (len(good), len(spans) - len(good))
    assert bool(decoded.message) == bool(decoded.rejected)
    assert {len(column) for column in (*batch.columns.values(), *batch.raw.values())} == {batch.rows}
    assert set(batch.columns) == {column.name for column in COLUMNS}
    assert all(EARLIEST_NS <= start < LATEST_NS for start in batch.columns["start_time"])
    assert all(0 <= version < 2**64 for version in batch.columns["version"])

    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    rows = [{name: column[i] for name, column in (batch.columns | batch.raw).items()} for i in range(batch.rows)]
    again = decoder.remap(rows, [()] * len(rows), workspace="w", lookup=texts.get, revision=5)
    for name, column in batch.columns.items():
        if name == "version":
            assert [version + 5 for version in column] == again.columns[name]
        else:
            assert same(column, again.columns[name]), name
    assert {key for key, body in again.bodies.items() if body.kind != "attribute"} <= set(batch.bodies)

    fresh = Decoder().traces(request, workspace="w").spans  # nothing depends on what a decoder saw before
    assert all(same(column, fresh.columns[name]) for name, column in batch.columns.items())


@PATIENT
@given(requests())
def test_what_was_sent_can_be_restored(request: ExportTraceServiceRequest) -> None:
    batch = Decoder().traces(request, workspace="w").spans
    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    resource = request.resource_spans[0]
    good = [s for s in resource.scope_spans[0].spans if len(s.trace_id) == 16 and len(s.span_id) == 8]
    good = [s for s in good if any(s.trace_id) and any(s.span_id)]
    for i, span in enumerate(good):
        row = {name: column[i] for name, column in (batch.columns | batch.raw).items()}
        restored = restore_span(row, texts.get)
        assert same(restored.attributes, plain(span.attributes))
        assert same(restored.resource, plain(resource.resource.attributes))
        assert [(e.name, e.time_ns) for e in restored.events] == [(e.name, e.time_unix_nano) for e in span.events]
        assert all(
            same(e.attributes, plain(sent.attributes)) for e, sent in zip(restored.events, span.events, strict=True)
        )


def plain(attributes: Any) -> dict[str, Any]:
    """Attributes as Python values, written independently of the decoder."""

    def value_of(value: AnyValue) -> Any:
        which = value.WhichOneof("value")
        if which == "array_value":
            return [value_of(item) for item in value.array_value.values]
        if which == "kvlist_value":
            return {pair.key: value_of(pair.value) for pair in value.kvlist_value.values}
        return getattr(value, which) if which else None

    return {pair.key: value_of(pair.value) for pair in attributes}


@PATIENT
@given(
    any_values(),
    pairs(),
    st.binary(max_size=17),
    TIMES,
    st.sampled_from(["gen_ai.choice", "gen_ai.evaluation.result", ""]),
)
def test_log_records_are_kept_whole_and_a_retry_is_the_same_row(
    body: AnyValue, attributes: list[KeyValue], trace_id: bytes, time: int, event_name: str
) -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.body.CopyFrom(body)
    record.attributes.extend(attributes)
    record.trace_id, record.time_unix_nano, record.event_name = trace_id, time, event_name
    logs = Decoder().logs(request, workspace="w").logs
    texts = {key[2]: one.text for key, one in logs.bodies.items()}
    assert logs.rows == 1
    restored = restore_log({name: column[0] for name, column in logs.columns.items()}, texts.get)
    assert same(restored.attributes, plain(attributes))
    assert same({"body": restored.body}, plain([KeyValue(key="body", value=body)]))
    assert Decoder().logs(request, workspace="w").logs.columns == logs.columns


@PATIENT
@given(TEXTS)
@example('[{"a": "' + "x" * 300 + '"}, {"b": 1}]')
@example('{"m": [{"a": "' + "x" * 300 + '"},{"b": 1}], "z": 1}')
@example('[ {"a": "' + "x" * 300 + '"} ]')
@example('[{"a": "' + "x" * 300 + '"} , {"b": "' + "y" * 300 + '"}]')
def test_cutting_a_text_and_joining_it_gives_the_text(text: str) -> None:
    parts = split_value(text)
    assert (parts.open + parts.join.join(parts.chunks) + parts.close).decode() == text
    kept: dict[bytes, bytes] = {}

    def keep(piece: Piece) -> str:
        found = digest("w", piece.text)
        kept[found] = piece.text
        return found.hex()

    stored = decode_json(encode_json(store_value(text * 2, keep, Splitter())))
    assert restore_value(stored, kept.get) == text * 2


def test_a_senders_own_marker_is_not_taken_for_ours() -> None:
    value = {"$body": ["00"], "$$x": {"$bytes": "AA=="}, "plain": [{"$double": "NaN"}]}
    stored = store_value(value, lambda piece: digest("w", piece.text).hex(), Splitter())
    assert restore_value(decode_json(encode_json(stored)), {}.get) == value


def test_two_workspaces_never_share_a_hash() -> None:
    assert digest("a", b"text") != digest("b", b"text")
    assert digest("a" * 100, b"text") != digest("a" * 101, b"text")
