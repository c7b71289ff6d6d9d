"""Which of many expressions a text has, told by one scan: what Python would look for one after the other.

expressions ─► Hyperscan ─► scan(text) ─► places of those that match
"""

import threading
from collections.abc import Callable, Sequence
from functools import cache

import hyperscan

_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH


def scanner(expressions: Sequence[str]) -> Callable[[bytes], list[int]]:
    """A scan for expressions in Hyperscan's syntax, in any case of ASCII letters; it gives the indexes of those that match.

    They are compiled by the first scan. Several threads may scan, one after the other.
    """
    # A scan writes into the database's scratch space, and the interpreter lock is open meanwhile:
    # https://intel.github.io/hyperscan/dev-reference/runtime.html#scratch-space
    alone = threading.Lock()

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
        with alone:
            database().scan(text, match_event_handler=lambda at, *_: hits.append(at))
        return hits

    return scan
