"""Spoiled OTLP: seeds of real senders, bent in the ways that break readers.

Everything is drawn from one numpy generator, so a seed number repeats a run. Three layers: the message (values, keys,
ids and times of real spans are swapped, so that the bytes still parse and reach the dialects), the encoding (protobuf or
JSON) and the bytes (flipped, cut, doubled, spliced).
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.receiver.receipt import Encoding, Signal
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest

Request = ExportTraceServiceRequest | ExportLogsServiceRequest | SendFeedbackRequest
REQUESTS: dict[Signal, type[Request]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "feedback": SendFeedbackRequest,
}
FEEDBACK_SHARE = 0.1
Draw = np.random.Generator


class Case(NamedTuple):
    """One payload to throw at a receiver."""

    signal: Signal
    encoding: Encoding
    payload: bytes


NASTY_TEXTS = (
    "", " ", "null", "true", "0", "-1", "1e999", "NaN", "[]", "{}", "[[]]", '""', '"', "{", "[", "[1,", '{"a":', "[null]",
    "[1]", '{"role":1}', '[{"role":null,"parts":null}]', '[{"role":"user","parts":{"type":"text"}}]',
    '[{"role":"user","content":[[[]]]}]', '[{"parts":[{"type":"tool_call","arguments":[1]}]}]', '{"$body":["00"]}',
    '{"messages":5}', '{"documents":[null,1,"x"]}', '[{"id":{},"score":"high"}]', "{'a': None, 'b': (1, 2)}",
    "{'input_str': \"{'city': 'Paris'}\"}", "\x00", "\ud7ff\ue000", "\U0001f600" * 50, "a" * 300, "é" * 5_000,
    "[" * 2_000, '{"a":' * 2_000, "[" * 2_000 + "]" * 2_000, "(" * 500 + ")" * 500, "9" * 400, '{"a":' + "9" * 400 + "}",
    '"\\ud800"', '{"a":"\\ud83d"}', "-0.0", '{"input_tokens": -5}', '{"input_tokens": 1e300}', '{"input_tokens": "7"}',
    '["stop", null, 1]', "FinishReason.", "openai.", ".", "/", "2026-13-45T99:99:99Z", '"2026-11-21T10:00:00Z"',
)  # fmt: skip

NASTY_PARTS: tuple[Any, ...] = (
    None, True, 5, -1.5, "", "x", "[1]", '{"a":1}', [], {}, [[]], [{}], [None], ["x"], {"a": 1}, {"role": 5}, {"content": None},
    {"type": []}, {"type": "text"}, {"role": "user", "parts": 5}, {"id": {}},
)  # fmt: skip

NASTY_NUMBERS = (0, 1, -1, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))
NASTY_DOUBLES = (0.0, -0.0, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan"), 0.5)
NASTY_TIMES = (0, 1, 10**9, 1_577_836_799_999_999_999, 4_102_444_800_000_000_000, 2**63 - 1, 2**63, 2**64 - 1)
NASTY_IDS = (b"", b"\0" * 8, b"\0" * 16, b"\1", b"\xff" * 7, b"\xff" * 15, b"\xff" * 17, b"\xff" * 300)
NASTY_BYTES = (
    b"\xff" * 10,
    b"\x80" * 11,
    b"\0",
    b"\x0a\xff\xff\xff\xff\x0f",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\x0b\x0b\x0b",
)


def draw_case(draw: Draw, seeds: list[tuple[Signal, Request]]) -> Case:
    """A new case from one or two of the seeds."""
    wants_feedback = draw.random() < FEEDBACK_SHARE
    seeds = [(signal, seed) for signal, seed in seeds if (signal == "feedback") == wants_feedback] or seeds
    signal, seed = seeds[int(draw.integers(len(seeds)))]
    request = type(seed)()
    request.CopyFrom(seed)
    for _ in range(int(draw.integers(0, 6))):
        bend_message(draw, request, seeds)
    encoding: Encoding = "json" if draw.random() < 0.35 else "protobuf"
    payload = to_json(request) if encoding == "json" else request.SerializeToString()
    if draw.random() < 0.3:
        for _ in range(int(draw.integers(1, 5))):
            payload = bend_bytes(draw, payload)
    return Case(signal, encoding, payload)


def records_of(request: Any) -> list[Any]:
    """Spans, log records or items of feedback."""
    if isinstance(request, SendFeedbackRequest):
        return list(request.feedback)
    if isinstance(request, ExportTraceServiceRequest):
        return [span for r in request.resource_spans for s in r.scope_spans for span in s.spans]
    return [record for r in request.resource_logs for s in r.scope_logs for record in s.log_records]


def bend_message(draw: Draw, request: Request, seeds: list[tuple[Signal, Request]]) -> None:
    """Change one thing that leaves the request a valid protobuf message."""
    records = records_of(request)
    if not records:
        return
    record = records[int(draw.integers(len(records)))]
    bends = (_item,) if isinstance(record, FeedbackItem) else MESSAGE_BENDS
    _pick(draw, bends)(draw, record, records, seeds)


def _pick(draw: Draw, options: Any) -> Any:
    return options[int(draw.integers(len(options)))]


def _ids(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """Ids of the wrong length, ids of another record, and parents in a circle."""
    other = _pick(draw, records)
    fields = ["trace_id", "span_id"] + (["parent_span_id"] if hasattr(record, "parent_span_id") else [])
    field = _pick(draw, fields)
    setattr(record, field, _pick(draw, [*NASTY_IDS, other.span_id, other.trace_id]))


def _times(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    fields = (
        ("start_time_unix_nano", "end_time_unix_nano")
        if hasattr(record, "start_time_unix_nano")
        else ("time_unix_nano", "observed_time_unix_nano")
    )
    setattr(record, _pick(draw, fields), _pick(draw, NASTY_TIMES))


def _value(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """Another type or text under a key that a dialect reads."""
    pairs = _pairs(record)
    if pairs:
        nasty_value(draw, _pick(draw, pairs).value)


def _swap_value(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """A real value of another key, or of another sender."""
    mine, theirs = _pairs(record), _pairs(_pick(draw, records_of(_pick(draw, seeds)[1])))
    if mine and theirs:
        _pick(draw, mine).value.CopyFrom(_pick(draw, theirs).value)


def _add_pairs(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """A span that mixes two dialects."""
    for pair in _pairs(_pick(draw, records_of(_pick(draw, seeds)[1])))[: int(draw.integers(1, 30))]:
        record.attributes.add().CopyFrom(pair)


def _cut_value(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """JSON inside a string, cut or doubled."""
    texts = [pair.value for pair in _pairs(record) if pair.value.WhichOneof("value") == "string_value"]
    if texts:
        value = _pick(draw, texts)
        at = int(draw.integers(0, len(value.string_value) + 1))
        value.string_value = _pick(draw, (value.string_value[:at], value.string_value[at:], value.string_value * 2))


def _part(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """Another value in one place of the JSON inside a string."""
    texts = [(pair.value, found) for pair in _pairs(record) if (found := _json_inside(pair.value.string_value))]
    if texts:
        value, found = _pick(draw, texts)
        value.string_value = json.dumps(_replaced(draw, found, int(draw.integers(0, 6))))


def _json_inside(text: str) -> Any:
    """A list or object that is not empty, or None."""
    try:
        found = json.loads(text) if text[:1] in "[{" else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _replaced(draw: Draw, value: Any, depth: int) -> Any:
    """`value` with something odd in one place, at most so deep."""
    if not depth or not value or not isinstance(value, dict | list):
        return _pick(draw, NASTY_PARTS)
    copy: Any = value.copy()
    at = _pick(draw, list(value) if isinstance(value, dict) else range(len(value)))
    copy[at] = _replaced(draw, value[at], depth - 1)
    return copy


def _swap_key(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    pairs = _pairs(record)
    if pairs:
        pair, other = _pick(draw, pairs), _pick(draw, pairs)
        pair.key = _pick(draw, (other.key, pair.key + ".0", pair.key + ".-1.x", pair.key.rpartition(".")[0], "", "\0"))


def _index(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """Flattened keys with wild indexes."""
    for key in (
        "llm.input_messages.{}.message.content",
        "gen_ai.prompt.{}.content",
        "retrieval.documents.{}.document.id",
    ):
        pair = record.attributes.add()
        pair.key = key.format(_pick(draw, ("0", "999999999999", "-1", "x", "", "01", "1e3", "٣")))
        pair.value.string_value = "text"


def _rename(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    field = "name" if hasattr(record, "parent_span_id") else "event_name"
    setattr(record, field, _pick(draw, NASTY_TEXTS))


def _events(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    if hasattr(record, "events"):
        event = record.events.add()
        event.name = _pick(draw, ("exception", "gen_ai.choice", "gen_ai.user.message", "", "gen_ai.evaluation.result"))
        event.time_unix_nano = _pick(draw, NASTY_TIMES)
        for pair in _pairs(_pick(draw, records_of(_pick(draw, seeds)[1])))[:5]:
            event.attributes.add().CopyFrom(pair)
    else:
        nasty_value(draw, record.body)


def _item(draw: Draw, record: Any, records: list[Any], seeds: Any) -> None:
    """Another value in one field of feedback, or the same statement about something else."""
    field = _pick(draw, FeedbackItem.DESCRIPTOR.fields)
    if field.name == "time":
        record.time.seconds = _pick(draw, NASTY_NUMBERS)
        record.time.nanos = int(draw.integers(-(2**31), 2**31))
    elif field.enum_type:
        setattr(record, field.name, int(draw.integers(-2, 9)))
    elif field.name == "stars":
        record.stars = _pick(draw, (0, 1, 5, 6, 2**32 - 1))
    elif field.name == "score":
        record.score = _pick(draw, NASTY_DOUBLES)
    else:
        texts = (*NASTY_TEXTS, *(one.hex() for one in NASTY_IDS), getattr(_pick(draw, records), field.name))
        setattr(record, field.name, _pick(draw, texts))


MESSAGE_BENDS: tuple[Callable[..., None], ...] = (
    _ids, _times, _value, _value, _value, _swap_value, _swap_value, _add_pairs, _cut_value, _cut_value, _part, _part, _part, _swap_key, _index,
    _rename, _events,
)  # fmt: skip


def _pairs(record: Any) -> list[Any]:
    pairs = list(record.attributes)
    for event in getattr(record, "events", ()):
        pairs.extend(event.attributes)
    if hasattr(record, "body") and record.body.WhichOneof("value") == "kvlist_value":
        pairs.extend(record.body.kvlist_value.values)
    return pairs


def nasty_value(draw: Draw, value: Any, depth: int = 0) -> None:
    """Fill an AnyValue with something that a reader may not expect."""
    kind = int(draw.integers(8 if depth < 4 else 6))
    value.Clear()
    if kind == 0:
        value.int_value = _pick(draw, NASTY_NUMBERS)
    elif kind == 1:
        value.double_value = _pick(draw, NASTY_DOUBLES)
    elif kind == 2:
        value.bool_value = bool(draw.integers(2))
    elif kind == 3:
        value.bytes_value = _pick(draw, (*NASTY_BYTES, *NASTY_IDS))
    elif kind == 4:
        value.string_value = _pick(draw, NASTY_TEXTS)
    elif kind == 5:
        pass  # an AnyValue with nothing in it is legal
    elif kind == 6:
        for _ in range(int(draw.integers(0, 4))):
            nasty_value(draw, value.array_value.values.add(), depth + 1)
    else:
        for key in ("role", "content", "parts", "", "type")[: int(draw.integers(0, 6))]:
            pair = value.kvlist_value.values.add()
            pair.key = key
            nasty_value(draw, pair.value, depth + 1)


def bend_bytes(draw: Draw, payload: bytes) -> bytes:
    """Spoil the encoded bytes themselves."""
    if not payload:
        return _pick(draw, NASTY_BYTES)
    at = int(draw.integers(len(payload)))
    length = int(draw.integers(1, 65))
    kind = int(draw.integers(7))
    if kind == 0:
        return payload[:at]
    if kind == 1:
        return payload[:at] + bytes([payload[at] ^ (1 << int(draw.integers(8)))]) + payload[at + 1 :]
    if kind == 2:
        return payload[:at] + _pick(draw, NASTY_BYTES) + payload[at:]
    if kind == 3:
        return payload[:at] + payload[at + length :]
    if kind == 4:
        return payload[:at] + payload[at : at + length] * int(draw.integers(2, 20)) + payload[at + length :]
    if kind == 5:
        other = int(draw.integers(len(payload)))
        return payload[:at] + payload[other : other + length] + payload[at + length :]
    return payload + payload[:at]


ID_FIELDS = frozenset({"traceId", "spanId", "parentSpanId"})


def to_json(request: Request) -> bytes:
    """OTLP/JSON of a request: ids in hex, enums as integers, 64-bit integers as strings.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    if isinstance(request, SendFeedbackRequest):
        return json.dumps({"feedback": [_item_as_json(item) for item in request.feedback]}).encode()
    import base64

    def with_hex(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: base64.b64decode(item).hex() if key in ID_FIELDS and isinstance(item, str) else with_hex(item)
                for key, item in node.items()
            }
        return [with_hex(item) for item in node] if isinstance(node, list) else node

    return json.dumps(with_hex(MessageToDict(request, use_integers_for_enums=True))).encode()


def _item_as_json(item: FeedbackItem) -> dict[str, Any]:
    plain = FeedbackItem()
    plain.CopyFrom(item)
    plain.ClearField("time")
    # The library writes no time outside of its range; others do.
    said: dict[str, Any] = MessageToDict(plain, use_integers_for_enums=True)
    if item.HasField("time"):
        try:
            said["time"] = item.time.ToJsonString()
        except ValueError:
            said["time"] = f"{item.time.seconds}.{item.time.nanos}Z"
    return said
