"""One call that may take several attempts: paced, reserved for, repeated where that can help, and given up where it cannot.

prompt ─► breaker lets it? ─► pace ─► reserve ─► client ─► settle ─► again after `retry-after`, or the outcome
"""

import logging
import threading
from typing import NamedTuple

from assay import telemetry
from assay.clock import Clock
from assay.errors import StoreUnavailable
from assay.judges.budget import Ledger
from assay.judges.client import Client, Failure, Reply
from assay.judges.prompt import Prompt, sent_characters
from assay.spans.prices import Prices, Tokens

log = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
"""A longer `retry-after` is waited for between rounds."""
FAILURES_THAT_OPEN = 5
"""Transient failures without an answer between them."""
OPEN_SECONDS = 5.0
"""A breaker that opened stays so for this long, twice as long each time that the next try fails."""
LONGEST_OPEN_SECONDS = 60.0

HIDDEN_TOKENS = 1_000
"""What an endpoint may add to a prompt by itself, such as the words around a schema."""
BATCH_DISCOUNT = 0.5
"""https://platform.claude.com/docs/en/build-with-claude/batch-processing"""


class Outcome(NamedTuple):
    """What came of a call."""

    result: Reply | Failure | None
    """None: there was no money for it."""
    cost_usd: float | None
    """Of all attempts together; None where the price of the model is not known."""
    latency_ms: float
    """Of the last attempt."""


class Breaker:
    """Keeps everybody from asking an endpoint that does not answer. May be used from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened = 0
        self._closed_until = 0.0
        self._probing = False

    def wait_seconds(self) -> float:
        """0: go ahead, and say `note` afterwards. After an outage one goes ahead alone, while the others wait."""
        with self._lock:
            left = self._closed_until - self._clock.monotonic()
            if left > 0:
                return left
            if self._opened:
                if self._probing:
                    return OPEN_SECONDS
                self._probing = True
            return 0.0

    def note(self, result: Reply | Failure) -> None:
        """What came of it."""
        kind = result.kind if isinstance(result, Failure) else ""
        with self._lock:
            self._probing = False
            if kind not in ("transient", "misconfigured"):
                self._failures = self._opened = 0
                return
            self._failures += 1
            pause = (result.retry_after_seconds or 0.0) if isinstance(result, Failure) else 0.0
            if kind == "misconfigured" or self._failures >= FAILURES_THAT_OPEN:
                if not self._opened:
                    telemetry.count("assay_judge_breaker_opened_total")
                    log.warning(
                        "the judge's endpoint is left alone for a while",
                        extra={"error": getattr(result, "message", "")},
                    )
                pause = max(pause, min(OPEN_SECONDS * 2**self._opened, LONGEST_OPEN_SECONDS))
                self._opened = min(self._opened + 1, 10)
            self._closed_until = max(self._closed_until, self._clock.monotonic() + pause)

    def release(self) -> None:
        """Nothing was asked after all."""
        with self._lock:
            self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is left alone."""
        with self._lock:
            return self._opened > 0


class Caller:
    """Asks one endpoint within a budget. May be used from several threads."""

    def __init__(
        self,
        client: Client,
        provider: str,
        *,
        ledger: Ledger,
        prices: Prices,
        clock: Clock,
        timeout_seconds: float,
        calls_per_minute: int = 0,
        stop: threading.Event | None = None,
    ) -> None:
        self.client = client
        self.breaker = Breaker(clock)
        self._provider = provider
        self._ledger = ledger
        self._prices = prices
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._gap_seconds = 60.0 / calls_per_minute if calls_per_minute else 0.0
        self._next_at = 0.0
        self._pacing = threading.Lock()
        self._stop = stop or threading.Event()

    def ask(self, prompt: Prompt) -> Outcome:
        """The outcome of at most `ATTEMPTS` attempts. Raises `StoreUnavailable` where no reservation can be stored."""
        spent = 0.0
        known = self.most_usd(prompt) is not None
        result: Reply | Failure = Failure("transient", "the endpoint is left alone for a while")
        latency_ms = 0.0
        for attempt in range(ATTEMPTS):
            if not self._may_go_ahead():
                break
            try:
                reservation = self._ledger.reserve(self.most_usd(prompt) or 0.0)
            except StoreUnavailable:
                self.breaker.release()
                raise
            if reservation is None:
                self.breaker.release()
                return Outcome(None, spent if known else None, latency_ms)
            began = self._clock.monotonic()
            result = self.client.ask(prompt, self._timeout_seconds)
            latency_ms = (self._clock.monotonic() - began) * 1_000
            self.breaker.note(result)
            cost = self.cost_usd(prompt, result)
            self._ledger.settle(reservation, cost)
            spent += cost
            if isinstance(result, Reply) or result.kind != "transient" or attempt == ATTEMPTS - 1:
                break
            pause = result.retry_after_seconds
            if pause is None:
                pause = FIRST_PAUSE_SECONDS * 2**attempt
            if pause > LONGEST_PAUSE_SECONDS or self._clock.wait(self._stop, pause):
                break
        return Outcome(result, spent if known else None, latency_ms)

    def most_usd(self, prompt: Prompt, *, discount: float = 1.0) -> float | None:
        """The most that one attempt can cost: no token is shorter than a byte, and all of them may be written to the cache.
        None where the price is not known."""
        bytes_ = (
            sent_characters(prompt) if prompt.data.isascii() else len((prompt.system + prompt.data).encode()) + 2_000
        )
        tokens = Tokens(bytes_ + HIDDEN_TOKENS, prompt.max_tokens, 0, bytes_ + HIDDEN_TOKENS)
        priced = self._prices.cost(self._provider, prompt.model, tokens)
        return priced[0] * discount if priced else None

    def cost_usd(self, prompt: Prompt, result: Reply | Failure, *, discount: float = 1.0) -> float:
        """What an attempt did cost; the most it can where that is not known, 0 where nothing was billed or the price is not known."""
        tokens = result.tokens
        if tokens is None:
            may_be_billed = isinstance(result, Failure) and result.may_be_billed
            return (self.most_usd(prompt, discount=discount) or 0.0) if may_be_billed else 0.0
        priced = self._prices.cost(self._provider, prompt.model, tokens)
        return priced[0] * discount if priced else 0.0

    def _may_go_ahead(self) -> bool:
        """Waits as long as makes sense within a call."""
        waited = 0.0
        while (wait := self.breaker.wait_seconds()) > 0:
            waited += wait
            if waited > LONGEST_PAUSE_SECONDS or self.breaker.is_open or self._clock.wait(self._stop, wait):
                return False
        if self._gap_seconds:
            with self._pacing:
                now = self._clock.monotonic()
                at = max(self._next_at, now)
                self._next_at = at + self._gap_seconds
            if at > now and self._clock.wait(self._stop, at - now):
                self.breaker.release()
                return False
        return True
