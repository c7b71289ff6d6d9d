"""The dialects in the order in which they are tried; in a group of columns the first one that yields a value wins.

SDKs that log whole payloads come first, because they also send keys of the convention with less in them; the
convention's own table comes last and reads what is left.
"""

from assay.spans.dialects import frameworks as f
from assay.spans.dialects.braintrust import BRAINTRUST
from assay.spans.dialects.feedback import METADATA_KEYS as OF_FEEDBACK
from assay.spans.dialects.langfuse import LANGFUSE
from assay.spans.dialects.langsmith import LANGSMITH
from assay.spans.dialects.langwatch import LANGWATCH
from assay.spans.dialects.mlflow import MLFLOW
from assay.spans.dialects.openinference import OPENINFERENCE
from assay.spans.dialects.otel import OTEL
from assay.spans.dialects.pydantic_ai import LOGFIRE, LOGFIRE_AGENTS, PYDANTIC_AI
from assay.spans.dialects.quarkus import QUARKUS
from assay.spans.dialects.spring_ai import SPRING_AI
from assay.spans.dialects.table import Dialect
from assay.spans.dialects.traceloop import TRACELOOP
from assay.spans.dialects.vercel import VERCEL

DIALECTS: tuple[Dialect, ...] = (
    LANGFUSE,
    LANGSMITH,
    LANGWATCH,
    BRAINTRUST,
    VERCEL,
    PYDANTIC_AI,
    LOGFIRE_AGENTS,
    LOGFIRE,
    f.OPENLIT,
    f.STRANDS,
    f.ADK,
    f.AGENT_FRAMEWORK,
    f.SEMANTIC_KERNEL,
    f.AUTOGEN,
    f.LITELLM,
    f.HAYSTACK,
    f.LAMINAR,
    f.MASTRA,
    f.GENKIT,
    f.AGENTOPS,
    SPRING_AI,
    QUARKUS,
    TRACELOOP,
    OPENINFERENCE,
    MLFLOW,
    OTEL,
)

EXCLUSIVE = frozenset({"openlit", "spring-ai", "braintrust"})
"""Dialects that pass on Anthropic's own input count, which leaves cached tokens out."""


_CONTENT = frozenset({
    "input_messages", "output_messages", "system_prompt", "tool_definitions", "response_schema", "tool_arguments", "tool_result",
    "retrieval_query", "documents", "error_message", "*",
})  # fmt: skip

METADATA_KEYS: frozenset[str] = (
    frozenset(
        key
        for dialect in DIALECTS
        for rules in dialect.groups.values()
        for rule in rules
        if rule.column not in _CONTENT
        for key in rule.keys
    )
    - {
        key
        for dialect in DIALECTS
        for rules in dialect.groups.values()
        for rule in rules
        if rule.column in _CONTENT
        for key in rule.keys
    }
    | {"error.type", "exception.type", "event.name", "http.request.method", "http.route", "service.name"}
    | OF_FEEDBACK
)
"""Attribute keys whose values say what kind of call it was, and nothing that anybody wrote."""
