"""Langfuse: `langfuse.observation.*`. The model name is the response's where one arrived, else the request's."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import Document, documents, query
from assay.spans.dialects.messages import parse
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs
from assay.spans.dialects.payloads import asked_format, response_format, usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS, TOOL_OPERATIONS


def _model(value: Any, context: Context) -> dict[str, Any] | None:
    name = c.text(value, context)
    if name is None:
        return None
    arrived = context.attributes.get("langfuse.observation.output") or context.attributes.get(
        "langfuse.observation.usage_details"
    )
    asked = context.attributes.get("langfuse.observation.metadata.ls_model_name")
    found: dict[str, Any] = {"response_model": name} if arrived else {"request_model": name}
    if isinstance(asked, str):
        found["request_model"] = c.quoted(asked, context)
    return found


def _cost(value: Any, context: Context) -> float | None:
    found = parse(value)
    if isinstance(found, dict):
        return c.cost(found.get("total", sum(v for v in found.values() if isinstance(v, int | float))), context)
    return None


def _finish(value: Any, context: Context) -> list[str] | None:
    if (
        value == "completed"
        and "function_call" in str(context.attributes.get("langfuse.observation.output", ""))[:4000]
    ):
        return ["tool_call"]
    return c.finish_reasons(value, context)


def _retriever_query(value: Any, context: Context) -> str | None:
    return query(value, context) if _is_retriever(context) else None


def _retriever_documents(value: Any, context: Context) -> list[Document] | None:
    return documents(value, context) if _is_retriever(context) else None


def _is_retriever(context: Context) -> bool:
    """LangChain JS retrievers are plain spans; only the class in their name says what they are."""
    return context.span.name.endswith("Retriever")


_PLAIN = frozenset({""})
_INPUT, _OUTPUT = ("langfuse.observation.input",), ("langfuse.observation.output",)

LANGFUSE = Dialect(
    name="langfuse",
    scopes=("langfuse",),
    marks=("langfuse.observation.type", "langfuse.internal.is_app_root"),
    groups=extend(
        inputs_and_outputs("langfuse.observation.type", _INPUT, _OUTPUT),
        {
            "operation": (Rule("operation", ("langfuse.observation.type",), c.operation),),
            "call": (
                Rule("*", ("langfuse.observation.model.name",), _model, CALLING),
                Rule("*", ("langfuse.observation.model.parameters",), response_format, MODEL_OPERATIONS),
                Rule("*", ("langfuse.observation.metadata.response_format",), asked_format, MODEL_OPERATIONS),
                Rule("provider", ("langfuse.observation.metadata.ls_provider",), lambda v, x: c.provider(parse(v), x)),
                Rule("response_id", ("langfuse.observation.metadata.id",), c.quoted, MODEL_OPERATIONS),
            ),
            "parameters": (Rule("request_parameters", ("langfuse.observation.model.parameters",), c.parameters),),
            "finish": (
                Rule(
                    "finish_reasons",
                    ("langfuse.observation.metadata.finish_reason", "langfuse.observation.metadata.status"),
                    _finish,
                    MODEL_OPERATIONS,
                ),
            ),
            "usage": (Rule("*", ("langfuse.observation.usage_details",), usage),),
            "cost": (Rule("cost_usd", ("langfuse.observation.cost_details",), _cost),),
            "system": (
                Rule("system_prompt", ("langfuse.observation.metadata.instructions",), c.system, MODEL_OPERATIONS),
            ),
            "definitions": (Rule("*", ("langfuse.observation.metadata.tools",), c.definitions),),
            "tool": (
                Rule("tool_call_id", ("langfuse.observation.metadata.tool_call_id",), c.quoted, TOOL_OPERATIONS),
                Rule("tool_arguments", ("langfuse.observation.metadata.inputs",), c.arguments, TOOL_OPERATIONS),
            ),
            "retrieval": (
                Rule("retrieval_query", _INPUT, _retriever_query, _PLAIN),
                Rule("documents", _OUTPUT, _retriever_documents, _PLAIN),
            ),
            "prompt": (
                Rule("prompt_name", ("langfuse.observation.prompt.name",), c.text),
                Rule("prompt_version", ("langfuse.observation.prompt.version",), c.text),
            ),
            "latency": (
                Rule("time_to_first_token_ns", ("langfuse.observation.completion_start_time",), c.since_start),
            ),
            "who": (
                Rule("conversation_id", ("session.id", "langfuse.session.id"), c.text),
                Rule("conversation_id", ("langfuse.observation.metadata.langfuse_session_id",), c.quoted),
                Rule("user_id", ("user.id", "langfuse.user.id"), c.text),
                Rule("user_id", ("langfuse.observation.metadata.langfuse_user_id",), c.quoted),
                Rule("agent_name", ("langfuse.observation.metadata.lc_agent_name",), c.quoted),
                Rule("workflow", ("langfuse.trace.name",), c.text),
            ),
            "error": (Rule("error_message", ("langfuse.observation.status_message",), c.text),),
        },
    ),
)
