"""Money, counted before it is spent: no call is made whose worst cost is not stored as reserved.

    reserve(worst cost) ─► stored ─► call ─► settle(what it cost)

A process that is killed leaves its reservations at their worst cost, so that the next one never spends them again. Limits hold for
hours and days of UTC. Each scorer has its share of them; a limit holds for all scorers together too, as of the last look.
Reservations of many threads are stored with one insertion.
"""

import secrets
import threading
from typing import NamedTuple

import pyarrow as pa

from assay.clock import Clock
from assay.errors import StoreUnavailable
from assay.store.store import Store, query

LOOK_SECONDS = 30.0
"""How often is looked at what others have spent."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Reservation(NamedTuple):
    """Money that nobody else may spend."""

    id: bytes
    at_ms: int
    usd: float


class Limits(NamedTuple):
    """US dollars for all scorers together, and the share of this one."""

    hourly_usd: float
    daily_usd: float
    share: float = 1.0


class Ledger:
    """What was spent. May be used from several threads."""

    def __init__(self, store: Store, clock: Clock, *, scorer: str, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._scorer = scorer
        self._limits = limits
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._pending: list[tuple[Reservation, float, int]] = []
        self._mine: dict[int, float] = {}
        self._all: dict[int, float] = {}
        self._looked_at: float | None = None

    def reserve(self, usd: float) -> Reservation | None:
        """Room for a call that costs at most so much; None where there is none. Raises `StoreUnavailable`; then nothing is reserved."""
        self._look()
        with self._lock:
            made = Reservation(secrets.token_bytes(16), self._clock.now_ns() // 1_000_000, usd)
            if not self._has_room(made):
                return None
            self._add(made.at_ms, usd)
            self._pending.append((made, usd, 1))
        try:
            self.flush()
        except StoreUnavailable:
            self.settle(made, 0.0)
            raise
        return made

    def settle(self, reservation: Reservation, usd: float) -> None:
        """The call did cost so much. It is stored with the next reservation, or by `flush`; until then it counts in full elsewhere."""
        with self._lock:
            self._add(reservation.at_ms, usd - reservation.usd)
            self._pending.append((reservation, usd, 2))

    def flush(self) -> None:
        """Store what is not stored yet. Raises `StoreUnavailable`; then it is stored by the next call."""
        with self._flushing:
            with self._lock:
                rows, self._pending = self._pending, []
            if not rows:
                return
            try:
                self._store.insert("judge_spend", self._table(rows))
            except BaseException:
                with self._lock:
                    self._pending = rows + self._pending
                raise

    def left_usd(self) -> float:
        """What this scorer may still spend now."""
        self._look()
        at_ms = self._clock.now_ns() // 1_000_000
        with self._lock:
            return max(min(limit - spent for limit, spent in self._limits_at(at_ms)), 0.0)

    def _has_room(self, made: Reservation) -> bool:
        return all(spent + made.usd <= limit for limit, spent in self._limits_at(made.at_ms))

    def _limits_at(self, at_ms: int) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for key, limit in ((_hour(at_ms), self._limits.hourly_usd), (_day(at_ms), self._limits.daily_usd)):
            found += [(limit * self._limits.share, self._mine.get(key, 0.0)), (limit, self._all.get(key, 0.0))]
        return found

    def _add(self, at_ms: int, usd: float) -> None:
        for key in (_hour(at_ms), _day(at_ms)):
            for sums in (self._mine, self._all):
                sums[key] = sums.get(key, 0.0) + usd

    def _look(self) -> None:
        """Take over what is stored: what others spent, and what an earlier process with our name did."""
        now = self._clock.monotonic()
        with self._flushing, self._lock:
            if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
                return
            # Nothing of ours is under way to the store while both locks are held, and what waits is added again below.
            at_ms = self._clock.now_ns() // 1_000_000
            row = self._store.rows(query("judge_spent"), {"scorer": self._scorer, "now_ms": at_ms})[0]
            self._mine = {_hour(at_ms): row["mine_hour"], _day(at_ms): row["mine_day"]}
            self._all = {_hour(at_ms): row["all_hour"], _day(at_ms): row["all_day"]}
            for made, usd, version in self._pending:
                self._add(made.at_ms, usd if version == 1 else usd - made.usd)
            self._looked_at = now

    def _table(self, rows: list[tuple[Reservation, float, int]]) -> pa.Table:
        return pa.table(
            {
                "reservation": pa.array([made.id for made, _, _ in rows], pa.binary(16)),
                "scorer": [self._scorer] * len(rows),
                "at": pa.array([made.at_ms for made, _, _ in rows], pa.timestamp("ms", tz="UTC")),
                "usd": pa.array([usd for _, usd, _ in rows], pa.float64()),
                "version": pa.array([version for _, _, version in rows], pa.uint8()),
            }
        )


def _hour(at_ms: int) -> int:
    return at_ms // HOUR_MS


def _day(at_ms: int) -> int:
    # Days and hours share one table: days are below zero.
    return -1 - at_ms // DAY_MS
