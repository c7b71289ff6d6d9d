"""Traceloop (OpenLLMetry): flattened `gen_ai.prompt.N.*`, later the convention's keys, and `traceloop.entity.*` for steps."""

from assay.spans.dialects import convert as c
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents, query
from assay.spans.dialects.observers import extend, inputs_and_outputs
from assay.spans.dialects.otel import OTEL
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import RETRIEVAL_OPERATIONS, TOOL_OPERATIONS


def _operation(value: object, context: Context) -> str | None:
    """The operation of LLM spans; steps say what they are in the span kind, and retrievers only in their name."""
    found = words.operation(value)
    if found in (None, "chain") and _is_retriever(context):
        return "retrieval"
    return found


def _kind(value: object, context: Context) -> str | None:
    if _is_retriever(context):
        return "retrieval"
    if context.span.name.endswith(("embedding.task", "embeddings.task")):
        return "chain"
    if context.span.scope_name.endswith((".mcp", ".fastmcp")) and context.span.name.endswith(".mcp"):
        return "chain"
    return words.operation(value)


def _is_retriever(context: Context) -> bool:
    name = str(context.attributes.get("traceloop.entity.name") or context.span.name).lower()
    return "retriev" in name and "tool" not in name and "generation" not in name


_INPUT = ("traceloop.entity.input", "gen_ai.task.input", "gen_ai.workflow.input")
_OUTPUT = ("traceloop.entity.output", "gen_ai.task.output", "gen_ai.workflow.output")
_STEP = inputs_and_outputs("traceloop.span.kind", _INPUT, _OUTPUT, models=False)
_OWN = {name: OTEL.groups[name] for name in ("input", "output", "system", "definitions")}

TRACELOOP = Dialect(
    name="traceloop",
    scopes=("traceloop.", "@traceloop/"),
    marks=("traceloop.*", "crewai.*"),
    groups=extend(
        extend(_STEP, _OWN),
        {
            "operation": (
                Rule("operation", ("gen_ai.operation.name",), _operation),
                Rule("operation", ("traceloop.span.kind",), _kind),
                Rule("operation", ("llm.request.type",), c.operation),
            ),
            "tool": (
                Rule("tool_name", ("gen_ai.tool.name", "tool.name", "traceloop.entity.name"), c.text, TOOL_OPERATIONS),
                Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
                Rule("tool_arguments", ("gen_ai.tool.call.arguments", "tool.arguments"), c.arguments, TOOL_OPERATIONS),
                Rule("tool_result", ("gen_ai.tool.call.result",), c.result, TOOL_OPERATIONS),
                Rule("tool_call_id", ("gen_ai.tool.call.result",), c.tool_call_id_inside, TOOL_OPERATIONS),
            ),
            "retrieval": (
                Rule("retrieval_query", _INPUT, query, RETRIEVAL_OPERATIONS),
                Rule("documents", _OUTPUT, documents, RETRIEVAL_OPERATIONS),
            ),
            "usage": (Rule("*", ("crewai.crew.usage_metrics",), usage),),
            "definitions": (Rule("*", ("crewai.agent.tools",), c.definitions),),
            "call": (Rule("request_model", ("crewai.agent.llm",), c.text),),
            "prompt": (
                Rule("prompt_name", ("traceloop.prompt.key",), c.text),
                Rule("prompt_version", ("traceloop.prompt.version", "traceloop.prompt.version_hash"), c.text),
            ),
            "who": (
                Rule("workflow", ("traceloop.workflow.name",), c.text),
                Rule("agent_name", ("gen_ai.agent.name",), c.text),
                Rule("agent_name", ("traceloop.entity.name",), c.text, frozenset({"invoke_agent", "create_agent"})),
                Rule("agent_name", ("traceloop.association.properties.lc_agent_name",), c.text),
            ),
            "latency": (Rule("time_to_first_token_ns", ("@first_token_ns",), c.nanoseconds),),
        },
    ),
)
