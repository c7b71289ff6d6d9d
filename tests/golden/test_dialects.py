"""Real telemetry of real libraries, and what a person reads in it. The files are captures of scripted conversations."""

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.otlp.decode import Decoder
from assay.spans.batch import SpanBatch
from assay.spans.columns import COLUMNS, NO_BODY
from assay.spans.stored import adopt, restore_log

FOLDER = Path(__file__).parent / "otlp"


def texts_in(batch: SpanBatch, more: dict[bytes, bytes] | None = None) -> list[dict[str, Any]]:
    """Rows with texts in place of content hashes."""
    texts = {key[2]: body.text for key, body in batch.bodies.items()} | (more or {}) | {NO_BODY: b""}
    rows = []
    for index in range(batch.rows):
        row = {}
        for column in COLUMNS:
            value = batch.columns[column.name][index]
            if column.type == "Body":
                value = texts[value].decode()
            elif column.type == "Bodies":
                value = [texts[part].decode() for part in value]
            row[column.name] = value
        rows.append(row)
    return rows


def rows_of(name: str) -> list[dict[str, Any]]:
    """The spans of a capture, with its log records joined as they are when a trace settles."""
    decoder = Decoder()
    traces = ExportTraceServiceRequest.FromString((FOLDER / f"{name}.traces.pb").read_bytes())
    batch = decoder.traces(traces, workspace="w").spans
    path = FOLDER / f"{name}.logs.pb"
    if not path.exists():
        return texts_in(batch)
    logs = decoder.logs(ExportLogsServiceRequest.FromString(path.read_bytes()), workspace="w").logs
    texts = {key[2]: body.text for key, body in (batch.bodies | logs.bodies).items()}
    columns = batch.columns
    spans = [
        (columns["service"][i], columns["scope_name"][i], start, start + columns["duration_ns"][i])
        for i, start in enumerate(columns["start_time"])
    ]
    joined: list[list[Any]] = [[] for _ in spans]
    for i in range(logs.rows):
        record = {name: column[i] for name, column in logs.columns.items()}
        if record["span_id"]:
            owner = columns["span_id"].index(record["span_id"])
        else:
            owner = adopt([(record["service"], record["scope_name"], record["time"])], spans)[0]
        if owner is not None:
            joined[owner].append(restore_log(record, texts.get))
    rows = [{name: column[i] for name, column in (columns | batch.raw).items()} for i in range(batch.rows)]
    remapped = decoder.remap(rows, joined, workspace="w", lookup=texts.get, revision=1)
    return texts_in(remapped, texts)


def text_of(message: str) -> str:
    """The text parts of a canonical message."""
    return "\n".join(part["content"] for part in json.loads(message)["parts"] if part["type"] == "text")


def the(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    """The only row with these values."""
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1, [(row["name"], row["operation"]) for row in rows]
    return found[0]


@pytest.mark.parametrize(
    ("name", "dialect", "scope"),
    [
        ("otel-latest-tools", "otel", "opentelemetry.instrumentation.genai.openai"),
        ("otel-legacy-tools", "otel", "opentelemetry.instrumentation.openai_v2"),
        ("traceloop-flattened-tools", "otel", "opentelemetry.instrumentation.openai.v1"),
        ("traceloop-events-tools", "otel", "opentelemetry.instrumentation.anthropic"),
        ("langfuse-tools", "langfuse", "langfuse-sdk"),
    ],
)
def test_one_tool_conversation_is_the_same_in_every_dialect(name: str, dialect: str, scope: str) -> None:
    """Two calls: the model asks for the weather, is told, and answers."""
    rows = sorted((row for row in rows_of(name) if row["scope_name"] == scope), key=lambda row: row["start_time"])
    assert [row["operation"] for row in rows] == ["chat", "chat"]
    assert {row["dialect"] for row in rows} == {dialect}
    asked, answered = rows
    assert asked["tool_call_names"] == ["get_weather"]
    assert json.loads(asked["tool_call_arguments"][0]) == {"city": "Paris"}
    assert asked["finish_reasons"] == ["tool_call"] or name == "langfuse-tools"
    assert (asked["input_tokens"], asked["output_tokens"]) == (51, 14)
    assert (answered["input_tokens"], answered["output_tokens"]) == (62, 19)
    assert text_of(answered["answer"]) == "It is 18 degrees Celsius and sunny in Paris."
    assert answered["system_prompt"] == "You are a concise assistant."
    assert "18 C, sunny" in json.dumps([json.loads(message) for message in answered["input_messages"]])
    assert text_of(asked["question"]) == "What is the weather in Paris?"
    if name != "otel-legacy-tools":  # the old events never said which tools were offered
        assert sorted(asked["tool_definition_names"]) == ["c_to_f", "get_weather"]
    assert {row["stage"] for row in rows} == {"generation"}


def test_anthropic_counts_through_openlit_leave_the_cache_out_and_are_completed() -> None:
    row = the(rows_of("openlit-anthropic-cache"), operation="chat")
    assert row["dialect"] == "openlit"
    assert (row["input_tokens"], row["cache_read_tokens"], row["cache_write_tokens"]) == (1500, 1024, 256)
    assert row["usage_accounting"] == "exclusive"
    assert "temperature" not in row["request_parameters"]


def test_openinference_retrieval_has_documents_with_ids_from_the_output() -> None:
    rows = rows_of("openinference-rag")
    row = the(rows, operation="retrieval")
    assert row["retrieval_query"] == "What is the refund policy for a recent purchase?"
    assert row["document_ids"] == ["doc-refunds", "doc-shipping"]
    assert row["document_ranks"] == [1, 2]
    assert row["document_texts"][0].startswith("Refund policy:")
    assert row["document_selected"] == [2, 2]
    assert row["stage"] == "retrieval"
    call = the(rows, operation="chat")
    assert call["response_model"] == "gpt-4o-mini-2024-07-18"
    assert call["cost_source"] == "genai-prices"
    assert call["cost_usd"] == pytest.approx(73 * 0.15e-6 + 24 * 0.60e-6)


def test_only_the_inner_span_of_the_ai_sdk_is_the_model_call() -> None:
    rows = rows_of("vercel-stream")
    call = the(rows, operation="chat")
    assert call["provider"] == "openai"
    assert call["streaming"] == 1
    assert call["time_to_first_token_ns"] > 0
    assert text_of(call["answer"]) == "One, two, three, four, five."
    assert the(rows, operation="invoke_agent")["stage"] == "agent"


def test_strands_messages_stand_in_span_events() -> None:
    rows = rows_of("strands-agent")
    tools = [row for row in rows if row["operation"] == "execute_tool"]
    assert sorted(row["tool_name"] for row in tools) == ["c_to_f", "get_weather"]
    weather = the(rows, tool_name="get_weather")
    assert json.loads(weather["tool_arguments"]) == {"city": "Paris"}
    assert weather["tool_result"] == "18 C, sunny"
    calls = [row for row in rows if row["operation"] == "chat"]
    assert {row["provider"] for row in calls} == {"openai"}
    assert any("64.4" in text_of(row["answer"]) for row in calls)


def test_pydantic_ai_event_lists_become_messages() -> None:
    rows = rows_of("pydantic-ai-agent")
    calls = [row for row in rows if row["operation"] == "chat"]
    assert all(text_of(row["question"]) == "What is the weather in Paris in Fahrenheit?" for row in calls)
    assert sorted(name for row in calls for name in row["tool_call_names"]) == ["c_to_f", "get_weather"]
    assert {row["tool_result"] for row in rows if row["operation"] == "execute_tool"} == {"18 C, sunny", "64.4"}


def test_messages_in_the_conventions_form_keep_the_bytes_that_were_sent() -> None:
    request = ExportTraceServiceRequest.FromString((FOLDER / "otel-latest-tools.traces.pb").read_bytes())
    decoded = Decoder().traces(request, workspace="w").spans
    sent = next(
        pair.value.string_value
        for pair in request.resource_spans[0].scope_spans[0].spans[0].attributes
        if pair.key == "gen_ai.input.messages"
    )
    messages = texts_in(decoded)[0]["input_messages"]
    assert "[" + ",".join(messages) + "]" == sent
    kinds = {body.kind for body in decoded.bodies.values() if body.text.decode() in messages}
    assert kinds == {"message"}  # the attribute's chunks and the messages share their bodies


def test_langwatch_wraps_what_it_logs() -> None:
    rows = rows_of("langwatch-tools")
    assert {row["dialect"] for row in rows} == {"langwatch"}
    call = the(rows, operation="chat")
    assert text_of(call["question"]) == "What is the weather in Paris?"
    assert call["system_prompt"] == "You are a concise assistant."
    assert (call["provider"], call["tool_definition_names"]) == ("openai", ["get_weather"])
    assert (call["input_tokens"], call["output_tokens"]) == (52, 16)
    assert (call["tool_call_names"], call["tool_call_arguments"]) == (["get_weather"], ['{"city":"Paris"}'])
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_name"], tool["tool_arguments"]) == ("get_weather", '{"city":"Paris"}')
    assert tool["tool_result"] == "18 degrees and sunny"


def test_adk_before_the_convention_named_a_model_call_by_its_span() -> None:
    rows = rows_of("adk-older-agent")
    asked, answered = sorted((row for row in rows if row["stage"] == "generation"), key=lambda row: row["start_time"])
    assert [row["operation"] for row in (asked, answered)] == ["generate_content"] * 2
    assert (asked["provider"], asked["request_model"]) == ("gcp.gemini", "gemini-2.5-flash")
    assert (asked["input_tokens"], asked["output_tokens"]) == (52, 16)  # it calls the total of 68 its output
    assert (answered["input_tokens"], answered["output_tokens"]) == (63, 19)
    assert (asked["tool_definition_names"], asked["tool_call_names"]) == (["get_weather"], ["get_weather"])
    assert text_of(answered["question"]) == "What is the weather in Paris?"
    assert text_of(answered["answer"]) == "It is 18 degrees and sunny there."
    assert asked["system_prompt"].startswith("You are a concise assistant.")


def test_logfire_reports_the_agents_sdk_in_keys_of_its_own() -> None:
    rows = rows_of("logfire-agents")
    assert {row["dialect"] for row in rows} == {"logfire-agents"}
    asked, answered = sorted((row for row in rows if row["operation"] == "chat"), key=lambda row: row["start_time"])
    assert [row["response_id"] for row in (asked, answered)] == ["resp_f1x", "resp_f2x"]
    assert asked["finish_reasons"] == ["tool_call"]
    assert asked["tool_definition_names"] == ["get_weather"]
    assert asked["system_prompt"] == "You are a concise assistant."
    assert text_of(answered["answer"]) == "It is 18 degrees and sunny there."
    tool = the(rows, operation="execute_tool")
    assert (tool["tool_name"], tool["tool_result"]) == ("get_weather", "18 degrees and sunny")
    assert the(rows, operation="invoke_agent")["agent_name"] == "weather_agent"
    assert the(rows, operation="invoke_workflow")["conversation_id"] == "sess-42"
