"""Labels of whole traces, once they have gone quiet.

    touched and whole ─► spans, findings, texts, earlier turns ─► Trace ─► trace checks ─► findings · primary · signals
    (the next slice is read by another thread while one is looked at)

A trace without its root, or without a parent that a span names, waits for it; after a while it is looked at as it is. Whatever is
stored later touches the trace again, and it is looked at again. What is written depends only on the rows of the trace, of the turn
before it, and of those that asked the same. Nothing is retracted where a text has expired or was erased: what cannot be looked at again keeps its label.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count, islice, pairwise
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from assay.checks.conversation import signals
from assay.checks.engine import evidence_json, finding_id
from assay.checks.finding import Finding
from assay.checks.steps import mended
from assay.checks.trace import NOTHING, Elsewhere, Read, Text, Trace, TraceSpan, Turn, read_text, texts_of
from assay.checks.trace_check import TraceCheck
from assay.checks.traces import TRACE_CHECK_IDS, TRACE_CHECKS, look, primary
from assay.scorer.asked_before import ASKED_TYPES, Questions, asked_row, changed_examples, stored_before
from assay.scorer.wanted import EPOCH, Key, moment, want
from assay.spans.columns import HASH_BYTES, NO_BODY
from assay.store.parcel import FINDING_TYPES
from assay.store.store import Store, query
from assay.store.texts import fetch_texts
from assay.store.write import Writer

SEEN_SECONDS = 120.0
"""Rows stored up to this long before the window say what a trace is made of."""
BEFORE = timedelta(minutes=1)
"""Spans may start so long before the root and the first span that was seen: clocks of hosts differ."""
BEFORE_ROOTLESS = timedelta(hours=1)
"""Where no root was seen, the trace may have begun long ago."""
EARLIER_TURNS = timedelta(days=1)
"""A turn of a conversation is compared with the one before it if that is no older."""
READ_SPANS = 150_000
"""About how many spans are read with one statement."""
READ_NS = 600_000_000_000
"""And how far apart the beginnings of their traces may lie."""
LONGEST = timedelta(days=1)
"""Spans of a trace that is looked at again start at most so long after it."""
SLICE_SPANS = 20_000
"""About how many spans are held as values at once."""
REMEMBERED_CHARACTERS = 32_000_000
"""Texts that are remembered between slices: system prompts, histories and documents come again."""

_HASH = pa.binary(HASH_BYTES)
_TIME = pa.timestamp("ns", tz="UTC")
_LABEL_TYPES: dict[str, pa.DataType] = {
    name: FINDING_TYPES[name]
    for name in (
        "workspace", "trace_id", "start_time", "version", "retracted", "service", "release", "environment", "operation", "model",
        "prompt_version", "route", "cohort_keys", "cohort_values",
    )
} | {
    "checks": pa.string(), "primary_label": pa.string(), "primary_stage": pa.string(), "primary_severity": pa.string(),
    "primary_span_id": pa.string(), "primary_finding_id": _HASH, "signals": pa.list_(pa.string()),
    "signal_traces": pa.list_(pa.string()), "conversation_id": pa.string(),
}  # fmt: skip
_TURN_TYPES: dict[str, pa.DataType] = {
    "workspace": pa.string(), "conversation_id": pa.string(), "trace_id": pa.string(), "start_time": _TIME, "end_time": _TIME,
    "version": pa.uint64(), "model": pa.string(), "system": _HASH, "messages": pa.list_(_HASH), "question": _HASH,
    "answer": _HASH, "input_tokens": pa.uint64(),
}  # fmt: skip

T = TypeVar("T")


class Touched(NamedTuple):
    """A trace to look at; see `queries/label_touched.sql`."""

    workspace: str
    trace_id: str
    version: int
    due: bool
    rooted: bool
    spans: int
    first_ns: int
    last_ns: int


class Texts:
    """Texts that were read lately, by workspace and content hash. Bounded; the older half goes first."""

    def __init__(self) -> None:
        self.reader = ThreadPoolExecutor(1, "read-ahead")
        """Reads what comes next; one thread, because a connection belongs to its thread."""
        self.questions = Questions()
        """What was stored of their questions."""
        self._young: dict[tuple[str, bytes], Text] = {}
        self._old: dict[tuple[str, bytes], Text] = {}
        self._characters = 0

    def fetch(self, store: Store, wanted: Iterable[tuple[str, bytes]], number: int) -> dict[tuple[str, bytes], Text]:
        """The texts that there are; the others have expired, were erased or never captured."""
        found: dict[tuple[str, bytes], Text] = {}
        unknown: list[tuple[str, bytes]] = []
        for key in wanted:
            text = self._young.get(key) or self._old.get(key)
            if text is None:
                unknown.append(key)
            else:
                found[key] = text
        lookup = fetch_texts(store, unknown, number)
        for key in unknown:
            raw = lookup(*key)
            if raw is not None:
                found[key] = self._remembered(key, read_text(raw))
        return found

    def _remembered(self, key: tuple[str, bytes], text: Text) -> Text:
        self._young[key] = text
        self._characters += len(text.text) + 200
        if self._characters > REMEMBERED_CHARACTERS // 2:
            self._young, self._old, self._characters = {}, self._young, 0
        return text


class Stored(NamedTuple):
    """A trace with what is stored about it, but for texts."""

    touched: Touched
    spans: list[TraceSpan]
    found: Sequence[dict[str, Any]]
    """Rows of findings that count now."""
    known: Sequence[dict[str, Any]]
    """What was said before; see `queries/label_known.sql`."""


class Ready(NamedTuple):
    """A trace with all that is read for it."""

    stored: Stored
    trace: Trace
    is_readable: bool
    """Whether every text that it names is still stored."""
    standing: str
    """How it stood to its question when it was looked at before; empty where it was not, or had none."""


@contextmanager
def read_ahead(
    store: Store, texts: Texts, *, since: datetime, until: datetime, wait_seconds: float, number: int
) -> Iterator[Iterator[list[Ready]]]:
    """The traces whose last row was stored in the window (naive UTC), in slices: another thread reads the first one at once, and the
    next one while one is looked at. What it raises is raised when that would have come.

    Those that are not whole are read `wait_seconds` later. `number` keeps the lists of this round apart from others.
    """
    back = since - timedelta(seconds=SEEN_SECONDS + wait_seconds)
    asked = {"since": since, "until": until, "back": max(back, EPOCH), "wait_seconds": wait_seconds}

    def slices() -> Iterator[list[Ready]]:
        yield from _slices(store, texts, _touched(store.arrow(query("label_touched"), asked)), count(number + 1))

    with ahead(texts.reader, slices()) as found:
        yield found


def label_traces(
    store: Store,
    writer: Writer,
    questions: Questions,
    slices: Iterable[Sequence[Ready]],
    *,
    but: Container[Key] = (),
    checks: Sequence[TraceCheck] = TRACE_CHECKS,
) -> int:
    """Look at the traces, `but` some; gives how many were looked at."""
    looked = 0
    for slice_ in slices:
        ready = [one for one in slice_ if (one.trace.workspace, one.trace.trace_id) not in but]
        _label(store, writer, questions, ready, checks)
        looked += len(ready)
    return looked


def label_again(
    store: Store, writer: Writer, texts: Texts, *, number: int, checks: Sequence[TraceCheck] = TRACE_CHECKS
) -> int:
    """Look again at the traces that others with the same question shed another light on; gives how many. `number` as above."""
    numbers = count(number)
    examples, starts = changed_examples(store, texts.questions, next(numbers))
    if not examples:
        return 0
    own = next(numbers)
    want(store, list(examples), own)
    window = {
        "round": own,
        "from": max(moment(min(starts)) - BEFORE_ROOTLESS, EPOCH),
        "to": moment(max(starts)) + LONGEST,
    }
    touched = _touched(store.arrow(query("label_again"), window))
    return label_traces(
        store, writer, texts.questions, _slices(store, texts, touched, numbers, examples), checks=checks
    )


def _touched(table: pa.Table) -> list[Touched]:
    return [Touched(*row) for row in zip(*(table[name].to_pylist() for name in Touched._fields), strict=True)]


@contextmanager
def ahead(reader: Executor, values: Iterator[T]) -> Iterator[Iterator[T]]:
    """The same values: `reader` makes the first at once, and the next while one is used."""
    coming = [reader.submit(next, values, None)]

    def each() -> Iterator[T]:
        while (value := coming[0].result()) is not None:
            coming[0] = reader.submit(next, values, None)
            yield value

    try:
        yield each()
    finally:
        wait(coming)


def _parts(touched: Sequence[Touched]) -> Iterator[list[Touched]]:
    """Traces, the earliest first, in parts that one statement reads; the first one is small, because somebody waits for it."""
    part: list[Touched] = []
    spans, most = 0, SLICE_SPANS
    for one in touched:
        if part and (spans > most or one.first_ns - part[0].first_ns > READ_NS):
            yield part
            part, spans, most = [], 0, READ_SPANS
        part.append(one)
        spans += one.spans
    if part:
        yield part


def _read(store: Store, part: Sequence[Touched], before: timedelta, number: int) -> Iterator[list[Stored]]:
    """The traces that are to be looked at now, the earliest first, in slices."""
    want(store, [(one.workspace, one.trace_id) for one in part], number)
    first, last = moment(part[0].first_ns), moment(max(one.last_ns for one in part))
    window = {"round": number, "from": max(first - before, EPOCH), "to": last + before}
    spans = store.arrow(query("label_spans"), window)
    found = _by_trace(store.arrow(query("label_findings"), window).to_pylist())
    known = _by_trace(store.arrow(query("label_known"), window).to_pylist())
    places: dict[Key, list[int]] = {}
    is_genai = pc.not_equal(spans["dialect"], "plain").to_pylist()
    for row, key in enumerate(zip(_values(spans["workspace"]), _values(spans["trace_id"]), strict=True)):
        places.setdefault(key, []).append(row)
    slice_: list[Touched] = []
    rows: list[int] = []
    for one in part:
        mine = places.get((one.workspace, one.trace_id), ())
        if any(is_genai[row] for row in mine):
            slice_.append(one)
            rows += mine
        if len(rows) > SLICE_SPANS or (rows and one is part[-1]):
            made = iter(_spans(spans.take(pa.array(rows))))
            stored = []
            for one_of in slice_:
                key = (one_of.workspace, one_of.trace_id)
                mine_of = list(islice(made, len(places[key])))
                if one_of.due or _is_whole(mine_of):
                    stored.append(Stored(one_of, mine_of, found.get(key, ()), known.get(key, ())))
            yield stored
            slice_, rows = [], []


class Place(NamedTuple):
    """Where the spans of a trace are."""

    workspace: str
    trace_id: str
    first_ns: int
    last_ns: int


def load_traces(store: Store, texts: Texts, places: Sequence[Place], number: int) -> dict[Key, Trace]:
    """Those of the traces that are still stored, with their texts, as trace checks see them; `number` keeps the lists apart."""
    if not places:
        return {}
    numbers = count(number)
    own = next(numbers)
    want(store, [(one.workspace, one.trace_id) for one in places], own)
    window = {"round": own, "from": max(moment(min(one.first_ns for one in places)) - BEFORE, EPOCH), "to": moment(max(one.last_ns for one in places)) + BEFORE}  # fmt: skip
    table = store.arrow(query("label_spans"), window)
    spans: dict[Key, list[TraceSpan]] = {}
    keys = zip(table["workspace"].to_pylist(), table["trace_id"].to_pylist(), strict=True)
    for key, span in zip(keys, _spans(table), strict=True) if table.num_rows else ():
        spans.setdefault(key, []).append(span)
    known: dict[tuple[str, bytes], Text] = {}

    def read(workspace: str) -> Read:
        return lambda one: known.get((workspace, one), NOTHING)

    found = {key: Trace(*key, mine, read(key[0])) for key, mine in spans.items()}
    wanted = dict.fromkeys((key[0], one) for key, trace in found.items() for one in _everything(trace))
    known |= texts.fetch(store, wanted, next(numbers))
    return found


def _everything(trace: Trace) -> set[bytes]:
    """Content hashes of what was asked, found, called and answered: judges read also what no check compares."""
    found = texts_of(trace)
    for span in trace.spans:
        found.update((span.system_prompt, span.question, span.answer, span.tool_arguments, span.tool_result))
        found.update(span.tool_call_arguments)
    for span in trace.answers:
        found.update((*span.input_messages, *span.output_messages[-1:]))
    found.discard(NO_BODY)
    return found


def _by_trace(rows: Sequence[dict[str, Any]]) -> dict[Key, list[dict[str, Any]]]:
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["workspace"], row["trace_id"]), []).append(row)
    return found


def _is_whole(spans: Sequence[TraceSpan]) -> bool:
    """Whether the root and every parent is there."""
    parents = {span.parent_span_id for span in spans}
    return "" in parents and parents - {""} <= {span.span_id for span in spans}


def _spans(table: pa.Table) -> Iterator[TraceSpan]:
    return map(TraceSpan._make, zip(*(_values(table[name]) for name in TraceSpan._fields), strict=True))


def _values(column: pa.ChunkedArray) -> Sequence[Any]:
    """The values of a column; several times as fast as `to_pylist`, which makes them one by one."""
    if not len(column):
        return []
    array = column.combine_chunks()
    kind = array.type
    if pa.types.is_list(kind):
        ends = array.offsets.to_numpy().tolist()
        if ends[-1] == ends[0]:
            return [()] * len(array)
        flat = _values(pa.chunked_array([array.values]))
        return [flat[start:end] if end > start else () for start, end in pairwise(ends)]
    if pa.types.is_string(kind):
        coded = array.dictionary_encode()
        words = coded.dictionary.to_numpy(zero_copy_only=False).tolist()
        return [words[code] for code in coded.indices.to_numpy().tolist()]
    if pa.types.is_fixed_size_binary(kind):
        size, raw = kind.byte_width, array.buffers()[1].to_pybytes()
        return [raw[at : at + size] for at in range(array.offset * size, (array.offset + len(array)) * size, size)]
    values: Sequence[Any] = array.to_pylist() if array.null_count else array.to_numpy(zero_copy_only=False).tolist()
    return values


def _slices(
    store: Store,
    texts: Texts,
    touched: Sequence[Touched],
    numbers: Iterator[int],
    examples: Mapping[Key, Elsewhere | None] | None = None,
) -> Iterator[list[Ready]]:
    for rooted, before in ((1, BEFORE), (0, BEFORE_ROOTLESS)):
        for part in _parts([one for one in touched if one.rooted == rooted]):
            for stored in _read(store, part, before, next(numbers)):
                yield _ready(store, texts, stored, numbers, examples or {})


def _ready(
    store: Store,
    texts: Texts,
    stored: Sequence[Stored],
    numbers: Iterator[int],
    examples: Mapping[Key, Elsewhere | None],
) -> list[Ready]:
    known: dict[tuple[str, bytes], Text] = {}
    traces = [_trace(one, known) for one in stored]
    wanted = [texts_of(trace) for trace in traces]
    pairs = dict.fromkeys((trace.workspace, one) for trace, some in zip(traces, wanted, strict=True) for one in some)
    known |= texts.fetch(store, pairs, next(numbers))
    for trace, before in zip(traces, _earlier(store, stored, traces, numbers), strict=True):
        trace.previous = before
    standings, held = _asked_before(store, stored, numbers)
    found = {**held, **examples}
    for trace in traces:
        trace.elsewhere = found.get((trace.workspace, trace.trace_id))
    more = {
        (trace.workspace, one): None
        for trace in traces
        if trace.previous and trace.turn
        for one in {trace.previous.system, trace.previous.question, *trace.previous.messages} - {NO_BODY}
        if (trace.workspace, one) not in known
    }
    known |= texts.fetch(store, more, next(numbers))
    return [
        Ready(
            one,
            trace,
            all((trace.workspace, text) in known for text in some),
            standings.get((trace.workspace, trace.trace_id), ""),
        )
        for one, trace, some in zip(stored, traces, wanted, strict=True)
    ]


def _asked_before(
    store: Store, stored: Sequence[Stored], numbers: Iterator[int]
) -> tuple[dict[Key, str], dict[Key, Elsewhere]]:
    """How those that were looked at before stood to their questions then, and what they were held against."""
    again = [one.touched for one in stored if one.known]
    if not again:
        return {}, {}
    number = next(numbers)
    want(store, [(one.workspace, one.trace_id) for one in again], number)
    first, last = min(one.first_ns for one in again), max(one.last_ns for one in again)
    window = {
        "round": number,
        "from": max(moment(first) - BEFORE_ROOTLESS, EPOCH),
        "to": moment(last) + BEFORE_ROOTLESS,
    }
    return stored_before(store, window)


def _label(
    store: Store, writer: Writer, questions: Questions, ready: Sequence[Ready], checks: Sequence[TraceCheck]
) -> None:
    findings: dict[str, list[Any]] = {name: [] for name in FINDING_TYPES}
    labels: dict[str, list[Any]] = {name: [] for name in _LABEL_TYPES}
    asked: dict[str, list[Any]] = {name: [] for name in ASKED_TYPES}
    for one, trace, is_readable, standing in ready:
        for row in _look(
            one,
            trace,
            checks,
            is_readable=is_readable,
            labels=labels,
            asked=asked,
            questions=questions,
            standing=standing,
        ):
            for name, values in findings.items():
                values.append(row[name])
    writer.write_findings([findings])
    if asked["trace_id"]:
        store.insert("asked_questions", _table(asked, ASKED_TYPES))
    # The row that says that a trace was looked at comes last.
    if labels["trace_id"]:
        store.insert("trace_labels", _table(labels, _LABEL_TYPES))


def _table(columns: Mapping[str, list[Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array(columns[name], kind) for name, kind in types.items()})


def _trace(one: Stored, known: Mapping[tuple[str, bytes], Text]) -> Trace:
    workspace = one.touched.workspace

    def read(found: bytes) -> Text:
        return known.get((workspace, found), NOTHING)

    labels = frozenset(row["label"] for row in one.found if row["check_id"] not in TRACE_CHECK_IDS)
    return Trace(workspace, one.touched.trace_id, one.spans, read, found=labels)


def _earlier(
    store: Store, stored: Sequence[Stored], traces: Sequence[Trace], numbers: Iterator[int]
) -> list[Turn | None]:
    """Remembers the turns of the slice, and gives for every trace the turn before it in its conversation."""
    rows: dict[str, list[Any]] = {name: [] for name in _TURN_TYPES}
    for one, trace in zip(stored, traces, strict=True):
        turn = trace.turn
        if turn is not None:
            values = (
                trace.workspace, trace.conversation_id, turn.trace_id, turn.start_ns, turn.end_ns, one.touched.version, turn.model,
                turn.system, turn.messages, turn.question, turn.answer, turn.input_tokens,
            )  # fmt: skip
            for name, value in zip(_TURN_TYPES, values, strict=True):
                rows[name].append(value)
    if rows["trace_id"]:
        store.insert("conversation_turns", _table(rows, _TURN_TYPES))
    talks = {(trace.workspace, trace.conversation_id) for trace in traces if trace.conversation_id}
    if not talks:
        return [None] * len(traces)
    number = next(numbers)
    want(store, sorted(talks), number)
    starts = [trace.root.start_ns for trace in traces]
    window = {"round": number, "from": moment(min(starts)) - EARLIER_TURNS, "to": moment(max(starts))}
    turns: dict[Key, list[Turn]] = {}
    table = store.arrow(query("label_turns"), window)
    for workspace, conversation, *told in zip(*(_values(table[name]) for name in _TURN_COLUMNS), strict=True):
        turns.setdefault((workspace, conversation), []).append(Turn(*told))
    return [_before(trace, turns.get((trace.workspace, trace.conversation_id), ())) for trace in traces]


_TURN_COLUMNS = ("workspace", "conversation_id", *Turn._fields)


def _before(trace: Trace, turns: Sequence[Turn]) -> Turn | None:
    place = bisect_left(turns, trace.root.start_ns, key=lambda turn: turn.start_ns)
    return turns[place - 1] if place else None


def _look(
    one: Stored,
    trace: Trace,
    checks: Sequence[TraceCheck],
    *,
    is_readable: bool,
    labels: dict[str, list[Any]],
    asked: dict[str, list[Any]],
    questions: Questions,
    standing: str,
) -> Iterator[dict[str, Any]]:
    """Adds the row of the trace to `labels` and that of its question to `asked`, and gives the rows of its findings, with those that hold no longer."""
    looked = look(trace, checks)
    place = place_of(trace) | {"version": one.touched.version, "retracted": 0}
    hour = trace.root.start_ns // HOUR_NS
    holds: dict[tuple[str, str, str], bytes] = {}
    counted: list[tuple[Finding, bytes]] = []
    for finding in looked.findings:
        found_id = finding_id(trace.workspace, finding)
        holds[finding.span_id, finding.label, finding.check_id] = found_id
        counted.append((finding, found_id))
        yield place | {
            "finding_id": found_id, "evidence": evidence_json(finding.evidence).decode(),
            **{name: getattr(finding, name) for name in _OF_FINDING},
        }  # fmt: skip
    for row in one.found:
        if row["check_id"] in TRACE_CHECK_IDS:
            is_moved = row["start_time"] // HOUR_NS != hour
            if (row["span_id"], row["label"], row["check_id"]) in holds and not is_moved:
                continue
            if is_readable or is_moved:
                yield row | {"retracted": 1, "version": one.touched.version}
                continue
        elif row["severity"] != "info" and mended(_finding(row), trace):
            # What the next try mended is noteworthy. Of rows of one version the later one counts.
            row["severity"] = "info"
            yield row
        counted.append((_finding(row), row["finding_id"]))
    could = looked.checks
    for row in one.known:
        if not is_readable:
            could = _asked_of_both(row["checks"], could)
        if row["start_ns"] // HOUR_NS != hour:
            _add(labels, place | _NO_LABELS | {"start_time": row["start_ns"], "retracted": 1})
    cause = primary([finding for finding, _ in counted], trace)
    question = asked_row(
        trace,
        place["service"],
        one.touched.version,
        failed=cause is not None,
        before=standing,
        questions=questions,
    )
    if question is not None and is_readable:
        _add(asked, question)
    said = signals(trace)
    _add(
        labels,
        place
        | {
            "checks": could,
            "primary_label": cause.label if cause else "",
            "primary_stage": cause.stage if cause else "",
            "primary_severity": cause.severity if cause else "",
            "primary_span_id": cause.span_id if cause else "",
            "primary_finding_id": next((name for finding, name in counted if finding is cause), NO_BODY),
            "signals": [each.signal for each in said],
            "signal_traces": [each.trace_id for each in said],
            "conversation_id": trace.conversation_id,
        },
    )


HOUR_NS = 3_600_000_000_000
_OF_FINDING = ("trace_id", "span_id", "label", "check_id", "check_version", "stage", "severity", "confidence")
_NO_LABELS: dict[str, Any] = {
    "checks": "", "primary_label": "", "primary_stage": "", "primary_severity": "", "primary_span_id": "",
    "primary_finding_id": NO_BODY, "signals": [], "signal_traces": [], "conversation_id": "",
}  # fmt: skip


def _add(columns: dict[str, list[Any]], row: Mapping[str, Any]) -> None:
    for name, values in columns.items():
        values.append(row[name])


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        row["label"], row["check_id"], row["check_version"], row["trace_id"], row["span_id"], row["stage"], row["severity"],
        row["confidence"],
    )  # fmt: skip


def _asked_of_both(before: str, now: str) -> str:
    """Checks that could be asked before or now, each once; where both could, as now."""
    asked = {one.partition("@")[0]: one for one in (*before.split(","), *now.split(",")) if one}
    return ",".join(sorted(asked.values()))


def place_of(trace: Trace) -> dict[str, Any]:
    """What the rates of a trace are grouped by: what its answering call says, else the first span that says anything."""
    spans = [span for span in (trace.answering, trace.root, *trace.calls, *trace.spans) if span is not None]

    def first(name: str) -> Any:
        return next((value for span in spans if (value := getattr(span, name))), "")

    labelled = next((span for span in spans if span.cohort_keys), trace.root)
    return {
        "workspace": trace.workspace, "trace_id": trace.trace_id, "start_time": trace.root.start_ns, "service": first("service"),
        "release": first("release"), "environment": first("environment"), "operation": first("operation"),
        "model": first("response_model") or first("request_model"), "prompt_version": first("prompt_version"), "route": first("route"),
        "cohort_keys": list(labelled.cohort_keys), "cohort_values": list(labelled.cohort_values),
    }  # fmt: skip
