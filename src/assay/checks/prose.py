"""Sentences of an answer with their places; what is no prose is left out.

text ─► code, addresses, citation marks and list numbers blanked out ─► places of sentences

Blanks keep their length, so that every offset is one into the text that came in.
"""

import re
from collections.abc import Iterator
from typing import Final

from assay.checks.remembered import remembered

SOURCES: Final = r"(?:sources?|references?|quellen?|fuentes?|font[ie]|fontes|bron(?:nen)?|źródł[ao])"
"""How a line begins that names what an answer rests on, in eight languages."""
CITATION: Final = re.compile(
    r"\[\^?(?:\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*+|[A-Za-z][A-Za-z_ :#-]{0,60}+(?=[\w./-]{0,40}?\d)[\w./-]{1,60}+|[a-z]{1,30}+(?:[-_/][a-z]{1,30}+){1,5}+)\](?!\()"
    r"|【[^】]{1,60}】"
    r"|\((?:sources?|see|cf\.?|ref\.?|docs?|documents?):?\s[^()]{1,80}\)",
    re.IGNORECASE,
)
"""`[3]`, `[1, 2]`, `[doc-12]`, `[returns-policy]`, `【4†source】`, `(source: handbook.pdf)`. Nothing is tried twice: anybody may write brackets."""

_NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]{1,120}`"
    r"|\bhttps?://[^\s)\]>]+"
    r"|^[ \t]*(?:[-*•+>]+|#{1,6}|\(?\d{1,2}[.)]|[a-z][.)])[ \t]+"
    r"|^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+.*$"
    rf"|^[ \t]*[*_]{{0,2}}{SOURCES}[*_]{{0,2}}:[^\n]*$"
    r"|(?:\(\d{1,2}\)){1,4}[ \t]*$|(?<=[.!?][ \n])(?:\(\d{1,2}\)){1,4}(?=\s)"
    r"|&(?:[a-z]{2,8}|#\d{1,6});"
    r"|" + CITATION.pattern,
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MAY_HAVE = re.compile(r"[`\[【|(]|http|&\S+;|^[ \t]*[-*•+>#\d(a-z][^\w\s]*[ \t]", re.MULTILINE)
_END = re.compile(r"[.!?…\n。！？؟]+[\"'”’)\]*_]*")
QUESTION_MARKS = ("?", "？", "؟")
_ALONE = frozenset("\n。！？؟")
"""Marks that end a sentence whatever follows; the others want a space."""
_ABBREVIATED = frozenset(
    "mr mrs ms dr st no nr vs e.g i.e etc jr sr inc ltd co corp approx fig sec art vol ed est u.s u.k z.b bzw ca ggf usw p.ex cf dept max min tel incl excl ch pp".split()
)


@remembered(4_000_000)
def blanked(text: str) -> str:
    """The text with code, addresses, character references, citation marks and list numbers replaced by as many spaces."""
    if not _MAY_HAVE.search(text):
        return text
    return _NOT_PROSE.sub(lambda found: " " * len(found[0]), text)


@remembered(4_000_000)
def sentences(prose: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each sentence, its closing mark included and no space around it; lines end sentences too."""
    return tuple(_places(prose))


def sentence_at(prose: str, at: int) -> tuple[int, int]:
    """Start and end of the sentence that a place is in."""
    return next(((start, end) for start, end in sentences(prose) if start <= at < end), (0, len(prose)))


def _places(prose: str) -> Iterator[tuple[int, int]]:
    length = len(prose)
    start = _after_spaces(prose, 0)
    for mark in _END.finditer(prose):
        at, end = mark.span()
        if end <= start:
            continue  # among the spaces before the sentence
        if not (end == length or prose[end].isspace() or prose[end - 1] in _ALONE):
            continue
        if prose[at] == "." and end - at == 1 and _abbreviated(prose, start, at):
            continue
        stop = end if prose[end - 1] != "\n" else at + len(mark[0].rstrip())
        while stop > start and prose[stop - 1].isspace():
            stop -= 1
        if stop > start:
            yield start, stop
        start = _after_spaces(prose, end)
    if start < length:
        yield start, start + len(prose[start:].rstrip())


def _after_spaces(prose: str, at: int) -> int:
    while at < len(prose) and prose[at].isspace():
        at += 1
    return at


def _abbreviated(prose: str, start: int, at: int) -> bool:
    before = prose[max(start, prose.rfind(" ", start, at) + 1) : at].lstrip("([\"'„“")
    if len(before) == 1:
        return before.isalpha() and before != "I"
    if before.lower() in ("no", "nr"):  # `No. Any address will do.`
        return prose[at + 1 : at + 3].strip()[:1].isdigit()
    return len(before) < 6 and before.lower() in _ABBREVIATED
