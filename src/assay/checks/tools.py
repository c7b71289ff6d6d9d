"""Checks of tool calls: what the model asked for, and what came of it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from assay.checks.check import Check, Spans
from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.output import validator_of

_ERROR_RESULT = re.compile(
    r'^\s*(?:\{\s*"(?:error|errors|exception)"\s*:\s*(?!null|false|""|\[\]|\{\})|(?:error|exception|traceback)\b)|"is_?error"\s*:\s*true',
    re.IGNORECASE,
)
_BLAME = re.compile(
    r"validation errors?\b|(?:field|property|parameter|argument|input)s? (?:is |are )?(?:required|missing)|required (?:field|property|parameter|argument)|"
    r"(?:missing|unexpected|unknown|invalid|unrecogni[sz]ed) (?:\d+ )?(?:required )?(?:positional |keyword )?(?:argument|parameter|propert(?:y|ies)|field|input)|"
    r"invalid (?:type|value|format|enum) for|is not (?:of type|one of|a valid)|does not match (?:the )?schema|additional propert",
    re.IGNORECASE,
)
"""How tools and their frameworks say that they cannot be called like this."""
_TIMEOUT = re.compile(r"time[d ]?-?\s?out|deadline exceeded", re.IGNORECASE)


def _offered(spans: Spans) -> list[int]:
    return spans.filled("tool_call_names", spans.filled("tool_definition_names", spans.calls))


def _not_offered(spans: Spans, rows: list[int]) -> list[int]:
    called, offered = spans.columns["tool_call_names"], spans.columns["tool_definition_names"]
    return [row for row in rows if not set(called[row]) <= set(offered[row])]


def _is_offered(name: str, offered: list[str]) -> bool:
    """Some senders write a whole definition where the name belongs, or no name at a call."""
    return not name or name in offered or any(len(one) > len(name) + 8 and name in one for one in offered)


def _unknown(spans: Spans, row: int) -> Iterator[Evidence]:
    offered = spans.columns["tool_definition_names"][row]
    for name in spans.columns["tool_call_names"][row]:
        if not _is_offered(name, offered):
            yield compared(called=name, offered=", ".join(offered)[:200])


def _called(spans: Spans) -> list[int]:
    return spans.filled("tool_call_arguments", spans.calls)


def _bad_arguments(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    schemas = schemas_of(spans.texts.raw(columns["tool_definitions"][row]))
    for index, (name, found) in enumerate(
        zip(columns["tool_call_names"][row], columns["tool_call_arguments"][row], strict=False)
    ):
        raw = spans.facts(found).raw
        if not raw.strip():
            continue
        where = f"tool_call_arguments[{index}]"
        try:
            value = msgspec.json.decode(raw)
        except msgspec.MsgspecError as error:
            text = raw.decode("utf-8", "replace")
            yield quote(where, text, (0, len(text)), found, f"{name}: {error}"[:160])
            continue
        validator = validator_of(schemas[name]) if name in schemas else None
        violated = next(validator.iter_errors(value), None) if validator is not None else None
        if violated is not None:
            text = raw.decode("utf-8", "replace")
            path = "/".join(str(step) for step in violated.instance_path)
            yield quote(where, text, (0, len(text)), found, f"{name}: at '{path}': {violated.message[:160]}")


@lru_cache(512)
def schemas_of(definitions: bytes) -> dict[str, bytes]:
    """Parameter schemas by tool name, from definitions as providers write them."""
    try:
        value = msgspec.json.decode(definitions)
    except msgspec.MsgspecError:
        return {}
    found: dict[str, bytes] = {}
    for item in value if isinstance(value, list) else [value]:
        one = _object(item)
        one = one.get("function", one) if isinstance(one.get("function"), dict) else one
        schema = next(
            (
                one[key]
                for key in ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
                if isinstance(one.get(key), dict)
            ),
            None,
        )
        if schema is not None and isinstance(schema.get("json"), dict):
            schema = schema["json"]
        if schema is not None and isinstance(one.get("name"), str):
            found[one["name"]] = msgspec.json.encode(schema)
    return found


def _object(item: Any) -> dict[str, Any]:
    if isinstance(item, str):
        try:
            item = msgspec.json.decode(item.encode("utf-8", "replace"))
        except msgspec.MsgspecError:
            return {}
    return item if isinstance(item, dict) else {}


def _ran(spans: Spans) -> list[int]:
    return spans.tools


def _failed(spans: Spans, rows: list[int]) -> list[int]:
    status, errors = spans.columns["status"], spans.columns["error_type"]
    return [row for row in rows if status[row] == "error" or errors[row] or _failed_result(spans, row)]


def _says_timeout(spans: Spans, row: int) -> bool:
    columns = spans.columns
    if columns["error_type"][row] == "timeout":
        return True
    said = f"{columns['error_class'][row]} {columns['status_message'][row]}"
    return bool(
        _TIMEOUT.search(said)
        or (_failed_result(spans, row) and _TIMEOUT.search(spans.facts(columns["tool_result"][row]).text))
    )


def _failed_result(spans: Spans, row: int) -> bool:
    start = spans.facts(spans.columns["tool_result"][row]).raw[:400]
    if not any(word in start.lower() for word in (b"error", b"exception", b"traceback")):
        return False
    return _ERROR_RESULT.search(start.decode("utf-8", "replace")) is not None


def _blames_arguments(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    found = columns["tool_result"][row]
    message, result = columns["status_message"][row], spans.facts(found).text[:400]
    if _BLAME.search(message):
        yield compared(note=message[:160], tool=columns["tool_name"][row], error=columns["error_class"][row])
    elif columns["status"][row] != "error" and (blame := _BLAME.search(result)):
        yield quote("tool_result", result, blame.span(), found, columns["tool_name"][row])


def _tool_error(spans: Spans, row: int) -> Iterator[Evidence]:
    if not _says_timeout(spans, row):
        yield from _failure(spans, row)


def _tool_timeout(spans: Spans, row: int) -> Iterator[Evidence]:
    if _says_timeout(spans, row):
        yield from _failure(spans, row)


def _failure(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    if columns["status"][row] == "error" or columns["error_type"][row]:
        yield compared(
            note=columns["status_message"][row][:120], tool=columns["tool_name"][row],
            error=columns["error_class"][row] or columns["error_type"][row], duration_ms=columns["duration_ns"][row] // 1_000_000,
        )  # fmt: skip
    elif _failed_result(spans, row):
        text = spans.facts(columns["tool_result"][row]).text
        yield quote("tool_result", text, (0, len(text)), columns["tool_result"][row], columns["tool_name"][row])


CHECKS = (
    Check(
        "tools.unknown",
        "tool_failure.unknown_tool",
        1,
        _offered,
        _unknown,
        _not_offered,
        stage="generation",
        confidence=0.97,
    ),
    Check(
        "tools.arguments", "tool_failure.bad_arguments", 1, _called, _bad_arguments, stage="generation", confidence=0.97
    ),
    Check(
        "tools.rejected",
        "tool_failure.bad_arguments",
        1,
        _ran,
        _blames_arguments,
        _failed,
        stage="generation",
        confidence=0.9,
    ),
    Check("tools.error", "tool_failure.tool_error", 1, _ran, _tool_error, _failed, confidence=0.95),
    Check("tools.timeout", "tool_failure.tool_timeout", 1, _ran, _tool_timeout, _failed, confidence=0.95),
)
