"""What people say of traces, on a real engine: the last word of each counts, the chance of being asked is kept, and what is erased is gone."""

from datetime import UTC, datetime

import pytest

from assay.clock import ManualClock
from assay.errors import NotFound, OperatorMustFix
from assay.judges.rubric import rubrics
from assay.scorer.erase import erase
from assay.scorer.human_labels import EPOCH, HumanLabel, read_labels, write_draws, write_labels
from assay.scorer.label_files import Defaults, read, write
from assay.scorer.label_queue import CHECKS, candidates, draw
from tests.store.test_judging import put, rag, scorer  # noqa: F401 - fixtures

TRACE = f"{1:032x}"
SAID = HumanLabel(
    "default", TRACE, "faithfulness", "expert", "ann", "supported", 1.0, "0123456789abcdef", "faithfulness@1", "", "", 1.0, "", "",
    1_790_000_000_000,
)  # fmt: skip


def said(store, **asked):
    return [(one.labeller, one.source, one.label, one.value) for one in read_labels(store, **asked)]


def rows(store):
    return store.rows("SELECT count() AS n FROM human_label_rows")[0]["n"]


def test_saying_the_same_again_writes_nothing(store):
    assert write_labels(store, [SAID])[:3] == (1, 0, 0)
    assert write_labels(store, [SAID._replace(time_ms=SAID.time_ms + 5)])[:3] == (0, 0, 1)
    assert rows(store) == 1
    assert read_labels(store) == [SAID]


def test_the_later_word_of_a_labeller_holds_whatever_order_it_comes_in(store):
    later = SAID._replace(label="unsupported", value=0.0, time_ms=SAID.time_ms + 1)
    assert write_labels(store, [later])[:3] == (1, 0, 0)
    assert write_labels(store, [SAID])[:3] == (0, 0, 1)
    assert said(store) == [("ann", "expert", "unsupported", 0.0)]
    assert write_labels(store, [SAID._replace(time_ms=SAID.time_ms + 2)])[:3] == (0, 1, 0)
    assert said(store) == [("ann", "expert", "supported", 1.0)]


def test_of_two_words_at_the_same_time_the_last_one_holds(store):
    write_labels(store, [SAID, SAID._replace(label="unsupported", value=0.0)])
    assert said(store) == [("ann", "expert", "unsupported", 0.0)]


def test_labellers_sources_and_dimensions_are_kept_apart(store):
    others = [
        SAID._replace(labeller="bob", label="unsupported", value=0.0),
        SAID._replace(source="end_user", label="", value=0.5),
        SAID._replace(dimension="relevance", label="abstain", value=None),
    ]
    write_labels(store, [SAID, *others])
    assert len(read_labels(store)) == 4
    assert said(store, source="end_user") == [("ann", "end_user", "", 0.5)]
    assert said(store, dimension="relevance") == [("ann", "expert", "abstain", None)]
    assert said(store, labeller="bob") == [("bob", "expert", "unsupported", 0.0)]
    assert said(store, traces=["f" * 32]) == []


def test_the_highest_chance_of_being_drawn_is_that_of_the_label(store):
    write_labels(store, [SAID])
    write_draws(store, [("default", TRACE, "faithfulness", "offline.faithfulness", 0.2)])
    write_draws(store, [("default", TRACE, "faithfulness", "offline.faithfulness", 0.5)])
    write_draws(store, [("default", TRACE, "faithfulness", "offline.faithfulness", 0.3)])
    write_draws(store, [("default", TRACE, "relevance", "offline.relevance", 0.9)])
    (found,) = read_labels(store)
    assert (found.probability, found.drawn_for) == (0.5, "offline.faithfulness")
    assert write_labels(store, [SAID])[:3] == (0, 0, 1)


def test_what_is_exported_is_in_another_store_what_it_was(store, tmp_path):
    write_labels(store, [SAID._replace(comment="=1+1\nover\u2028two \"lines\"", correction="'-x"), SAID._replace(labeller="bob", label="abstain", value=None)])  # fmt: skip
    write_draws(store, [("default", TRACE, "faithfulness", "offline.faithfulness", 0.25)])
    before = read_labels(store)
    nothing = Defaults("other", "", "", "", SAID.time_ms + 1)
    for form in ("jsonl", "csv"):
        store.command("TRUNCATE TABLE human_label_rows")
        store.command("TRUNCATE TABLE label_draw_rows")
        back = read(write(before, form), form, "labels", rubrics=rubrics(()), defaults=nothing)
        assert back.labels == before
        assert write_labels(store, back.labels)[0] == 2
        assert read_labels(store) == before


def test_a_label_knows_the_conversation_of_its_trace_and_goes_with_it(store, put, scorer):  # noqa: F811 - fixtures
    talk = rag(1)
    talk["spans"][2]["conversation"] = "c-77"
    put(talk, rag(2))
    (first, second) = (row["trace_id"] for row in store.rows("SELECT trace_id FROM traces ORDER BY trace_id"))
    conversation = store.rows(f"SELECT conversation_id AS c FROM traces WHERE trace_id = '{first}'")[0]["c"]
    gone = "f" * 32
    done = write_labels(store, [SAID._replace(trace_id=one) for one in (first, second, gone)])
    assert (done.new, done.settled) == (3, 2)
    assert {one.trace_id: one.conversation_id for one in read_labels(store)}[first] == conversation
    for trace in (first, gone):
        list(erase(store, ManualClock(), workspace="default", by="trace", value=trace))
    assert [one.trace_id for one in read_labels(store)] == [second]


def note(store, trace):
    """A finding of a trace that is no failure."""
    store.command(
        "INSERT INTO finding_rows (workspace, trace_id, finding_id, start_time, version, retracted, label, check_id, check_version, severity)"
        " SELECT workspace, trace_id, 'noted', start_time, 1, 0, 'unsupported_generation.unsupported_number', 'noted', 1, 'info'"
        " FROM spans_live WHERE trace_id = {trace:String} LIMIT 1",
        {"trace": f"{trace:032x}"},
    )


def test_people_are_asked_about_what_a_judge_has_scored_and_disputed_traces_are_known(store, put, scorer):  # noqa: F811 - fixtures
    invented = "Customers in Norway receive a complimentary umbrella from the warehouse manager."
    put(rag(1), rag(2, invented), rag(3))
    note(store, 3)
    scorer().round()
    judge, found = candidates(store, "faithfulness", since=EPOCH)
    assert judge == "offline.faithfulness"
    assert {one.probability for one in found} == {1.0}
    scores = {row["trace_id"]: row["score"] for row in store.rows("SELECT trace_id, score FROM verdicts WHERE judge_id = 'offline.faithfulness'")}  # fmt: skip
    failing = {row["trace_id"] for row in store.rows("SELECT trace_id FROM findings WHERE severity != 'info'")}
    assert {one.trace_id: one.is_disputed for one in found} == {
        trace: (score < 0.5) != (trace in failing) for trace, score in scores.items()
    }
    drawn = draw(found, "faithfulness", 2)
    assert len(drawn) == 2
    assert {one.trace_id for one in drawn} <= set(scores)
    with pytest.raises(NotFound, match=r"offline\.faithfulness"):
        candidates(store, "faithfulness", since=EPOCH, judge="faithfulness")
    with pytest.raises(NotFound, match="--since"):
        candidates(store, "tone", since=datetime(2100, 1, 1, tzinfo=UTC))


def test_without_a_judge_people_are_asked_by_what_checks_found(store, put):  # noqa: F811 - fixtures
    invented = "Refunds take 77 days. See https://help.example.com/refunds-7781 for details."
    put(*(rag(number, invented) if number < 3 else rag(number) for number in range(1, 13)))
    note(store, 12)
    failing = {
        row["trace_id"]
        for row in store.rows(
            "SELECT trace_id FROM findings WHERE class = 'unsupported_generation' AND severity != 'info'"
        )
    }
    assert {int(one, 16) for one in failing} == {1, 2}
    for dimension in ("faithfulness", "unsupported_generation.unsupported_number"):
        judge, found = candidates(store, dimension, since=EPOCH)
        assert (judge, len(found)) == (CHECKS, 12)
        found_failing = {one.trace_id for one in found if one.score == 0}
        assert found_failing
        assert found_failing <= failing
        drawn = draw(found, dimension, 4)
        assert sum(one.trace_id in found_failing for one in drawn) == 2
        assert {one.probability for one in drawn if one.trace_id not in found_failing} == {2 / 10}
    nobody = candidates(store, "tone", since=EPOCH)[1]
    assert {one.score for one in nobody} == {1.0}


def test_one_wrong_line_and_nothing_is_stored(store):
    text = f'{{"trace_id": "{TRACE}", "label": "supported"}}\n{{"trace_id": "{TRACE}", "label": "suported"}}\n'
    with pytest.raises(OperatorMustFix, match=r"labels\.jsonl:2: 'suported' is no level .* Did you mean 'supported'"):
        write_labels(
            store,
            read(text, "jsonl", "labels.jsonl", rubrics=rubrics(()), defaults=Defaults("default", "faithfulness", "expert", "ann", SAID.time_ms)).labels,
        )  # fmt: skip
    assert rows(store) == 0
