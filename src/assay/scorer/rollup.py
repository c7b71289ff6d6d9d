"""Keeps the rollups true: dirty buckets are built again from deduplicated spans.

    what was inserted since the watermark ─► dirty slots ─► build ─► one row of commits makes them count
    committed hours of the last day ─► build ─► one row of commits

Open hours are built in slots of five minutes, closed hours as a whole. Spans that start at or after the frontier are
served from `spans` by the view `rollup`. A bucket is dirty when a span was inserted into it, whatever the span's own time
is; looking back by `OVERLAP_SECONDS` covers insertions that were under way during the last round. Building twice gives the
same numbers, and a build that was not committed does not count, so a worker may die at any moment.

The last day as one is for the view `rollup_between`, which takes it in place of its hours while none of them was built after it:
an hour that is built again, by whatever version of this program, needs nobody to think of the day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from assay.store.store import INSERT_TIMEOUT_SECONDS, Store, query

SLOT_SECONDS = 300
HOUR_SECONDS = 3_600

OVERLAP_SECONDS = 3 * INSERT_TIMEOUT_SECONDS
"""`inserted_at` is the start of an insertion; it may be seen this much later."""

CLOSE_AFTER_SECONDS = 300
"""An hour is built as a whole this long after its end; until then slots are."""

DAY_SECONDS = 21 * HOUR_SECONDS
"""Of the closed hours, the last comes in late spans and is left out; a question about 24 hours holds the 21 before it until the next
hour closes (docs/decisions/0012)."""

REBUILD_DAY_AFTER_SECONDS = 600
"""A day of which an hour is built again, for late spans or an erasure, follows after this long: it takes as long as an hour."""

DAY_VALUES_A_PIECE = 10_000_000
"""Of the distributions in memory at once, at about 20 bytes each."""

DAY_PIECES_AT_MOST = 16
"""A larger day is asked by its hours: merging the values takes the time then, not the number of rows."""

KEEP_SUPERSEDED_SECONDS = 3_600
"""Superseded generations stay this long for queries that are still reading them."""


EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the client gives and takes naive UTC


@dataclass(frozen=True, slots=True)
class Rolled:
    """What one round did."""

    slots: int
    hours: int
    days: int
    frontier: datetime


def roll(store: Store, *, lag_seconds: float) -> Rolled:
    """One round. Spans that start less than `lag_seconds` ago stay on the raw side. Raises `StoreUnavailable`."""
    head = store.rows(query("rollup_head"))[0]
    now: datetime = head["now"]
    frontier = max(now - timedelta(seconds=lag_seconds), head["frontier"])
    generation = max(int(head["next_generation"]), int(head["generation"]) + 1)
    dirty = store.rows(
        query("rollup_dirty"),
        {
            "since": head["watermark"] - timedelta(seconds=OVERLAP_SECONDS)
            if head["generation"]
            else head["watermark"],
            "old_frontier": head["frontier"],
            "frontier": frontier,
        },
    )
    closable = {row["hour"] for row in store.rows(query("rollup_closable")) if _closed(row["hour"], frontier)}
    hours = closable | {_hour(row["slot"]) for row in dirty if _closed(_hour(row["slot"]), frontier)}
    slots = {row["slot"] for row in dirty if not _closed(_hour(row["slot"]), frontier)}
    built = [(hour, HOUR_SECONDS) for hour in sorted(hours)] + [(slot, SLOT_SECONDS) for slot in sorted(slots)]
    for bucket, seconds in built:
        store.command(
            query("rollup_build"),
            {
                "bucket": bucket,
                "bucket_seconds": seconds,
                "generation": generation,
                "since": bucket,
                "until": min(bucket + timedelta(seconds=seconds), frontier),
            },
            settings={"max_threads": store.settings.max_threads, "async_insert": 0},
        )
    _commit(store, built, generation, frontier, now)
    days = _day(store, generation, frontier)
    if days:
        _commit(store, days, generation, frontier, now)
    return Rolled(slots=len(slots), hours=len(hours), days=len(days), frontier=frontier)


def _day(store: Store, generation: int, frontier: datetime) -> list[tuple[datetime, int]]:
    """What was built, to be committed: the last day as one, or nothing."""
    last = _hour(frontier - timedelta(seconds=CLOSE_AFTER_SECONDS)) - timedelta(seconds=HOUR_SECONDS)
    day = {"day_from": last - timedelta(seconds=DAY_SECONDS), "day_until": last}
    due = {"rebuild_before": max(generation - REBUILD_DAY_AFTER_SECONDS * 10**9, 0)}
    if not store.rows(query("rollup_day_due"), day | due)[0]["due"]:
        return []
    pieces = 1 + int(store.rows(query("rollup_day_values"), day)[0]["values"]) // DAY_VALUES_A_PIECE
    if pieces > DAY_PIECES_AT_MOST:
        return []
    for piece in range(pieces):
        store.command(
            query("rollup_build_day"),
            day | {"day_seconds": DAY_SECONDS, "generation": generation, "piece": piece, "pieces": pieces},
            settings={"max_threads": store.settings.max_threads, "async_insert": 0},
        )
    return [(day["day_from"], DAY_SECONDS)]


def clean(store: Store) -> int:
    """Remove superseded generations; how many rows there were."""
    head = store.rows(query("rollup_head"))[0]
    before = {"before": max(int(head["next_generation"]) - KEEP_SUPERSEDED_SECONDS * 10**9, 0)}
    superseded = int(store.rows(query("rollup_superseded"), before)[0]["superseded"])
    if superseded:
        store.command(query("rollup_clean"), before)
    return superseded


def _commit(
    store: Store, built: list[tuple[datetime, int]], generation: int, frontier: datetime, watermark: datetime
) -> None:
    buckets = [*[bucket for bucket, _ in built], EPOCH]
    store.insert(
        "rollup_commits",
        pa.table(
            {
                "bucket": pa.array(buckets, pa.timestamp("s", tz="UTC")),
                "bucket_seconds": pa.array([*[seconds for _, seconds in built], 0], pa.uint32()),
                "generation": pa.array([generation] * len(buckets), pa.uint64()),
                "frontier": pa.array([frontier] * len(buckets), pa.timestamp("ms", tz="UTC")),
                "watermark": pa.array([watermark] * len(buckets), pa.timestamp("ms", tz="UTC")),
            }
        ),
    )


def _hour(slot: datetime) -> datetime:
    return slot.replace(minute=0, second=0, microsecond=0)


def _closed(hour: datetime, frontier: datetime) -> bool:
    return hour + timedelta(seconds=HOUR_SECONDS + CLOSE_AFTER_SECONDS) <= frontier
