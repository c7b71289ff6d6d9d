"""Whole requests and responses of a model API or framework, as observability SDKs log them.

`request` and `response` take the value apart once per span; tables name them in several groups, and each group picks
its own columns. `usage` reads a provider's usage object in any of its spellings.
"""

import re
from typing import Any

from assay.spans.bodies import encode_json
from assay.spans.dialects import convert, words
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import Message, canonical, encode, from_repr, parse, parse_repr, text_of

_MESSAGE_KEYS = ("messages", "input", "contents", "prompt", "chat_history", "inputs", "new_messages", "question", "query",
                 "user_prompt", "human_input", "user_input", "task", "new_message", "user_message", "args", "kwargs")  # fmt: skip
_SYSTEM_KEYS = ("system", "instructions", "system_instruction", "systemInstruction", "system_prompt", "developer")
_WRAPPERS = ("request", "kwargs", "inputs", "input", "body", "params", "data", "llm_request", "config")


def request(value: Any, context: Context) -> dict[str, Any] | None:
    """A whole request by column: messages, system prompt, tools, model, parameters."""
    key = ("request", id(value))
    if key not in context.memo:
        context.memo[key] = _request(value, context)
    found: dict[str, Any] | None = context.memo[key]
    return found


def response(value: Any, context: Context) -> dict[str, Any] | None:
    """A whole response by column: messages, id, model, usage, finish reasons."""
    key = ("response", id(value))
    if key not in context.memo:
        context.memo[key] = _response(value, context)
    found: dict[str, Any] | None = context.memo[key]
    return found


def _request(value: Any, context: Context) -> dict[str, Any] | None:
    parsed = parse_repr(value)
    if isinstance(parsed, str):
        made = from_repr(parsed) if "ChatMessage(_role=" in parsed else canonical(parsed, "user")
        return {"input_messages": encode(made)} if made else None
    if isinstance(parsed, list):
        read = context.reader.read_text(value, "user") if isinstance(value, str) else None
        return {"input_messages": read or encode(canonical(parsed, "user")) or None}
    if not isinstance(parsed, dict):
        return None
    out: dict[str, Any] = {}
    messages = find_messages(parsed, "user")
    if messages:
        out["input_messages"] = encode(messages)
    for layer in _layers(parsed):
        for name in _SYSTEM_KEYS:
            if layer.get(name) and "system_prompt" not in out:
                out["system_prompt"] = convert.system_text(layer[name]) or None
        tools = layer.get("tools") or layer.get("functions") or layer.get("available_tools")
        if tools and "tool_definitions" not in out:
            out.update(convert.definitions(tools, context) or {})
        model = layer.get("model") or layer.get("model_name") or layer.get("model_id")
        if isinstance(model, str) and "request_model" not in out:
            out["request_model"] = model
        if "request_parameters" not in out:
            out["request_parameters"] = convert.parameters(layer, context)
        if "output_type" not in out:
            out.update(response_format(layer, context) or {})
        if layer.get("stream") is True:
            out["streaming"] = 1
    return {name: part for name, part in out.items() if part is not None}


def response_format(value: Any, context: Context) -> dict[str, Any] | None:
    """The format and the schema that a request's parameters ask for, as OpenAI's API has them."""
    if isinstance(value, str) and "response_format" not in value:
        return None
    parsed = parse(value)
    return asked_format(parsed.get("response_format"), context) if isinstance(parsed, dict) else None


def asked_format(value: Any, context: Context) -> dict[str, Any] | None:
    """The format and the schema of a `response_format` itself."""
    shape = parse(value)
    if not isinstance(shape, dict):
        return None
    found: dict[str, Any] = {"output_type": convert.output_type(shape.get("type"), context)}
    if isinstance(shape.get("json_schema"), dict):
        found["response_schema"] = text_of(shape["json_schema"].get("schema", shape["json_schema"]))
    return found


def _layers(parsed: dict[str, Any]) -> list[dict[str, Any]]:
    layers = [parsed]
    for name in _WRAPPERS:
        inner = parsed.get(name)
        if isinstance(inner, dict):
            layers.append(inner)
    return layers


def find_messages(value: Any, role: str, depth: int = 0) -> list[dict[str, Any]]:
    """Messages inside a request or a framework's state, as canonical dicts."""
    if depth > 6 or value is None:
        return []
    if isinstance(value, str):
        return canonical(value, role)
    if isinstance(value, list):
        return canonical(value, role)
    if not isinstance(value, dict):
        return []
    if "lc" in value or ("role" in value and ("content" in value or "parts" in value)) or "update" in value:
        return canonical(value.get("update", value) if "lc" not in value else value, role)
    for key in _MESSAGE_KEYS:
        inner = value.get(key)
        if isinstance(inner, str) and key == "args":
            continue
        if inner:
            found = find_messages(inner, role, depth + 1)
            if found:
                return found
    return []


_ANSWER_KEYS = (
    "choices", "candidates", "generations", "replies", "output", "outputs", "messages", "message", "response", "content",
    "text", "answer", "result", "output_text", "final_output", "results", "last_message", "llm", "completion", "return_values",
    "agent_run_response", "structured_response", "raw", "value",
)  # fmt: skip


def _response(value: Any, context: Context) -> dict[str, Any] | None:
    parsed = parse_repr(value)
    if isinstance(parsed, str):
        return {"output_messages": encode(canonical(parsed, "assistant"))} if parsed else None
    if isinstance(parsed, int | float):
        return {"output_messages": encode(canonical(text_of(parsed), "assistant"))}
    out: dict[str, Any] = {}
    if isinstance(parsed, list):
        out["output_messages"] = encode(_answers(parsed, 0)) or None
        for item in parsed:
            if isinstance(item, dict):
                _facts(item, out, context)
        return out
    if not isinstance(parsed, dict):
        return None
    made = encode(_answers(parsed, 0))
    if made:
        out["output_messages"] = made
    for layer in _answer_layers(parsed):
        _facts(layer, out, context)
    if "finish_reasons" not in out:
        reasons = [reason for m in made if (reason := words.finish_reason(m.finish))]
        if reasons:
            out["finish_reasons"] = reasons
    return {name: part for name, part in out.items() if part is not None}


def _answer_layers(parsed: dict[str, Any]) -> list[dict[str, Any]]:
    """The response and what is nested in it, breadth first, down to the objects that carry usage or ids."""
    layers = [parsed]
    for layer in layers:
        if len(layers) > 40:
            break
        for key in ("message", "response", "raw", "output", "llm_output", "llm", "kwargs", "response_metadata", "meta",
                    "token_usage", "generations", "replies", "messages", "custom", "additional_kwargs", "result", "_meta", "data"):  # fmt: skip
            inner = layer.get(key)
            while isinstance(inner, list) and inner:
                inner = inner[-1]
            if isinstance(inner, dict):
                layers.append(inner)
    return layers


def _facts(layer: dict[str, Any], out: dict[str, Any], context: Context) -> None:
    response_id = _id_of(layer)
    looks_like_answer = any(
        key in layer
        for key in (
            "choices",
            "object",
            "candidates",
            "stop_reason",
            "usage",
            "token_usage",
            "model_name",
            "finish_reason",
            "model_version",
            "response_metadata",
            "systemFingerprint",
        )
    )
    if isinstance(response_id, str) and "response_id" not in out and looks_like_answer and "tool_call_id" not in layer:
        out["response_id"] = response_id
    model = layer.get("model") or layer.get("model_version") or layer.get("modelVersion") or layer.get("model_name")
    if isinstance(model, str) and "response_model" not in out:
        out["response_model"] = model
    for key in ("usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage"):
        if isinstance(layer.get(key), dict):
            _count(usage(layer[key], context) or {}, out)
    if out.get("finish_reasons", ["stop"]) == ["stop"]:  # a framework's own word for any end; the provider's may follow
        choices = layer.get("choices") or layer.get("candidates")
        if isinstance(choices, list):
            reasons = [
                reason
                for choice in choices
                if isinstance(choice, dict)
                and (reason := words.finish_reason(choice.get("finish_reason", choice.get("finishReason"))))
            ]
        else:
            reason = words.finish_reason(
                layer.get("finish_reason")
                or layer.get("finishReason")
                or layer.get("stop_reason")
                or layer.get("stopReason")
                or _responses_status(layer)
            )
            reasons = [reason] if reason else []
        if reasons:
            out["finish_reasons"] = reasons


def _id_of(layer: dict[str, Any]) -> Any:
    """The response's id; a LangChain message has it in the metadata, or as its own unless LangChain made that up."""
    metadata = layer.get("response_metadata")
    if isinstance(metadata, dict):
        own = layer.get("id")
        made_up = not isinstance(own, str) or own.startswith(("run-", "lc_run-")) or _UUID.fullmatch(own)
        return metadata.get("id") or (None if made_up else own)
    return layer.get("id") or layer.get("responseId") or layer.get("response_id")


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _count(found: dict[str, Any], out: dict[str, Any]) -> None:
    """Usage of one layer; a layer below that reports the same counts may add details, as the provider's own does."""
    if "input_tokens" not in out:
        out.update(found)
    elif all(found.get(name) == out.get(name) for name in ("input_tokens", "output_tokens")):
        out.update({name: tokens for name, tokens in found.items() if name not in out})


def _responses_status(layer: dict[str, Any]) -> Any:
    if layer.get("object") != "response":
        return None
    details = layer.get("incomplete_details")
    if isinstance(details, dict) and details.get("reason"):
        return details["reason"]
    items = layer.get("output")
    if isinstance(items, list) and any(isinstance(i, dict) and i.get("type") == "function_call" for i in items):
        return "tool_call"
    return layer.get("status")


def answered(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The canonical messages of a whole response."""
    return _answers(value, 0)


def _answers(value: Any, depth: int) -> list[dict[str, Any]]:
    """The model's or agent's answers inside a response; of a framework's state, its last message."""
    if depth > 8 or value is None or value == "":
        return []
    if isinstance(value, str):
        return canonical(value, "assistant")
    if isinstance(value, list):
        items = [item for item in value if item is not None]
        if items and all(isinstance(item, list) for item in items):
            return [m for item in items for m in _answers(item, depth + 1)]
        if items and all(isinstance(i, dict) and i.get("object") == "response" for i in items):
            return [m for item in items for m in _answers(item, depth + 1)]
        if items and all(
            isinstance(i, dict) and ("message" in i or "finish_reason" in i or "text" in i) for i in items
        ):
            return [m for item in items for m in _one_answer(item)]
        if any(isinstance(i, dict) and "update" in i for i in items):
            return [m for i in items if isinstance(i, dict) for m in _answers(i.get("update", i), depth + 1)]
        made = canonical(items, "assistant")
        return made if all(m["role"] == "assistant" for m in made) else made[-1:]
    if not isinstance(value, dict):
        return [{"role": "assistant", "parts": [{"type": "text", "content": text_of(value)}]}]
    if "lc" in value or (
        ("role" in value or value.get("type") == "message") and ("content" in value or "parts" in value)
    ):
        return canonical(value, "assistant")
    if isinstance(value.get("tool_calls"), list) and ("content" in value or "role" in value or len(value) == 1):
        return canonical(value, "assistant")
    if value.get("type") == "function_call" or ("toolName" in value and "toolCallId" in value):
        return canonical(
            {"type": "function_call", **value, "call_id": value.get("call_id") or value.get("toolCallId")}, "assistant"
        )
    if isinstance(value.get("toolCalls"), list) and value["toolCalls"]:
        said = value.get("text") if isinstance(value.get("text"), str) else None
        return canonical({"role": "assistant", "content": said, "tool_calls": value["toolCalls"]}, "assistant")
    if "update" in value and isinstance(value["update"], dict):
        return _answers(value["update"], depth + 1)
    for key in _ANSWER_KEYS:
        inner = value.get(key)
        if inner is None or inner in ("", []):
            continue
        if key == "messages" and isinstance(inner, list):
            made = canonical(inner, "assistant")
            if made and made[-1]["role"] == "user":
                continue  # CrewAI's history ends with the question where no tool ran
            return made[-1:]
        if key in ("choices", "candidates") and isinstance(inner, list):
            return [m for item in inner for m in _one_answer(item)]
        if key == "message":
            return _one_answer(value)
        found = _answers(inner, depth + 1)
        if found:
            return found
    if len(value) == 1:
        inner = next(iter(value.values()))
        if isinstance(inner, dict | list | str):
            return _answers(inner, depth + 1)
    if depth == 0 and value and not _STRUCTURAL & set(value):
        return [{"role": "assistant", "parts": [{"type": "text", "content": encode_json(value).decode()}]}]
    return []


_STRUCTURAL = frozenset({"usage", "model", "id", "object", "metadata", "tool_calls", "input", "output", "messages"})


def _one_answer(item: Any) -> list[dict[str, Any]]:
    if not isinstance(item, dict):
        return canonical(item, "assistant")
    if "message" not in item and isinstance(item.get("text"), str) and "content" not in item:
        return canonical(
            {"role": "assistant", "content": item["text"], "finish_reason": item.get("finish_reason")}, "assistant"
        )
    return canonical({"finish_reason": None, **item}, "assistant")


def answers(messages: list[Message]) -> list[Message]:
    """Those messages that the model said."""
    return [message for message in messages if message.role == "assistant"]


# --- usage -----------------------------------------------------------------------------------------------------------

_INPUT = ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "prompt_token_count", "promptTokenCount", "input",
          "prompt_eval_count", "inputTokenCount", "total_input_tokens")  # fmt: skip
_OUTPUT = ("output_tokens", "completion_tokens", "outputTokens", "completionTokens", "candidates_token_count",
           "candidatesTokenCount", "output", "eval_count", "outputTokenCount", "total_output_tokens")  # fmt: skip
_READ: tuple[str, ...] = ("cache_read_input_tokens", "cache_read_tokens", "cached_tokens", "cachedPromptTokens", "cachedInputTokens", "cacheReadInputTokens",
         "cached_content_token_count", "cachedContentTokenCount", "input_cached_tokens", "cache_read", "cached_input_tokens",
         "input_cache_read", "cacheReadTokens", "prompt_cached_tokens", "cachedContentTokens", "cached_prompt_tokens")  # fmt: skip
_WRITE: tuple[str, ...] = ("cache_creation_input_tokens", "cache_write_input_tokens", "cache_write_tokens", "cacheWriteInputTokens",
          "cacheCreationInputTokens", "cache_creation", "input_cache_creation", "cacheWriteTokens", "cache_write",
          "cache_creation_tokens", "prompt_cache_creation_tokens")  # fmt: skip
_REASONING: tuple[str, ...] = ("reasoning_tokens", "reasoningTokens", "thoughts_token_count", "thoughtsTokenCount", "output_reasoning_tokens",
              "reasoning", "output_reasoning", "thoughtsTokens", "thinking_tokens",
              "completion_reasoning_tokens")  # fmt: skip
_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details", "inputTokenDetails",
            "completion_tokens_details", "output_tokens_details", "output_token_details", "outputTokenDetails",
            "prompt_token_details", "completion_token_details", "custom", "details")  # fmt: skip


def usage(value: Any, _: Context | None = None) -> dict[str, Any] | None:
    """Token counts by column out of a usage object in any spelling."""
    found = parse_repr(value)
    if not isinstance(found, dict):
        return None
    layers = [found]
    for key in _DETAILS:
        inner = parse_repr(found.get(key)) if found.get(key) is not None else None
        if isinstance(inner, dict):
            layers.append(inner)
    out: dict[str, Any] = {}
    counts: tuple[tuple[str, tuple[str, ...]], ...] = (("input_tokens", _INPUT), ("output_tokens", _OUTPUT))
    for column, names in counts:
        for name in names:
            tokens = convert.count(found.get(name))
            if tokens is not None:
                out[column] = tokens
                break
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("cache_read_tokens", _READ),
        ("cache_write_tokens", _WRITE),
        ("reasoning_tokens", _REASONING),
    )
    for column, names in parts:
        for layer in layers:
            for name in names:
                tokens = convert.count(layer.get(name))
                if tokens is not None and column not in out:
                    out[column] = tokens
    if not out:
        return None
    if "thoughtsTokenCount" in found or "thoughts_token_count" in found:
        # Gemini counts thoughts beside the candidates; the convention's output includes them.
        # https://ai.google.dev/api/generate-content#UsageMetadata
        out["output_tokens"] = out.get("output_tokens", 0) + out.get("reasoning_tokens", 0)
    if _is_langfuse_split(found):
        out["output_tokens"] = out.get("output_tokens", 0) + out.get("reasoning_tokens", 0)
        out["usage_accounting"] = "exclusive"
    elif "cache_creation_input_tokens" in found and "input_tokens" in found and "total_tokens" not in found:
        out["usage_accounting"] = "exclusive"  # Anthropic's own object: input_tokens excludes both caches
    return out


def _is_langfuse_split(found: dict[str, Any]) -> bool:
    """Langfuse's LangChain handler subtracts details from `input` and `output`; `total` tells whether it did."""
    if "input" not in found or "total" not in found:
        return False
    cached = sum(
        convert.count(found.get(k)) or 0 for k in ("input_cached_tokens", "input_cache_read", "input_cache_creation")
    )
    reasoning = sum(convert.count(found.get(k)) or 0 for k in ("output_reasoning_tokens", "output_reasoning"))
    plain = (convert.count(found["input"]) or 0) + (convert.count(found.get("output")) or 0)
    total = convert.count(found["total"])
    return (cached or reasoning) > 0 and total == plain + cached + reasoning
