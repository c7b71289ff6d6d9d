"""What can be saved of a protobuf request that cannot be parsed as a whole.

The runtime refuses a message for one string that is not UTF-8 or one value that is nested too deeply, wherever it is:
https://protobuf.dev/programming-guides/encoding/. Here the wire is walked down to the records, each is parsed alone, a
spoiled text is repaired with U+FFFD, and a record that is beyond repair is counted as rejected.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError

from assay.errors import BadPayload

MAX_FIELDS = 500_000
"""Fields that are walked in Python for one request; a request that needs more is refused as a whole."""
MAX_DEPTH = 100
"""Nesting past which nothing is repaired; the runtime's own limit."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class _Broken(Exception):
    """The wire format itself is broken here; the message says how."""


class _Walk:
    """The state of one salvage: how much was walked, what was lost and why."""

    def __init__(self) -> None:
        self.fields = 0
        self.rejected = 0
        self.repaired = 0
        self.why = ""

    def step(self) -> None:
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise BadPayload(f"The protobuf message is broken and has more than {MAX_FIELDS} fields to look through.")

    def reject(self, why: object) -> None:
        self.rejected += 1
        self.why = self.why or str(why)


def salvage(payload: bytes, request: Any, *, why: str, levels: int = 2) -> tuple[int, str]:
    """Fill `request` with every record of `payload` that can be read; `levels` lie between the request and its records.

    Gives how many records are missing and a message for the sender. Raises BadPayload where the outermost message is
    broken (cut short, not protobuf), for then nothing says that the rest was meant as OTLP.
    """
    walk = _Walk()
    try:
        _container(memoryview(payload), request, walk, levels=levels)
    except _Broken as cause:
        raise BadPayload(f"The body is not a valid OTLP protobuf message: {cause}.") from cause
    if walk.rejected:
        return walk.rejected, f"{walk.rejected} records could not be read: {walk.why or why}"
    return 0, f"{walk.repaired} records had text that is not UTF-8; it was replaced with U+FFFD."


def _container(wire: memoryview, message: Any, walk: _Walk, *, levels: int) -> None:
    """Fill a request (levels 2), a resource's (1) or a scope's (0) message from `wire`, record by record.

    In all six messages the repeated field that leads down is the only repeated message field. Raises _Broken for broken
    wire, after the records before the break were added.
    """
    down = next(f for f in message.DESCRIPTOR.fields if f.message_type is not None and f.is_repeated)
    for number, kind, start, inner, end in _fields(wire, walk):
        if number != down.number or kind != _LENGTH:
            _merge(message, wire[start:end], walk)
            continue
        child = down.message_type._concrete_class()
        content = wire[inner:end]
        try:
            child.ParseFromString(content)
        except DecodeError:
            child.Clear()
            if levels:
                try:
                    _container(content, child, walk, levels=levels - 1)
                except _Broken as cause:
                    walk.reject(cause)
            elif not _merge(child, content, walk):
                continue
        getattr(message, down.name).append(child)


def _merge(message: Any, wire: memoryview, walk: _Walk) -> bool:
    """Merge `wire` into `message`, repaired if need be. False, and counted as rejected, where that is impossible."""
    # A parse that fails leaves what it had read, which must not be merged twice.
    read = type(message)()
    try:
        read.ParseFromString(wire)
    except DecodeError:
        read.Clear()
        try:
            read.ParseFromString(_repaired(wire, message.DESCRIPTOR, walk, MAX_DEPTH))
            walk.repaired += 1
        except (DecodeError, _Broken) as cause:
            walk.reject(cause)
            return False
    message.MergeFrom(read)
    return True


def _repaired(wire: memoryview, descriptor: Descriptor, walk: _Walk, depth: int) -> bytes:
    """`wire` with every string made UTF-8."""
    if depth == 0:
        raise _Broken(f"values are nested more than {MAX_DEPTH} deep")
    parts: list[bytes | memoryview] = []
    for number, kind, start, inner, end in _fields(wire, walk):
        field = descriptor.fields_by_number.get(number)
        content: bytes | memoryview = wire[inner:end]
        if field is None or kind != _LENGTH:
            parts.append(wire[start:end])
            continue
        if field.type == FieldDescriptor.TYPE_STRING:
            content = bytes(content).decode("utf-8", "replace").encode()
        elif field.message_type is not None:
            content = _repaired(wire[inner:end], field.message_type, walk, depth - 1)
        parts.extend((_varint(number << 3 | _LENGTH), _varint(len(content)), content))
    return b"".join(parts)


def _fields(wire: memoryview, walk: _Walk) -> Iterator[tuple[int, int, int, int, int]]:
    """Each field as (number, wire type, start of the tag, start of the content, end). Raises _Broken."""
    position, size = 0, len(wire)
    while position < size:
        walk.step()
        start = position
        tag, position = _read_varint(wire, position)
        number, kind = tag >> 3, tag & 7
        if kind == _LENGTH:
            length, position = _read_varint(wire, position)
            end = position + length
        elif kind == _VARINT:
            _, end = _read_varint(wire, position)
        elif kind in {_FIXED64, _FIXED32}:
            end = position + (8 if kind == _FIXED64 else 4)
        else:
            raise _Broken(f"wire type {kind} does not occur in OTLP")
        if number == 0 or end > size:
            raise _Broken("it is cut short" if number else "field number 0")
        yield number, kind, start, position, end
        position = end


def _read_varint(wire: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    for byte in wire[position : position + 10]:
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise _Broken("it is cut short" if shift < 70 else "a number has more than ten bytes")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
