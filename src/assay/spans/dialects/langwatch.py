"""LangWatch: `langwatch.*`. Inputs and outputs are `{"type": "json", "value": ...}`; contexts are a list of their own."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import payloads, words
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents
from assay.spans.dialects.messages import parse, unwrapped
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs, request
from assay.spans.dialects.otel import USAGE
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS, RETRIEVAL_OPERATIONS, TOOL_OPERATIONS


def _kind(value: Any, _: Context) -> str | None:
    """LangWatch calls a retrieval `rag`."""
    return "retrieval" if value == "rag" else words.operation(value)


def _arguments(value: Any, context: Context) -> str | None:
    return c.arguments(unwrapped(parse(value)), context)


_INPUT, _OUTPUT = ("langwatch.input",), ("langwatch.output",)

LANGWATCH = Dialect(
    name="langwatch",
    scopes=("langwatch",),
    marks=("langwatch.span.type",),
    groups=extend(
        inputs_and_outputs("langwatch.span.type", _INPUT, _OUTPUT),
        {
            "operation": (Rule("operation", ("langwatch.span.type",), _kind),),
            "call": (
                Rule("request_model", ("gen_ai.request.model",), c.text),
                Rule("response_model", ("gen_ai.response.model",), c.text),
            ),
            "parameters": (Rule("*", ("langwatch.params",), request, MODEL_OPERATIONS),),
            "usage": (Rule("*", ("langwatch.metrics",), payloads.usage, CALLING), *USAGE),
            "definitions": (Rule("*", ("langwatch.params",), request, MODEL_OPERATIONS),),
            "tool": (Rule("tool_arguments", _INPUT, _arguments, TOOL_OPERATIONS),),
            "retrieval": (Rule("documents", ("langwatch.rag_contexts",), documents, RETRIEVAL_OPERATIONS),),
        },
    ),
)
