"""Converters that the tables name: a value as sent goes in, a column's value comes out, None where it says nothing."""

import math
import re
from datetime import datetime
from typing import Any

from assay.spans.bodies import encode_json
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import Message, canonical, encode, flat_text, parse, parse_repr, text_of

_EMPTY = frozenset({"", "null", "None", "[]", "{}", "undefined"})


def text(value: Any, _: Context) -> str | None:
    """A non-empty string; numbers as text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    return str(value)


def model(value: Any, context: Context) -> str | None:
    """A model's name; Micrometer writes `none` where there is none."""
    return None if value == "none" else text(value, context)


def one_text(value: Any, context: Context) -> list[str] | None:
    """A text as the only one of a list."""
    found = text(value, context)
    return [found] if found else None


_VERDICTS = {
    "allow": "pass", "allowed": "pass", "none": "pass", "safe": "pass", "passed": "pass", "false": "pass",
    "deny": "block", "denied": "block", "blocked": "block", "reject": "block", "refuse": "block", "unsafe": "block", "true": "block",
    "fail": "block", "failed": "block", "flagged": "block", "triggered": "block",
    "redact": "modify", "mask": "modify", "sanitize": "modify", "rewrite": "modify",
}  # fmt: skip


def verdict(value: Any, _: Context) -> list[str] | None:
    """A guardrail's verdict as the only one of a list; True is that it triggered."""
    said = str(value).lower() if isinstance(value, str | bool) and value != "" else ""
    return [_VERDICTS.get(said, said)] if said else None


def quoted(value: Any, context: Context) -> str | None:
    """A string that may be JSON-encoded once more (MLflow, Langfuse)."""
    return text(parse(value), context) if isinstance(value, str) and value[:1] == '"' else text(value, context)


def content(value: Any, _: Context) -> str | None:
    """A text body: strings as sent, everything else as JSON."""
    if value is None or value == "":
        return None
    return text_of(value)


def body(value: Any, _: Context) -> str | None:
    """A text body, as sent, unless it is an empty placeholder."""
    if value is None or value in ("", [], {}):
        return None
    made = text_of(value)
    return None if made in _EMPTY else made


def result(value: Any, _: Context) -> str | None:
    """What a tool returned, without the envelope of a framework or of MCP."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return repr(value)
    parsed = parse(value)
    unwrapped = unwrap_result(parsed)
    if unwrapped is parsed:
        return value if isinstance(value, str) and not (isinstance(parsed, str)) else text_of(parsed)
    return text_of(unwrapped)


_RESULT_KEYS = ("output", "outputs", "tool_response", "result", "response", "content", "value")


def unwrap_result(value: Any, depth: int = 0) -> Any:
    """The answer inside `ToolMessage`, `{"output": ...}`, MCP content lists and the like."""
    if depth > 6:
        return value
    if isinstance(value, dict):
        kwargs = value.get("kwargs")
        if isinstance(kwargs, dict) and "content" in kwargs and ("lc" in value or "id" in value):
            return unwrap_result(kwargs["content"], depth + 1)
        update = value.get("update")
        if isinstance(update, dict) and isinstance(update.get("messages"), list) and update["messages"]:
            return unwrap_result(update["messages"][-1], depth + 1)
        if value.get("type") in ("tool", "ToolMessage", "tool_result") and "content" in value:
            return unwrap_result(flat_text(value["content"]), depth + 1)
        if "tool_call_id" in value and "content" in value:
            return unwrap_result(flat_text(value["content"]), depth + 1)
        if (
            isinstance(value.get("raw_output"), str | int | float | dict) and "tool_name" in value
        ):  # LlamaIndex ToolOutput
            raw = value["raw_output"]
            return raw if raw != "" else value.get("content")
        flat = flat_text(value)
        if flat is not value:
            return flat
        if len(value) == 1:
            key, only = next(iter(value.items()))
            if key in _RESULT_KEYS:
                return unwrap_result(parse(only) if isinstance(only, str) and only[:1] in "{[" else only, depth + 1)
        if value.get("output") is not None and set(value) <= {"output", "kwargs"}:
            return unwrap_result(value["output"], depth + 1)
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict) and "toolResult" in value[0]:
            return unwrap_result(flat_text(value[0]["toolResult"].get("content")), depth + 1)
        flat = flat_text(value)
        if flat is not value:
            return flat
    return _in_repr(value) if isinstance(value, str) else value


_REPRS = (
    ("content=", " name="),  # LangChain's ToolMessage
    ("status='success' result=", " error="),  # Agno's FunctionExecutionResult
)
"""Where a tool's answer stands in the Python representation of a framework's object: what is before and after it."""


def _in_repr(value: str) -> str:
    for before, after in _REPRS:
        if value.startswith(before) and after in value:
            start = len(before) + 1
            end = value.find(f"{value[start - 1]}{after}", start)
            return value[start:end] if end > 0 else value
    return value


def arguments(value: Any, _: Context) -> str | None:
    """Tool arguments as JSON; envelopes and Python literals are unwrapped, what cannot be parsed stays as sent."""
    if value is None or value == "":
        return None
    parsed = parse(value)
    inner = unwrap_arguments(parsed)
    if inner is parsed:
        if isinstance(value, str) and not isinstance(parsed, str):
            return value
        literal = parse_repr(parsed)
        return text_of(literal)
    return text_of(inner)


def unwrap_arguments(value: Any) -> Any:
    """The arguments inside `{"input_str": "{'city': 'Paris'}", ...}`, `{"name": ..., "args": ...}` and the like."""
    if isinstance(value, dict):
        if isinstance(value.get("input_str"), str):
            inner = parse_repr(value["input_str"])
            return value.get("inputs") if not isinstance(inner, dict | list) and value.get("inputs") else inner
        if isinstance(value.get("kwargs"), dict) and set(value) <= {"args", "kwargs", "sanitize_inputs_outputs"}:
            return value["kwargs"] or value.get("args")
        for key in ("args", "arguments", "input", "tool_input"):
            if key in value and set(value) <= _ARGUMENT_ENVELOPE:
                return unwrap_arguments(parse_repr(value[key]))
        if isinstance(value.get("params"), dict) and "arguments" in value["params"]:  # MCP tools/call
            return value["params"]["arguments"]
    if isinstance(value, list) and len(value) == 1 and isinstance(inner := parse(value[0]), dict):
        return inner  # all named arguments as the only positional one
    return value


_ARGUMENT_ENVELOPE = frozenset({
    "args", "arguments", "input", "tool_input", "name", "tool_name", "type", "id", "tool_call_id", "call_id", "config",
    "inputs", "tool",
})  # fmt: skip


def tool_call_id_inside(value: Any, _: Context) -> str | None:
    """The call id inside a tool's answer or the call that was handed to it."""
    if isinstance(value, str) and "call_id" not in value and '"id"' not in value:
        return None
    found = parse(value)
    for _depth in range(4):
        if isinstance(found, dict):
            call_id = found.get("tool_call_id") or (found.get("id") if found.get("type") == "tool_call" else None)
            if isinstance(call_id, str):
                return call_id
            found = found.get("output") or found.get("kwargs") or found.get("input") or found.get("inputs")
        elif isinstance(found, str):
            found = parse_repr(found)
        else:
            return None
    return None


def number(value: Any, _: Context) -> float | None:
    """A finite number, also where it was sent as text."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


_MOST = 1 << 40
"""No call has so many tokens, and sums over millions of spans with fewer fit 64 bits: beyond them sums begin at 0 again."""


def count(value: Any, _: Context | None = None) -> int | None:
    """A token count; doubles and text are accepted, negative numbers and those that no sum can hold are not."""
    if isinstance(value, int):
        return value if 0 <= value < _MOST and value is not True and value is not False else None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float) and 0 <= value < _MOST:
        return int(value)
    return None


def small(value: Any, _: Context) -> int | None:
    """A count that fits 16 bits."""
    found = count(value)
    return None if found is None else min(found, 65_535)


def flag(value: Any, _: Context) -> int | None:
    """1 for true; false says nothing beyond the default."""
    if isinstance(value, str):
        return 1 if value.strip('"').lower() == "true" else None
    return 1 if value is True or value == 1 else None


def cost(value: Any, context: Context) -> float | None:
    """A cost in US dollars; zero is a missing price list, not a price, and what no decimal sum can hold is no cost."""
    found = number(value, context)
    return found if found is not None and 0 < found < 1e9 else None


def seconds(value: Any, context: Context) -> int | None:
    """Seconds as nanoseconds."""
    found = number(value, context)
    return int(found * 1e9) if found is not None and 0 < found < 1e6 else None


def milliseconds(value: Any, context: Context) -> int | None:
    """Milliseconds as nanoseconds."""
    found = number(value, context)
    return int(found * 1e6) if found is not None and 0 < found < 1e9 else None


def since_start(value: Any, context: Context) -> int | None:
    """An ISO time, possibly quoted, as nanoseconds after the start of the span."""
    stamp = parse(value)
    if not isinstance(stamp, str):
        return None
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    elapsed = int(moment.timestamp() * 1_000_000) * 1000 - context.span.start_ns
    return elapsed if 0 < elapsed < 1 << 62 else None


def nanoseconds(value: Any, _: Context) -> int | None:
    """Nanoseconds as they are."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


def operation(value: Any, _: Context) -> str | None:
    """See `words.operation`."""
    return words.operation(value)


def provider(value: Any, _: Context) -> str | None:
    """See `words.provider`."""
    return words.provider(value)


def strings(value: Any) -> list[str]:
    """A list of strings from an array, a JSON array or a single string."""
    found = parse(value)
    if isinstance(found, str):
        return [found] if found else []
    if isinstance(found, list):
        return [item if isinstance(item, str) else text_of(item) for item in found if item is not None]
    return []


def finish_reasons(value: Any, _: Context) -> list[str] | None:
    """Finish reasons of each choice in the convention's words."""
    if type(value) is list and len(value) == 1:
        only = words.finish_reason(value[0])
        return [only] if only else None
    found = [parse(value)] if isinstance(value, dict) else parse(value)
    items = found if isinstance(found, list) else [found]
    made = [reason for reason in map(words.finish_reason, items) if reason]
    return made or None


def schema(value: Any, _: Context) -> str | None:
    """A JSON Schema as sent."""
    return text_of(value) if value not in (None, "", {}, []) else None


_OUTPUT_TYPES = {"json_object": "json", "object": "json", "json_schema": "json_schema", "json": "json", "text": "text"}


def output_type(value: Any, _: Context) -> str | None:
    """The response format that was asked for."""
    if isinstance(value, str):
        low = value.strip('"').lower()
        return _OUTPUT_TYPES.get(low, low) or None
    return None


PARAMETERS = {
    "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_tokens": "max_tokens", "seed": "seed",
    "frequency_penalty": "frequency_penalty", "presence_penalty": "presence_penalty", "stop_sequences": "stop_sequences",
    "stop": "stop_sequences", "max_output_tokens": "max_tokens", "max_completion_tokens": "max_tokens", "n": "choice_count",
    "maxOutputTokens": "max_tokens", "maxTokens": "max_tokens", "topP": "top_p", "topK": "top_k",
    "frequencyPenalty": "frequency_penalty", "presencePenalty": "presence_penalty", "stopSequences": "stop_sequences",
    "reasoning_effort": "reasoning_effort", "candidate_count": "choice_count", "choice_count": "choice_count",
}  # fmt: skip
PARAMETER_NAMES = PARAMETERS.keys() | {"choice", "reasoning"}
"""All that `parameters` looks at."""


def parameters(value: Any, _: Context) -> str | None:
    """Sampling parameters out of a tree or a JSON object, by the convention's names, as a JSON object."""
    found = parse(value)
    if not isinstance(found, dict):
        return None
    made: dict[str, Any] = {}
    for key, item in found.items():
        name = PARAMETERS.get(key)
        if name is None:
            if key == "choice" and isinstance(item, dict) and isinstance(item.get("count"), int):
                made["choice_count"] = item["count"]
            elif key == "reasoning" and isinstance(item, dict):
                level = item.get("level") or item.get("effort")
                if level:
                    made["reasoning_effort"] = level
            continue
        parsed = parse(item) if isinstance(item, str) else item
        if parsed is None or parsed in ("", [], {}):
            continue
        if isinstance(parsed, float) and not math.isfinite(parsed):
            continue
        made[name] = parsed
    return encode_json(dict(sorted(made.items()))).decode() if made else None


# --- messages --------------------------------------------------------------------------------------------------------


def messages_in(value: Any, context: Context) -> list[Message] | None:
    """Messages that the model saw, where the value is the list itself."""
    return _messages(value, context, "user")


def messages_out(value: Any, context: Context) -> list[Message] | None:
    """Messages that the model answered, where the value is the list itself."""
    return _messages(value, context, "assistant")


def _messages(value: Any, context: Context, role: str) -> list[Message] | None:
    if isinstance(value, str):
        made = context.reader.read_text(value, role)
        if made is None:
            made = encode(canonical(parse_repr(value) if value[:1] in "[{" else value, role))
    else:
        made = encode(canonical(value, role))
    for message in made:
        if message.content or message.finish or b'"parts":[]' not in message.text:
            return made
    return None  # roles alone say nothing; another key may hold the text


def system(value: Any, context: Context) -> str | None:
    """System instructions as text: a plain string, a list of parts or of messages."""
    if isinstance(value, str):
        return context.reader.recall(system_text, value) or None
    return system_text(value) or None


def system_text(value: Any, depth: int = 0) -> str:
    """The text of system instructions in any form."""
    if depth > 6 or value is None:
        return ""
    if isinstance(value, str):
        parsed = parse(value) if value[:1] in '[{"' else value
        if isinstance(parsed, str):
            return parsed
        return system_text(parsed, depth + 1) or value
    if isinstance(value, list):
        return "\n".join(part for part in (system_text(item, depth + 1) for item in value) if part)
    if isinstance(value, dict):
        for key in ("content", "text", "parts", "message", "message_content", "contents"):
            if value.get(key):
                return system_text(value[key], depth + 1)
    return ""


def definitions(value: Any, context: Context) -> dict[str, Any] | None:
    """Tools that were offered: the JSON array as sent, and their names."""
    if isinstance(value, str):
        made: dict[str, Any] | None = context.reader.recall(_definitions, value)
        return made
    return _definitions(value)


def _definitions(value: Any) -> dict[str, Any] | None:
    found = parse(value)
    if isinstance(found, dict):
        found = found.get("tools") or found.get("function_declarations") or [found]
    if not isinstance(found, list) or not found:
        return None
    items = [parse_repr(item) if isinstance(item, str) else item for item in found]
    names = [name for item in items for name in _tool_names(item)]
    if not names:
        return None
    as_sent = value if isinstance(value, str) else encode_json(items).decode()
    return {"tool_definitions": as_sent, "tool_definition_names": names}


_REPR_NAME = re.compile(r"name='([^']+)' description=")


def _tool_names(item: Any) -> list[str]:
    if isinstance(item, str):
        named = _REPR_NAME.match(item)  # CrewAI's tools are logged as their Python representation
        return [named[1] if named else item]
    if not isinstance(item, dict):
        return []
    for key in ("tool", "json_schema", "toolSpec", "function", "data"):  # OpenInference, Bedrock, OpenAI, Haystack
        inner = parse(item.get(key))
        if isinstance(inner, dict):
            return _tool_names(inner)
    for key in ("function_declarations", "functionDeclarations", "tools"):
        if isinstance(item.get(key), list):
            return [name for inner in item[key] for name in _tool_names(inner)]
    for key in ("name", "title", "type"):
        if isinstance(item.get(key), str) and item[key]:
            return [item[key]]
    return []
