"""The real anthropic SDK against a loopback server: what is sent, and what comes of every kind of answer."""

import threading

import pytest

from assay.clock import SystemClock
from assay.judges.answer import judgement_of
from assay.judges.anthropic_client import AnthropicClient
from assay.judges.call import FAILURES_THAT_OPEN
from assay.judges.client import Failure, Reply
from assay.judges.prompt import prompt_of
from assay.judges.verdict import Unscored, Verdict
from tests.contract.judges.kit import CASE, FAITHFULNESS, MODEL, VERDICT, Answer, caller, error, message


@pytest.fixture
def client(server):
    opened = AnthropicClient("sk-test", base_url=server.url)
    yield opened
    opened.close()


def ask(client, case=CASE, timeout_seconds=5.0):
    return client.ask(prompt_of(FAITHFULNESS, case), timeout_seconds)


def judged(client, case=CASE):
    reply = ask(client, case)
    assert isinstance(reply, Reply)
    return judgement_of(reply.text, FAITHFULNESS, case)


def test_a_verdict_comes_back_with_what_it_took(client, server):
    server.answers(
        Answer(
            message(
                usage={
                    "input_tokens": 10,
                    "output_tokens": 20,
                    "cache_read_input_tokens": 300,
                    "cache_creation_input_tokens": 4000,
                }
            )
        )
    )
    reply = ask(client)
    assert isinstance(reply, Reply)
    assert (reply.model, reply.request_id) == (MODEL, "req_1")
    assert reply.tokens == (4310, 20, 300, 4000)
    verdict = judgement_of(reply.text, FAITHFULNESS, CASE)
    assert isinstance(verdict, Verdict)
    assert (verdict.score, verdict.label, verdict.quotations[0].text) == (1.0, "supported", "Refunds take 14 days")


def test_the_static_part_comes_first_is_marked_for_the_cache_and_the_same_for_every_case(client, server):
    ask(client)
    ask(client, CASE._replace(inputs={"answer": "Something else.", "context": "Another document."}))
    first, second = (seen.json for seen in server.seen)
    assert first["system"] == second["system"]
    assert first["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "Faithfulness" in first["system"][0]["text"]
    assert first["messages"] != second["messages"]
    assert first["model"] == MODEL
    assert "temperature" not in first
    assert (
        server.seen[0]
        .headers["authorization" if "authorization" in server.seen[0].headers else "x-api-key"]
        .endswith("sk-test")
    )


def test_the_shape_is_asked_for_strictly_and_evidence_comes_first(client, server):
    ask(client)
    schema = server.seen[0].json["output_config"]["format"]["schema"]
    assert list(schema["properties"]) == ["quotations", "explanation", "label"] == schema["required"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["label"]["enum"] == [*FAITHFULNESS.scale, "abstain"]


@pytest.mark.parametrize(
    ("answer", "kind", "billed"),
    [
        (error(429, "rate_limit_error", retry_after="7"), "transient", False),
        (error(529, "overloaded_error"), "transient", False),
        (error(500, "api_error"), "transient", False),
        (error(408, "timeout_error"), "transient", False),
        (error(401, "authentication_error"), "misconfigured", False),
        (error(403, "permission_error"), "misconfigured", False),
        (error(404, "not_found_error"), "misconfigured", False),
        (error(400, "invalid_request_error"), "rejected", False),
        (error(413, "request_too_large"), "rejected", False),
        (Answer(raw=b"<html>bad gateway</html>", status=502, headers=(("content-type", "text/html"),)), "transient", False),
        (Answer(message(), cut_after=60), "transient", True),
        (Answer(message(), cut_after=0), "transient", True),
        (Answer(message("", stop="refusal")), "refusal", False),
        (Answer(message('{"quotations": [', stop="max_tokens")), "schema", False),
        (Answer({"surprise": 1}), "schema", True),
        (Answer([1, 2]), "schema", True),
    ],
)  # fmt: skip
def test_failures_are_told_apart(client, server, answer, kind, billed):
    server.answers(answer)
    failure = ask(client)
    assert isinstance(failure, Failure), failure
    assert (failure.kind, failure.may_be_billed) == (kind, billed), failure
    assert len(server.seen) == 1, "the SDK may not try again by itself: nobody would reserve for it"


def test_retry_after_is_read(client, server):
    server.answers(error(429, "rate_limit_error", retry_after="7"))
    assert ask(client).retry_after_seconds == 7.0


def test_a_time_out_is_transient_and_may_have_been_billed(client, server):
    server.answers(Answer(message(), stall_seconds=1.5))
    failure = ask(client, timeout_seconds=0.3)
    assert (failure.kind, failure.may_be_billed) == ("transient", True)


def test_what_was_refused_or_cut_off_says_its_tokens(client, server):
    server.answers(Answer(message("", stop="refusal")))
    assert ask(client).tokens == (1000, 100, 0, 0)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("no JSON at all", "schema"),
        ("```json\n{}\n```", "schema"),
        ({"quotations": [], "label": "supported"}, "schema"),
        ({**VERDICT, "score": 5}, "schema"),
        ({**VERDICT, "label": "5"}, "schema"),
        ({**VERDICT, "label": 1}, "schema"),
        ({**VERDICT, "quotations": [{"input": "context", "text": 14}]}, "schema"),
        ({**VERDICT, "quotations": "Refunds take 14 days"}, "schema"),
        ({**VERDICT, "quotations": []}, "no_evidence"),
        ({**VERDICT, "label": "abstain", "quotations": []}, "abstained"),
        ({**VERDICT, "quotations": [{"input": "context", "text": "Refunds take 15 days"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "answer", "text": "after we get the parcel"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "tools", "text": "Refunds take 14 days"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "context", "text": "Refunds ... days"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "context", "text": " "}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "context", "text": "14"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [{"input": "context", "text": "REFUNDS TAKE 14 DAYS"}]}, "invented_evidence"),
        ({**VERDICT, "quotations": [*VERDICT["quotations"], {"input": "context", "text": "Refunds are free"}]}, "invented_evidence"),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_or_with_invented_evidence_is_unscored(client, server, said, reason):
    server.answers(Answer(message(said)))
    judgement = judged(client)
    assert isinstance(judgement, Unscored)
    assert judgement.reason == reason


def test_a_quotation_may_differ_in_white_space_only(client, server):
    server.answers(Answer(message({**VERDICT, "quotations": [{"input": "context", "text": "Refunds  take\n14 days"}]})))
    assert isinstance(judged(client), Verdict)


def test_an_attempt_that_was_told_to_wait_waits_so_long_and_succeeds(client, server, store):
    server.answers(error(429, "rate_limit_error", retry_after="0.4"), error(529, "overloaded_error"), Answer(message()))
    waited = []

    class Clock(SystemClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            waited.append(seconds)
            return super().wait(event, seconds)

    outcome = caller(client, store, clock=Clock()).ask(prompt_of(FAITHFULNESS, CASE))
    assert isinstance(outcome.result, Reply)
    assert len(server.seen) == 3
    assert waited[0] == 0.4
    assert outcome.cost_usd == pytest.approx(1000 * 1e-6 + 100 * 5e-6)


def test_a_long_retry_after_ends_the_call_and_is_kept_to(client, server, store):
    server.answers(error(429, "rate_limit_error", retry_after="30"))
    asking = caller(client, store)
    assert asking.ask(prompt_of(FAITHFULNESS, CASE)).result.kind == "transient"
    assert asking.ask(prompt_of(FAITHFULNESS, CASE)).result.kind == "transient"
    assert len(server.seen) == 1
    assert 25 < asking.breaker.wait_seconds() <= 30


def test_what_cannot_succeed_is_asked_once(client, server, store):
    server.answers(error(400, "invalid_request_error"))
    assert caller(client, store).ask(prompt_of(FAITHFULNESS, CASE)).result.kind == "rejected"
    assert len(server.seen) == 1


def test_a_dead_endpoint_is_left_alone_and_tried_again_by_one(client, server, store):
    server.answers(error(500, "api_error", retry_after="0.001"))

    class Later(SystemClock):
        def __init__(self) -> None:
            self.skipped = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.skipped

    clock = Later()
    asking = caller(client, store, clock=clock)
    prompt = prompt_of(FAITHFULNESS, CASE)
    for _ in range(5):
        asking.ask(prompt)
    assert asking.breaker.is_open
    assert len(server.seen) == FAILURES_THAT_OPEN
    clock.skipped += 60
    server.answers(Answer(message(), stall_seconds=0.5))
    before = len(server.seen)
    workers = [threading.Thread(target=asking.ask, args=(prompt,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(server.seen) == before + 1, "one goes ahead, the others wait"
    assert not asking.breaker.is_open
    assert isinstance(asking.ask(prompt).result, Reply)


def test_a_wrong_key_opens_the_breaker_at_once(client, server, store):
    server.answers(error(401, "authentication_error"))
    asking = caller(client, store)
    asking.ask(prompt_of(FAITHFULNESS, CASE))
    assert asking.breaker.is_open
