"""Traceloop (OpenLLMetry): flattened `gen_ai.prompt.N.*`, later the convention's keys, and `traceloop.entity.*` for steps."""

from assay.spans.dialects import convert as c
from assay.spans.dialects import words
from assay.spans.dialects.context import Context
from assay.spans.dialects.documents import documents, query
from assay.spans.dialects.messages import Message, parse
from assay.spans.dialects.observers import extend, inputs_and_outputs
from assay.spans.dialects.otel import OTEL
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import MODEL_OPERATIONS, RETRIEVAL_OPERATIONS, TOOL_OPERATIONS


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


def _responses_items(value: object, context: Context) -> list[Message] | None:
    """Input items of the Responses API, which the JavaScript instrumentation sends as the text of one message."""
    if not isinstance(value, str) or not value.startswith(_ITEMS_AS_TEXT):
        return None
    sent = c.messages_in(value, context) or ()
    return c.messages_in(sent[0].content, context) if len(sent) == 1 and sent[0].content else None


_ITEMS_AS_TEXT = '[{"role":"user","parts":[{"type":"text","content":"[{\\"'


def _tool_that_answered(value: object, _: Context) -> str | None:
    """The tool's name in its answer; LangChain JS names the span by the class of all tools."""
    if not isinstance(value, str) or "ToolMessage" not in value:
        return None
    found = parse(value)
    kwargs = found.get("kwargs") if isinstance(found, dict) else None
    name = kwargs.get("name") if isinstance(kwargs, dict) else None
    return name if isinstance(name, str) else None


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
            "input": (Rule("input_messages", ("gen_ai.input.messages",), _responses_items, MODEL_OPERATIONS),),
            "tool": (
                Rule("tool_name", ("gen_ai.tool.name", "tool.name"), c.text, TOOL_OPERATIONS),
                Rule("tool_name", ("traceloop.entity.output",), _tool_that_answered, TOOL_OPERATIONS),
                Rule("tool_name", ("traceloop.entity.name",), c.text, TOOL_OPERATIONS),
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
