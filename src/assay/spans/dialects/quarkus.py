"""Quarkus LangChain4j: model calls without an operation or a provider, and failures without a status."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.table import Dialect, Rule


def _chat(_: Any, context: Context) -> str | None:
    """Only chats are reported so; embeddings have no span of their own."""
    return "chat" if context.span.name.startswith("completion ") else None


def _dollars(value: Any, context: Context) -> float | None:
    return c.cost(value.removesuffix("USD"), context) if isinstance(value, str) else None


QUARKUS = Dialect(
    name="quarkus-langchain4j",
    scopes=("io.quarkus.opentelemetry",),
    beside="gen_ai.",
    marks=("gen_ai.client.estimated_cost",),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name",), c.operation),
            Rule("operation", ("gen_ai.request.model",), _chat),
        ),
        "cost": (Rule("cost_usd", ("gen_ai.client.estimated_cost",), _dollars),),
    },
)
