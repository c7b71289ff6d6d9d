"""What follows from columns that are filled already: stage, question and answer, tool calls, accounting, kind of error."""

import re
from typing import Any

from assay.spans.dialects import words
from assay.spans.dialects.documents import Document, passages, query_text
from assay.spans.dialects.messages import Message
from assay.spans.raw import RawSpan

STAGES_OF_OPERATIONS = {
    "chat": "generation", "generate_content": "generation", "text_completion": "generation", "fetch_response": "generation",
    "embeddings": "embedding", "retrieval": "retrieval", "search_memory": "retrieval", "rerank": "rerank",
    "execute_tool": "tool", "invoke_agent": "agent", "create_agent": "agent", "invoke_workflow": "agent", "plan": "agent",
    "agent_step": "agent", "execute_event_loop_cycle": "agent", "handle_conversation_turn": "agent", "handoff": "agent",
    "guardrail": "guardrail", "prompt": "context", "parser": "postprocess", "evaluate": "other",
}  # fmt: skip

_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (stage, re.compile(pattern, re.IGNORECASE))
    for stage, pattern in (
        ("rerank", r"re.?rank"),
        ("guardrail", r"guard.?rail|moderation|safety.?check|\bpii\b|jailbreak|policy.?check"),
        ("embedding", r"\bembed"),
        ("retrieval", r"retriev|vector.?(search|store|db)|similarity.?search|knowledge.?base|semantic.?search|hybrid.?search"),
        ("query", r"query.?(rewrit|transform|expan|understand|pars|plan)|rewrite.?query|intent|classif|\brout(e|er|ing)\b|condense"),
        ("context", r"context.?(build|assembl|construct|pack)|(build|assemble|construct|pack).{0,8}(context|prompt)|prompt.?(build|template|render)|render.?prompt|promptbuilder"),
        ("postprocess", r"post.?process|output.?pars|parse.?(output|answer|response)|outputparser|format.?(answer|response|output)|citation"),
        ("egress", r"egress|send.?(response|reply|answer|message)|respond.?to.?user|deliver"),
        ("ingress", r"ingress"),
    )
)  # fmt: skip

_VECTOR_STORES = frozenset(
    {"pinecone", "qdrant", "weaviate", "milvus", "chroma", "chromadb", "lancedb", "marqo", "vespa"}
)
STAGES = frozenset({
    "ingress", "query", "retrieval", "rerank", "context", "generation", "tool", "guardrail", "postprocess", "egress", "agent",
    "embedding", "other",
})  # fmt: skip

STAGE_KEYS = frozenset({"app.stage", "assay.stage", "pipeline.stage"})
"""Where an application names the stage itself."""

_by_name: dict[str, str] = {}


def stage(span: RawSpan, operation: str, attributes: dict[str, Any], model_known: bool) -> str:
    """The pipeline stage of a span: what the application says, else its operation, else its place and name."""
    said = attributes.get("app.stage") or attributes.get("assay.stage") or attributes.get("pipeline.stage")
    if isinstance(said, str) and said in STAGES:
        return said
    known = STAGES_OF_OPERATIONS.get(operation)
    if known is not None:
        return known
    if not operation and span.kind == "server" and not span.parent_span_id:
        return "ingress"
    system = attributes.get("db.system.name") or attributes.get("db.system")
    if system in _VECTOR_STORES:
        return "retrieval"
    named = _by_name.get(span.name)
    if named is None:
        named = next((name for name, hint in _HINTS if hint.search(span.name[:200])), "other")
        if len(_by_name) > 10_000:
            _by_name.clear()
        _by_name[span.name] = named
    if named == "other" and model_known and not operation:
        return "generation"
    if named == "other" and not operation and span.kind == "server":
        return "ingress" if not span.parent_span_id else "other"
    return named


_TOOL_ANSWER = b'"tool_call_response"'
"""Anthropic and what follows it hand back a tool's answer as a user's message; no user asks that."""


def content(out: dict[str, Any]) -> None:
    """Take messages apart: question, answer, system prompt, tool calls, finish reasons."""
    inputs: list[Message] = out.pop("input_messages", ())
    outputs: list[Message] = out.pop("output_messages", ())
    if inputs:
        out["input_messages"] = [message.text for message in inputs]
        system = [message.content for message in inputs if message.role == "system" and message.content]
        if system and "system_prompt" not in out:
            out["system_prompt"] = "\n".join(system)
        for message in reversed(inputs):
            if message.role == "user" and (message.content or _TOOL_ANSWER not in message.text):
                out["question"] = message.text
                break
    if outputs:
        out["output_messages"] = [message.text for message in outputs]
        out["answer"] = outputs[-1].text
        calls = [call for message in outputs for call in message.calls]
        if calls:
            out["tool_call_names"] = [call.name for call in calls]
            out["tool_call_ids"] = [call.id for call in calls]
            out["tool_call_arguments"] = [call.arguments for call in calls]
        if "finish_reasons" not in out:
            reasons = [
                reason for message in outputs if message.finish and (reason := words.finish_reason(message.finish))
            ]
            if reasons:
                out["finish_reasons"] = reasons
    if inputs or outputs or "tool_arguments" in out or "tool_result" in out or "system_prompt" in out:
        out["content_captured"] = 1
    documents: list[Document] | None = out.pop("documents", None)
    if documents is None and "tool_result" in out and (documents := passages(out["tool_result"])):
        out.setdefault("retrieval_query", query_text(out.get("tool_arguments")))
    if documents:
        out.setdefault("operation", "retrieval")
        out["document_ids"] = [document.id for document in documents]
        out["document_ranks"] = [document.rank for document in documents]
        out["document_scores"] = [document.score for document in documents]
        out["document_texts"] = [document.text or "" for document in documents]
        out["document_indexes"] = [document.collection for document in documents]
        out["document_versions"] = [document.version for document in documents]
        out["document_updated_at"] = [document.updated_at for document in documents]
        out["document_selected"] = [document.selected for document in documents]
        out["content_captured"] = 1


def accounting(out: dict[str, Any], exclusive: bool) -> None:
    """Make input tokens include cached ones. Anthropic's own count does not; a cache larger than the input proves it."""
    if "input_tokens" not in out and "output_tokens" not in out:
        for name in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "usage_accounting"):
            out.pop(name, None)
        return
    cached = out.get("cache_read_tokens", 0) + out.get("cache_write_tokens", 0)
    total = out.get("input_tokens", 0)
    said = out.get("usage_accounting")
    if cached and (
        said == "exclusive" or cached > total or (exclusive and out.get("provider") in _EXCLUSIVE_PROVIDERS)
    ):
        out["input_tokens"] = total + cached
        out["usage_accounting"] = "exclusive"
    else:
        out["usage_accounting"] = "inclusive"


_EXCLUSIVE_PROVIDERS = frozenset({"anthropic", "aws.bedrock"})


_CLASS = re.compile(r"^\s*(?:<class ')?([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Cancelled|Interrupt|Failure))\b")
_STATUS = re.compile(r"(?:status(?: code)?|error(?: code)?|HTTP)[\s:=]*([45]\d\d)\b", re.IGNORECASE)
_LEADING_STATUS = re.compile(r"^\s*(?:\w*Error:\s*)?([45]\d\d)\b")
_STACK_CHARACTERS = 20_000


def error(span: RawSpan, attributes: dict[str, Any], out: dict[str, Any]) -> None:
    """Error class as sent, kind of error, HTTP status. An error without a status of its own is found by its attributes."""
    message = out.pop("error_message", "") or span.status_message
    sent = out.get("error_class") or _text(attributes.get("error.type"))
    exception_type = exception_message = stack = ""
    for event in span.events:
        if event.name == "exception":
            exception_type = _text(event.attributes.get("exception.type"))
            exception_message = _text(event.attributes.get("exception.message"))
            stack = _text(event.attributes.get("exception.stacktrace"))
    status = attributes.get("http.response.status_code", attributes.get("http.status_code"))
    if "http_status" in out:
        status = out["http_status"]
    code = status if isinstance(status, int) and 100 <= status < 600 else 0
    failed = span.status == "error" or bool(sent)
    if exception_type and ("langsmith.span.kind" in attributes or out.get("dialect") == "quarkus-langchain4j"):
        failed = True  # LangSmith leaves the status of some failed runs OK, Quarkus that of all unset
    level = attributes.get("langfuse.observation.level")
    if level == "ERROR":
        failed = True
        message = message or _text(attributes.get("langfuse.observation.status_message"))
    if not failed:
        if code:
            out["http_status"] = code
        return
    if not sent or sent in ("_OTHER", "unknown", "Exception", "error"):
        sent = exception_type if exception_type not in ("", "Exception") else sent
        if sent in ("", "_OTHER", "unknown", "Exception", "error"):
            found = _CLASS.match(exception_message or message)
            sent = found.group(1) if found else sent or exception_type
    sent = sent.removeprefix("<class '").removesuffix("'>")
    text = f"{message} {exception_message}"
    if not code:
        if sent.isdecimal() and len(sent) == 3:
            code = int(sent)
        else:
            found = (
                _STATUS.search(text[:4000])
                or _LEADING_STATUS.search(message)
                or _LEADING_STATUS.search(exception_message)
            )
            code = int(found.group(1)) if found else 0
    if code:
        out["http_status"] = code
    out["error_class"] = sent
    kind = words.error_type(sent, text[:4000], code, out.get("operation", ""))
    if kind == "provider_error" and not code:
        kind = words.cause(stack[:_STACK_CHARACTERS]) or kind  # a framework's own error hides the provider's
    out["error_type"] = kind


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


_NAMED = re.compile(r"^(chat|embeddings|generate_content|text_completion) (\S+)$")

_VENDORS = (
    ("gpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("text-embedding-", "openai"),
    ("chatgpt", "openai"), ("claude", "anthropic"), ("gemini", "gcp.gemini"), ("mistral", "mistral_ai"),
    ("command-", "cohere"), ("grok", "x_ai"), ("deepseek", "deepseek"),
)  # fmt: skip


def model_vendor(model: Any) -> str | None:
    """Who makes a model, by its name, where a sender says nothing else."""
    if not isinstance(model, str):
        return None
    head, slash, rest = model.partition("/")
    low = (rest if slash else model).lower()
    vendor = next((vendor for start, vendor in _VENDORS if low.startswith(start)), None)
    return vendor or (words.provider(head) if slash else None)


def call(span: RawSpan, out: dict[str, Any]) -> None:
    """What a model call leaves unsaid: operation and model in the span's name, the model that was asked for where only
    the one that answered is named, and the provider by the model's maker."""
    operation = out.get("operation", "")
    if not operation and (out.get("dialect"), span.name) in _BARE:
        operation = out["operation"] = _BARE[out["dialect"], span.name]
    if not operation or (operation in _CALLING and "request_model" not in out):
        named = _NAMED.match(span.name)
        if named is not None:
            out.setdefault("operation", named.group(1))
            out.setdefault("request_model", named.group(2))
            operation = out["operation"]
    if operation not in _CALLING:
        return
    answered = out.get("response_model")
    if answered and "request_model" not in out:
        out["request_model"] = answered
    elif operation == "embeddings" and not answered and "request_model" in out and span.status != "error":
        out["response_model"] = out["request_model"]  # embedding models have no dated snapshots behind an alias
    if "provider" not in out:
        vendor = model_vendor(out.get("request_model"))
        if vendor:
            out["provider"] = vendor


_BARE = {("google-adk", "call_llm"): "generate_content"}
"""Spans that have no attributes where the call failed."""

_CALLING = words.MODEL_OPERATIONS | words.EMBEDDING_OPERATIONS | {"rerank"}
