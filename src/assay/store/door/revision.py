"""Blocks in ClickHouse's Native format as a client of a later protocol revision wants them.

The engine writes Native without a revision. A client that sends `client_protocol_version` (clickhouse-go, and through it
Grafana) expects block info before every block and, from revision 54454 on, a byte per column that says whether its
serialization is custom. To find where a column ends its data is read with clickhouse-connect's column types.

https://github.com/ClickHouse/ClickHouse/blob/master/src/Core/ProtocolDefines.h
"""

from collections.abc import Iterable, Iterator
from typing import Any

from clickhouse_connect.datatypes import registry
from clickhouse_connect.driver.buffer import ResponseBuffer
from clickhouse_connect.driver.query import QueryContext

CUSTOM_SERIALIZATION = 54454
# Field 1: is overflows, no. Field 2: bucket number, -1. End.
BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"


class _Source:
    def __init__(self, data: bytes) -> None:
        self.gen = iter([data])


class _Reader(ResponseBuffer):
    """Reads one piece; texts are stepped over, not made."""

    def read_str_col(
        self, num_rows: int, encoding: str | None, nullable: bool = False, null_obj: Any = None
    ) -> Iterable[str]:
        if nullable:
            self.read_bytes(num_rows)
        data, at = self.buffer, self.buf_loc
        for _ in range(num_rows):
            size = shift = 0
            while True:
                byte = data[at]
                at += 1
                size |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
            at += size
        self.buf_loc = at
        return ("",) * num_rows


def with_revision(pieces: Iterable[bytes], revision: int) -> Iterator[bytes]:
    """Pieces of whole Native blocks, rewritten for a protocol revision."""
    for piece in pieces:
        yield b"".join(_blocks(piece, revision))


def _blocks(data: bytes, revision: int) -> Iterator[bytes]:
    reader = _Reader(_Source(data))  # type: ignore[no-untyped-call]
    reader.read_bytes(0)
    reader.buffer, reader.buf_sz, reader.buf_loc = data, len(data), 0
    context = QueryContext()
    flag = b"\x00" if revision >= CUSTOM_SERIALIZATION else b""
    while reader.buf_loc < len(data):
        start = reader.buf_loc
        columns, rows = reader.read_leb128(), reader.read_leb128()
        yield BLOCK_INFO + data[start : reader.buf_loc]
        for _ in range(columns):
            start = reader.buf_loc
            reader.read_leb128_str()
            kind = registry.get_from_name(reader.read_leb128_str())
            yield data[start : reader.buf_loc] + flag
            start = reader.buf_loc
            if rows:
                kind.read_column(reader, rows, context)
            yield data[start : reader.buf_loc]
