"""Messages of any sender, in the convention's form.

In comes what a sender calls messages: the convention's own parts, OpenAI chat and Responses items, Anthropic, Gemini,
Bedrock Converse, AI SDK, LangChain constructors, Genkit, Haystack, LlamaIndex, flattened keys that were put back into a
tree. Out come `Message` values: the canonical JSON bytes and what other columns are derived from. Nothing is lost that
a person would read; what has no part type becomes a `generic` part.
"""

import ast
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from assay.spans.bodies import Splitter, decode_json, encode_json

MAX_DEPTH = 24


class Call(NamedTuple):
    """A tool call that the model asked for."""

    name: str
    id: str
    arguments: str


class Message(msgspec.Struct, frozen=True, gc=False):
    """One canonical message."""

    text: bytes
    """The convention's JSON message."""
    role: str
    content: str
    """Its text parts joined by newlines."""
    calls: tuple[Call, ...]
    finish: str


ROLES = {
    "human": "user", "humanmessage": "user", "humanmessagechunk": "user", "chatrole.user": "user",
    "ai": "assistant", "aimessage": "assistant", "aimessagechunk": "assistant", "model": "assistant",
    "chatrole.assistant": "assistant", "bot": "assistant", "tool-call": "assistant", "tool-response": "user",
    "systemmessage": "system", "developer": "system", "chatrole.system": "system", "systemmessagechunk": "system",
    "toolmessage": "tool", "function": "tool", "tool_response": "tool", "functionmessage": "tool",
    "chatrole.tool": "tool", "toolmessagechunk": "tool",
}  # fmt: skip

_STANDARD_PARTS = frozenset({"text", "tool_call", "tool_call_response", "reasoning", "blob", "uri", "file", "generic"})
_ROLE_NAMES = frozenset({"user", "assistant", "system", "tool"})


def text_of(value: Any) -> str:
    """A value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return encode_json(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError):
        return str(value)


def parse(value: Any) -> Any:
    """The JSON inside a string, once or twice encoded; the string itself where it is not JSON. Bytes are read as text
    where they are text: LangSmith 0.3 sends its JSON in them."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return value
    for _ in range(3):
        if not isinstance(value, str):
            return value
        head = value[:1]
        if head not in '[{"' or not head:
            return value
        try:
            value = decode_json(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return value
    return value


def parse_repr(value: Any) -> Any:
    """Like `parse`, and Python literals too (`{'city': 'Paris'}`), as some libraries send them."""
    parsed = parse(value)
    if isinstance(parsed, str) and parsed[:1] in ("{", "[", "(") and len(parsed) < 100_000:
        try:
            value = ast.literal_eval(parsed)
            encode_json(value)  # a literal may hold what JSON cannot: lone surrogates, complex numbers, huge integers
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError, OverflowError, msgspec.MsgspecError):
            return parsed
        return value
    return parsed


# --- parts -----------------------------------------------------------------------------------------------------------


def _text(content: Any) -> dict[str, Any]:
    return {"type": "text", "content": content if isinstance(content, str) else text_of(content)}


def _call(name: Any, call_id: Any, arguments: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "tool_call", "name": text_of(name)}
    if call_id:
        part["id"] = text_of(call_id)
    part["arguments"] = arguments
    return part


def _response(call_id: Any, response: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "tool_call_response"}
    if call_id:
        part["id"] = text_of(call_id)
    part["response"] = flat_text(response)
    return part


def flat_text(value: Any) -> Any:
    """A tool's answer without its wrapping: a list of text parts becomes the text; anything else stays."""
    if isinstance(value, dict) and set(value) == {"result"}:
        return value["result"]  # Gemini and ADK wrap what a function returned
    if isinstance(value, list) and value:
        texts = [_text_in(part) for part in value]
        if all(text is not None for text in texts):
            return "\n".join(text for text in texts if text is not None)
        if len(value) == 1 and isinstance(value[0], dict) and set(value[0]) == {"json"}:
            return value[0]["json"]
    if isinstance(value, dict):
        if set(value) == {"type", "value"}:  # AI SDK: {"type": "text" | "json", "value": ...}
            return value["value"]
        failed = value.get("isError") or value.get("is_error")
        if "content" in value and isinstance(value["content"], list) and set(value) <= _MCP_RESULT and not failed:
            return flat_text(value["content"])
        text = _text_in(value)
        if text is not None:
            return text
    return value


_MCP_RESULT = frozenset({"content", "isError", "_meta", "meta", "structuredContent", "structured_content", "is_error"})


def _text_in(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        text = part.get("text", part.get("content"))
        if isinstance(text, str) and part.get("type", "text") in ("text", "input_text", "output_text"):
            rest = set(part) - {"text", "content", "type", "annotations", "meta", "_meta", "logprobs", "id"}
            return text if not rest else None
    return None


def part_of(part: Any) -> list[dict[str, Any]]:
    """One content part of any sender as the convention's parts."""
    if isinstance(part, str):
        return [_text(part)]
    if isinstance(part, list):
        return [p for item in part for p in part_of(item)]
    if not isinstance(part, dict):
        return [] if part is None else [_text(text_of(part))]
    if isinstance(part.get("tool_call"), dict):
        return [call_of(part["tool_call"])]
    inner = part.get("message_content")  # OpenInference; beside a call it only says that there is one
    if isinstance(inner, dict):
        return part_of(inner)
    if isinstance(part.get("tool_call_result"), dict):  # Haystack
        result = part["tool_call_result"]
        origin = result.get("origin") if isinstance(result.get("origin"), dict) else {}
        return [_response(origin.get("id"), result.get("result"))]
    kind = part.get("type") or part.get("block_type") or part.get("kind")
    if not isinstance(kind, str):
        kind = ""
    if kind in ("text", "input_text", "output_text", "summary_text"):
        text = part.get("content", part.get("text"))
        return [_text(text)] if text is not None else []
    if kind in ("thinking", "reasoning", "redacted_thinking", "reasoning_text"):
        text = part.get("content") or part.get("thinking") or part.get("text") or part.get("reasoning")
        if not text and part.get("summary"):
            text = flat_text(part["summary"])
        return [{"type": "reasoning", "content": text if isinstance(text, str) else text_of(text or "")}]
    if kind in ("tool_call", "tool_use", "tool-call", "function_call", "custom_tool_call", "server_tool_use"):
        return [call_of(part)]
    if kind in ("tool_call_response", "tool_result", "tool-result", "function_call_output", "tool_response"):
        call_id = part.get("id") or part.get("tool_use_id") or part.get("toolCallId") or part.get("call_id")
        call_id = call_id or part.get("tool_call_id")
        for key in ("response", "result", "output", "content"):
            if key in part:
                return [_response(call_id, part[key])]
        return [_response(call_id, "")]
    if kind == "refusal":
        return [{"type": "text", "content": text_of(part.get("refusal") or part.get("content"))}]
    if kind in _STANDARD_PARTS:
        return [part]
    if kind in ("image_url", "input_image", "image", "file", "audio", "input_audio", "document"):
        return [_media(part, kind)]
    for key, make in _BARE.items():
        if key in part:
            made = make(part[key], part)
            if made is not None:
                return made
    if isinstance(part.get("content"), str) and not kind:
        return [_text(part["content"])]
    if isinstance(part.get("data"), dict | list) and part.keys() <= {"data", "metadata"}:  # Genkit's structured answer
        return [_text(text_of(part["data"]))]
    return [{"type": "generic", "generic_type": kind or "unknown", "content": part}]


def _media(part: dict[str, Any], kind: str) -> dict[str, Any]:
    modality = "image" if "image" in kind else "audio" if "audio" in kind else "file"
    url = part.get("image_url") or part.get("url") or part.get("image") or part.get("data") or part.get("source")
    if isinstance(url, dict):
        url = url.get("url") or url.get("data") or url.get("image")
        if isinstance(url, dict):
            url = url.get("url")
    if isinstance(url, str):
        return {"type": "uri", "modality": modality, "uri": url}
    return {"type": "generic", "generic_type": kind, "content": part}


def _bare_call(value: Any, _: dict[str, Any]) -> list[dict[str, Any]] | None:
    return [call_of(value)] if isinstance(value, dict) else None


def _bare_response(value: Any, _: dict[str, Any]) -> list[dict[str, Any]] | None:
    if not isinstance(value, dict):
        return None
    call_id = value.get("id") or value.get("toolUseId") or value.get("ref") or value.get("call_id")
    for key in ("response", "output", "content", "result"):
        if key in value:
            answer = value[key]
            if key == "response" and isinstance(answer, dict) and len(answer) == 1 and "result" in answer:
                answer = answer["result"]  # Gemini wraps what a function returned
            return [_response(call_id, answer)]
    return [_response(call_id, value)]


def _bare_text(value: Any, part: dict[str, Any]) -> list[dict[str, Any]] | None:
    if not isinstance(value, str):
        return None
    return [{"type": "reasoning", "content": value}] if part.get("thought") is True else [_text(value)]


def _bare_reasoning(value: Any, _: dict[str, Any]) -> list[dict[str, Any]] | None:
    if isinstance(value, dict):
        value = value.get("reasoningText", value.get("reasoning_text", value))
        value = value.get("text", value) if isinstance(value, dict) else value
    return [{"type": "reasoning", "content": text_of(value)}]


_BARE = {
    "functionCall": _bare_call, "function_call": _bare_call, "toolUse": _bare_call, "toolRequest": _bare_call,
    "functionResponse": _bare_response, "function_response": _bare_response, "toolResult": _bare_response,
    "toolResponse": _bare_response, "reasoningContent": _bare_reasoning, "reasoning": _bare_reasoning,
    "text": _bare_text,
}  # fmt: skip
"""Gemini, Bedrock Converse and Genkit name a part by its only key."""


def call_of(call: dict[str, Any]) -> dict[str, Any]:
    """A tool call of any sender as the convention's part. Arguments stay as sent: an object or a string."""
    call = call["tool_call"] if isinstance(call.get("tool_call"), dict) else call
    function = call.get("function")
    named = function if isinstance(function, dict) else call
    name = named.get("name") or named.get("toolName") or named.get("tool_name") or named.get("function_name")
    if not name and isinstance(function, str):
        name = function
    call_id = call.get("id") or call.get("call_id") or call.get("toolCallId") or call.get("toolUseId")
    call_id = call_id or call.get("ref") or call.get("tool_call_id")
    if call.get("type") in ("function_call", "custom_tool_call") and call.get("call_id"):
        call_id = call["call_id"]  # Responses items have an id of their own beside the call's
    arguments: Any = None
    if isinstance(named.get("toolInput"), dict):
        arguments = named["toolInput"]
    for key in ("arguments", "args", "input", "tool_kwargs", "parameters"):
        if named.get(key) is not None:
            arguments = named[key]
            break
    if isinstance(arguments, str) and arguments[:1] in ("{", "["):
        arguments = parse(arguments)
    if isinstance(arguments, dict) and len(arguments) == 1 and isinstance(arguments.get("raw"), str):
        arguments = arguments["raw"]  # OpenLIT's envelope of arguments that are no JSON
    return _call(name, call_id, {} if arguments is None else arguments)


_REPR_MESSAGE = re.compile(r"ChatMessage\(_role=<ChatRole\.\w+: '(\w+)'>, _content=\[")
_REPR_PART = re.compile(
    r"TextContent\(text=(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|ToolCall\(tool_name='(?P<name>[^']*)', arguments=(?P<arguments>\{.*?\}), id='(?P<id>[^']*)'"
    r"|ToolCallResult\(result=(?P<result>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
)


def from_repr(text: str) -> list[dict[str, Any]]:
    """Messages in the Python representation of Haystack's `ChatMessage` objects, which its agents log."""
    starts = list(_REPR_MESSAGE.finditer(text))
    made = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        inside = text[start.end() : following.start() if following else len(text)]
        parts: list[dict[str, Any]] = []
        for found in _REPR_PART.finditer(inside):
            if found["text"] is not None:
                parts.append(_text(ast.literal_eval(found["text"])))
            elif found["name"] is not None:
                parts.append(_call(found["name"], found["id"], parse_repr(found["arguments"])))
            else:
                parts.append(_response(None, ast.literal_eval(found["result"])))
        made.append({"role": start[1], "parts": parts})
    return made


# --- messages --------------------------------------------------------------------------------------------------------


def role_of(value: Any, otherwise: str) -> str:
    """A role in the convention's words."""
    if isinstance(value, dict):
        value = value.get("value")
    if not isinstance(value, str) or not value:
        return otherwise
    low = value.lower()
    low = low.rpartition(".")[2] if "role." in low and low not in ROLES else low
    low = ROLES.get(low, low)
    return otherwise if low == "unknown" else low


def canonical(item: Any, role: str, depth: int = 0) -> list[dict[str, Any]]:
    """Messages in one element of any sender, as the convention's dicts; `role` where it says none."""
    if depth > MAX_DEPTH or item is None:
        return []
    if isinstance(item, str):
        parsed = parse(item)
        if isinstance(parsed, dict | list) and _looks_like_message(parsed):
            return canonical(parsed, role, depth + 1)
        return [{"role": role, "parts": [_text(item)]}] if item else []
    if isinstance(item, list):
        if len(item) == 2 and isinstance(item[0], str) and item[0].lower() in _PAIR_ROLES and isinstance(item[1], str):
            return [{"role": role_of(item[0], role), "parts": [_text(item[1])]}]  # LangChain's ("human", "text")
        if item and all(_is_part(part) for part in item):
            return canonical({"role": role, "content": item}, role, depth + 1)
        return _merge_items([m for part in item for m in canonical(part, role, depth + 1)], item)
    if not isinstance(item, dict):
        return [{"role": role, "parts": [_text(text_of(item))]}]
    return _canonical_dict(item, role, depth)


_PAIR_ROLES = frozenset({"human", "user", "ai", "assistant", "system", "tool"})


def _is_part(part: Any) -> bool:
    """An element that is content of a message rather than a message."""
    if not isinstance(part, dict) or "role" in part or "message" in part:
        return False
    kind = part.get("type")
    if kind in ("function_call", "function_call_output", "message", "reasoning", "human", "ai", "tool", "system"):
        return False
    return (isinstance(kind, str) and kind in _PART_KINDS) or any(key in part for key in _BARE)


_PART_KINDS = frozenset({
    "text", "input_text", "output_text", "image_url", "input_image", "image", "tool_use", "tool_result", "tool-call",
    "tool-result", "thinking", "tool_call", "tool_call_response", "refusal", "file",
})  # fmt: skip


def _looks_like_message(parsed: Any) -> bool:
    if isinstance(parsed, list):
        return bool(parsed) and all(
            isinstance(p, dict) and (_is_part(p) or "role" in p or "parts" in p) for p in parsed
        )
    return (
        isinstance(parsed, dict)
        and ("role" in parsed or "parts" in parsed)
        and ("content" in parsed or "parts" in parsed)
    )


def _merge_items(messages: list[dict[str, Any]], items: list[Any]) -> list[dict[str, Any]]:
    """Responses items of one answer (reasoning, calls, text) are one assistant message."""
    if not any(isinstance(i, dict) and i.get("type") in ("function_call", "reasoning", "message") for i in items):
        return messages
    merged: list[dict[str, Any]] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last is not None and last["role"] == message["role"] == "assistant":
            last["parts"] = last["parts"] + message["parts"]
        else:
            merged.append(message)
    return merged


def _canonical_dict(item: dict[str, Any], role: str, depth: int) -> list[dict[str, Any]]:
    if "kwargs" in item and ("lc" in item or item.get("type") == "constructor"):
        kwargs = item["kwargs"] if isinstance(item["kwargs"], dict) else {}
        if "content" not in kwargs:
            return []  # a prompt or a parser, no message
        name = item["id"][-1] if isinstance(item.get("id"), list) and item["id"] else ""
        return canonical(
            {**kwargs, "role": kwargs.get("role") or role_of(name, kwargs.get("type", ""))}, role, depth + 1
        )
    event = item.get("event.name")
    if isinstance(event, str):
        return _from_event(event, item, role, depth)
    kind = item.get("type")
    if kind in ("function_call", "custom_tool_call"):
        return [{"role": "assistant", "parts": [call_of(item)]}]
    if kind in ("function_call_output", "custom_tool_call_output"):
        return [{"role": "tool", "parts": [_response(item.get("call_id"), item.get("output"))]}]
    if kind == "reasoning" and "role" not in item:
        return [{"role": "assistant", "parts": part_of(item)}]
    inner = item.get("message", item.get("delta"))
    if isinstance(inner, dict | str) and inner:
        made = canonical(inner, "assistant" if "finish_reason" in item or "index" in item else role, depth + 1)
        extra = item.get("tool_calls")
        if made and isinstance(extra, list) and not (isinstance(inner, dict) and inner.get("tool_calls")):
            made[-1]["parts"] = made[-1]["parts"] + [call_of(c) for c in extra if isinstance(c, dict)]
        return _finish(made, item)
    content = item.get("content")
    if isinstance(content, dict) and "parts" in content:  # a Gemini candidate
        return _finish(canonical(content, "assistant", depth + 1), item)
    if "data" in item and isinstance(item["data"], dict) and kind in _PAIR_ROLES:  # LangChain messages_to_dict
        return canonical({**item["data"], "role": kind}, role, depth + 1)
    said = item.get("role") or item.get("_role")
    if not said and isinstance(kind, str) and kind.lower() in ROLES | dict.fromkeys(_ROLE_NAMES):
        said = kind
    spoken = role_of(said, role)
    if "additional_kwargs" in item and spoken not in _ROLE_NAMES:  # Langfuse JS: a LangChain tool speaks under its name
        return _canonical_dict({**item, "role": "tool", "name": said}, role, depth)
    parts: list[dict[str, Any]] = []
    reasoning = item.get("reasoning_content") or item.get("reasoning")
    if reasoning and isinstance(reasoning, str | list):
        if isinstance(reasoning, str):
            reasoning = parse(reasoning)
        parts.append({"type": "reasoning", "content": text_of(flat_text(reasoning))})
    if "parts" in item and isinstance(item["parts"], list):
        body: Any = item["parts"]
    else:
        body = content
        for key in ("_content", "contents", "blocks", "text"):
            if body is None or body == "":
                body = item.get(key, body)
    call_id = item.get("tool_call_id") or item.get("toolCallId")
    if call_id and spoken == "user":
        spoken = "tool"  # Anthropic's API has a user say what a tool returned
    if spoken == "tool" and not call_id:
        call_id = item.get("id") if not isinstance(item.get("id"), list) else None
    body = parse(body) if isinstance(body, str) and _json_parts(body) else body
    if spoken == "tool" and not _has_response(body):
        if body is not None:
            parts.append(_response(call_id, body))
    elif body is not None and body != "":
        parts.extend(part_of(body))
    calls = item.get("tool_calls") or item.get("toolCalls")
    if not calls and isinstance(item.get("additional_kwargs"), dict):
        calls = item["additional_kwargs"].get("tool_calls")  # LangChain's copy of what OpenAI answered
    if isinstance(calls, str):
        calls = parse(calls)
    if isinstance(calls, list):
        have = {part.get("id") for part in parts if part["type"] == "tool_call"}
        for call in calls:
            if isinstance(call, dict):
                made_call = call_of(call)
                if made_call.get("id") is None or made_call["id"] not in have:
                    parts.append(made_call)
    function = item.get("function_call")
    if isinstance(function, dict) and function and not calls:
        parts.append(call_of(function))
    refusal = item.get("refusal")
    if isinstance(refusal, str) and refusal and refusal != content:
        parts.append(_text(refusal))
    if not parts and not said and "parts" not in item and "content" not in item:
        return []
    message: dict[str, Any] = {"role": spoken, "parts": parts}
    if isinstance(item.get("name"), str) and item["name"]:
        message["name"] = item["name"]
    return _finish([message], item)


def _json_parts(text: str) -> bool:
    """A string that holds a JSON list of parts (Traceloop, Strands), not a text that happens to be JSON."""
    return text[:2] == "[{" and text[-2:] == "}]" and ('"type"' in text or '"text"' in text or '"tool' in text)


def _has_response(body: Any) -> bool:
    return isinstance(body, list) and any(
        isinstance(p, dict)
        and (
            p.get("type") in ("tool_call_response", "tool_result", "tool-result", "function_call_output")
            or any(
                k in p
                for k in ("toolResult", "toolResponse", "functionResponse", "function_response", "tool_call_result")
            )
        )
        for p in body
    )


_EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}


def _from_event(event: str, item: dict[str, Any], role: str, depth: int) -> list[dict[str, Any]]:
    """The convention's old per-message events, whose names carry the role."""
    rest = {key: value for key, value in item.items() if key != "event.name"}
    spoken = _EVENT_ROLES.get(event, role)
    unsaid = "role" not in rest and "message" not in rest
    if unsaid or (spoken != role_of(rest.get("role"), spoken) and event != "gen_ai.choice"):
        rest["role"] = spoken
    return canonical(rest, spoken, depth + 1)


def _finish(made: list[dict[str, Any]], item: dict[str, Any]) -> list[dict[str, Any]]:
    reason = None
    for key in ("finish_reason", "finishReason", "stop_reason", "stopReason"):
        if isinstance(item.get(key), str) and item[key]:
            reason = item[key]
            break
    if reason is None:
        for key in ("response_metadata", "meta", "_meta", "generation_info"):
            meta = item.get(key)
            if isinstance(meta, dict):
                reason = meta.get("finish_reason") or meta.get("stop_reason") or reason
    if made and isinstance(reason, str) and reason:
        made[-1]["finish_reason"] = reason
    return made


def summary(message: dict[str, Any], text: bytes) -> Message:
    """A canonical dict and its bytes as a `Message`."""
    calls: list[Call] = []
    texts: list[str] = []
    for part in message["parts"]:
        kind = part.get("type")
        if kind == "text":
            content = part.get("content")
            if isinstance(content, str):
                texts.append(content)
        elif kind == "tool_call":
            calls.append(Call(text_of(part.get("name")), text_of(part.get("id")), text_of(part.get("arguments"))))
    finish = message.get("finish_reason")
    return Message(text, message["role"], "\n".join(texts), tuple(calls), finish if isinstance(finish, str) else "")


def encode(messages: list[dict[str, Any]]) -> list[Message]:
    """Canonical dicts as `Message` values."""
    return [summary(message, encode_json(message)) for message in messages]


class _PlainPart(msgspec.Struct, gc=False):
    type: str
    content: Any = None


class _PlainMessage(msgspec.Struct, gc=False):
    role: str
    parts: list[_PlainPart]
    finish_reason: str | None = None


_decode_plain = msgspec.json.Decoder(_PlainMessage).decode


class _Part(msgspec.Struct, gc=False):
    type: str
    content: Any = None
    name: Any = None
    id: Any = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    response: msgspec.Raw = msgspec.Raw(b"")


class _Message(msgspec.Struct, gc=False):
    role: str
    parts: list[_Part]
    finish_reason: str | None = None


_decode_message = msgspec.json.Decoder(_Message).decode
_WRAPPED = (b'{"result"', b'{"raw"')
"""Envelopes that `canonical` takes off; a message with one is not in its final form."""


def _as_sent(chunk: bytes) -> Message | None:
    """A message that is in the convention's form already, with the very bytes that were sent; else None."""
    if b"\\" in chunk and b"\\u" in chunk:  # one byte is found ten times as fast as two
        return None
    try:
        plain = _decode_plain(chunk)
        role, parts = plain.role, plain.parts
        if len(parts) == 1 and role in _ROLE_NAMES:
            content = parts[0].content
            if type(content) is str and parts[0].type == "text" and role != "tool":
                return Message(chunk, role, content, (), plain.finish_reason or "")
        message = _decode_message(chunk)
    except msgspec.MsgspecError:
        return None
    role = message.role
    if role not in _ROLE_NAMES:
        return None
    texts: list[str] = []
    calls: list[Call] = []
    for part in message.parts:
        kind, content = part.type, part.content
        if kind == "text":
            if type(content) is not str or role == "tool":  # OpenLIT's answer of a tool is a text
                return None
            texts.append(content)
        elif kind == "tool_call":
            arguments = bytes(part.arguments)
            if type(part.name) is not str or arguments.startswith(_WRAPPED):
                return None
            if arguments[:1] == b'"':
                arguments = decode_json(arguments).encode("utf-8", "replace")
            calls.append(Call(part.name, text_of(part.id), "" if arguments == b"null" else arguments.decode()))
        elif kind == "tool_call_response":
            response = bytes(part.response)
            if not response or response.startswith(_WRAPPED):
                return None
        elif kind == "reasoning":
            if type(content) is not str:
                return None
        elif kind not in _STANDARD_PARTS:
            return None
    content = texts[0] if len(texts) == 1 else "\n".join(texts)
    return Message(chunk, role, content, tuple(calls), message.finish_reason or "")


def _convert(chunk: bytes, role: str) -> tuple[Message, ...] | None:
    """The messages in one element of an array that is not `_as_sent`; None where it is no message by itself."""
    item = decode_json(chunk)
    if not isinstance(item, dict) or ("role" not in item and "message" not in item and "lc" not in item):
        return None
    return tuple(encode(canonical(item, role)))


_MAX_RECALLED_CHARACTERS = 8 * 1024 * 1024


class Reader:
    """Reads message lists, and remembers conversions with the pieces: conversations repeat their turns."""

    def __init__(self, splitter: Splitter) -> None:
        self.splitter = splitter
        self._recalled: dict[tuple[Callable[[str], Any], str], Any] = {}
        self._recalled_characters = 0

    def recall(self, read: Callable[[str], Any], text: str) -> Any:
        """`read(text)`; for texts that the calls of an application share, such as system prompts and tools."""
        key = (read, text)
        if key in self._recalled:
            return self._recalled[key]
        self._recalled_characters += 3 * len(text) + 200
        if self._recalled_characters > _MAX_RECALLED_CHARACTERS:
            self._recalled.clear()
            self._recalled_characters = 0
        made = self._recalled[key] = read(text)
        return made

    def read_text(self, text: str, role: str) -> list[Message] | None:
        """Messages in a JSON array; None where the text is not one, so that the caller looks inside."""
        if text[:1] != "[":
            return None
        parts = self.splitter.split(text)
        if parts.open != b"[":
            return self._read_small(text, role)
        found: list[Message] = []
        for piece in parts.pieces:
            known = piece.messages
            made = known.get(role) if known is not None else None
            if made is None:
                as_sent = _as_sent(piece.text)
                made = (as_sent,) if as_sent is not None else _convert(piece.text, role)
                if made is None:
                    return self._read_small(text, role)
                piece.messages = {role: made} if known is None else {**known, role: made}
            found += made
        return found

    def _read_small(self, text: str, role: str) -> list[Message] | None:
        try:
            items = decode_json(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return encode(canonical(items, role))
