"""A text that answers rest on, made ready once for looking up: documents come back in request after request.

text ─► words ─► windows of words, runs of three words, first letters of words
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assay.checks.remembered import remembered
from assay.checks.words import DENIAL, Word, content, plain, prefix_of, whole, word

REMEMBERED_CHARACTERS = 1_000_000
"""Of texts that are kept ready, which takes about thirty times as many bytes."""
BLOCK_WORDS = 24
"""A window is two blocks of so many words, about two sentences; every block is in two windows."""
LONGEST_TITLE = 80
"""Characters of a first line that may be the title of the others."""

_BORN_AND_DIED = re.compile(r"\((?:born )?[^()]{0,40}\d{4}\s?[-–—]\s?[^()]{0,20}\d{4}\s?\)|\(\s?born ", re.IGNORECASE)
_CAPITALS = re.compile(r"[A-Z][\w-]+(?: (?:of |the |and |for )*[A-Z][\w-]+){1,5}")


@dataclass(frozen=True)
class Passage:
    """What a text says, for lookup. Sets of windows are bits of a number; window n is block n - 1 and block n."""

    words: Sequence[Word]
    keys: frozenset[str]
    """Of its words."""
    implied: dict[str, int]
    """Keys of words that it implies without saying them, with the windows where it does."""
    denials: int
    """Windows that deny something."""
    size: int
    """Number of windows."""

    def has(self, key: str) -> bool:
        """Whether it says or implies a word."""
        return key in self.keys or key in self.implied

    def windows(self, wanted: Iterable[str]) -> dict[str, int]:
        """The windows of each of the wanted keys that it says or implies."""
        found = {key: self.implied[key] for key in self.implied.keys() & wanted}
        here = self.keys.intersection(wanted)
        if here:
            for at, key in [(at, one.key) for at, one in enumerate(self.words) if one.key in here]:
                found[key] = found.get(key, 0) | 3 << at // BLOCK_WORDS
        return found

    @cached_property
    def runs(self) -> frozenset[int]:
        """Hash of every three words in a row."""
        return frozenset(in_threes(self.words))

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """First letters of all keys that are long enough."""
        return frozenset([one.prefix for one in self.words]).union(map(prefix_of, self.implied))


@remembered(REMEMBERED_CHARACTERS)
def passage(text: str) -> Passage:
    """The text, ready for lookup."""
    found = whole(text)
    denials = 0
    for at in [at for at, one in enumerate(found) if one.mood & DENIAL]:
        denials |= 3 << at // BLOCK_WORDS
    said = Passage(found, content(text), {}, denials, len(found) // BLOCK_WORDS + 2)
    said.implied.update((key, windows) for key, windows in _implied(said, plain(text)) if key not in said.keys)
    return said


def title_of(text: str) -> str:
    """The first of several lines, where it reads as what stands above the others; else empty."""
    line, _, rest = text.strip().partition("\n")
    return line if rest and len(line) <= LONGEST_TITLE and line[-1] not in ".!?:;," else ""


def in_threes(found: Sequence[Word]) -> Iterator[int]:
    """Hash of the three words from each word on, but for the last two."""
    lower = [one.lower for one in found]
    return map(hash, zip(lower, lower[1:], lower[2:], strict=False))


def _implied(said: Passage, text: str) -> Iterator[tuple[str, int]]:
    """Words that a text implies without saying them: `nfl` where it has `National Football League`, `born` beside dates of a life.

    Of several windows of a word the last ones given count.
    """
    if _BORN_AND_DIED.search(text):
        for implied in ("born", "died"):
            yield word(implied).key, 3
    if "unit" in said.keys and "stat" in said.keys:
        yield word("usa").key, said.windows(("stat",))["stat"]
    for run in reversed(_CAPITALS.findall(text)):
        initials = word("".join([part[0] for part in run.split() if part[0].isupper()])).key
        first = word(run.split()[0]).key
        if initials and initials not in said.keys and first in said.keys:
            yield initials, said.windows((first,))[first]
