"""How checks quote what they saw."""

from collections.abc import Iterable, Iterator

from assay.checks.finding import QUOTE_CHARACTERS, Evidence
from assay.checks.match import Match, mask

MOST_QUOTED = 5
"""Quotations of one finding, at most."""


def quote(where: str, text: str, span: tuple[int, int], content_hash: bytes, note: str = "") -> Evidence:
    """A quotation, cut to its longest length."""
    start, end = span
    return Evidence(where, text[start : min(end, start + QUOTE_CHARACTERS)], start, end, content_hash.hex(), {}, note)


def masked(where: str, text: str, matches: Iterable[Match], content_hash: bytes) -> Iterator[Evidence]:
    """What must not be repeated: the words around it, with the type in its place."""
    kept = list(matches)
    for one in kept[:MOST_QUOTED]:
        start, end = max(one.start - 30, 0), min(one.end + 30, len(text))
        near = [
            Match(m.type, m.start - start, m.end - start, m.value, m.confidence)
            for m in kept
            if m.start >= start and m.end <= end
        ]
        yield Evidence(where, mask(text[start:end], near), one.start, one.end, content_hash.hex(), {}, one.type)


def compared(note: str = "", **numbers: float | str) -> Evidence:
    """Numbers that were compared, each named with its unit."""
    return Evidence(numbers=dict(numbers), note=note)
