"""What a judge is shown of a trace: texts by the names of inputs.

    Trace (or an item of a regression set) ─► Case ─► (redacted, or withheld, by the policy of the workspace) ─► Case

An input that was not captured is not there. Texts are cut at a limit, and say so: the limit bounds what one call can cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from assay.checks.grounded import basis
from assay.checks.redact import redact
from assay.checks.trace import Trace
from assay.config.model import EgressPolicy
from assay.judges.judge import Input, Judge
from assay.judges.verdict import Unscored
from assay.spans.columns import NO_BODY

CUT = "\n[... cut here ...]\n"
MOST_RUNS = 40
"""Runs of tools that are shown; the first and the last of them where there are more."""


class Case(NamedTuple):
    """The inputs of one judge, those that are there."""

    inputs: Mapping[Input, str]


class Document(NamedTuple):
    """A document that the model saw."""

    id: str
    text: str


class Turn(NamedTuple):
    """A message of the conversation before the question."""

    role: str
    text: str


class Run(NamedTuple):
    """A run of a tool."""

    name: str
    arguments: str
    result: str | None = None
    """None: it was not captured."""
    failed: str = ""
    """How, where it failed."""


def case_of(trace: Trace, judge: Judge) -> Case | Unscored:
    """What the judge is shown of the trace, or that it cannot be asked of it."""
    return case_from(lambda name: _READERS[name](trace), judge)


def case_from(read: Callable[[Input], str], judge: Judge) -> Case | Unscored:
    """What the judge is shown of what `read` gives for its inputs, or that it cannot be asked of it."""
    found: dict[Input, str] = {}
    for name in (*judge.inputs, *judge.optional):
        text = read(name).strip()
        if text:
            found[name] = text
        elif name in judge.inputs:
            return Unscored("not_applicable", f"no {name}")
    return Case(found)


def outgoing(case: Case, policy: EgressPolicy, limit_characters: int) -> Case | Unscored:
    """What may leave for a model under the policy, each text cut at the limit; redacted before it is cut, so that no half of a
    secret escapes at the cut."""
    if policy == "none":
        return Unscored("policy", "the workspace lets no text out to judges")
    return Case(
        {
            name: cut(redact(text) if policy == "redacted" else text, limit_characters)
            for name, text in case.inputs.items()
        }
    )


def cut(text: str, limit_characters: int) -> str:
    """The text, or its beginning and its end with `CUT` between where it is longer."""
    if len(text) <= limit_characters:
        return text
    half = max((limit_characters - len(CUT)) // 2, 1)
    return text[:half] + CUT + text[-half:]


def documents_of(trace: Trace) -> list[Document]:
    """Documents that the model saw, the best first."""
    return [Document(one.id, one.text) for one in basis(trace).documents if one.text]


def system_prompt_of(trace: Trace) -> str:
    """What the answering call was told about its task."""
    span = trace.answering
    return trace.read(span.system_prompt).text if span else ""


def turns_of(trace: Trace) -> list[Turn]:
    """What user and assistant said before the question."""
    span = trace.answering
    said = [trace.read(one) for one in span.input_messages[:-1]] if span else []
    return [Turn(one.role, one.text) for one in said if one.text and one.role in ("user", "assistant")]


def runs_of(trace: Trace) -> list[Run]:
    """Runs of tools, the first and the last `MOST_RUNS`."""
    return [
        Run(
            run.name,
            trace.read(run.arguments).text if run.arguments != NO_BODY else "",
            trace.read(run.result).text if run.result != NO_BODY else None,
            (run.span.error_type or run.span.status_message or "error") if run.span.failed else "",
        )
        for run in _ends(trace.tools)
    ]


def offered_of(trace: Trace) -> list[str]:
    """Names of the tools that could be called."""
    return list(dict.fromkeys(name for span in trace.calls for name in span.tool_definition_names))


def documents_text(documents: Iterable[Document]) -> str:
    """As the input `context`."""
    return "\n\n".join(f"[{number}] {one.id}\n{one.text}" for number, one in enumerate(documents, 1))


def turns_text(turns: Iterable[Turn]) -> str:
    """As the input `conversation`."""
    return "\n".join(f"{one.role}: {one.text}" for one in turns)


def runs_text(runs: Sequence[Run]) -> str:
    """As the input `tools`."""
    lines: list[str] = []
    for number, run in enumerate(_ends(runs), 1):
        lines.append(f"[{number}] {run.name}\narguments: {run.arguments}")
        if run.result is not None:
            lines.append(f"result: {run.result}")
        if run.failed:
            lines.append(f"failed: {run.failed}")
    return "\n".join(lines)


_Any = TypeVar("_Any")


def _ends(runs: Sequence[_Any]) -> Sequence[_Any]:
    return runs if len(runs) <= MOST_RUNS else [*runs[: MOST_RUNS // 2], *runs[-MOST_RUNS // 2 :]]


_READERS: dict[Input, Callable[[Trace], str]] = {
    "question": lambda trace: trace.question,
    "answer": lambda trace: trace.answer,
    "context": lambda trace: documents_text(documents_of(trace)),
    "system_prompt": system_prompt_of,
    "conversation": lambda trace: turns_text(turns_of(trace)),
    "tools": lambda trace: runs_text(runs_of(trace)),
    "tool_definitions": lambda trace: "\n".join(offered_of(trace)),
}
