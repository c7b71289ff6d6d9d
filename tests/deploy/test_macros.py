"""Each macro becomes what the plugin's documentation says: https://github.com/grafana/clickhouse-datasource#macros"""

from datetime import UTC, datetime

import pytest

from tests.deploy.plugin import ALL, MACROS, BadMacro, Range, backend, conditional_all, expand, interpolate

# The range and the interval of the documentation's examples.
WINDOW = Range(
    datetime(2014, 11, 12, 11, 45, 26, 123_000, tzinfo=UTC), datetime(2015, 11, 12, 11, 45, 26, 456_000, tzinfo=UTC), 20
)

DATES = "date >= toDate('2014-11-12') AND date <= toDate('2015-11-12')"
TIMES = "time >= toDateTime(1415792726) AND time <= toDateTime(1447328726)"
DOCUMENTED = {
    "dateFilter": ("$__dateFilter(date)", DATES),
    "timeFilter": ("$__timeFilter(time)", TIMES),
    "timeFilter_ms": (
        "$__timeFilter_ms(time)",
        "time >= fromUnixTimestamp64Milli(1415792726123) AND time <= fromUnixTimestamp64Milli(1447328726456)",
    ),
    "dateTimeFilter": (
        "$__dateTimeFilter(date, time)",
        f"({DATES}) AND ({TIMES})",
    ),
    "dt": (
        "$__dt(date, time)",
        f"({DATES}) AND ({TIMES})",
    ),
    "fromTime": ("$__fromTime", "toDateTime(1415792726)"),
    "toTime": ("$__toTime", "toDateTime(1447328726)"),
    "fromTime_ms": ("$__fromTime_ms", "fromUnixTimestamp64Milli(1415792726123)"),
    "toTime_ms": ("$__toTime_ms", "fromUnixTimestamp64Milli(1447328726456)"),
    "interval_s": ("$__interval_s", "20"),
    "timeInterval": ("$__timeInterval(column)", "toStartOfInterval(toDateTime(column), INTERVAL 20 second)"),
    "timeInterval_ms": (
        "$__timeInterval_ms(column)",
        "toStartOfInterval(toDateTime64(column, 3), INTERVAL 20000 millisecond)",
    ),
}


@pytest.mark.parametrize("name", sorted(MACROS))
def test_a_macro_becomes_what_the_documentation_says(name: str) -> None:
    written, documented = DOCUMENTED[name]
    assert backend(written, WINDOW) == documented


def test_an_interval_is_at_least_a_second() -> None:
    assert backend("$__interval_s", Range(WINDOW.start, WINDOW.end, 0.2)) == "1"


def test_a_macro_may_stand_inside_another_call() -> None:
    assert backend("max(toDate($__timeInterval(least(a, b)))) + 1", WINDOW) == (
        "max(toDate(toStartOfInterval(toDateTime(least(a, b)), INTERVAL 20 second))) + 1"
    )


@pytest.mark.parametrize("written", ["$__timeFilter", "$__timeFilter(a, b)", "$__dateTimeFilter(a)", "$__nonsense(a)"])
def test_what_the_plugin_would_refuse_is_refused(written: str) -> None:
    with pytest.raises(BadMacro):
        backend(written, WINDOW)


CONDITION = "WHERE $__conditionalAll(service IN (${service:singlequote}), $service) AND x"


def test_all_drops_the_condition() -> None:
    assert conditional_all(CONDITION, {"service": ALL}) == "WHERE 1=1 AND x"


def test_an_empty_choice_drops_the_condition() -> None:
    assert conditional_all(CONDITION, {"service": ""}) == "WHERE 1=1 AND x"


def test_a_choice_keeps_the_condition() -> None:
    assert expand(CONDITION, WINDOW, {"service": ["a", "o'b"]}) == r"WHERE service IN ('a','o\'b') AND x"


def test_conditions_may_hold_queries_and_other_macros() -> None:
    written = (
        "$__conditionalAll(t IN (SELECT t FROM s WHERE $__timeFilter(at) AND r IN (${route:singlequote})), $route)"
    )
    assert expand(written, WINDOW, {"route": ["/a"]}) == (
        "t IN (SELECT t FROM s WHERE at >= toDateTime(1415792726) AND at <= toDateTime(1447328726) AND r IN ('/a'))"
    )
    assert expand(written, WINDOW, {"route": ALL}) == "1=1"


def test_a_condition_over_no_variable_is_refused() -> None:
    with pytest.raises(BadMacro):
        conditional_all(CONDITION, {"model": ALL})


def test_variables_in_each_writing() -> None:
    chosen = {"one": "x", "many": ["a", "b"]}
    assert interpolate("$one ${one} ${one:raw} ${one:singlequote} $many", chosen) == "x x x 'x' 'a','b'"


def test_a_name_that_is_no_variable_is_refused() -> None:
    with pytest.raises(BadMacro):
        interpolate("${servise:singlequote}", {"service": ALL})


def test_an_alert_sees_no_variables() -> None:
    with pytest.raises(BadMacro):
        backend("$__conditionalAll(a IN ($b), $b)", WINDOW)
