"""Traffic of another generator as files, and the truth about it; what cannot be read is said with its file and its line.

    folder ─► OTLP requests as protobuf          truth.jsonl ─► Truth, one a trace

Requests: protobuf (one a file, or each behind its size in four bytes, as the Collector's file exporter writes them) or OTLP/JSON
(one a line, one a file, or an array), told apart by what is in them. With `.gz` too. A file with `logs` in its name, or JSON with
`resourceLogs`, holds log records.
"""

import base64
import binascii
import codecs
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assay.errors import BadPayload
from assay.otlp.parse import parse
from assay.taxonomy.load import taxonomy
from tests.quality.pipe import Signal

LATER = {kind for kind, one in taxonomy().kinds.items() if one.decided_by == "comparison"}
"""Kinds that traffic of one moment cannot show."""
CLASSES = {one.id for one in taxonomy().classes}
KINDS = set(taxonomy().kinds) - LATER

_LOGS = re.compile(r"(?:^|[._-])logs?(?:[._-]|$)")
_NO_TRAFFIC = frozenset({".yaml", ".yml", ".md", ".txt", ".csv", ".py", ".html", ".sh", ".log"})


class Truth(NamedTuple):
    """What is true of one trace."""

    trace_id: str
    app: str
    faults: frozenset[str]
    """Labels `class.kind`; a bare class stands for any kind of it."""
    primary: str
    clean: bool
    variant: str = ""
    service: str = ""

    @staticmethod
    def of(row: dict[str, Any]) -> "Truth":
        """From JSON; unknown fields are ignored. Ids may be in capitals, with dashes or in base64, faults one or several, each a
        label or an object with one; a single fault is the primary one."""
        named = ("faults", "labels", "fault", "label", "kind")
        given = next(
            (row[name] for name in named if row.get(name) or row.get(name) == []), ()
        )  # an empty list says none
        faults = frozenset(filter(None, map(_label, given if isinstance(given, list | tuple) else [given])))
        primary = _label(row.get("primary")) or (next(iter(faults)) if len(faults) == 1 else "")
        clean = row.get("clean")
        return Truth(
            _trace_id(row), str(row.get("app") or ""), faults, primary, not faults if clean is None else bool(clean),
            str(row.get("variant") or ""), str(row.get("service") or ""),
        )  # fmt: skip


def _label(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("label") or ".".join(str(value[name]) for name in ("class", "kind") if value.get(name))
    return str(value or "")


def _trace_id(row: dict[str, Any]) -> str:
    given = str(row.get("trace_id") or row.get("traceId") or "")
    if re.fullmatch(r"[0-9A-Za-z+/]{22}==", given):
        return base64.b64decode(given).hex()
    plain = given.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{32}", plain):
        raise ValueError(f"the trace id {given!r} is not 16 bytes in hexadecimal")
    return plain


def truths_of(path: Path) -> list[Truth]:
    """The truth, each trace once; labels that nobody can find are named on standard error and left out. Exits with what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        sys.exit(f"There is no {path}: one line of JSON a trace, with trace_id, faults, primary and clean.")
    found: dict[str, Truth] = {}
    unknown: Counter[str] = Counter()
    for number, row in _rows(text, path):
        try:
            truth = Truth.of(row)
        except (ValueError, AttributeError, binascii.Error) as cause:
            sys.exit(f"{path}, line {number}: {cause}")
        left_out = truth.faults - KINDS - CLASSES
        unknown.update(left_out)
        primary = truth.primary if truth.primary in KINDS | CLASSES else ""
        found[truth.trace_id] = truth._replace(faults=truth.faults - left_out, primary=primary)
    for label, times in sorted(unknown.items()):
        why = "is found by comparison over time" if label in LATER else "is not in the taxonomy"
        print(f"left out: {label} of {times} traces {why}", file=sys.stderr)
    if not found:
        sys.exit(f"{path} says nothing about any trace.")
    return list(found.values())


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if text.lstrip()[:1] == "[":
        yield from enumerate(json.loads(text), 1)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as cause:
                sys.exit(f"{path}, line {number}: {cause}")


def requests_of(folder: Path) -> list[tuple[Signal, bytes]]:
    """Requests in a folder, as protobuf. Exits with the file that is none, and where there are no spans at all."""
    found: list[tuple[Signal, bytes]] = []
    for file in sorted(folder.rglob("*")):
        kind = (file.with_suffix("") if file.suffix == ".gz" else file).suffix
        if not file.is_file() or "truth" in file.name or file.name.startswith(".") or kind in _NO_TRAFFIC:
            continue
        try:
            found += _requests(file)
        except (BadPayload, ValueError, OSError, EOFError) as cause:
            sys.exit(f"{file} holds no OTLP: {cause}")
    if not any(signal == "traces" for signal, _ in found):
        sys.exit(f"There are no spans in {folder}: expected files of ExportTraceServiceRequest, protobuf or JSON.")
    return found


def _requests(file: Path) -> Iterator[tuple[Signal, bytes]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    signal: Signal = "logs" if _LOGS.search(file.name) else "traces"
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.lstrip()[:1] in (b"{", b"["):
        for one in _documents(raw.decode()):
            mine: Signal = "logs" if "resourceLogs" in one or "resource_logs" in one else "traces"
            yield mine, parse(mine, json.dumps(one).encode(), encoding="json").request.SerializeToString()
        return
    for piece in _pieces(raw):
        yield signal, parse(signal, piece).request.SerializeToString()


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects one after another, or in an array."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                raise ValueError("an object was expected")
            yield one


def _pieces(raw: bytes) -> Sequence[bytes]:
    """The requests of a protobuf file: one, or each behind its size in four bytes, most significant first."""
    found, at = [], 0
    while at + 4 <= len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        found.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    # A request begins with the tag of its first field, 0x0a, which as a size would be far beyond the file.
    return found if found and at == len(raw) else [raw] if raw else []
