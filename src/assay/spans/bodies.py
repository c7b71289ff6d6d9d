"""Texts that are stored once, and the JSON that refers to them.

A long text inside an attribute becomes a reference in the stored JSON, and its bytes become bodies, addressed by a
16-byte BLAKE2b hash that is keyed by the workspace: the same text in two workspaces has two hashes. A JSON array of
large elements (a conversation) is cut at its top-level elements, so that the turns which every request repeats are
stored once. The reference keeps what is needed to restore the original byte for byte:

    {"$body": ["<hex>", ...], "$join": ", ", "$open": "[", "$close": "]"}   chunks, what is between, before and behind

`$join`, `$open` and `$close` are left out where they are empty; `$open` and `$close` are strings or references in turn.
Two more markers carry what JSON cannot: `{"$bytes": "<base64>"}` and `{"$double": "NaN" | "Infinity" | "-Infinity"}`.
A sender's own mapping key that begins with `$` is stored with one more `$`, so no sender can write a marker.
"""

import base64
import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

LONG_BYTES = 256
"""Texts from this size on are stored as bodies."""

MIN_CHUNK_BYTES = 48
"""Arrays whose elements are smaller than this on average (vectors, lists of ids) stay in one piece."""

MAX_CHUNKS = 4096
CACHE_BYTES = 32 * 1024 * 1024

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
encode_json = msgspec.json.Encoder().encode
decode_json = msgspec.json.Decoder().decode

Lookup = Callable[[bytes], bytes | None]


class Split(msgspec.Struct, gc=False):
    """`open + join.join(chunks) + close` is the original text in UTF-8."""

    chunks: list[bytes]
    join: bytes
    open: bytes
    close: bytes


def digest(workspace: str, text: bytes) -> bytes:
    """The 16-byte content hash of `text` in `workspace`."""
    keyed = keyed_hash(workspace).copy()
    keyed.update(text)
    return keyed.digest()


@lru_cache(1024)
def keyed_hash(workspace: str) -> "hashlib.blake2b":
    """The hash before any text; copy it."""
    key = workspace.encode()
    if len(key) > 64:  # BLAKE2b takes at most 64 bytes of key
        key = hashlib.blake2b(key).digest()
    return hashlib.blake2b(digest_size=16, key=key)


class Piece(msgspec.Struct, gc=False):
    """A text that may be stored, and what was found out about it: conversations repeat their texts in every request."""

    text: bytes
    workspace: str | None = None
    """Whose key `hash` and `hex` were made with."""
    hash: bytes = b""
    hex: str = ""
    kept: object = None
    """The batch and week that hold the text already, as `body`."""
    body: Any = None
    messages: dict[str, Any] | None = None
    """What the text reads as, by the role of messages that name none."""


Keep = Callable[[Piece], str]
"""Takes a piece that will be referred to; gives its hash as hex."""


class Pieces(msgspec.Struct, gc=False):
    """A text that was cut: `open + join.join(pieces) + close`."""

    pieces: list[Piece]
    join: bytes
    open: bytes
    close: bytes


class Splitter:
    """Cuts texts, and remembers the pieces and the latest texts, so that what repeats is cut, hashed and read once.

    A conversation's array is usually the previous one with a few elements more. The latest array is found by its first
    bytes; where it is the beginning of the new one, only the rest is cut.
    """

    def __init__(self) -> None:
        self.pieces: dict[bytes, Piece] = {}
        self._bytes = 0
        self._of_span: dict[int, tuple[str, Pieces]] = {}
        self._latest: dict[bytes, tuple[bytes, Pieces]] = {}

    def split(self, text: str) -> Pieces:
        """Cut `text`; the same array, which is read as messages next, is cut once until `forget`."""
        known = self._of_span.get(id(text))
        if known is not None and known[0] is text:
            return known[1]
        raw = text.encode("utf-8", "surrogatepass")
        first = raw[:1]
        if first == b"[":
            parts = self._split_array(raw)
            self._of_span[id(text)] = (text, parts)
        elif first == b"{":
            cut = split_bytes(raw)
            parts = Pieces(self._intern(cut.chunks), cut.join, cut.open, cut.close)
        else:
            parts = Pieces(self._intern([raw]), b"", b"", b"")
        return parts

    def _split_array(self, raw: bytes) -> Pieces:
        head = raw[:_HEAD_BYTES]
        latest = self._latest.get(head)
        if latest is None:
            size = len(raw)
        else:
            known, parts = latest
            if known == raw:
                return parts
            size = len(raw) - len(known)
            more = _grown(known, parts, raw)
            if more is not None:
                parts = Pieces(parts.pieces + self._intern(more), parts.join, b"[", b"]")
                self._count(size)
                self._latest[head] = (raw, parts)
                return parts
        try:
            elements = _decode_list(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return Pieces(self._intern([raw]), b"", b"", b"")
        cut = _cut(raw, [bytes(element) for element in elements])
        if cut is None:
            return Pieces(self._intern([raw]), b"", b"", b"")
        parts = Pieces(self._intern(cut[0]), cut[1], b"[", b"]")
        self._count(size)
        self._latest[head] = (raw, parts)
        return parts

    def _intern(self, chunks: list[bytes]) -> list[Piece]:
        known, made = self.pieces.get, self.piece
        if len(chunks) == 1:
            return [known(chunks[0]) or made(chunks[0])]
        return [known(chunk) or made(chunk) for chunk in chunks]

    def piece(self, text: bytes) -> Piece:
        """A new piece with these bytes; ask `pieces` first."""
        self._count(len(text) + _PIECE_BYTES)
        self.pieces[text] = made = Piece(text)
        return made

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > CACHE_BYTES:
            self._bytes = size
            self.pieces.clear()
            self._latest.clear()

    def forget(self) -> None:
        """Drop what is remembered about string objects; called after each span."""
        if self._of_span:
            self._of_span.clear()


_HEAD_BYTES = 128
_PIECE_BYTES = 300


def _grown(known: bytes, parts: Pieces, raw: bytes) -> list[bytes] | None:
    """The elements that `raw` has more than the array `known`; None where it does not continue it in the same form."""
    end = len(known) - 1
    join = parts.join
    if not join or not raw.startswith(join, end) or raw[:end] != known[:end]:
        return None
    rest = b"[" + raw[end + len(join) :]
    try:
        more = [bytes(element) for element in _decode_list(rest)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    count = len(parts.pieces) + len(more)
    if not more or count > MAX_CHUNKS or len(raw) < MIN_CHUNK_BYTES * count or b"[" + join.join(more) + b"]" != rest:
        return None
    return more


def split_value(text: str) -> Split:
    """Cut a JSON array, or the largest array of a JSON object, at its elements; anything else is one chunk."""
    return split_bytes(text.encode("utf-8", "surrogatepass"))


def split_bytes(raw: bytes) -> Split:
    """`split_value` of a text in UTF-8."""
    first = raw[:1]
    try:
        array = raw if first == b"[" else _largest_array(raw) if first == b"{" else b""
        cut = _cut(array, [bytes(element) for element in _decode_list(array)]) if array else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        cut = None
    if cut is None:
        return Split([raw], b"", b"", b"")
    chunks, join = cut
    at = raw.find(array)
    return Split(chunks, join, raw[:at] + b"[", b"]" + raw[at + len(array) :])


def _largest_array(raw: bytes) -> bytes:
    """The array that is more than half of a JSON object; empty where there is none."""
    arrays = [bytes(value) for value in _decode_object(raw).values() if bytes(value)[:1] == b"["]
    largest = max(arrays, key=len, default=b"")
    return largest if len(largest) * 2 > len(raw) else b""


def _cut(array: bytes, chunks: list[bytes]) -> tuple[list[bytes], bytes] | None:
    """The elements of an array and what is between them; None where that does not restore it, or is not worth it."""
    count = len(chunks)
    if count == 1 and MIN_CHUNK_BYTES <= len(array) == len(chunks[0]) + 2:  # nothing but brackets around it
        return chunks, b""
    if not chunks or count > MAX_CHUNKS or len(array) < MIN_CHUNK_BYTES * count:
        return None
    join = b", " if array[1 + len(chunks[0]) : 3 + len(chunks[0])] == b", " else b","
    if b"[" + join.join(chunks) + b"]" != array:
        return None
    return chunks, join if count > 1 else b""


def store_text(text: str, keep: Keep | None, splitter: Splitter) -> Any:
    """`text` itself where it is short, else a reference; the value is made for `encode_json`.

    Without `keep` every text stays where it is.
    """
    if keep is None or len(text) < LONG_BYTES:
        return text
    if text[0] not in "[{":  # nothing to cut
        raw = text.encode("utf-8", "surrogatepass")
        return {"$body": [keep(splitter.pieces.get(raw) or splitter.piece(raw))]}
    parts = splitter.split(text)
    pieces, join, before, behind = parts.pieces, parts.join, parts.open, parts.close
    if len(pieces) == 1:
        reference: dict[str, Any] = {"$body": [keep(pieces[0])]}
        if not before:
            return reference
    else:
        reference = {"$body": [keep(piece) for piece in pieces]}
    if join:
        reference["$join"] = join.decode()
    if before == b"[" and behind == b"]":
        reference["$open"], reference["$close"] = "[", "]"
    elif before:
        reference["$open"] = _store_edge(before, keep, splitter)
        reference["$close"] = _store_edge(behind, keep, splitter)
    return reference


def _store_edge(edge: bytes, keep: Keep, splitter: Splitter) -> Any:
    return (
        edge.decode()
        if len(edge) < LONG_BYTES
        else {"$body": [keep(splitter.pieces.get(edge) or splitter.piece(edge))]}
    )


def store_value(value: Any, keep: Keep | None, splitter: Splitter) -> Any:
    """An attribute value as JSON value: long texts become references, bytes and non-finite doubles become markers."""
    if isinstance(value, str):
        return store_text(value, keep, splitter)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {"$double": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, dict):
        return {("$" + k if k[:1] == "$" else k): store_value(v, keep, splitter) for k, v in value.items()}
    if isinstance(value, list):
        return [store_value(v, keep, splitter) for v in value]
    if isinstance(value, bytes):
        coded = base64.b64encode(value).decode()
        return {"$bytes": store_text(coded, keep, splitter)}
    return value


def restore_value(value: Any, lookup: Lookup) -> Any:
    """The exact value that `store_value` took. A body that is gone (expired, erased) reads as an empty text."""
    if isinstance(value, dict):
        if "$body" in value:
            return _restore_bytes(value, lookup).decode("utf-8", "surrogatepass")
        if "$bytes" in value:
            return base64.b64decode(restore_value(value["$bytes"], lookup))
        if "$double" in value:
            return float(value["$double"])
        return {(k[1:] if k[:1] == "$" else k): restore_value(v, lookup) for k, v in value.items()}
    if isinstance(value, list):
        return [restore_value(v, lookup) for v in value]
    return value


def _restore_bytes(reference: dict[str, Any], lookup: Lookup) -> bytes:
    join: bytes = reference.get("$join", "").encode()
    text: bytes = join.join(lookup(bytes.fromhex(part)) or b"" for part in reference["$body"])
    if "$open" not in reference:
        return text
    return _restore_edge(reference["$open"], lookup) + text + _restore_edge(reference["$close"], lookup)


def _restore_edge(edge: Any, lookup: Lookup) -> bytes:
    return edge.encode() if isinstance(edge, str) else _restore_bytes(edge, lookup)


def references(value: Any) -> list[bytes]:
    """Every content hash that a stored JSON value refers to; for erasure and for keeping bodies alive."""
    found: list[bytes] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            body = item.get("$body")
            if body is not None:
                found.extend(bytes.fromhex(part) for part in body)
            stack.extend(v for k, v in item.items() if k != "$body" and isinstance(v, dict | list))
        elif isinstance(item, list):
            stack.extend(item)
    return found
