"""Runs one statement on a connection of its own and gives its answer in pieces."""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.store.door.native import empty_block, varint
from assay.store.door.statement import tokens
from assay.store.engine import Connection, literal

# Formats whose pieces put together are the whole answer. The engine formats every piece of a stream on its own, so that other
# formats (JSON with its envelope, Parquet) come whole, inside the reader's limits.
_PLAIN = {
    "native", "jsoneachrow", "jsonlines", "ndjson", "csv", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "rowbinary",
    "jsoncompacteachrow", "jsonstringseachrow", "jsoncompactstringseachrow", "values", "rawblob", "null",
}  # fmt: skip
# Not TSVRaw, whose names may hold line breaks like nothing else.
_WITH_HEADER = re.compile(r"(?i)(csv|tabseparated|tsv|rowbinary|jsoncompacteachrow)withnames(andtypes)?")
_LINE = re.compile(rb"[^\n]*\n")
_CSV_LINE = re.compile(rb'(?:[^"\n]|"[^"]*")*\n')
_FORMAT = re.compile(r"[A-Za-z]\w*")
# Names that chDB turns into Python objects before the engine sees them.
_NOT_FORMATS = {"dataframe", "arrowtable", "datastore", "debug"}
_ARROW_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_CODE = re.compile(r"Code: (\d+)\.")


@dataclass(slots=True)
class Tally:
    """What the engine read, and what it gave, for the pieces that were taken so far."""

    read_rows: int = 0
    read_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0

    def add(self, result: Any) -> None:
        """Count one result of the engine."""
        self.read_rows += result.storage_rows_read()
        self.read_bytes += result.storage_bytes_read()
        self.result_rows += result.rows_read()
        self.result_bytes += result.size()


class EngineError(Exception):
    """What the engine said; `code` is ClickHouse's."""

    def __init__(self, cause: BaseException | str) -> None:
        text = str(cause)
        at = text.find("Code: ")
        super().__init__(text[at:] if at >= 0 else text)
        found = _CODE.search(text)
        self.code = int(found[1]) if found else 1001


def canonical(connection: Connection, sql: str) -> str:
    """`sql` as the engine understood it: without comments, escapes and needless quotes. Raises `EngineError` for a syntax error.

    Text that the engine and `statement.py` cut differently (nested comments, typographic quotes, `\\x66ile`) is judged by this.
    """
    try:
        return str(connection.query(f"SELECT formatQuerySingleLine({literal(sql)})", "TSVRaw").bytes().decode())
    except RuntimeError as cause:
        raise EngineError(str(cause).partition(": In scope SELECT formatQuerySingleLine")[0]) from cause


def answer(
    connection: Connection, sql: str, output: str, parameters: Mapping[str, str], tally: Tally
) -> Generator[bytes, None, None]:
    """The answer of `sql` in format `output`, piece by piece. Closing the iterator cancels the statement.

    Raises `EngineError`, at the first piece or in the middle.
    """
    if not _FORMAT.fullmatch(output) or output.lower() in _NOT_FORMATS:
        raise EngineError(f"Code: 73. DB::Exception: Unknown format {output[:60]}. (UNKNOWN_FORMAT)")
    plain, arrow = output.lower() in _PLAIN, output.lower() == "arrowstream"
    if not _streams(connection, sql) or not (plain or arrow or _WITH_HEADER.fullmatch(output)):
        yield from _whole(connection, sql, output, parameters, tally)
        return
    header = b"" if plain or arrow else None
    stream = _guarded(lambda: connection.send_query(sql, output, params=dict(parameters)))
    pieces = 0
    held = b""
    try:
        while (piece := _guarded(stream.fetch)) is not None:
            data = piece.bytes()
            tally.add(piece)
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
    # A stream without rows says nothing about its columns; a statement that reads nothing does.
    if not pieces and output.lower() == "native":
        yield empty_block(_columns(connection, sql, parameters))
    elif not pieces and not plain:
        yield from _whole(connection, f"SELECT * FROM (\n{sql}\n) LIMIT 0", output, parameters, tally)  # noqa: S608 - it is what the caller may run anyway


def _streams(connection: Connection, sql: str) -> bool:
    """Whether the engine's stream is the whole answer: it leaves out totals and extremes."""
    words = [token.text.lower() for token in tokens(sql) if token.kind == "word"]
    if not words or words[0] not in {"select", "with", "from"} or "totals" in words:
        return False
    return bool(
        _guarded(lambda: connection.query("SELECT toUInt8(getSetting('extremes'))", "TSVRaw")).bytes() == b"0\n"
    )


def _columns(connection: Connection, sql: str, parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and types of the answer of `sql`, without running it."""
    described = b"".join(_whole(connection, f"DESCRIBE TABLE (\n{sql}\n)", "JSONCompactEachRow", parameters, Tally()))
    return [(row[0], row[1]) for row in map(json.loads, described.splitlines())]


def insert(connection: Connection, sql: str, data_format: str, data: bytes) -> int:
    """Insert `data`; how many rows were written. Raises `EngineError`; then nothing of the last block is stored."""
    inserter = _guarded(lambda: connection.send_insert(sql, data_format))
    try:
        _guarded(lambda: inserter.append(data))
        return int(_guarded(inserter.finish).rows_written)
    except EngineError:
        inserter.cancel()
        raise


def _whole(
    connection: Connection, sql: str, output: str, parameters: Mapping[str, str], tally: Tally
) -> Iterator[bytes]:
    result = _guarded(lambda: connection.query(sql, output, params=dict(parameters)))
    if result is None:
        return
    tally.add(result)
    data = result.bytes()
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
        columns, at = varint(second, 0)
        for _ in range(columns * (2 if with_types else 1)):
            length, at = varint(second, at)
            at += length
    else:
        line = _CSV_LINE if output.lower().startswith("csv") else _LINE
        at = 0
        for _ in range(2 if with_types else 1):
            found = line.match(second, at)
            at = found.end() if found else at
    header = second[:at]
    return header if first.startswith(header) else b""
