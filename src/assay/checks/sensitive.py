"""A text without personal data and secrets, fast: one scan tells which texts are worth a look.

JSON is redacted leaf by leaf, so that it stays JSON and an escape hides nothing; a number in it that is a card's becomes text.
"""

import threading
from collections import Counter
from functools import lru_cache
from typing import Any

import hyperscan
import msgspec

from assay.checks import credentials, pii
from assay.checks.match import mask
from assay.checks.redact import redact

SHORTEST = 6
"""Characters; nothing that is looked for is shorter."""

Removed = Counter[str]
"""How many parts were taken out, by type."""


def redacted(text: str, removed: Removed) -> str:
    """`text` with `[redacted:type]` in the place of what must not be kept; the same text again changes nothing more."""
    if len(text) < SHORTEST:
        return text
    if text[0] in "{[" and (found := _json(text)) is not None:
        changed = Counter[str]()
        value = _value(found[0], changed)
        if not changed:
            return text
        removed.update(changed)
        return msgspec.json.encode(value).decode()
    return _plain(text, removed)


def _plain(text: str, removed: Removed) -> str:
    if len(text) < SHORTEST or not _worth_a_look(text.encode("utf-8", "surrogatepass")):
        return text
    matches = (*pii.find_pii(text), *credentials.find_secrets(text))
    if not matches:
        return text
    removed.update(one.type for one in matches)
    return redact(mask(text, matches))


def redacted_number(number: float, removed: Removed) -> float | str:
    """A number that is a payment card's becomes its placeholder."""
    if isinstance(number, bool) or not isinstance(number, int) or not 10**12 <= number < 10**19:
        return number
    text = _plain(str(number), removed)
    return number if text.isdigit() else text


def _json(text: str) -> tuple[Any] | None:
    try:
        return (msgspec.json.decode(text.encode("utf-8", "surrogatepass")),)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _value(value: Any, removed: Removed) -> Any:
    if isinstance(value, str):
        return redacted(value, removed)
    if isinstance(value, dict):
        return {_plain(key, removed): _value(one, removed) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(one, removed) for one in value]
    return redacted_number(value, removed) if isinstance(value, int) else value


def _worth_a_look(text: bytes) -> bool:
    hits: list[int] = []
    with _alone:
        _database().scan(text, match_event_handler=lambda at, *_: hits.append(at))
    return bool(hits)


_alone = threading.Lock()
"""Receivers and judges ask from threads of their own, and the database has one scratch space: see `scan`."""


@lru_cache(1)
def _database() -> hyperscan.Database:
    patterns = (*pii.PREFILTERS, *credentials.PREFILTERS)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    database.compile(
        expressions=[one.encode() for one in patterns], ids=list(range(len(patterns))), elements=len(patterns),
        flags=[flags] * len(patterns),
    )  # fmt: skip
    return database
