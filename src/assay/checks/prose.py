"""Sentences of an answer with their places; what is no prose is left out.

text ─► code, addresses, citation marks and list numbers blanked out ─► places of sentences

Blanks keep their length, so that every offset is one into the text that came in.
"""

import re
from collections.abc import Iterator
from typing import Final

CITATION: Final = re.compile(
    r"\[\^?(?:\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*|(?:[A-Za-z]+[-_ :#]{0,2})+[\w./-]*\d[\w./-]*)\](?!\()"
    r"|【[^】]{1,60}】"
    r"|\((?:sources?|see|cf\.?|ref\.?|docs?|documents?):?\s[^()]{1,80}\)",
    re.IGNORECASE,
)
"""`[3]`, `[1, 2]`, `[doc-12]`, `【4†source】`, `(source: handbook.pdf)`."""

_NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]{1,120}`"
    r"|https?://[^\s)\]>]+"
    r"|^[ \t]*(?:[-*•+>]+|#{1,6}|\(?\d{1,2}[.)]|[a-z][.)])[ \t]+"
    r"|^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+.*$"
    r"|" + CITATION.pattern,
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MAY_HAVE = re.compile(r"[`\[【|(]|http|^[ \t]*[-*•+>#\d(a-z][^\w\s]*[ \t]", re.MULTILINE)
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s|$)|\n+|。|！|？")
_ABBREVIATED = frozenset(
    "mr mrs ms dr st no nr vs e.g i.e etc jr sr inc ltd co corp approx fig sec art vol ed est u.s u.k z.b bzw ca ggf usw p.ex cf dept".split()
)
_LAST_WORD = re.compile(r"[\w.]+$")


def blanked(text: str) -> str:
    """The text with code, addresses, citation marks and list numbers replaced by as many spaces."""
    if not _MAY_HAVE.search(text):
        return text
    return _NOT_PROSE.sub(lambda found: " " * len(found[0]), text)


def sentences(prose: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, its closing mark included; lines end sentences too."""
    start = 0
    for mark in _END.finditer(prose):
        at = mark.start()
        if prose[at] == "." and mark.end() - at == 1:
            before = _LAST_WORD.search(prose, max(start, at - 12), at)
            if before and (
                before[0].lower() in _ABBREVIATED or (len(before[0]) == 1 and before[0].isalpha() and before[0] != "I")
            ):
                continue
        yield start, mark.end()
        start = mark.end()
    if start < len(prose):
        yield start, len(prose)
