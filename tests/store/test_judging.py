"""Rounds of judges on a real engine: what is drawn is judged once, again when the trace changed, and never when it may not leave."""

import json
from itertools import count

import pytest

from assay import telemetry
from assay.clock import ManualClock, SystemClock
from assay.config.model import AnthropicEndpoint, Config, Judges, Price, Workspace
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.score import Scorer
from assay.scorer.settle import settle
from assay.store.parcel import parcel_of
from tests.contract.judges.kit import MODEL, VERDICT, Answer, error, message, model_server
from tests.golden.traces import START_NS, rag, request_of

PRICE = Price(model=MODEL, input_usd_per_mtok=1.0, output_usd_per_mtok=5.0)
VERDICTS = "SELECT * FROM verdicts WHERE NOT stale ORDER BY trace_id, judge_id"


@pytest.fixture
def put(store, writer):
    numbers = count(1)

    def commit(*traces, workspace="default"):
        for trace in traces:
            writer.write([parcel_of(Decoder().traces(request_of(trace, next(numbers)), workspace=workspace))])
        rounds = 0
        while (
            settle(store, writer, Decoder(), quiet_seconds=0.0, incomplete_seconds=0.0).behind_seconds > 0 or rounds < 3
        ):
            rounds += 1

    return commit


@pytest.fixture
def scorer(store, tmp_path):
    opened = []

    def make(server=None, *, workspaces=None, prices=(PRICE,), **options):
        options.setdefault("offline_floor", 1.0)
        if server is not None:
            key = tmp_path / "key"
            key.write_text("sk-test\n", encoding="utf-8")
            endpoint = {"api_key_file": str(key), "base_url": server.url, **options.pop("anthropic", {})}
            options["anthropic"] = AnthropicEndpoint(**endpoint)
            options.setdefault("enabled", ("faithfulness",))
        config = Config(judges=Judges(**options), workspaces=workspaces or {"default": Workspace()}, prices=prices)
        opened.append(Scorer(store, config, SystemClock()))
        return opened[-1]

    yield make
    for one in opened:
        one._pool.shutdown()


@pytest.fixture
def everything(monkeypatch):
    """Every trace is drawn."""
    import assay.scorer.sample as sampler

    monkeypatch.setattr(sampler, "WANTED", dict.fromkeys(sampler.WANTED, 1.0))


@pytest.fixture
def server():
    with model_server() as running:
        yield running


def verdicts(store):
    return store.rows(VERDICTS)


def test_offline_judges_score_what_settled_and_say_why_not(store, put, scorer):
    put(rag(1), rag(2, "Customers in Norway receive a complimentary umbrella from the warehouse manager."))
    scorer().round()
    found = verdicts(store)
    assert [(row["trace_id"][-1], row["judge_id"]) for row in found] == [
        (one, f"offline.{name}") for one in "12" for name in ("completeness", "faithfulness", "relevance")
    ]
    good, bad = (row for row in found if row["judge_id"] == "offline.faithfulness")
    assert good["score"] > bad["score"]
    assert good["span_id"].endswith("3")
    assert json.loads(bad["quotations"])[0]["input"] == "answer"
    assert {row["sampling_probability"] for row in found} == {1.0}
    assert {row["model"] for row in found} == {"gpt-4o"}


def test_a_second_round_writes_nothing_and_a_late_span_makes_the_verdict_stale(store, put, scorer):
    put(rag(1))
    judging = scorer()
    assert sum(one.verdicts + one.unscored for one in judging.round()) == 3
    assert sum(one.drawn for one in judging.round()) == 0
    assert sum(one.drawn for one in scorer().round()) == 0
    late = {
        "trace": 1,
        "spans": [
            {
                "id": 9,
                "parent": 1,
                "operation": "execute_tool",
                "tool": "log",
                "arguments": "{}",
                "at_ms": 800,
                "ms": 10,
            }
        ],
    }
    put(late)
    assert sum(one.verdicts for one in judging.round()) == 3
    rows = store.rows("SELECT judge_id, stale, revision FROM verdicts ORDER BY judge_id, revision")
    assert [row["stale"] for row in rows] == [1, 0] * 3


def test_what_cannot_be_judged_is_unscored(store, put, scorer):
    put({"trace": 5, "spans": [{"id": 1, "question": "Hi?", "answer": "Hello there."}]})
    scorer(enabled=("offline.faithfulness",)).round()
    (row,) = verdicts(store)
    assert (row["score"], row["unscored"], row["explanation"]) == (None, "not_applicable", "no context")
    assert store.rows("SELECT sum(verdicts) AS v, sum(unscored) AS u FROM scores")[0] == {"v": 0, "u": 0}


def test_a_hosted_judge_is_asked_once_a_trace_and_everything_is_kept(store, put, scorer, server, everything):
    put(rag(1), rag(2), rag(3))
    judging = scorer(server)
    judging.round()
    judging.round()
    assert len(server.seen) == 3
    found = verdicts(store)
    assert len(found) == 3
    row = found[0]
    assert (row["score"], row["label"], row["judge_model"], row["request_id"]) == (1.0, "supported", MODEL, "req_1")
    assert (row["input_tokens"], row["output_tokens"]) == (1000, 100)
    assert row["cost_usd"] == pytest.approx(0.0015)
    assert store.rows("SELECT sum(usd) AS usd FROM judge_spend FINAL")[0]["usd"] == pytest.approx(0.0045)


def test_the_probability_is_that_of_the_sampler_and_rates_are_weighted(store, put, scorer):
    put(*(rag(number) for number in range(1, 61)))
    scorer(enabled=("offline.relevance",), offline_floor=0.3).round()
    found = verdicts(store)
    assert 5 <= len(found) <= 40
    assert {row["sampling_probability"] for row in found} == {0.3}
    weight = store.rows("SELECT sum(weight) AS w FROM scores")[0]["w"]
    assert weight == pytest.approx(len(found) / 0.3)
    drawn = store.rows(
        "SELECT trace_id FROM trace_labels WHERE bitShiftRight(cityHash64(concat('offline.relevance/', trace_id)), 11) / pow(2, 53) < 0.3 ORDER BY trace_id"
    )
    assert [row["trace_id"] for row in drawn] == [row["trace_id"] for row in found]


def test_nothing_leaves_a_workspace_that_lets_nothing_out(store, put, scorer, server, everything):
    put(rag(1, "Ask jane.doe@example.com. Refunds take 14 days."), workspace="closed")
    put(rag(2, "Ask jane.doe@example.com. Refunds take 14 days."), workspace="default")
    scorer(server, workspaces={"default": Workspace(), "closed": Workspace(judges_get="none")}).round()
    assert [(row["workspace"], row["unscored"]) for row in verdicts(store)] == [("closed", "policy"), ("default", "")]
    assert len(server.seen) == 1
    assert b"jane.doe" not in server.seen[0].body


def test_invented_evidence_and_refusals_are_stored_as_such(store, put, scorer, server, everything):
    put(rag(1), rag(2))
    invented = {
        "quotations": [{"input": "context", "text": "Refunds are instant"}],
        "explanation": "x",
        "label": "supported",
    }
    server.answers(Answer(message(invented)), Answer(message("", stop="refusal")))
    scorer(server, concurrency=1).round()
    assert sorted(row["unscored"] for row in verdicts(store)) == ["invented_evidence", "refusal"]
    assert store.rows("SELECT sum(unscored) AS n FROM scores")[0]["n"] == 2


def test_an_outage_is_waited_for_and_given_up_in_the_end(store, put, scorer, server, everything):
    put(rag(1))
    server.answers(error(503, "api_error", retry_after="20"))
    judging = scorer(server)
    assert judging.round()[0].waiting == 1
    assert verdicts(store) == []
    server.answers(Answer(message()))
    assert scorer(server).round()[0].verdicts == 1
    put(rag(2))
    server.answers(error(503, "api_error", retry_after="20"))
    scorer(server, give_up_seconds=0.001).round()
    assert [row["unscored"] for row in verdicts(store)] == ["", "unavailable"]


def test_without_money_a_trace_is_unscored_and_nobody_is_asked(store, put, scorer, server, everything):
    put(rag(1))
    scorer(server, hourly_usd=0.000001).round()
    assert [row["unscored"] for row in verdicts(store)] == ["budget"]
    assert server.seen == []


def test_what_is_not_urgent_goes_in_a_batch_at_half_the_price(store, put, scorer, server, everything):
    put(*(rag(number) for number in range(1, 26)))
    server.batch_status = "in_progress"
    judging = scorer(server)
    judging.round()
    judging.round()
    assert len(server.batches) == 1
    assert len(server.batches["msgbatch_1"]) == 25
    assert verdicts(store) == []
    server.batch_status = "ended"
    assert scorer(server).round()[0].verdicts == 25, "another process collects it"
    found = verdicts(store)
    assert len(found) == 25
    assert [row["cost_usd"] for row in found] == pytest.approx([0.00075] * 25)
    assert store.rows("SELECT sum(usd) AS usd FROM judge_spend FINAL")[0]["usd"] == pytest.approx(25 * 0.00075)
    asked = len(server.seen)
    scorer(server).round()
    assert [one.path for one in server.seen[asked:]] == []


def test_what_a_batch_did_not_answer_is_asked_one_by_one(store, put, scorer, server, everything):
    put(*(rag(number) for number in range(1, 22)))
    server.result_of = lambda _: {"type": "expired"}
    judging = scorer(server)
    judging.round()
    judging.round()
    assert len(verdicts(store)) == 21
    assert {row["score"] for row in verdicts(store)} == {1.0}


def test_scorers_divide_the_traces(store, put, scorer):
    put(*(rag(number) for number in range(1, 41)))
    parts = [
        sum(one.verdicts for one in scorer(enabled=("offline.relevance",), ordinal=ordinal, scorers=3).round())
        for ordinal in range(3)
    ]
    assert sum(parts) == len(verdicts(store)) == 40
    assert min(parts) > 0


def test_erasure_takes_verdicts_with_it(store, put, scorer):
    put(rag(1), rag(2))
    scorer().round()
    trace = f"{1:032x}"
    list(erase(store, ManualClock(), workspace="default", by="trace", value=trace))
    assert {row["trace_id"] for row in verdicts(store)} == {f"{2:032x}"}


def test_no_key_says_so_and_a_judge_without_a_price_is_refused(store, scorer, server, caplog, tmp_path):
    scorer()
    assert "judges without an endpoint do not run" in caplog.text
    folder = tmp_path / "mine"
    folder.mkdir()
    judge = "---\nid: mine\ndimension: mine\nversion: 1\nscale: {bad: 0, good: 1}\ninputs: [answer]\nmodel: anthropic/nobody-knows\n---\nRubric.\n"
    (folder / "mine.md").write_text(judge, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.md: the price of nobody-knows is not known"):
        scorer(server, folder=str(folder), enabled=("mine",))


def test_who_is_unhappy_later_makes_the_verdict_stand_for_fewer(store, put, scorer):
    talk = {"attributes": {"gen_ai.conversation.id": "c1"}}
    question, answer = "How long do refunds take?", "Refunds take 14 days."
    first = {"trace": 1, "spans": [{"id": 1, "question": question, "answer": answer, **talk}]}
    second = {
        "trace": 2,
        "spans": [
            {
                "id": 1,
                "start": START_NS + 10_000_000_000,
                "history": [[question, answer]],
                "question": question,
                "answer": "As I said.",
                **talk,
            }
        ],
    }
    put(first)
    judging = scorer(enabled=("offline.relevance",), offline_floor=0.55)
    if not judging.round()[0].drawn:
        pytest.fail("choose another trace id: this one is not drawn at 0.55")
    put(second)
    assert store.rows("SELECT signals FROM trace_labels FINAL WHERE notEmpty(signals)")[0]["signals"] == ["repeated"]
    judging.round()
    row = next(one for one in verdicts(store) if one["trace_id"].endswith("1"))
    assert (row["sampling_probability"], row["stratum"]) == (0.6, "signal")
    assert row["score"] is not None


def test_a_judge_with_a_new_model_is_asked_about_the_probe_set_until_it_is_proved(
    store, put, scorer, server, everything
):
    """Its gate was opened with what people say of forty traces. Another model answers; what that says of the forty is in no rate."""

    def by(model):
        def script(seen):
            bad = b"umbrella" in seen.body
            quotation = "a complimentary umbrella" if bad else "Refunds take 14 days"
            level = {"label": "unsupported", "quotations": [{"input": "answer", "text": quotation}]} if bad else {}
            return Answer(message({**VERDICT, **level}, model=model))

        return script

    server.script = by(MODEL)
    put(
        *(
            rag(n, "Customers receive a complimentary umbrella." if n % 2 else "Refunds take 14 days.")
            for n in range(1, 41)
        )
    )
    judging = scorer(server, anthropic={"batches": False})
    judging.round()
    assert [row["score"] for row in verdicts(store)] == [0.0, 1.0] * 20
    store.command(
        "INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, value, probability, version)"
        " SELECT workspace, trace_id, dimension, 'expert', 'ann', score, 1, 1 FROM verdicts"
    )
    judging.calibrate()
    gates = "SELECT state, may_alert, judge_model, items, reason FROM gates WHERE judge_id = 'faithfulness'"
    assert store.rows(gates)[0]["state"] == "open"
    asked = len(server.seen)
    judging.calibrate()
    assert len(server.seen) == asked

    server.script = by("claude-haiku-next")
    put(rag(50))
    judging.round()
    # Nobody answers: the gate is shut, and the next round asks again.
    server.answers(error(503, "api_error", retry_after="20"))
    suspended = telemetry.value("assay_calibration_events_total", judge="faithfulness", event="new_model")
    judging.calibrate()
    assert (store.rows(gates)[0]["state"], store.rows(gates)[0]["judge_model"]) == ("suspended", "claude-haiku-next")
    of = {"workspace": "default", "judge": "faithfulness@1", "dimension": "faithfulness", "source": "expert"}
    assert telemetry.value("assay_gate_open", **of) == 0
    assert telemetry.value("assay_calibration_events_total", judge="faithfulness", event="new_model") == suspended + 1
    server.script = by("claude-haiku-next")
    asked = len(server.seen)
    again = scorer(server, anthropic={"batches": False})
    again.calibrate()
    assert len(server.seen) == asked + 40
    (gate,) = store.rows(gates)
    assert (gate["state"], gate["may_alert"], gate["items"]) == ("open", 1, 40)
    assert telemetry.value("assay_gate_open", **of) == 1
    assert "probe set" in gate["reason"]
    again.calibrate()
    assert len(server.seen) == asked + 40
    assert store.rows("SELECT count() AS n FROM verdicts")[0]["n"] == 41
