"""LangWatch: `langwatch.*`, every value in an envelope `{"type": ..., "value": ...}`, besides the convention's own keys."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents
from assay.spans.dialects.messages import parse
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs, request
from assay.spans.dialects.otel import USAGE
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Convert, Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS, RETRIEVAL_OPERATIONS

_OPERATIONS = {"rag": "retrieval", "component": "chain", "module": "chain"}


def _operation(value: Any, _: Context) -> str | None:
    return _OPERATIONS.get(str(value)) or words.operation(value)


def _inside(value: Any) -> Any:
    found = parse(value)
    if isinstance(found, dict) and found.keys() == {"type", "value"}:
        return _inside(found["value"])
    return [_inside(item) for item in found] if isinstance(found, list) else found


def _opened(convert: Convert) -> Convert:
    """`convert` for what is in the envelope, which is opened once per span: converters remember values by identity."""

    def opened(value: Any, context: Context) -> Any:
        key = ("opened", id(value))
        if key not in context.memo:
            context.memo[key] = _inside(value)
        return convert(context.memo[key], context)

    return opened


_STEP = {
    name: tuple(rule._replace(convert=_opened(rule.convert)) for rule in rules)
    for name, rules in inputs_and_outputs("langwatch.span.type", ("langwatch.input",), ("langwatch.output",)).items()
}

LANGWATCH = Dialect(
    name="langwatch",
    scopes=("langwatch",),
    marks=("langwatch.span.type", "langwatch.input", "langwatch.output"),
    groups=extend(
        _STEP,
        {
            "operation": (Rule("operation", ("langwatch.span.type", "gen_ai.operation.name"), _operation),),
            "call": (
                Rule("request_model", ("gen_ai.request.model",), c.text),
                Rule("response_model", ("gen_ai.response.model",), c.text),
            ),
            "parameters": (Rule("*", ("langwatch.params",), _opened(request), MODEL_OPERATIONS),),
            "usage": (Rule("*", ("langwatch.metrics",), _opened(usage), CALLING), *USAGE),
            # The answers of LangChain retrievers have ids, which their contexts have not.
            "retrieval": (
                *_STEP["retrieval"],
                Rule(
                    "documents",
                    ("langwatch.contexts", "langwatch.rag_contexts"),
                    _opened(documents),
                    RETRIEVAL_OPERATIONS,
                ),
            ),
            "definitions": (
                Rule("*", ("langwatch.langchain.run.extra_params.invocation_params",), request, MODEL_OPERATIONS),
                Rule("*", ("langwatch.params",), _opened(request), MODEL_OPERATIONS),
            ),
            "who": (
                Rule("conversation_id", ("langwatch.thread.id",), c.text),
                Rule("user_id", ("langwatch.user.id",), c.text),
            ),
        },
    ),
)
