"""One line per canonical column: name, ClickHouse type, what it means.

This is the only declaration of the `spans` table's canonical columns: the migration is compared with it, the reference
page is generated from it, `SpanBatch` is laid out by it, and a dialect may only write names that are listed here.

Two type names are ours: `Body` is the 16-byte content hash of a text in `bodies` (all zero: absent) and `Bodies` an
array of them. A dialect hands over the text itself (`str` or `bytes`, or a list of them); `decode` stores it once and
puts the hash into the column.
"""

from typing import Any, Literal, NamedTuple

Stage = Literal[
    "ingress",
    "query",
    "retrieval",
    "rerank",
    "context",
    "generation",
    "tool",
    "guardrail",
    "postprocess",
    "egress",
    "agent",
    "embedding",
    "other",
]
"""Where in the pipeline of an LLM application a span works."""

UsageRole = Literal["own", "repeats_children", "twin"]
"""`own`: counts. `repeats_children`: a parent that sums up what its descendants report. `twin`: a second report of one call."""


class Column(NamedTuple):
    """One canonical column of `spans`."""

    name: str
    type: str
    meaning: str


LC = "LowCardinality(String)"
HASH_BYTES = 16
NO_BODY = bytes(HASH_BYTES)

IDENTITY = (
    Column("workspace", LC, "Isolation boundary that the bearer token maps to; first in every key, hash and query."),
    Column("trace_id", "String", "Trace id, 32 lower-case hex digits."),
    Column("span_id", "String", "Span id, 16 lower-case hex digits."),
    Column("parent_span_id", "String", "Parent's span id, or empty for a root."),
    Column("start_time", "DateTime64(9, 'UTC')", "Start of the span, after the clock rule."),
    Column("duration_ns", "UInt64", "End minus start in nanoseconds; 0 where the end is before the start."),
    Column("clock_flags", LC, "Which clock rule touched the span: empty, or words joined by a comma."),
    Column(
        "version",
        "UInt64",
        "Mapping version, content rank and settle revision; the highest row wins (see docs/decisions).",
    ),
    Column("mapping_version", "UInt16", "Version of the dialect tables that filled the canonical columns."),
)

PLACE = (
    Column("service", LC, "`service.name` of the resource."),
    Column("release", LC, "`service.version` or the sender's own release label."),
    Column("environment", LC, "`deployment.environment.name`."),
    Column("scope_name", LC, "Instrumentation scope."),
    Column("scope_version", LC, "Version of the instrumentation scope."),
    Column(
        "dialect",
        LC,
        "Dialect table that recognised the span; `unknown` where none did, `plain` where it is not GenAI.",
    ),
    Column("name", LC, "Span name as sent."),
    Column("kind", LC, "internal, server, client, producer, consumer or unspecified."),
    Column("status", LC, "unset, ok or error."),
    Column("status_message", "String", "Status description as sent."),
    Column(
        "error_type",
        LC,
        "Kind of error, normalised: `rate_limited`, `timeout`, `provider_error`, ... or the class that was sent.",
    ),
    Column("error_class", LC, "Error class or code exactly as sent (`openai.RateLimitError`, `429`)."),
    Column("http_status", "UInt16", "HTTP status of the provider's answer; 0 where unknown."),
    Column(
        "sampling_weight", "Float64", "How many spans this one stands for by the sender's own sampling; 1 without any."
    ),
)

CALL = (
    Column(
        "operation",
        LC,
        "GenAI operation name of the convention: chat, embeddings, retrieval, execute_tool, invoke_agent, ...",
    ),
    Column("stage", LC, "Pipeline stage; see `Stage`."),
    Column("provider", LC, "Provider name of the convention: openai, anthropic, gcp.gemini, ..."),
    Column("request_model", LC, "Model that was asked for."),
    Column("response_model", LC, "Model that answered."),
    Column("response_id", "String", "Provider's id of the answer."),
    Column("request_id", "String", "Request id of the application or of the provider's transport."),
    Column("streaming", "UInt8", "1 where the answer was streamed."),
    Column(
        "finish_reasons",
        "Array(LowCardinality(String))",
        "stop, length, tool_call, content_filter, error, ... of each choice.",
    ),
    Column(
        "request_parameters",
        "String",
        "Sampling parameters as a JSON object: temperature, top_p, max_tokens, seed, ...",
    ),
    Column("output_type", LC, "Response format that was asked for: text, json, json_schema, image, speech."),
    Column("response_schema", "Body", "JSON Schema that was asked for."),
    Column("time_to_first_token_ns", "Nullable(UInt64)", "From the request to the first chunk, nanoseconds."),
    Column("retry_count", "UInt16", "Retries that this call took, as reported."),
    Column("parse_fallback", "UInt8", "1 where the application fell back after it could not parse the answer."),
)

USAGE = (
    Column("input_tokens", "Nullable(UInt64)", "Input tokens including cached ones."),
    Column("output_tokens", "Nullable(UInt64)", "Output tokens including reasoning."),
    Column("cache_read_tokens", "Nullable(UInt64)", "Input tokens read from the provider's cache."),
    Column("cache_write_tokens", "Nullable(UInt64)", "Input tokens written to the provider's cache."),
    Column("reasoning_tokens", "Nullable(UInt64)", "Output tokens spent on reasoning."),
    Column(
        "usage_accounting",
        LC,
        "`inclusive`: input was sent with cached tokens; `exclusive`: we added them; empty: no usage.",
    ),
    Column("usage_role", LC, "`own` counts; `repeats_children` and `twin` do not. Set when the trace settles."),
    Column("twin_of", "String", "Span id of the report that counts, where usage_role is `twin`."),
    Column("cost_usd", "Nullable(Float64)", "Cost in US dollars; NULL where the price is unknown."),
    Column("cost_source", LC, "`sender`, `override`, `genai-prices`, or empty."),
)

CONTENT = (
    Column(
        "input_messages", "Bodies", "Messages that the model saw, each the convention's JSON message, oldest first."
    ),
    Column("output_messages", "Bodies", "Messages that the model answered."),
    Column("system_prompt", "Body", "System instructions as text; its hash identifies the prompt."),
    Column("question", "Body", "Last user message among the input messages."),
    Column("answer", "Body", "Last output message."),
    Column("content_captured", "UInt8", "1 where the sender captured any content for this span."),
    Column("log_records", "UInt16", "Log records that were joined to this span when its trace settled."),
)

PROMPT = (
    Column("prompt_name", LC, "Name of the prompt template."),
    Column("prompt_version", LC, "Version of the prompt template."),
)

TOOLS = (
    Column("tool_definitions", "Body", "Tools that were offered to the model, JSON array as sent."),
    Column("tool_definition_names", "Array(LowCardinality(String))", "Names of the offered tools."),
    Column(
        "tool_call_names", "Array(LowCardinality(String))", "Names of the tools that the model asked for, in order."
    ),
    Column("tool_call_ids", "Array(String)", "Ids of those calls."),
    Column("tool_call_arguments", "Bodies", "Arguments of those calls, JSON (or what was sent)."),
    Column("tool_name", LC, "Tool that this span executed."),
    Column("tool_type", LC, "function, extension, datastore, mcp, ..."),
    Column("tool_call_id", "String", "Id of the call that this span executed."),
    Column("tool_arguments", "Body", "Arguments that the tool was executed with."),
    Column("tool_result", "Body", "What the tool returned."),
)

RETRIEVAL = (
    Column("retrieval_query", "Body", "Query text of a retrieval or rerank."),
    Column("retrieval_top_k", "UInt32", "How many documents were asked for; 0 where unknown."),
    Column("data_source", LC, "Index, collection or vector store."),
    Column("document_ids", "Array(String)", "Ids of the returned documents, best first; empty string where unknown."),
    Column("document_ranks", "Array(UInt32)", "1-based ranks."),
    Column("document_scores", "Array(Float64)", "Scores as sent; NaN where unknown."),
    Column("document_texts", "Bodies", "Texts; all zero where not captured."),
    Column("document_indexes", "Array(LowCardinality(String))", "Index that each document came from."),
    Column("document_versions", "Array(String)", "Version of each document."),
    Column("document_updated_at", "Array(String)", "When each document was last updated, as sent."),
    Column("document_selected", "Array(UInt8)", "1 selected into the prompt, 0 not, 2 unknown."),
)

GUARDRAILS = (
    Column("guardrail_names", "Array(LowCardinality(String))", "Guardrails that looked at this span's content."),
    Column("guardrail_verdicts", "Array(LowCardinality(String))", "pass, block, modify, ... of each."),
)

WHO = (
    Column("conversation_id", "String", "Conversation or session."),
    Column("user_id", "String", "End user."),
    Column("agent_name", LC, "Agent."),
    Column("agent_id", "String", "Agent's id."),
    Column("feature", LC, "Product feature."),
    Column("route", LC, "Route or endpoint."),
    Column("workflow", LC, "Workflow or pipeline name."),
    Column("intent", LC, "Intent of the request, as the application classified it."),
    Column("outcome", LC, "Final outcome: success, failure, escalated, abandoned, or empty."),
    Column(
        "cohort_keys",
        "Array(LowCardinality(String))",
        "Cohort label keys, sorted (flags, locale, segment, release, tenant, ...).",
    ),
    Column("cohort_values", "Array(LowCardinality(String))", "Cohort label values, by key."),
)

LABELS = (Column("checks", LC, "Checks that could be asked of the span: `id@version`, sorted, joined by commas."),)

COLUMNS: tuple[Column, ...] = (
    *IDENTITY, *PLACE, *CALL, *USAGE, *CONTENT, *PROMPT, *TOOLS, *RETRIEVAL, *GUARDRAILS, *WHO, *LABELS,
)  # fmt: skip

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}

CLICKHOUSE_TYPES = {"Body": f"FixedString({HASH_BYTES})", "Bodies": f"Array(FixedString({HASH_BYTES}))"}


def default_of(column: Column) -> Any:
    """The value of a column that nobody filled. Lists are shared on purpose: nobody changes a column's cell in place."""
    if column.type.startswith(("Array", "Bodies")):
        return _EMPTY_LIST
    if column.type.startswith("Nullable"):
        return None
    if column.type == "Body":
        return NO_BODY
    if column.type.startswith(("UInt", "DateTime64")):
        return 0
    if column.type.startswith("Float"):
        return 0.0
    return ""


_EMPTY_LIST: list[Any] = []
