"""What is found in texts, each distinct text once.

    content hashes ─► new texts ─► one scan for all patterns ─► exact functions on hits only ─► Facts (remembered)

A text in `bodies` is a message as JSON, a JSON value, or plain text; the exact functions see its string leaves, joined by
line breaks, because an escape in JSON can glue a letter to an address.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import hyperscan
import msgspec

from assay.checks import credentials, injection, pii
from assay.checks.match import PLACEHOLDER, Match, apart
from assay.spans.columns import NO_BODY

REMEMBERED_BYTES = 64 * 1024 * 1024
"""Text of remembered facts, at most; conversations repeat their history in every request."""

Lookup = Callable[[bytes], bytes | None]

_PII, _SECRETS, _OVERRIDES, _FOREIGN, _REFUSAL, _CUT, _GAP, _MEANS, _REDACTED = range(9)

REFUSALS = (
    r"I(?:'m| am)?,? (?:sorry|afraid)[^.]{0,60}(?:can(?:'t|not)|unable|not able|won't)[^.]{0,40}(?:help|assist|answer|provide|comply|discuss|share|do that|fulfil|support|engage)",
    r"I (?:can(?:'t|not)|won't|am unable to|am not able to|'m unable to|'m not able to|must decline to|have to decline) (?:to )?(?:help|assist|comply|provide|discuss|answer|fulfil|continue|engage|support|share|do that)",
    r"(?:as|being) an? (?:AI|artificial intelligence|language model)[^.]{0,60}(?:can(?:'t|not)|unable|not able)",
    r"(?:goes|is) against my (?:guidelines|policy|policies|programming)",
)
CUTS = (
    r"\[(?:content |context |text |document )?truncated[^\]]{0,40}\]",
    r"\.\.\. ?\[?truncated",
    r"<truncated",
    r"\[\.\.\. ?(?:\d+ )?(?:more )?(?:tokens|characters|chars|bytes)",
)
GAPS = (
    r"(?:could not|couldn't|did not|didn't|cannot|can't|unable to) find (?:any|anything|information|that|this|details|relevant|a )",
    r"(?:no|not any|any) (?:information|mention|details?|record|documentation|answer)[^.]{0,40} (?:in|from|within) (?:the|our|my|these|those|provided) ?(?:provided |available |retrieved |given )?(?:context|documents?|documentation|sources?|knowledge base|articles?|search results|materials?)",
    r"(?:context|documents?|documentation|sources?|knowledge base|articles?|materials?)[^.]{0,40}(?:do(?:es)? not|don't|doesn't|did not|didn't) (?:contain|mention|include|cover|say|provide|specify|address|have)",
    r"(?:is|are|was)(?: not|n't) (?:covered|mentioned|included|described|documented) (?:in|by|anywhere)",
)
MEANS = (
    r"I (?:do not|don't|currently (?:do not|don't)) have (?:the ability|the tools?|access|any access|a tool|a way|any way|permission|the means) to",
    r"I(?:'m| am) (?:not able|unable) to (?:directly )?(?:access|cancel|change|perform|make|update|place|book|process|modify|send|open|schedule|issue|check|look up)",
    r"there is no (?:tool|function|way for me) ",
)

_EXACT = {
    _MEANS: re.compile("|".join(MEANS), re.IGNORECASE),
    _REFUSAL: re.compile("|".join(REFUSALS), re.IGNORECASE),
    _CUT: re.compile("|".join(CUTS), re.IGNORECASE),
    _GAP: re.compile("|".join(GAPS), re.IGNORECASE),
}

REDACTED_CONFIDENCE = 0.9

Span = tuple[int, int]


class Facts(msgspec.Struct, gc=False):
    """What one text says."""

    text: str
    """Its string leaves, joined by line breaks."""
    raw: bytes
    role: str = ""
    """Of a message."""
    calls_tool: bool = False
    """A message with a tool call in it."""
    pii: tuple[Match, ...] = ()
    secrets: tuple[Match, ...] = ()
    overrides: tuple[Match, ...] = ()
    may_be_foreign: bool = False
    """Worth a look for instructions that are foreign to a document; that look is paid for on documents only."""
    foreign: tuple[Match, ...] | None = None
    refusal: Span | None = None
    cut: Span | None = None
    gap: Span | None = None
    """Where it says that the sources do not contain what was asked for."""
    means: Span | None = None
    """Where it says that there is no tool or way to do it."""


NOTHING = Facts("", b"")


class Texts:
    """Facts by content hash. One thread at a time."""

    def __init__(self) -> None:
        self._scanner = _scanner()
        self._known: dict[bytes, Facts] = {}
        self._bytes = 0
        self._lookup: Lookup = lambda _: None

    def enter(self, hashes: Iterable[bytes], lookup: Lookup) -> None:
        """Look at the texts of a batch that are new; `lookup` stays the source until the next batch."""
        self._lookup = lookup
        if self._bytes > REMEMBERED_BYTES:
            self._known.clear()
            self._bytes = 0
        for one in hashes:
            if one not in self._known:
                self._learn(one)

    def facts(self, content_hash: bytes) -> Facts:
        """Facts about a text; empty where the text is absent, expired or erased."""
        if content_hash == NO_BODY:
            return NOTHING
        known = self._known.get(content_hash)
        return known if known is not None else self._learn(content_hash)

    def _learn(self, content_hash: bytes) -> Facts:
        raw = self._lookup(content_hash)
        if raw is None:
            return NOTHING  # not remembered: another batch may bring it
        facts = self._read(raw)
        self._known[content_hash] = facts
        self._bytes += len(raw) + 400
        return facts

    def _read(self, raw: bytes) -> Facts:
        role, calls, text = _leaves(raw)
        facts = Facts(text, raw, role, calls)
        hits = self._scanner(raw)
        # In JSON an escape may stand inside of what is looked for, so such texts are scanned as they read.
        if b"\\" in raw and text:
            hits |= self._scanner(text.encode("utf-8", "replace"))
        if not hits:
            return facts
        if _PII in hits:
            facts.pii = pii.find_pii(text)
        if _SECRETS in hits:
            facts.secrets = credentials.find_secrets(text)
        if _REDACTED in hits:
            facts.pii, facts.secrets = _with_placeholders(text, facts.pii, facts.secrets)
        if _OVERRIDES in hits:
            facts.overrides = injection.find_overrides(text)
        facts.may_be_foreign = _FOREIGN in hits
        for group, name in ((_REFUSAL, "refusal"), (_CUT, "cut"), (_GAP, "gap"), (_MEANS, "means")):
            if group in hits and (found := _EXACT[group].search(text)):
                setattr(facts, name, found.span())
        return facts


def _with_placeholders(
    text: str, personal: tuple[Match, ...], secrets: tuple[Match, ...]
) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """What a content policy took out keeps its label and its type."""
    removed = [Match(hit[1], *hit.span(), hit[0], REDACTED_CONFIDENCE) for hit in PLACEHOLDER.finditer(text)]
    return (
        apart((*personal, *(one for one in removed if one.type not in credentials.TYPES))),
        apart((*secrets, *(one for one in removed if one.type in credentials.TYPES))),
    )


def foreign_instructions(facts: Facts) -> tuple[Match, ...]:
    """Instructions in a text from outside: attacks by their words, and requests that are foreign to the document."""
    if facts.foreign is None:
        facts.foreign = injection.find_injection(facts.text) if facts.may_be_foreign or facts.overrides else ()
    return facts.foreign


def _scanner() -> Callable[[bytes], set[int]]:
    caseless, caring = hyperscan.HS_FLAG_CASELESS, 0
    groups: tuple[tuple[int, tuple[str, ...], int], ...] = (
        (_PII, pii.PREFILTERS, caring),
        (_SECRETS, credentials.PREFILTERS, caring),
        (_OVERRIDES, injection.PREFILTERS, caseless),
        (_FOREIGN, injection.DOCUMENT_PREFILTERS, caseless),
        (_REFUSAL, (r"\b(?:can't|cannot|can not|unable|not able|won't|against my|decline)\b",), caseless),
        (_CUT, (r"truncated|\[\.\.\.",), caseless),
        (_REDACTED, (r"\[redacted:",), caring),
        (_MEANS, (r"not have|n't have|not able to|unable to|there is no",), caseless),
        (_GAP, (r"not find|n't find|unable to find|not (?:contain|mention|include|cover|say|provide|specify|address|have)|n't (?:contain|mention|include|cover|say|provide|specify|address|have|covered|mentioned|included|described|documented)|not (?:covered|mentioned|included|described|documented)|no (?:information|mention|detail|record|documentation|answer)|any (?:information|mention|detail|record|documentation|answer)",), caseless),
    )  # fmt: skip
    single = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    expressions = [
        (pattern.encode(), group, flags | single) for group, patterns, flags in groups for pattern in patterns
    ]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[one[0] for one in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[one[2] for one in expressions],
    )
    group_of = [one[1] for one in expressions]

    def scan(text: bytes) -> set[int]:
        hits: set[int] = set()
        database.scan(text, match_event_handler=lambda at, *_: hits.add(group_of[at]))
        return hits

    return scan


_json = msgspec.json.Decoder()


def _leaves(raw: bytes) -> tuple[str, bool, str]:
    """Role and tool calls where the text is a message; string leaves of JSON, else the text itself."""
    if raw[:1] not in (b"{", b"["):
        return "", False, raw.decode("utf-8", "replace")
    try:
        value = _json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "", False, raw.decode("utf-8", "replace")
    if isinstance(value, dict) and isinstance(value.get("role"), str) and isinstance(value.get("parts"), list):
        calls, said = False, []
        for part in value["parts"]:
            kind = part.get("type") if isinstance(part, dict) else ""
            if kind == "text" and isinstance(part.get("content"), str):
                said.append(part["content"])
            elif kind == "tool_call":
                calls = True
            elif kind not in ("reasoning", "blob"):
                _strings(part, said)
        return value["role"], calls, "\n".join(said)
    found: list[str] = []
    _strings(value, found)
    return "", False, "\n".join(found)


_MARKUP = frozenset({"type", "role"})


def _strings(value: Any, into: list[str]) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            into.append(item)
        elif isinstance(item, dict):
            stack.extend(item[key] for key in reversed(item) if key not in _MARKUP)
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, int) and not isinstance(item, bool) and abs(item) > 10**8:
            into.append(str(item))
