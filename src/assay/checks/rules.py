"""Checks that are made from configuration alone.

    settings ─► rules_of ─► Checks, called `rule.<id>` (and `rule.<id>.json` where the answer has to be JSON first)

A rule asks only spans of its services, routes and prompts, so its rate is a rate of those.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args
from unicodedata import normalize

import jsonschema_rs
import msgspec

from assay.checks.check import Check, Rows, Spans
from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.output import json_asked, json_text
from assay.checks.words import content
from assay.checks.wrong import wrong_setting
from assay.config.load import Where
from assay.config.model import BannedPhrases, Checks, JsonSchema, LengthBounds, Limits, RequiredDisclaimer, Rule
from assay.spans.columns import Stage


def rules_of(settings: Checks, where: Where) -> tuple[Check, ...]:
    """Every rule as a check. Raises `ConfigError` for one that cannot be used, with its place."""
    found: list[Check] = []
    for section, make in _MAKERS.items():
        for index, rule in enumerate(getattr(settings, section)):
            made = make(rule, ("checks", section, str(index)), where)
            if any(one.id == other.id for one in made for other in found):
                raise wrong_setting(("checks", section, str(index), "id"), f"there is another rule {rule.id!r}", where)
            found += made
    return tuple(found)


def _check(rule: Rule, label: str, applies: Rows, *, more: str = "", **fields: Any) -> tuple[Check, ...]:
    """One check of a rule; `more` tells it from the others of the same rule."""
    name = f"rule.{rule.id}{more}"
    return (Check(name, label, rule.version, applies, severity=rule.severity or None, confidence=1.0, **fields),)


def _within(rule: Rule, rows: Rows) -> Rows:
    """Those of the rows that the rule holds for."""
    scope = [
        (column, frozenset(values))
        for column, values in (("service", rule.services), ("route", rule.routes), ("prompt_name", rule.prompts))
        if values
    ]
    if not scope:
        return rows

    def narrowed(spans: Spans) -> list[int]:
        found = rows(spans)
        for column, values in scope:
            cells = spans.columns[column]
            found = [row for row in found if cells[row] in values]
        return found

    return narrowed


def _said(spans: Spans) -> list[int]:
    """Answers in words; a tool call says nothing yet."""
    calls = spans.columns["tool_call_names"]
    return [row for row in spans.succeeded if not calls[row]]


_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Letters that stand beside other words without a space: Thai, Japanese, Chinese, and Korean before its particles."""


def _exact(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole, phrases)), re.IGNORECASE)


_EMPHASIS = "*_~`"
"""What Markdown puts around words: it is not seen where an answer is shown."""
_BETWEEN = rf"[{_EMPHASIS}]{{0,3}}\s[\s>{_EMPHASIS}]*"
"""Between two words of a phrase, also where one of them is emphasised or begins a line of a quotation."""


def _whole(phrase: str) -> str:
    """A pattern of the phrase, its letters composed or decomposed, that no letter of another spaced word touches.

    An underscore is a letter in `a_name` only; around a phrase it is emphasis.
    """
    words = normalize("NFC", phrase).split()
    letter = rf"[^\W_{_UNSPACED}]"
    before = "" if re.match(f"[{_UNSPACED}]", words[0]) else rf"(?<!{letter})(?<!{letter}_)(?<!{letter}__)"
    after = "" if re.search(f"[{_UNSPACED}]$", words[-1]) else rf"(?!_{{0,2}}{letter})"
    either = (f"(?:{re.escape(word)}|{re.escape(normalize('NFD', word))})" for word in words)
    return before + _BETWEEN.join(either) + after


def _loose(phrase: str) -> str:
    """For the scan, which reads bytes: whatever is not ASCII may be any bytes, since neither its case nor whether it is composed is known there."""
    words = ("".join(map(_loose_letter, word)) for word in normalize("NFC", phrase).split())
    return rf"[\s>{_EMPHASIS}\x80-\xff]+".join(words)


def _loose_letter(letter: str) -> str:
    if letter.isascii():
        return re.escape(letter)
    bare = normalize("NFD", letter)[0]
    return (f"{re.escape(bare)}?" if bare.isascii() else "") + r"[\x80-\xff]{1,12}"


def _banned(rule: BannedPhrases, path: tuple[str, ...], where: Where) -> tuple[Check, ...]:
    _not_blank(rule.phrases, (*path, "phrases"), where)
    exact, check_id = _exact(rule.phrases), f"rule.{rule.id}"

    def find(spans: Spans, row: int) -> Iterator[Evidence]:
        text = spans.answer(row).text
        for hit in exact.finditer(text):
            yield quote("answer", text, hit.span(), spans.answer_hash(row), rule.id)

    return _check(
        rule, "safety_policy.banned_phrase", _within(rule, _said), find=find,
        suspects=lambda spans, rows: spans.answers_having(check_id, rows), patterns=tuple(map(_loose, rule.phrases)),
    )  # fmt: skip


_NAME = re.compile(r"[\w-]{1,40}")
"""Of a route or a class, as routers answer."""
_SAME_WORDS = 0.7
"""Share of the words of a question that is written anew which the question had."""


def _is_step(text: str, question: str) -> bool:
    """Whether it is what an application asks a model for on its way, and nobody reads: JSON, the name of a route, a query for a search."""
    text = text.strip()
    if text[:1] in ("{", "[") or _NAME.fullmatch(text):
        return True
    said = content(text)
    return bool(said) and not text.endswith(".") and len(said & content(question)) >= _SAME_WORDS * len(said)


def _required(rule: RequiredDisclaimer, path: tuple[str, ...], where: Where) -> tuple[Check, ...]:
    _not_blank(rule.any_of, (*path, "any_of"), where)
    exact, check_id = _exact(rule.any_of), f"rule.{rule.id}"

    def find(spans: Spans, row: int) -> Iterator[Evidence]:
        text = spans.answer(row).text
        if not text.strip():
            return  # a failure of its own
        if _is_step(text, spans.asked(row)):
            return
        if spans.answer_hash(row) not in spans.texts.having(check_id) or not exact.search(text):
            yield quote("answer", text, (max(len(text) - 120, 0), len(text)), spans.answer_hash(row), "the end of it")

    return _check(
        rule, "safety_policy.missing_disclaimer", _within(rule, _said), find=find, patterns=tuple(map(_loose, rule.any_of))
    )  # fmt: skip


def _bounds(rule: LengthBounds, path: tuple[str, ...], where: Where) -> tuple[Check, ...]:
    if not rule.min_characters and not rule.max_characters:
        raise wrong_setting(path, "bounds nothing. Set 'min_characters' or 'max_characters'", where)
    if 0 < rule.max_characters < rule.min_characters:
        raise wrong_setting((*path, "max_characters"), "must not be below 'min_characters'", where)

    def find(spans: Spans, row: int) -> Iterator[Evidence]:
        text = spans.answer(row).text
        characters = len(text)
        if not text.strip():
            return  # a failure of its own
        if characters < rule.min_characters:
            yield compared(characters=characters, min_characters=rule.min_characters)
        elif 0 < rule.max_characters < characters:
            yield compared(characters=characters, max_characters=rule.max_characters)

    return _check(rule, "output_format.length_bounds", _within(rule, _said), find=find)


def _schema(rule: JsonSchema, path: tuple[str, ...], where: Where) -> tuple[Check, ...]:
    if bool(rule.schema_file) == bool(rule.inline_schema):
        raise wrong_setting(path, "set either 'schema_file' or 'inline_schema'", where)
    name = (*path, "schema_file" if rule.schema_file else "inline_schema")
    try:
        text = Path(rule.schema_file).read_bytes() if rule.schema_file else rule.inline_schema.encode()
        validator = jsonschema_rs.validator_for(msgspec.json.decode(text))
    except OSError as cause:
        raise wrong_setting(name, f"cannot read {rule.schema_file} ({cause.strerror})", where) from cause
    except (msgspec.MsgspecError, ValueError) as cause:
        raise wrong_setting(name, f"is no JSON Schema ({str(cause).splitlines()[0][:160]})", where) from cause

    def decoded(spans: Spans, row: int) -> Any:
        return msgspec.json.decode(json_text(spans, row).encode("utf-8", "replace"))

    def violates(spans: Spans, row: int) -> Iterator[Evidence]:
        try:
            error = next(validator.iter_errors(decoded(spans, row)), None)
        except msgspec.MsgspecError:
            return  # a failure of its own
        if error is not None:
            text, at = json_text(spans, row), "/".join(str(step) for step in error.instance_path)
            yield quote(
                "answer", text, (0, len(text)), spans.answer_hash(row), f"{rule.id}: at '{at}': {error.message[:160]}"
            )

    def unreadable(spans: Spans, row: int) -> Iterator[Evidence]:
        try:
            decoded(spans, row)
        except msgspec.MsgspecError as cause:
            text = json_text(spans, row)
            yield quote("answer", text, (0, len(text)), spans.answer_hash(row), f"{rule.id}: {cause}"[:160])

    def not_asked(spans: Spans) -> list[int]:
        """Answers of requests that did not ask for JSON themselves: `output.invalid_json` looks at those."""
        asked = set(json_asked(spans))
        return [row for row in _said(spans) if row not in asked]

    return (
        *_check(rule, "output_format.schema_violation", _within(rule, _said), find=violates),
        *_check(rule, "output_format.invalid_json", _within(rule, not_asked), more=".json", find=unreadable),
    )


def _limits(rule: Limits, path: tuple[str, ...], where: Where) -> tuple[Check, ...]:
    for index, stage in enumerate(rule.stages):
        if stage not in get_args(Stage):
            raise wrong_setting((*path, "stages", str(index)), "unknown stage", where, stage, get_args(Stage))
    bounds = [
        (column, limit, scale, name)
        for column, limit, scale, name in (
            ("duration_ns", rule.max_duration_ms, 1e6, "duration_ms"),
            ("time_to_first_token_ns", rule.max_first_token_ms, 1e6, "first_token_ms"),
            ("cost_usd", rule.max_cost_usd, 1.0, "cost_usd"),
        )
        if limit
    ]
    if not bounds:
        raise wrong_setting(
            path, "limits nothing. Set 'max_duration_ms', 'max_first_token_ms' or 'max_cost_usd'", where
        )
    stages = frozenset(rule.stages)

    def known(spans: Spans) -> list[int]:
        """Spans with at least one of the numbers."""
        columns = [spans.columns[column] for column, *_ in bounds]
        return [row for row in spans.where("stage", stages) if any(cells[row] is not None for cells in columns)]

    def find(spans: Spans, row: int) -> Iterator[Evidence]:
        for column, limit, scale, name in bounds:
            value = spans.columns[column][row]
            if value is not None and value > limit * scale:
                yield compared(**{name: round(value / scale, 6), f"max_{name}": limit})

    return _check(rule, "serving_bottleneck.over_limit", _within(rule, known), find=find)


def _not_blank(texts: Sequence[str], path: tuple[str, ...], where: Where) -> None:
    for index, text in enumerate(texts):
        if not text.strip():
            raise wrong_setting((*path, str(index)), "must not be blank", where)


_MAKERS: dict[str, Callable[..., tuple[Check, ...]]] = {
    "banned_phrases": _banned,
    "required_disclaimers": _required,
    "length_bounds": _bounds,
    "json_schemas": _schema,
    "limits": _limits,
}
