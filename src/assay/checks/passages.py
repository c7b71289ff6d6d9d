"""A text that answers rest on, made ready once for looking up: documents come back in request after request.

text ─► words ─► windows by word, runs of three words, first letters of words
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from assay.checks.words import DENIAL, Word, plain, word, words

REMEMBERED = 512
"""Texts that are kept ready, about 30 KB each for one of 1 KB."""
BLOCK_WORDS = 24
"""A window is two blocks of so many words, about two sentences; every block is in two windows."""
PREFIX_CHARACTERS = 5
"""Words that share these first letters are taken for relatives of one another."""

_BORN_AND_DIED = re.compile(r"\((?:born )?[^()]{0,40}\d{4}\s?[-–—]\s?[^()]{0,20}\d{4}\s?\)|\(\s?born ", re.IGNORECASE)
_CAPITALS = re.compile(r"[A-Z][\w-]+(?: (?:of |the |and |for )*[A-Z][\w-]+){1,5}")


@dataclass(frozen=True)
class Passage:
    """What a text says, for lookup. Sets of windows are bits of a number: small, and nothing for the garbage collector."""

    windows: dict[str, int]
    """Key of a word to the windows that have it; window n is block n - 1 and block n."""
    runs: frozenset[int]
    """Hash of every three words in a row."""
    denials: int
    """Windows that deny something."""
    size: int
    """Number of windows."""

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """First letters of all keys that are long enough."""
        return frozenset(key[:PREFIX_CHARACTERS] for key in self.windows if len(key) >= PREFIX_CHARACTERS)


@lru_cache(REMEMBERED)
def passage(text: str) -> Passage:
    """The text, ready for lookup."""
    text = plain(text)
    found = words(text)
    windows: dict[str, int] = {}
    denials = 0
    for first in range(0, len(found), BLOCK_WORDS):
        both = 3 << first // BLOCK_WORDS
        for one in found[first : first + BLOCK_WORDS]:
            if one.key:
                windows[one.key] = windows.get(one.key, 0) | both
            if one.mood & DENIAL:
                denials |= both
    _complete(windows, text)
    return Passage(windows, frozenset(in_threes(found)), denials, len(found) // BLOCK_WORDS + 2)


def in_threes(found: Sequence[Word]) -> Iterator[int]:
    """Hash of the three words from each word on, but for the last two."""
    lower = [one.lower for one in found]
    return map(hash, zip(lower, lower[1:], lower[2:], strict=False))


def _complete(windows: dict[str, int], text: str) -> None:
    """Words that a text implies without saying them: `nfl` where it has `National Football League`, `born` beside dates of a life."""
    for run in _CAPITALS.findall(text):
        initials = word("".join(part[0] for part in run.split() if part[0].isupper())).key
        inside = windows.get(word(run.split()[0]).key)
        if initials and inside:
            windows.setdefault(initials, inside)
    if "unit" in windows and "stat" in windows:
        windows.setdefault(word("usa").key, windows["stat"])
    if _BORN_AND_DIED.search(text):
        for implied in ("born", "died"):
            windows.setdefault(word(implied).key, 3)
