"""Figures that two texts give for one thing: `within 30 days` here, `within 14 days` there, and the same words around them.

text ─► clauses with a figure, each with its words ─► clauses of two texts that say the same of the same ─► the figures that differ

A word more may make it another thing (members, the large room, after ten o'clock), so all words must agree. A clause that begins
with a pronoun, or goes on after a comma, may have the words that it lacks from what stands before it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from assay.checks.passages import title_of
from assay.checks.prose import blanked, sentences
from assay.checks.quantities import Quantity, conflicts, quantities, same
from assay.checks.remembered import remembered
from assay.checks.words import content, keys, plain, words

LEAST_SAME: Final = 2
"""Words that two clauses must have in common beside figures and units."""
TELLING: Final = 3
"""Words with which two clauses are about one thing whatever was asked."""
RELATED_LETTERS: Final = 4
SAME_VERSIONED: Final = 0.5
"""Share of the words of the shorter clause that is enough where two texts are versions of one document."""

_CUT = re.compile(r"[;:,–—]\s|\s(?:and|but|whereas|while|und|aber|et|mais|y|pero)\s", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\W*(?:it|its|they|their|this|these|that|those|both|ihre?|sein[er]?|er|sie|es|diese[rs]?|il|elle|ils|elles)\b",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\b(?:[A-Za-z]+-?\d|\d+-?[A-Z])\w*")
_BOUNDS: Final = frozenset(
    "before after from until till up over under above below between during while without more less fewer most least than not no never only "
    "except unless if when other another again further once vor nach ab bis über unter zwischen ohne mehr weniger nicht kein keine nur wenn "
    "avant après dès jusqu sans plus moins que pas si".split()
)
"""Words without a claim of their own that make a figure one of another case."""


class _Clause(NamedTuple):
    start: int
    end: int
    keys: frozenset[str]
    """Its words, figures and units aside."""
    bounds: frozenset[str]
    lends: frozenset[str]
    """Words before it that it may leave out; empty where it stands for itself."""
    figures: tuple[Quantity, ...]


class _Figured(NamedTuple):
    title: frozenset[str]
    clauses: tuple[_Clause, ...]
    of_keys: dict[frozenset[str], list[_Clause]]
    borrowing: tuple[_Clause, ...]
    models: frozenset[str]
    """Words of letters and digits: they name one of several things of a kind."""
    figures: tuple[Quantity, ...]
    """All of the text."""


Place = tuple[int, int]


def rival_figures(
    text: str, other: str, asked: frozenset[str], *, versions: bool = False
) -> tuple[Place, Place] | None:
    """Places of two clauses that give one thing figures that exclude one another; `asked` are words of the question.

    Texts that list several cases are left alone: those of which one has both figures.
    """
    for ours, theirs in _rivals(text, other, versions=versions):
        if len(ours.keys & theirs.keys) >= TELLING or asked & (ours.keys | theirs.keys):
            return (ours.start, ours.end), (theirs.start, theirs.end)
    return None


@lru_cache(8192)
def _rivals(text: str, other: str, *, versions: bool) -> tuple[tuple[_Clause, _Clause], ...]:
    here, there = _figured(text), _figured(other)
    if not here.clauses or not there.clauses:
        return ()
    pairs = _pairs_of_versions(here, there) if versions else _pairs(here, there, content(text), content(other))
    return tuple((ours, theirs) for ours, theirs in pairs if _rival(ours, theirs, here, there))


@lru_cache(8192)
def may_be_about_one(text: str, other: str) -> bool:
    """Whether neither the titles of two texts nor the models that they name say that they are about two things."""
    here, there = _figured(text), _figured(other)
    if here.models - there.models and there.models - here.models:
        return False
    if _are_variants(_lead(text), _lead(other)):
        return False
    return _shares(here.title, content(other)) and _shares(there.title, content(text))


_LEAD = re.compile(r"\s{0,9}([^:.!?\n]{2,60}):\s")


def _lead(text: str) -> frozenset[str]:
    """Words before the colon that a text begins with; years and other numbers aside."""
    found = _LEAD.match(text)
    return frozenset(word for word in found[1].lower().split() if word.isalpha()) if found else frozenset()


def _are_variants(one: frozenset[str], other: frozenset[str]) -> bool:
    """`Tariff fix:` and `Tariff flex:`: two of a kind."""
    return bool(one & other and one - other and other - one)


def _shares(title: frozenset[str], has: frozenset[str]) -> bool:
    """Whether a text has a word of a title, or a relative of one (`exam`, `examination`)."""
    return not title or not {key[:RELATED_LETTERS] for key in title}.isdisjoint([key[:RELATED_LETTERS] for key in has])


def _is_common(said: frozenset[str], has: frozenset[str]) -> bool:
    return not said or not said.isdisjoint(has)


def _pairs(
    here: _Figured, there: _Figured, has: frozenset[str], other_has: frozenset[str]
) -> Iterator[tuple[_Clause, _Clause]]:
    for ours in here.clauses:
        for theirs in there.of_keys.get(ours.keys, ()):
            if _is_common(ours.lends, theirs.lends or other_has) and _is_common(theirs.lends, ours.lends or has):
                yield ours, theirs
    for ours in here.borrowing:
        for theirs in there.clauses:
            if _lacks_what_was_said(ours, theirs):
                yield ours, theirs
    for theirs in there.borrowing:
        for ours in here.clauses:
            if _lacks_what_was_said(theirs, ours):
                yield ours, theirs


def _lacks_what_was_said(short: _Clause, long: _Clause) -> bool:
    return len(short.keys) >= LEAST_SAME and short.keys < long.keys and long.keys - short.keys <= short.lends


def _pairs_of_versions(here: _Figured, there: _Figured) -> Iterator[tuple[_Clause, _Clause]]:
    for ours in here.clauses:
        for theirs in there.clauses:
            left, right = ours.keys | ours.lends, theirs.keys | theirs.lends
            least = SAME_VERSIONED * min(len(ours.keys), len(theirs.keys))
            if len(ours.keys & right) >= least and len(theirs.keys & left) >= least and len(left & right) >= LEAST_SAME:
                yield ours, theirs


def _rival(ours: _Clause, theirs: _Clause, here: _Figured, there: _Figured) -> bool:
    """Whether one figure of each has no counterpart in the other clause, nor anywhere in the other text."""
    if ours.bounds != theirs.bounds or min(len(ours.keys), len(theirs.keys)) < LEAST_SAME:
        return False
    left = [one for one in ours.figures if not any(same(one, other) for other in theirs.figures)]
    right = [one for one in theirs.figures if not any(same(one, other) for other in ours.figures)]
    return (
        len(left) == len(right) == 1
        and conflicts(left[0], right[0])
        and not any(same(left[0], one) for one in there.figures)
        and not any(same(right[0], one) for one in here.figures)
    )


@remembered(2_000_000)
def _figured(text: str) -> _Figured:
    prose = blanked(plain(text))
    figures = quantities(prose)
    clauses = tuple(_clauses(prose, figures)) if any(one.kind for one in figures) else ()
    of_keys: dict[frozenset[str], list[_Clause]] = {}
    for one in clauses:
        of_keys.setdefault(one.keys, []).append(one)
    return _Figured(
        content(title_of(text)), clauses, of_keys, tuple(one for one in clauses if one.lends),
        frozenset(_MODEL.findall(text)), figures,
    )  # fmt: skip


def _clauses(prose: str, figures: tuple[Quantity, ...]) -> Iterator[_Clause]:
    """Sentences with a figure, and their pieces that have one."""
    before: frozenset[str] = frozenset()
    for start, end in sentences(prose):
        whole = keys(prose[start:end])
        cuts = [start, *(cut.end() for cut in _CUT.finditer(prose, start, end)), end]
        points_back = _POINTS_BACK.match(prose, start, end) is not None
        places = [(start, end), *(pairwise(cuts) if len(cuts) > 2 else ())]
        for first, last in places:
            within = tuple(one for one in figures if first <= one.start and one.end <= last)
            if any(one.kind for one in within):
                lends = (before if points_back else frozenset()) | (whole if first > start else frozenset())
                yield _clause(prose, first, last, within, lends)
        before = whole


def _clause(prose: str, start: int, end: int, figures: tuple[Quantity, ...], lends: frozenset[str]) -> _Clause:
    of_figures = frozenset(key for one in figures for key in keys(one.text))
    found = words(prose[start:end])
    bounds = frozenset(one.lower for one in found if one.lower in _BOUNDS)
    said = frozenset(one.key for one in found if one.key and one.lower not in bounds) - of_figures
    return _Clause(start, end, said, bounds, lends - said, figures)
