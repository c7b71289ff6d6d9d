"""Braintrust: `braintrust.*`, each a JSON value: input, output, metadata (model, provider, parameters) and metrics."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import parse
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Convert, Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS

_KINDS = {"score": "evaluate", "eval": "chain", "function": "chain"}


def _kind(value: Any, context: Context) -> str | None:
    """The type of a span. Embeddings are `llm` too; the path of the request tells them apart."""
    found = parse(value)
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "llm":
        sent = parse(context.attributes.get("braintrust.metadata"))
        path = sent.get("request_path") if isinstance(sent, dict) else None
        return "embeddings" if str(path or context.span.name).lower().endswith("embeddings") else "chat"
    return _KINDS.get(str(kind)) or words.operation(kind)


def _member(name: str, convert: Convert) -> Convert:
    """What stands under `name` in a JSON object."""

    def read(value: Any, context: Context) -> Any:
        found = parse(value)
        inner = found.get(name) if isinstance(found, dict) else None
        return None if inner is None else convert(inner, context)

    return read


_METADATA, _METRICS = ("braintrust.metadata",), ("braintrust.metrics",)

BRAINTRUST = Dialect(
    name="braintrust",
    scopes=("braintrust",),
    marks=("braintrust.span_attributes", "braintrust.input_json", "braintrust.output_json", "braintrust.metrics"),
    groups=extend(
        inputs_and_outputs(
            "braintrust.span_attributes",
            ("braintrust.input_json", "braintrust.input"),
            ("braintrust.output_json", "braintrust.output"),
        ),
        {
            "operation": (Rule("operation", ("braintrust.span_attributes",), _kind),),
            "call": (
                Rule("provider", _METADATA, _member("provider", c.provider), CALLING),
                Rule("request_model", _METADATA, _member("model", c.text), CALLING),
            ),
            "parameters": (Rule("request_parameters", _METADATA, c.parameters, MODEL_OPERATIONS),),
            "usage": (Rule("*", _METRICS, usage, CALLING),),
            "definitions": (Rule("*", _METADATA, _member("tools", c.definitions), MODEL_OPERATIONS),),
            "latency": (Rule("time_to_first_token_ns", _METRICS, _member("time_to_first_token", c.seconds)),),
        },
    ),
)
