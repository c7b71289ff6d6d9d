"""Which of many expressions a text has, told by one scan: what Python would look for one after the other.

expressions ─► Hyperscan ─► scan(text) ─► places of those that match
"""

from collections.abc import Callable, Sequence
from functools import cache

import hyperscan

_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH


def scanner(expressions: Sequence[str]) -> Callable[[bytes], list[int]]:
    """A scan for expressions in Hyperscan's syntax, in any case of ASCII letters; it gives the indexes of those that match.

    They are compiled by the first scan. Not for several threads at once.
    """

    @cache
    def database() -> hyperscan.Database:
        made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        count = len(expressions)
        made.compile(
            expressions=[one.encode() for one in expressions],
            ids=list(range(count)),
            elements=count,
            flags=[_FLAGS] * count,
        )
        return made

    def scan(text: bytes) -> list[int]:
        hits: list[int] = []
        database().scan(text, match_event_handler=lambda at, *_: hits.append(at))
        return hits

    return scan
