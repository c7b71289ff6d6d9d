"""The AI SDK (Vercel): https://ai-sdk.dev/docs/ai-sdk-core/telemetry"""

import json
from typing import Any

from assay.simulate.cast import Service
from assay.simulate.emit import otel
from assay.simulate.emit.shape import Shape, finish, first_token_ns, parsed, response_id, server
from assay.simulate.trace import Message, Step

FINISH = {"tool_calls": "tool-calls", "content_filter": "content-filter"}


def shape(step: Step, service: Service, captured: bool) -> Shape:
    """A step as this library reports it."""
    if step.kind == "server":
        return server(step)
    common: dict[str, Any] = {"ai.telemetry.functionId": service.name, "resource.name": service.name}
    if step.error is not None:
        common |= {"error.type": step.error.type}
    if step.kind == "chat":
        return _chat(step, common, captured, streams=service.streams)
    if step.kind == "tool":
        attributes: dict[str, Any] = {"operation.name": f"ai.toolCall {service.name}", "ai.operationId": "ai.toolCall", "ai.toolCall.name": step.tool,
                                      "ai.toolCall.id": step.call_id}  # fmt: skip
        if captured:
            attributes |= {"ai.toolCall.args": step.arguments, "ai.toolCall.result": step.result}
        return Shape("ai.toolCall", "internal", common | attributes)
    if step.kind == "agent":
        name = "ai.streamText" if service.streams else "ai.generateText"
        attributes = {"operation.name": f"{name} {service.name}", "ai.operationId": name}
        if captured:
            attributes |= {"ai.prompt": json.dumps({"prompt": step.given}), "ai.response.text": step.gave}
        return Shape(name, "internal", common | attributes)
    if step.kind == "guardrail":
        return Shape(step.name, "internal", common | otel.guardrail(step, service.guard_form))
    return Shape(step.name, "internal", common)


def _chat(step: Step, common: dict[str, Any], captured: bool, *, streams: bool) -> Shape:
    model = step.model
    assert model is not None  # noqa: S101 - a chat step always has one
    name = "ai.streamText.doStream" if streams else "ai.generateText.doGenerate"
    attributes = common | {
        "operation.name": f"{name} {common['resource.name']}", "ai.operationId": name, "ai.model.provider": f"{model.provider}.chat",
        "ai.model.id": model.asked, "gen_ai.system": f"{model.provider}.chat", "gen_ai.request.model": model.asked,
        "ai.settings.maxRetries": 2, **{f"gen_ai.request.{key}": value for key, value in step.settings.items()},
    }  # fmt: skip
    if step.prompt:
        attributes |= {
            "ai.telemetry.metadata.promptName": step.prompt[0],
            "prompt.name": step.prompt[0],
            "prompt.version": step.prompt[1],
        }
    if captured:
        attributes["ai.prompt.messages"] = json.dumps([_message(one) for one in step.messages], ensure_ascii=False)
        if step.offered:
            attributes["ai.prompt.tools"] = [
                json.dumps(
                    {
                        "type": "function",
                        "name": tool["name"],
                        "description": tool["description"],
                        "inputSchema": tool["parameters"],
                    }
                )
                for tool in step.offered
            ]
    events: list[tuple[str, int]] = []
    if step.answer is not None:
        said = FINISH.get(step.finish, finish(step))
        attributes |= {
            "ai.response.finishReason": said, "gen_ai.response.finish_reasons": [said], "ai.response.id": response_id(step),
            "gen_ai.response.id": response_id(step), "ai.response.model": model.answered, "gen_ai.response.model": model.answered,
            "ai.usage.inputTokens": step.input_tokens, "ai.usage.outputTokens": step.output_tokens, "ai.usage.cachedInputTokens": step.cache_read_tokens,
            "gen_ai.usage.input_tokens": step.input_tokens, "gen_ai.usage.output_tokens": step.output_tokens,
        }  # fmt: skip
        if captured:
            attributes["ai.response.text"] = step.answer.text
            if step.answer.calls:
                attributes["ai.response.toolCalls"] = json.dumps([
                    {"type": "tool-call", "toolCallId": call.id, "toolName": call.name, "input": parsed(call.arguments)} for call in step.answer.calls
                ])  # fmt: skip
    if step.first_token_ms is not None:
        attributes["ai.response.msToFirstChunk"] = step.first_token_ms
        events.append(("ai.stream.firstChunk", first_token_ns(step)))
    return Shape(name, "internal", attributes, events)


def _message(one: Message) -> dict[str, Any]:
    if one.role == "system":
        return {"role": "system", "content": one.text}
    if one.role == "tool":
        return {
            "role": "tool",
            "content": [
                {"type": "tool-result", "toolCallId": one.call_id, "output": {"type": "text", "value": one.text}}
            ],
        }
    parts: list[dict[str, Any]] = [{"type": "text", "text": one.text}] if one.text or not one.calls else []
    parts += [
        {"type": "tool-call", "toolCallId": call.id, "toolName": call.name, "input": parsed(call.arguments)}
        for call in one.calls
    ]
    return {"role": one.role, "content": parts}
