"""Labels as files, JSON lines or CSV; and the queue as a file, for people who label elsewhere.

    labels ─► lines ─► labels        what is written is read back as it was
    queue  ─► lines, `label` empty ─► (filled in by people) ─► labels

A file is read as a whole: with one wrong line nothing of it counts, and every wrong line is named. Nothing in a queue tells what a
judge said.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from assay.errors import OperatorMustFix
from assay.judges.judge import ABSTAIN, INPUTS, Input, Judge
from assay.judges.rubric import anchors
from assay.scorer.human_labels import SOURCES, HumanLabel

Form = Literal["jsonl", "csv"]

COLUMNS = {
    "workspace": "workspace of the trace; left out: the one of `--workspace`, else `default`",
    "trace_id": "32 hexadecimal digits",
    "dimension": "`faithfulness`, `relevance`, ..., or a label of the taxonomy; left out: the one of `--dimension`",
    "source": "`expert`, `corrected` (an expert who saw what a judge had said) or `end_user`; left out: the one of `--source`",
    "labeller": "who says it; left out: the one of `--labeller`",
    "label": "a level of the rubric, or `abstain`; empty, and no `value`: not labelled yet, the line is passed over",
    "value": "0 to 1, that of the level; needed only where the rubric is not known here",
    "rubric_of": "the judge version whose levels they are, like `faithfulness@1`; left out: the dimension's own",
    "rubric": "digest of those levels",
    "comment": "why",
    "correction": "what the answer should have been",
    "probability": "that the trace was chosen to be labelled; left out: 1, or what the queue remembers",
    "drawn_for": "the judge from whose verdicts the trace was drawn",
    "conversation_id": "left out: that of the trace",
    "time": "when it was said, like `2026-11-21T09:30:00Z`; left out: now",
}
"""The columns of a file with labels; only `trace_id` and one of `label` and `value` must be there."""

SHOWN = ("levels", *INPUTS)
"""What a queue has besides; of no account when it comes back."""

MOST_PROBLEMS = 20
DAY_MS = 86_400_000


class Defaults(NamedTuple):
    """What a line means that leaves a column out."""

    workspace: str
    dimension: str
    source: str
    labeller: str
    now_ms: int


class Asked(NamedTuple):
    """One trace of a queue, with what people are shown of it."""

    workspace: str
    trace_id: str
    inputs: Mapping[Input, str]


class Read(NamedTuple):
    """What a file had in it."""

    labels: list[HumanLabel]
    empty: int
    """Lines that nobody has labelled yet."""


def form_of(name: str) -> Form:
    """The form of a file by how its name ends. Raises `OperatorMustFix`."""
    ending = name.lower().rpartition(".")[2]
    if name == "-" or ending in ("jsonl", "ndjson"):
        return "jsonl"
    if ending == "csv":
        return "csv"
    raise OperatorMustFix(f"{name}: write JSON lines (.jsonl) or comma-separated values (.csv).")


def write(labels: Iterable[HumanLabel], form: Form) -> str:
    """The labels as the text of a file."""
    rows = (
        {name: value for name, value in one._asdict().items() if name != "time_ms"} | {"time": _iso(one.time_ms)}
        for one in labels
    )
    return _lines(rows, tuple(COLUMNS), form)


def write_queue(asked: Iterable[Asked], rubric: Judge, form: Form) -> str:
    """A queue as the text of a file, with empty columns for what people say."""
    levels = anchors(rubric)
    shown = levels if form == "jsonl" else "\n".join(f"{level}: {anchor}" for level, anchor in levels.items())
    inputs = tuple(name for name in INPUTS if name in (*rubric.inputs, *rubric.optional))
    rows = (
        {"workspace": one.workspace, "trace_id": one.trace_id, "dimension": rubric.dimension, "rubric_of": rubric.key, "levels": shown}
        | {name: one.inputs.get(name, "") for name in inputs}
        | {"label": "", "comment": "", "correction": ""}
        for one in asked
    )  # fmt: skip
    names = ("workspace", "trace_id", "dimension", "rubric_of", "levels", *inputs, "label", "comment", "correction")
    return _lines(rows, names, form)


def read(text: str, form: Form, place: str, *, rubrics: Mapping[str, Judge], defaults: Defaults) -> Read:
    """Labels from the text of a file; `place` names it in messages. Raises `OperatorMustFix` with every wrong line."""
    labels: list[HumanLabel] = []
    problems: list[str] = []
    empty = 0
    for number, row in (_jsonl if form == "jsonl" else _csv)(text):
        try:
            one = _label(row, rubrics, defaults) if isinstance(row, dict) else _wrong(row)
        except _WrongLineError as wrong:
            problems.append(f"{place}:{number}: {wrong}")
            continue
        if one is None:
            empty += 1
        else:
            labels.append(one)
    if problems:
        more = f"\n  ... and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        lines = "\n  ".join(problems[:MOST_PROBLEMS])
        raise OperatorMustFix(f"Nothing was imported, because of {len(problems)} lines:\n  {lines}{more}")
    return Read(labels, empty)


class _WrongLineError(Exception):
    """What is wrong with one line."""


def _wrong(what: str) -> HumanLabel | None:
    raise _WrongLineError(what)


# Lines.


def _lines(rows: Iterable[Mapping[str, Any]], names: Sequence[str], form: Form) -> str:
    out = io.StringIO(newline="")
    if form == "jsonl":
        for row in rows:
            out.write(json.dumps({name: row[name] for name in names}, ensure_ascii=False) + "\n")
    else:
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return out.getvalue()


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


def _cell(value: object) -> str:
    """A spreadsheet takes what begins like a formula for one: https://owasp.org/www-community/attacks/CSV_Injection"""
    text = "" if value is None else repr(value) if isinstance(value, float) else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _jsonl(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    # `splitlines` would also cut at U+2028, which JSON may have within a string.
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as cause:
            yield number, f"this is no JSON: {cause}"
            continue
        yield number, row if isinstance(row, dict) else "a line is an object, like {\"trace_id\": \"...\"}"  # fmt: skip


def _csv(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    names: list[str] = []
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            # After an open quotation mark nobody knows where the next line begins.
            yield number, f"this is no CSV: {cause}"
            return
        if not row:
            continue
        if not names:
            names = [name.strip() for name in row]
            if "trace_id" not in names:
                yield number, "the first line must name the columns, `trace_id` among them"
                return
            continue
        if len(row) != len(names):
            yield number, f"{len(row)} cells below {len(names)} columns"
            continue
        cells = (cell[1:] if _QUOTED_FORMULA.match(cell) else cell for cell in row)
        yield number, dict(zip(names, cells, strict=True))


# Values.


def _label(row: dict[str, Any], rubrics: Mapping[str, Judge], defaults: Defaults) -> HumanLabel | None:
    for name in row:
        if name not in COLUMNS and name not in SHOWN:
            near = get_close_matches(str(name), (*COLUMNS, *SHOWN), 1, 0.5)
            raise _WrongLineError(f"unknown column {name!r}.{f' Did you mean {near[0]!r}?' if near else ''}")
    text: Callable[[str], str] = lambda name: _text(row, name)  # noqa: E731 - shorter than every call
    label, value = text("label").strip(), _number(row, "value")
    if not label and value is None:
        return None
    trace_id = text("trace_id").strip().lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", trace_id):
        raise _WrongLineError(f"trace_id {text('trace_id')!r} must be 32 hexadecimal digits")
    dimension = text("dimension").strip() or defaults.dimension
    if dimension not in rubrics:
        near = get_close_matches(dimension, rubrics, 1, 0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise _WrongLineError(f"there is no dimension {dimension!r}.{hint}" if dimension else "dimension is missing")
    source = next((one for one in SOURCES if one == (text("source").strip() or defaults.source)), None)
    if source is None:
        raise _WrongLineError(f"source {text('source')!r} must be one of {', '.join(SOURCES)}")
    labeller = text("labeller") or defaults.labeller
    if not labeller.strip():
        raise _WrongLineError("labeller is missing; give one to all lines with --labeller")
    rubric, rubric_of = rubrics[dimension], text("rubric_of").strip()
    shown = rubric if rubric_of in ("", rubric.key) else None
    label, value = _level(label, value, shown, rubric_of)
    probability = _number(row, "probability")
    if probability is not None and not 0 < probability <= 1:
        raise _WrongLineError(f"probability {probability} must be above 0, and at most 1")
    if label and not rubric_of and shown is not None:
        rubric_of = shown.key
    digest = text("rubric").strip() or (shown.rubric_hash if shown is not None and rubric_of == shown.key else "")
    return HumanLabel(
        text("workspace").strip() or defaults.workspace, trace_id, dimension, source, labeller, label, value, digest, rubric_of,
        text("comment"), text("correction"), 1.0 if probability is None else probability, text("drawn_for").strip(),
        text("conversation_id"), _time_ms(text("time").strip(), defaults.now_ms),
    )  # fmt: skip


def _level(label: str, value: float | None, shown: Judge | None, rubric_of: str) -> tuple[str, float | None]:
    """The level and its value; each follows from the other where the rubric is known."""
    if label == ABSTAIN:
        if value is not None:
            raise _WrongLineError(f"who says {ABSTAIN} gives no value, not {value}")
        return label, None
    if value is not None and not 0 <= value <= 1:
        raise _WrongLineError(f"value {value} must be from 0 to 1")
    if shown is None:
        if value is None:
            raise _WrongLineError(f"value is missing: the levels of {rubric_of} are not known here")
        return label, value
    if not label:
        return "", value
    if label not in shown.scale:
        near = get_close_matches(label, shown.scale, 1, 0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(shown.scale)}, and {ABSTAIN}."
        raise _WrongLineError(f"{label!r} is no level of {shown.key}. {hint}")
    if value is not None and value != shown.scale[label]:
        raise _WrongLineError(f"the level {label!r} of {shown.key} has the value {shown.scale[label]}, not {value}")
    return label, shown.scale[label]


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _WrongLineError(f"{name} must be a text, not {json.dumps(value)}")
    return value


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError):
        raise _WrongLineError(f"{name} must be a number, not {json.dumps(value)}") from None
    if math.isnan(number):
        raise _WrongLineError(f"{name} must be a number, not {value}")
    return number


def _time_ms(text: str, now_ms: int) -> int:
    if not text:
        return now_ms
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _WrongLineError(f"time {text!r}: write it like 2026-11-21T09:30:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Whole milliseconds, without the rounding of a float.
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    time_ms = (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000
    if not DAY_MS < time_ms <= now_ms + DAY_MS:
        raise _WrongLineError(f"time {text} is not between 1970 and tomorrow")
    return time_ms


def _iso(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1_000:03d}Z"
