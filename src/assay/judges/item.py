"""An item of a regression set: a trace as a file keeps it, to be asked again and judged again.

    Trace ─► Item ─► a line of JSON ─► Item ─► Case of the answer as it was, Case of a new answer

Judges are shown of an item what they would be shown of its trace.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from assay.checks.trace import Trace
from assay.judges.case import (
    Case,
    Document,
    Run,
    Turn,
    case_from,
    documents_of,
    documents_text,
    offered_of,
    runs_of,
    runs_text,
    system_prompt_of,
    turns_of,
    turns_text,
)
from assay.judges.judge import Input, Judge
from assay.judges.verdict import Unscored


class Context(msgspec.Struct, frozen=True):
    """A document that the model saw."""

    text: str
    id: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message before the question."""

    role: str
    text: str


class ToolRun(msgspec.Struct, frozen=True):
    """A run of a tool."""

    name: str
    arguments: str = ""
    result: str | None = None
    failed: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What the application was asked."""

    question: str = ""
    system_prompt: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()
    """Names of the tools that could be called."""


class Expected(msgspec.Struct, frozen=True):
    """What a person says the answer should have been."""

    answer: str
    source: str = ""
    """`expert`, `corrected` or `end_user` (labels), or `feedback`."""
    comment: str = ""


class Item(msgspec.Struct, frozen=True):
    """One line of a regression set."""

    id: str
    input: Asked
    answer: str = ""
    """As it was."""
    context: tuple[Context, ...] = ()
    """Documents that the model saw."""
    tools: tuple[ToolRun, ...] = ()
    """Runs of tools."""
    expected: Expected | None = None
    provenance: dict[str, Any] = {}
    """Where it comes from, and what was said of it until it was exported."""

    def fact(self, name: str) -> str:
        """A text of the provenance; empty where it is not there."""
        value = self.provenance.get(name)
        return value if isinstance(value, str) else ""


class NewAnswer(msgspec.Struct, frozen=True):
    """What an application said when it was asked again; what it does not tell stays as it was."""

    answer: str
    context: tuple[Context, ...] | None = None
    tools: tuple[ToolRun, ...] | None = None


def item_of(
    trace: Trace, *, expected: Expected | None, provenance: dict[str, Any], clean: Callable[[str], str]
) -> Item:
    """The trace as an item, every text of it through `clean`."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, dict):
            return {cleaned(name): cleaned(one) for name, one in value.items()}
        return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value

    return Item(
        id=item_id(trace.workspace, trace.trace_id),
        input=Asked(
            question=clean(trace.question),
            system_prompt=clean(system_prompt_of(trace)),
            messages=tuple(Message(one.role, clean(one.text)) for one in turns_of(trace)),
            tools=tuple(offered_of(trace)),
        ),
        answer=clean(trace.answer),
        context=tuple(Context(clean(one.text), clean(one.id)) for one in documents_of(trace)),
        tools=tuple(
            ToolRun(
                one.name, clean(one.arguments), None if one.result is None else clean(one.result), clean(one.failed)
            )
            for one in runs_of(trace)
        ),
        expected=None if expected is None else Expected(clean(expected.answer), expected.source, clean(expected.comment)),
        # Ids are no texts: some have digits like those of cards.
        provenance={
            name: value if name in ("workspace", "trace_id", "span_id", "time") else cleaned(value)
            for name, value in provenance.items()
        },
    )  # fmt: skip


def item_id(workspace: str, trace_id: str) -> str:
    """The same for the same trace."""
    return hashlib.blake2b(f"{workspace}\0{trace_id}".encode(), digest_size=8).hexdigest()


def version_of(items: Iterable[Item]) -> str:
    """A digest of what a replay depends on: the same for the same items in whatever order, and whatever was found about them since."""
    parts = sorted(
        hashlib.sha256(
            msgspec.json.encode((one.id, one.input, one.answer, one.context, one.tools, one.expected))
        ).digest()
        for one in items
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def case_of_item(item: Item, judge: Judge, new: NewAnswer | None = None) -> Case | Unscored:
    """What the judge is shown of the answer as it was, or of the new one; or that it cannot be asked of it."""
    context = item.context if new is None or new.context is None else new.context
    tools = item.tools if new is None or new.tools is None else new.tools
    readers: dict[Input, Callable[[], str]] = {
        "question": lambda: item.input.question,
        "answer": lambda: item.answer if new is None else new.answer,
        "context": lambda: documents_text([Document(one.id, one.text) for one in context if one.text]),
        "system_prompt": lambda: item.input.system_prompt,
        "conversation": lambda: turns_text([Turn(one.role, one.text) for one in item.input.messages]),
        "tools": lambda: runs_text(_runs(tools)),
        "tool_definitions": lambda: "\n".join(item.input.tools),
    }
    return case_from(lambda name: readers[name](), judge)


def _runs(tools: Sequence[ToolRun]) -> list[Run]:
    return [Run(one.name, one.arguments, one.result, one.failed) for one in tools]
