"""Bytes to a request: whatever arrives, it is a request or a refusal; both encodings say the same."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assay.errors import BadPayload
from assay.otlp.decode import Decoded, Decoder
from assay.otlp.parse import parse
from assay.receiver.receipt import Encoding, Signal
from tests.fuzz.mutate import REQUESTS, Request, bend_bytes, draw_case, to_json
from tests.fuzz.targets import check_decoded

SEEDS = sorted((Path(__file__).parents[1] / "fuzz" / "seeds").glob("*.pb"))
SIGNALS = tuple(REQUESTS)
ENCODINGS: tuple[Encoding, ...] = ("protobuf", "json")


def seed_of(path: Path) -> tuple[Signal, Request]:
    signal = next(one for one in REQUESTS if f".{one}." in path.name)
    request = REQUESTS[signal]()
    request.ParseFromString(path.read_bytes())
    return signal, request


def refused_or_parsed(signal: Signal, payload: bytes, encoding: Encoding) -> Request | None:
    """The request, or None where the sender is told that the payload is bad. Anything else fails the test."""
    try:
        return parse(signal, payload, encoding=encoding).request
    except BadPayload:
        return None


@given(st.binary(max_size=400), st.sampled_from(SIGNALS), st.sampled_from(ENCODINGS))
def test_any_bytes_are_a_request_or_bad(payload: bytes, signal: Signal, encoding: Encoding) -> None:
    refused_or_parsed(signal, payload, encoding)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "value", "stringValue", "intValue", "key",
             "arrayValue", "kvlistValue", "values", "kind", "startTimeUnixNano", "events", "status", "code", "x"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip


@given(json_values, st.sampled_from(SIGNALS))
def test_any_json_is_a_request_or_bad(value: Any, signal: Signal) -> None:
    refused_or_parsed(signal, json.dumps(value).encode(), "json")


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_json_says_what_protobuf_says(path: Path) -> None:
    signal, request = seed_of(path)
    assert parse(signal, path.read_bytes(), encoding="protobuf").request == request
    assert parse(signal, to_json(request), encoding="json").request == request


@given(st.integers(0, 2**32), st.sampled_from(SEEDS))
def test_spoiled_requests_decode_completely_or_are_bad(number: int, path: Path) -> None:
    case = draw_case(np.random.default_rng(number), [seed_of(path)])
    request = refused_or_parsed(case.signal, case.payload, case.encoding)
    if request is not None:
        check_decoded(Decoder(), case.signal, request)


@given(st.integers(0, 2**32), st.sampled_from(SEEDS))
def test_bent_bytes_of_a_real_request(number: int, path: Path) -> None:
    signal, request = seed_of(path)
    draw = np.random.default_rng(number)
    refused_or_parsed(signal, bend_bytes(draw, path.read_bytes()), "protobuf")
    refused_or_parsed(signal, bend_bytes(draw, to_json(request)), "json")


@pytest.mark.parametrize("path", SEEDS[:3], ids=lambda path: path.stem)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_truncation_is_bad_or_a_shorter_request(path: Path, encoding: Encoding) -> None:
    signal, request = seed_of(path)
    whole = path.read_bytes() if encoding == "protobuf" else to_json(request)
    for length in range(0, len(whole), 7):
        got = refused_or_parsed(signal, whole[:length], encoding)
        assert got is None or got.ByteSize() <= request.ByteSize()


# Hostile payloads, each by name ------------------------------------------------------------------------------------


def span(number: int = 1, **fields: Any) -> Span:
    given = {
        "trace_id": b"\1" * 16,
        "span_id": number.to_bytes(8, "big"),
        "name": "chat",
        "start_time_unix_nano": 1_760_000_000_000_000_000,
        "end_time_unix_nano": 1_760_000_001_000_000_000,
    }
    return Span(**(given | fields))


def request_of(*spans: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return request


def both_encodings(request: ExportTraceServiceRequest) -> list[Decoded]:
    """The request through parse and decode, as protobuf and as JSON."""
    payloads: tuple[tuple[Encoding, bytes], ...] = (
        ("protobuf", request.SerializeToString()),
        ("json", to_json(request)),
    )
    return [check_decoded(Decoder(), "traces", parse("traces", data, encoding=kind).request) for kind, data in payloads]


@pytest.mark.parametrize("bad", [b"", b"\1", b"\1" * 7, b"\1" * 9, b"\1" * 300, bytes(8)], ids=len)
def test_a_bad_span_id_costs_only_its_span(bad: bytes) -> None:
    for decoded in both_encodings(request_of(span(1), span(2, span_id=bad), span(3))):
        assert (decoded.spans.rows, decoded.rejected) == (2, 1)
        assert decoded.message


@pytest.mark.parametrize("bad", [b"", b"\1" * 15, b"\1" * 17, bytes(16)], ids=len)
def test_a_bad_trace_id_costs_only_its_span(bad: bytes) -> None:
    for decoded in both_encodings(request_of(span(1), span(2, trace_id=bad))):
        assert (decoded.spans.rows, decoded.rejected) == (1, 1)


def test_an_end_before_the_start_is_a_duration_of_zero() -> None:
    for decoded in both_encodings(request_of(span(end_time_unix_nano=1))):
        assert decoded.spans.columns["duration_ns"] == [0]
        assert decoded.spans.columns["clock_flags"] != [""]


@pytest.mark.parametrize("start", [0, 1, 2**63, 2**64 - 1])
def test_an_impossible_start_is_clamped_and_flagged(start: int) -> None:
    for decoded in both_encodings(request_of(span(start_time_unix_nano=start))):
        year_ns = 31_557_600_000_000_000
        assert 50 * year_ns < decoded.spans.columns["start_time"][0] < 130 * year_ns + year_ns
        assert decoded.spans.columns["clock_flags"] != [""]


def test_spans_that_are_each_others_parents_are_kept() -> None:
    first, second = span(1, parent_span_id=(2).to_bytes(8, "big")), span(2, parent_span_id=(1).to_bytes(8, "big"))
    own = span(3, parent_span_id=(3).to_bytes(8, "big"))
    for decoded in both_encodings(request_of(first, second, own)):
        assert (decoded.spans.rows, decoded.rejected) == (3, 0)


def test_invalid_utf8_costs_at_most_its_span() -> None:
    """Protobuf strings must be UTF-8, and the runtime refuses the whole message: neighbours must survive all the same."""
    payload = request_of(span(1), span(2, name="BADNAME"), span(3)).SerializeToString()
    parsed = parse("traces", payload.replace(b"BADNAME", b"BAD\xff\xfeME"), encoding="protobuf")
    ids = [s.span_id[-1] for r in parsed.request.resource_spans for sc in r.scope_spans for s in sc.spans]
    assert {1, 3} <= set(ids)
    check_decoded(Decoder(), "traces", parsed.request)


def test_a_million_attributes() -> None:
    """As many as fit in a request: all kept or the span refused, and the neighbour kept."""
    crowd = span(1)
    one = KeyValue(key="k", value=AnyValue(int_value=1)).SerializeToString()
    field = b"\x4a" + bytes([len(one)]) + one  # Span.attributes is field 9
    crowded = crowd.SerializeToString() + field * 1_000_000
    neighbour = request_of(span(2)).SerializeToString()
    payload = _wrapped(crowded) + neighbour
    decoded = check_decoded(Decoder(), "traces", parse("traces", payload, encoding="protobuf").request)
    assert "0000000000000002" in decoded.spans.columns["span_id"]


def _wrapped(span_bytes: bytes) -> bytes:
    """ResourceSpans { ScopeSpans { spans } } around a serialized span; both nestings are field 2, the outermost 1."""
    scope = b"\x12" + _varint(len(span_bytes)) + span_bytes
    resource = b"\x12" + _varint(len(scope)) + scope
    return b"\x0a" + _varint(len(resource)) + resource


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def test_an_attribute_of_sixteen_mebibytes_is_kept_whole() -> None:
    text = "é" * 8 * 1024 * 1024
    huge = span(attributes=[KeyValue(key="gen_ai.input.messages", value=AnyValue(string_value=text))])
    for decoded in both_encodings(request_of(huge)):
        assert any(len(body.text) >= 16 * 1024 * 1024 for body in decoded.spans.bodies.values())


@pytest.mark.parametrize("depth", [50, 99, 150, 5_000])
def test_values_nested_deeply_are_decoded_or_bad(depth: int) -> None:
    """The protobuf runtime stops at a depth of its own; JSON must not end in a RecursionError."""
    nested = b'{"stringValue":"x"}'
    for _ in range(depth):
        nested = b'{"arrayValue":{"values":[' + nested + b"]}}"
    payload = to_json(request_of(span(attributes=[KeyValue(key="k", value=AnyValue(string_value="SLOT"))])))
    request = refused_or_parsed("traces", payload.replace(b'{"stringValue": "SLOT"}', nested), "json")
    if request is not None:
        check_decoded(Decoder(), "traces", request)


def test_nested_groups_in_protobuf_are_bad() -> None:
    """Start-group tags without an end: the classic way to overflow a stack."""
    assert refused_or_parsed("traces", b"\x0b" * 100_000, "protobuf") is None


def test_a_length_larger_than_the_payload_is_bad() -> None:
    assert refused_or_parsed("traces", b"\x0a\xff\xff\xff\xff\x07abc", "protobuf") is None


def test_a_request_of_the_other_signal_does_not_pass_as_spans() -> None:
    """Traces and logs share tags, so a swapped payload parses; its records must then be refused by their ids."""
    for path in SEEDS:
        signal, _ = seed_of(path)
        other: Signal = "logs" if signal == "traces" else "traces"
        request = refused_or_parsed(other, path.read_bytes(), "protobuf")
        if request is not None:
            check_decoded(Decoder(), other, request)


def test_compressed_bytes_that_were_not_announced_are_bad() -> None:
    assert refused_or_parsed("traces", zlib.compress(request_of(span()).SerializeToString()), "protobuf") is None
    assert refused_or_parsed("traces", zlib.compress(to_json(request_of(span()))), "json") is None
