"""Message Batches through the real SDK."""

import pytest

from assay.judges.anthropic_client import AnthropicClient
from assay.judges.client import Failure, Reply
from assay.judges.prompt import prompt_of
from tests.contract.judges.kit import CASE, FAITHFULNESS, error, message


@pytest.fixture
def client(server):
    opened = AnthropicClient("sk-test", base_url=server.url)
    yield opened
    opened.close()


def prompts(*names):
    return {name: prompt_of(FAITHFULNESS, CASE) for name in names}


def test_a_batch_runs_then_ends_and_every_kind_of_result_is_told_apart(client, server):
    name = client.submit(prompts("a", "b", "c", "d", "e", "f"))
    assert name == "msgbatch_1"
    sent = server.seen[0].json["requests"]
    assert [one["custom_id"] for one in sent] == ["a", "b", "c", "d", "e", "f"]
    assert sent[0]["params"]["system"][0]["cache_control"] == {"type": "ephemeral"}
    server.batch_status = "in_progress"
    assert client.collect(name) is None
    server.batch_status = "ended"
    wrong = {"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}, "request_id": "r"}
    busy = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}, "request_id": "r"}
    results = {
        "a": {"type": "succeeded", "message": message()},
        "b": {"type": "errored", "error": wrong},
        "c": {"type": "errored", "error": busy},
        "d": {"type": "expired"},
        "e": {"type": "canceled"},
        "f": {"type": "succeeded", "message": message("", stop="refusal")},
    }
    server.result_of = lambda one: results[one["custom_id"]]
    found = client.collect(name)
    assert isinstance(found["a"], Reply)
    assert {one: found[one].kind for one in "bcdef"} == {
        "b": "rejected", "c": "transient", "d": "transient", "e": "transient", "f": "refusal",
    }  # fmt: skip


def test_a_batch_that_is_not_taken_is_a_failure(client, server):
    server.answers(error(429, "rate_limit_error", retry_after="3"))
    failure = client.submit(prompts("a"))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.retry_after_seconds) == ("transient", 3.0)


def test_results_that_break_off_are_a_failure_and_are_whole_the_next_time(client, server):
    name = client.submit(prompts("a", "b"))
    whole = server.answer
    server.answer = lambda seen: whole(seen)._replace(cut_after=100) if seen.path.endswith("/results") else whole(seen)
    failure = client.collect(name)
    assert isinstance(failure, Failure)
    assert failure.kind == "transient"
    server.answer = whole
    assert set(client.collect(name)) == {"a", "b"}
