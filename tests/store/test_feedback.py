"""What feedback changes in the views, for the sampler and under erasure, on a real engine."""

import pytest

from assay.cli.ask import read_trace
from assay.cli.tree import render
from assay.clock import ManualClock
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.settle import drain
from assay.scorer.signs import anomalies, usual
from assay.store.parcel import parcel_of
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest
from tests.golden.traces import START_NS, request_of
from tests.store.test_findings import SINCE
from tests.store.test_judging import everything, scorer, server, verdicts  # noqa: F401 - fixtures

TALK = {"gen_ai.conversation.id": "c-1", "user.id": "u-1"}


def turn(number, **attributes):
    """One answered question of a conversation; its answer has an id."""
    said = TALK | {"gen_ai.response.id": f"resp-{number}"} | attributes
    spans = [{"id": 1, "at_ms": number * 1_000, "question": f"What is {number}?", "answer": "Two.", "attributes": said}]
    return {"trace": number, "spans": spans}


@pytest.fixture
def put(store, writer):
    """Commits traces and settles everything."""

    def commit(*traces):
        for trace in traces:
            writer.write([parcel_of(Decoder().traces(request_of(trace), workspace="w"))])
        drain(store, writer, Decoder())

    return commit


@pytest.fixture
def say(writer):
    """Commits feedback: `say(1, thumb=FeedbackItem.DOWN)` about trace 1, `at` seconds after the start of the tests' traces."""

    def commit(number=0, *, at=60, workspace="w", **fields):
        item = FeedbackItem(trace_id=f"{number:032x}" if number else "", **fields)
        item.time.FromNanoseconds(START_NS + at * 1_000_000_000)
        request = SendFeedbackRequest(feedback=[item])
        writer.write([parcel_of(Decoder().feedback(request, workspace=workspace, arrived_ns=START_NS))])

    return commit


def outcomes(store, view="traces"):
    return [row["outcome"] for row in store.rows(f"SELECT outcome FROM {view} ORDER BY start_time")]


def test_the_latest_outcome_wins_whatever_the_order_of_arrival(store, put, say):
    put(turn(1, **{"app.outcome": "success"}), turn(2), turn(3, **{"app.outcome": "success"}))
    assert outcomes(store) == ["success", "", "success"]
    say(1, at=90, outcome=FeedbackItem.ESCALATED)
    say(1, at=80, outcome=FeedbackItem.ABANDONED)
    say(2, outcome=FeedbackItem.SUCCESS, workspace="somebody else's")
    assert outcomes(store) == ["escalated", "", "success"]
    say(1, at=100, outcome=FeedbackItem.SUCCESS)
    assert outcomes(store) == ["success", "", "success"]
    assert store.rows("SELECT workspace, trace_id, outcome FROM outcomes ORDER BY workspace DESC") == [
        {"workspace": "w", "trace_id": f"{1:032x}", "outcome": "success"},
        {"workspace": "somebody else's", "trace_id": f"{2:032x}", "outcome": "success"},
    ]


def test_a_conversation_ends_as_its_last_word_says(store, put, say):
    put(turn(1, **{"app.outcome": "success"}), turn(2))
    assert outcomes(store, "conversations") == ["success"]
    say(2, outcome=FeedbackItem.FAILURE)
    assert outcomes(store, "conversations") == ["failure"]


def test_a_trace_on_the_terminal_has_what_was_said_of_it(store, put, say):
    put(turn(1, **{"app.outcome": "success"}))
    say(1, at=61, stars=2, comment="no  city", author="u-1")
    say(1, at=62, correction="Vienna", source=FeedbackItem.EXPERT)
    say(1, at=63, outcome=FeedbackItem.FAILURE)
    say(1, at=64, score=0.5)
    say(1, at=65, thumb=FeedbackItem.DOWN)
    trace = read_trace(store, f"{1:032x}")
    assert (trace["outcome"], len(trace["feedback"])) == ("failure", 5)
    lines = [line.plain.strip() for line in render(trace, width=120)]
    assert [line.removeprefix("☞  ") for line in lines if line.startswith("☞")] == [
        "u-1: 2 of 5 stars. no city", "expert: should be: Vienna", "end user: failure", "end user: 0.5 of 1", "end user: thumb down",
    ]  # fmt: skip


def test_only_unhappy_feedback_is_a_signal(store, put, say):
    put(*(turn(number) for number in range(1, 7)))
    say(1, thumb=FeedbackItem.DOWN)
    say(2, thumb=FeedbackItem.UP)
    say(3, stars=2)
    say(4, stars=3)
    say(5, correction="Three.")
    say(6, thumb=FeedbackItem.DOWN, author="u")
    say(6, thumb=FeedbackItem.UP, author="u", at=61)
    said = "SELECT toUInt8(right(trace_id, 1)) AS n, signal, conversation_id, by_trace_id FROM signals WHERE by_trace_id = '' ORDER BY n"
    assert [tuple(row.values()) for row in store.rows(said)] == [
        (1, "disliked", "c-1", ""), (3, "disliked", "c-1", ""), (5, "corrected", "c-1", ""),
    ]  # fmt: skip


def test_unhappy_feedback_and_outcomes_are_signs_for_the_sampler(store, put, say):
    put(turn(1), turn(2), turn(3))
    say(1, thumb=FeedbackItem.DOWN)
    say(2, outcome=FeedbackItem.ABANDONED)
    say(3, thumb=FeedbackItem.UP)
    found = anomalies(store, [f"{number:032x}" for number in (1, 2, 3)], usual(store, SINCE))
    assert [found["w", f"{number:032x}"].negative_signals for number in (1, 2, 3)] == [1, 1, 0]


def test_feedback_after_the_verdict_brings_the_trace_back(store, put, say, scorer):  # noqa: F811
    put(turn(1))
    judging = scorer(enabled=("offline.relevance",), offline_floor=0.55)
    if not judging.round()[0].drawn:
        pytest.fail("choose another trace id: this one is not drawn at 0.55")
    say(1, thumb=FeedbackItem.DOWN)
    judging.round()
    (row,) = verdicts(store)
    assert (row["sampling_probability"], row["stratum"]) == (0.6, "signal")


def about(store):
    """Which spans the feedback is about, by what it names."""
    rows = store.rows("SELECT workspace, response_id, trace_id, span_id FROM feedback ORDER BY workspace, response_id")
    return [tuple(row.values()) for row in rows]


def test_feedback_on_an_answer_finds_its_trace_before_and_after(store, put, say):
    say(response_id="resp-1", thumb=FeedbackItem.UP)
    put()
    assert about(store) == [], "the answer is not there yet"
    put(turn(1), turn(2))
    assert about(store) == [("w", "resp-1", f"{1:032x}", f"{1:016x}")]
    say(response_id="resp-2", thumb=FeedbackItem.UP)
    say(response_id="resp-2", thumb=FeedbackItem.UP, workspace="somebody else's")
    say(response_id="nobody's", thumb=FeedbackItem.UP)
    put()
    say(response_id="resp-2", thumb=FeedbackItem.UP)
    put()
    assert about(store) == [
        ("w", "resp-1", f"{1:032x}", f"{1:016x}"),
        ("w", "resp-2", f"{2:032x}", f"{1:016x}"),
    ]
    rows = store.rows("SELECT count() AS n FROM feedback_rows WHERE trace_id != ''")[0]["n"]
    put()
    assert store.rows("SELECT count() AS n FROM feedback_rows WHERE trace_id != ''")[0]["n"] == rows, (
        "nothing is written twice"
    )


def test_erasing_a_user_takes_what_they_said_and_what_was_said_of_their_traces(store, put, say):
    put(turn(1), turn(2) | {"spans": [{"id": 1, "question": "Hm?", "answer": "So.", "attributes": {"user.id": "u-2"}}]})
    say(1, text="about u-1's trace", author="support")
    say(response_id="resp-1", text="not addressed yet", author="support")
    say(2, text="by u-1 about another's trace", author="u-1")
    say(2, text="stays", author="u-2")
    list(erase(store, ManualClock(), workspace="w", by="user", value="u-1"))
    assert store.rows("SELECT DISTINCT comment FROM feedback_rows") == [{"comment": "stays"}]


def test_words_expire_before_ratings(store):
    made = store.rows("SHOW CREATE TABLE feedback_rows")[0]["statement"]
    for column in ("comment", "correction"):
        (line,) = (line for line in made.splitlines() if line.strip().startswith(f"`{column}`"))
        assert "TTL" in line
    assert "\nTTL" in made
