"""What a dialect makes of a step."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.simulate.trace import MS, Document, Step

SpanKind = Literal["internal", "server", "client"]


@dataclass(slots=True)
class Shape:
    """Name, kind, attributes and events of a span."""

    name: str
    kind: SpanKind = "internal"
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, int]] = field(default_factory=list)
    """Name and time in nanoseconds."""


def first_token_ns(step: Step) -> int:
    """When the first token of a streamed answer came."""
    return step.start_ns + int((step.first_token_ms or 0.0) * MS)


def described(document: Document, *, text: str) -> dict[str, Any]:
    """A document as JSON, its text under the key `text`; what is not known is left out."""
    whole = {
        "id": document.id, "score": document.score or None, text: document.text, "title": document.title, "updated_at": document.updated or None,
        "version": document.version or None, "selected": document.selected,
    }  # fmt: skip
    return {key: value for key, value in whole.items() if value is not None}


def parsed(text: str) -> Any:
    """The value in a JSON text, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def response_id(step: Step) -> str:
    """The provider's id of an answer."""
    head = {"openai": "chatcmpl-", "anthropic": "msg_"}.get(step.model.provider if step.model else "", "resp-")
    return head + step.span_id.hex()


def server(step: Step) -> Shape:
    """The application's own entry, in the HTTP conventions: the same beside every GenAI library."""
    status = step.error.status if step.error and step.error.status else 500 if step.error else 200
    attributes = {"http.request.method": "POST", "http.response.status_code": status}
    if step.error is not None:
        attributes["error.type"] = str(status)
    return Shape(step.name, "server", attributes)


OPENAI_FINISH = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"}
ANTHROPIC_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
GEMINI_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}


def finish(step: Step) -> str:
    """Why the model stopped, in its provider's words."""
    provider = step.model.provider if step.model else ""
    return {"anthropic": ANTHROPIC_FINISH, "gcp.gemini": GEMINI_FINISH}.get(provider, OPENAI_FINISH)[step.finish]
