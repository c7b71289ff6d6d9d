"""What the sampler prefers: findings, signals, tails and rare cohorts of traces on a real engine."""

import pytest

from assay.otlp.decode import Decoder
from assay.scorer.sample import Anomalies, stratum
from assay.scorer.settle import drain
from assay.scorer.signs import anomalies, usual
from assay.store.parcel import parcel_of
from tests.golden.traces import request_of
from tests.store.test_findings import SINCE
from tests.store.test_trace_labels import LOOP

ROUTES = 120


def call(number, *, ms=400, cost=0.01, tenant="acme", attributes=None):
    """An ordinary trace of one call; every one asks something else."""
    said = {
        "gen_ai.usage.cost": cost,
        "tenant.id": tenant,
        "http.route": "/ask",
        "gen_ai.conversation.id": f"c-{number}",
    }
    return {
        "trace": number,
        "spans": [
            {"id": 1, "question": f"What is {number} and two?", "answer": f"It is {number + 2}.", "ms": ms}
            | {"attributes": said | (attributes or {})}
        ],
    }


@pytest.fixture
def settled(store, writer):
    """Commits traces and settles them."""

    def put(*traces):
        for trace in traces:
            writer.write([parcel_of(Decoder().traces(request_of(trace), workspace="w"))])
        drain(store, writer, Decoder())

    return put


def signs(store, *numbers):
    found = anomalies(store, [f"{one:032x}" for one in numbers], usual(store, SINCE))
    return [found["w", f"{one:032x}"] for one in numbers]


def test_an_ordinary_trace_has_no_sign(store, settled):
    settled(*(call(number) for number in range(1, ROUTES)))
    assert signs(store, 1, ROUTES - 1) == [Anomalies(), Anomalies()]


def test_tails_and_rare_cohorts_are_those_of_the_traffic(store, settled):
    settled(
        *(call(number, ms=400 + number) for number in range(1, ROUTES)),
        call(900, ms=30_000),
        call(901, cost=3.0),
        call(902, tenant="tiny"),
        call(903, ms=30_000, attributes={"http.route": "/rare"}),
    )
    slow, dear, rare, alone = signs(store, 900, 901, 902, 903)
    assert (slow.slow, slow.dear, slow.rare) == (True, False, False)
    assert (dear.slow, dear.dear, dear.rare) == (False, True, False)
    assert (rare.slow, rare.dear, rare.rare) == (False, False, True)
    assert not alone.slow, "nobody knows what is slow on a route with one trace"
    assert [stratum(one) for one in (slow, dear, rare)] == ["tail", "tail", "rare"]


def test_findings_and_outcomes_are_signs(store, settled):
    settled(LOOP | {"trace": 1}, call(2, attributes={"task.outcome": "failure"}), call(3))
    loop, failed, fine = signs(store, 1, 2, 3)
    assert loop.severity in ("warning", "error")
    assert failed.negative_signals == 1
    assert fine == Anomalies()


def test_a_question_that_doubts_is_a_sign_about_the_answer_before(store, settled):
    first = {"id": 1, "question": "When does the shop open on Sunday?", "answer": "The shop opens at nine on Sunday."}
    doubt = {
        "id": 1, "at_ms": 60_000, "question": "Are you sure? That is wrong.", "answer": "It opens at ten.",
        "history": [(first["question"], first["answer"])],
    }  # fmt: skip
    talk = {"attributes": {"gen_ai.conversation.id": "c-1"}}
    settled({"trace": 1, "spans": [first | talk]}, {"trace": 2, "spans": [doubt | talk]})
    asked, doubted = signs(store, 1, 2)
    assert asked.negative_signals == 1
    assert doubted.negative_signals == 0


def test_a_trace_that_is_not_there_has_no_row(store):
    assert anomalies(store, ["f" * 32], usual(store, SINCE)) == {}
    assert anomalies(store, [], usual(store, SINCE)) == {}
