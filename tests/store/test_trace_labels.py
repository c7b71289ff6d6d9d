"""Labels of whole traces on a real engine: written once, again when a span comes late, taken back, kept when texts are gone."""

from datetime import timedelta
from itertools import count

import pytest

from assay.checks.chosen import checks_of, trace_checks_of
from assay.clock import SystemClock
from assay.config.model import Checks
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.remap import remap
from assay.scorer.settle import drain, settle
from assay.scorer.traces import Texts, label_traces, read_ahead
from assay.store.parcel import parcel_of
from assay.store.store import query
from tests.golden.traces import request_of
from tests.store.otlp import START_NS
from tests.store.test_findings import SINCE

LABELS = "SELECT trace_id, check_id, label, severity, stage, span_id, evidence, confidence FROM findings WHERE startsWith(check_id, 'trace.') ORDER BY ALL"
TRACES = (
    "SELECT trace_id, checks, primary_label, primary_stage, primary_span_id, hex(primary_finding_id) AS finding, signals, signal_traces, "
    "service, model FROM trace_labels FINAL WHERE retracted = 0 ORDER BY trace_id"
)
RATES = "SELECT check_id, sum(failed) AS failed, sum(asked) AS asked FROM failure_rates WHERE startsWith(check_id, 'trace.') GROUP BY check_id ORDER BY check_id"

LOOP = {
    "spans": [
        {"id": 1, "operation": "invoke_agent", "ms": 4000},
        *(
            {"id": 2 + n, "parent": 1, "operation": "execute_tool", "tool": "lookup_order", "arguments": '{"order": 7}', "at_ms": 100 * n, "ms": 50}
            for n in range(5)
        ),
    ]
}  # fmt: skip
SLOW = {
    "spans": [
        {"id": 1, "operation": "invoke_agent", "ms": 12_000},
        {"id": 2, "parent": 1, "operation": "execute_tool", "tool": "search_web", "arguments": "{}", "ms": 11_000},
    ]
}


@pytest.fixture
def put(store, writer):
    """Commits traces as they are written in golden examples; does not settle."""
    numbers = count(1)

    def commit(*traces, first=None):
        number = first or next(numbers)
        for offset, trace in enumerate(traces):
            request = request_of(trace, number + offset)
            writer.write([parcel_of(Decoder().traces(request, workspace="w"))])

    return commit


def everything(store):
    return (
        store.rows(LABELS),
        store.rows(TRACES),
        store.rows(RATES),
        store.rows("SELECT * FROM trace_failures ORDER BY ALL"),
    )


def again(store, writer):
    """Every span is stored once more, so that its trace is looked at once more; gives how many were."""
    store.command("INSERT INTO spans SELECT * REPLACE (now64(3) AS inserted_at) FROM spans")
    return sum(done.labelled for done in drain(store, writer, Decoder()))


def test_a_trace_is_labelled_as_a_whole(store, writer, put):
    put(LOOP, first=1)
    put(SLOW, first=2)
    drain(store, writer, Decoder())
    (loop, slow), traces = store.rows(LABELS), store.rows(TRACES)
    assert (loop["label"], loop["trace_id"]) == ("tool_failure.retry_loop", f"{1:032x}")
    assert (slow["label"], slow["span_id"]) == ("serving_bottleneck.slow_stage", f"{2:016x}")
    assert [(one["primary_label"], one["primary_span_id"]) for one in traces] == [
        ("tool_failure.retry_loop", loop["span_id"]), ("serving_bottleneck.slow_stage", slow["span_id"]),
    ]  # fmt: skip
    rates = {row["check_id"]: (int(row["failed"]), int(row["asked"])) for row in store.rows(RATES)}
    assert rates["trace.retry_loop"] == (1, 1)
    assert rates["trace.slow_stage"] == (1, 2)
    assert "trace.outranked" not in rates
    (first, _) = store.rows("SELECT primary_label, primary_stage FROM trace_failures ORDER BY trace_id")
    assert first == {"primary_label": "tool_failure.retry_loop", "primary_stage": "tool"}
    asked = {"trace_id": f"{1:032x}", "workspace": "w"}
    assert next((row["label"], row["primary"]) for row in store.rows(query("trace_findings"), asked)) == (
        "tool_failure.retry_loop", 1,
    )  # fmt: skip


def test_looking_twice_changes_nothing(store, writer, put):
    put(LOOP, SLOW)
    drain(store, writer, Decoder())
    before = everything(store)
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 0
    assert again(store, writer) == 2
    assert everything(store) == before


def test_a_round_that_was_killed_before_its_last_row_is_done_again(store, writer, put):
    put(LOOP, SLOW)
    drain(store, writer, Decoder())
    before = everything(store)
    store.command("TRUNCATE TABLE trace_labels")
    store.command("TRUNCATE TABLE progress")
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 2
    assert everything(store) == before


def test_a_retry_of_the_sender_changes_nothing(store, writer, put):
    put(LOOP, first=1)
    drain(store, writer, Decoder())
    before = everything(store)
    put(LOOP, first=1)
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 1
    assert everything(store) == before


def test_a_late_span_opens_its_trace_again(store, writer, put):
    put({"spans": LOOP["spans"][:4]}, first=1)
    drain(store, writer, Decoder())
    assert store.rows(LABELS) == []
    put({"spans": LOOP["spans"][4:]}, first=1)
    drain(store, writer, Decoder())
    assert [row["label"] for row in store.rows(LABELS)] == ["tool_failure.retry_loop"]
    assert [row["primary_label"] for row in store.rows(TRACES)] == ["tool_failure.retry_loop"]


def test_what_a_late_span_explains_is_taken_back(store, writer, put):
    # The slow step turns out to be spent in a model call below it, which wrote a long answer.
    put(SLOW, first=1)
    drain(store, writer, Decoder())
    assert [row["label"] for row in store.rows(LABELS)] == ["serving_bottleneck.slow_stage"]
    put({"spans": [{"id": 3, "parent": 2, "question": "Q", "answer": "A", "ms": 11_000, "attributes": {"gen_ai.usage.output_tokens": 900}}]}, first=1)  # fmt: skip
    drain(store, writer, Decoder())
    assert store.rows(LABELS) == []
    assert [row["primary_label"] for row in store.rows(TRACES)] == [""]
    assert {row["check_id"]: int(row["failed"]) for row in store.rows(RATES)}["trace.slow_stage"] == 0


def test_an_earlier_root_moves_the_labels_to_its_hour(store, writer, put):
    start = START_NS - START_NS % 3_600_000_000_000
    late = {"spans": [{**one, "parent": 9, "start": start + 1_000_000_000} for one in LOOP["spans"]]}
    root = {"spans": [{"id": 9, "operation": "invoke_agent", "start": start - 60_000_000_000, "ms": 70_000}]}
    put(late, first=1)
    drain(store, writer, Decoder())
    put(root, first=1)
    drain(store, writer, Decoder())
    assert len(store.rows(TRACES)) == 1
    assert [row["label"] for row in store.rows(LABELS) if row["check_id"] == "trace.retry_loop"] == [
        "tool_failure.retry_loop"
    ]
    assert all(int(row["asked"]) == 1 for row in store.rows(RATES))


def test_a_trace_without_its_root_waits_and_is_then_looked_at_as_it_is(store, writer, put):
    put({"spans": [{**one, "parent": 9} for one in LOOP["spans"]]}, first=1)
    now = store.rows(query("settle_window"), {"name": "settle"})[0]["now"] + timedelta(seconds=1)

    def looked(until, wait_seconds):
        texts, since = Texts(), until - timedelta(seconds=2)
        with read_ahead(store, texts, since=since, until=until, wait_seconds=wait_seconds, number=1) as slices:
            return label_traces(store, writer, texts.questions, slices)

    assert looked(now, 60.0) == 0
    assert looked(now + timedelta(seconds=60), 60.0) == 1
    assert [row["label"] for row in store.rows(LABELS)] == ["tool_failure.retry_loop"]


def test_a_trace_that_was_marked_is_looked_at_once_when_that_is_quiet(store, writer, put):
    used = {"gen_ai.usage.input_tokens": 70, "gen_ai.usage.output_tokens": 900}
    put(
        {
            "spans": [
                {"id": 1, "operation": "invoke_agent", "ms": 12_000, "attributes": used},
                {"id": 2, "parent": 1, "question": "Q", "answer": "A", "ms": 11_000, "attributes": used},
            ]
        }
    )
    put(SLOW)
    done = drain(store, writer, Decoder())
    assert [(one.marked, one.labelled) for one in done] == [(1, 1), (0, 1)]


def test_reading_ahead_changes_nothing(store, writer, put, monkeypatch):
    put(LOOP, SLOW, LOOP, RAG, LOOP, SLOW)
    drain(store, writer, Decoder())
    before = everything(store)
    assert len(before[1]) == 6
    monkeypatch.setattr("assay.scorer.traces.SLICE_SPANS", 1)
    monkeypatch.setattr("assay.scorer.traces.READ_SPANS", 8)
    store.command("TRUNCATE TABLE trace_labels")
    store.command("TRUNCATE TABLE finding_rows")
    again(store, writer)
    drain(store, writer, Decoder())
    assert everything(store) == before


RAG = {
    "spans": [
        {"id": 1, "operation": "invoke_agent", "ms": 3000},
        {
            "id": 2, "parent": 1, "operation": "retrieval", "query": "return window of sale items",
            "documents": [
                {"id": "returns@1", "score": 0.9, "text": "Items bought in a sale can be returned within 14 days if the label is still on them. " + "Shops keep to it. " * 15},
                {"id": "hours@1", "score": 0.8, "text": "Our shops are open from nine to six on working days, and until four on Saturdays. " + "Come by any time. " * 15},
            ],
        },
        {
            "id": 3, "parent": 1, "at_ms": 500,
            "question": "Context: Items bought in a sale can be returned within 14 days if the la\n\nQuestion: How long can I return sale items?",
            "answer": "Sale items can be returned within 14 days.",
        },
    ]
}  # fmt: skip


def test_nothing_is_taken_back_where_a_text_is_gone(store, writer, put):
    put(RAG, first=1)
    drain(store, writer, Decoder())
    before = everything(store)
    assert [row["label"] for row in store.rows(LABELS)] == ["context_construction.truncated"]
    store.command("DELETE FROM bodies WHERE kind = 'document'")
    assert again(store, writer) == 1
    assert store.rows(LABELS) == before[0]
    assert store.rows(TRACES) == before[1]
    assert store.rows(RATES) == before[2]


def test_checking_history_again_changes_nothing(store, writer, put):
    put(RAG, LOOP, SLOW)
    drain(store, writer, Decoder())
    before = everything(store)
    assert sum(done.spans for done in remap(store, writer, Decoder(), since=SINCE, every_span=True)) == 11
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 3
    assert everything(store) == before


def turn(number, history, question, answer, *, minutes):
    """A turn of a conversation: the messages that were sent before come again."""
    return {
        "spans": [
            {
                "id": 1, "start": START_NS + minutes * 60_000_000_000, "history": history, "question": question, "answer": answer,
                "attributes": {"gen_ai.conversation.id": "talk", "user.id": "u-1"},
            }
        ]
    }  # fmt: skip


TALK = [
    ("When do you open?", "At nine."), ("And on Sundays?", "We are closed on Sundays."), ("Are you sure about that?", "Yes."),
]  # fmt: skip


def test_turns_of_a_conversation_are_compared_with_the_one_before(store, writer, put):
    put(turn(1, TALK[:0], *TALK[0], minutes=0), first=1)
    put(turn(2, TALK[:1], *TALK[1], minutes=1), first=2)
    drain(store, writer, Decoder())
    assert store.rows(LABELS) == []
    # The next turn has lost the beginning of the conversation, and doubts the answer before it; another process looks at it.
    put(turn(3, TALK[1:2], *TALK[2], minutes=2), first=3)
    drain(store, writer, Decoder())
    assert [(row["trace_id"], row["label"]) for row in store.rows(LABELS)] == [
        (f"{3:032x}", "context_boundary.history_truncated")
    ]
    assert store.rows("SELECT trace_id, signal, by_trace_id, conversation_id FROM signals") == [
        {"trace_id": f"{2:032x}", "signal": "doubted", "by_trace_id": f"{3:032x}", "conversation_id": "talk"}
    ]


def test_turns_that_arrive_together_are_compared_in_their_order(store, writer, put):
    for number, minutes in ((3, 2), (1, 0), (2, 1)):
        history = TALK[: number - 1] if number < 3 else TALK[1:2]
        put(turn(number, history, *TALK[number - 1], minutes=minutes), first=number)
    drain(store, writer, Decoder())
    assert [row["trace_id"] for row in store.rows(LABELS)] == [f"{3:032x}"]


def test_an_erasure_takes_labels_and_turns_with_it(store, writer, put):
    put(turn(1, TALK[:0], *TALK[0], minutes=0), first=1)
    put(LOOP, first=2)
    drain(store, writer, Decoder())

    class NoWaiting(SystemClock):
        def sleep(self, seconds: float) -> None:
            del seconds

    list(erase(store, NoWaiting(), workspace="w", by="user", value="u-1"))
    assert [row["trace_id"] for row in store.rows(TRACES)] == [f"{2:032x}"]
    assert store.rows("SELECT count() AS turns FROM conversation_turns")[0]["turns"] == 0


def test_plain_traces_are_left_alone(store, writer, put):
    put(
        {
            "spans": [
                {"id": 1, "operation": "", "name": "GET /", "ms": 20_000},
                {"id": 2, "parent": 1, "operation": "", "name": "SELECT", "ms": 19_000},
            ]
        }
    )
    assert [done.labelled for done in drain(store, writer, Decoder())] == [0]


def test_rounds_find_what_the_last_one_had_not(store, writer, put):
    put(LOOP, first=1)
    while settle(store, writer, Decoder(), quiet_seconds=0.05, texts=Texts()).labelled == 0:
        pass
    assert settle(store, writer, Decoder(), quiet_seconds=0.05, sweep=True).labelled == 0


def tried_again(*, mended):
    limited = {"id": 2, "parent": 1, "question": "Hi?", "at_ms": 10, "error": "429 Too Many Requests"}
    answered = {"id": 3, "parent": 1, "question": "Hi?", "answer": "Hello!", "at_ms": 600}
    last = answered if mended else limited | {"id": 3, "at_ms": 600}
    return {"spans": [{"id": 1, "operation": "invoke_agent", "ms": 2000}, limited, last]}


def test_a_failed_call_that_another_try_mended_is_only_noteworthy(store, receive, writer):
    severities = (
        "SELECT trace_id, span_id, severity FROM findings WHERE label = 'serving_bottleneck.rate_limited' ORDER BY ALL"
    )
    receive(request_of(tried_again(mended=True), 1))
    receive(request_of(tried_again(mended=False), 2))
    assert {row["severity"] for row in store.rows(severities)} == {"warning"}
    drain(store, writer, Decoder())
    noted = [(int(row["trace_id"], 16), int(row["span_id"], 16), row["severity"]) for row in store.rows(severities)]
    assert noted == [(1, 2, "info"), (2, 2, "warning"), (2, 3, "warning")]
    assert [int(row["trace_id"], 16) for row in store.rows("SELECT trace_id FROM trace_failures")] == [2]
    before = everything(store), store.rows(severities)
    assert sum(done.spans for done in remap(store, writer, Decoder(), since=SINCE, every_span=True)) == 6
    drain(store, writer, Decoder())
    assert (everything(store), store.rows(severities)) == before


def test_checks_of_whole_traces_are_chosen_by_name(store, writer, put):
    settings = Checks(disabled=("trace.retry_*",))
    assert checks_of(settings)
    put(LOOP, first=1)
    drain(store, writer, Decoder(), checks_of(settings), trace_checks_of(settings))
    assert store.rows(LABELS) == []
    assert "trace.retry_loop" not in store.rows(TRACES)[0]["checks"]


def test_a_turn_without_an_answer_is_no_turn(store, writer, put):
    put({"spans": [{"id": 1, "operation": "invoke_agent", "ms": 20, "attributes": {"gen_ai.conversation.id": "talk"}}]})
    assert sum(done.labelled for done in drain(store, writer, Decoder())) == 1
    assert store.rows("SELECT count() AS turns FROM conversation_turns")[0]["turns"] == 0
