"""Runs one statement on a connection of its own and gives its answer in pieces."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assay.store.engine import Connection

# Formats whose pieces put together are the whole answer. The engine formats every piece of a stream on its own, so that other
# formats (JSON with its envelope, Parquet) come whole, inside the reader's limits.
_PLAIN = {
    "native", "jsoneachrow", "jsonlines", "ndjson", "csv", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "rowbinary",
    "jsoncompacteachrow", "jsonstringseachrow", "jsoncompactstringseachrow", "values", "rawblob", "null",
}  # fmt: skip
_WITH_HEADER = re.compile(
    r"(?i)(csv|tabseparated|tsv|tabseparatedraw|tsvraw|rowbinary|jsoncompacteachrow)withnames(andtypes)?"
)
_ARROW_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_CODE = re.compile(r"Code: (\d+)\.")


class EngineError(Exception):
    """What the engine said; `code` is ClickHouse's."""

    def __init__(self, cause: BaseException | str) -> None:
        text = str(cause)
        at = text.find("Code: ")
        super().__init__(text[at:] if at >= 0 else text)
        found = _CODE.search(text)
        self.code = int(found[1]) if found else 1001


def answer(connection: Connection, sql: str, output: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
    """The answer of `sql` in format `output`, piece by piece. Closing the iterator cancels the statement.

    Raises `EngineError`, at the first piece or in the middle.
    """
    plain, arrow = output.lower() in _PLAIN, output.lower() == "arrowstream"
    first_word = re.match(r"[\s(]*(\w+)", sql)
    streams = first_word is not None and first_word[1].lower() in {"select", "with", "from"}
    if not streams or not (plain or arrow or _WITH_HEADER.fullmatch(output)):
        yield from _whole(connection, sql, output, parameters)
        return
    header = b"" if plain or arrow else None
    stream = _guarded(lambda: connection.send_query(sql, output, params=dict(parameters)))
    pieces = 0
    held = b""
    try:
        while (piece := _guarded(stream.fetch)) is not None:
            data = piece.bytes()
            pieces += 1
            if arrow:
                data = data.removesuffix(_ARROW_END)
                header = header or _arrow_schema(data)
            elif header is None:
                # Learn the header from the second piece on: it is what both pieces begin with.
                if pieces == 1:
                    held = data
                    continue
                header = _common_header(held, data, output)
                yield held
            yield data[len(header) :] if pieces > 1 and header and data.startswith(header) else data
    finally:
        _guarded(stream.cancel)
    if pieces == 1 and held:
        yield held
    if arrow and pieces:
        yield _ARROW_END
    if not pieces:
        yield from _whole(connection, sql, output, parameters)


def insert(connection: Connection, sql: str, data_format: str, data: bytes) -> int:
    """Insert `data`; how many rows were written. Raises `EngineError`; then nothing of the last block is stored."""
    inserter = _guarded(lambda: connection.send_insert(sql, data_format))
    try:
        _guarded(lambda: inserter.append(data))
        return int(_guarded(inserter.finish).rows_written)
    except EngineError:
        inserter.cancel()
        raise


def _whole(connection: Connection, sql: str, output: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
    result = _guarded(lambda: connection.query(sql, output, params=dict(parameters)))
    data = result.bytes() if result is not None else b""
    if data:
        yield data


def _guarded(call: Any) -> Any:
    try:
        return call()
    except (RuntimeError, ValueError) as cause:
        raise EngineError(cause) from cause


def _arrow_schema(data: bytes) -> bytes:
    """The schema message that every piece of an Arrow stream begins with."""
    return data[: 8 + int.from_bytes(data[4:8], "little")] if data[:4] == b"\xff\xff\xff\xff" else b""


def _common_header(first: bytes, second: bytes, output: str) -> bytes:
    """The header of a format with names: lines of a text format, names (and types) of RowBinary."""
    with_types = output.lower().endswith("andtypes")
    if output.lower().startswith("rowbinary"):
        columns, at = _varint(second, 0)
        for _ in range(columns * (2 if with_types else 1)):
            length, at = _varint(second, at)
            at += length
        header = second[:at]
    else:
        at = second.index(b"\n") + 1
        header = second[: second.index(b"\n", at) + 1] if with_types else second[:at]
    return header if first.startswith(header) else b""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at
