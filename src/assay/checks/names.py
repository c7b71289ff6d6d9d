"""Names and identifiers of an answer that occur nowhere in what it rests on.

answer ─► runs of capitalised words, acronyms, codes with digits (`DW40`, `SKU-1234`) ─► those that no context has
"""

import re
from collections.abc import Iterator, Sequence

from assay.checks.match import Match
from assay.checks.passages import passage
from assay.checks.prose import blanked, sentences
from assay.checks.words import keys, plain, word

_TOKEN = re.compile(r"[^\W_](?:[\w’'-]*\w)?")
_WORDS_IN_TITLE_CASE = 3
"""A line with so many capitalised words and hardly any other is a heading, and names nothing."""
_ORDINARY = frozenset(
    "i i'm i'd i'll i've monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september "
    "october november december english german french spanish note important warning tip step summary answer question example yes no ok am pm utc "
    "faq id url api ui pdf http https json html css sql csv usb wifi wi-fi gps tv pc eu us usa uk mr mrs ms dr sir".split()
)
_REQUESTS = frozenset(
    "Ask Contact Call Email Visit See Use Open Go Click Select Choose Press Hold Try Run Start Check Enter Install Create Set Add Send".split()
)


def unsupported_names(answer: str, contexts: Sequence[str], question: str = "") -> tuple[Match, ...]:
    """Names of the answer of which neither the contexts nor the question have every word.

    The first word of a sentence is a name only where more capitals follow it or a digit is in it. Titles of months and days,
    everyday acronyms and headings are none.
    """
    prose = blanked(answer)
    names = [match for start, end in sentences(prose) for match in _names(prose, start, end)]
    if not names:
        return ()
    passages = [passage(text) for text in contexts]
    asked = keys(plain(question))

    def known(part: str) -> bool:
        one = word(part)
        if not one.key or one.key in asked or any(where.has(one.key) for where in passages):
            return True
        pieces = [key for piece in re.split(r"[-_’'/]", part) if (key := word(piece).key)]
        if len(pieces) > 1 and all(key in asked or any(where.has(key) for where in passages) for key in pieces):
            return True
        return any(part in text for text in contexts)

    return tuple(name for name in names if not all(known(part) for part in _TOKEN.findall(name.value)))


def _names(prose: str, start: int, end: int) -> Iterator[Match]:
    tokens = list(_TOKEN.finditer(prose, start, end))
    capital = [token[0][0].isupper() for token in tokens]
    if (
        sum(capital) >= _WORDS_IN_TITLE_CASE
        and sum(capital) > 0.7 * sum(word(token[0]).weight > 0 for token in tokens)
        and prose[end - 1 : end] not in ".!?"
    ):
        return
    at = 0
    while at < len(tokens):
        if not capital[at] and tokens[at][0].isalpha():
            at += 1
            continue
        last = at
        while (
            last + 1 < len(tokens)
            and capital[at]
            and capital[last + 1]
            and prose[tokens[last].end() : tokens[last + 1].start()] == " "
        ):
            last += 1
        first = at
        if first == 0 and last > first and (not word(tokens[0][0]).key or tokens[0][0] in _REQUESTS):
            first += 1  # `The Harbor Bank`, `Ask Maria`
        if _is_name(tokens[first][0], alone=first == last, opens=first == 0):
            begin, stop = tokens[first].start(), tokens[last].end()
            yield Match("name", begin, stop, prose[begin:stop], 0.8)
        at = last + 1


def _is_name(token: str, *, alone: bool, opens: bool) -> bool:
    if token.lower() in _ORDINARY and alone:
        return False
    if any(c.isdigit() for c in token):
        return token[0].isupper() or ("-" in token and token[0].isalpha())
    if not token[0].isupper():
        return False
    return not (alone and opens) or any(c.isupper() for c in token[1:])
