"""What the door says beside an answer (headers, media types, how a broken answer ends) and reads beside a statement."""

import ipaddress
import json
import re

from assay.store.door.run import Tally

_BINARY = {"native", "arrow", "arrowstream", "parquet", "orc", "avro", "msgpack", "npy", "bsoneachrow", "protobuf"}


def headers(
    query_id: str, output: str, tally: Tally, written: int, elapsed_seconds: float
) -> list[tuple[bytes, bytes]]:
    """Headers of an answer. The tally is that of the moment: a streamed answer begins before all is read."""
    summary = {
        "read_rows": tally.read_rows, "read_bytes": tally.read_bytes, "written_rows": written, "written_bytes": 0,
        "total_rows_to_read": 0, "result_rows": tally.result_rows, "result_bytes": tally.result_bytes, "elapsed_ns": round(elapsed_seconds * 1e9),
    }  # fmt: skip
    texts = {name: str(value) for name, value in summary.items()}
    said = [
        (b"x-clickhouse-query-id", query_id.encode()),
        (b"x-clickhouse-server-display-name", b"assay"),
        (b"x-clickhouse-timezone", b"UTC"),
        (b"x-clickhouse-summary", json.dumps(texts, separators=(",", ":")).encode()),
    ]
    return [*said, (b"x-clickhouse-format", output.encode("latin-1", "replace"))] if output else said


def printable(text: str) -> str:
    """A client's text as it may stand in a header: a line break in it would begin another one."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:256]


def content_type(output: str) -> bytes:
    """The media type of a format."""
    lower = output.lower()
    if lower.startswith("json") and "eachrow" not in lower:
        return b"application/json; charset=UTF-8"
    if lower.startswith("csv"):
        return b"text/csv; charset=UTF-8; header=" + (b"present" if "withnames" in lower else b"absent")
    if lower.startswith(("tabseparated", "tsv")):
        return b"text/tab-separated-values; charset=UTF-8"
    if lower in _BINARY or lower.startswith("rowbinary"):
        return b"application/octet-stream"
    return b"text/plain; charset=UTF-8"


def in_band(error: str, tag: str) -> bytes:
    """An error in the middle of an answer: https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats"""
    text = f"{error}\n".encode()
    return b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n" % (tag.encode(), text, len(text), tag.encode())


def form(body: bytes, media_type: str) -> tuple[bytes, dict[str, str]]:
    """Fields of a form: the statement, and parameters beside it."""
    found = re.search(r'boundary="?([^";]+)', media_type)
    fields: dict[str, str] = {}
    for part in body.split(b"--" + found[1].encode())[1:-1] if found else ():
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            fields[name[1].decode()] = value.removesuffix(b"\r\n").decode("utf-8", "replace")
    return fields.pop("query", "").encode(), fields


def host_of(authority: str) -> str:
    """The name or address in a Host header."""
    return authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Whether a name or an address is that of this machine's loopback."""
    name = host.lower().rstrip(".")
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
