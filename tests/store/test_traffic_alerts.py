"""Alerts on traffic: what they compare with what, and when they keep quiet."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.store.otlp import START_NS, span

NOW = datetime.fromtimestamp(START_NS // 10**9, UTC).replace(minute=30, second=0)
NOW_MS = int(NOW.timestamp() * 1_000) - START_NS // 1_000_000
WEEK_MS = 7 * 86_400_000

FAILED = {"error": True}
TIMED_OUT = {"error": True, "error__type": "timeout"}

Calls = Callable[..., None]


@pytest.fixture
def calls(send: Callable[..., None]) -> Calls:
    """Sends model calls of the same hours so many weeks ago, each a trace; the first `some` of them are `unlike` the others."""

    def sends(week: int, count: int = 100, *, some: int = 0, unlike: dict[str, Any] | None = None, at_ms: int = 0, **like: Any) -> None:  # fmt: skip
        start = NOW_MS - week * WEEK_MS - 20 * 60_000 + at_ms
        send([
            span(10_000 * week + at_ms + n + 1, n + 1, at_ms=start + n, **{"tokens": (1_000, 10), "tenant__id": "acme", **like, **((unlike or {}) if n < some else {})})
            for n in range(count)
        ])  # fmt: skip

    return sends


FAST, SLOW = {"ms": 400}, {"ms": 1_000}
EARLY, LATE = ({"gen_ai__response__time_to_first_token": seconds} for seconds in (0.1, 0.25))
CHEAP, DEAR = {"tokens": (1_000, 0)}, {"tokens": (3_000, 0)}


def failing(some: int, unlike: dict[str, Any] = FAILED, count: int = 100) -> dict[str, Any]:
    return {"count": count, "some": some, "unlike": unlike}


@pytest.mark.parametrize(
    ("alert", "now", "weeks", "expected"),
    [
        pytest.param("error_rate", failing(8), {1: failing(90), 2: failing(2), 8: failing(4), 9: failing(70)}, 2, id="errors, eight weeks"),
        pytest.param("error_rate", failing(8), {1: failing(0)}, 0.08 / 0.005, id="errors, none before"),
        pytest.param("error_rate", failing(8), {}, 0.08 / 0.005, id="errors, no weeks before"),
        pytest.param("error_rate", failing(1), {1: failing(0)}, 0, id="errors, below 2 %"),
        pytest.param("error_rate", failing(40, count=49), {}, 0, id="errors, few spans"),
        pytest.param("timeout_rate", failing(8, TIMED_OUT), {1: failing(90, TIMED_OUT), 2: failing(50), 8: failing(4, TIMED_OUT)}, 2, id="time-outs"),
        pytest.param("timeout_rate", failing(8, TIMED_OUT), {1: failing(9)}, 0.08 / 0.002, id="time-outs, other errors before"),
        pytest.param("timeout_rate", failing(1, TIMED_OUT, 101), {}, 0, id="time-outs, below 1 %"),
        pytest.param("timeout_rate", failing(40, TIMED_OUT, 49), {}, 0, id="time-outs, few spans"),
        pytest.param("duration_p95", SLOW, {1: FAST, 2: FAST, 8: SLOW}, 2.5, id="duration"),
        pytest.param("duration_p95", {"some": 4, "unlike": SLOW, **FAST}, {1: FAST, 2: FAST, 3: FAST}, 1, id="duration, the slowest 4 %"),
        pytest.param("duration_p95", SLOW, {1: FAST, 2: FAST}, 0, id="duration, two weeks"),
        pytest.param("duration_p95", SLOW, {1: FAST, 2: FAST, 3: {**FAST, "count": 19}}, 0, id="duration, a week with few calls"),
        pytest.param("duration_p95", {**SLOW, "count": 49}, {1: FAST, 2: FAST, 3: FAST}, 0, id="duration, few calls"),
        pytest.param("first_token_p95", LATE, {1: EARLY, 2: EARLY, 3: LATE}, 2.5, id="first token"),
        pytest.param("first_token_p95", LATE, {1: EARLY, 2: EARLY}, 0, id="first token, two weeks"),
        pytest.param("cost_a_request", DEAR, {1: CHEAP, 3: DEAR, 4: CHEAP, 5: DEAR, 6: DEAR}, 3, id="cost, four weeks"),
        pytest.param("cost_a_request", DEAR, {1: CHEAP, 2: CHEAP, 5: CHEAP}, 0, id="cost, two weeks"),
        pytest.param("cost_a_request", {**DEAR, "count": 19}, {1: CHEAP, 2: CHEAP, 3: CHEAP}, 0, id="cost, few requests"),
        # An hour and a half has come of now, two hours of other weeks.
        pytest.param("traffic", {"count": 30}, {1: {"count": 200}, 2: {"count": 1}, 3: {"count": 400}}, 30 / 200 / 0.75, id="traffic"),
        pytest.param("traffic", {"count": 30}, {1: {"count": 200}, 2: {"count": 200}}, 1, id="traffic, two weeks"),
        pytest.param("traffic", {"count": 3}, {1: {"count": 99}, 2: {"count": 99}, 3: {"count": 99}}, 1, id="traffic, little is usual"),
    ],
)  # fmt: skip
def test_now_is_compared_with_the_median_of_the_same_hours_of_other_weeks(
    calls: Calls,
    fired: Callable[..., list[dict[str, Any]]],
    alert: str,
    now: dict[str, Any],
    weeks: dict[int, dict[str, Any]],
    expected: float,
) -> None:
    calls(0, **now)
    for week, sent in weeks.items():
        calls(week, **sent)
        calls(week, some=100, unlike={**TIMED_OUT, **SLOW, **LATE, **DEAR}, at_ms=3 * 3_600_000)  # another time of day
    (row,) = fired(alert, NOW)
    assert (row["workspace"], row["service"]) == ("default", "shop")
    assert row["value"] == pytest.approx(expected, rel=1e-3)
