"""What a judge is shown of a trace: texts by the names of inputs.

    Trace ─► Case ─► (redacted, or withheld, by the policy of the workspace) ─► Case

An input that was not captured is not there. Texts are cut at a limit, and say so: the limit bounds what one call can cost.
"""

from collections.abc import Mapping
from typing import NamedTuple

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


def case_of(trace: Trace, judge: Judge) -> Case | Unscored:
    """What the judge is shown of the trace, or that it cannot be asked of it."""
    found: dict[Input, str] = {}
    for name in (*judge.inputs, *judge.optional):
        text = _READERS[name](trace).strip()
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


def _context(trace: Trace) -> str:
    documents = basis(trace).documents
    return "\n\n".join(f"[{number}] {one.id}\n{one.text}" for number, one in enumerate(documents, 1) if one.text)


def _system_prompt(trace: Trace) -> str:
    span = trace.answering
    return trace.read(span.system_prompt).text if span else ""


def _conversation(trace: Trace) -> str:
    span = trace.answering
    said = [trace.read(one) for one in span.input_messages[:-1]] if span else []
    return "\n".join(f"{one.role}: {one.text}" for one in said if one.text and one.role in ("user", "assistant"))


def _tools(trace: Trace) -> str:
    runs = trace.tools
    if len(runs) > MOST_RUNS:
        runs = runs[: MOST_RUNS // 2] + runs[-MOST_RUNS // 2 :]
    lines: list[str] = []
    for number, run in enumerate(runs, 1):
        lines.append(
            f"[{number}] {run.name}\narguments: {trace.read(run.arguments).text if run.arguments != NO_BODY else ''}"
        )
        if run.result != NO_BODY:
            lines.append(f"result: {trace.read(run.result).text}")
        if run.span.failed:
            lines.append(f"failed: {run.span.error_type or run.span.status_message}")
    return "\n".join(lines)


def _tool_definitions(trace: Trace) -> str:
    names = dict.fromkeys(name for span in trace.calls for name in span.tool_definition_names)
    return "\n".join(names)


_READERS = {
    "question": lambda trace: trace.question,
    "answer": lambda trace: trace.answer,
    "context": _context,
    "system_prompt": _system_prompt,
    "conversation": _conversation,
    "tools": _tools,
    "tool_definitions": _tool_definitions,
}
