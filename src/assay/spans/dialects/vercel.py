"""The AI SDK (Vercel): `ai.*` keys of versions 5 and 6; only the `.do*` span is the model call.

https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import Message, canonical, encode, parse
from assay.spans.dialects.observers import request
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import TALKING_OPERATIONS, TOOL_OPERATIONS

_OPERATIONS = {
    "ai.toolCall": "execute_tool", "ai.embed.doEmbed": "embeddings", "ai.embedMany.doEmbed": "embeddings",
    "ai.embed": "chain", "ai.embedMany": "chain", "ai.rerank.doRerank": "rerank", "ai.rerank": "chain",
}  # fmt: skip
_OUTER = frozenset({"chain", "invoke_agent"})


def _operation(value: Any, _: Context) -> str | None:
    if not isinstance(value, str):
        return None
    return _OPERATIONS.get(value) or ("chat" if ".do" in value else "invoke_agent")


def _answer(value: Any, context: Context) -> list[Message] | None:
    """Text, object and tool calls of one answer are three attributes."""
    attributes = context.attributes
    said = attributes.get("ai.response.text") or attributes.get("ai.response.object")
    calls = parse(attributes.get("ai.response.toolCalls"))
    content = said if isinstance(said, str) else ""
    parts: list[Any] = []
    reasoning = attributes.get("ai.response.reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append({"type": "reasoning", "text": reasoning})
    if content:
        parts.append({"type": "text", "text": content})
    item: dict[str, Any] = {"role": "assistant", "content": parts}
    if isinstance(calls, list):
        item["tool_calls"] = calls
    if not parts and not calls:
        return None
    finish = attributes.get("ai.response.finishReason")
    if isinstance(finish, str):
        item["finish_reason"] = finish
    return encode(canonical(item, "assistant"))


def _provider_counts(value: Any, context: Context) -> dict[str, Any] | None:
    """Details that a provider adds to the SDK's own counts. Before version 6 the input is Anthropic's, without caches."""
    found = parse(value)
    if not isinstance(found, dict):
        return None
    made: dict[str, Any] = {}
    for said in found.values():
        if isinstance(said, dict):
            made |= (usage(said) or {}) | (usage(said.get("usage")) or {})
    counts = {name: made[name] for name in _DETAILS if name in made}
    if "anthropic" in found and "ai.usage.inputTokenDetails.noCacheTokens" not in context.attributes:
        counts["usage_accounting"] = "exclusive"
    return counts or None


_DETAILS = ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

VERCEL = Dialect(
    name="vercel",
    scopes=(),
    marks=("ai.operationId",),
    groups={
        "operation": (Rule("operation", ("ai.operationId",), _operation),),
        "call": (
            Rule("provider", ("ai.model.provider", "gen_ai.system"), c.provider),
            Rule("request_model", ("gen_ai.request.model", "ai.model.id"), c.text),
            Rule("response_model", ("ai.response.model", "gen_ai.response.model"), c.text),
            Rule("response_id", ("ai.response.id", "gen_ai.response.id"), c.text),
            Rule("streaming", ("ai.response.msToFirstChunk",), lambda _v, _x: 1),
            Rule("response_schema", ("ai.schema",), c.schema),
            Rule("output_type", ("ai.settings.output",), c.output_type),
            Rule("output_type", ("ai.operationId",), lambda value, _: "json" if "Object.do" in str(value) else None),
        ),
        "parameters": (Rule("request_parameters", ("gen_ai.request.*", "ai.settings.*"), c.parameters),),
        "finish": (
            Rule("finish_reasons", ("ai.response.finishReason", "gen_ai.response.finish_reasons"), c.finish_reasons),
        ),
        "usage": (
            Rule("*", ("ai.response.providerMetadata",), _provider_counts),
            Rule(
                "input_tokens",
                ("ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens", "ai.usage.tokens"),
                c.count,
            ),
            Rule(
                "output_tokens",
                ("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"),
                c.count,
            ),
            Rule(
                "cache_read_tokens",
                ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
                c.count,
            ),
            Rule("cache_write_tokens", ("ai.usage.inputTokenDetails.cacheWriteTokens",), c.count),
            Rule(
                "reasoning_tokens",
                ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
                c.count,
            ),
        ),
        "input": (
            Rule("input_messages", ("ai.prompt.messages",), c.messages_in, TALKING_OPERATIONS),
            Rule("*", ("ai.prompt",), request, TALKING_OPERATIONS),
        ),
        "system": (Rule("*", ("ai.prompt",), request, TALKING_OPERATIONS),),
        "output": (
            Rule(
                "output_messages",
                ("ai.response.text", "ai.response.toolCalls", "ai.response.object"),
                _answer,
                TALKING_OPERATIONS,
            ),
        ),
        "definitions": (Rule("*", ("ai.prompt.tools",), c.definitions),),
        "tool": (
            Rule("tool_name", ("ai.toolCall.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("ai.toolCall.id",), c.text, TOOL_OPERATIONS),
            Rule("tool_arguments", ("ai.toolCall.args", "ai.toolCall.input"), c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", ("ai.toolCall.result", "ai.toolCall.output"), c.result, TOOL_OPERATIONS),
        ),
        "latency": (
            Rule("time_to_first_token_ns", ("ai.response.msToFirstChunk",), c.milliseconds),
            Rule("time_to_first_token_ns", ("@first_token_ns",), c.nanoseconds),
        ),
        "who": (
            Rule("workflow", ("ai.telemetry.functionId",), c.text),
            Rule("agent_name", ("resource.name",), c.text, _OUTER),
        ),
    },
)
