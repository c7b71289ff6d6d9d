"""The GenAI conventions of OpenTelemetry: https://github.com/open-telemetry/semantic-conventions-genai"""

import json
from typing import Any

from assay.simulate.cast import Service
from assay.simulate.emit.shape import Shape, described, finish, parsed, response_id, server
from assay.simulate.trace import Message, Step


def shape(step: Step, service: Service, captured: bool) -> Shape:
    """A step as a library of these conventions reports it."""
    if step.kind == "server":
        return server(step)
    if step.kind == "chat":
        return _chat(step, captured)
    if step.kind == "tool":
        return _tool(step, captured)
    if step.kind in ("retrieve", "rerank"):
        return _search(step, captured)
    attributes: dict[str, Any] = _failed(step)
    if step.kind == "embed":
        attributes |= {"gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai", "gen_ai.request.model": "text-embedding-3-small",
                       "gen_ai.response.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": step.input_tokens}  # fmt: skip
        return Shape(step.name, "client", attributes)
    if step.kind == "agent":
        attributes |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": step.name}
        return Shape(f"invoke_agent {step.name}", "internal", attributes)
    if step.kind == "guardrail":
        attributes |= guardrail(step, service.guard_form)
        return Shape(f"apply_guardrail {step.name}", "internal", attributes)
    return Shape(step.name, "internal", attributes)


def guardrail(step: Step, form: str) -> dict[str, Any]:
    """A guardrail's verdict. Three proposals are in use:

    https://github.com/open-telemetry/semantic-conventions/pull/3233
    https://github.com/open-telemetry/semantic-conventions-genai/pull/427
    https://github.com/traceloop/openllmetry/issues/3460
    """
    name, target, verdict, reason = step.guard or ("", "", "", "")
    if form == "decision":
        said = {"gen_ai.operation.name": "apply_guardrail", "gen_ai.guardian.name": name, "gen_ai.security.target.type": f"llm_{target}",
                "gen_ai.security.decision.type": verdict, "gen_ai.security.decision.reason": reason or None}  # fmt: skip
    elif form == "verdict":
        said = {"gen_ai.operation.name": "run_guardrail", "gen_ai.security.guardrail.name": name, "gen_ai.security.target.type": target,
                "gen_ai.security.verdict.type": verdict, "gen_ai.security.verdict.reason": reason or None,
                "gen_ai.security.action.type": {"deny": "block", "modify": "redact"}.get(verdict, "none")}  # fmt: skip
    else:
        return {"gen_ai.guardrail.name": name, "gen_ai.guardrail.type": f"{target}_validation", "gen_ai.guardrail.triggered": verdict == "deny",
                "gen_ai.guardrail.action": "block" if verdict == "deny" else None, "gen_ai.guardrail.violation_type": reason or None}  # fmt: skip
    return said


def messages_json(messages: list[Message]) -> str:
    """Messages in the convention's parts."""
    return json.dumps([_message(one) for one in messages], ensure_ascii=False)


def _message(one: Message) -> dict[str, Any]:
    if one.role == "tool":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "id": one.call_id, "response": one.text}]}
    parts: list[dict[str, Any]] = [{"type": "text", "content": one.text}] if one.text or not one.calls else []
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": parsed(call.arguments)}
        for call in one.calls
    ]
    return {"role": one.role, "parts": parts}


def _chat(step: Step, captured: bool) -> Shape:
    model = step.model
    assert model is not None  # noqa: S101 - a chat step always has one
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": model.provider, "gen_ai.request.model": model.asked,
        **{f"gen_ai.request.{key}": value for key, value in step.settings.items()},
    }  # fmt: skip
    if step.prompt:
        attributes |= {"gen_ai.prompt.name": step.prompt[0], "gen_ai.prompt.version": step.prompt[1]}
    if step.schema is not None:
        attributes |= {"gen_ai.output.type": "json", "gen_ai.request.structured_output_schema": json.dumps(step.schema)}
    if step.retries:
        attributes["http.request.resend_count"] = step.retries
    if captured:
        attributes["gen_ai.input.messages"] = messages_json(step.messages)
        if step.offered:
            attributes["gen_ai.tool.definitions"] = json.dumps([{"type": "function", **tool} for tool in step.offered])
    attributes |= _failed(step)
    if step.answer is not None:
        attributes |= {
            "gen_ai.response.model": model.answered, "gen_ai.response.id": response_id(step), "gen_ai.response.finish_reasons": [finish(step)],
            "gen_ai.usage.input_tokens": step.input_tokens, "gen_ai.usage.output_tokens": step.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": step.cache_read_tokens,
            "gen_ai.usage.cache_creation.input_tokens": step.cache_write_tokens or None,
        }  # fmt: skip
        if captured:
            attributes["gen_ai.output.messages"] = json.dumps(
                [_message(step.answer) | {"finish_reason": finish(step)}], ensure_ascii=False
            )
    if step.first_token_ms is not None:
        attributes |= {"gen_ai.request.stream": True, "gen_ai.response.time_to_first_chunk": step.first_token_ms / 1000}
    return Shape(step.name, "client", attributes)


def _tool(step: Step, captured: bool) -> Shape:
    attributes: dict[str, Any] = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": step.tool, "gen_ai.tool.type": "function",
                                  "gen_ai.tool.call.id": step.call_id, **_failed(step)}  # fmt: skip
    if captured:
        attributes |= {"gen_ai.tool.call.arguments": step.arguments, "gen_ai.tool.call.result": step.result}
    return Shape(f"execute_tool {step.tool}", "internal", attributes)


def _search(step: Step, captured: bool) -> Shape:
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "retrieval" if step.kind == "retrieve" else "rerank", "gen_ai.data_source.id": step.source or None,
        "gen_ai.request.top_k": step.top_k, **_failed(step),
    }  # fmt: skip
    if captured:
        attributes["gen_ai.retrieval.query.text"] = step.query
    if step.error is None:
        found = [described(one, text="content") for one in step.documents or []]
        if not captured:
            found = [{"id": one["id"]} | ({"score": one["score"]} if "score" in one else {}) for one in found]
        attributes["gen_ai.retrieval.documents"] = json.dumps(found, ensure_ascii=False)
    return Shape(step.name, "client", attributes)


def _failed(step: Step) -> dict[str, Any]:
    if step.error is None:
        return {}
    return {"error.type": step.error.type, "http.response.status_code": step.error.status or None}
