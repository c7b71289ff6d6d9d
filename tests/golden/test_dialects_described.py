"""Senders whose captures are not in this repository: spans written from the description of what they send."""

import json
from typing import Any

import pytest

from assay.config.model import Mapping
from assay.spans.dialects import Labels, map_span
from assay.spans.raw import RawEvent, RawLog, RawSpan

ASKED = "What is the weather in Paris in Fahrenheit?"


def mapped(
    attributes: dict[str, Any],
    *,
    name: str = "step",
    scope: str = "",
    parent: str = "ab",
    events: tuple[RawEvent, ...] = (),
    logs: tuple[RawLog, ...] = (),
    status: str = "unset",
) -> dict[str, Any]:
    """One span through the tables."""
    span = RawSpan(name, "internal", 10, 20, status, "", attributes, {}, scope, "", parent, events=list(events))
    return map_span(span, logs, labels=Labels(Mapping()))


def said(message: bytes) -> str:
    """The text parts of a canonical message."""
    return "\n".join(part["content"] for part in json.loads(message)["parts"] if part["type"] == "text")


GENKIT_INPUT = {
    "messages": [
        {"role": "system", "content": [{"text": "You are a concise assistant."}]},
        {"role": "user", "content": [{"text": ASKED}]},
        {
            "role": "model",
            "content": [{"toolRequest": {"name": "get_weather", "ref": "c1", "input": {"city": "Paris"}}}],
        },
        {"role": "tool", "content": [{"toolResponse": {"name": "get_weather", "ref": "c1", "output": "18 C, sunny"}}]},
    ],
    "tools": [{"name": "get_weather", "description": "d", "inputSchema": {}}],
    "config": {"temperature": 0.2},
}


def test_genkit_model_action() -> None:
    output = {
        "finishReason": "stop",
        "message": {"role": "model", "content": [{"text": "It is 64.4."}]},
        "usage": {"inputTokens": 51, "outputTokens": 14, "thoughtsTokens": 3, "cachedContentTokens": 5},
        "raw": {"id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18", "choices": []},
    }
    row = mapped(
        {
            "genkit:type": "action", "genkit:metadata:subtype": "model", "genkit:name": "openai/gpt-4o-mini",
            "genkit:input": json.dumps(GENKIT_INPUT), "genkit:output": json.dumps(output),
        },
        scope="genkit-tracer",
    )  # fmt: skip
    assert (row["dialect"], row["operation"], row["stage"]) == ("genkit", "chat", "generation")
    assert (row["provider"], row["request_model"]) == ("openai", "gpt-4o-mini")
    assert (row["response_model"], row["response_id"]) == ("gpt-4o-mini-2024-07-18", "chatcmpl-1")
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (51, 14, 5)
    assert row["finish_reasons"] == ["stop"]
    assert said(row["question"]) == ASKED
    assert said(row["answer"]) == "It is 64.4."
    assert row["system_prompt"] == "You are a concise assistant."
    assert row["tool_definition_names"] == ["get_weather"]
    response = json.loads(row["input_messages"][3])["parts"][0]
    assert response == {"type": "tool_call_response", "id": "c1", "response": "18 C, sunny"}


def test_genkit_tool_action_and_flow() -> None:
    tool = mapped(
        {"genkit:type": "action", "genkit:metadata:subtype": "tool", "genkit:name": "get_weather",
         "genkit:input": '{"city":"Paris"}', "genkit:output": '"18 C, sunny"'}
    )  # fmt: skip
    assert (tool["operation"], tool["tool_name"]) == ("execute_tool", "get_weather")
    assert (tool["tool_arguments"], tool["tool_result"]) == ('{"city":"Paris"}', "18 C, sunny")
    flow = mapped({"genkit:type": "action", "genkit:metadata:subtype": "flow", "genkit:name": "qaFlow"})
    assert flow["operation"] == "invoke_workflow"


REPLY = {
    "role": "assistant",
    "meta": {"model": "gpt-4o-mini-2024-07-18", "index": 0, "finish_reason": "tool_calls",
             "usage": {"prompt_tokens": 51, "completion_tokens": 14, "total_tokens": 65}},
    "name": None,
    "content": [{"tool_call": {"tool_name": "get_weather", "arguments": {"city": "Paris"}, "id": "c1", "extra": None}}],
}  # fmt: skip


def test_haystack_agent_step() -> None:
    logged = (
        "{'messages': [ChatMessage(_role=<ChatRole.SYSTEM: 'system'>, _content=[TextContent(text='You are \"concise\".')], "
        "_name=None, _meta={}), ChatMessage(_role=<ChatRole.USER: 'user'>, _content=[TextContent(text=\"What's up?\")], "
        "_name=None, _meta={})]}"
    )
    row = mapped(
        {"haystack.agent.step.llm.input": logged, "haystack.agent.step.llm.output": json.dumps({"replies": [REPLY]})},
        name="haystack.agent.step.llm",
        scope="haystack",
    )
    assert (row["dialect"], row["operation"], row["provider"]) == ("haystack", "chat", "openai")
    assert said(row["question"]) == "What's up?"
    assert row["system_prompt"] == 'You are "concise".'
    assert row["response_model"] == "gpt-4o-mini-2024-07-18"
    assert (row["input_tokens"], row["output_tokens"]) == (51, 14)
    assert row["finish_reasons"] == ["tool_call"]
    assert (row["tool_call_names"], row["tool_call_arguments"]) == (["get_weather"], ['{"city":"Paris"}'])


def test_haystack_components() -> None:
    document = {
        "id": "doc-1",
        "content": "Refunds within 30 days.",
        "meta": {"source": "p.md"},
        "score": 0.66,
        "blob": None,
    }
    retrieval = mapped(
        {"haystack.component.type": "InMemoryBM25Retriever", "haystack.component.input": '{"query": "refunds?", "top_k": 2}',
         "haystack.component.output": json.dumps({"documents": [document]})},
        name="haystack.component.run",
    )  # fmt: skip
    assert (retrieval["operation"], retrieval["retrieval_query"]) == ("retrieval", "refunds?")
    assert (retrieval["document_ids"], retrieval["document_scores"]) == (["doc-1"], [0.66])
    assert retrieval["document_texts"] == ["Refunds within 30 days."]
    tool = mapped(
        {"haystack.tool.name": "get_weather", "haystack.agent.step.tool.input": '{"city": "Paris"}',
         "haystack.agent.step.tool.output": 64.4},
        name="haystack.agent.step.tool",
    )  # fmt: skip
    assert (tool["operation"], tool["tool_result"]) == ("execute_tool", "64.4")
    pipeline = mapped(
        {"haystack.pipeline.input_data": '{"prompt": {"q": "What is the capital of France?"}}', "haystack.pipeline.metadata": "{}",
         "haystack.pipeline.output_data": json.dumps({"llm": {"replies": [{**REPLY, "content": [{"text": "Paris."}]}]}})},
        name="haystack.pipeline.run",
    )  # fmt: skip
    assert (pipeline["operation"], pipeline["stage"]) == ("invoke_workflow", "agent")
    assert said(pipeline["answer"]) == "Paris."
    assert "input_tokens" not in pipeline  # the model call below it has them


def test_laminar_sends_choices_under_the_conventions_key() -> None:
    row = mapped(
        {
            "gen_ai.system": "openai", "lmnr.span.type": "LLM", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.input.messages": json.dumps([{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]),
            "gen_ai.output.messages": json.dumps(
                [{"index": 0, "message": {"content": "64.4", "role": "assistant"}, "finish_reason": "stop"}]
            ),
            "gen_ai.usage.input_tokens": 51, "gen_ai.usage.output_tokens": 14, "gen_ai.request.reasoning_effort": [],
            "lmnr.association.properties.session_id": "sess-42", "lmnr.association.properties.user_id": "user-7",
            "lmnr.association.properties.metadata.tier": "gold",
        },
        scope="lmnr.tracer",
    )  # fmt: skip
    assert (row["dialect"], row["operation"]) == ("laminar", "chat")
    assert (said(row["question"]), said(row["answer"]), row["system_prompt"]) == (ASKED, "64.4", "Be brief.")
    assert row["finish_reasons"] == ["stop"]
    assert (row["conversation_id"], row["user_id"]) == ("sess-42", "user-7")
    tool = mapped(
        {"lmnr.span.type": "TOOL", "lmnr.span.input": '{"city":"Paris"}', "lmnr.span.output": '"18 C, sunny"'},
        name="get_weather",
    )
    assert (tool["tool_name"], tool["tool_arguments"], tool["tool_result"]) == (
        "get_weather", '{"city":"Paris"}', "18 C, sunny",
    )  # fmt: skip


def log(event: str, body: Any, index: int | None = None, **attributes: Any) -> RawLog:
    """A log record."""
    more = {} if index is None else {"CHAT_MESSAGE_INDEX": index}
    return RawLog(event, 12, body, {**attributes, **more}, {}, "", "")


def test_semantic_kernel_writes_json_strings_into_log_bodies() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "Plug-get_weather", "arguments": '{"city": "Paris"}'}}
    row = mapped(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini",
         "gen_ai.response.finish_reason": "FinishReason.TOOL_CALLS", "gen_ai.usage.input_tokens": 51},
        scope="semantic_kernel.utils.telemetry",
        logs=(
            log("gen_ai.choice", json.dumps({"message": {"role": "assistant", "tool_calls": [call]}, "index": 0})),
            log("gen_ai.user.message", json.dumps({"role": "user", "content": ASKED}), 1),
            log("gen_ai.system.message", json.dumps({"role": "system", "content": "Be brief."}), 0),
        ),
    )  # fmt: skip
    assert row["dialect"] == "semantic-kernel"
    assert row["finish_reasons"] == ["tool_call"]
    assert [json.loads(message)["role"] for message in row["input_messages"]] == ["system", "user"]
    assert (row["tool_call_names"], row["tool_call_arguments"]) == (["Plug-get_weather"], ['{"city":"Paris"}'])
    assert (row["system_prompt"], row["log_records"]) == ("Be brief.", 3)


def test_mlflow_in_the_conventions_words_keeps_its_own_call_id() -> None:
    result = {
        "content": "18 C, sunny",
        "additional_kwargs": {},
        "type": "tool",
        "name": "get_weather",
        "tool_call_id": "c1",
    }
    row = mapped(
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather", "tool_call_id": '"c1"',
         "gen_ai.tool.call.arguments": '{"city": "Paris"}', "gen_ai.tool.call.result": json.dumps(result)},
        scope="mlflow.tracing.provider",
    )  # fmt: skip
    assert (row["tool_name"], row["tool_call_id"], row["tool_result"]) == ("get_weather", "c1", "18 C, sunny")
    assert mapped({"gen_ai.operation.name": "RETRIEVER"}, scope="mlflow.tracing.provider")["stage"] == "retrieval"


def test_openinference_for_google_drops_the_index_of_the_answer() -> None:
    row = mapped(
        {"openinference.span.kind": "LLM", "llm.provider": "google", "llm.model_name": "gemini-2.5-flash-001",
         "llm.output_messages.0.message.role": "model", "llm.finish_reason": "STOP",
         "message.tool_calls.0.tool_call.function.name": "get_weather",
         "message.tool_calls.0.tool_call.function.arguments": '{"city": "Paris"}',
         "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": ASKED}
    )  # fmt: skip
    assert (row["provider"], row["finish_reasons"]) == ("gcp.gemini", ["stop"])
    assert row["tool_call_names"] == ["get_weather"]
    assert json.loads(row["answer"])["role"] == "assistant"


def test_cohere_counts_are_doubles_and_its_content_is_a_list_in_json() -> None:
    row = mapped(
        {"llm.request.type": "chat", "gen_ai.system": "Cohere", "gen_ai.request.model": "command-r",
         "gen_ai.usage.prompt_tokens": 51.0, "gen_ai.usage.completion_tokens": 14.0, "gen_ai.response.finish_reasons": ["COMPLETE"],
         "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": ASKED, "gen_ai.completion.0.role": "assistant",
         "gen_ai.completion.0.content": '[{"type": "text", "text": "64.4"}]'}
    )  # fmt: skip
    assert (row["provider"], row["input_tokens"], row["output_tokens"]) == ("cohere", 51, 14)
    assert (said(row["answer"]), row["finish_reasons"]) == ("64.4", ["stop"])


def test_logfires_first_version_logs_request_and_response() -> None:
    row = mapped(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "anthropic",
         "request_data": json.dumps({"model": "claude-sonnet-4-5", "system": "Be brief.", "max_tokens": 100,
                                     "messages": [{"role": "user", "content": ASKED}]}),
         "response_data": json.dumps({"message": {"role": "assistant", "content": "64.4"}, "usage": {
             "input_tokens": 220, "output_tokens": 300, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 256}})},
        scope="logfire.anthropic",
    )  # fmt: skip
    assert (row["request_model"], row["system_prompt"]) == ("claude-sonnet-4-5", "Be brief.")
    assert (said(row["question"]), said(row["answer"])) == (ASKED, "64.4")
    assert (row["input_tokens"], row["usage_accounting"]) == (1500, "exclusive")


def test_evaluations_in_every_place() -> None:
    attributes = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.9}
    twice = mapped(
        {"gen_ai.operation.name": "chat"},
        events=(RawEvent("gen_ai.evaluation.result", 12, attributes),),
        logs=(log("gen_ai.evaluation.result", "", None, **attributes),),
    )
    assert [(one["name"], one["score"]) for one in twice["evaluations"]] == [("relevance", 0.9)]
    as_text = mapped(
        {
            "gen_ai.evaluation.name": "Exact",
            "gen_ai.evaluation.score.value": "1.0",
            "gen_ai.evaluation.score.label": "YES",
        }
    )
    assert [(one["score"], one["label"]) for one in as_text["evaluations"]] == [(1.0, "YES")]
    annotated = mapped(
        {
            "openinference.span.kind": "LLM",
            "annotations.0.annotation.name": "toxic",
            "annotations.0.annotation.score": 0.1,
        }
    )
    assert [(one["name"], one["score"]) for one in annotated["evaluations"]] == [("toxic", 0.1)]


def test_labels_come_from_span_then_resource_and_flags_are_cohorts() -> None:
    span = RawSpan(
        "GET /ask", "server", 10, 20, "ok", "",
        {"app.feature": "search", "tenant.id": "t1", "feature_flag.key": "new-prompt", "feature_flag.variant": "on", "outcome": "resolved"},
        {"tenant.id": "from-resource", "locale": "de", "service.version": "1.2"}, "", "",
    )  # fmt: skip
    row = map_span(span, labels=Labels(Mapping()))
    assert (row["dialect"], row["stage"], row["feature"], row["outcome"]) == ("plain", "ingress", "search", "success")
    assert dict(zip(row["cohort_keys"], row["cohort_values"], strict=True)) == {
        "feature_flag.new-prompt": "on", "locale": "de", "release": "1.2", "tenant": "t1",
    }  # fmt: skip
    assert row["cohort_keys"] == sorted(row["cohort_keys"])


def test_errors_have_a_kind_and_keep_the_class_that_was_sent() -> None:
    span = RawSpan("chat m", "client", 10, 20, "error", "Error code: 429 - slow down", {"gen_ai.operation.name": "chat",
                   "error.type": "openai.RateLimitError"}, {}, "", "")  # fmt: skip
    row = map_span(span, labels=Labels(Mapping()))
    assert (row["error_type"], row["error_class"], row["http_status"]) == ("rate_limited", "openai.RateLimitError", 429)
    tool = mapped({"openinference.span.kind": "TOOL", "tool.name": "f"}, status="error",
                  events=(RawEvent("exception", 12, {"exception.type": "KeyError", "exception.message": "'x'"}),))  # fmt: skip
    assert (tool["error_type"], tool["error_class"]) == ("tool_error", "KeyError")


def test_what_looks_like_genai_but_fits_no_table_is_unknown() -> None:
    assert mapped({"llm.vendor.thing": 1})["dialect"] == "unknown"
    assert mapped({"db.system": "postgresql"})["dialect"] == "plain"


SCHEMA = {"type": "object", "required": ["team"]}
ASKED_FOR = {"model": "gpt-4o", "response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": SCHEMA}}}  # fmt: skip


def test_the_schema_that_invocation_parameters_ask_for() -> None:
    openinference = mapped(
        {
            "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.invocation_parameters": json.dumps(ASKED_FOR),
            "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "{}",
        }
    )  # fmt: skip
    langfuse = mapped(
        {
            "langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.model.parameters": json.dumps(ASKED_FOR | {"temperature": 0.2}), "langfuse.observation.output": '"{}"',
        }
    )  # fmt: skip
    langfuse_openai = mapped(
        {
            "langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o", "langfuse.observation.output": '"{}"',
            "langfuse.observation.metadata.response_format": json.dumps(ASKED_FOR["response_format"]),
        }
    )  # fmt: skip
    pydantic = mapped(
        {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "model_request_parameters": json.dumps({"output_mode": "native", "output_object": {"json_schema": SCHEMA}, "output_tools": []}),
        }
    )  # fmt: skip
    for row in (openinference, langfuse, langfuse_openai, pydantic):
        assert row["output_type"] == "json_schema"
        assert json.loads(row["response_schema"]) == SCHEMA


def test_the_schema_of_an_output_tool_is_not_that_of_an_answer() -> None:
    asked = {
        "output_mode": "tool",
        "output_object": {"json_schema": SCHEMA},
        "output_tools": [{"name": "final_result"}],
    }
    row = mapped({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "model_request_parameters": json.dumps(asked)})  # fmt: skip
    assert "response_schema" not in row


def test_an_object_that_the_ai_sdk_generates_is_json_though_its_schema_stands_on_the_span_around() -> None:
    inner = mapped(
        {"ai.operationId": "ai.generateObject.doGenerate", "ai.model.id": "gpt-4.1", "ai.response.object": "{}"}
    )
    outer = mapped({"ai.operationId": "ai.generateObject", "ai.schema": json.dumps(SCHEMA), "ai.response.object": "{}"})
    assert inner["output_type"] == "json"
    assert json.loads(outer["response_schema"]) == SCHEMA
    assert "output_type" not in mapped({"ai.operationId": "ai.generateText.doGenerate", "ai.response.text": "Hi."})


FOUND = [
    {"id": "d-1", "text": "Refunds take 14 days.", "metadata": {"title": "Refunds"}, "score": 21.9},
    {"id": "d-2", "text": "Parcels are insured.", "metadata": {"title": "Parcels"}, "score": 20.1},
]


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        (FOUND, ["d-1", "d-2"]),
        ({"results": FOUND}, ["d-1", "d-2"]),
        ([{"pageContent": "Refunds take 14 days.", "metadata": {"id": "d-7"}}], ["d-7"]),
        ([{"url": "https://x.example/a", "content": "Refunds take 14 days.", "score": 0.8}], [""]),
        ([{"score": 0.7, "node": {"id_": "n-1", "text": "Refunds take 14 days."}}], ["n-1"]),
    ],
)
def test_what_a_search_tool_returned_are_documents(result: Any, ids: list[str]) -> None:
    row = mapped(
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search_manual", "gen_ai.tool.call.result": json.dumps(result),
         "gen_ai.tool.call.arguments": '{"query": "refund time"}'}
    )  # fmt: skip
    assert row["stage"] == "tool"
    assert row["document_ids"] == ids
    assert row["retrieval_query"] == "refund time"
    assert row["document_texts"][0] == "Refunds take 14 days."


@pytest.mark.parametrize(
    "result",
    [
        [{"id": 7, "subject": "Refund", "body": "When?", "from": "a@b.example"}],  # mails
        [{"type": "text", "text": '{"metadata": 1}'}],  # the envelope of MCP
        [{"id": "t-1", "text": "Printer is broken", "status": "open"}],  # tickets
        [{"id": "t-1", "text": "Printer is broken", "details": {"score": 3}}],
        {"score": 0.3, "text": "one record"},
        [{"text": "", "score": 0.3}],
        [*FOUND, {"id": 3}],
        'plain words with "score" in them',
    ],
)
def test_records_of_other_tools_are_none(result: Any) -> None:
    row = mapped(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "list",
            "gen_ai.tool.call.result": json.dumps(result),
        }
    )
    assert row["stage"] == "tool"
    assert "document_ids" not in row


def test_verdicts_of_guardrails_wherever_they_stand() -> None:
    for attributes in (
        {"openinference.span.kind": "GUARDRAIL", "guardrail.verdict": "deny"},
        {"guardrail.name": "screen", "guardrail.action": "blocked"},
        {"langfuse.observation.type": "guardrail", "langfuse.observation.output": '{"decision": "deny"}'},
        {"langfuse.observation.type": "guardrail", "langfuse.observation.output": '"fail"'},
    ):
        assert mapped(attributes, name="screen")["guardrail_verdicts"] == ["block"], attributes


CALLS = [{"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}]


def test_older_langsmith_calls_streams_of_a_model_chains() -> None:
    attributes = {"langsmith.span.kind": "llm", "gen_ai.operation.name": "chain", "gen_ai.usage.input_tokens": 52}
    assert mapped(attributes, scope="langsmith")["operation"] == "chat"
    assert mapped(attributes | {"gen_ai.operation.name": "embeddings"}, scope="langsmith")["operation"] == "embeddings"


def test_older_langfuse_keeps_calls_and_who_asked_in_the_frameworks_words() -> None:
    row = mapped(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.metadata.langfuse_session_id": "sess-42",
            "langfuse.observation.metadata.langfuse_user_id": "user-7",
            "langfuse.observation.output": json.dumps(
                {"role": "assistant", "content": "", "additional_kwargs": {"tool_calls": CALLS, "refusal": None}}
            ),
        }
    )
    assert (row["tool_call_names"], row["tool_call_arguments"]) == (["get_weather"], ['{"city":"Paris"}'])
    assert (row["conversation_id"], row["user_id"]) == ("sess-42", "user-7")
    streamed = mapped(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.output": json.dumps({"role": "assistant", "tool_calls": CALLS}),
        }
    )
    assert streamed["tool_call_names"] == ["get_weather"]


def test_older_strands_says_the_system_prompt_on_the_agent() -> None:
    row = mapped(
        {"gen_ai.operation.name": "invoke_agent", "system_prompt": "Be brief."}, scope="strands.telemetry.tracer"
    )
    assert row["system_prompt"] == "Be brief."


def test_older_pydantic_ai_names_no_operation_for_tools() -> None:
    row = mapped({"gen_ai.tool.name": "get_weather", "gen_ai.tool.call.id": "c1"}, scope="pydantic-ai")
    assert (row["operation"], row["tool_name"]) == ("execute_tool", "get_weather")


def test_a_users_message_that_names_a_call_is_what_the_tool_returned() -> None:
    row = mapped(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": ASKED,
            "llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": "18 C, sunny",
            "llm.input_messages.1.message.tool_call_id": "c1",
        }
    )  # fmt: skip
    assert said(row["question"]) == ASKED
    assert json.loads(row["input_messages"][1]) == {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "c1", "response": "18 C, sunny"}],
    }


def test_answers_inside_an_envelope() -> None:
    wrapped = {"data": {"id": "chatcmpl-1", "model": "mistral-small", "choices": [{"message": {"content": "Paris."}}]}}
    row = mapped({"openinference.span.kind": "LLM", "output.value": json.dumps(wrapped)})
    assert (row["response_id"], row["response_model"]) == ("chatcmpl-1", "mistral-small")
    response = {"object": "response", "text": {}, "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Paris."}]},
    ]}  # fmt: skip
    row = mapped({"openinference.span.kind": "LLM", "output.value": json.dumps([response])})
    assert said(row["answer"]) == "Paris."


def test_haystack_components_name_tools_and_models_inside() -> None:
    tool = {"type": "haystack.tools.tool.Tool", "data": {"name": "get_weather", "description": "Weather of a city"}}
    agent = mapped(
        {"haystack.agent.tools": json.dumps([tool]), "haystack.agent.max_steps": 3}, name="haystack.agent.run"
    )
    assert agent["tool_definition_names"] == ["get_weather"]
    embedder = mapped(
        {
            "haystack.component.type": "OpenAITextEmbedder",
            "haystack.component.output": json.dumps({"meta": {"model": "text-embedding-3-small", "usage": {"prompt_tokens": 9}}}),
        }
    )  # fmt: skip
    assert (embedder["response_model"], embedder["input_tokens"]) == ("text-embedding-3-small", 9)


def test_laminar_keeps_the_instructions_of_a_response_in_the_flattened_prompt() -> None:
    row = mapped(
        {
            "lmnr.span.type": "LLM", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.input.messages": json.dumps([{"role": "user", "content": ASKED}]),
            "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": ASKED,
        }
    )  # fmt: skip
    assert (row["system_prompt"], said(row["question"])) == ("Be brief.", ASKED)


def test_langwatch_retrievals_and_evaluations() -> None:
    contexts = [{"document_id": "doc-1", "chunk_id": "c1", "content": "Refunds within 30 days."}]
    row = mapped(
        {"langwatch.span.type": "rag", "langwatch.input": '{"type": "text", "value": "refunds?"}',
         "langwatch.rag_contexts": json.dumps(contexts)},
        events=(RawEvent("langwatch.evaluation.custom", 12,
                         {"json_encoded_event": '{"name": "faithful", "score": 0.9, "label": "good", "details": "grounded"}'}),),
    )  # fmt: skip
    assert (row["operation"], row["retrieval_query"], row["document_ids"]) == ("retrieval", "refunds?", ["doc-1"])
    (evaluation,) = row["evaluations"]
    assert (evaluation["name"], evaluation["score"], evaluation["explanation"]) == ("faithful", 0.9, "grounded")


USED = {"prompt_tokens": 115, "completion_tokens": 35, "cached_prompt_tokens": 24, "total_tokens": 150}
HISTORY = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]


def test_crewai_says_what_was_asked_and_used_only_with_what_came_of_it() -> None:
    agent = mapped(
        {"openinference.span.kind": "AGENT", "input.value": '{"agent": {"role": "forecaster"}, "context": ""}',
         "output.value": json.dumps({"raw": "Sunny.", "messages": HISTORY})}
    )  # fmt: skip
    assert (said(agent["question"]), said(agent["answer"]), agent["system_prompt"]) == (ASKED, "Sunny.", "Be brief.")
    answered = {"raw": "Sunny.", "messages": [*HISTORY, {"role": "assistant", "content": "Sunny."}]}
    agent = mapped({"openinference.span.kind": "AGENT", "output.value": json.dumps(answered)})
    assert [json.loads(message)["role"] for message in agent["input_messages"]] == ["system", "user"]
    crew = mapped(
        {"openinference.span.kind": "CHAIN", "output.value": json.dumps({"raw": "Sunny.", "token_usage": USED})},
        parent="",
    )
    assert (crew["input_tokens"], crew["output_tokens"], crew["cache_read_tokens"]) == (115, 35, 24)
    crew = mapped({"gen_ai.operation.name": "invoke_agent", "crewai.crew.usage_metrics": str(USED)})
    assert (crew["dialect"], crew["input_tokens"], crew["output_tokens"]) == ("traceloop", 115, 35)
    agent = mapped(
        {
            "traceloop.span.kind": "agent",
            "crewai.agent.tools": '[{"name": "get_weather"}]',
            "crewai.agent.llm": "gpt-4o-mini",
        }
    )
    assert (agent["tool_definition_names"], agent["request_model"]) == (["get_weather"], "gpt-4o-mini")
    logged = "name='get_weather' description='Weather of a city.' env_vars=[]"
    agent = mapped({"openinference.span.kind": "AGENT", "input.value": json.dumps({"agent": {}, "tools": [logged]})})
    assert agent["tool_definition_names"] == ["get_weather"]


def test_agno_logs_a_tools_answer_inside_a_python_representation() -> None:
    row = mapped(
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "get_weather",
         "traceloop.entity.output": "status='success' result='18 C, sunny' error=None images=None"}
    )  # fmt: skip
    assert row["tool_result"] == "18 C, sunny"


def test_a_frameworks_error_is_of_the_kind_of_its_cause() -> None:
    stack = "Traceback\nopenai.RateLimitError: no more\n\nTraceback\nagno.exceptions.ModelProviderError: no more\n"
    raised = {"exception.type": "agno.exceptions.ModelProviderError", "exception.message": "no more"}
    for attributes, kind in ((raised | {"exception.stacktrace": stack}, "rate_limited"), (raised, "provider_error")):
        row = mapped(
            {"openinference.span.kind": "LLM"}, events=(RawEvent("exception", 12, attributes),), status="error"
        )
        assert (row["error_type"], row["error_class"]) == (kind, "agno.exceptions.ModelProviderError")


def test_agentops_steps_and_offered_functions() -> None:
    tool = mapped(
        {"agentops.span.kind": "tool", "operation.name": "get_weather", "agentops.tool.output": "18 C, sunny",
         "agentops.tool.input": '{"args": [], "kwargs": {"city": "Paris"}}'},
        scope="agentops",
    )  # fmt: skip
    assert (tool["tool_name"], tool["tool_arguments"], tool["tool_result"]) == (
        "get_weather", '{"city":"Paris"}', "18 C, sunny",
    )  # fmt: skip
    assert mapped({"agentops.span.kind": "session"}, scope="agentops")["operation"] == "invoke_workflow"
    call = mapped(
        {"gen_ai.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.functions.0.name": "get_weather"}
    )
    assert (call["operation"], call["tool_definition_names"]) == ("chat", ["get_weather"])


def test_what_a_tool_returned_is_no_question_of_the_users() -> None:
    returned = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "18 C, sunny"}]}
    messages = [{"role": "user", "content": ASKED}, returned]
    row = mapped({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(messages)})
    assert said(row["question"]) == ASKED
    sent = [
        {"role": "user", "parts": [{"type": "text", "content": ASKED}]},
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1", "response": "18 C, sunny"}]},
    ]
    for text in (json.dumps(sent), json.dumps(sent, separators=(",", ":"))):
        row = mapped({"gen_ai.operation.name": "chat", "gen_ai.input.messages": text})
        assert said(row["question"]) == ASKED


def test_older_langsmith_sends_its_json_as_bytes() -> None:
    asked = {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}],
        "model": "gpt-4o",
    }
    answered = {
        "id": "chatcmpl-1",
        "choices": [{"message": {"role": "assistant", "content": None, "tool_calls": CALLS}}],
    }
    row = mapped(
        {"langsmith.span.kind": "llm", "gen_ai.prompt": json.dumps(asked).encode(), "gen_ai.completion": json.dumps(answered).encode()}
    )  # fmt: skip
    assert (said(row["question"]), row["system_prompt"]) == (ASKED, "Be brief.")
    assert (row["tool_call_names"], row["response_id"]) == (["get_weather"], "chatcmpl-1")
    tool = mapped(
        {"langsmith.span.kind": "tool", "gen_ai.prompt": b'{"input":"{\'city\': \'Paris\'}"}', "gen_ai.completion": b'{"output":"18 C"}'},
        name="get_weather",
    )  # fmt: skip
    assert (tool["tool_arguments"], tool["tool_result"]) == ('{"city":"Paris"}', "18 C")
    retriever = mapped(
        {"langsmith.span.kind": "retriever", "gen_ai.prompt": b'{"query":"refunds?"}',
         "gen_ai.completion": b'{"documents":[{"id":"doc-1","page_content":"Within 30 days."}]}'}
    )  # fmt: skip
    assert (retriever["retrieval_query"], retriever["document_ids"]) == ("refunds?", ["doc-1"])
    broken = mapped({"langsmith.span.kind": "llm", "gen_ai.prompt": b"\xff\xfe", "gen_ai.completion": b"\xff"})
    assert broken["operation"] == "chat"


def test_values_of_another_shape_than_their_senders_are_kept_or_left_out() -> None:
    parts = '[{"type":[],"text":"Hi"}]'
    row = mapped({"gen_ai.operation.name": "chat", "gen_ai.input.messages": parts})
    assert said(row["question"]) == "Hi"
    offered = {"function_tools": 5, "output_tools": [{"name": "final_result"}]}
    row = mapped({"model_request_parameters": json.dumps(offered)}, scope="pydantic-ai")
    assert row["tool_definition_names"] == ["final_result"]
    twice = '[{"role":"user","parts":[{"type":"text","content":"[{\\"role\\":1}]"}],"parts":5}]'
    row = mapped(
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": twice},
        scope="@traceloop/instrumentation-openai",
    )
    assert row["dialect"] == "traceloop"
