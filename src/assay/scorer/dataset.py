"""Regression sets: traces that went wrong, kept as a file that an application can be asked again.

    conditions ─► traces, the newest first ─► Items, redacted ─► header and lines of JSON, the oldest first

The first line says what the set is and how it was made; each other line is an `Item`. Its version is a digest of the items: the same
traces give the same version, in whatever order they came, and another text another one.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import pyarrow as pa

from assay.checks.redact import redact
from assay.checks.trace import Trace
from assay.clock import Clock
from assay.config.egress import egress_policy
from assay.config.model import Workspace
from assay.errors import ConfigError
from assay.judges.item import Expected, Item, item_of, version_of
from assay.scorer.traces import Place, Texts, load_traces, place_of
from assay.scorer.wanted import Key, want
from assay.store.store import Store, query

SCHEMA = 1
"""Version of the file's shape: a reader refuses one that it does not know."""
SLICE = 100
"""Traces that are read at once."""

_SCORE = re.compile(r"\s*([a-z][a-z0-9_.-]*)\s*(<=|>=|<|>)\s*([0-9.]+)\s*")


class Conditions(NamedTuple):
    """Which traces; every condition that is given has to hold."""

    since: datetime
    workspace: str = ""
    ids: Sequence[str] | None = None
    label: str = ""
    judge: str = ""
    dimension: str = ""
    compare: str = ""
    score: float = 0.0
    feedback: Literal["", "negative", "positive"] = ""
    limit: int = 200


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a set."""

    assay_dataset: int
    """`SCHEMA`."""
    name: str
    version: str
    items: int
    texts: Literal["redacted", "full"]
    made_at: str
    made_by: str
    """The command."""
    assay: str
    """The release that wrote it."""


class Dataset(NamedTuple):
    """A set that was read."""

    header: Header
    items: list[Item]
    version: str
    """Of the items as they are; not the header's where somebody has edited them."""


class Made(NamedTuple):
    """Items of the traces that fit, and how many of those had no question to ask again."""

    items: list[Item]
    without_question: int


def score_condition(text: str) -> tuple[str, str, float]:
    """Dimension, comparison and score of `faithfulness<0.5`. Raises `ConfigError`."""
    match = _SCORE.fullmatch(text)
    try:
        if match:
            return match[1], match[2], float(match[3])
    except ValueError:
        pass
    raise ConfigError(
        f"--score {text}: write a dimension, one of < <= > >= and a score from 0 to 1: 'faithfulness<0.5'."
    )


def ids_of(store: Store, sql: str) -> list[str]:
    """Trace ids that a statement answers in its column `trace_id`. Raises `QueryError`, and `ConfigError` where there is no such column."""
    rows = store.rows(sql)
    if rows and "trace_id" not in rows[0]:
        raise ConfigError(f"--query: the statement answers {', '.join(rows[0])}. Let it answer a column trace_id.")
    return list(dict.fromkeys(str(row["trace_id"]) for row in rows))


def make_items(
    store: Store,
    clock: Clock,
    conditions: Conditions,
    workspaces: Mapping[str, Workspace],
    *,
    full: bool,
    progress: Callable[[int, int], None] = lambda done, many: None,
) -> Made:
    """The items, the oldest trace first; `progress` is told how many traces of how many were read. Raises `ConfigError` for a workspace
    that lets no text out, unless `full`."""
    number = clock.now_ns()
    asked = conditions._asdict() | {"round": 0}
    del asked["ids"]
    if conditions.ids is not None:
        want(store, [("", one) for one in conditions.ids], number)
        asked["round"] = number
    places = [Place(**row) for row in store.arrow(query("dataset_select"), asked).to_pylist()]
    places.sort(key=lambda place: (place.first_ns, place.workspace, place.trace_id))
    clean = {one: _cleaner(one, workspaces, full=full) for one in {place.workspace for place in places}}
    items: list[Item] = []
    texts, done, without = Texts(), 0, 0
    left = iter(places)
    while part := list(islice(left, SLICE)):
        number += 100
        for trace, said in _read(store, texts, part, number):
            if trace.question:
                items.append(_item(trace, said, clean[trace.workspace]))
            else:
                without += 1
        done += len(part)
        progress(done, len(places))
    return Made(items, without)


def _cleaner(workspace: str, workspaces: Mapping[str, Workspace], *, full: bool) -> Callable[[str], str]:
    policy = "full" if full else egress_policy(workspaces, workspace)
    if policy == "none":
        raise ConfigError(
            f"workspaces.{workspace}.judges_get is none: no text leaves this workspace. Narrow the traces with --workspace, or say --full "
            "where the file may hold everything."
        )
    return (lambda text: text) if policy == "full" else redact


class _Said(NamedTuple):
    """What is stored about a trace beside it."""

    expected: Expected | None
    findings: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    feedback: list[dict[str, Any]]


def _read(store: Store, texts: Texts, part: Sequence[Place], number: int) -> Iterator[tuple[Trace, _Said]]:
    traces = load_traces(store, texts, part, number)
    own = {"round": number + 50}
    want(store, list(traces), own["round"])
    corrections = {
        key: rows[0] for key, rows in _by_trace(store.arrow(query("dataset_corrections"), own)).items()
    }  # fmt: skip
    findings, verdicts, feedback = (
        _by_trace(store.arrow(query(f"dataset_{name}"), own)) for name in ("findings", "verdicts", "feedback")
    )
    for place in part:
        key = (place.workspace, place.trace_id)
        if key in traces:
            expected = Expected(**corrections[key]) if key in corrections else None
            yield traces[key], _Said(expected, findings.get(key, []), verdicts.get(key, []), feedback.get(key, []))


def _by_trace(table: pa.Table) -> dict[Key, list[dict[str, Any]]]:
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault((row.pop("workspace"), row.pop("trace_id")), []).append(row)
    return found


def _item(trace: Trace, said: _Said, clean: Callable[[str], str]) -> Item:
    place = place_of(trace)
    moment = datetime.fromtimestamp(trace.root.start_ns / 1e9, UTC)
    provenance = {
        "workspace": trace.workspace,
        "trace_id": trace.trace_id,
        "span_id": trace.answering.span_id if trace.answering else "",
        "time": moment.isoformat(timespec="milliseconds"),
        **{name: place[name] for name in ("service", "release", "environment", "model", "prompt_version", "route")},
        "cohort": dict(zip(place["cohort_keys"], place["cohort_values"], strict=True)),
        "conversation_id": trace.conversation_id,
        "findings": said.findings,
        "verdicts": said.verdicts,
        "feedback": said.feedback,
    }
    return item_of(trace, expected=said.expected, provenance=provenance, clean=clean)


def write_set(target: Path, header: Header, items: Sequence[Item]) -> None:
    """The whole file or nothing of it. Raises `ConfigError` where it cannot be written."""
    handle, temporary = -1, ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as out:
            for line in lines_of(header, items):
                out.write(line)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(target)
    except OSError as cause:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise ConfigError(f"--out {target}: cannot be written: {cause.strerror}.") from cause


def lines_of(header: Header, items: Sequence[Item]) -> Iterator[bytes]:
    """The lines of the file."""
    for one in (header, *items):
        yield msgspec.json.encode(one) + b"\n"


def read_set(file: Path) -> Dataset:
    """A set from its file. Raises `ConfigError` with the line that is wrong."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as cause:
        raise ConfigError(
            f"{file}: cannot be read: {cause.strerror}. Make a set with `assay export --out {file}`."
        ) from cause
    header = _header(lines[0] if lines else b"", file)
    items: list[Item] = []
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            items.append(msgspec.json.decode(line, type=Item))
        except (msgspec.MsgspecError, ValueError) as cause:
            raise ConfigError(f"{file}:{number}: no item of a regression set: {cause}.") from cause
        if items[-1].id in seen:
            raise ConfigError(f"{file}:{number}: a second item has the id {items[-1].id}. Take one of them out.")
        seen.add(items[-1].id)
    if not items:
        raise ConfigError(f"{file}: the set has no items.")
    return Dataset(header, items, version_of(items))


def _header(line: bytes, file: Path) -> Header:
    try:
        schema = json.loads(line)["assay_dataset"]
        if schema != SCHEMA:
            raise ConfigError(
                f"{file}:1: a set of schema {schema}; this release reads {SCHEMA}. Export it anew, or use another release."
            )
        return msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as cause:
        raise ConfigError(
            f"{file}:1: this is no regression set: its first line is no header of `assay export`."
        ) from cause
