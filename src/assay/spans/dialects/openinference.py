"""OpenInference: flattened `llm.*`, `retrieval.*`, `embedding.*`, `tool.*` and the whole payload in `input.value`.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import Document, documents, query
from assay.spans.dialects.messages import Message, canonical, encode, parse
from assay.spans.dialects.observers import extend, inputs_and_outputs, request, response
from assay.spans.dialects.otel import USAGE
from assay.spans.dialects.payloads import response_format, usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS, TALKING_OPERATIONS, TOOL_OPERATIONS


def _request_model(value: Any, context: Context) -> str | None:
    found = parse(value)
    if not isinstance(found, dict):
        return None
    model = found.get("model") or found.get("model_name") or found.get("model_id") or found.get("deployment")
    return c.text(model, context)


def _model_name(value: Any, context: Context) -> dict[str, Any] | None:
    """The response's model where an answer came that does not name another one, else the request's."""
    name = c.text(value, context)
    if name is None:
        return None
    answered = (response(context.attributes.get("output.value"), context) or {}).get("response_model", name)
    failed = context.span.status == "error"
    return {"request_model" if failed or answered != name else "response_model": name}


def _answered_model(value: Any, context: Context) -> dict[str, Any] | None:
    """The model that the answer itself names; `llm.model_name` may be the one that was asked for."""
    found = response(value, context)
    return {"response_model": found.get("response_model")} if found else None


def _input(value: Any, context: Context) -> list[Message] | None:
    """The flattened messages; where one is empty, those of the whole input (LangChain JS drops contents that are lists)."""
    made = c.messages_in(value, context)
    if made and any(_EMPTY in message.text for message in made):
        whole = (request(context.attributes.get("input.value"), context) or {}).get("input_messages")
        return whole if whole and len(whole) == len(made) else made
    return made


_EMPTY = b'"parts":[]'


def _documents(value: Any, context: Context) -> list[Document] | None:
    """Documents without ids (LangChain) are looked up in the output, which has them."""
    found = documents(value, context)
    if found and not any(document.id for document in found):
        whole = documents(context.attributes.get("output.value"), context)
        if whole and len(whole) == len(found):
            return whole
    return found


def _arguments(value: Any, context: Context) -> str | None:
    """`tool.parameters` is a schema or the arguments themselves."""
    found = parse(value)
    if isinstance(found, dict) and ("properties" in found or found.get("type") == "object" or not found):
        return None
    return c.arguments(value, context)


def _run_usage(value: Any, context: Context) -> dict[str, Any] | None:
    """What a whole run used, which CrewAI logs with what it returned and nowhere else."""
    found = parse(value) if "token_usage" in str(value) else None
    return usage(found.get("token_usage"), context) if isinstance(found, dict) else None


def _conversation(value: Any, context: Context) -> dict[str, Any] | None:
    """What an agent's model was told, where only the agent's output has it (CrewAI): all but the answer at the end."""
    found = parse(value)
    history = found.get("messages") if isinstance(found, dict) else None
    if not isinstance(history, list):
        return None
    messages = canonical(history, "user")
    if messages and messages[-1]["role"] == "assistant":
        messages.pop()
    return {"input_messages": encode(messages)} if messages else None


_INPUT, _OUTPUT = ("input.value",), ("output.value",)
_RUNS = frozenset({"chain", "invoke_agent"})

OPENINFERENCE = Dialect(
    name="openinference",
    scopes=("openinference.", "@arizeai/openinference"),
    marks=("openinference.span.kind", "llm.input_messages.*", "llm.token_count.*"),
    groups=extend(
        extend(
            {"input": (Rule("*", _OUTPUT, _conversation, frozenset({"invoke_agent"})),)},
            inputs_and_outputs("openinference.span.kind", _INPUT, _OUTPUT),
        ),
        {
            # Spans of the convention that were translated into OpenInference keep their own, fuller keys.
            "operation": (Rule("operation", ("gen_ai.operation.name", "openinference.span.kind"), c.operation),),
            "call": (
                Rule("provider", ("llm.provider", "llm.system"), c.provider),
                Rule("request_model", ("llm.request.model_name",), c.text),
                Rule("request_model", ("llm.invocation_parameters", "embedding.invocation_parameters"), _request_model),
                Rule("*", ("llm.invocation_parameters",), response_format, MODEL_OPERATIONS),
                Rule("response_model", ("llm.response.model_name",), c.text),
                Rule("*", _OUTPUT, _answered_model, MODEL_OPERATIONS),
                Rule("*", ("llm.model_name",), _model_name, MODEL_OPERATIONS),
                Rule("*", ("embedding.model_name",), _model_name),
                Rule("response_id", ("llm.response.id",), c.text),
                Rule("request_id", ("anthropic.request.id",), c.text),
            ),
            "parameters": (Rule("request_parameters", ("llm.invocation_parameters",), c.parameters),),
            "finish": (
                Rule("finish_reasons", ("llm.finish_reason", "anthropic.message.stop_reason"), c.finish_reasons),
            ),
            "usage": (
                Rule("input_tokens", ("llm.token_count.prompt",), c.count),
                Rule("output_tokens", ("llm.token_count.completion",), c.count),
                Rule(
                    "cache_read_tokens",
                    ("llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"),
                    c.count,
                ),
                Rule("cache_write_tokens", ("llm.token_count.prompt_details.cache_write",), c.count),
                Rule("reasoning_tokens", ("llm.token_count.completion_details.reasoning",), c.count),
                *USAGE,
                Rule("*", _OUTPUT, _run_usage, _RUNS),
            ),
            "cost": (Rule("cost_usd", ("llm.cost.total",), c.cost),),
            "input": (
                Rule("input_messages", ("gen_ai.input.messages",), c.messages_in, TALKING_OPERATIONS),
                Rule("input_messages", ("llm.input_messages.*",), _input, TALKING_OPERATIONS),
            ),
            "output": (
                Rule("output_messages", ("gen_ai.output.messages",), c.messages_out, TALKING_OPERATIONS),
                Rule("output_messages", ("llm.output_messages.*",), c.messages_out, TALKING_OPERATIONS),
                Rule("output_messages", ("message.*",), c.messages_out, MODEL_OPERATIONS),
            ),
            "definitions": (Rule("*", ("llm.tools.*",), c.definitions),),
            "tool": (
                Rule("tool_name", ("tool.name", "tool_call.function.name"), c.text, TOOL_OPERATIONS),
                Rule("tool_call_id", ("tool_call.id", "tool.id"), c.text, TOOL_OPERATIONS),
                Rule(
                    "tool_arguments", ("tool.parameters", "tool_call.function.arguments"), _arguments, TOOL_OPERATIONS
                ),
            ),
            "retrieval": (
                Rule("retrieval_query", ("reranker.query",), query),
                Rule("retrieval_top_k", ("reranker.top_k",), c.count),
                Rule("documents", ("retrieval.documents.*", "reranker.output_documents.*"), _documents),
            ),
            "prompt": (
                Rule("prompt_name", ("prompt.id", "llm.prompt_template.name"), c.text),
                Rule("prompt_version", ("llm.prompt_template.version", "prompt.version"), c.text),
            ),
            "latency": (Rule("time_to_first_token_ns", ("@first_token_ns",), c.nanoseconds),),
            "who": (
                Rule("conversation_id", ("session.id",), c.text),
                Rule("user_id", ("user.id",), c.text),
                Rule("agent_name", ("agent.name", "agno.agent"), c.text),
                Rule("agent_name", ("graph.node.name", "graph.node.id"), c.text, frozenset({"invoke_agent"})),
                Rule("agent_id", ("agent.id", "agno.agent.id"), c.text),
            ),
        },
    ),
)
