"""Blocks in ClickHouse's Native format as a client of a later protocol revision wants them.

The engine writes Native without a revision. A client that sends `client_protocol_version` (clickhouse-go, and through it
Grafana) expects block info before every block and, from revision 54454 on, a byte per column that says whether its
serialization is custom. To find where a column ends, its data are stepped over by its type: first the prefixes of all its
parts (versions of dictionaries, the types inside a Dynamic, the paths inside a JSON), then their values.

https://github.com/ClickHouse/ClickHouse/blob/master/src/Core/ProtocolDefines.h
https://github.com/ClickHouse/ClickHouse/tree/master/src/DataTypes/Serializations
"""

import re
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

CUSTOM_SERIALIZATION = 54454
# Field 1: is overflows, no. Field 2: bucket number, -1. End.
BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"

_BYTES = {
    "Nothing": 1, "Bool": 1, "Int8": 1, "UInt8": 1, "Enum8": 1, "Int16": 2, "UInt16": 2, "Enum16": 2, "Date": 2, "BFloat16": 2,
    "Int32": 4, "UInt32": 4, "Float32": 4, "Date32": 4, "DateTime": 4, "DateTime32": 4, "Time": 4, "IPv4": 4, "Decimal32": 4,
    "Int64": 8, "UInt64": 8, "Float64": 8, "DateTime64": 8, "Time64": 8, "Decimal64": 8, "Int128": 16, "UInt128": 16,
    "UUID": 16, "IPv6": 16, "Decimal128": 16, "Int256": 32, "UInt256": 32, "Decimal256": 32,
}  # fmt: skip
_DECIMAL_BYTES = ((9, 4), (18, 8), (38, 16), (76, 32))
_GEO = {
    "Point": "Tuple(Float64, Float64)", "Ring": "Array(Point)", "LineString": "Array(Point)", "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)", "MultiPolygon": "Array(Polygon)",
    "Geometry": "Variant(LineString, MultiLineString, MultiPolygon, Point, Polygon, Ring)",
}  # fmt: skip
_NAME = re.compile(r"\s*(`(?:[^`\\]|\\.)*`|[\w.]+)\s+(?=\S)")
_ADDITIONAL_KEYS = 0x200
_NULL_VARIANT = 255
# Layouts of Dynamic and JSON: as written without a revision, and as `output_format_native_use_flattened_dynamic_and_json_serialization`
# asks for. JSON as text is `output_format_native_write_json_as_string`.
_DYNAMIC, _JSON, _JSON_AS_TEXT, _FLATTENED = 1, 0, 1, 3
_U64 = struct.Struct("<Q")


class UnknownType(Exception):
    """A type of column that cannot be stepped over; the message is its name."""


class Shape(NamedTuple):
    """How the values of a column lie: `kind` names the layout, `size` is a width in bytes, `parts` are the columns inside."""

    kind: str
    size: int = 0
    parts: tuple["Shape", ...] = ()


_TEXT = Shape("String")


def with_revision(pieces: Iterable[bytes], revision: int) -> Iterator[bytes]:
    """Pieces of whole Native blocks, rewritten for a protocol revision.

    Raises `UnknownType` for a type that cannot be stepped over (states of aggregate functions).
    """
    for piece in pieces:
        yield b"".join(_blocks(piece, b"\x00" if revision >= CUSTOM_SERIALIZATION else b""))


def empty_block(columns: Iterable[tuple[str, str]]) -> bytes:
    """A block without rows: names and types of its columns."""
    texts = [text.encode() for column in columns for text in column]
    return _varint_of(len(texts) // 2) + b"\x00" + b"".join(_varint_of(len(text)) + text for text in texts)


def _blocks(data: bytes, flag: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start = at
        columns, at = varint(data, at)
        rows, at = varint(data, at)
        yield BLOCK_INFO + data[start:at]
        for _ in range(columns):
            start = at
            _, at = _text_at(data, at)
            kind, at = _text_at(data, at)
            yield data[start:at] + flag
            start = at
            if rows:
                shape, at = _shape(kind, data, at)
                at = _end(shape, data, at, rows)
            yield data[start:at]


def _shape(kind: str, data: bytes, at: int) -> tuple[Shape, int]:
    """The layout of a column whose prefixes begin at `at`, and where they end."""
    name, arguments = _type(kind)
    if name in _BYTES:
        return Shape("fixed", _BYTES[name]), at
    if name == "String":
        return _TEXT, at
    if name == "FixedString":
        return Shape("fixed", int(arguments[0])), at
    if name == "Decimal":
        return Shape("fixed", next(size for digits, size in _DECIMAL_BYTES if int(arguments[0]) <= digits)), at
    if name.startswith("Interval"):
        return Shape("fixed", 8), at
    if name == "LowCardinality":
        # NULL is a key of the dictionary, without a mask.
        inner, of_inner = _type(arguments[0])
        keys, _ = _shape(of_inner[0] if inner == "Nullable" else arguments[0], data, at + 8)
        return Shape("LowCardinality", parts=(keys,)), at + 8
    if name in {"Map", "Nested"}:
        element, at = _shapes("Tuple", arguments, data, at)
        return Shape("Array", parts=(element,)), at
    if name in {"Array", "Nullable", "Tuple"}:
        return _shapes(name, arguments, data, at)
    if name == "Variant":
        return _shapes("Variant", arguments, data, at + 8)
    if name == "Dynamic":
        return _dynamic(data, at)
    if name == "JSON":
        return _json(arguments, data, at)
    if name == "SimpleAggregateFunction":
        return _shape(arguments[-1], data, at)
    if name in _GEO:
        return _shape(_GEO[name], data, at)
    raise UnknownType(kind)


def _shapes(name: str, kinds: Iterable[str], data: bytes, at: int) -> tuple[Shape, int]:
    parts = []
    for kind in kinds:
        part, at = _shape(kind, data, at)
        parts.append(part)
    return Shape(name, parts=tuple(parts)), at


def _dynamic(data: bytes, at: int) -> tuple[Shape, int]:
    """Of a Dynamic the prefix says which types are inside; they lie as those of a Variant do."""
    layout = _u64(data, at)
    at += 8
    if layout not in {_DYNAMIC, _FLATTENED}:
        raise UnknownType(f"Dynamic in layout {layout}")
    if layout == _DYNAMIC:
        _, at = varint(data, at)
    kinds, at = _texts_at(data, at)
    if layout == _FLATTENED:
        shape, at = _shapes("flattened", kinds, data, at)
        width = next(width for width in (1, 2, 4, 8) if len(kinds) < 1 << 8 * width)
        return shape._replace(size=width), at
    # What did not find a place of its own is in texts of this name; the types are sorted by name.
    kinds = sorted([*kinds, "SharedVariant"])
    return _shapes("Variant", ["String" if kind == "SharedVariant" else kind for kind in kinds], data, at + 8)


def _json(arguments: list[str], data: bytes, at: int) -> tuple[Shape, int]:
    """Of a JSON the type names some paths with their types, the prefix the others; the rest lies in a map of texts."""
    layout = _u64(data, at)
    at += 8
    if layout == _JSON_AS_TEXT:
        return _TEXT, at
    if layout not in {_JSON, _FLATTENED}:
        raise UnknownType(f"JSON in layout {layout}")
    if layout == _JSON:
        _, at = varint(data, at)
    paths, at = _texts_at(data, at)
    typed = sorted(_path_and_type(one) for one in arguments if "=" not in one and not one.startswith("SKIP "))
    shape, at = _shapes("Tuple", [kind for _, kind in typed] + ["Dynamic"] * len(paths), data, at)
    rest = (Shape("Array", parts=(Shape("Tuple", parts=(_TEXT, _TEXT)),)),) if layout == _JSON else ()
    return Shape("JSON", parts=(*shape.parts, *rest)), at


def _end(shape: Shape, data: bytes, at: int, rows: int) -> int:
    """Where `rows` values that begin at `at` end."""
    if not rows:
        return at
    if shape.kind == "fixed":
        return at + shape.size * rows
    if shape.kind == "String":
        for _ in range(rows):
            size = data[at]
            at += 1
            if size >= 0x80:
                size, at = varint(data, at - 1)
            at += size
        return at
    if shape.kind == "Nullable":
        return _end(shape.parts[0], data, at + rows, rows)
    if shape.kind == "Array":
        at += 8 * rows
        return _end(shape.parts[0], data, at, _u64(data, at - 8))
    if shape.kind == "LowCardinality":
        flags = _u64(data, at)
        at += 8
        if flags & _ADDITIONAL_KEYS:
            at = _end(shape.parts[0], data, at + 8, _u64(data, at))
        return at + 8 + (1 << (flags & 0xFF)) * _u64(data, at)
    if shape.kind in {"Variant", "flattened"}:
        width = shape.size or 1
        chosen = data[at : at + width * rows]
        at += width * rows
        for index, part in enumerate(shape.parts):
            at = _end(part, data, at, _count(chosen, index, width))
        return at
    if shape.kind == "Tuple" and not shape.parts:
        return at + rows
    for part in shape.parts:
        at = _end(part, data, at, rows)
    return at


def _count(chosen: bytes, index: int, width: int) -> int:
    """How often a number occurs."""
    if width == 1:
        return chosen.count(index)
    wanted = index.to_bytes(width, "little")
    return sum(chosen[at : at + width] == wanted for at in range(0, len(chosen), width))


@lru_cache(maxsize=4096)
def _type(kind: str) -> tuple[str, list[str]]:
    """Name and arguments of a type; those of a tuple without the names of its elements."""
    name, bracket, rest = kind.strip().partition("(")
    if not bracket or name in _BYTES:
        return name, []
    arguments, depth, begin, quoted, at = [], 0, 0, "", 0
    inner = rest[: rest.rindex(")")]
    while at < len(inner):
        char = inner[at]
        if quoted:
            at += char == "\\"
            quoted = "" if char == quoted else quoted
        elif char in "`'":
            quoted = char
        elif char == "," and depth == 0:
            arguments.append(inner[begin:at].strip())
            begin = at + 1
        else:
            depth += (char == "(") - (char == ")")
        at += 1
    arguments.append(inner[begin:].strip())
    if name in {"Tuple", "Nested"}:
        arguments = [_path_and_type(argument)[1] for argument in arguments]
    return name, arguments if inner.strip() else []


def _path_and_type(argument: str) -> tuple[str, str]:
    """`name Type` in two; the name is empty where there is none."""
    found = _NAME.match(argument)
    return (found[1].strip("`"), argument[found.end() :]) if found else ("", argument)


def _texts_at(data: bytes, at: int) -> tuple[list[str], int]:
    count, at = varint(data, at)
    texts = []
    for _ in range(count):
        text, at = _text_at(data, at)
        texts.append(text)
    return texts, at


def _text_at(data: bytes, at: int) -> tuple[str, int]:
    size, at = varint(data, at)
    return data[at : at + size].decode("utf-8", "replace"), at + size


def _u64(data: bytes, at: int) -> int:
    return int(_U64.unpack_from(data, at)[0])


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in base 128 and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def _varint_of(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
