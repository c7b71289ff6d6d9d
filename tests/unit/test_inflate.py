"""Decompression: what comes out, and what is refused before it fills the memory."""

import gzip
import os
import tracemalloc
import zlib

import pytest
import zstandard

from assay.errors import BadPayload, TooLarge, UnsupportedEncoding
from assay.wire import inflate

MIB = 1024 * 1024
LIMIT = 8 * MIB
TEXT = os.urandom(300_000) + b"spans " * 100_000


def bare_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_what_was_compressed_comes_back(encoding):
    assert inflate(ENCODERS[encoding](TEXT), encoding, limit_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_members_are_joined(encoding):
    compress = ENCODERS[encoding]
    assert inflate(compress(b"one ") + compress(TEXT) + compress(b""), encoding, limit_bytes=LIMIT) == b"one " + TEXT


def test_bare_deflate_is_understood():
    assert inflate(bare_deflate(TEXT), "deflate", limit_bytes=LIMIT) == TEXT


def test_codings_are_undone_from_the_last():
    assert inflate(gzip.compress(zlib.compress(TEXT)), "deflate, GZIP", limit_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ENCODERS)
def test_exactly_the_limit_passes_and_one_byte_more_does_not(encoding):
    payload = ENCODERS[encoding](TEXT)
    assert inflate(payload, encoding, limit_bytes=len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        inflate(payload, encoding, limit_bytes=len(TEXT) - 1)


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_bomb_is_refused_within_bounded_memory(encoding):
    bomb = ENCODERS[encoding](bytes(200 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            inflate(bomb, encoding, limit_bytes=LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_cut_stream_is_a_bad_payload(encoding, cut):
    with pytest.raises(BadPayload):
        inflate(ENCODERS[encoding](TEXT)[:-cut], encoding, limit_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ENCODERS)
def test_noise_is_a_bad_payload(encoding):
    with pytest.raises(BadPayload):
        inflate(b"\xff\xfe\xfdnot compressed at all", encoding, limit_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_countless_empty_members_are_refused(encoding):
    with pytest.raises(BadPayload, match="members"):
        inflate(ENCODERS[encoding](b"") * 20_000, encoding, limit_bytes=LIMIT)


def test_an_unknown_coding_is_named():
    with pytest.raises(UnsupportedEncoding, match="'br'"):
        inflate(b"", "br", limit_bytes=LIMIT)


def test_no_coding_is_the_payload_itself():
    assert inflate(TEXT, "", limit_bytes=LIMIT) is TEXT
