"""OpenInference: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md"""

import json
from typing import Any

from assay.simulate.cast import Service
from assay.simulate.emit.shape import Shape, finish, first_token_ns, response_id, server
from assay.simulate.trace import Document, Message, Step

KINDS = {
    "chat": "LLM", "tool": "TOOL", "retrieve": "RETRIEVER", "rerank": "RERANKER", "embed": "EMBEDDING", "agent": "AGENT", "guardrail": "GUARDRAIL",
    "step": "CHAIN",
}  # fmt: skip


def shape(step: Step, service: Service, captured: bool) -> Shape:
    """A step as a library of these conventions reports it."""
    if step.kind == "server":
        return server(step)
    attributes: dict[str, Any] = {"openinference.span.kind": KINDS[step.kind]}
    events: list[tuple[str, int]] = []
    name = step.name
    if step.kind == "chat":
        attributes |= _chat(step, captured)
        name = "ChatCompletion" if step.name.startswith("chat ") else step.name
        if step.first_token_ms is not None:
            events.append(("First Token Stream Event", first_token_ns(step)))
    elif step.kind == "tool":
        attributes |= {"tool.name": step.tool, "tool_call.id": step.call_id}
        if captured:
            attributes |= {
                "input.value": step.arguments,
                "input.mime_type": "application/json",
                "output.value": step.result,
            }
    elif step.kind == "embed":
        attributes |= {"embedding.model_name": "text-embedding-3-small", "llm.token_count.prompt": step.input_tokens}
    elif step.kind == "guardrail":
        guard, target, verdict, reason = step.guard or ("", "", "", "")
        attributes |= {
            "input.value": target,
            "output.value": json.dumps({"guardrail": guard, "blocked": verdict == "deny", "reason": reason}),
        }
    elif captured:
        attributes |= _searched(step)
    return Shape(name, "internal", attributes, events)


def _searched(step: Step) -> dict[str, Any]:
    if step.kind == "retrieve":
        if step.error is not None:
            return {"input.value": step.query}
        found = [{"id": one.id, "page_content": one.text} for one in step.documents or []]
        whole = {
            "output.value": json.dumps({"documents": found}, ensure_ascii=False),
            "output.mime_type": "application/json",
        }
        return {"input.value": step.query} | whole | _documents("retrieval.documents", step.documents or [])
    if step.kind == "rerank":
        return {"reranker.query": step.query, "reranker.top_k": step.top_k} | _documents(
            "reranker.output_documents", step.documents or []
        )
    return {"input.value": step.given, "output.value": step.gave}


def _documents(prefix: str, documents: list[Document]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for number, one in enumerate(documents):
        head = f"{prefix}.{number}.document"
        metadata = {"title": one.title, "updated_at": one.updated} | ({"version": one.version} if one.version else {})
        out |= {
            f"{head}.id": one.id,
            f"{head}.content": one.text,
            f"{head}.score": one.score or None,
            f"{head}.metadata": json.dumps(metadata),
        }
    return out


def _chat(step: Step, captured: bool) -> dict[str, Any]:
    model = step.model
    assert model is not None  # noqa: S101 - a chat step always has one
    settings: dict[str, Any] = {"model": model.asked, **step.settings}
    if step.schema is not None:
        settings["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": False, "schema": step.schema},
        }
    out: dict[str, Any] = {"llm.system": model.provider, "llm.provider": model.provider, "llm.model_name": model.asked if step.answer is None else model.answered,
                           "llm.invocation_parameters": json.dumps(settings)}  # fmt: skip
    if step.prompt:
        out |= {"llm.prompt_template.name": step.prompt[0], "llm.prompt_template.version": step.prompt[1]}
    if step.retries:
        out["llm.retry_count"] = step.retries
    if captured:
        whole = {"messages": [_plain(one) for one in step.messages], **settings}
        out |= {"input.value": json.dumps(whole, ensure_ascii=False), "input.mime_type": "application/json"}
        for number, one in enumerate(step.messages):
            out |= _message(f"llm.input_messages.{number}.message", one)
        for number, tool in enumerate(step.offered):
            out[f"llm.tools.{number}.tool.json_schema"] = json.dumps({"type": "function", "function": tool})
    if step.error is not None:
        out |= {"error.type": step.error.type, "http.status_code": step.error.status or None}
    if step.answer is not None:
        out |= {"llm.token_count.prompt": step.input_tokens, "llm.token_count.completion": step.output_tokens,
                "llm.token_count.total": step.input_tokens + step.output_tokens, "llm.finish_reason": finish(step), "llm.response.id": response_id(step),
                "llm.token_count.prompt_details.cache_read": step.cache_read_tokens,
                "llm.token_count.prompt_details.cache_write": step.cache_write_tokens or None}  # fmt: skip
        if captured:
            out |= _message("llm.output_messages.0.message", step.answer)
    return out


def _plain(one: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": one.role, "content": one.text}
    if one.calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in one.calls
        ]
    if one.call_id:
        said["tool_call_id"] = one.call_id
    return said


def _message(head: str, one: Message) -> dict[str, Any]:
    out: dict[str, Any] = {f"{head}.role": one.role}
    if one.text or not one.calls:
        out[f"{head}.content"] = one.text
    if one.call_id:
        out[f"{head}.tool_call_id"] = one.call_id
    for number, call in enumerate(one.calls):
        inner = f"{head}.tool_calls.{number}.tool_call"
        out |= {
            f"{inner}.id": call.id,
            f"{inner}.function.name": call.name,
            f"{inner}.function.arguments": call.arguments,
        }
    return out
