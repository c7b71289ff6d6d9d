"""ClickHouse's native compression, as `compress=1` and `decompress=1` ask for over HTTP.

A frame is a 16-byte CityHash128 (version 1.0.2) of what follows, one byte of method, the frame's size with its 9-byte header
and the size of the data, little-endian: https://clickhouse.com/docs/native-protocol/compression
"""

import struct
from collections.abc import Iterator

import lz4.block
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

from assay.errors import BadPayload, TooLarge

NONE, LZ4, ZSTD = 0x02, 0x82, 0x90
MAX_FRAME_BYTES = 128 * 1024 * 1024
FRAME_BYTES = 1 << 20
"""Data in one frame that we write; servers write as much: https://clickhouse.com/docs/operations/settings/settings#max_compress_block_size"""
_HEADER = struct.Struct("<BII")


def compressed(data: bytes) -> bytes:
    """LZ4 frames of a size that every client takes."""
    return b"".join(_frame(data[at : at + FRAME_BYTES]) for at in range(0, max(len(data), 1), FRAME_BYTES))


def _frame(data: bytes) -> bytes:
    packed = lz4.block.compress(data, store_size=False)
    body: bytes = _HEADER.pack(LZ4, len(packed) + _HEADER.size, len(data)) + packed
    return _checksum(body) + body


def decompressed(data: bytes, *, limit_bytes: int) -> bytes:
    """The content of all frames. Raises `BadPayload` for a broken frame and `TooLarge` past the limit."""
    return b"".join(_frames(data, limit_bytes))


def _frames(data: bytes, limit_bytes: int) -> Iterator[bytes]:
    at = total = 0
    while at < len(data):
        if len(data) - at < 16 + _HEADER.size:
            raise BadPayload("A compressed frame is cut short.")
        method, size, length = _HEADER.unpack_from(data, at + 16)
        total += length
        if length > MAX_FRAME_BYTES or total > limit_bytes:
            raise TooLarge(f"Compressed data is larger than {limit_bytes} bytes.")
        body = data[at + 16 : at + 16 + size]
        if size < _HEADER.size or len(body) != size or data[at : at + 16] != _checksum(body):
            raise BadPayload("Checksum of a compressed frame doesn't match.")
        packed = body[_HEADER.size :]
        try:
            if method == LZ4:
                yield lz4.block.decompress(packed, uncompressed_size=length)
            elif method == ZSTD:
                yield zstandard.ZstdDecompressor().decompress(packed, max_output_size=length)
            elif method == NONE:
                yield packed
            else:
                raise BadPayload(f"Unknown compression method {method:#x}.")
        except (lz4.block.LZ4BlockError, zstandard.ZstdError) as cause:
            raise BadPayload(f"A compressed frame cannot be read: {cause}") from cause
        at += 16 + size


def _checksum(body: bytes) -> bytes:
    """CityHash128, low half first."""
    value = int(CityHash128(body))
    low, high = value & 0xFFFFFFFFFFFFFFFF, value >> 64
    return high.to_bytes(8, "little") + low.to_bytes(8, "little")
