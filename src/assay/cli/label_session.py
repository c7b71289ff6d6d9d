"""A person on a terminal, one trace after the other: what was asked, what the model saw, what it answered, and which level that is.

    queue ─► trace ─► its texts, wrapped and made harmless ─► a key ─► stored at once

Nothing of what judges said is read here. One keystroke is one answer; whatever ends the session, what was answered is stored.
"""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from assay.checks.trace import Trace
from assay.cli.plain import neutral
from assay.clock import Clock
from assay.judges.case import Case, case_of
from assay.judges.judge import ABSTAIN, Input, Judge
from assay.judges.rubric import anchors
from assay.scorer.human_labels import HumanLabel, Place, Source, read_labels, write_labels
from assay.scorer.label_queue import Drawn, is_for
from assay.store.store import Store

SHOWN_CHARACTERS = 6_000
"""Of one text, until all of it is asked for."""

ORDER: tuple[Input, ...] = (
    "system_prompt",
    "conversation",
    "context",
    "tool_definitions",
    "tools",
    "question",
    "answer",
)
"""The answer last: it stands right above the levels."""

TITLES: dict[Input, str] = {
    "system_prompt": "What the application was told", "conversation": "What was said before", "context": "Documents that the model saw",
    "tool_definitions": "Tools that it could call", "tools": "Tools that were run", "question": "Question", "answer": "Answer",
}  # fmt: skip

KEYS = "s skip   a cannot tell   c comment   e expected answer   b back   f full texts   q quit"
ESCAPE, REST_SECONDS = b"\x1b", 0.05

LOOKS_FOR_CTRL_C_EVERY_SECONDS = 0.2
"""Python acts on a signal between two of its own steps: one that comes right before a read would wait for the next key."""


@dataclass(slots=True)
class Session:
    """Who labels what, and what became of it."""

    store: Store
    clock: Clock
    rubric: Judge
    labeller: str
    source: Source
    judge: str
    """From whose verdicts the traces were drawn."""
    again: float
    """Share of what others have done that is asked again."""
    load: Callable[[Drawn], Trace | None]
    drawn: Sequence[Drawn]
    """What is left for this labeller, in order."""
    done_before: int
    said: dict[Place, HumanLabel] = field(default_factory=dict)
    """What was said in this session."""
    gone: set[Place] = field(default_factory=set)
    """Traces whose texts are no longer there."""


def label_on_terminal(session: Session, out: Console) -> bool:
    """Walk through the queue; whether the end was reached. Ctrl-C raises `KeyboardInterrupt` with the terminal as it was."""
    cooked = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin, termios.TCSADRAIN)
        return _walk(session, out, cooked)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, cooked)


def _walk(session: Session, out: Console, cooked: list[object]) -> bool:
    at, seen = 0, list[int]()
    while at < len(session.drawn):
        one = session.drawn[at]
        case = None if _is_done_by_others(session, one) else _case(session, one)
        if case is None:
            at += 1
            continue
        moved = _ask(session, out, cooked, one, case, f"{at + 1} of {len(session.drawn)}")
        if moved == "quit":
            return False
        if moved == "back":
            at = seen.pop() if seen else at
            continue
        seen.append(at)
        at += 1
    return True


def _is_done_by_others(session: Session, one: Drawn) -> bool:
    """Whether somebody else has answered while this session went on."""
    if one.place in session.said:
        return False
    said = read_labels(
        session.store, workspace=one.workspace, dimension=session.rubric.dimension, source=session.source, traces=[one.trace_id]
    )  # fmt: skip
    labellers = {label.labeller for label in said}
    return not is_for(one.place, labellers, session.labeller, again=session.again, dimension=session.rubric.dimension)


def _case(session: Session, one: Drawn) -> Case | None:
    trace = session.load(one)
    case = case_of(trace, session.rubric) if trace is not None else None
    if isinstance(case, Case) and case.inputs:
        return case
    session.gone.add(one.place)
    return None


def _ask(session: Session, out: Console, cooked: list[object], one: Drawn, case: Case, progress: str) -> str:
    """Show one trace and store what is said of it: `next`, `back` or `quit`."""
    before = session.said.get(one.place)
    comment, correction = (before.comment, before.correction) if before else ("", "")
    levels = list(session.rubric.scale)
    limit = SHOWN_CHARACTERS
    is_to_show = True
    while True:
        if is_to_show:
            _show(session, out, one, case, progress, limit)
            is_to_show = False
        _prompt(out, before, comment, correction)
        key = read_key()
        if key == "q":
            out.print()
            return "quit"
        if key in ("s", "b"):
            out.print("skipped" if key == "s" else "back")
            return "next" if key == "s" else "back"
        if key == "f":
            limit, is_to_show = sys.maxsize, True
        elif key in ("c", "e"):
            said = _line(out, cooked, "comment: " if key == "c" else "expected answer: ")
            comment, correction = (said, correction) if key == "c" else (comment, said)
        elif key == "a" or (key.isdigit() and 1 <= int(key) <= len(levels)):
            level = ABSTAIN if key == "a" else levels[int(key) - 1]
            label = _label(session, one, level, comment, correction)
            write_labels(session.store, [label])
            session.said[one.place] = label
            out.print(f"{level}, stored")
            return "next"
        else:
            out.print()


def _label(session: Session, one: Drawn, level: str, comment: str, correction: str) -> HumanLabel:
    rubric = session.rubric
    return HumanLabel(
        one.workspace, one.trace_id, rubric.dimension, session.source, session.labeller, level, rubric.scale.get(level),
        rubric.rubric_hash, rubric.key, comment, correction, one.probability, session.judge, "", session.clock.now_ns() // 1_000_000,
    )  # fmt: skip


def _show(session: Session, out: Console, one: Drawn, case: Case, progress: str, limit: int) -> None:
    rubric = session.rubric
    done = session.done_before + len(session.said)
    out.print()
    out.rule(
        Text(f"{progress} · {rubric.dimension} · {session.labeller} ({session.source}) · {done} done"), style="dim"
    )
    out.print(Text(f"trace {one.trace_id}", style="dim"))
    for name in ORDER:
        text = neutral(case.inputs.get(name, ""))
        if not text:
            continue
        out.print(Text(f"\n{TITLES[name]}", style="bold"))
        out.print(Text(text[:limit]))
        if len(text) > limit:
            out.print(Text(f"... {len(text) - limit:,} characters more: f shows them", style="dim"))
    out.print(Text(f"\nWhich level of {rubric.dimension} is the answer?", style="bold"))
    for number, (level, anchor) in enumerate(anchors(rubric).items(), 1):
        out.print(Text(f"  {number}  {level}" + (f": {anchor}" if anchor else "")))
    out.print(Text(f"  {KEYS}", style="dim"))


def _prompt(out: Console, before: HumanLabel | None, comment: str, correction: str) -> None:
    noted = [f"you said {before.label}"] if before else []
    noted += ["with a comment"] if comment else []
    noted += ["with an expected answer"] if correction else []
    out.print(Text(f"{', '.join(noted)} > " if noted else "> "), end="")
    out.file.flush()


def read_key() -> str:
    """One keystroke. Those that send several bytes, like arrows, mean nothing here. Ctrl-C raises `KeyboardInterrupt`."""
    keys = sys.stdin.fileno()
    while True:
        while not _waits(keys, LOOKS_FOR_CTRL_C_EVERY_SECONDS):
            pass
        raw = os.read(keys, 1)
        if not raw or raw == b"\x04":  # the terminal was closed, or Ctrl-D
            return "q"
        if raw != ESCAPE:
            return raw.decode("ascii", "replace").lower()
        # ESC, `[` or `O`, parameters, and a final byte: https://ecma-international.org/publications-and-standards/standards/ecma-48/
        if _waits(keys, REST_SECONDS) and os.read(keys, 1) in (b"[", b"O"):
            while _waits(keys, REST_SECONDS) and not b"@" <= os.read(keys, 1) <= b"~":
                pass


def _waits(keys: int, seconds: float) -> bool:
    """Whether something to read is there, or comes within this time."""
    return bool(select.select([keys], [], [], seconds)[0])


def _line(out: Console, cooked: list[object], prompt: str) -> str:
    """One line, typed as usual."""
    out.print(prompt, end="")
    out.file.flush()
    is_raw = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, cooked)  # type: ignore[arg-type]
    try:
        return sys.stdin.readline().strip()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, is_raw)
