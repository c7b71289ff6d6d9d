"""Decompression inside a bound: memory never exceeds the limit by more than one step, whatever the input claims."""

import zlib
from collections.abc import Callable
from typing import Any

import zstandard

from assay.errors import BadPayload, TooLarge, UnsupportedEncoding
from assay.wire.body import anything

MAX_CODINGS = 3
MAX_MEMBERS = 10_000
"""Members of a gzip stream or frames of a zstd stream; more of them is an attack on our time, not a batch of spans."""
ZSTD_WINDOW_BYTES = 128 * 1024 * 1024
"""Largest window that a zstd frame may ask for: what level 19 and `--long=27` use."""

_STEP_BYTES = 64 * 1024
_ZSTD_STEP_BYTES = 256
"""A zstd block of four bytes can stand for 128 KiB: one step makes 8 MiB at most."""
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def inflate(payload: bytes, encoding: str, *, limit_bytes: int, grow: Callable[[int], None] = anything) -> bytes:
    """`payload` without its content encoding (a Content-Encoding value; several are undone from the last).

    `grow` is told of the size of each piece that was made and may raise.
    Raises TooLarge past `limit_bytes`, BadPayload where the stream is broken or cut short, UnsupportedEncoding for an
    encoding other than identity, gzip, deflate and zstd.
    """
    codings = [part.strip().lower() for part in encoding.split(",")] if encoding else []
    if len(codings) > MAX_CODINGS:
        raise UnsupportedEncoding(f"{len(codings)} content encodings on top of each other. Use one.")
    for coding in reversed(codings):
        payload = _undo(payload, coding, limit_bytes, grow)
    if len(payload) > limit_bytes:
        raise TooLarge(_too_large(limit_bytes))
    return payload


def _undo(payload: bytes, coding: str, limit_bytes: int, grow: Callable[[int], None]) -> bytes:
    if coding in {"", "identity"}:
        return payload
    if coding in {"gzip", "x-gzip"}:
        return _join(payload, coding, lambda: _Zlib(_GZIP_WINDOW), _STEP_BYTES, limit_bytes, grow)
    if coding == "deflate":
        # The standard says zlib's format, some clients send the bare stream:
        # https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
        zlib_format = len(payload) >= 2 and payload[0] & 0x0F == 8 and int.from_bytes(payload[:2], "big") % 31 == 0
        window = zlib.MAX_WBITS if zlib_format else -zlib.MAX_WBITS
        return _join(payload, coding, lambda: _Zlib(window), _STEP_BYTES, limit_bytes, grow)
    if coding == "zstd":
        decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
        return _join(payload, coding, decompressor.decompressobj, _ZSTD_STEP_BYTES, limit_bytes, grow)
    raise UnsupportedEncoding(f"Content encoding '{coding[:40]}' is not supported. Use gzip, deflate, zstd or none.")


class _Zlib:
    """zlib's stream object with zstandard's interface, each step bounded."""

    def __init__(self, window: int) -> None:
        self._stream = zlib.decompressobj(window)

    def decompress(self, step: memoryview) -> bytes:
        # Deflate expands 1032-fold at most: what a step makes is handed out a MiB at a time, while `pending`.
        return self._stream.decompress(self._stream.unconsumed_tail + step, 1024 * 1024)

    @property
    def pending(self) -> bool:
        return bool(self._stream.unconsumed_tail)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


def _join(
    payload: bytes, coding: str, open_stream: Any, step_bytes: int, limit_bytes: int, grow: Callable[[int], None]
) -> bytes:
    """Decompress every member of `payload`."""
    view = memoryview(payload)
    chunks: list[bytes] = []
    size = offset = members = 0
    nothing = memoryview(b"")
    try:
        while offset < len(view):
            members += 1
            if members > MAX_MEMBERS:
                raise BadPayload(f"The {coding} stream has more than {MAX_MEMBERS} members.")
            stream = open_stream()
            while not stream.eof:
                if getattr(stream, "pending", False):
                    chunk = stream.decompress(nothing)
                elif offset < len(view):
                    chunk = stream.decompress(view[offset : offset + step_bytes])
                    offset += min(step_bytes, len(view) - offset)
                else:
                    raise BadPayload(f"The {coding} stream is cut short.")
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge(_too_large(limit_bytes))
                if chunk:
                    grow(len(chunk))
                    chunks.append(chunk)
            offset -= len(stream.unused_data)
            if coding == "deflate":
                break
    except (zlib.error, zstandard.ZstdError) as cause:
        raise BadPayload(f"The body is not valid {coding}: {cause}") from cause
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit_bytes: int) -> str:
    return f"The request is over {limit_bytes} bytes after decompression, which is the limit. Send smaller batches."
