"""Agent frameworks and gateways: the convention's keys with quirks, or a step's whole input and output in JSON.

What a table does not name is read by the convention's own table, which fits every span with a `gen_ai.*` key.
"""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects import derive, payloads, words
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import Message, canonical, encode, parse, parse_repr
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs, request, response
from assay.spans.dialects.otel import USAGE
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import (
    AGENT_OPERATIONS,
    EMBEDDING_OPERATIONS,
    MODEL_OPERATIONS,
    TALKING_OPERATIONS,
    TOOL_OPERATIONS,
)

# --- OpenLIT ---------------------------------------------------------------------------------------------------------

_MADE_UP = {"temperature": 1.0, "top_p": 1.0, "top_k": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}


def _openlit_parameters(value: Any, context: Context) -> str | None:
    """OpenLIT sends its own defaults where the application set nothing; those say nothing about the request."""
    if not isinstance(value, dict):
        return None
    kept = {name: item for name, item in value.items() if not (name in _MADE_UP and item == _MADE_UP[name])}
    return c.parameters(kept, context)


OPENLIT = Dialect(
    name="openlit",
    scopes=("openlit.",),
    marks=("gen_ai.sdk.version", "openlit.agent.version_hash", "gen_ai.client.token.usage"),
    groups={
        "parameters": (Rule("request_parameters", ("gen_ai.request.*",), _openlit_parameters),),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule("tool_arguments", ("gen_ai.tool.call.arguments", "gen_ai.tool.args"), c.arguments, TOOL_OPERATIONS),
            Rule("tool_result", ("gen_ai.tool.call.result",), c.result, TOOL_OPERATIONS),
        ),
    },
)

# --- Strands, ADK, AutoGen, Semantic Kernel, Agent Framework ----------------------------------------------------------


def _vendor(value: Any, context: Context) -> str | None:
    """A provider, but not the framework's own name; those who send only that leave it to the model's name."""
    found = c.provider(value, context)
    if found not in _FRAMEWORKS:
        return found
    return derive.model_vendor(context.attributes.get("gen_ai.request.model")) or found


_FRAMEWORKS = frozenset({
    "strands-agents", "langchain", "langgraph", "autogen", "crewai", "llama_index", "haystack", "gcp.vertex.agent",
})  # fmt: skip

STRANDS = Dialect(
    name="strands",
    scopes=("strands.", "strands_evals", "opentelemetry.instrumentation.strands"),
    marks=("event_loop.cycle_id",),
    groups={
        "call": (Rule("provider", ("gen_ai.provider.name", "gen_ai.system"), _vendor),),
        "system": (Rule("system_prompt", ("gen_ai.system_instructions", "system_prompt"), c.system),),
        "definitions": (Rule("*", ("gen_ai.tool.definitions", "gen_ai.agent.tools"), c.definitions),),
        "who": (
            Rule("conversation_id", ("session.id", "gen_ai.conversation.id"), c.text),
            Rule("user_id", ("user.id",), c.text),
        ),
    },
)


def _adk_operation(value: Any, context: Context) -> str | None:
    """ADK for Java calls a model call as ADK for Python once named its span."""
    return "generate_content" if value == "call_llm" else c.operation(value, context)


def _adk_call(_: Any, context: Context) -> str | None:
    """Before ADK spoke the convention, the name of the span alone said that it was a model call."""
    return "generate_content" if context.span.name == "call_llm" else None


ADK = Dialect(
    name="google-adk",
    scopes=("gcp.vertex.agent", "google.adk"),
    marks=("gcp.vertex.agent.*",),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name",), _adk_operation),
            Rule("operation", ("gcp.vertex.agent.llm_request",), _adk_call),
        ),
        "call": (
            Rule("provider", ("gen_ai.provider.name", "gen_ai.system"), _vendor),
            Rule("*", ("gcp.vertex.agent.llm_response",), response, MODEL_OPERATIONS),
        ),
        # Its own output count was once the total of both.
        "usage": (Rule("*", ("gcp.vertex.agent.llm_response",), response, MODEL_OPERATIONS), *USAGE),
        "input": (Rule("*", ("gcp.vertex.agent.llm_request",), request, MODEL_OPERATIONS),),
        "system": (Rule("*", ("gcp.vertex.agent.llm_request",), request, MODEL_OPERATIONS),),
        "output": (Rule("*", ("gcp.vertex.agent.llm_response",), response, MODEL_OPERATIONS),),
        "definitions": (Rule("*", ("gcp.vertex.agent.llm_request",), request, MODEL_OPERATIONS),),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id", "gen_ai.tool_call.id"), c.text, TOOL_OPERATIONS),
            Rule(
                "tool_arguments",
                ("gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args"),
                c.arguments,
                TOOL_OPERATIONS,
            ),
            Rule(
                "tool_result", ("gen_ai.tool.call.result", "gcp.vertex.agent.tool_response"), c.result, TOOL_OPERATIONS
            ),
        ),
        "who": (Rule("conversation_id", ("gen_ai.conversation.id", "gcp.vertex.agent.session_id"), c.text),),
    },
)

AGENT_FRAMEWORK = Dialect(
    name="agent-framework",
    scopes=("agent_framework",),
    marks=(),
    groups={"who": (Rule("workflow", ("workflow.name", "workflow_builder.name"), c.text),)},
)


def _plugin_tools(value: Any, context: Context) -> dict[str, Any] | None:
    """Semantic Kernel: the names of available functions, joined by commas."""
    if not isinstance(value, str) or not value:
        return None
    names = [name.strip() for name in value.split(",") if name.strip()]
    return c.definitions(names, context)


SEMANTIC_KERNEL = Dialect(
    name="semantic-kernel",
    scopes=("semantic_kernel", "Microsoft.SemanticKernel"),
    marks=("sk.available_functions",),
    groups={
        "finish": (
            Rule(
                "finish_reasons", ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"), c.finish_reasons
            ),
        ),
        "definitions": (
            Rule("*", ("gen_ai.tool.definitions",), c.definitions),
            Rule("*", ("sk.available_functions",), _plugin_tools),
        ),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule(
                "tool_arguments",
                ("gen_ai.tool.call.arguments", "gen_ai.tool.message.arguments"),
                c.arguments,
                TOOL_OPERATIONS,
            ),
            Rule("tool_result", ("gen_ai.tool.call.result", "gen_ai.tool.message.result"), c.result, TOOL_OPERATIONS),
        ),
    },
)

AUTOGEN = Dialect(name="autogen", scopes=("autogen",), marks=(), groups={})

# --- LiteLLM ---------------------------------------------------------------------------------------------------------


def _completion_call(value: Any, _: Context) -> list[Message] | None:
    """`gen_ai.completion.N.function_call.*`, for the answer whose text is empty."""
    return encode(canonical(value, "assistant")) or None


def _litellm_output(value: Any, context: Context) -> list[Message] | None:
    """The answer; where it has no content, the call stands in the flattened keys."""
    made = c.messages_out(value, context)
    if made and not any(m.content or m.calls for m in made):
        calls = [
            {"function": {"name": item, "arguments": context.attributes.get(f"{key.removesuffix('name')}arguments")}}
            for key, item in context.attributes.items()
            if key.startswith("gen_ai.completion.") and key.endswith("function_call.name")
        ]
        if calls:
            return encode(canonical({"role": "assistant", "content": None, "tool_calls": calls}, "assistant"))
    return made


def _litellm_provider(value: Any, context: Context) -> str | None:
    found = c.provider(value, context)
    return found or c.provider(context.attributes.get("error.llm_provider"), context)


def _litellm_embedding_provider(value: Any, context: Context) -> str | None:
    head, slash, _ = str(value).partition("/")
    return c.provider(head, context) if slash else None


LITELLM = Dialect(
    name="litellm",
    scopes=("litellm",),
    marks=("litellm.call_id", "litellm.provider.model"),
    groups={
        "operation": (
            Rule("operation", ("gen_ai.operation.name", "llm.request.type"), c.operation),
            # The child span with the raw request repeats the call of its parent; it is no call of its own.
            Rule(
                "operation", ("llm.openai.model", "llm.anthropic.model", "llm.None.model"), lambda _v, _x: "raw_request"
            ),
        ),
        "call": (
            Rule("provider", ("gen_ai.provider.name", "gen_ai.system", "error.llm_provider"), _litellm_provider),
            Rule("provider", ("litellm.provider.model",), _litellm_embedding_provider),
            Rule("response_id", ("llm.anthropic.id", "llm.openai.id"), c.text),
        ),
        "usage": (
            Rule("*", ("metadata.usage_object",), payloads.usage),
            *USAGE,
        ),
        "cost": (Rule("cost_usd", ("gen_ai.cost.total_cost",), c.cost),),
        "output": (
            Rule("output_messages", ("gen_ai.output.messages",), _litellm_output, TALKING_OPERATIONS),
            Rule("output_messages", ("gen_ai.completion.*",), _completion_call, TALKING_OPERATIONS),
        ),
        "definitions": (
            Rule(
                "*",
                ("gen_ai.tool.definitions", "llm.request.functions.*", "llm.openai.tools", "llm.anthropic.tools"),
                c.definitions,
            ),
        ),
        "who": (
            Rule(
                "user_id", ("llm.user", "gen_ai.request.user", "user.id", "metadata.user_api_key_end_user_id"), c.text
            ),
        ),
        "error": (Rule("error_message", ("error.message",), c.text), Rule("http_status", ("error.code",), c.small)),
    },
)

# --- Haystack --------------------------------------------------------------------------------------------------------

_HAYSTACK = (
    ("agent.step.llm", "chat"), ("agent.step.tool", "execute_tool"), ("agent.step", "agent_step"),
    ("agent.run", "invoke_agent"), ("pipeline.run", "invoke_workflow"), ("async_pipeline.run", "invoke_workflow"),
)  # fmt: skip


def _haystack_component(value: Any, _: Context) -> str | None:
    """What a component does, by its class name."""
    if not isinstance(value, str):
        return None
    low = value.lower()
    for word, operation in (
        ("retriever", "retrieval"),
        ("websearch", "retrieval"),
        ("ranker", "rerank"),
        ("embedder", "embeddings"),
        ("generator", "chat"),
        ("toolinvoker", "execute_tool"),
        ("agent", "invoke_agent"),
        ("promptbuilder", "prompt"),
    ):
        if word in low:
            return operation
    return "chain"


def _haystack_name(_: Any, context: Context) -> str | None:
    name = context.span.name
    return next((operation for part, operation in _HAYSTACK if name.startswith(f"haystack.{part}")), None)


def _haystack_query(value: Any, context: Context) -> str | None:
    return c.text(query_of(value), context)


def query_of(value: Any) -> Any:
    """The query of a retriever component; one that was handed only an embedding has none."""
    found = parse_repr(value)
    return found.get("query") or found.get("text") if isinstance(found, dict) else found


_H_IN = ("haystack.component.input", "haystack.agent.step.llm.input", "haystack.agent.input", "haystack.pipeline.input_data",
         "haystack.agent.step.tool.input")  # fmt: skip
_H_OUT = ("haystack.component.output", "haystack.agent.step.llm.output", "haystack.agent.output", "haystack.pipeline.output_data",
          "haystack.agent.step.tool.output")  # fmt: skip


def _answered_model(value: Any, context: Context) -> str | None:
    """The model that a component's output names."""
    found = response(value, context)
    return found.get("response_model") if found else None


def _haystack_tools(value: Any, context: Context) -> dict[str, Any] | None:
    found = parse(value)
    if isinstance(found, str):
        names = [part.partition("'")[0] for part in found.split("Tool(name='")[1:]]
        return {"tool_definitions": found, "tool_definition_names": names} if names else None
    return c.definitions(found, context)


HAYSTACK = Dialect(
    name="haystack",
    scopes=("haystack",),
    marks=("haystack.*",),
    groups=extend(
        inputs_and_outputs("haystack.component.type", _H_IN, _H_OUT),
        {
            "operation": (
                Rule(
                    "operation",
                    ("haystack.component.type", "haystack.component.fully_qualified_type"),
                    _haystack_component,
                ),
                Rule(
                    "operation",
                    (
                        "haystack.agent.step.llm.input",
                        "haystack.agent.step.llm.output",
                        "haystack.agent.step.tool.input",
                        "haystack.tool.name",
                        "haystack.agent.step",
                        "haystack.agent.max_steps",
                        "haystack.pipeline.input_data",
                        "haystack.pipeline.metadata",
                        "haystack.pipeline.execution_mode",
                    ),
                    _haystack_name,
                ),
            ),
            "call": (
                Rule(
                    "provider",
                    ("haystack.component.type",),
                    lambda v, _x: "openai" if str(v).startswith("OpenAI") else None,
                ),
                Rule("response_model", ("haystack.component.output",), _answered_model, EMBEDDING_OPERATIONS),
            ),
            "definitions": (Rule("*", ("haystack.agent.tools",), _haystack_tools),),
            "tool": (
                Rule("tool_name", ("haystack.tool.name",), c.text, TOOL_OPERATIONS),
                Rule("tool_arguments", ("haystack.agent.step.tool.input",), c.arguments, TOOL_OPERATIONS),
                Rule("tool_result", ("haystack.agent.step.tool.output",), c.result, TOOL_OPERATIONS),
            ),
            "who": (Rule("agent_name", ("haystack.agent.name",), c.text),),
        },
    ),
)

# --- Laminar ---------------------------------------------------------------------------------------------------------


def _laminar_output(value: Any, context: Context) -> list[Message] | None:
    """Choices or Responses items in the provider's own shape, under the convention's key."""
    found = payloads.response(value, context)
    return found.get("output_messages") if found else None


def _laminar_system(value: Any, context: Context) -> str | None:
    """The instructions of a Responses request, which Laminar keeps in the flattened prompt alone."""
    said = [m.content for m in c.messages_in(value, context) or () if m.role == "system"]
    return "\n".join(said) or None


def _laminar_operation(value: Any, _: Context) -> str | None:
    found = words.operation(value)
    return "chat" if found == "llm" else found


LAMINAR = Dialect(
    name="laminar",
    scopes=("lmnr",),
    marks=("lmnr.*",),
    groups=extend(
        inputs_and_outputs("lmnr.span.type", ("lmnr.span.input",), ("lmnr.span.output",), models=False),
        {
            "operation": (
                Rule("operation", ("gen_ai.operation.name",), c.operation),
                Rule("operation", ("llm.request.type",), c.operation),
                Rule("operation", ("lmnr.span.type",), _laminar_operation),
            ),
            "system": (Rule("system_prompt", ("gen_ai.prompt.*",), _laminar_system, MODEL_OPERATIONS),),
            "output": (
                Rule("output_messages", ("gen_ai.output.messages",), _laminar_output, TALKING_OPERATIONS),
                Rule("output_messages", ("gen_ai.completion.*",), c.messages_out, TALKING_OPERATIONS),
            ),
            "finish": (Rule("*", ("gen_ai.output.messages",), payloads.response, TALKING_OPERATIONS),),
            "who": (
                Rule("conversation_id", ("lmnr.association.properties.session_id",), c.text),
                Rule("user_id", ("lmnr.association.properties.user_id",), c.text),
            ),
        },
    ),
)

# --- Mastra ----------------------------------------------------------------------------------------------------------

_MASTRA = {
    "model_inference": "chat",
    "model_generation": "agent_step",
    "model_step": "agent_step",
    "model_chunk": "chain",
}


def _mastra_operation(value: Any, context: Context) -> str | None:
    """Of the nested model spans only the inference is the call."""
    said = words.operation(context.attributes.get("gen_ai.operation.name"))
    if said in ("model_generation", "model_chunk", "model_step"):
        return _MASTRA[said]
    if isinstance(value, str) and value in _MASTRA and said is None:
        return _MASTRA[value]
    return said or words.operation(value)


def _mastra_body(value: Any, context: Context) -> dict[str, Any] | None:
    """The provider's answer, which Mastra keeps on the step around the call: only its id is read here."""
    found = payloads.response(value, context)
    return {"response_id": found.get("response_id")} if found else None


_M_IN = ("mastra.model_generation.input", "mastra.model_step.input", "mastra.agent_run.input", "mastra.workflow_run.input",
         "mastra.model_inference.input")  # fmt: skip
_M_OUT = ("mastra.model_generation.output", "mastra.model_step.output", "mastra.agent_run.output",
          "mastra.workflow_run.output", "mastra.model_inference.output")  # fmt: skip
_MODEL_OR_AGENT = MODEL_OPERATIONS | AGENT_OPERATIONS

MASTRA = Dialect(
    name="mastra",
    scopes=("@mastra/", "mastra"),
    marks=("mastra.*",),
    groups={
        "operation": (Rule("operation", ("mastra.span.type", "gen_ai.operation.name"), _mastra_operation),),
        "input": (
            Rule("input_messages", ("gen_ai.input.messages",), c.messages_in, TALKING_OPERATIONS),
            Rule("*", _M_IN, request, _MODEL_OR_AGENT),
        ),
        "output": (
            Rule("*", _M_OUT, response, _MODEL_OR_AGENT),
            Rule("output_messages", ("gen_ai.output.messages",), c.messages_out, TALKING_OPERATIONS),
        ),
        "tool": (
            Rule("tool_name", ("gen_ai.tool.name",), c.text, TOOL_OPERATIONS),
            Rule("tool_call_id", ("gen_ai.tool.call.id",), c.text, TOOL_OPERATIONS),
            Rule(
                "tool_arguments", ("gen_ai.tool.call.arguments", "mastra.tool_call.input"), c.arguments, TOOL_OPERATIONS
            ),
            Rule("tool_result", ("gen_ai.tool.call.result", "mastra.tool_call.output"), c.result, TOOL_OPERATIONS),
        ),
        "latency": (Rule("time_to_first_token_ns", ("mastra.completion_start_time",), c.since_start),),
        "call": (
            Rule("response_id", ("mastra.metadata.response_id", "mastra.metadata.responseId"), c.text),
            Rule("*", ("mastra.metadata.body",), _mastra_body, frozenset({"agent_step", "chat"})),
        ),
    },
)

# --- Genkit ----------------------------------------------------------------------------------------------------------


def _genkit_operation(value: Any, context: Context) -> str | None:
    subtype = context.attributes.get("genkit:metadata:subtype")
    if subtype in ("model", "tool", "retriever", "embedder", "reranker", "evaluator", "flow", "prompt"):
        return words.operation(subtype)
    if subtype == "tool.v2":
        return "execute_tool"
    return {"flow": "invoke_workflow", "util": "chain", "action": "chain", "agent": "invoke_agent"}.get(str(value))


def _genkit_model(value: Any, _: Context) -> dict[str, Any] | None:
    """`openai/gpt-4o-mini`: the plugin is the provider."""
    if not isinstance(value, str):
        return None
    head, slash, rest = value.partition("/")
    if not slash:
        return {"request_model": value}
    return {"request_model": rest, "provider": words.provider(head)}


def _genkit_verbatim(value: Any, _: Context) -> list[Message] | None:
    """A structured answer was parsed by Genkit; the text that the model wrote is in the provider's own answer."""
    found = parse(value)
    if not isinstance(found, dict) or not isinstance(found.get("raw"), dict):
        return None
    message = found.get("message")
    parts = message.get("content") if isinstance(message, dict) else None
    if not isinstance(parts, list) or not any(isinstance(part, dict) and "data" in part for part in parts):
        return None
    return encode(payloads.answered(found["raw"])) or None


GENKIT = Dialect(
    name="genkit",
    scopes=("genkit",),
    marks=("genkit:*",),
    groups=extend(
        inputs_and_outputs("genkit:type", ("genkit:input",), ("genkit:output",)),
        {
            "operation": (Rule("operation", ("genkit:type",), _genkit_operation),),
            "call": (Rule("*", ("genkit:name",), _genkit_model, CALLING),),
            "output": (Rule("output_messages", ("genkit:output",), _genkit_verbatim, MODEL_OPERATIONS),),
            "tool": (Rule("tool_name", ("genkit:name",), c.text, TOOL_OPERATIONS),),
            "who": (Rule("conversation_id", ("genkit:sessionId",), c.text),),
        },
    ),
)

# --- AgentOps --------------------------------------------------------------------------------------------------------

_AGENTOPS = {"session": "invoke_workflow", "operation": "chain"}


def _agentops_kind(value: Any, _: Context) -> str | None:
    return _AGENTOPS.get(str(value)) or words.operation(value)


AGENTOPS = Dialect(
    name="agentops",
    scopes=("agentops",),
    marks=("agentops.span.kind",),
    groups=extend(
        inputs_and_outputs(
            "agentops.span.kind",
            ("agentops.tool.input", "agentops.entity.input"),
            ("agentops.tool.output", "agentops.entity.output"),
            models=False,
        ),
        {
            "operation": (Rule("operation", ("agentops.span.kind",), _agentops_kind),),
            "tool": (Rule("tool_name", ("operation.name",), c.text, TOOL_OPERATIONS),),
        },
    ),
)
