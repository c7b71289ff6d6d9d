"""The loop of the third program: every judge in turn, often; now and then judges are compared with people."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from assay import telemetry
from assay.checks.chosen import checks_of, trace_checks_of
from assay.clock import Clock
from assay.config.model import Config
from assay.errors import AssayError
from assay.scorer.calibration import calibration_round, publish_gates
from assay.scorer.emit import Emitter
from assay.scorer.judging import Bench, Judged, judge_round
from assay.scorer.panel import Seat, panel_of
from assay.scorer.probe import probe_round
from assay.store.store import Store

log = logging.getLogger(__name__)

_TOLD = ("workspace", "judge_id", "judge_version", "dimension", "source", "event", "reason")


class Scorer:
    """Judging on a thread of its own. An error costs a round of one judge, never the loop.

    Raises `ConfigError` for a judge, a key or an address that cannot be used.
    """

    def __init__(self, store: Store, config: Config, clock: Clock) -> None:
        self._settings = config.judges
        self._checks = {one.id: one.label for one in checks_of(config.checks)} | {
            one.id: one.label for one in trace_checks_of(config.checks)
        }
        self._store = store
        self._clock = clock
        self._stop = threading.Event()
        self._panel = panel_of(config, store, clock, self._stop)
        self._pool = ThreadPoolExecutor(self._settings.concurrency, thread_name_prefix="judge")
        self._bench = Bench(
            store, clock, self._settings, config.workspaces, self._panel.ledger, self._panel.slots, self._pool, stopping=self._stop.is_set
        )  # fmt: skip
        self._emitter = Emitter(store, config, clock, self._panel.slots) if self._settings.emit.endpoint else None
        self._thread = threading.Thread(target=self._loop, name="scorer", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        self._thread.start()
        if self._emitter is not None:
            self._emitter.start()

    @property
    def why_not_alive(self) -> str:
        """Why nothing is judged any more; empty while the loop runs."""
        return "" if self._thread.is_alive() else "the loop of the scorer has ended"

    def stop(self, timeout_seconds: float) -> None:
        """Let calls under way end and store what they gave; what is left, the next process does."""
        self._stop.set()
        if self._thread.ident is not None:  # it was started
            self._thread.join(timeout_seconds)
        if self._emitter is not None:
            self._emitter.stop(timeout_seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._panel.clients:
            client.close()

    def round(self) -> list[Judged]:
        """Every judge once."""
        hosted = sum(seat.caller is not None for seat in self._panel.seats)
        return [self._judge(seat, hosted) for seat in self._panel.seats if not self._stop.is_set()]

    def calibrate(self) -> None:
        """Judges and checks against people, once; what has not changed is not written again. One scorer does it for all."""
        if self._settings.ordinal > 0:
            return
        try:
            with telemetry.timed("assay_calibration_seconds"):
                self._compare()
                if sum(probe_round(self._bench, seat) for seat in self._panel.seats if not self._stop.is_set()):
                    self._compare()
                publish_gates(self._store)
        except AssayError as error:
            log.warning("calibrating failed, it is tried again", extra={"error": str(error)})

    def _compare(self) -> None:
        for row in calibration_round(self._store, self._settings, self._clock, checks=self._checks):
            if row["event"]:
                log.info("a gate changed", extra={name: row[name] for name in _TOLD})

    def _loop(self) -> None:
        wait_seconds = 0.0
        calibrated_at: float | None = None
        while not self._clock.wait(self._stop, wait_seconds):
            done = self.round()
            now = self._clock.monotonic()
            if calibrated_at is None or now - calibrated_at >= self._settings.calibration.every_seconds:
                calibrated_at = now
                self.calibrate()
            is_behind = any(one.behind_seconds > 0 and not one.waiting for one in done)
            wait_seconds = 0.0 if is_behind else self._settings.every_seconds

    def _judge(self, seat: Seat, hosted: int) -> Judged:
        try:
            with telemetry.timed("assay_judge_seconds"):
                done = judge_round(self._bench, seat, hosted=hosted)
        except AssayError as error:
            log.warning("judging failed, it is tried again", extra={"judge": seat.judge.id, "error": str(error)})
            return Judged()
        telemetry.set_gauge("assay_judge_lag_seconds", done.behind_seconds, judge=seat.judge.id)
        return done
