"""Spring AI: its steps under `spring.ai.*`; its model calls speak the convention, with every number as text.

Micrometer knows only strings. Texts are in no span: Spring AI writes them to its log (`events.py`).
"""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents, query
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import RETRIEVAL_OPERATIONS, TOOL_OPERATIONS

_KINDS = {"chat_client": "invoke_agent", "advisor": "chain", "tool_call": "execute_tool"}


def _kind(value: Any, context: Context) -> str | None:
    """What a step does; a vector store is also written to."""
    if value == "vector_store":
        return "retrieval" if context.attributes.get("db.operation.name") == "query" else "other"
    return _KINDS.get(str(value))


def _parameters(value: Any, context: Context) -> str | None:
    if not isinstance(value, dict):
        return None
    return c.parameters({name: _number(item) for name, item in value.items()}, context)


def _number(value: Any) -> Any:
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else number


SPRING_AI = Dialect(
    name="spring-ai",
    scopes=("org.springframework.boot",),
    beside="gen_ai.",
    marks=("spring.ai.*",),
    groups={
        "operation": (
            Rule("operation", ("spring.ai.kind",), _kind),
            Rule("operation", ("gen_ai.operation.name",), c.operation),
        ),
        "call": (Rule("streaming", ("spring.ai.chat.client.stream",), c.flag),),
        "parameters": (Rule("request_parameters", ("gen_ai.request.*",), _parameters),),
        "definitions": (
            Rule("*", ("spring.ai.model.request.tool.names", "spring.ai.chat.client.tool.names"), c.definitions),
        ),
        "tool": (
            Rule("tool_name", ("spring.ai.tool.definition.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_type", ("spring.ai.tool.type",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("spring.ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule("tool_arguments", ("spring.ai.tool.call.arguments",), c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", ("spring.ai.tool.call.result",), c.result, TOOL_OPERATIONS),
        ),
        "retrieval": (
            Rule("retrieval_query", ("db.vector.query.content",), query, RETRIEVAL_OPERATIONS),
            Rule("retrieval_top_k", ("db.vector.query.top_k",), c.count, RETRIEVAL_OPERATIONS),
            Rule("data_source", ("db.collection.name",), c.text, RETRIEVAL_OPERATIONS),
            Rule("documents", ("@documents",), documents, RETRIEVAL_OPERATIONS),
        ),
        "who": (Rule("conversation_id", ("spring.ai.chat.client.conversation.id",), c.text),),
    },
)
