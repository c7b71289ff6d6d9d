"""A document that a search never returns shows where other requests with the same question found it, whichever was looked at first."""

import time
from itertools import count

import pytest

from assay.clock import SystemClock
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.settle import drain
from assay.store.parcel import parcel_of
from tests.golden.traces import START_NS, request_of

QUESTION = "How long does the repair of a jacket take?"
REPAIRS = "A repair of a jacket takes about 3 weeks, in spring up to 5. Jackets must be washed before they are sent in."
RETURNS = "Unworn items can be returned within 30 days of delivery. Gift cards cannot be returned."
HAS_NOTHING = "I could not find anything about how long repairs take in our documentation."
TOLD = "A repair of a jacket takes about 3 weeks, in spring up to 5."
HOUR_NS = 3_600_000_000_000
FINDINGS = "SELECT trace_id, evidence FROM findings WHERE label = 'retrieval_miss.source_absent' ORDER BY trace_id"
EVERYTHING = "SELECT * EXCEPT (finding_id) FROM findings ORDER BY ALL"
PRIMARY = "SELECT trace_id, primary_label FROM trace_labels FINAL WHERE retracted = 0 ORDER BY trace_id"


def searched(answer, *documents, question=QUESTION, hours=0.0):
    """A question, a search that returns documents (id, text), and an answer."""
    start = START_NS + int(hours * HOUR_NS)
    listed = [{"id": name, "text": text, "score": 0.62 - 0.01 * n} for n, (name, text) in enumerate(documents)]
    prompt = "Context:\n\n" + "\n\n".join(text for _, text in documents) + f"\n\nQuestion: {question}"
    return {
        "spans": [
            {"id": 1, "operation": "invoke_agent", "ms": 2500, "start": start},
            {"id": 2, "parent": 1, "operation": "retrieval", "query": question, "documents": listed, "start": start, "ms": 80},
            {"id": 3, "parent": 1, "question": prompt, "answer": answer, "start": start + 100_000_000, "ms": 2000},
        ]
    }  # fmt: skip


def lacking(**more):
    return searched(HAS_NOTHING, ("kb-101", RETURNS), **more)


def told(**more):
    return searched(TOLD, ("kb-170", REPAIRS), ("kb-101", RETURNS), **more)


@pytest.fixture
def look(store, writer):
    """Stores traces under numbers of their own and settles; the numbers of those that were found to lack a source, then."""
    numbers = count(1)

    def look(*traces):
        for trace in traces:
            writer.write([parcel_of(Decoder().traces(request_of(trace, next(numbers)), workspace="w"))])
        drain(store, writer, Decoder())
        return [int(row["trace_id"], 16) for row in store.rows(FINDINGS)]

    return look


def test_what_another_request_found_is_absent(store, look):
    assert look(
        told(), lacking(hours=1), lacking(hours=2, question="Hello, how long does a jacket's repair take?")
    ) == [2, 3]
    assert [row["primary_label"] for row in store.rows(PRIMARY)] == ["", *["retrieval_miss.source_absent"] * 2]
    evidence = store.rows(FINDINGS)[0]["evidence"]
    assert "kb-170" in evidence
    assert f"{1:032x}" in evidence


def test_neither_order_nor_rounds_change_a_finding(store, writer, look):
    assert look(lacking(hours=1)) == []
    assert look(told(hours=3)) == [1]
    first = store.rows(FINDINGS)
    assert look(told(hours=4)) == [1]
    assert store.rows(FINDINGS) == first
    # The earliest is named, also where it comes last.
    assert look(told(hours=-2)) == [1]
    assert f"{4:032x}" in store.rows(FINDINGS)[0]["evidence"]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([], id="nobody"),
        pytest.param([lacking(hours=1)], id="nobody who found it"),
        pytest.param([told(hours=72)], id="days later"),
        pytest.param([told(question="How long is the guarantee of a jacket?")], id="another question"),
        pytest.param([searched(TOLD, ("kb-101", RETURNS))], id="an answer that no document has"),
        pytest.param([told(), searched(RETURNS, ("kb-101", RETURNS))], id="answered also from what is here"),
    ],
)  # fmt: skip
def test_without_a_good_answer_from_elsewhere_nothing_is_said(look, others):
    assert 1 not in look(lacking(), *others)


def test_a_finding_is_taken_back_where_an_answer_rests_on_what_is_here(store, look):
    assert look(lacking(), told(hours=1)) == [1]
    assert look(searched(RETURNS, ("kb-101", RETURNS), hours=2)) == []
    assert {row["primary_label"] for row in store.rows(PRIMARY)} == {""}


def test_another_look_changes_nothing(store, writer, look):
    look(lacking(), told(hours=1))
    before = store.rows(EVERYTHING), store.rows(PRIMARY)
    store.command("INSERT INTO spans SELECT * REPLACE (now64(3) AS inserted_at) FROM spans")
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 2
    assert (store.rows(EVERYTHING), store.rows(PRIMARY)) == before


def test_a_round_that_was_killed_before_its_second_look_is_done_again(store, writer, look, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("assay.scorer.settle.label_again", killed)
        with pytest.raises(KeyboardInterrupt):
            look(lacking(), told(hours=1))
    assert store.rows(FINDINGS) == []
    drain(store, writer, Decoder())
    assert len(store.rows(FINDINGS)) == 1


def killed(*_, **__):
    raise KeyboardInterrupt


def test_a_process_that_starts_knows_what_lacks_a_source(store, look):
    # Each look is a process of its own here.
    now = (time.time_ns() - START_NS) / HOUR_NS
    assert look(lacking(hours=now - 2)) == []
    assert look(told(hours=now - 1)) == [1]


def test_erasing_leaves_no_row_of_a_question(store, look):
    look(lacking(), told(hours=1))
    assert store.rows("SELECT count() AS rows FROM asked_questions FINAL")[0]["rows"] == 2
    for _ in erase(store, SystemClock(), workspace="w", by="trace", value=f"{2:032x}"):
        pass
    assert [row["trace_id"] for row in store.rows("SELECT trace_id FROM asked_questions FINAL")] == [f"{1:032x}"]
