"""A text that answers rest on, made ready once for looking up: documents come back in request after request.

text ─► sentences ─► windows of two sentences by word, runs of three words, first letters of words
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from assay.checks.prose import sentences
from assay.checks.words import DENIAL, WORD, Word, plain, word

REMEMBERED = 256
"""Texts that are kept ready, about 100 KB each for one of 3 KB."""
PREFIX_CHARACTERS = 5
"""Words that share these first letters are taken for relatives of one another."""

_BORN_AND_DIED = re.compile(r"\((?:born )?[^()]{0,40}\d{4}\s?[-–—]\s?[^()]{0,20}\d{4}\s?\)|\(\s?born ", re.IGNORECASE)
_SHORTEST_INITIALS, _LONGEST_INITIALS = 2, 6


class Passage(NamedTuple):
    """What a text says, for lookup."""

    windows: dict[str, tuple[int, ...]]
    """Key of a word to the windows that have it; window n is sentence n with the next."""
    runs: frozenset[str]
    """Every three words in a row, with a space between them."""
    prefixes: frozenset[str]
    denies: tuple[bool, ...]
    """Of each window: whether it denies something."""


@lru_cache(REMEMBERED)
def passage(text: str) -> Passage:
    """The text, ready for lookup."""
    text = plain(text)
    places: dict[str, set[int]] = {}
    runs: set[str] = set()
    denials: list[bool] = []
    for number, (start, end) in enumerate(sentences(text)):
        words = [word(token) for token in WORD.findall(text, start, end)]
        for one in words:
            if one.key:
                places.setdefault(one.key, set()).add(number)
        lower = [one.lower for one in words]
        runs.update(map(" ".join, zip(lower, lower[1:], lower[2:], strict=False)))
        denials.append(any(one.mood & DENIAL for one in words))
        for initials in _initials(text, start, end):
            places.setdefault(initials, set()).add(number)
    _complete(places, text)
    return Passage(
        {key: tuple(sorted(found | {max(number - 1, 0) for number in found})) for key, found in places.items()},
        frozenset(runs),
        frozenset(key[:PREFIX_CHARACTERS] for key in places if len(key) >= PREFIX_CHARACTERS),
        tuple(a or b for a, b in zip(denials, [*denials[1:], False], strict=True)),
    )


def _initials(text: str, start: int, end: int) -> Iterable[str]:
    """`nfl` for `National Football League`."""
    run = ""
    for token in (*WORD.findall(text, start, end), ""):
        if token[:1].isupper():
            run += token[0].lower()
        elif not (run and token in ("of", "the", "and", "for", "&")):
            if _SHORTEST_INITIALS <= len(run) <= _LONGEST_INITIALS:
                yield word(run).key
            run = ""


def _complete(places: dict[str, set[int]], text: str) -> None:
    """Words that a text implies without saying them."""
    if "unit" in places and "stat" in places:
        places.setdefault(word("usa").key, set()).update(places["stat"])
    if _BORN_AND_DIED.search(text):
        for implied in ("born", "died"):
            places.setdefault(word(implied).key, {0})
    places.pop("", None)


def words_of(text: str, start: int, end: int) -> list[Word]:
    """The words of a part of a text, in order."""
    return [word(token) for token in WORD.findall(text, start, end)]
