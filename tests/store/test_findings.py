"""Findings from the request to the view: with their spans, once, taken back when they hold no longer, gone with an erasure."""

from datetime import UTC, datetime

import pyarrow as pa

from assay.checks.chosen import checks_of
from assay.clock import SystemClock
from assay.config.model import BannedPhrases, Checks
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.remap import remap
from assay.scorer.settle import drain
from assay.store.parcel import FINDING_TYPES
from assay.store.store import query
from tests.golden.test_checks import EXAMPLES, request_of

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
SPANS = [
    EXAMPLES["safety.refusal"]["caught"][0] | {"attributes": {"user.id": "u-1"}},
    EXAMPLES["serving.rate_limited"]["caught"][0],
    EXAMPLES["serving.rate_limited"]["not_caught"][-1],
]
REQUEST = request_of(SPANS)
FOUND = "SELECT trace_id, label, check_id, severity, evidence FROM findings WHERE severity != 'info' ORDER BY trace_id, label, check_id"


def check_again(store, writer):
    return sum(done.spans for done in remap(store, writer, Decoder(), since=SINCE, every_span=True))


def test_findings_are_there_when_the_request_is_answered(store, receive):
    assert receive(REQUEST) == 3
    assert [(row["trace_id"][-1], row["label"]) for row in store.rows(FOUND)] == [
        ("1", "safety_policy.over_refusal"),
        ("2", "serving_bottleneck.rate_limited"),
    ]


def test_a_rate_is_of_all_that_the_checks_of_its_label_were_asked(store, receive):
    banned = Checks(
        banned_phrases=(
            BannedPhrases(id="x", phrases=("alpha",), routes=("/x",), severity="warning"),
            BannedPhrases(id="y", phrases=("beta",), routes=("/y",)),
        )
    )
    said = [("/x", "alpha"), ("/y", "beta"), ("/y", "beta"), ("/y", "fine")]
    spans = [{"question": "Which?", "answer": answer, "attributes": {"http.route": route}} for route, answer in said]
    receive(request_of(spans), checks=checks_of(banned, {}))
    anything = {
        "since": SINCE,
        "workspace": "",
        "service": "",
        "label": "safety_policy.banned_phrase",
        "severities": ["error", "warning"],
    }
    (row,) = store.rows(query("failures"), anything)
    assert (row["spans"], row["asked"], row["severity"], row["checks"]) == (3, 4, "error", ["rule.x", "rule.y"])


def test_a_request_that_comes_twice_changes_no_number(store, receive):
    receive(REQUEST)
    before = store.rows(FOUND), store.rows("SELECT * FROM failure_rates ORDER BY ALL")
    receive(REQUEST, REQUEST)
    receive(REQUEST)
    assert (store.rows(FOUND), store.rows("SELECT * FROM failure_rates ORDER BY ALL")) == before


def test_a_rate_is_of_the_spans_that_could_be_asked(store, receive):
    receive(REQUEST)
    rates = {
        row["check_id"]: (int(row["failed"]), int(row["asked"]))
        for row in store.rows(
            "SELECT check_id, sum(failed) AS failed, sum(asked) AS asked FROM failure_rates GROUP BY check_id"
        )
    }
    assert rates["serving.rate_limited"] == (1, 3)
    assert rates["safety.refusal"] == (1, 2)  # the call that failed has no answer to ask about
    assert "tools.error" not in rates


def test_a_failing_trace_has_one_first_cause(store, writer, receive):
    receive(REQUEST)
    drain(store, writer, Decoder())
    causes = store.rows(
        "SELECT trace_id, label, class, kind, stage, severity, span_id FROM first_causes ORDER BY trace_id"
    )
    assert [tuple(row.values()) for row in causes] == [
        (f"{1:032x}", "safety_policy.over_refusal", "safety_policy", "over_refusal", "generation", "warning", f"{1:016x}"),
        (f"{2:032x}", "serving_bottleneck.rate_limited", "serving_bottleneck", "rate_limited", "generation", "warning", f"{2:016x}"),
    ]  # fmt: skip


def test_failures_name_label_denominator_and_examples(store, receive):
    receive(REQUEST)
    rows = store.rows(
        query("failures"),
        {
            "since": SINCE,
            "workspace": "",
            "service": "",
            "label": "serving_bottleneck",
            "severities": ["error", "warning"],
        },
    )
    assert [(row["label"], row["traces"], row["asked"], [one[-1] for one in row["examples"]]) for row in rows] == [
        ("serving_bottleneck.rate_limited", 1, 3, ["2"])
    ]


def test_checking_again_with_the_same_checks_changes_nothing(store, receive, writer):
    receive(REQUEST)
    before = store.rows(FOUND), store.rows("SELECT * FROM failure_rates ORDER BY ALL")
    assert check_again(store, writer) == 3
    assert (store.rows(FOUND), store.rows("SELECT * FROM failure_rates ORDER BY ALL")) == before


def stale(store):
    """A finding that an older check made about the first span, and that holds no longer."""
    (row,) = store.arrow(query("findings_of_traces"), {"traces": [f"{1:032x}"]}).to_pylist()
    row |= {"label": "output_format.empty", "check_id": "output.empty"}
    store.insert("finding_rows", pa.table({name: pa.array([row[name]], kind) for name, kind in FINDING_TYPES.items()}))


def test_what_holds_no_longer_is_taken_back(store, receive, writer):
    receive(REQUEST)
    before = store.rows(FOUND)
    stale(store)
    assert len(store.rows(FOUND)) == len(before) + 1
    check_again(store, writer)
    assert store.rows(FOUND) == before


def test_nothing_is_taken_back_where_the_text_is_gone(store, receive, writer):
    # An answer of more than 256 characters is a body of its own; without it the span cannot be looked at again.
    answer = (
        "I'm sorry, but I can't help with that. We value you, we really do, and we hope to see you in one of our stores very soon, where our staff will"
        " gladly tell you all that you want to know about it; bring this message along, it may be of help to them when they look up what you asked us"
        " for, and what we said to you then."
    )
    receive(request_of([{"question": "When do you open on Sundays?", "answer": answer}]))
    before = store.rows(FOUND)
    assert [row["label"] for row in before] == ["safety_policy.over_refusal"]
    store.command("DELETE FROM bodies WHERE kind IN ('message', 'attribute')")
    check_again(store, writer)
    assert store.rows(FOUND) == before


def test_an_erasure_takes_the_findings_with_it(store, receive):
    receive(REQUEST)

    class NoWaiting(SystemClock):
        def sleep(self, seconds: float) -> None:
            del seconds

    list(erase(store, NoWaiting(), workspace="default", by="user", value="u-1"))
    assert [row["trace_id"][-1] for row in store.rows(FOUND)] == ["2"]


def test_the_primary_failure_is_the_most_upstream_one(store, receive):
    spans = [EXAMPLES["retrieval.no_results"]["caught"][0], EXAMPLES["coverage.no_knowledge"]["caught"][0]]
    request = request_of(spans)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.trace_id = (7).to_bytes(16, "big")
    receive(request)
    (row,) = store.rows("SELECT primary_label, primary_stage, severity, labels, findings FROM trace_failures")
    assert row == {
        "primary_label": "retrieval_miss.no_results", "primary_stage": "retrieval", "severity": "warning",
        "labels": ["coverage_gap.no_knowledge", "retrieval_miss.no_results"], "findings": 2,
    }  # fmt: skip


def test_what_is_only_noteworthy_is_no_failure(store):
    for number, severity in enumerate(("info", "warning", "error"), 1):
        store.command(
            "INSERT INTO finding_rows (workspace, trace_id, span_id, finding_id, start_time, version, retracted, label, check_id, check_version, severity) "
            "SELECT 'w', {t:String}, 's', toFixedString({t:String}, 16), '2026-10-01 00:00:00', 1, 0, 'safety_policy.over_refusal', 'c', 1, {s:String}",
            {"t": f"{number:016x}", "s": severity},
        )
    assert store.rows("SELECT count() AS n FROM findings") == [{"n": 3}]
    failures = store.rows("SELECT trace_id, severity FROM trace_failures ORDER BY trace_id")
    assert [(int(row["trace_id"]), row["severity"]) for row in failures] == [(2, "warning"), (3, "error")]
