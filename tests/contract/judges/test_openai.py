"""An OpenAI-compatible endpoint: what is sent, and what comes of every kind of answer."""

import dataclasses
import json

import pytest

from assay.errors import ConfigError
from assay.judges.answer import judgement_of
from assay.judges.client import Failure, Reply
from assay.judges.openai_client import OpenAIClient
from assay.judges.prompt import prompt_of
from assay.judges.verdict import Verdict
from tests.contract.judges.kit import CASE, FAITHFULNESS, VERDICT, Answer, error

JUDGE = dataclasses.replace(FAITHFULNESS, provider="openai", model="qwen3-32b", temperature=0.0)


def completion(text=VERDICT, finish="stop", **message):
    said = text if isinstance(text, str) or text is None else json.dumps(text)
    usage = {"prompt_tokens": 500, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 400}}
    return Answer({"id": "chatcmpl-1", "model": "qwen3-32b", "choices": [{"message": {"content": said, **message}, "finish_reason": finish}], "usage": usage})  # fmt: skip


def ask(server, answer, timeout_seconds=5.0, **options):
    server.answers(answer)
    return OpenAIClient(f"{server.url}/v1/", **options).ask(prompt_of(JUDGE, CASE), timeout_seconds)


def test_a_verdict_comes_back_with_what_it_took(server):
    reply = ask(server, completion(), api_key="local")
    assert isinstance(reply, Reply)
    assert reply.tokens == (500, 50, 400, 0)
    assert reply.request_id == "chatcmpl-1"
    assert isinstance(judgement_of(reply.text, JUDGE, CASE), Verdict)
    seen = server.seen[0]
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == "Bearer local"
    assert seen.json["response_format"]["json_schema"]["strict"] is True
    assert seen.json["temperature"] == 0.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(429, "x", retry_after="2"), "transient"),
        (error(503, "x"), "transient"),
        (error(401, "x"), "misconfigured"),
        (error(400, "x"), "rejected"),
        (completion(None, refusal="no"), "refusal"),
        (completion("", finish="content_filter"), "refusal"),
        (completion("{", finish="length"), "schema"),
        (completion(None), "schema"),
        (Answer({"choices": []}), "schema"),
        (Answer(raw=b"not JSON"), "schema"),
        (completion()._replace(cut_after=40), "transient"),
        (completion()._replace(cut_after=0), "transient"),
    ],
)
def test_failures_are_told_apart(server, answer, kind):
    failure = ask(server, answer)
    assert isinstance(failure, Failure)
    assert failure.kind == kind


def test_a_time_out_is_transient(server):
    assert ask(server, completion()._replace(stall_seconds=1.0), timeout_seconds=0.2).kind == "transient"


def test_an_address_that_is_none_is_a_setting_to_change():
    with pytest.raises(ConfigError, match=r"judges\.openai\.base_url"):
        OpenAIClient("localhost:8000/v1")
