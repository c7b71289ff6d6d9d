"""Seeded chance: numbers go in, choices come out. Promise: the same numbers give the same choices, on every machine."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Value = TypeVar("Value")


class Dice:
    """A generator of its own for every story, so that story 17 is the same whatever was told before it."""

    def __init__(self, *seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return float(self._generator.random()) < probability

    def chosen(self, values: Sequence[Value], weights: Sequence[float] | None = None) -> Value:
        """One of `values`; `weights` need not sum up to one."""
        if weights is None:
            return values[int(self._generator.integers(len(values)))]
        total = sum(weights)
        return values[int(self._generator.choice(len(values), p=[weight / total for weight in weights]))]

    def some(self, values: Sequence[Value], count: int) -> list[Value]:
        """`count` different ones of `values`, or all of them where there are fewer, in random order."""
        order = self._generator.permutation(len(values))
        return [values[int(index)] for index in order[:count]]

    def shuffled(self, values: Sequence[Value]) -> list[Value]:
        """All of `values` in random order."""
        return self.some(values, len(values))

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self._generator.integers(low, high + 1))

    def within(self, low: float, high: float) -> float:
        """A number from an interval."""
        return float(self._generator.uniform(low, high))

    def about(self, middle: float, spread: float = 0.3) -> float:
        """A positive number around `middle`, log-normal: some are much larger."""
        return float(middle * self._generator.lognormal(0.0, spread))

    def digits(self, count: int) -> str:
        """A string of digits."""
        return "".join(str(self.between(0, 9)) for _ in range(count))

    def letters(self, count: int, alphabet: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> str:
        """A string of letters."""
        return "".join(self.chosen(alphabet) for _ in range(count))

    def bytes(self, count: int) -> bytes:
        """Random bytes."""
        return self._generator.bytes(count)
