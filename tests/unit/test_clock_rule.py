"""Times that a table can be partitioned by, from what the sender said alone."""

import pytest

from assay.spans.clock import EARLIEST_NS, LATEST_NS, clock_rule, clock_rule_of_log
from assay.spans.raw import RawSpan

GOOD = 1_790_000_000_000_000_000
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (GOOD, GOOD + SECOND, (GOOD, SECOND, "")),
        (0, GOOD, (GOOD, 0, "start_missing")),
        (EARLIEST_NS - 1, GOOD, (GOOD, 0, "start_too_early")),
        (LATEST_NS, GOOD, (GOOD, 0, "start_too_late")),
        (GOOD, 0, (GOOD, 0, "end_missing")),
        (GOOD, GOOD - 1, (GOOD, 0, "end_before_start")),
        (GOOD, LATEST_NS, (GOOD, 0, "end_out_of_range")),
        (0, 0, (EARLIEST_NS, 0, "start_missing,end_missing")),
        (2**64 - 1, 2**64 - 1, (LATEST_NS - 1, 0, "start_too_late,end_out_of_range")),
    ],
)
def test_an_impossible_clock_is_clamped_and_the_rule_named(start, end, expected):
    said = RawSpan("chat", "client", start, end, "unset", "", {}, {}, "tests", "1")
    assert clock_rule(said) == expected


@pytest.mark.parametrize(
    ("time", "observed", "expected"),
    [
        (GOOD, GOOD + SECOND, GOOD),
        (0, GOOD, GOOD),
        (1, GOOD, GOOD),
        (LATEST_NS, GOOD, GOOD),
        (0, 0, EARLIEST_NS),
        (1, 2, EARLIEST_NS),
        (2**64 - 1, 0, LATEST_NS - 1),
    ],
)
def test_a_log_record_has_its_own_time_else_when_it_was_observed(time, observed, expected):
    assert clock_rule_of_log(time, observed) == expected
