"""Words of the senders, in the convention's words: operations, providers, finish reasons, kinds of error."""

import re
from functools import lru_cache
from typing import Any

OPERATIONS = {
    "llm": "chat", "chat_model": "chat", "generation": "chat", "completion": "text_completion", "model": "chat",
    "chat_completion": "chat", "chat.completions": "chat", "responses": "chat", "model_inference": "chat",
    "embedding": "embeddings", "embed": "embeddings", "embedder": "embeddings",
    "retriever": "retrieval", "retrieve": "retrieval", "vector_db_retrieve": "retrieval", "indexer": "other",
    "reranker": "rerank", "reranking": "rerank", "apply_guardrail": "guardrail", "run_guardrail": "guardrail",
    "tool": "execute_tool", "tool_call": "execute_tool", "mcp_tool_call": "execute_tool", "function": "execute_tool",
    "agent": "invoke_agent", "agent_run": "invoke_agent", "agent_step": "agent_step",
    "workflow": "invoke_workflow", "flow": "invoke_workflow", "workflow_run": "invoke_workflow",
    "chain": "chain", "task": "chain", "span": "", "default": "", "unknown": "", "event": "",
    "evaluator": "evaluate", "evaluation": "evaluate", "scorer": "evaluate",
    "execute_task": "chain", "processor": "chain", "util": "chain",
}  # fmt: skip
"""What a sender calls a kind of work, lower case, to the operation; operations of the convention are not listed."""

MODEL_OPERATIONS = frozenset({"chat", "generate_content", "text_completion", "fetch_response"})
TOOL_OPERATIONS = frozenset({"execute_tool"})
RETRIEVAL_OPERATIONS = frozenset({"retrieval", "rerank", "search_memory"})
EMBEDDING_OPERATIONS = frozenset({"embeddings"})
AGENT_OPERATIONS = frozenset({
    "invoke_agent", "invoke_workflow", "create_agent", "agent_step", "plan", "chain", "execute_event_loop_cycle",
    "handle_conversation_turn", "handoff", "",
})  # fmt: skip
TALKING_OPERATIONS = MODEL_OPERATIONS | AGENT_OPERATIONS

_PROVIDERS = {
    "gemini": "gcp.gemini", "google": "gcp.gemini", "google_genai": "gcp.gemini", "google-genai": "gcp.gemini",
    "google_generative_ai": "gcp.gemini", "googleai": "gcp.gemini", "gcp.gen_ai": "gcp.gemini",
    "google.generative-ai": "gcp.gemini", "generativelanguage": "gcp.gemini", "google_ai_studio": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai", "vertexai": "gcp.vertex_ai", "google_vertexai": "gcp.vertex_ai",
    "google.vertex": "gcp.vertex_ai", "vertex": "gcp.vertex_ai",
    "mistralai": "mistral_ai", "mistral": "mistral_ai", "xai": "x_ai", "grok": "x_ai", "moonshot": "moonshot_ai",
    "bedrock": "aws.bedrock", "aws_bedrock": "aws.bedrock", "amazon_bedrock": "aws.bedrock", "amazon-bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock", "aws": "aws.bedrock",
    "azure": "azure.ai.openai", "azure_openai": "azure.ai.openai", "az.ai.openai": "azure.ai.openai",
    "azure-openai": "azure.ai.openai", "azure_ai_inference": "azure.ai.inference", "az.ai.inference": "azure.ai.inference",
    "watsonx": "ibm.watsonx.ai", "ibm": "ibm.watsonx.ai", "chatopenai": "openai", "openaichat": "openai",
    "chatanthropic": "anthropic", "openai_chat": "openai",
}  # fmt: skip

_FINISH = {
    "tool_calls": "tool_call", "tool_use": "tool_call", "function_call": "tool_call", "tool_call": "tool_call",
    "tool_execution": "tool_call", "tooluse": "tool_call", "toolcalls": "tool_call", "toolcall": "tool_call",
    "end_turn": "stop", "stop_sequence": "stop", "completed": "stop", "complete": "stop", "eos": "stop", "stop": "stop",
    "endturn": "stop", "done": "stop", "eos_token": "stop", "success": "stop",
    "max_tokens": "length", "max_output_tokens": "length", "model_length": "length", "length": "length",
    "maxtokens": "length", "incomplete": "length", "model_context_window_exceeded": "length", "token_limit": "length",
    "safety": "content_filter", "recitation": "content_filter", "blocklist": "content_filter",
    "prohibited_content": "content_filter", "spii": "content_filter", "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter", "refusal": "content_filter", "blocked": "content_filter",
    "contentfilter": "content_filter", "content_filter": "content_filter", "image_safety": "content_filter",
    "error": "error", "failed": "error", "malformed_function_call": "error",
}  # fmt: skip


def operation(value: Any) -> str | None:
    """An operation in the convention's words; None where the sender's word says nothing."""
    return _operation(value) if isinstance(value, str) else None


@lru_cache(4096)
def _operation(value: str) -> str | None:
    low = value.strip('" ').lower()
    return OPERATIONS.get(low, low) or None


def provider(value: Any) -> str | None:
    """A provider in the convention's words; None where it is empty."""
    return _provider(value) if isinstance(value, str) and value else None


@lru_cache(4096)
def _provider(value: str) -> str | None:
    low = value.strip('" ').lower()
    known = _PROVIDERS.get(low)
    if known is not None:
        return known
    head, dot, _ = low.partition(".")  # the AI SDK sends the provider with the API: openai.chat, anthropic.messages
    if dot and head not in ("aws", "azure", "gcp", "ibm"):
        return _PROVIDERS.get(head, head)
    return low or None


def finish_reason(value: Any) -> str | None:
    """A finish reason in the convention's words; Python and Java enum names are unwrapped."""
    if isinstance(value, dict):
        value = value.get("value") or value.get("unified") or value.get("raw")
    return _finish_reason(value) if isinstance(value, str) and len(value) < 100 else None


@lru_cache(4096)
def _finish_reason(value: str) -> str | None:
    low = value.strip('" ').lower().rpartition(".")[2].replace("-", "_").replace(" ", "_")
    if not low or low in ("none", "null", "finish_reason_unspecified"):
        return None
    return _FINISH.get(low, low)


_ERRORS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("context_length", r"context.?length|context.?window|maximum context|too many tokens(?!.{0,30}(?:wait|again|per (?:min|day)))|prompt is too long|string too long"),
        ("content_filter", r"content.?filter|content.?policy|content management policy|responsible.?ai|safety|guardrail"),
        ("rate_limited", r"rate.?limit|ratelimit|too.?many.?requests|\b429\b|throttl|resource.?exhausted|quota"),
        ("timeout", r"time.?d?.?out|timeout|deadline (?:\w+ ){0,4}exceeded|deadline.?exceeded|\b408\b|\b504\b"),
        ("authentication", r"authenti|unauthori[sz]ed|invalid.?api.?key|incorrect api key|permission.?denied|forbidden|\b401\b|\b403\b"),
        ("cancelled", r"cancel|aborterror|\baborted\b|keyboardinterrupt|generatorexit"),
        ("connection", r"connect|remoteprotocol|incomplete (chunked )?read|peer closed|broken.?pipe|econn|network|stream.?(error|broken)|premature"),
        ("bad_request", r"bad.?request|invalid.?request|unprocessable|\b400\b|\b422\b|validation"),
        ("not_found", r"not.?found|\b404\b"),
        ("provider_error", r"internal.?server|server.?error|service.?unavailable|overloaded|api.?status|bad gateway|apicall|retryerror|api.?error|\b50[0-9]\b|\b529\b|provider.?error|\bunavailable\b|^internal$|upstream|model.?error"),
    )
)  # fmt: skip

_BY_STATUS = {
    400: "bad_request", 401: "authentication", 403: "authentication", 404: "not_found", 408: "timeout", 413: "bad_request",
    422: "bad_request", 429: "rate_limited", 499: "cancelled", 504: "timeout",
}  # fmt: skip


_THROTTLED = re.compile(r"throttl|rate.?limit|too.?many.?requests", re.IGNORECASE)
_RAISED = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Timeout)):", re.MULTILINE)


def cause(stack: str) -> str | None:
    """The kind of the first error in a Python stack trace whose class tells one."""
    for raised in _RAISED.findall(stack):
        short = raised.rpartition(".")[2]
        for kind, pattern in _ERRORS[2:-1]:
            if pattern.search(short):
                return kind
    return None


def error_type(error_class: str, message: str, http_status: int, operation_name: str) -> str:
    """The kind of an error from its class, its message and the HTTP status; the class itself where nothing is known."""
    short = error_class.rpartition(".")[2].strip("'<> ")
    if http_status == 429 or _THROTTLED.search(short):  # whatever of: "Too many tokens, please wait"
        return "rate_limited"
    for kind, pattern in _ERRORS[:2]:  # the precise reasons hide behind a plain 400
        if pattern.search(error_class) or pattern.search(message):
            return kind
    if error_class:
        for kind, pattern in _ERRORS[2:-1]:
            if pattern.search(short):
                return kind
    if http_status in _BY_STATUS:
        return _BY_STATUS[http_status]
    if http_status >= 500:
        return "provider_error"
    for kind, pattern in _ERRORS[2:]:
        if pattern.search(message[:2000]) or (kind == "provider_error" and pattern.search(short)):
            return kind
    if operation_name == "execute_tool":
        return "tool_error"
    return short if short not in ("", "_OTHER", "Exception", "unknown") else "error"
