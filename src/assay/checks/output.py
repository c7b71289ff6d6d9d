"""Checks of answers: structure, length, language."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import jsonschema_rs
import msgspec

from assay.checks.asked import asked
from assay.checks.check import Check, Spans
from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.language import (
    MOST_CHARACTERS,
    SCRIPTS,
    both_english,
    is_latin,
    language_of,
    languages_named,
    languages_that_fit,
    names_a_language,
    speaks,
)
from assay.spans.columns import NO_BODY

_valid_json = msgspec.json.Decoder(msgspec.Raw).decode
_FENCE = "```"
_NAMES_JSON = re.compile(r"json\w*", re.IGNORECASE)
_PROPERTIES = '"properties"'
_json = json.JSONDecoder()
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")

SIGNS_OF_EITHER = 30
"""Characters of a question in Chinese characters only that may be Japanese."""
PASTED_CHARACTERS = 300
"""Longer questions may hold a text that was pasted."""

MOST_SCHEMAS_TRIED = 50
"""Opening brackets of a prompt from which a JSON Schema may begin."""

FEW_TOKENS = 4
"""What an answer without a word costs, at most: the tokens that begin and end it."""

LEAST_REPEATED_BYTES = 200
"""Shorter answers may say a thing twice."""

REPEATED_TIMES = 4
"""A sentence that comes this often, and makes up half of the answer, is repetition."""

ALIKE = 0.95
"""Share of words that rounds of the same phrase have in common."""

LEAST_PHRASE_WORDS = 5
"""So many words that come again and again are taken for a sentence without its full stop."""


def _finished(spans: Spans) -> list[int]:
    return spans.filled("finish_reasons", spans.calls)


def _cut(spans: Spans, rows: list[int]) -> list[int]:
    reasons = spans.columns["finish_reasons"]
    return [row for row in rows if "length" in reasons[row]]


def _truncated(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    yield compared(finish_reason="length", output_tokens=columns["output_tokens"][row] or 0)


def _succeeded(spans: Spans) -> list[int]:
    return spans.succeeded


def _shown(spans: Spans) -> list[int]:
    """Answers of calls whose texts were captured; some senders leave them out and keep the messages around them."""
    questions = spans.columns["question"]
    shown = [row for row in spans.succeeded if spans.answer(row).text or spans.facts(questions[row]).text]
    return sorted([*shown, *_unsaid(spans)])


def _unsaid(spans: Spans) -> list[int]:
    """Calls whose question was captured, that ended by themselves and cost hardly a token: some senders drop empty messages."""
    status, said, tokens, reasons = (
        spans.columns[name] for name in ("status", "output_messages", "output_tokens", "finish_reasons")
    )
    return [
        row
        for row in spans.filled("question", spans.calls)
        if not said[row]
        and status[row] != "error"
        and tokens[row] is not None
        and tokens[row] <= FEW_TOKENS
        and "stop" in reasons[row]
        and spans.facts(spans.columns["question"][row]).text
    ]


def _silent(spans: Spans, rows: list[int]) -> list[int]:
    """Without a tool call, and without tools that a call which was not captured could have gone to."""
    calls, offered, tokens = (
        spans.columns[name] for name in ("tool_call_names", "tool_definition_names", "output_tokens")
    )
    reasons = spans.columns["finish_reasons"]
    return [
        row
        for row in rows
        if not calls[row] and "tool_call" not in reasons[row] and not (offered[row] and (tokens[row] or 0) > FEW_TOKENS)
    ]


def _empty(spans: Spans, row: int) -> Iterator[Evidence]:
    said = [spans.facts(one) for one in spans.columns["output_messages"][row]]
    for one in said:
        if one.calls_tool or one.text.strip():
            return
    tokens = spans.columns["output_tokens"][row] or 0
    # Tokens without any part of a message: what was said is of a kind that the sender does not pass on, such as a refusal.
    dropped = tokens > FEW_TOKENS and not any(b'"type"' in one.raw for one in said)
    if all(one.raw for one in said) and not dropped:
        yield compared(characters=0, output_tokens=tokens)


def json_asked(spans: Spans) -> list[int]:
    """Answers of requests that asked for JSON."""
    asked, schema = spans.columns["output_type"], spans.columns["response_schema"]
    return [
        row
        for row in (*spans.succeeded, *_unsaid(spans), *_outer(spans))
        if asked[row] in ("json", "json_schema") or schema[row] != NO_BODY
    ]


def _outer(spans: Spans) -> list[int]:
    """Spans around model calls that carry the schema in their place (the AI SDK's `ai.generateObject`), and ended well."""
    status = spans.columns["status"]
    found = spans.filled("output_messages", spans.filled("response_schema", spans.where("stage", frozenset({"agent"}))))
    return [row for row in found if status[row] != "error"]


def json_text(spans: Spans, row: int) -> str:
    """An answer without the fence that models put around JSON; empty where there is none."""
    text = spans.answer(row).text if spans.columns["output_messages"][row] else ""
    fenced = text.strip()
    if len(fenced) < 2 * len(_FENCE) or not (fenced.startswith(_FENCE) and fenced.endswith(_FENCE)):
        return text
    inside = fenced.removeprefix(_FENCE).removesuffix(_FENCE)
    named = _NAMES_JSON.match(inside)
    return inside[named.end() if named else 0 :].strip()


def _invalid_json(spans: Spans, row: int) -> Iterator[Evidence]:
    said = spans.columns["output_messages"][row]
    if said and (spans.answer(row).calls_tool or not spans.answer(row).raw):
        return
    text = json_text(spans, row)
    try:
        _valid_json(text.encode("utf-8", "replace"))
    except msgspec.MsgspecError as error:
        found = spans.answer_hash(row) if said else NO_BODY
        yield quote("answer", text, (0, len(text)), found, str(error)[:120])


def _schema_asked(spans: Spans) -> list[int]:
    return [row for row in json_asked(spans) if _validator(spans, row) is not None]


def _validator(spans: Spans, row: int) -> "jsonschema_rs.Validator | None":
    """Of the JSON Schema of the request, else of the last one that stands in its prompt."""
    sent = spans.texts.raw(spans.columns["response_schema"][row])
    if sent and (validator := validator_of(sent)) is not None:
        return validator
    prompts = (spans.columns["question"][row], spans.columns["system_prompt"][row])
    texts = (spans.facts(one).text for one in prompts if one != NO_BODY)
    schemas = (schema_in(text) for text in texts if _PROPERTIES in text)
    return next((validator_of(schema) for schema in schemas if schema), None)


@lru_cache(512)
def schema_in(text: str) -> bytes:
    """The last JSON Schema of an object that a text has; empty where there is none. Those before it are examples."""
    found, at = b"", 0
    for _ in range(MOST_SCHEMAS_TRIED):
        at = text.find("{", at)
        if at < 0:
            break
        try:
            value, end = _json.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            found = text[at:end].encode("utf-8", "replace")
        at = end
    return found


def _violates(spans: Spans, row: int) -> Iterator[Evidence]:
    validator = _validator(spans, row)
    text = json_text(spans, row)
    if validator is None:
        return
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except msgspec.MsgspecError:
        return
    error = next(validator.iter_errors(value), None)
    if error is not None:
        path = "/".join(str(step) for step in error.instance_path)
        yield quote("answer", text, (0, len(text)), spans.answer_hash(row), f"at '{path}': {error.message[:160]}")


@lru_cache(512)
def validator_of(schema: bytes) -> "jsonschema_rs.Validator | None":
    """A validator for a JSON Schema as sent (bare, or wrapped as OpenAI's `json_schema`); None where it is none."""
    try:
        value = msgspec.json.decode(schema)
        for wrapper in ("json_schema", "schema"):
            if isinstance(value, dict) and isinstance(value.get(wrapper), dict):
                value = value[wrapper]
        return jsonschema_rs.validator_for(value) if isinstance(value, dict) else None
    except (msgspec.MsgspecError, ValueError):  # a schema that is none is its author's; ours is to say nothing
        return None


def _long(spans: Spans, rows: list[int]) -> list[int]:
    answers = ((row, spans.answer(row)) for row in rows)
    return [row for row, answer in answers if len(answer.raw) > LEAST_REPEATED_BYTES and _echoes(answer.text)]


def _echoes(text: str) -> bool:
    """Whether some part of the text comes again; what repeats half of a text covers one of these windows."""
    size, count = len(text), text.count
    for at in range(size // 10, size - 14, max(size // 5, 1)):  # noqa: SIM110 - a generator takes twice as long
        if count(text[at : at + 14]) >= REPEATED_TIMES - 1:
            return True
    return False


def _repeated(spans: Spans, row: int) -> Iterator[Evidence]:
    text = spans.answer(row).text
    if text[:1] in ("{", "["):  # records repeat their fields
        return
    sentences = Counter(sentence for found in _SENTENCE.findall(text) if len(sentence := found.strip()) > 3)
    again = {sentence: times for sentence, times in sentences.items() if times >= REPEATED_TIMES}
    if sum(len(sentence) * times for sentence, times in again.items()) * 2 >= len(text):
        worst = max(again, key=lambda one: (len(one) * again[one], one))
        at = text.find(worst)
        yield quote("answer", text, (at, at + len(worst)), spans.answer_hash(row), f"{again[worst]} times")
        return
    words = text.split()
    runs = Counter(run for run in zip(words, words[1:], words[2:], strict=False) if _spoken(run))
    if not runs:
        return
    run, times = max(runs.items(), key=lambda one: (one[1], one[0]))
    if (times >= 2 * REPEATED_TIMES and times * len(run) * 5 >= len(words) * 2) or (
        times >= REPEATED_TIMES and _goes_round(words, run)
    ):
        at = max(text.find(" ".join(run)), 0)
        yield quote("answer", text, (at, at + len(" ".join(run))), spans.answer_hash(row), f"{times} times")


def _spoken(run: tuple[str, ...]) -> bool:
    return sum(any(letter.isalpha() for letter in word) for word in run) > 1


def _goes_round(words: list[str], run: tuple[str, ...]) -> bool:
    """Whether half of the words are one long phrase that comes again and again, a sentence that never ends; steps of a list differ."""
    places = [at for at in range(len(words) - 2) if tuple(words[at : at + 3]) == run]
    far, times = Counter(later - earlier for earlier, later in pairwise(places)).most_common(1)[0]
    first, last = places[0], places[-1]
    pairs = list(zip(words[first:last], words[first + far :], strict=False))
    return (
        far >= LEAST_PHRASE_WORDS
        and times >= REPEATED_TIMES - 1
        and 2 * (last + far - first) >= len(words)
        and sum(a == b for a, b in pairs) >= ALIKE * len(pairs)
    )


def _asked_and_answered(spans: Spans) -> list[int]:
    return spans.filled("question", spans.succeeded)


def _other_language(spans: Spans, row: int) -> Iterator[Evidence]:
    answer = spans.answer(row).text
    if answer[:1] == "{" and answer.rstrip()[-1:] == "}":
        return  # what a program reads is in the language of its keys
    # Before the question may stand pages in another language.
    if both_english(asked(spans.facts(spans.columns["question"][row]).text[-MOST_CHARACTERS:]), answer):
        return
    got = language_of(answer)
    question = spans.asked(row) if got else ""
    wanted = language_of(question) if got else ""
    if not wanted and got in SCRIPTS and is_latin(question):
        wanted = "in Latin letters"
    elif not wanted and got and (likely := languages_that_fit(question)) and got not in likely:
        wanted = " or ".join(sorted(likely))
    # English words stand in texts of every language, and `Not-Halt` is German.
    least = 2 if got == "en" and wanted == language_of(question) else 1
    if not wanted or wanted == got or speaks(question, got, least) or names_a_language(question):
        return
    # What was pasted into a question may be in another language than the question.
    if len(question) > PASTED_CHARACTERS and wanted != language_of(question[-PASTED_CHARACTERS // 2 :]):
        return
    if {wanted, got} == {"zh", "ja"} and len(question if wanted == "zh" else answer) <= SIGNS_OF_EITHER:
        return  # a few words in Japanese may have Chinese characters only
    named = languages_named(spans.facts(spans.columns["system_prompt"][row]).text)
    if named is not None and got not in named:
        note = f"question {wanted}, answer {got}"
        yield Evidence("answer", answer[:120], 0, len(answer), spans.answer_hash(row).hex(), {}, note)


CHECKS = (
    Check("output.truncated", "output_format.truncated", 1, _finished, _truncated, _cut, confidence=0.99),
    Check("output.empty", "output_format.empty", 1, _shown, _empty, _silent, confidence=0.95),
    Check("output.invalid_json", "output_format.invalid_json", 2, json_asked, _invalid_json, confidence=0.98),
    Check("output.schema", "output_format.schema_violation", 3, _schema_asked, _violates, confidence=0.98),
    Check("output.repetition", "output_format.repetition", 2, _succeeded, _repeated, _long, confidence=0.9),
    Check("output.language", "output_format.wrong_language", 9, _asked_and_answered, _other_language, confidence=0.8),
)
