"""OpenLLMetry (Traceloop): flattened messages before 0.60, the convention's JSON from then on, and `traceloop.entity.*` for steps."""

import json
from typing import Any

from assay.simulate.cast import Service
from assay.simulate.emit import otel
from assay.simulate.emit.shape import Shape, described, finish, first_token_ns, response_id, server
from assay.simulate.trace import Message, Step


def shape(step: Step, service: Service, captured: bool) -> Shape:
    """A step as this library reports it."""
    if step.kind == "server":
        return server(step)
    workflow = {"traceloop.workflow.name": service.name}
    if step.kind == "chat":
        return _chat(step, captured, flat=service.scope[1] < "0.60") if step.model else Shape(step.name)
    if step.kind == "guardrail":
        return Shape(f"{step.name}.guardrail", "internal", workflow | otel.guardrail(step, "triggered"))
    attributes: dict[str, Any] = workflow
    if step.error is not None:
        attributes |= {"error.type": step.error.type}
    if step.kind == "embed":
        attributes |= {"llm.request.type": "embedding", "gen_ai.system": "openai", "gen_ai.request.model": "text-embedding-3-small",
                       "gen_ai.response.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": step.input_tokens}  # fmt: skip
        return Shape("openai.embeddings", "client", attributes)
    name, kind, given, gave = _entity(step)
    attributes |= {"traceloop.span.kind": kind, "traceloop.entity.name": name}
    if step.kind == "tool":
        attributes |= {"gen_ai.tool.name": step.tool, "gen_ai.tool.call.id": step.call_id}
    if captured:
        attributes |= {"traceloop.entity.input": given, "traceloop.entity.output": gave}
    return Shape(f"{name}.{kind}", "internal", attributes)


def _entity(step: Step) -> tuple[str, str, str | None, str | None]:
    """Name, kind, input and output of a step."""
    if step.kind == "tool":
        return step.tool, "tool", step.arguments, step.result
    if step.kind in ("retrieve", "rerank"):
        found = (
            None
            if step.error
            else json.dumps([described(one, text="text") for one in step.documents or []], ensure_ascii=False)
        )
        return (
            "retriever" if step.kind == "retrieve" else "rerank_documents",
            "task",
            json.dumps({"query": step.query, "top_k": step.top_k}),
            found,
        )
    kind = "agent" if step.kind == "agent" else "task"
    return (
        step.name.replace(" ", "_"),
        kind,
        None if step.given is None else json.dumps(step.given),
        None if step.gave is None else json.dumps(step.gave),
    )


def _chat(step: Step, captured: bool, *, flat: bool) -> Shape:
    model = step.model
    assert model is not None  # noqa: S101 - asked for by the caller
    attributes: dict[str, Any] = {"llm.request.type": "chat", "gen_ai.system": model.provider, "gen_ai.request.model": model.asked,
                                  "gen_ai.is_streaming": step.first_token_ms is not None,
                                  **{f"gen_ai.request.{key}": value for key, value in step.settings.items()}}  # fmt: skip
    if not flat:
        attributes |= {"gen_ai.operation.name": "chat", "gen_ai.provider.name": model.provider}
    if step.schema is not None:
        attributes["gen_ai.request.structured_output_schema"] = json.dumps(step.schema)
    if step.prompt:
        attributes |= {"traceloop.prompt.key": step.prompt[0], "traceloop.prompt.version": step.prompt[1]}
    if step.retries:
        attributes["llm.retry_count"] = step.retries
    if captured:
        attributes |= (
            _flat("gen_ai.prompt", step.messages)
            if flat
            else {"gen_ai.input.messages": otel.messages_json(step.messages)}
        )
        for number, tool in enumerate(step.offered):
            head = f"llm.request.functions.{number}"
            attributes |= {
                f"{head}.name": tool["name"],
                f"{head}.description": tool["description"],
                f"{head}.parameters": json.dumps(tool["parameters"]),
            }
    if step.error is not None:
        attributes |= {"error.type": step.error.type}
    if step.answer is not None:
        attributes |= {"gen_ai.response.model": model.answered, "gen_ai.response.id": response_id(step),
                       "gen_ai.usage.input_tokens": step.input_tokens, "gen_ai.usage.output_tokens": step.output_tokens,
                       "llm.usage.total_tokens": step.input_tokens + step.output_tokens,
                       "gen_ai.usage.cache_read_input_tokens": step.cache_read_tokens,
                       "gen_ai.usage.cache_creation_input_tokens": step.cache_write_tokens or None}  # fmt: skip
        if flat:
            attributes["gen_ai.completion.0.finish_reason"] = finish(step)
            if captured:
                attributes |= _flat("gen_ai.completion", [step.answer])
        else:
            attributes["gen_ai.response.finish_reasons"] = [finish(step)]
            if captured:
                said = json.loads(otel.messages_json([step.answer]))[0] | {"finish_reason": finish(step)}
                attributes["gen_ai.output.messages"] = json.dumps([said], ensure_ascii=False)
    events = [("llm.content.completion.chunk", first_token_ns(step))] if step.first_token_ms is not None else []
    return Shape(f"{model.provider}.chat", "client", attributes, events)


def _flat(prefix: str, messages: list[Message]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for number, one in enumerate(messages):
        head = f"{prefix}.{number}"
        out[f"{head}.role"] = one.role
        if one.text or not one.calls:
            out[f"{head}.content"] = one.text
        if one.call_id:
            out[f"{head}.tool_call_id"] = one.call_id
        for place, call in enumerate(one.calls):
            inner = f"{head}.tool_calls.{place}"
            out |= {f"{inner}.id": call.id, f"{inner}.name": call.name, f"{inner}.arguments": call.arguments}
    return out
