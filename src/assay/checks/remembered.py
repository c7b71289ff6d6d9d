"""What was worked out of texts, remembered for when they come again, under a bound of characters.

Documents, system prompts and histories come in request after request, and so do words. What is looked up again survives; of the
rest the older half goes first.
"""

from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

OVERHEAD_CHARACTERS: Final = 100
"""What an entry counts beside the characters of its text."""


def remembered(characters: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Decorates a function of one text. Texts of about so many `characters` are remembered, what was made of them with them.

    The function must not care how often it is called. A text that is known costs a lookup in a dict, and no Python.
    """
    return lambda work: _Memory(work, characters // 2).__getitem__


class _Memory(dict[str, T]):
    """Two generations: the young one becomes the old one when it is full."""

    def __init__(self, work: Callable[[str], T], characters: int) -> None:
        super().__init__()
        self._work = work
        self._most = characters
        self._characters = 0
        self._old: dict[str, T] = {}

    def __missing__(self, text: str) -> T:
        old = self._old  # another thread may change it
        found = old[text] if text in old else self._work(text)
        if self._characters > self._most:
            self._old, self._characters = dict(self), 0
            self.clear()
        self[text] = found
        self._characters += len(text) + OVERHEAD_CHARACTERS
        return found
