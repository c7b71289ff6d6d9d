"""Observability SDKs that log whole inputs and outputs of a step: Langfuse, LangSmith, MLflow, Laminar, OpenInference, Traceloop.

One table shape serves them all: an operation, one key for the input, one for the output, and what the SDK says besides.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import payloads
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents, query
from assay.spans.dialects.messages import parse
from assay.spans.dialects.table import Rule
from assay.spans.dialects.words import (
    AGENT_OPERATIONS,
    MODEL_OPERATIONS,
    RETRIEVAL_OPERATIONS,
    TALKING_OPERATIONS,
    TOOL_OPERATIONS,
)

_GUARDRAIL = frozenset({"guardrail"})
_STEPS = frozenset({"chain", ""})
CALLING = MODEL_OPERATIONS | {"embeddings", "rerank"}


def request(value: Any, context: Context) -> dict[str, Any] | None:
    """A logged input. Inner steps of a chain pass values on, which are no messages; only a root's input is one."""
    if context.operation in _STEPS and context.span.parent_span_id:
        return None
    return payloads.request(value, context)


def response(value: Any, context: Context) -> dict[str, Any] | None:
    """A logged output; see `request`."""
    if context.operation in _STEPS and context.span.parent_span_id:
        return None
    return payloads.response(value, context)


def span_name(_: Any, context: Context) -> str | None:
    """The name of the span, where SDKs name a tool by nothing else."""
    return context.span.name or None


def verdict(value: Any, context: Context) -> list[str] | None:
    """A guardrail's verdict out of what it returned."""
    found = parse(value)
    if isinstance(found, bool):
        return ["pass" if found else "block"]
    if isinstance(found, dict):
        for key in ("blocked", "flagged", "triggered", "tripwire_triggered"):
            if isinstance(found.get(key), bool):
                return ["block" if found[key] else "pass"]
        for key in ("passed", "safe", "valid", "allowed", "ok"):
            if isinstance(found.get(key), bool):
                return ["pass" if found[key] else "block"]
        for key in ("verdict", "action", "result", "decision", "status"):
            if isinstance(found.get(key), str):
                return c.verdict(found[key], context)
    return c.verdict(found, context) if isinstance(found, str) and len(found) < 32 else None


def guardrail_name(_: Any, context: Context) -> list[str] | None:
    """The guardrail's name is the span's."""
    return [context.span.name] if context.span.name else None


def inputs_and_outputs(
    kind: str, input_keys: Sequence[str], output_keys: Sequence[str], *, models: bool = True
) -> dict[str, tuple[Rule, ...]]:
    """Groups for an SDK that puts a step's input and output under these keys. `kind` is a key that every span has."""
    ins, outs = tuple(input_keys), tuple(output_keys)
    groups: dict[str, tuple[Rule, ...]] = {
        "input": (Rule("*", ins, request, TALKING_OPERATIONS),),
        "system": (Rule("*", ins, request, TALKING_OPERATIONS),),
        "output": (Rule("*", outs, response, TALKING_OPERATIONS),),
        "definitions": (Rule("*", ins, request, MODEL_OPERATIONS | AGENT_OPERATIONS),),
        "tool": (
            Rule("tool_name", (kind,), span_name, TOOL_OPERATIONS),
            Rule("tool_arguments", ins, c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", outs, c.result, TOOL_OPERATIONS),
            Rule("tool_call_id", (*outs, *ins), c.tool_call_id_inside, TOOL_OPERATIONS),
        ),
        "retrieval": (
            Rule("retrieval_query", ins, query, RETRIEVAL_OPERATIONS),
            Rule("documents", outs, documents, RETRIEVAL_OPERATIONS),
        ),
        "guardrail": (
            Rule("guardrail_names", (kind,), guardrail_name, _GUARDRAIL),
            Rule("guardrail_verdicts", outs, verdict, _GUARDRAIL),
        ),
    }
    if models:
        groups["call"] = (Rule("*", ins, request, MODEL_OPERATIONS), Rule("*", outs, response, MODEL_OPERATIONS))
        groups["parameters"] = (Rule("*", ins, request, MODEL_OPERATIONS),)
        groups["finish"] = (Rule("*", outs, response, MODEL_OPERATIONS),)
        groups["usage"] = (Rule("*", outs, response, CALLING),)
    return groups


def extend(base: Mapping[str, Sequence[Rule]], more: Mapping[str, Sequence[Rule]]) -> dict[str, tuple[Rule, ...]]:
    """`more` first, then `base`, in every group."""
    return {name: (*more.get(name, ()), *base.get(name, ())) for name in {**base, **more}}
