"""Checks of tool calls: what the model asked for, and what came of it."""

import contextlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from assay.checks.check import Check, Spans
from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.output import validator_of
from assay.checks.serving import TIMED_OUT
from assay.checks.tool_result import failed

_BLAME = re.compile(
    r"validation errors?\b|(?:field|property|parameter|argument|input)s? (?:is |are )?(?:required|missing)|required (?:field|property|parameter|argument)|"
    r"(?:missing|unexpected|unknown|invalid|unrecogni[sz]ed) (?:\d+ )?(?:required )?(?:positional |keyword )?(?:argument|parameter|propert(?:y|ies)|field|input)|"
    r"invalid (?:type|value|format|enum|arguments?) (?:for|to|in)|is not (?:of type|one of|a valid (?!tool|function|action|command|operation|agent))|does not match (?:the )?schema|"
    r"additional propert|should be (?:a valid|one of)|must be (?:of type|one of|an? (?:string|number|integer|boolean|array|object|list)\b)|(?:argument|parameter|schema) validation (?:error|fail)|"
    r"schema validation|wrong type|(?:could not|couldn't|failed to|cannot) (?:parse|decode) (?:the )?(?:tool )?(?:arguments?|parameters?|inputs?)|expecting property name|json ?decode ?error.{0,40}arguments?",
    re.IGNORECASE,
)
"""How tools and their frameworks say that they cannot be called like this."""


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


_WRAPPERS = ("tool", "json_schema", "function", "toolSpec", "tool_spec", "spec")
_LISTS = ("functionDeclarations", "function_declarations", "tools", "functions")
_SCHEMAS = (
    "parameters",
    "input_schema",
    "inputSchema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "args_schema",
    "schema",
)


@lru_cache(512)
def schemas_of(definitions: bytes) -> dict[str, bytes]:
    """Parameter schemas by tool name, from definitions as providers and libraries write them, wrapped and quoted."""
    found: dict[str, bytes] = {}
    _collect(_opened(definitions.decode("utf-8", "replace")), found, 6)
    return found


def _collect(item: Any, into: dict[str, bytes], depth: int) -> None:
    item = _opened(item)
    if isinstance(item, list) and depth:
        for one in item:
            _collect(one, into, depth - 1)
        return
    if not isinstance(item, dict):
        return
    name = item.get("name")
    schema = next((one for key in _SCHEMAS if isinstance(one := _opened(item.get(key)), dict)), None)
    if isinstance(name, str) and schema is not None:
        into[name] = msgspec.json.encode(schema["json"] if isinstance(schema.get("json"), dict) else schema)
    elif depth:
        for key in (*_WRAPPERS, *_LISTS):
            if isinstance(inner := _opened(item.get(key)), dict | list):
                _collect(inner, into, depth - 1)


def _opened(item: Any) -> Any:
    """What a text of JSON holds; anything else as it is."""
    if isinstance(item, str) and item.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(item.encode("utf-8", "replace"))
    return item


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
        TIMED_OUT.search(said)
        or (_failed_result(spans, row) and TIMED_OUT.search(spans.facts(columns["tool_result"][row]).text))
    )


def _failed_result(spans: Spans, row: int) -> bool:
    facts = spans.facts(spans.columns["tool_result"][row])
    if facts.failed is None:
        facts.failed = failed(facts.raw)
    return facts.failed


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


_TELLS_ERRORS = re.compile(r"error|exception|failure|diagnos", re.IGNORECASE)
"""Tools that look for errors: what they return is one, and they did what they were asked for."""


def _failure(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    if columns["status"][row] == "error" or columns["error_type"][row]:
        yield compared(
            note=columns["status_message"][row][:120], tool=columns["tool_name"][row],
            error=columns["error_class"][row] or columns["error_type"][row], duration_ms=columns["duration_ns"][row] // 1_000_000,
        )  # fmt: skip
    elif _failed_result(spans, row) and not _TELLS_ERRORS.search(columns["tool_name"][row]):
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
    Check("tools.error", "tool_failure.tool_error", 4, _ran, _tool_error, _failed, confidence=0.95),
    Check("tools.timeout", "tool_failure.tool_timeout", 4, _ran, _tool_timeout, _failed, confidence=0.95),
)
