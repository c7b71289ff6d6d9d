"""The loop of the second program: settle often, roll up every minute, clean every hour."""

import logging
import math
import threading
from collections.abc import Sequence

from assay import telemetry
from assay.checks.check import Check
from assay.checks.engine import CHECKS
from assay.checks.trace_check import TraceCheck
from assay.checks.traces import TRACE_CHECKS
from assay.clock import Clock
from assay.config.model import Settle as SettleSettings
from assay.errors import AssayError
from assay.otlp.decode import Decoder
from assay.scorer.rollup import clean, roll
from assay.scorer.settle import settle
from assay.scorer.traces import Texts
from assay.store.store import Store
from assay.store.write import Writer

log = logging.getLogger(__name__)

SWEEP_EVERY_ROUNDS = 12
CLEAN_EVERY_SECONDS = 3_600.0


class Upkeep:
    """Settling and rollups on a thread of its own. An error costs a round, never the loop."""

    def __init__(
        self,
        store: Store,
        decoder: Decoder,
        settings: SettleSettings,
        clock: Clock,
        checks: tuple[Check, ...] = CHECKS,
        trace_checks: Sequence[TraceCheck] = TRACE_CHECKS,
    ) -> None:
        self._store = store
        self._writer = Writer(store, clock)
        self._decoder = decoder
        self._checks = checks
        self._trace_checks = trace_checks
        self._settings = settings
        self._clock = clock
        self._texts = Texts()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="upkeep", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def why_not_alive(self) -> str:
        """Why nothing is settled any more; empty while the loop runs."""
        return "" if self._thread.is_alive() else "the loop of upkeep has ended"

    def stop(self, timeout_seconds: float) -> None:
        """Let the round under way end; what it had not finished, the next process does again."""
        self._stop.set()
        self._thread.join(timeout_seconds)

    def _loop(self) -> None:
        rounds = 0
        cleaned_at = self._clock.monotonic()
        rolled_at = -math.inf  # what arrived before this process started waits no longer
        wait_seconds = 0.0
        while not self._clock.wait(self._stop, wait_seconds):
            rounds += 1
            behind = self._settle(sweep=rounds % SWEEP_EVERY_ROUNDS == 0)
            now = self._clock.monotonic()
            if now - rolled_at >= self._settings.rollup_every_seconds:
                rolled_at = now
                self._roll()
            if now - cleaned_at >= CLEAN_EVERY_SECONDS:
                cleaned_at = now
                self._clean()
            wait_seconds = 0.0 if behind > 0 else self._settings.every_seconds

    def _settle(self, *, sweep: bool) -> float:
        try:
            with telemetry.timed("assay_settle_seconds"):
                done = settle(
                    self._store, self._writer, self._decoder, quiet_seconds=self._settings.quiet_seconds,
                    incomplete_seconds=self._settings.incomplete_seconds, sweep=sweep, checks=self._checks,
                    trace_checks=self._trace_checks, texts=self._texts,
                )  # fmt: skip
        except AssayError as error:
            log.warning("settling failed, it is tried again", extra={"error": str(error)})
            return 0.0
        telemetry.count("assay_settled_traces_total", done.traces)
        telemetry.count("assay_labelled_traces_total", done.labelled)
        telemetry.count("assay_joined_log_spans_total", done.joined)
        telemetry.count("assay_marked_spans_total", done.marked)
        telemetry.set_gauge("assay_settle_lag_seconds", done.behind_seconds)
        return done.behind_seconds

    def _roll(self) -> None:
        try:
            with telemetry.timed("assay_rollup_seconds"):
                done = roll(self._store, lag_seconds=self._settings.quiet_seconds)
        except AssayError as error:
            log.warning("rolling up failed, it is tried again", extra={"error": str(error)})
            return
        telemetry.count("assay_rolled_buckets_total", done.slots + done.hours + done.days)

    def _clean(self) -> None:
        try:
            clean(self._store)
        except AssayError as error:
            log.warning("cleaning rollups failed, it is tried again", extra={"error": str(error)})
