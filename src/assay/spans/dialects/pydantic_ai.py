"""Pydantic AI and Logfire: five versions of one instrumentation, from event lists to the convention's keys."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import payloads
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import Message, canonical, encode, parse
from assay.spans.dialects.otel import OTEL, USAGE
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import AGENT_OPERATIONS, MODEL_OPERATIONS, TALKING_OPERATIONS, TOOL_OPERATIONS


def _events(value: Any) -> list[Any]:
    found = parse(value)
    return found if isinstance(found, list) else []


def _asked(value: Any, _: Context) -> list[Message] | None:
    """Every event but the choices."""
    items = [
        event for event in _events(value) if isinstance(event, dict) and event.get("event.name") != "gen_ai.choice"
    ]
    return encode(canonical(items, "user")) or None if items else None


def _answered(value: Any, _: Context) -> list[Message] | None:
    """The choices; of an agent's whole history, what the assistant said last."""
    items = _events(value)
    choices = [event for event in items if isinstance(event, dict) and event.get("event.name") == "gen_ai.choice"]
    if not choices and items:
        last = items[-1]
        if isinstance(last, dict) and (last.get("role") == "assistant" or "assistant" in str(last.get("event.name"))):
            choices = [last]
    return encode(canonical(choices, "assistant")) or None if choices else None


def _history_in(value: Any, context: Context) -> list[Message] | None:
    """An agent's whole history up to its last answer."""
    made = c.messages_in(value, context)
    if not made:
        return None
    return made[:-1] if made[-1].role == "assistant" else made


def _history_out(value: Any, context: Context) -> list[Message] | None:
    made = c.messages_in(value, context)
    return made[-1:] if made and made[-1].role == "assistant" else None


def _final(value: Any, context: Context) -> list[Message] | None:
    text = value if isinstance(value, str) else c.body(value, context)
    return encode([{"role": "assistant", "parts": [{"type": "text", "content": text}]}]) if text else None


def _tools(value: Any, context: Context) -> dict[str, Any] | None:
    found = parse(value)
    if not isinstance(found, dict):
        return None
    lists = (found.get("function_tools"), found.get("output_tools"))
    tools = [tool for one in lists if isinstance(one, list) for tool in one]
    return c.definitions(tools, context) if tools else None


def _asked_shape(value: Any, context: Context) -> dict[str, Any] | None:
    """The schema of an answer that the model is asked for itself; in the mode `tool` it is that of a tool's arguments."""
    found = parse(value) if isinstance(value, str) and "output_object" in value else value
    shape = found.get("output_object") if isinstance(found, dict) else None
    if not isinstance(shape, dict) or found.get("output_mode") not in ("native", "prompted"):
        return None
    return payloads.asked_format({"type": "json_schema", "json_schema": {"schema": shape.get("json_schema")}}, context)


def _old_call(value: Any, context: Context) -> dict[str, Any] | None:
    """Logfire's first version: `request_data` and `response_data`."""
    return payloads.request(value, context)


def _old_answer(value: Any, context: Context) -> dict[str, Any] | None:
    found = parse(value)
    if isinstance(found, dict) and isinstance(found.get("combined_chunk_content"), str):
        return payloads.response({"content": found["combined_chunk_content"]}, context)
    return payloads.response(value, context)


_LOGFIRE_KINDS = {"Chat Completion": "chat", "Message": "chat", "Responses API": "chat", "Embedding": "embeddings"}


def _by_name(_: Any, context: Context) -> str | None:
    """Logfire's spans are named by unformatted templates."""
    name = context.span.name
    return next(
        (kind for start, kind in _LOGFIRE_KINDS.items() if name.startswith((start, "streaming response"))), None
    )


def _streaming(_: Any, context: Context) -> int | None:
    return 1 if context.span.name.startswith("streaming response") else None


_CALL = OTEL.groups["call"]

PYDANTIC_AI = Dialect(
    name="pydantic-ai",
    scopes=("pydantic-ai", "pydantic_ai"),
    marks=("pydantic_ai.*", "model_request_parameters"),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name",), c.operation),
            Rule(
                "operation", ("tool_arguments", "tool_response", "gen_ai.tool.call.id"), lambda _v, _x: "execute_tool"
            ),
            Rule("operation", ("agent_name", "all_messages_events", "final_result"), lambda _v, _x: "invoke_agent"),
        ),
        "call": (
            *_CALL,
            Rule("request_model", ("model_name",), c.text),
            Rule("*", ("model_request_parameters",), _asked_shape, MODEL_OPERATIONS),
        ),
        "usage": (
            *USAGE,
            Rule("input_tokens", ("gen_ai.aggregated_usage.input_tokens",), c.count, frozenset()),
        ),
        "input": (
            Rule("input_messages", ("gen_ai.input.messages",), c.messages_in, TALKING_OPERATIONS),
            Rule("input_messages", ("events", "@input"), _asked, TALKING_OPERATIONS),
            Rule("input_messages", ("all_messages_events",), _asked, AGENT_OPERATIONS),
            Rule("input_messages", ("pydantic_ai.all_messages",), _history_in, AGENT_OPERATIONS),
        ),
        "output": (
            Rule("output_messages", ("gen_ai.output.messages",), c.messages_out, TALKING_OPERATIONS),
            Rule("output_messages", ("events",), _answered, TALKING_OPERATIONS),
            Rule("output_messages", ("@output",), c.messages_out, TALKING_OPERATIONS),
            Rule("output_messages", ("final_result",), _final, AGENT_OPERATIONS),
            Rule("output_messages", ("all_messages_events",), _answered, AGENT_OPERATIONS),
            Rule("output_messages", ("pydantic_ai.all_messages",), _history_out, AGENT_OPERATIONS),
        ),
        "definitions": (
            Rule("*", ("gen_ai.tool.definitions",), c.definitions),
            Rule("*", ("model_request_parameters",), _tools),
        ),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule("tool_arguments", ("gen_ai.tool.call.arguments", "tool_arguments"), c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", ("gen_ai.tool.call.result", "tool_response"), c.result, TOOL_OPERATIONS),
        ),
        "who": (Rule("agent_name", ("gen_ai.agent.name", "agent_name"), c.text),),
    },
)

LOGFIRE = Dialect(
    name="logfire",
    scopes=("logfire.openai", "logfire.anthropic", "logfire.google_genai", "logfire.litellm"),
    marks=("request_data", "response_data"),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name",), c.operation),
            Rule("operation", ("request_data",), _by_name),
        ),
        "call": (
            *_CALL,
            Rule("*", ("request_data",), _old_call, MODEL_OPERATIONS | {"embeddings", ""}),
            Rule("streaming", ("request_data",), _streaming),
        ),
        "parameters": (
            Rule("request_parameters", ("gen_ai.request.*",), c.parameters),
            Rule("*", ("request_data",), _old_call),
        ),
        "usage": (
            Rule("*", ("gen_ai.usage.raw",), payloads.usage),
            *USAGE,
            Rule("*", ("response_data",), _old_answer),
        ),
        "input": (
            Rule("input_messages", ("gen_ai.input.messages",), c.messages_in, TALKING_OPERATIONS),
            Rule("input_messages", ("events",), _asked, TALKING_OPERATIONS),
            Rule("*", ("request_data",), _old_call, TALKING_OPERATIONS),
        ),
        "system": (
            Rule("system_prompt", ("gen_ai.system_instructions",), c.system),
            Rule("*", ("request_data",), _old_call, TALKING_OPERATIONS),
        ),
        "output": (
            Rule("output_messages", ("gen_ai.output.messages",), c.messages_out, TALKING_OPERATIONS),
            Rule("*", ("response_data",), _old_answer, TALKING_OPERATIONS),
            Rule("output_messages", ("events",), _answered, TALKING_OPERATIONS),
        ),
        "definitions": (
            Rule("*", ("gen_ai.tool.definitions",), c.definitions),
            Rule("*", ("request_data",), _old_call),
        ),
        "cost": (Rule("cost_usd", ("operation.cost",), c.cost),),
        "who": (
            Rule("conversation_id", ("session_id", "session.id"), c.text),
            Rule("user_id", ("user_id", "user.id"), c.text),
        ),
    },
)


_AGENTS_KINDS = {
    "Chat completion": "chat", "Responses API": "chat", "Function:": "execute_tool", "Agent run:": "invoke_agent",
    "OpenAI Agents trace:": "invoke_workflow",
}  # fmt: skip


def _agents_kind(value: Any, _: Context) -> str | None:
    return next((kind for start, kind in _AGENTS_KINDS.items() if str(value).startswith(start)), None)


def _named(_: Any, context: Context) -> str | None:
    """What the template of the span's message puts in for `{name}`."""
    return c.text(context.attributes.get("name"), context)


_TEMPLATE = ("logfire.msg_template",)

LOGFIRE_AGENTS = Dialect(
    name="logfire-agents",
    scopes=("logfire.openai_agents",),
    marks=(),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name",), c.operation),
            Rule("operation", _TEMPLATE, _agents_kind),
        ),
        "call": (*_CALL, Rule("response_id", ("response_id",), c.text)),
        "finish": (Rule("*", ("response",), payloads.response, MODEL_OPERATIONS),),
        "usage": (Rule("*", ("response",), payloads.response, MODEL_OPERATIONS), *USAGE),
        "input": (Rule("input_messages", ("raw_input", "input"), c.messages_in, MODEL_OPERATIONS),),
        "system": (Rule("*", ("response",), payloads.request, MODEL_OPERATIONS),),
        "output": (Rule("*", ("response", "output"), payloads.response, MODEL_OPERATIONS),),
        "definitions": (
            Rule("*", ("response",), payloads.request, MODEL_OPERATIONS),
            Rule("*", ("tools",), c.definitions, frozenset({"invoke_agent"})),
        ),
        "tool": (
            Rule("tool_name", _TEMPLATE, _named, TOOL_OPERATIONS),
            Rule("tool_arguments", ("input",), c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", ("output",), c.result, TOOL_OPERATIONS),
        ),
        "who": (
            Rule("conversation_id", ("group_id",), c.text),
            Rule("agent_name", _TEMPLATE, _named, frozenset({"invoke_agent"})),
            Rule("workflow", _TEMPLATE, _named, frozenset({"invoke_workflow"})),
        ),
    },
)
