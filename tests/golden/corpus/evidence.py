"""What one scenario's bytes hold: every leaf of every attribute, with the place that it was found in.

Reads OTLP with the generated protobuf classes only, never with the code under test, so that what is recoverable does
not depend on what we manage to recover. Strings that hold JSON or a Python literal are opened, at every depth.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MAX_DEPTH = 12

SPAN_KINDS = {
    "llm": {
        "chat", "chat_model", "llm", "completion", "text_completion", "generate_content", "generation",
        "model_generation", "model", "ai.generatetext.dogenerate", "ai.streamtext.dostream",
        "ai.generateobject.dogenerate", "ai.streamobject.dostream", "inference", "model_inference",
    },
    "embeddings": {"embedding", "embeddings", "ai.embed.doembed", "ai.embedmany.doembed"},
    "retrieval": {"retrieval", "retriever", "vector_db_retrieve"},
    "rerank": {"rerank", "reranker"},
    "tool": {"tool", "execute_tool", "ai.toolcall"},
    "agent": {"agent", "invoke_agent", "ai.generatetext", "ai.streamtext"},
}  # fmt: skip
"""Words under which senders announce what a span is, lower case."""

KIND_KEYS = (
    "openinference.span.kind", "langsmith.span.kind", "langfuse.observation.type", "mlflow.spanType", "lmnr.span.type",
    "ai.operationId", "genkit:metadata:subtype", "mastra.span.type", "gen_ai.operation.name", "llm.request.type",
    "traceloop.span.kind",
)  # fmt: skip
"""The library's own word first: LangSmith calls its retrievers `embeddings` in `gen_ai.operation.name`."""


@dataclass(slots=True, frozen=True)
class Leaf:
    """One scalar. `place` is the path from the attribute key down, `owner` the kind of the span that carries it."""

    place: str
    value: Any
    owner: str
    span: str
    """Span id, or empty for a resource or a log record without one."""


@dataclass(slots=True)
class Evidence:
    """All leaves of a scenario, and what its spans say that they are."""

    leaves: list[Leaf] = field(default_factory=list)
    subtrees: list[Leaf] = field(default_factory=list)
    """Objects, by their canonical JSON."""
    span_kinds: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What each failed span, exception event or error attribute says."""
    tool_errors: int = 0

    def texts(self, *, place: str = "", owner: str = "", without: str = "") -> Iterator[Leaf]:
        """String leaves whose place matches the regular expression `place` and not `without`."""
        want, bar = re.compile(place, re.IGNORECASE), re.compile(without, re.IGNORECASE) if without else None
        for leaf in self.leaves:
            if (
                isinstance(leaf.value, str)
                and (not owner or leaf.owner == owner)
                and want.search(leaf.place)
                and not (bar and bar.search(leaf.place))
            ):
                yield leaf

    def numbers(self, *, place: str = "") -> Iterator[Leaf]:
        """Number leaves whose place matches; numbers sent as text count."""
        want = re.compile(place, re.IGNORECASE)
        for leaf in self.leaves:
            if want.search(leaf.place) and as_number(leaf.value) is not None:
                yield leaf

    def has(self, text: str, *, place: str = "", owner: str = "", without: str = "") -> bool:
        """Some leaf in that place is exactly `text`, but for white space around it."""
        text = text.strip()
        return any(leaf.value.strip() == text for leaf in self.texts(place=place, owner=owner, without=without))

    def has_word(self, word: str, *, place: str = "", without: str = "") -> bool:
        """Some leaf in that place holds `word`, not as a part of a longer word, model name or id."""
        pattern = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)", re.IGNORECASE)
        return any(pattern.search(leaf.value) for leaf in self.texts(place=place, without=without))


def as_number(value: Any) -> float | None:
    """A number, also when it was sent as text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(\.\d+)?([eE]-?\d+)?\s*", value):
        return float(value)
    return None


def any_value(value: Any) -> Any:
    """An AnyValue as a plain Python value."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [any_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: any_value(pair.value) for pair in value.kvlist_value.values}
    return getattr(value, kind)


def attributes(pairs: Any) -> dict[str, Any]:
    """Key-value pairs as a dict, the last of equal keys wins."""
    return {pair.key: any_value(pair.value) for pair in pairs}


def opened(text: str) -> Any:
    """The value inside a JSON or Python-literal string, or None where it is just text."""
    head = text.lstrip()[:1]
    if not head or head not in "[{\"'(":
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def canonical(value: Any) -> str:
    """One text for equal JSON values: keys sorted, whole doubles as integers."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def read_evidence(traces: ExportTraceServiceRequest, logs: ExportLogsServiceRequest) -> Evidence:
    """Everything in the two requests."""
    found = Evidence()
    owners: dict[bytes, str] = {}
    for resource_spans in traces.resource_spans:
        _walk(found, "resource", attributes(resource_spans.resource.attributes), "resource", "", 0)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                owners[span.span_id] = _read_span(found, span, scope_spans.scope.name)
    for resource_logs in logs.resource_logs:
        _walk(found, "resource", attributes(resource_logs.resource.attributes), "resource", "", 0)
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                attrs = attributes(record.attributes)
                name = record.event_name or attrs.get("event.name") or attrs.get("event_name") or "log"
                owner, span = owners.get(record.span_id, ""), record.span_id.hex()
                _walk(found, f"{name}:body", any_value(record.body), owner, span, 0)
                for key, value in attrs.items():
                    _walk(found, f"{name}:{key}", value, owner, span, 0)
                if any(key.startswith(("error.", "exception.")) for key in attrs):
                    found.errors.append(json.dumps(attrs, default=str))
    return found


def _read_span(found: Evidence, span: Any, scope: str) -> str:
    attrs = attributes(span.attributes)
    owner, span_id = kind_of(attrs, span.name), span.span_id.hex()
    found.span_kinds.append(owner)
    found.leaves.append(Leaf("span.name", span.name, owner, span_id))
    found.leaves.append(Leaf("scope.name", scope, owner, span_id))
    for key, value in attrs.items():
        _walk(found, key, value, owner, span_id, 0)
    words = [span.status.message] if span.status.code == 2 else []
    words += [f"{k}={v}" for k, v in attrs.items() if k.startswith(("error.", "exception.", "http.response.status"))]
    if attrs.get("langfuse.observation.level") == "ERROR":
        words.append(str(attrs.get("langfuse.observation.status_message", "")))
    failed = span.status.code == 2 or "error.type" in attrs or attrs.get("langfuse.observation.level") == "ERROR"
    for event in span.events:
        event_attrs = attributes(event.attributes)
        for key, value in event_attrs.items():
            _walk(found, f"{event.name}:{key}", value, owner, span_id, 0)
        if event.name == "exception":
            failed = True
            words += [f"{k}={v}" for k, v in event_attrs.items()]
    if failed:
        found.errors.append(" ".join(words))
        found.tool_errors += owner == "tool"
    return owner


def kind_of(attrs: dict[str, Any], name: str) -> str:
    """llm, embeddings, retrieval, rerank, tool, agent or other, by what the sender itself says."""
    for key in KIND_KEYS:
        word = str(attrs.get(key, "")).strip('"').lower()
        for kind, words in SPAN_KINDS.items():
            if word in words:
                return kind
    if "haystack.tool.name" in attrs or "gen_ai.tool.call.id" in attrs or "ai.toolCall.name" in attrs:
        return "tool"
    component = str(attrs.get("haystack.component.type", ""))
    if component.endswith("Retriever"):
        return "retrieval"
    if component.endswith("Generator") or name == "haystack.agent.step.llm":
        return "llm"
    return "other"


def _walk(found: Evidence, place: str, value: Any, owner: str, span: str, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        found.subtrees.append(Leaf(place, canonical(value), owner, span))
        for key, item in value.items():
            _walk(found, f"{place}.{key}", item, owner, span, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _walk(found, f"{place}[]", item, owner, span, depth + 1)
    else:
        found.leaves.append(Leaf(place, value, owner, span))
        if isinstance(value, str) and (inner := opened(value)) is not None and inner != value:
            _walk(found, place, inner, owner, span, depth + 1)
