"""Every rate has its denominator: a check is asked of the spans that show what it looks at, and of no others."""

from typing import Any

from assay.checks.engine import Checker
from assay.otlp.decode import Decoder
from tests.golden.traces import request_of

OF_COLUMNS = {"safety.guardrail", "serving.provider_error", "serving.rate_limited", "serving.timeout"}
OF_ANSWERS = {
    "coverage.no_knowledge",
    "output.language",
    "output.repetition",
    "safety.compliance",
    "safety.pii_answer",
    "safety.refusal",
}
OF_SUCCESSES = {"output.language", "output.repetition", "safety.compliance"}


def asked(**call: Any) -> set[str]:
    batch = Decoder().traces(request_of({"spans": [{"id": 1, **call}]}), workspace="w").spans
    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    return {one.partition("@")[0] for one in Checker().check(batch, texts.get).checks[0].split(",")}


def test_a_call_without_content_is_asked_by_its_columns_alone() -> None:
    assert asked(operation="chat", attributes={"gen_ai.usage.output_tokens": 7}) == OF_COLUMNS


def test_an_answer_is_asked_about_where_it_was_captured() -> None:
    only_asked = asked(question="What is the return window?")
    assert not OF_ANSWERS & only_asked
    assert "safety.pii_prompt" in only_asked
    assert asked(question="What is the return window?", answer="Thirty days.") >= OF_ANSWERS | OF_COLUMNS


def test_a_call_that_failed_is_not_asked_what_a_whole_answer_is() -> None:
    failed = asked(question="What is the return window?", answer="Thirty days.", error="connection reset")
    assert not OF_SUCCESSES & failed
    assert failed >= OF_ANSWERS - OF_SUCCESSES
