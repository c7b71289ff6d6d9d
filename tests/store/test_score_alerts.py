"""Alerts on what judges and heuristic checks say: nobody is woken by one that has not shown that it agrees with people."""

from datetime import UTC, datetime, timedelta

import pytest

from assay.clock import SystemClock
from assay.config.model import Judges
from assay.scorer.calibration import calibration_round
from tests.store.otlp import START_NS, span

NOW = datetime.fromtimestamp(START_NS // 10**9, UTC)
SOON = NOW + timedelta(minutes=20)
PUT_VERDICTS = """
INSERT INTO verdict_rows
    (workspace, trace_id, verdict_id, start_time, version, revision, dimension, judge_id, judge_version, judge_model, score,
     sampling_probability, service)
SELECT
    'default', leftPad(hex(toUInt64(number + {first:UInt64})), 32, '0'), toFixedString(leftPad(toString(number), 16, '0'), 16), {at:DateTime64(3)}, 1, 1, 'tone',
    {judge:String}, 1, 'm1', if(number % {every:UInt64} = {shift:UInt64}, 0, 1), 1, 'shop'
FROM numbers(100)
"""


@pytest.fixture
def calibrate(store):
    return lambda: calibration_round(store, Judges(), SystemClock())


def test_more_bad_scores_than_in_other_weeks_wake_somebody_once_the_judge_is_proved(store, fired, calibrate):
    """One in fifty was bad in this hour of other weeks, one in four is now; another judge says so of other traces."""
    for first, judge in ((0, "good"), (50, "unproved")):
        for week in range(9):
            asked = {
                "first": 1000 * week + first,
                "judge": judge,
                "at": NOW - timedelta(weeks=week),
                "every": 50 if week else 4,
            }
            store.command(PUT_VERDICTS, {**asked, "shift": first // 50})
    assert fired("bad_scores", SOON) == []
    store.command(
        "INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, value, probability, version)"
        " SELECT workspace, trace_id, dimension, 'expert', 'ann', score, 1, 1 FROM verdict_rows WHERE judge_id = 'good'"
    )
    calibrate()
    gates = {row["judge_id"]: row["may_alert"] for row in store.rows("SELECT judge_id, may_alert FROM gates")}
    assert gates == {"good": 1, "unproved": 0}
    (row,) = fired("bad_scores", SOON)
    assert (row["workspace"], row["service"], row["judge"], row["dimension"]) == ("default", "shop", "good@1", "tone")
    assert row["value"] == pytest.approx(0.25 / 0.02)


def test_findings_that_are_opinions_wake_somebody_once_their_check_is_proved(store, send, fired, calibrate):
    """Half of the requests have a claim without support, a quarter a tool that failed."""
    send([one for n in range(1, 101) for one in [span(n, n, tokens=(10, 5))]])
    put = (
        "INSERT INTO finding_rows (workspace, trace_id, span_id, finding_id, start_time, version, retracted, label, check_id, check_version, severity, service)"
        " SELECT 'default', leftPad(hex(toUInt64(number + 1)), 32, '0'), '', toFixedString(leftPad(toString(number), 16, '0'), 16), {at:DateTime64(3)}, 1, 0,"
        " {label:String}, {check:String}, 1, 'error', 'shop' FROM numbers({many:UInt64})"
    )
    claim = {"label": "unsupported_generation.unsupported_claim", "check": "trace.unsupported_claim"}
    store.command(put, {**claim, "at": NOW, "many": 50})
    store.command(put, {"label": "tool_failure.tool_error", "check": "tools.error", "at": NOW, "many": 25})
    store.command(
        "INSERT INTO trace_labels (workspace, trace_id, start_time, version, retracted, checks)"
        " SELECT 'default', leftPad(hex(toUInt64(number + 1)), 32, '0'), {at:DateTime64(3)}, 1, 0, 'trace.unsupported_claim@1' FROM numbers(100)",
        {"at": NOW},
    )
    found = {row["class"]: row["value"] for row in fired("failures", SOON)}
    assert found == {"tool_failure": pytest.approx(0.25 / 0.005)}
    store.command(
        "INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, value, probability, version)"
        " SELECT 'default', leftPad(hex(toUInt64(number + 1)), 32, '0'), 'faithfulness', 'expert', 'ann', number >= 50, 1, 1 FROM numbers(100)"
    )
    calibrate()
    found = {row["class"]: row["value"] for row in fired("failures", SOON)}
    assert found["unsupported_generation"] == pytest.approx(0.5 / 0.005)
