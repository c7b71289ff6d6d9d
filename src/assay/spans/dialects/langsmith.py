"""LangSmith: `langsmith.*`. It calls retrievers `embeddings` and prompts `chat`, so its own span kind decides."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs
from assay.spans.dialects.otel import USAGE
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Dialect, Rule


def _kind(value: Any, context: Context) -> str | None:
    operation = words.operation(value)
    said = words.operation(context.attributes.get("gen_ai.operation.name"))
    return said if operation == "chat" and said in CALLING else operation


def _details(value: Any, context: Context) -> dict[str, Any] | None:
    """`{'audio': 0, 'cache_read': 1024}` beside plain counts."""
    found = usage({"input_token_details": value}, context) or {}
    more = usage({"output_token_details": context.attributes.get("gen_ai.usage.output_token_details")}, context) or {}
    return {**found, **more} or None


def _provider(value: Any, context: Context) -> str | None:
    found = c.provider(value, context)
    return None if found == "langchain" else found


LANGSMITH = Dialect(
    name="langsmith",
    scopes=("langsmith",),
    marks=("langsmith.span.kind", "langsmith.trace.name"),
    groups=extend(
        inputs_and_outputs("langsmith.span.kind", ("gen_ai.prompt",), ("gen_ai.completion",)),
        {
            "operation": (Rule("operation", ("langsmith.span.kind", "gen_ai.operation.name"), _kind),),
            "call": (
                Rule("provider", ("langsmith.metadata.ls_provider", "gen_ai.system"), _provider),
                Rule("request_model", ("gen_ai.request.model", "langsmith.metadata.ls_model_name"), c.text, CALLING),
                Rule("response_model", ("gen_ai.response.model",), c.text),
                Rule("response_id", ("gen_ai.response.id",), c.text),
                Rule("streaming", ("langsmith.request.streaming", "langsmith.metadata.stream"), c.flag),
            ),
            "finish": (Rule("finish_reasons", ("gen_ai.response.finish_reasons",), c.finish_reasons),),
            "usage": (
                Rule("*", ("langsmith.metadata.usage_metadata",), usage),
                Rule("*", ("gen_ai.usage.input_token_details",), _details, CALLING),
                *USAGE,
            ),
            "definitions": (Rule("*", ("gen_ai.tool.definitions",), c.definitions),),
            "tool": (Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, words.TOOL_OPERATIONS),),
            "who": (
                Rule("conversation_id", ("langsmith.metadata.session_id", "langsmith.metadata.thread_id"), c.text),
                Rule("user_id", ("langsmith.metadata.user_id",), c.text),
                Rule("agent_name", ("langsmith.metadata.lc_agent_name",), c.text),
            ),
        },
    ),
)
