"""Real telemetry of JavaScript libraries, each against a model API whose answers are known."""

import json
from typing import Any

import pytest

from tests.golden.test_dialects import rows_of, text_of, the

COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] or 0 for name in COUNTS)


def tool_answers(row: dict[str, Any]) -> list[str]:
    parts = [part for message in row["input_messages"] for part in json.loads(message)["parts"]]
    return [part["response"] for part in parts if part["type"] == "tool_call_response"]


def test_genkit_has_details_in_the_providers_own_answer() -> None:
    rows = rows_of("js-genkit")
    asked = the(rows, response_id="chatcmpl-tools-1")
    assert (asked["tool_call_names"], asked["finish_reasons"]) == (["get_weather"], ["tool_call"])
    assert counts(the(rows, response_id="chatcmpl-cached-1")) == (1500, 300, 1024, 0, 192)
    structured = the(rows, response_id="chatcmpl-object-1")
    assert text_of(structured["answer"]) == '{"city": "Paris", "population": 2102650}'


def test_genkit_queries_and_documents_are_lists_of_parts() -> None:
    row = the(rows_of("js-genkit"), operation="retrieval")
    assert row["retrieval_query"] == "What is the refund policy?"
    assert row["document_texts"] == ["Refunds within 30 days.", "Shipping takes 5 days."]


@pytest.mark.parametrize(
    ("sdk", "expected", "accounting"),
    [
        ("4, Anthropic", (1500, 300, 1024, 256, 0), "exclusive"),
        ("4, OpenAI", (1500, 300, 1024, 0, 192), "inclusive"),
        ("5, Anthropic", (1500, 300, 1024, 256, 0), "exclusive"),
        ("6, Anthropic", (1500, 300, 1024, 256, 0), "inclusive"),
        ("7 with usage, OpenAI", (1500, 300, 1024, 0, 192), "inclusive"),
    ],
)
def test_cached_and_reasoning_tokens_through_the_ai_sdk(sdk: str, expected: tuple[int, ...], accounting: str) -> None:
    order = ("4, Anthropic", "4, OpenAI", "5, Anthropic", "6, Anthropic", "7 with usage, OpenAI")
    row = rows_of("js-ai-sdk-cache")[order.index(sdk)]
    assert counts(row) == expected
    assert row["usage_accounting"] == accounting


def test_openinference_for_anthropic_calls_a_tool_once_and_no_user_asks_its_answer() -> None:
    rows = rows_of("js-openinference-anthropic-tools")
    assert the(rows, response_id="msg_anthropic_tools_1")["tool_call_names"] == ["get_weather"]
    answered = the(rows, response_id="msg_anthropic_tools_2")
    assert tool_answers(answered) == ["18 C, sunny"]
    assert text_of(answered["question"]) == "What is the weather in Paris?"


def test_openinference_for_langchain_leaves_lists_of_parts_to_the_whole_input() -> None:
    row = the(rows_of("js-openinference-langchain"), operation="chat")
    assert row["system_prompt"] == "You are a concise assistant."
    assert row["response_id"] == "chatcmpl-lc_agent-1"


def test_openinference_for_openai_agents_names_the_model_that_was_asked_for() -> None:
    rows = rows_of("js-openinference-agents")
    call = the(rows, operation="chat")
    assert (call["request_model"], call["response_model"]) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert the(rows, name="weather_agent")["agent_name"] == "weather_agent"


def test_spans_that_were_translated_into_openinference_keep_what_they_said_before() -> None:
    rows = rows_of("js-openinference-vercel")
    assert sorted(row["operation"] for row in rows) == ["agent_step", "chat", "invoke_agent"]
    call = the(rows, operation="chat")
    assert counts(call) == (1500, 300, 1024, 256, 0)
    assert text_of(call["answer"]) == "The answer is forty-two."


def test_langfuse_streams_calls_without_content_and_has_retrievers_as_spans() -> None:
    rows = rows_of("js-langfuse")
    assert the(rows, name="OpenAI.chat")["tool_call_names"] == ["get_weather"]
    assert tool_answers(the(rows, name="ChatOpenAI")) == ["18 C, sunny"]  # whose role is the tool's name
    retrieval = the(rows, operation="retrieval")
    assert retrieval["retrieval_query"] == "What is the refund policy?"
    assert retrieval["document_ids"] == ["doc-refunds", "doc-ship"]
    assert retrieval["stage"] == "retrieval"


def test_the_text_of_a_tool_is_its_answer() -> None:
    assert tool_answers(the(rows_of("js-openlit-tools"), response_id="chatcmpl-tools-2")) == ["18 C, sunny"]


def test_traceloop_sends_responses_items_as_one_text() -> None:
    row = the(rows_of("js-traceloop"), response_id="resp_responses_tools_0002")
    assert text_of(row["question"]) == "What is the weather in Paris?"
    assert tool_answers(row) == ["18 C, sunny"]


def test_traceloop_for_langchain_names_tools_in_their_answers() -> None:
    rows = rows_of("js-traceloop")
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_name"], tool["tool_arguments"], tool["tool_result"]) == (
        "get_weather",
        '{"city":"Paris"}',
        "18 C, sunny",
    )
    assert the(rows, operation="invoke_workflow")["answer"] == ""  # it made a prompt


def test_langsmith_wraps_what_a_function_returned() -> None:
    assert the(rows_of("js-langsmith-tool"), operation="execute_tool")["tool_result"] == "18 C, sunny"


def test_langwatch_puts_every_value_into_an_envelope() -> None:
    rows = rows_of("js-langwatch")
    assert {row["dialect"] for row in rows} == {"langwatch"}
    root = the(rows, name="rag")
    assert (root["operation"], root["conversation_id"], root["user_id"]) == ("invoke_agent", "sess-42", "user-7")
    call = the(rows, name="gen")
    assert counts(call)[:2] == (11, 22)
    assert (text_of(call["question"]), text_of(call["answer"])) == ("hello in", "hello out")
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_arguments"], tool["tool_result"]) == ('{"city":"Paris"}', "18 C, sunny")
    for name in ("kb", "Retriever"):
        retrieval = the(rows, name=name)
        assert retrieval["retrieval_query"] == "What is the refund policy?"
        assert retrieval["document_ids"] == ["doc-refunds", "doc-ship"]
    asked = the(rows, name="openai gpt-4o-mini")
    assert asked["system_prompt"] == "You are a concise assistant."
    assert asked["tool_definition_names"] == ["get_weather", "c_to_f"]
    assert asked["tool_call_names"] == []  # LangWatch sends an empty call, and not which one it was
