"""OTLP/JSON to the protobuf messages.

It is the JSON mapping of protobuf but for three things, so that the runtime's `json_format` cannot read it (and is slow):
ids are hex in any case, enums are integers, unknown fields are ignored.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from assay.errors import BadPayload

MAX_DEPTH = 100
"""Nesting of values; the same as that of the protobuf runtime."""

RECORDS = frozenset({"opentelemetry.proto.trace.v1.Span", "opentelemetry.proto.logs.v1.LogRecord"})
"""Messages that are rejected alone; whatever is wrong outside of them concerns the whole request."""

_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_INTEGER = re.compile(r"-?[0-9]+\Z")
_DECODER = msgspec.json.Decoder()


class _Wrong(Exception):
    """A value does not fit its field. `path` grows on the way out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.path: list[str] = []

    def __str__(self) -> str:
        where = "".join(reversed(self.path)).lstrip(".")
        return f"{where}: {self.args[0]}" if where else str(self.args[0])


class _Field(NamedTuple):
    """How one field is read."""

    name: str
    repeated: bool
    message: bool
    records: bool
    attributes: bool
    convert: Callable[[Any], Any]


class _Lost:
    """Records that were rejected, and the first reason."""

    def __init__(self) -> None:
        self.count = 0
        self.why = ""


def read_json(payload: bytes, request: Any) -> tuple[int, str]:
    """Fill `request` from OTLP/JSON.

    Gives how many records were rejected and a message for the sender. Raises BadPayload where the text is not JSON or
    something outside of a record has the wrong type.
    """
    repaired = False
    try:
        try:
            value = _DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = payload.decode("utf-8", "replace")
            repaired = "\ufffd" in text
            if not repaired:
                raise
            value = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError) as cause:
        raise BadPayload(f"The body is not valid JSON: {cause}") from cause
    except RecursionError as cause:
        raise BadPayload("The JSON is nested too deeply.") from cause
    lost = _Lost()
    try:
        _fill(request, value, lost, MAX_DEPTH)
    except _Wrong as cause:
        raise BadPayload(f"The body is not a valid OTLP/JSON request: {cause}") from cause
    if lost.count:
        return lost.count, f"{lost.count} records could not be read: {lost.why}"
    return 0, "Text that is not UTF-8 was replaced with U+FFFD." if repaired else ""


def _fill(message: Any, value: Any, lost: _Lost, depth: int) -> None:
    """Set the fields of `message` from a JSON object. Raises _Wrong."""
    if type(value) is not dict:
        raise _Wrong(f"an object is expected here, not {_kind(value)}")
    if depth == 0:
        raise _Wrong(f"values are nested more than {MAX_DEPTH} deep")
    plan = _plan(message.DESCRIPTOR)
    for key, inner in value.items():
        field = plan.get(key)
        if field is None or inner is None:
            continue
        try:
            if field.repeated:
                _extend(getattr(message, field.name), field, inner, lost, depth)
            elif field.message:
                child = getattr(message, field.name)
                child.SetInParent()
                _fill(child, inner, lost, depth - 1)
            else:
                setattr(message, field.name, field.convert(inner))
        except _Wrong as cause:
            cause.path.append(f".{key}")
            raise
        except (TypeError, ValueError, OverflowError) as cause:
            wrong = _Wrong(_one_line(cause))
            wrong.path.append(f".{key}")
            raise wrong from cause


def _extend(items: Any, field: _Field, value: Any, lost: _Lost, depth: int) -> None:
    if type(value) is not list:
        raise _Wrong(f"an array is expected here, not {_kind(value)}")
    for index, inner in enumerate(value):
        try:
            if field.attributes and type(inner) is dict and _plain_text(inner):
                items.add(key=inner["key"], value=AnyValue(string_value=inner["value"]["stringValue"]))
            elif field.message:
                _fill(items.add(), inner, lost, depth - 1)
            else:
                items.append(field.convert(inner))
        except _Wrong as cause:
            cause.path.append(f"[{index}]")
            if not field.records:
                raise
            del items[-1]
            lost.count += 1
            lost.why = lost.why or f"{field.name}{cause}"


def _plain_text(attribute: dict[str, Any]) -> bool:
    """Whether an attribute is `{"key": text, "value": {"stringValue": text}}`: nearly all of them, and nearly all of the
    time goes to them, so they take a short way."""
    value = attribute.get("value")
    return (
        len(attribute) == 2
        and type(value) is dict
        and len(value) == 1
        and type(value.get("stringValue")) is str
        and type(attribute.get("key")) is str
    )


@cache
def _plan(descriptor: Descriptor) -> dict[str, _Field]:
    """The fields of a message by both of their JSON names, lowerCamelCase and as in the .proto file."""
    plan: dict[str, _Field] = {}
    for field in descriptor.fields:
        message = field.message_type
        plan[field.name] = plan[field.json_name] = _Field(
            field.name,
            field.is_repeated,
            message is not None,
            message is not None and message.full_name in RECORDS,
            message is not None and message.full_name == KeyValue.DESCRIPTOR.full_name,
            _converter(field),
        )
    return plan


def _converter(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _hex if field.name in _IDS else _base64
    if field.enum_type is not None:
        numbers = {value.name: value.number for value in field.enum_type.values}
        # Senders must write integers; the Collector reads names too, so a name costs nobody a span.
        return lambda value: numbers[value] if value in numbers else _int(value)
    if field.cpp_type in {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}:
        return _float
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _string
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _bool
    return _int


def _string(value: Any) -> str:
    if type(value) is not str:
        raise _Wrong(f"a string is expected here, not {_kind(value)}")
    return value


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise _Wrong(f"true or false is expected here, not {_kind(value)}")
    return value


def _int(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is str and _INTEGER.match(value):
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    raise _Wrong(f"an integer is expected here, not {_kind(value)}")


def _float(value: Any) -> float:
    if type(value) in {int, float}:
        return float(value)
    if type(value) is str:
        try:
            number = float(value)
        except ValueError:
            pass
        else:
            if math.isfinite(number) or value in {"NaN", "Infinity", "-Infinity"}:
                return number
    raise _Wrong(f"a number is expected here, not {_kind(value)}")


def _hex(value: Any) -> bytes:
    if type(value) is str:
        try:
            return binascii.unhexlify(value)
        except ValueError:
            pass
    raise _Wrong(f"an id in hex is expected here, not {_kind(value)}")


def _base64(value: Any) -> bytes:
    if type(value) is str:
        try:
            text = value.rstrip("=").replace("-", "+").replace("_", "/")
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            pass
    raise _Wrong(f"base64 is expected here, not {_kind(value)}")


def _kind(value: Any) -> str:
    """A value as an error message shows it: never much of it."""
    names = {dict: "an object", list: "an array", bool: str(value).lower(), type(None): "null"}
    if type(value) in names:
        return names[type(value)]
    shown = repr(value) if type(value) is str else str(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def _one_line(cause: Exception) -> str:
    return " ".join(str(cause).split())[:200] or type(cause).__name__
