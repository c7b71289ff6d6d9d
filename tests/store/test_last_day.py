"""The last day as one row for each set of dimensions: `rollup_between` says what `rollup` says, whatever was built and not built."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from assay.clock import SystemClock
from assay.scorer import rollup
from assay.scorer.erase import erase
from assay.scorer.rollup import DAY_SECONDS, HOUR_SECONDS, clean, roll
from assay.store.store import Store, query
from tests.store.otlp import MS, span

Send = Callable[..., None]

SUMS = """sum(r.spans) AS n, sum(r.twins) AS twins, round(sum(r.weight), 6) AS weight, sum(r.errors) AS errors, sumMap(r.errors_by_type) AS by_type,
    sum(r.input_tokens) AS input, sum(r.output_tokens) AS output, sum(r.cost_usd) AS usd, sum(r.unpriced) AS unpriced,
    arraySort(groupArrayArray(r.duration_bins)) AS bins, arraySort(groupArrayArray(r.ttft_bins)) AS first_token"""
BY = "workspace, cohort_key, cohort_value, service, stage, operation, model, prompt_version"
FROM_HOURS = f"SELECT {BY}, {SUMS} FROM rollup AS r WHERE bucket >= {{since:DateTime('UTC')}} AND bucket < {{until:DateTime('UTC')}} GROUP BY ALL ORDER BY ALL"
BETWEEN = f"SELECT {BY}, {SUMS} FROM rollup_between(since = {{since:DateTime('UTC')}}, until = {{until:DateTime('UTC')}}) AS r GROUP BY ALL ORDER BY ALL"
PIECES = "SELECT bucket, sum(r.spans) AS n FROM rollup_between(since = {since:DateTime('UTC')}, until = {until:DateTime('UTC')}) AS r WHERE bucket_seconds = 75600 AND cohort_key = '' GROUP BY bucket"


def now_of(store: Store) -> datetime:
    found: datetime = store.rows(query("rollup_head"))[0]["now"]
    return found


def spans_of(hours: Iterable[int], *, seed: int = 1, first: int = 1) -> list[dict[str, Any]]:
    """Some spans in each of the hours before this one (0 is this one), of a few services, tenants and prompt versions."""
    rnd = Random(seed)
    this_hour = SystemClock().now_ns() // (3600 * 1000 * MS) * (3600 * 1000 * MS)
    found = []
    for hour in hours:
        for _ in range(rnd.randrange(3, 9)):
            number = first + len(found)
            made = span(number, number, ms=rnd.randrange(1, 90_000), tokens=(rnd.randrange(1, 900), 7), service=rnd.choice(["shop", "desk"]),
                        error=rnd.random() < 0.2, error__type="timeout", gen_ai__prompt__version=f"v{rnd.randrange(3)}", tenant__id=f"t{rnd.randrange(4)}",
                        gen_ai__response__time_to_first_chunk=rnd.random(), user__id="u-1" if hour == 9 else "u-2")  # fmt: skip
            found.append(
                made | {"start": this_hour - hour * 3600 * 1000 * MS + (rnd.randrange(3600) if hour else 0) * 1000 * MS}
            )
    return found


def last_day(store: Store) -> dict[str, datetime]:
    now = now_of(store)
    return {"since": now - timedelta(hours=24), "until": now}


def same_everywhere(store: Store, seed: int = 2) -> None:
    """In ranges of all kinds, from and to the middle of hours too."""
    now, rnd = now_of(store), Random(seed)
    ranges = [
        (now - timedelta(hours=24), now),
        (now - timedelta(hours=22), now),
        (now - timedelta(days=40), now + timedelta(days=1)),
    ]
    for _ in range(12):
        since = now - timedelta(minutes=rnd.randrange(40 * 60))
        ranges.append((since, since + timedelta(minutes=rnd.randrange(40 * 60))))
    for since, until in ranges:
        asked = {"since": since, "until": until}
        assert store.rows(BETWEEN, asked) == store.rows(FROM_HOURS, asked), asked


def test_a_day_is_one_row_for_each_set_of_dimensions_and_says_what_its_hours_say(store: Store, send: Send) -> None:
    send(spans_of(range(40)))
    assert store.rows(PIECES, last_day(store)) == []
    same_everywhere(store)
    assert roll(store, lag_seconds=0).days == 1
    one = store.rows(PIECES, last_day(store))
    assert len(one) == 1
    assert one[0]["n"] > 60
    same_everywhere(store)
    rows = store.rows(f"SELECT count() AS n, uniqExact({BY}) AS sets FROM rollups WHERE bucket_seconds = {DAY_SECONDS}")
    assert rows[0]["n"] == rows[0]["sets"] > 20
    assert roll(store, lag_seconds=0).days == 0


def test_a_range_that_does_not_hold_the_whole_day_is_made_of_hours(store: Store, send: Send) -> None:
    send(spans_of(range(40)))
    roll(store, lag_seconds=0)
    day = store.rows(PIECES, last_day(store))[0]["bucket"]
    whole = {"since": day, "until": day + timedelta(seconds=DAY_SECONDS)}
    assert store.rows(PIECES, whole)
    assert store.rows(PIECES, whole | {"since": day + timedelta(seconds=1)}) == []
    assert store.rows(PIECES, whole | {"until": whole["until"] - timedelta(seconds=1)}) == []


def test_a_late_span_puts_the_day_aside_until_it_is_built_again(
    store: Store, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(spans_of(range(30)))
    roll(store, lag_seconds=0)
    before = store.rows(PIECES, last_day(store))[0]["n"]
    send(spans_of([7, 7], seed=9, first=5_000))
    assert roll(store, lag_seconds=0).days == 0, "it was built a moment ago"
    assert store.rows(PIECES, last_day(store)) == []
    same_everywhere(store)
    monkeypatch.setattr(rollup, "REBUILD_DAY_AFTER_SECONDS", 0)
    assert roll(store, lag_seconds=0).days == 1
    assert store.rows(PIECES, last_day(store))[0]["n"] > before
    same_everywhere(store)


def test_a_day_that_was_built_and_not_committed_does_not_count(
    store: Store, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(spans_of(range(30)))
    commit, commits = rollup._commit, []

    def dies(*arguments: Any) -> None:
        commits.append(arguments)
        if len(commits) == 2:
            raise KeyboardInterrupt
        commit(*arguments)

    monkeypatch.setattr(rollup, "_commit", dies)
    with pytest.raises(KeyboardInterrupt):
        roll(store, lag_seconds=0)
    assert store.rows(f"SELECT count() > 0 AS built FROM rollups WHERE bucket_seconds = {DAY_SECONDS}")[0]["built"]
    assert store.rows(PIECES, last_day(store)) == []
    same_everywhere(store)
    monkeypatch.undo()
    assert roll(store, lag_seconds=0).days == 1
    same_everywhere(store)


def test_a_large_day_is_built_in_pieces_and_a_huge_one_not_at_all(
    store: Store, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(spans_of(range(30)))
    monkeypatch.setattr(rollup, "DAY_VALUES_A_PIECE", 1)
    assert roll(store, lag_seconds=0).days == 0
    monkeypatch.setattr(rollup, "DAY_VALUES_A_PIECE", 50)
    assert roll(store, lag_seconds=0).days == 1
    assert store.rows(PIECES, last_day(store))
    same_everywhere(store)


def test_who_is_erased_is_in_no_day(store: Store, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    send(spans_of(range(30)))
    roll(store, lag_seconds=0)
    asked = last_day(store)
    before = sum(row["n"] for row in store.rows(BETWEEN, asked) if not row["cohort_key"])
    gone = store.rows("SELECT count() AS n FROM spans_live WHERE user_id = 'u-1'")[0]["n"]
    assert gone
    for _ in erase(store, SystemClock(), workspace="default", by="user", value="u-1"):
        pass
    monkeypatch.setattr(rollup, "REBUILD_DAY_AFTER_SECONDS", 0)
    assert roll(store, lag_seconds=0).days == 1
    assert sum(row["n"] for row in store.rows(BETWEEN, asked) if not row["cohort_key"]) == before - gone
    same_everywhere(store)


def test_days_of_earlier_hours_are_cleaned_and_the_one_that_counts_stays(
    store: Store, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(spans_of(range(30)))
    roll(store, lag_seconds=0)
    # As an hour ago: the same day, one hour earlier and older.
    store.command(
        f"INSERT INTO rollups SELECT * REPLACE (bucket - {HOUR_SECONDS} AS bucket, generation - 1000 AS generation) FROM rollups WHERE bucket_seconds = {DAY_SECONDS}"
    )
    store.command(
        f"INSERT INTO rollup_commits SELECT * REPLACE (bucket - {HOUR_SECONDS} AS bucket, generation - 1000 AS generation) FROM rollup_commits WHERE bucket_seconds = {DAY_SECONDS}"
    )
    same_everywhere(store)
    kept = store.rows(
        f"SELECT max(bucket) AS b, uniqExact(bucket) AS n FROM rollups WHERE bucket_seconds = {DAY_SECONDS}"
    )[0]
    assert kept["n"] == 2
    monkeypatch.setattr(rollup, "KEEP_SUPERSEDED_SECONDS", -1)
    assert clean(store) > 0
    assert store.rows(
        f"SELECT max(bucket) AS b, uniqExact(bucket) AS n FROM rollups WHERE bucket_seconds = {DAY_SECONDS}"
    ) == [kept | {"n": 1}]
    assert store.rows(PIECES, last_day(store))
    same_everywhere(store)
    assert clean(store) == 0


def test_a_round_after_the_day_finds_it_done(store: Store, send: Send) -> None:
    """Traffic that goes on: the open hour is not of the day, and hours that nobody sent anything in ask for none."""
    assert roll(store, lag_seconds=0).days == 0, "nothing was ever sent"
    send(spans_of([0]))
    assert roll(store, lag_seconds=0).days == 0
    send(spans_of([5], first=900))
    assert roll(store, lag_seconds=0).days == 1
    assert roll(store, lag_seconds=0).days == 0
