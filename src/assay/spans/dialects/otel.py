"""The OpenTelemetry GenAI conventions: the latest form, the deprecated keys, and every spelling of usage seen under `gen_ai.*`.

https://github.com/open-telemetry/semantic-conventions-genai
"""

from assay.spans.dialects import convert as c
from assay.spans.dialects.documents import documents, query
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import RETRIEVAL_OPERATIONS, TOOL_OPERATIONS

_NOT_EMBEDDING = frozenset({
    "chat", "generate_content", "text_completion", "fetch_response", "invoke_agent", "invoke_workflow", "create_agent",
    "agent_step", "plan", "chain", "execute_event_loop_cycle", "handle_conversation_turn", "handoff", "",
})  # fmt: skip

USAGE = (
    Rule(
        "input_tokens",
        ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"),
        c.count,
    ),
    Rule(
        "output_tokens",
        ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"),
        c.count,
    ),
    Rule(
        "cache_read_tokens",
        (
            "gen_ai.usage.cache_read.input_tokens",
            "llm.usage.cache_read_input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cache_read_input_tokens",
            "gen_ai.usage.details.cached_tokens",
            "gen_ai.usage.cached_input_tokens",
        ),
        c.count,
    ),
    Rule(
        "cache_write_tokens",
        (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "gen_ai.usage.details.cache_creation_input_tokens",
        ),
        c.count,
    ),
    Rule(
        "reasoning_tokens",
        (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "llm.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
            "gen_ai.usage.reasoning_output_tokens",
            "gen_ai.usage.completion_tokens_details.reasoning_tokens",
            "ai.usage.outputTokenDetails.reasoningTokens",
        ),
        c.count,
    ),
)

CALL = (
    Rule("provider", ("gen_ai.provider.name", "gen_ai.system"), c.provider),
    Rule("request_model", ("gen_ai.request.model",), c.model),
    Rule("response_model", ("gen_ai.response.model",), c.model),
    Rule("response_id", ("gen_ai.response.id",), c.text),
    Rule("streaming", ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming"), c.flag),
    Rule("output_type", ("gen_ai.output.type", "gen_ai.openai.request.response_format"), c.output_type),
    Rule("response_schema", ("gen_ai.request.structured_output_schema", "gen_ai.output.schema"), c.schema),
    Rule("request_id", ("anthropic.request.id", "gen_ai.request.id", "aws.request_id"), c.text),
    Rule(
        "retry_count",
        ("gen_ai.request.retry_count", "retry.count", "http.request.resend_count", "llm.retry_count"),
        c.small,
    ),
    Rule("parse_fallback", ("parse_fallback", "app.parse_fallback", "gen_ai.response.parse_fallback"), c.flag),
)

OTEL = Dialect(
    name="otel",
    scopes=("opentelemetry.instrumentation.genai.", "opentelemetry.util.genai"),
    marks=("gen_ai.*", "mcp.method.name", "guardrail.*"),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name", "llm.request.type", "gen_ai.request.type"), c.operation),
        ),
        "call": CALL,
        "parameters": (Rule("request_parameters", ("gen_ai.request.*",), c.parameters),),
        "finish": (
            Rule(
                "finish_reasons",
                ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "anthropic.message.stop_reason"),
                c.finish_reasons,
            ),
        ),
        "usage": USAGE,
        "cost": (
            Rule("cost_usd", ("gen_ai.usage.cost", "gen_ai.cost.total_cost", "operation.cost", "gen_ai.cost"), c.cost),
        ),
        "input": (
            Rule(
                "input_messages", ("gen_ai.input.messages", "@input", "gen_ai.prompt.*"), c.messages_in, _NOT_EMBEDDING
            ),
            Rule("input_messages", ("gen_ai.prompt",), c.messages_in, _NOT_EMBEDDING),
        ),
        "system": (
            Rule(
                "system_prompt", ("gen_ai.system_instructions", "gen_ai.system.instructions"), c.system, _NOT_EMBEDDING
            ),
        ),
        "output": (
            Rule(
                "output_messages",
                ("gen_ai.output.messages", "@output", "gen_ai.completion.*", "gen_ai.completion"),
                c.messages_out,
                _NOT_EMBEDDING,
            ),
        ),
        "definitions": (
            Rule(
                "*",
                (
                    "gen_ai.tool.definitions",
                    "gen_ai.request.tools",
                    "llm.request.functions.*",
                    "gen_ai.request.functions.*",
                ),
                c.definitions,
            ),
        ),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_type", ("gen_ai.tool.type",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule(
                "tool_arguments",
                ("gen_ai.tool.call.arguments", "gen_ai.tool.arguments", "@tool.arguments"),
                c.arguments,
                TOOL_OPERATIONS,
            ),
            Rule(
                "tool_result",
                ("gen_ai.tool.call.result", "gen_ai.tool.result", "gen_ai.tool.output", "@tool.result"),
                c.result,
                TOOL_OPERATIONS,
            ),
        ),
        "retrieval": (
            Rule("retrieval_query", ("gen_ai.retrieval.query.text", "gen_ai.retrieval.query"), query),
            Rule("retrieval_top_k", ("gen_ai.retrieval.top_k",), c.count),
            Rule("retrieval_top_k", ("gen_ai.request.top_k",), c.count, RETRIEVAL_OPERATIONS),
            Rule("data_source", ("gen_ai.data_source.id", "db.collection.name"), c.text, RETRIEVAL_OPERATIONS),
            Rule("documents", ("gen_ai.retrieval.documents",), documents),
        ),
        # The proposals that senders follow meanwhile:
        # https://github.com/open-telemetry/semantic-conventions/pull/3233 (guardian, decision)
        # https://github.com/open-telemetry/semantic-conventions-genai/pull/427 (guardrail, verdict)
        # https://github.com/traceloop/openllmetry/issues/3460 (triggered)
        "guardrail": (
            Rule(
                "guardrail_names",
                ("gen_ai.guardian.name", "gen_ai.security.guardrail.name", "gen_ai.guardrail.name", "guardrail.name"),
                c.one_text,
            ),
            Rule(
                "guardrail_verdicts",
                (
                    "gen_ai.security.decision.type",
                    "gen_ai.security.verdict.type",
                    "gen_ai.guardrail.triggered",
                    "gen_ai.guardrail.action",
                    "gen_ai.guardrail.verdict",
                    "gen_ai.guardrail.decision",
                    "guardrail.verdict",
                    "guardrail.decision",
                    "guardrail.result",
                    "guardrail.action",
                    "guardrail.triggered",
                    "guardrail.blocked",
                ),
                c.verdict,
            ),
        ),
        "prompt": (
            Rule("prompt_name", ("gen_ai.prompt.name", "prompt.name", "prompt.id"), c.text),
            Rule("prompt_version", ("gen_ai.prompt.version", "prompt.version"), c.text),
        ),
        "latency": (
            Rule(
                "time_to_first_token_ns",
                (
                    "gen_ai.response.time_to_first_chunk",
                    "gen_ai.client.operation.time_to_first_chunk",
                    "gen_ai.server.time_to_first_token",
                    "gen_ai.response.time_to_first_token",
                ),
                c.seconds,
            ),
            Rule("time_to_first_token_ns", ("@first_token_ns",), c.nanoseconds),
        ),
        "who": (
            Rule("conversation_id", ("gen_ai.conversation.id",), c.text),
            Rule("user_id", ("user.id", "enduser.id", "gen_ai.request.user", "llm.user"), c.text),
            Rule("agent_name", ("gen_ai.agent.name",), c.text),
            Rule("agent_id", ("gen_ai.agent.id",), c.text),
            Rule("workflow", ("gen_ai.workflow.name",), c.text),
        ),
        "error": (Rule("error_message", ("error.message",), c.text),),
    },
)
