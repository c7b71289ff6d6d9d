"""Traces that lack a source, held against those with the same question that were answered well (`assay.checks.asked_before`).

    looked at ─► a row of its question ─► lacking ones whose example has changed ─► looked at again

Whichever of the two comes last finds the other, so that what is said depends on neither order nor rounds. A round that was killed
goes on at the same watermark.
"""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import pyarrow as pa

from assay import telemetry
from assay.checks.asked_before import asked, question_key
from assay.checks.trace import Elsewhere, Trace
from assay.clock import DAY_NS
from assay.scorer.wanted import EPOCH, Key, moment, want
from assay.spans.columns import HASH_BYTES
from assay.store.store import Store, query

NAME = "asked"
OVERLAP = timedelta(seconds=10)
"""Rows stored so long before the watermark are looked at once more: they may not have been visible."""

_HASHES = pa.list_(pa.binary(HASH_BYTES))
ASKED_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(), "question": pa.binary(HASH_BYTES), "trace_id": pa.string(), "start_time": pa.timestamp("ns", tz="UTC"),
    "version": pa.uint64(), "standing": pa.string(), "documents": _HASHES, "document_ids": pa.list_(pa.string()),
    "example": pa.string(), "example_documents": pa.list_(pa.string()),
}  # fmt: skip

MOST_REMEMBERED = 200_000
"""Answers, and questions with and without one, about 300 bytes each; the older half goes first."""
NEIGHBOURING_DAYS = timedelta(days=2)
"""Traces of one question lie within neighbouring days."""

Question = tuple[str, bytes]
"""Workspace and key."""
Answer = tuple[str, bytes, int, tuple[bytes, ...], tuple[str, ...]]
"""Of a day, resting on the same documents."""


class Questions:
    """What a process knows of the questions that it has stored. Bounded: where more lack a source, those of the others are found when they come again."""

    def __init__(self) -> None:
        self._answered: Recent[Answer] = Recent()
        self._found: Recent[Question] = Recent()
        self._lacking: Recent[Question] = Recent()
        self._moved: dict[Question, tuple[int, int]] = {}
        self.is_loaded = False

    def store(self, row: Mapping[str, Any], before: str) -> bool:
        """Whether a row tells more than is stored. `before`: how the trace was stored the last time."""
        question: Question = (row["workspace"], row["question"])
        start, standing = row["start_time"], row["standing"]
        if standing == "lacking":
            self._lacking.put(question, start)
        if before == "answered" != standing:
            self._answered = Recent()  # what rested on it may count again
        if standing == "answered":
            answer = (*question, start // DAY_NS, tuple(row["documents"]), tuple(row["document_ids"]))
            known = self._answered.get(answer)
            if known is not None and known < start and not before:
                return False
            self._answered.put(answer, start)
            self._found.put(question, start)
        # Most questions that lack a source were never answered: nobody is asked about them.
        others = self._found if standing == "lacking" else self._lacking
        if others.get(question) is not None:
            self.move(question, start, start)
        return True

    def know(self, question: Question, start_ns: int, *, lacks: bool, found: bool) -> None:
        """A question of which some trace lacks a source, or some found one."""
        if lacks:
            self._lacking.put(question, start_ns)
        if found:
            self._found.put(question, start_ns)

    def move(self, question: Question, first_ns: int, last_ns: int) -> None:
        """Something was stored about a question for which that matters."""
        first, last = self._moved.get(question, (first_ns, last_ns))
        self._moved[question] = min(first, first_ns), max(last, last_ns)

    @property
    def moved(self) -> Mapping[Question, tuple[int, int]]:
        """Questions to look at, with the first and the last start of what was stored, in nanoseconds."""
        return self._moved

    def settle(self) -> None:
        """They have been looked at."""
        self._moved = {}


T = TypeVar("T", bound=Hashable)


class Recent(Generic[T]):
    """Starts by key; of more than `MOST_REMEMBERED` the older half goes."""

    def __init__(self) -> None:
        self._young: dict[T, int] = {}
        self._old: dict[T, int] = {}

    def get(self, key: T) -> int | None:
        """What was put last."""
        return self._young.get(key, self._old.get(key))

    def put(self, key: T, start: int) -> None:
        """Remember."""
        self._young[key] = start
        if len(self._young) > MOST_REMEMBERED // 2:
            self._young, self._old = {}, self._young


def asked_row(
    trace: Trace, service: str, version: int, *, failed: bool, before: str, questions: Questions
) -> dict[str, Any] | None:
    """The row of a trace that searched for documents; None where it has no question, or there is nothing to tell that is not stored.

    `failed` where anything was found wrong with it, `before` how it was stored the last time, or empty.
    """
    question = question_key(service, trace.question) if trace.pool else b""
    if not question:
        return None
    try:
        standing, documents = asked(trace, failed=failed)
    except Exception:  # noqa: BLE001 - as with checks: it costs this one answer
        telemetry.count("assay_check_errors_total", 1, check="trace.source_absent")
        return None
    if standing == "neither" and not before:
        return None
    example = trace.elsewhere or Elsewhere("", ())
    row: dict[str, Any] = {
        "workspace": trace.workspace, "question": question, "trace_id": trace.trace_id, "start_time": trace.root.start_ns, "version": version,
        "standing": standing, "documents": [one.hash for one in documents], "document_ids": [one.id for one in documents if one.id],
        "example": example.trace_id, "example_documents": list(example.document_ids),
    }  # fmt: skip
    return row if questions.store(row, before) else None


def stored_before(store: Store, window: Mapping[str, Any]) -> tuple[dict[Key, str], dict[Key, Elsewhere]]:
    """How the wanted traces were stored the last time, and what they were held against; `window` as `queries/label_asked.sql` has it."""
    rows = store.rows(query("label_asked"), window)
    return {(row["workspace"], row["trace_id"]): row["standing"] for row in rows}, _examples(rows)


def changed_examples(
    store: Store, questions: Questions, number: int
) -> tuple[dict[Key, Elsewhere | None], Sequence[int]]:
    """Lacking traces that are to be held against another trace than they were, or against none any more, and their starts in
    nanoseconds. `number` keeps the list of this round apart from others."""
    if not questions.is_loaded:
        _load(store, questions)
    if not questions.moved:
        return {}, ()
    want(store, [(workspace, key.hex()) for workspace, key in questions.moved], number)
    first, last = min(one for one, _ in questions.moved.values()), max(one for _, one in questions.moved.values())
    rows = store.rows(
        query("label_elsewhere"),
        {
            "round": number,
            "from": max(moment(first) - NEIGHBOURING_DAYS, EPOCH),
            "to": moment(last) + NEIGHBOURING_DAYS,
        },
    )
    found: dict[Key, Elsewhere | None] = {(row["workspace"], row["trace_id"]): None for row in rows}
    return found | _examples(rows), [row["start_ns"] for row in rows]


def _load(store: Store, questions: Questions) -> None:
    watermark: datetime = store.rows(query("settle_window"), {"name": NAME})[0]["watermark"]
    since = watermark - OVERLAP if watermark.year > 1970 else watermark
    table = store.arrow(query("label_stored"), {"since": since, "most": MOST_REMEMBERED})
    columns = (
        table[name].to_pylist() for name in ("workspace", "question", "lacks", "found", "is_new", "first_ns", "last_ns")
    )
    for workspace, key, lacks, found, is_new, first_ns, last_ns in zip(*columns, strict=True):
        questions.know((workspace, key), last_ns, lacks=bool(lacks), found=bool(found))
        if is_new and lacks:
            questions.move((workspace, key), first_ns, last_ns)
    questions.is_loaded = True


def done(store: Store, questions: Questions, now: datetime) -> None:
    """Everything that was stored until `now` (naive UTC) has been held against the rest."""
    if not questions.moved:
        return
    questions.settle()
    store.insert("progress", pa.table({"name": [NAME], "watermark": pa.array([now], pa.timestamp("ms", tz="UTC"))}))


def _examples(rows: Sequence[Mapping[str, Any]]) -> dict[Key, Elsewhere]:
    return {
        (row["workspace"], row["trace_id"]): Elsewhere(row["example"], tuple(row["example_documents"]))
        for row in rows
        if row["example"]
    }
