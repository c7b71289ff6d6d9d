"""Real telemetry of Java and Go libraries, each against a model API whose answers are known."""

from tests.golden.test_dialects import rows_of, text_of, the


def test_adk_for_java_calls_a_model_call_call_llm() -> None:
    rows = rows_of("java-adk")
    asked, answered = sorted((row for row in rows if row["name"] == "call_llm"), key=lambda row: row["start_time"])
    assert (asked["operation"], asked["response_model"]) == ("generate_content", "gemini-2.5-flash-001")
    assert (asked["tool_call_names"], asked["tool_definition_names"]) == (["get_weather"], ["get_weather"])
    assert text_of(answered["question"]) == "What is the weather in Paris?"
    assert text_of(answered["answer"]) == "Answer 41d0c: here is what I found for tools."
    assert answered["system_prompt"].startswith("Use tools.")
    assert the(rows, operation="execute_tool")["tool_call_id"].startswith("adk-")


def test_genkit_for_go_has_the_id_beside_the_system_fingerprint() -> None:
    rows = rows_of("go-genkit")
    asked = the(rows, response_id="chatcmpl-tools-1")
    assert (asked["provider"], asked["request_model"], asked["tool_call_names"]) == (
        "openai",
        "gpt-4o-mini",
        ["get_weather"],
    )
    assert the(rows, operation="execute_tool")["tool_result"] == "18 C and sunny in Paris"
