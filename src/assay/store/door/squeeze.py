"""How the pieces of an answer are compressed: HTTP content codings, or ClickHouse's own frames."""

import zlib
from collections.abc import Callable

import lz4.frame
import zstandard

from assay.store.door.frames import compressed

Squeeze = Callable[[bytes, bool], bytes]
"""(piece, whether it is the last) to bytes for the wire."""


def squeezer(*, frames: bool, accepted: str) -> tuple[Squeeze, str]:
    """The way to compress one answer and the content coding to name for it.

    `frames` asks for ClickHouse's frames (`compress=1`), `accepted` is an Accept-Encoding header, empty for none.
    """
    if frames:
        return lambda data, last: compressed(data) if data else b"", ""
    for part in accepted.lower().replace(" ", "").split(","):
        coding = part.partition(";")[0]
        if coding in _SQUEEZERS:
            return _SQUEEZERS[coding](), coding
    return lambda data, last: data, ""


def _zlib_squeezer(window_bits: int) -> Squeeze:
    zipper = zlib.compressobj(1, zlib.DEFLATED, window_bits)
    return lambda data, last: zipper.compress(data) + (zipper.flush() if last else b"")


def _zstd_squeezer() -> Squeeze:
    stream = zstandard.ZstdCompressor(level=1).compressobj()
    return lambda data, last: stream.compress(data) + (stream.flush() if last else b"")


def _lz4_squeezer() -> Squeeze:
    frame = lz4.frame.LZ4FrameCompressor()
    begun = False

    def squeeze(data: bytes, last: bool) -> bytes:
        nonlocal begun
        begin = b"" if begun else frame.begin()
        begun = True
        return begin + (frame.compress(data) if data else b"") + (frame.flush() if last else b"")

    return squeeze


_SQUEEZERS: dict[str, Callable[[], Squeeze]] = {
    "gzip": lambda: _zlib_squeezer(31),
    "deflate": lambda: _zlib_squeezer(15),
    "zstd": _zstd_squeezer,
    "lz4": _lz4_squeezer,
}
