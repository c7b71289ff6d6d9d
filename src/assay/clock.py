"""Time is handed in: production passes `SystemClock`, tests pass `ManualClock` and move it."""

import threading
import time
from typing import Protocol

DAY_NS = 86_400_000_000_000
"""Nanoseconds of a day."""


class Clock(Protocol):
    """What the rest of the house may ask of time."""

    def now_ns(self) -> int:
        """Wall clock, nanoseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set or `seconds` have passed; True when it was set."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)


class ManualClock:
    """A clock that stands still until `advance`; `wait` advances it instead of sleeping."""

    def __init__(self, now_ns: int = 1_800_000_000_000_000_000) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic(self) -> float:
        return self._now_ns / 1e9

    def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.advance(seconds=seconds)
        return event.is_set()

    def advance(self, *, seconds: float = 0.0, ms: float = 0.0) -> None:
        """Move the clock forward."""
        self._now_ns += int(seconds * 1e9 + ms * 1e6)
