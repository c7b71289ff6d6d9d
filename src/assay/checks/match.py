"""What a text function finds, and how the found parts are taken out of a text.

text ─► find_pii, find_secrets, find_injection ─► (Match, ...) ─► mask ─► text with `[redacted:type]` in their place
"""

import re
from collections.abc import Iterable

import msgspec

PLACEHOLDER = re.compile(r"\[redacted:([a-z][a-z0-9_]*)\]")
"""What `mask` leaves behind. Nothing in this package finds a placeholder, or takes one for the context of a number."""


class Match(msgspec.Struct, frozen=True):
    """A part of a text: `value == text[start:end]`, offsets in characters."""

    type: str
    """What it is, in lower case and underscores: `email`, `card`, `github_token`."""
    start: int
    end: int
    value: str
    confidence: float
    """0 to 1: how sure the form, its checksum and the words around it make us."""


def apart(matches: Iterable[Match]) -> tuple[Match, ...]:
    """The matches in order of place, none over another: the surer one stays, then the longer, then the earlier."""
    kept: list[Match] = []
    for one in sorted(matches, key=lambda m: (-m.confidence, m.start - m.end, m.start, m.type)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda m: m.start))


def mask(text: str, matches: Iterable[Match]) -> str:
    """The text with `[redacted:type]` where a match was. Of matches that overlap, all that any of them covers is taken out."""
    pieces: list[str] = []
    done = 0
    for start, end, kind in _covered(matches):
        pieces += (text[done:start], f"[redacted:{kind}]")
        done = end
    return "".join((*pieces, text[done:]))


def _covered(matches: Iterable[Match]) -> list[tuple[int, int, str]]:
    """Runs that matches cover, each named for its longest match."""
    runs: list[tuple[int, int, str]] = []
    longest = 0
    for one in sorted(matches, key=lambda m: (m.start, -m.end)):
        if runs and one.start < runs[-1][1]:
            start, end, kind = runs[-1]
            if one.end - one.start > longest:
                kind, longest = one.type, one.end - one.start
            runs[-1] = (start, max(end, one.end), kind)
        else:
            runs.append((one.start, one.end, one.type))
            longest = one.end - one.start
    return runs
