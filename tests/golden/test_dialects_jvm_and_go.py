"""Real telemetry of Java and Go libraries, each against a model API whose answers are known."""

from typing import Any

import pytest

from tests.golden.corpus.in_memory import mark
from tests.golden.test_dialects import rows_of, text_of, the
from tests.golden.test_dialects_javascript import counts, tool_answers


def marked(name: str) -> list[dict[str, Any]]:
    rows = rows_of(name)
    mark(rows)
    return rows


def test_spring_ai_says_in_its_own_keys_what_a_step_does() -> None:
    rows = rows_of("java-spring-ai-1")
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_name"], tool["tool_arguments"]) == ("get_weather", '{"city": "Paris"}')
    assert tool["tool_result"] == "18 C and sunny in Paris"
    assert {row["operation"] for row in rows if row["name"] == "spring_ai chat_client"} == {"invoke_agent"}
    assert the(rows, name="call")["operation"] == "chain"
    assert "conv-7731" in {row["conversation_id"] for row in rows}


def test_spring_ai_writes_texts_to_its_log() -> None:
    rows = rows_of("java-spring-ai-1")
    answered = the(rows, response_id="chatcmpl-tools-2")
    assert text_of(answered["question"]) == "What is the weather in Paris?"
    assert text_of(answered["answer"]) == "Answer 41d0c: here is what I found for tools."
    found = the(rows, operation="retrieval")
    assert (found["retrieval_query"], found["retrieval_top_k"]) == ("What is the refund policy?", 2)
    assert found["document_texts"] == [
        "Shipping policy: orders ship within two business days.",
        "Refund policy: refunds within 30 days of purchase.",
    ]


def test_micrometer_sends_numbers_as_text_and_none_for_no_model() -> None:
    failed = the(rows_of("java-spring-ai-1"), error_type="rate_limited")
    assert (failed["request_model"], failed["response_model"]) == ("gpt-4o-mini", "")
    assert failed["request_parameters"] == '{"temperature":0.7}'


def test_spring_ai_1_adds_up_the_usage_of_a_loop() -> None:
    calls = [row for row in marked("java-spring-ai-1") if row["response_id"].startswith("chatcmpl-tools")]
    assert [(row["input_tokens"], row["usage_role"]) for row in sorted(calls, key=lambda row: row["start_time"])] == [
        (274, "repeats_children"),
        (514, "own"),
    ]


def test_spring_ai_2_reports_each_call_and_leaves_cached_tokens_out_for_anthropic() -> None:
    rows = marked("java-spring-ai-2")
    calls = [row for row in rows if row["operation"] == "chat"]
    assert {row["usage_role"] for row in calls} == {"own"}
    assert the(rows, operation="execute_tool")["tool_call_id"] == "call_tools_1"
    cached = the(rows, provider="anthropic")
    assert counts(cached) == (483, 100, 128, 64, 0)
    assert cached["usage_accounting"] == "exclusive"


def test_adk_for_java_calls_a_model_call_call_llm() -> None:
    rows = rows_of("java-adk")
    calls = [row for row in rows if row["name"] == "call_llm" and not row["error_type"]]
    asked, answered = sorted(calls, key=lambda row: row["start_time"])
    assert (asked["operation"], asked["response_model"]) == ("generate_content", "gemini-2.5-flash-001")
    assert (asked["tool_call_names"], asked["tool_definition_names"]) == (["get_weather"], ["get_weather"])
    assert text_of(answered["question"]) == "What is the weather in Paris?"
    assert text_of(answered["answer"]) == "Answer 41d0c: here is what I found for tools."
    assert answered["system_prompt"].startswith("Use tools.")
    assert the(rows, operation="execute_tool")["tool_call_id"].startswith("adk-")


def test_adk_says_nothing_of_a_failed_call_but_its_name() -> None:
    failed = the(rows_of("java-adk"), error_type="rate_limited")
    assert (failed["operation"], failed["stage"]) == ("generate_content", "generation")


def test_braintrust_sends_every_field_as_json() -> None:
    rows = rows_of("java-braintrust")
    asked = next(row for row in rows if row["tool_call_names"])
    assert (asked["operation"], asked["provider"], asked["request_model"]) == ("chat", "openai", "gpt-4o-mini")
    assert (asked["finish_reasons"], asked["system_prompt"]) == (["tool_call"], "Use tools.")
    assert counts(asked) == (274, 79, 0, 0, 0)
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_name"], tool["tool_result"]) == ("get_weather", "18 C and sunny in Paris")
    assert any(tool_answers(row) == ["18 C and sunny in Paris"] for row in rows)
    assert [row["time_to_first_token_ns"] for row in rows if row["time_to_first_token_ns"]] == [9_963_090]
    assert the(rows, operation="embeddings")["input_tokens"] == 30


def test_braintrust_leaves_cached_tokens_out_for_anthropic() -> None:
    cached = the(rows_of("java-braintrust"), provider="anthropic")
    assert counts(cached) == (463, 37, 128, 64, 0)
    assert cached["response_id"] == "msg_cached_1"


def test_the_java_agent_writes_content_as_events_of_the_older_convention() -> None:
    rows = rows_of("java-agent-openai")
    asked = the(rows, response_id="chatcmpl-tools-1")
    assert (asked["tool_call_names"], asked["system_prompt"]) == (["get_weather"], "Use tools.")
    answered = the(rows, response_id="chatcmpl-tools-2")
    assert tool_answers(answered) == ["18 C and sunny in Paris"]
    assert text_of(answered["answer"]) == "Answer 41d0c: here is what I found for tools."


def test_genkit_for_go_has_the_id_beside_the_system_fingerprint() -> None:
    rows = rows_of("go-genkit")
    asked = the(rows, response_id="chatcmpl-tools-1")
    assert (asked["provider"], asked["request_model"], asked["tool_call_names"]) == (
        "openai",
        "gpt-4o-mini",
        ["get_weather"],
    )
    assert the(rows, operation="execute_tool")["tool_result"] == "18 C and sunny in Paris"


def test_quarkus_names_neither_operation_nor_provider_and_prices_in_text() -> None:
    rows = rows_of("java-quarkus")
    asked = the(rows, response_id="chatcmpl-tools-1")
    assert (asked["operation"], asked["provider"], asked["finish_reasons"]) == ("chat", "openai", ["tool_call"])
    assert asked["cost_usd"] == pytest.approx(0.0000885)
    assert counts(asked) == (274, 79, 0, 0, 0)
    assert (
        text_of(the(rows, response_id="chatcmpl-tools-2")["answer"]) == "Answer 41d0c: here is what I found for tools."
    )


def test_quarkus_records_a_failure_without_a_status() -> None:
    rows = rows_of("java-quarkus")
    assert the(rows, tool_name="get_weather_broken")["error_type"] == "tool_error"
    assert the(rows, error_type="rate_limited")["operation"] == "chat"
