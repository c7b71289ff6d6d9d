"""Deterministic GenAI traffic with a ledger: trace number `n` of a seed is the same bytes on every machine.

    trace_of(n) ─► Trace(spans, logs, expected) ─► Ledger.add ─► what every view has to say

Each trace is a request of a tool-using assistant: ingress, agent (repeats its children's usage), retrieval, one to three
model calls, a tool. In it are the things that are counted wrongly most easily: a native SDK span inside an instrumentation's
span for one call (twin), a second instrumentation's span of the same call in another trace (twin), parents that repeat,
prompts and answers that arrive in log records only, a model without a known price, failed calls, old spans.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

HOUR_NS = 3_600_000_000_000
MS = 1_000_000

PRICES = (
    {"model": "ledger-large", "input_usd_per_mtok": 2.0, "output_usd_per_mtok": 8.0, "cache_read_usd_per_mtok": 0.5},
    {"model": "ledger-small", "input_usd_per_mtok": 0.4, "output_usd_per_mtok": 1.6, "cache_read_usd_per_mtok": 0.1},
)
"""Price overrides to put into Assay's configuration. The third model of the traffic has no price on purpose."""

UNPRICED = "ledger-house-model"

AGENT = "opentelemetry.instrumentation.genai.langchain"
OPENAI = "opentelemetry.instrumentation.genai.openai"
ANTHROPIC = "opentelemetry.instrumentation.genai.anthropic"
NATIVE = "com.anthropic.sdk.python"
OPENINFERENCE = "openinference.instrumentation.openai"


@dataclass(slots=True)
class Expected:
    """What is true of one span, whatever way it took. Tokens and cost are those that count: 0 for twins and repeats."""

    trace_id: str
    span_id: str
    service: str
    stage: str
    model: str
    tenant: str
    start_ns: int
    role: str
    error: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    answer: str = ""
    from_log: bool = False
    documents: int = 0


@dataclass(slots=True)
class Trace:
    """One trace, ready to send: each element of `spans` and `logs` is one span or record with its resource and scope."""

    spans: list[ResourceSpans] = field(default_factory=list)
    logs: list[ResourceLogs] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    evaluations: int = 0


class Ledger:
    """Everything that was sent."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], Expected] = {}
        self.logs = 0
        self.evaluations = 0

    def add(self, trace: Trace) -> None:
        for span in trace.expected:
            assert (span.trace_id, span.span_id) not in self.spans
            self.spans[span.trace_id, span.span_id] = span
        self.logs += len(trace.logs)
        self.evaluations += trace.evaluations

    def totals(self, *by: str) -> dict[tuple[str, ...], tuple[Any, ...]]:
        """(spans, twins, errors, input, output, cache read, cost) by attributes of `Expected`; `hour` is its start's."""
        sums: dict[tuple[str, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0, Decimal(0)])
        for span in self.spans.values():
            key = tuple(str(span.start_ns // HOUR_NS) if name == "hour" else str(getattr(span, name)) for name in by)
            row = sums[key]
            for i, value in enumerate(
                (1, span.role == "twin", span.error, span.input_tokens, span.output_tokens, span.cache_read_tokens)
            ):
                row[i] += int(value)
            row[6] += span.cost_usd
        return {key: tuple(row) for key, row in sums.items()}


def pick(*path: object, below: int) -> int:
    """A number in [0, below) that depends on the path only."""
    digest = hashlib.blake2b(repr(path).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def trace_of(number: int, *, seed: int, now_ns: int) -> Trace:
    """Trace `number`. Most start at `now_ns`, some up to 30 hours before, so that closed hours are rebuilt too."""
    return _Builder(number, seed, now_ns).build()


class _Builder:
    """Builds one trace; span ids are handed out in order, so the shape alone decides them."""

    def __init__(self, number: int, seed: int, now_ns: int) -> None:
        self.seed, self.number = seed, number
        self.trace = Trace()
        self.trace_id = self._hash("trace")[:32]
        old = self._pick("old", 10) < 3
        self.start = now_ns - ((1 + self._pick("hours", 30)) * HOUR_NS if old else 0)
        self.service = f"assistant-{self._pick('service', 3)}"
        self.tenant = f"tenant-{self._pick('tenant', 5)}"
        self.ids = 0

    def build(self) -> Trace:
        root, agent = self._new_id(), self._new_id()
        self._span(
            root,
            "",
            "POST /ask",
            "app.http",
            "ingress",
            (0, 4_000),
            {"http.request.method": "POST", "http.route": "/ask", "app.outcome": "success"},
            kind=Span.SPAN_KIND_SERVER,
        )
        self._retrieval(agent)
        used = [self._call(agent, call) for call in range(1 + self._pick("calls", 3))]
        self._tool(agent)
        repeats = any(tokens for pair in used for tokens in pair)
        totals = {
            "gen_ai.usage.input_tokens": sum(i for i, _ in used),
            "gen_ai.usage.output_tokens": sum(o for _, o in used),
        }
        self._span(
            agent,
            root,
            "invoke_agent assistant",
            AGENT,
            "agent",
            (10, 3_900),
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "assistant"} | (totals if repeats else {}),
            role="repeats_children" if repeats else "own",
        )
        return self.trace

    def _retrieval(self, parent: str) -> None:
        count = 1 + self._pick("documents", 4)
        documents = [{"id": f"doc-{self._pick('doc', i, 500)}", "score": (90 - i) / 100} for i in range(count)]
        attributes = {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": "handbook",
            "gen_ai.retrieval.documents": json.dumps(documents),
        }
        self._span(
            self._new_id(), parent, "retrieval handbook", AGENT, "retrieval", (100, 80), attributes, documents=count
        )

    def _tool(self, parent: str) -> None:
        name = f"lookup_{self._pick('tool', 4)}"
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": f"call-{self.number}",
            "gen_ai.tool.call.arguments": '{"order": 7}',
            "gen_ai.tool.call.result": '{"state": "sent"}',
        }
        self._span(self._new_id(), parent, f"execute_tool {name}", AGENT, "tool", (3_600, 50), attributes)

    def _call(self, parent: str, call: int) -> tuple[int, int]:
        """One model call: its own span, perhaps a twin, perhaps its content in a log record. Returns (input, output) tokens."""
        shape = ("plain", "plain", "native twin", "far twin", "log", "log", "failed", "unpriced")[
            self._pick("shape", call, 8)
        ]
        at = 300 + call * 1_000
        span_id, response_id = self._new_id(), f"resp-{self._hash('response', call)[:20]}"
        scope, provider, model = OPENAI, "openai", ("ledger-large", "ledger-small")[self._pick("model", call, 2)]
        if shape == "native twin":
            scope, provider = ANTHROPIC, "anthropic"
        if shape == "unpriced":
            model = UNPRICED
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
        }
        if shape == "failed":
            attributes["error.type"] = "openai.RateLimitError"
            self._span(
                span_id, parent, f"chat {model}", scope, "generation", (at, 200), attributes, model=model, error=True
            )
            return 0, 0
        tokens_in, tokens_out = 200 + self._pick("in", call, 5_000), 20 + self._pick("out", call, 900)
        cached = self._pick("cached", call, 200) if shape == "plain" else 0
        usage: dict[str, Any] = {
            "gen_ai.response.model": model,
            "gen_ai.response.id": response_id,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": tokens_in,
            "gen_ai.usage.output_tokens": tokens_out,
        }
        if cached:
            usage["gen_ai.usage.cache_read.input_tokens"] = cached
        answer = f"Order {self.number} of seed {self.seed}, part {call}, was sent on Tuesday."
        question = f"Where is order {self.number}?"
        content = {
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": question}]}],
            "gen_ai.output.messages": [
                {"role": "assistant", "parts": [{"type": "text", "content": answer}], "finish_reason": "stop"}
            ],
        }
        on_span = {} if shape == "log" else {key: json.dumps(value) for key, value in content.items()}
        counted = {
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "cache_read_tokens": cached,
            "cost_usd": _cost(model, tokens_in, tokens_out, cached),
        }
        self._span(
            span_id,
            parent,
            f"chat {model}",
            scope,
            "generation",
            (at, 900),
            attributes | usage | on_span,
            model=model,
            answer=answer,
            from_log=shape == "log",
            **counted,
        )
        if shape == "log":
            self._log(span_id, "gen_ai.client.inference.operation.details", at + 900, attributes | usage | content)
        if shape == "native twin":
            self._span(
                self._new_id(),
                span_id,
                "anthropic.messages.create",
                NATIVE,
                "generation",
                (at + 1, 898),
                attributes | usage,
                model=model,
                role="twin",
            )
        if shape == "far twin":
            # Another trace, because that instrumentation saw no parent. It has no content, so the other report is kept.
            far = {
                "openinference.span.kind": "LLM",
                "llm.provider": provider,
                "llm.model_name": model,
                "llm.token_count.prompt": tokens_in,
                "llm.token_count.completion": tokens_out,
                "gen_ai.response.id": response_id,
            }
            self._span(
                self._new_id(),
                "",
                "ChatCompletion",
                OPENINFERENCE,
                "generation",
                (at + 1, 898),
                far,
                model=model,
                role="twin",
                trace_id=self._hash("far", call)[:32],
            )
        if self._pick("evaluated", call, 4) == 0:
            verdict = {
                "gen_ai.evaluation.name": "helpfulness",
                "gen_ai.evaluation.score.value": self._pick("score", call, 100) / 100,
                "gen_ai.evaluation.score.label": "pass",
                "gen_ai.response.id": response_id,
            }
            self._log(span_id, "gen_ai.evaluation.result", at + 950, verdict)
            self.trace.evaluations += 1
        return tokens_in, tokens_out

    def _span(
        self,
        span_id: str,
        parent: str,
        name: str,
        scope: str,
        stage: str,
        at: tuple[int, int],
        attributes: dict[str, Any],
        *,
        role: str = "own",
        model: str = "",
        error: bool = False,
        trace_id: str = "",
        kind: "Span.SpanKind" = Span.SPAN_KIND_CLIENT,
        **expected: Any,
    ) -> None:
        """One span; `at` is (offset, duration) in milliseconds from the start of the trace."""
        start = self.start + at[0] * MS
        span = Span(
            trace_id=bytes.fromhex(trace_id or self.trace_id),
            span_id=bytes.fromhex(span_id),
            parent_span_id=bytes.fromhex(parent),
            name=name,
            kind=kind,
            start_time_unix_nano=start,
            end_time_unix_nano=start + at[1] * MS,
            attributes=_attributes(attributes | {"tenant.id": self.tenant}),
            status=Status(code=Status.STATUS_CODE_ERROR, message="429 too many requests") if error else None,
        )
        self.trace.spans.append(
            ResourceSpans(
                resource=self._resource(),
                scope_spans=[ScopeSpans(scope=InstrumentationScope(name=scope, version="1.3b0"), spans=[span])],
            )
        )
        self.trace.expected.append(
            Expected(
                trace_id or self.trace_id,
                span_id,
                self.service,
                stage,
                model,
                self.tenant,
                start,
                role,
                error,
                **expected,
            )
        )

    def _log(self, span_id: str, event: str, at_ms: int, attributes: dict[str, Any]) -> None:
        record = LogRecord(
            time_unix_nano=self.start + at_ms * MS,
            event_name=event,
            attributes=_attributes(attributes),
            trace_id=bytes.fromhex(self.trace_id),
            span_id=bytes.fromhex(span_id),
        )
        self.trace.logs.append(
            ResourceLogs(
                resource=self._resource(),
                scope_logs=[ScopeLogs(scope=InstrumentationScope(name=OPENAI, version="1.3b0"), log_records=[record])],
            )
        )

    def _resource(self) -> Resource:
        return Resource(attributes=_attributes({"service.name": self.service, "deployment.environment.name": "e2e"}))

    def _pick(self, *path: object) -> int:
        *rest, below = path
        return pick(self.seed, self.number, *rest, below=int(str(below)))

    def _hash(self, *path: object) -> str:
        return hashlib.blake2b(repr((self.seed, self.number, *path)).encode(), digest_size=16).hexdigest()

    def _new_id(self) -> str:
        self.ids += 1
        return self._hash("span", self.ids)[:16]


def _cost(model: str, tokens_in: int, tokens_out: int, cached: int) -> Decimal:
    for price in PRICES:
        if price["model"] == model:
            rate = {key: Decimal(str(value)) / 1_000_000 for key, value in price.items() if key != "model"}
            return (
                (tokens_in - cached) * rate["input_usd_per_mtok"]
                + cached * rate["cache_read_usd_per_mtok"]
                + tokens_out * rate["output_usd_per_mtok"]
            )
    return Decimal(0)


def _attributes(values: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in values.items()]


def _any_value(value: Any) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))
    return AnyValue(kvlist_value=KeyValueList(values=_attributes(value)))
