"""Made-up but believable traffic: four services, each in the dialect that its library would send.

In: a seed, how many traces, and the time at which the last one ends. Out: one OTLP request per trace. Promise: the same
arguments give the same requests. What is worth finding is in there on purpose: prompt version `v8` of the support
assistant searches a stale index and misses, one tenant sits behind a slow provider region, tools fail, models are
rate limited, and a library reports its parents' usage again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

MS = 1_000_000
INTERNAL, SERVER, CLIENT = Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT
TENANTS = ("acme", "globex", "initech", "umbrella")
LOCALES = ("en-US", "de-DE", "fr-FR")
SEGMENTS = ("free", "pro", "enterprise")
USERS = 40
SPREAD_HOURS = 3.0

ARTICLES = (
    ("kb-101", "Refunds", "How long do I have to return my order?",
     "You can return an order within 30 days of delivery for a full refund, if the items are unused."),
    ("kb-117", "Shipping", "When will my parcel arrive?",
     "Standard shipping takes 3 to 5 working days; express orders placed before noon arrive the next working day."),
    ("kb-122", "Warranty", "My headphones stopped working after a year. What now?",
     "Electronics carry a two-year warranty. Start a claim in your account and we will send a prepaid label."),
    ("kb-130", "Invoices", "Where do I find the invoice for my last order?",
     "Invoices are under Account, Orders, Documents, from the moment the parcel ships."),
    ("kb-144", "Addresses", "Can I change the delivery address after ordering?",
     "The address can be changed until the parcel is handed to the carrier, usually two hours after ordering."),
    ("kb-151", "Gift cards", "Can I pay with two gift cards?",
     "Up to five gift cards can be combined in one order; the rest is charged to your payment method."),
)  # fmt: skip


@dataclass(slots=True)
class Tape:
    """One trace while it is written: `at` is the moment that the story has reached."""

    chance: np.random.Generator
    at: int
    trace_id: bytes
    spans: list[Span] = field(default_factory=list)

    def open(
        self, name: str, parent: Span | None = None, kind: "Span.SpanKind.ValueType" = INTERNAL, **attributes: Any
    ) -> Span:
        """A span that starts now. Double underscores in attribute names stand for dots."""
        span = Span(
            trace_id=self.trace_id,
            span_id=self.chance.bytes(8),
            parent_span_id=parent.span_id if parent is not None else b"",
            name=name,
            kind=kind,
            start_time_unix_nano=self.at,
        )
        write(span, {key.replace("__", "."): value for key, value in attributes.items()})
        self.spans.append(span)
        return span

    def close(self, span: Span, error: str = "", **attributes: Any) -> None:
        """End a span now."""
        write(span, {key.replace("__", "."): value for key, value in attributes.items()})
        span.end_time_unix_nano = self.at
        if error:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=error))

    def step(
        self,
        name: str,
        parent: Span,
        ms: float,
        kind: "Span.SpanKind.ValueType" = INTERNAL,
        error: str = "",
        **attributes: Any,
    ) -> Span:
        """A span without children that takes about `ms`."""
        span = self.open(name, parent, kind, **attributes)
        self.wait(ms)
        self.close(span, error)
        return span

    def wait(self, ms: float) -> None:
        """Let about `ms` pass: log-normal, so that some waits are long."""
        self.at += int(ms * MS * float(self.chance.lognormal(0.0, 0.35)))

    def chosen(self, values: tuple[Any, ...], weights: tuple[float, ...] | None = None) -> Any:
        """One of `values`."""
        return values[int(self.chance.choice(len(values), p=weights))]

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return float(self.chance.random()) < probability


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking."""

    user: str
    tenant: str
    locale: str
    segment: str

    @property
    def labels(self) -> dict[str, Any]:
        return {"user__id": self.user, "tenant__id": self.tenant, "locale": self.locale, "user__segment": self.segment}


def requests(*, seed: int, traces: int, until_ns: int) -> Iterator[ExportTraceServiceRequest]:
    """One request per trace, oldest first."""
    chance = np.random.default_rng(seed)
    gap = SPREAD_HOURS * 3600e9 / max(1, traces)
    for number in range(traces):
        start = int(until_ns - 60e9 - (traces - number) * gap)
        tape = Tape(chance=chance, at=start, trace_id=chance.bytes(16))
        user = int(chance.integers(USERS))
        visitor = Visitor(
            user=f"u-{1000 + user}", tenant=TENANTS[user % 4], locale=LOCALES[user % 3], segment=SEGMENTS[user % 5 % 3]
        )
        story = tape.chosen((support, research, extraction, shopping), (0.45, 0.2, 0.2, 0.15))
        service, scope, version = story(tape, visitor, number / max(1, traces))
        yield _request(service, scope, version, tape.spans)


def support(tape: Tape, who: Visitor, progress: float) -> tuple[str, str, str]:
    """A retrieval assistant, in the conventions of OpenTelemetry. `v8` of its prompt came with a stale index."""
    version = "v8" if progress > 0.55 and tape.happens(0.6) else "v7"
    article = tape.chosen(ARTICLES)
    stale = version == "v8" and tape.happens(0.45)
    slow = 3.2 if who.tenant == "globex" and tape.happens(0.3) else 1.0
    limited = tape.happens(0.03)
    conversation = f"conv-{tape.trace_id.hex()[:8]}"
    common: dict[str, Any] = {"gen_ai__conversation__id": conversation, **who.labels}
    root = tape.open("POST /api/answer", kind=SERVER, http__route="/api/answer", app__feature="support-chat",
                     request__id=f"req-{tape.trace_id.hex()[:12]}", **common)  # fmt: skip
    tape.wait(4)
    tape.step("guardrail: prompt injection", root, 18, gen_ai__guardrail__name="prompt_injection", **who.labels)
    rewrite = _chat(tape, root, ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"), 260,
                    [("user", article[2])], said=f"{article[1].lower()} policy", prompt=("rewrite", "v3"), common=common)  # fmt: skip
    rewrite.name = "rewrite query"
    query = f"{article[1].lower()} policy"
    embedding = tape.open("embeddings text-embedding-3-small", root, CLIENT, gen_ai__operation__name="embeddings",
                          gen_ai__provider__name="openai", gen_ai__request__model="text-embedding-3-small",
                          gen_ai__response__model="text-embedding-3-small", gen_ai__usage__input_tokens=9, **common)  # fmt: skip
    tape.wait(45)
    tape.close(embedding)
    documents = _ranked(tape, article, stale=stale)
    retrieval = tape.open("retrieval help-center", root, CLIENT, gen_ai__operation__name="retrieval",
                          gen_ai__data_source__id="help-center-stale" if stale else "help-center",
                          gen_ai__retrieval__query__text=query, gen_ai__retrieval__top_k=5, **common)  # fmt: skip
    tape.wait(70)
    tape.close(retrieval, gen_ai__retrieval__documents=json.dumps(documents))
    tape.step("rerank documents", root, 90, **who.labels)
    tape.step("build context", root, 3, **who.labels)
    context = "\n".join(document["content"] for document in documents[:3])
    said = f"I could not find anything about {article[1].lower()} in our help center." if stale else article[3]
    asked = [("system", f"Answer from the context only.\n\n{context}"), ("user", article[2])]
    if limited:
        failed = _chat(tape, root, ("gpt-4o", ""), 900, asked, said="", prompt=("answer", version), common=common,
                       error=("openai.RateLimitError", "429", "Rate limit reached for gpt-4o: retry after 20 s"))  # fmt: skip
        failed.name = "chat gpt-4o"
        tape.close(root, "upstream rate limited", http__response__status_code=503, app__outcome="failure")
        return "support-assistant", "demo.support", "2.3.0"
    _chat(tape, root, ("gpt-4o", "gpt-4o-2024-11-20"), 1500 * slow, asked, said=said,
          prompt=("answer", version), common=common, stream=True)  # fmt: skip
    tape.step("format answer", root, 2, **who.labels)
    tape.close(
        root, http__response__status_code=200, app__outcome="escalated" if stale and tape.happens(0.5) else "success"
    )
    return "support-assistant", "demo.support", "2.3.0"


def _ranked(tape: Tape, article: tuple[str, str, str, str], *, stale: bool) -> list[dict[str, Any]]:
    """Five documents, best first; a stale index lacks the right one."""
    others = [one for one in ARTICLES if one is not article]
    order = list(tape.chance.permutation(len(others)))
    found = [others[int(index)] for index in order][:5] if stale else [article, *(others[int(i)] for i in order)][:5]
    score = 0.55 if stale else 0.91
    documents = []
    for position, (key, _, _, text) in enumerate(found):
        documents.append(
            {"id": key, "score": round(score, 3), "content": text, "selected": position < 3,
             "version": "2024-02" if stale else "2026-10"}
        )  # fmt: skip
        score *= float(tape.chance.uniform(0.72, 0.95))
    return documents


def _chat(
    tape: Tape, parent: Span, models: tuple[str, str], ms: float, asked: list[tuple[str, str]],
    *, said: str, prompt: tuple[str, str], common: dict[str, Any],
    stream: bool = False, error: tuple[str, str, str] | None = None,
) -> Span:  # fmt: skip
    """A model call in the conventions of OpenTelemetry; `models` are the one asked for and the one that answers."""
    model, response_model = models
    span = tape.open(f"chat {model}", parent, CLIENT, gen_ai__operation__name="chat", gen_ai__provider__name="openai",
                     gen_ai__request__model=model, gen_ai__prompt__name=prompt[0], gen_ai__prompt__version=prompt[1],
                     gen_ai__request__temperature=0.2, **common)  # fmt: skip
    messages = [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in asked]
    write(span, {"gen_ai.input.messages": json.dumps(messages)})
    first = tape.at
    tape.wait(ms * 0.3)
    first_chunk = (tape.at - first) / 1e9
    tape.wait(ms * 0.7)
    if error:
        write(span, {"error.type": error[0], "http.response.status_code": int(error[1])})
        tape.close(span, error[2])
        return span
    used = _tokens(*(text for _, text in asked)) + 380 * (prompt[0] == "answer")
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": said}], "finish_reason": "stop"}]
    write(span, {
        "gen_ai.output.messages": json.dumps(answer), "gen_ai.response.model": response_model,
        "gen_ai.response.id": f"chatcmpl-{span.span_id.hex()}", "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": used, "gen_ai.usage.output_tokens": _tokens(said),
    })  # fmt: skip
    if stream:
        write(span, {"gen_ai.request.stream": True, "gen_ai.response.time_to_first_chunk": first_chunk,
                     "gen_ai.usage.cache_read.input_tokens": used // 2 if tape.happens(0.4) else 0})  # fmt: skip
    tape.close(span)
    return span


def research(tape: Tape, who: Visitor, progress: float) -> tuple[str, str, str]:
    """An agent with tools, in OpenInference. Its search tool sometimes times out and is called again."""
    company = tape.chosen(("Initech", "Hooli", "Vandelay", "Wonka"))
    asked = f"Summarise the last quarter of {company} and convert revenue to euros."
    labels: dict[str, Any] = {"session__id": f"sess-{who.user}", **who.labels}
    root = tape.open("research agent", kind=INTERNAL, openinference__span__kind="AGENT", input__value=asked,
                     agent__name="researcher", **labels)  # fmt: skip
    model = "claude-sonnet-4-5" if progress > 0.3 else "claude-haiku-4-5"
    history = [("user", asked)]
    calls = 2 + int(tape.happens(0.35))
    for number in range(calls):
        tool, arguments = ("web_search", {"query": f"{company} quarterly report"}) if number == 0 else ("convert_currency", {"amount": 1200000, "to": "EUR"})  # fmt: skip
        _llm(tape, root, model, 900, history, said="", call=(tool, arguments), number=number, labels=labels)
        failed = tool == "web_search" and tape.happens(0.12)
        span = tape.open(tool, root, INTERNAL, openinference__span__kind="TOOL", tool__name=tool,
                         input__value=json.dumps(arguments), tool_call__id=f"call_{number}", **labels)  # fmt: skip
        tape.wait(5000 if failed else 350 if tool == "web_search" else 40)
        result = "" if failed else json.dumps({"revenue_usd": 1_200_000, "growth": "4 %"} if number == 0 else {"amount": 1_104_000, "currency": "EUR"})  # fmt: skip
        tape.close(span, "search timed out after 5 s" if failed else "", output__value=result,
                   **_error_type("TimeoutError" if failed else ""))  # fmt: skip
        history += [("assistant", f"calling {tool}"), ("tool", result or "TimeoutError: search timed out after 5 s")]
    said = f"{company} took in 1.1 million euros last quarter, 4 % more than the one before."
    _llm(tape, root, model, 1800, history, said=said, call=None, number=calls, labels=labels)
    tape.close(root, output__value=said)
    return "research-agent", "openinference.instrumentation.anthropic", "3.1.0"


def _llm(
    tape: Tape, parent: Span, model: str, ms: float, history: list[tuple[str, str]],
    *, said: str, call: tuple[str, dict[str, Any]] | None, number: int, labels: dict[str, Any],
) -> None:  # fmt: skip
    """A model call in OpenInference."""
    span = tape.open("Messages", parent, INTERNAL, openinference__span__kind="LLM", llm__model_name=model,
                     llm__provider="anthropic", llm__system="anthropic", **labels)  # fmt: skip
    for index, (role, text) in enumerate(history):
        write(
            span,
            {f"llm.input_messages.{index}.message.role": role, f"llm.input_messages.{index}.message.content": text},
        )
    tools = ("web_search", "convert_currency")
    for index, tool in enumerate(tools):
        schema = {"name": tool, "input_schema": {"type": "object"}}
        write(span, {f"llm.tools.{index}.tool.json_schema": json.dumps(schema)})
    tape.wait(ms)
    write(span, {"llm.output_messages.0.message.role": "assistant"})
    if call:
        prefix = "llm.output_messages.0.message.tool_calls.0.tool_call"
        write(span, {f"{prefix}.id": f"call_{number}", f"{prefix}.function.name": call[0],
                     f"{prefix}.function.arguments": json.dumps(call[1])})  # fmt: skip
    else:
        write(span, {"llm.output_messages.0.message.content": said})
    used, made = 420 + _tokens(*(text for _, text in history)), 60 + _tokens(said)
    tape.close(span, llm__token_count__prompt=used, llm__token_count__completion=made,
               llm__token_count__total=used + made, llm__finish_reason="tool_use" if call else "end_turn")  # fmt: skip


def extraction(tape: Tape, who: Visitor, progress: float) -> tuple[str, str, str]:
    """An extraction job, in the flattened keys of Traceloop. Long documents are cut off."""
    number = int(tape.chance.integers(10_000, 99_999))
    cut = tape.happens(0.08)
    model = tape.chosen(("gpt-4o-mini", "gpt-4.1-mini"))
    root = tape.open("extract_invoice.workflow", kind=INTERNAL, traceloop__span__kind="workflow",
                     traceloop__workflow__name="extract_invoice", traceloop__entity__name="extract_invoice", **who.labels)  # fmt: skip
    asked = (
        f"Invoice {number}\nGlobex Ltd\nTotal due: {number / 100:.2f} EUR\n"
        + "Line item: shelf bracket, 4 pieces\n" * (40 if cut else 6)
    )
    said = json.dumps({"invoice": number, "supplier": "Globex Ltd", "total": number / 100, "currency": "EUR"})
    span = tape.open("openai.chat", root, CLIENT, llm__request__type="chat", gen_ai__system="openai", gen_ai__request__model=model,
                     gen_ai__response__model=f"{model}-2024-07-18" if model == "gpt-4o-mini" else f"{model}-2025-04-14",
                     traceloop__prompt__key="invoice-extractor", traceloop__prompt__version="3" if progress > 0.7 else "2", **who.labels)  # fmt: skip
    tape.wait(700)
    write(span, {
        "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Extract the invoice as JSON.",
        "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": asked,
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": said[:40] if cut else said,
        "gen_ai.completion.0.finish_reason": "length" if cut else "stop",
        "gen_ai.response.id": f"chatcmpl-{span.span_id.hex()}",
        "gen_ai.usage.input_tokens": _tokens(asked) + 12, "gen_ai.usage.output_tokens": _tokens(said),
    })  # fmt: skip
    tape.close(span)
    tape.step("parse output", root, 1, error="Unterminated string in JSON" if cut else "",
              **_error_type("JSONDecodeError" if cut else ""))  # fmt: skip
    tape.close(root, "extraction failed" if cut else "", app__outcome="failure" if cut else "success")
    return "invoice-extractor", "opentelemetry.instrumentation.openai.v1", "0.50.1"


def shopping(tape: Tape, who: Visitor, progress: float) -> tuple[str, str, str]:
    """A shop assistant in TypeScript, in the Vercel AI SDK: the outer span repeats the usage of the inner ones."""
    item = tape.chosen(("desk lamp", "office chair", "standing desk", "bookshelf"))
    asked = f"Is the {item} in stock?"
    broken = tape.happens(0.1)
    common: dict[str, Any] = {"ai__telemetry__functionId": "shop-assistant", "ai__model__provider": "openai.chat", "ai__model__id": "gpt-4o-mini",
              **{f"ai__telemetry__metadata__{key}": value for key, value in (("userId", who.user), ("tenant", who.tenant))}, **who.labels}  # fmt: skip
    root = tape.open(
        "ai.generateText",
        kind=INTERNAL,
        ai__operationId="ai.generateText",
        ai__prompt=json.dumps({"prompt": asked}),
        **common,
    )
    messages = [{"role": "user", "content": [{"type": "text", "text": asked}]}]
    call = {"toolCallId": "call_0", "toolName": "get_stock", "input": json.dumps({"item": item})}
    _do_generate(
        tape,
        root,
        messages,
        {"ai.response.toolCalls": json.dumps([call])},
        reason="tool-calls",
        tokens=(96, 18),
        common=common,
    )
    tool = tape.open("ai.toolCall", root, INTERNAL, ai__operationId="ai.toolCall", ai__toolCall__name="get_stock",
                     ai__toolCall__id="call_0", ai__toolCall__args=json.dumps({"item": item}), **who.labels)  # fmt: skip
    tape.wait(60)
    result = {"item": item, "pieces": int(tape.chance.integers(0, 40))}
    if broken:
        tape.close(tool, "warehouse answered 500", error__type="WarehouseError")
    else:
        tape.close(tool, ai__toolCall__result=json.dumps(result))
    said = (
        f"I could not look up the {item}." if broken else f"Yes, there are {result['pieces']} of the {item} in stock."
    )
    outcome = {
        "type": "tool-result",
        "toolCallId": "call_0",
        "toolName": "get_stock",
        "output": "error" if broken else result,
    }
    _do_generate(
        tape,
        root,
        [*messages, {"role": "tool", "content": [outcome]}],
        {"ai.response.text": said},
        reason="stop",
        tokens=(131, 24),
        common=common,
    )
    tape.close(
        root,
        ai__response__text=said,
        ai__response__finishReason="stop",
        ai__usage__promptTokens=227,
        ai__usage__completionTokens=42,
    )
    return "shop-assistant", "ai", ""


def _do_generate(
    tape: Tape, parent: Span, messages: list[dict[str, Any]], answered: dict[str, Any],
    *, reason: str, tokens: tuple[int, int], common: dict[str, Any],
) -> None:  # fmt: skip
    """A model call of the Vercel AI SDK."""
    span = tape.open("ai.generateText.doGenerate", parent, INTERNAL, ai__operationId="ai.generateText.doGenerate",
                     gen_ai__system="openai.chat", gen_ai__request__model="gpt-4o-mini", **common)  # fmt: skip
    tape.wait(520)
    write(span, answered | {
        "ai.prompt.messages": json.dumps(messages), "ai.response.finishReason": reason, "gen_ai.response.finish_reasons": [reason],
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18", "gen_ai.response.id": f"chatcmpl-{span.span_id.hex()}",
        "ai.usage.promptTokens": tokens[0], "ai.usage.completionTokens": tokens[1],
        "gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1],
    })  # fmt: skip
    tape.close(span)


def write(span: Span, attributes: dict[str, Any]) -> None:
    """Add attributes to a span."""
    for key, value in attributes.items():
        span.attributes.append(KeyValue(key=key, value=_any(value)))


def _any(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_any(item) for item in value]))
    return AnyValue(string_value=str(value))


def _error_type(name: str) -> dict[str, Any]:
    return {"error__type": name} if name else {}


def _tokens(*texts: str) -> int:
    """About as many tokens as a tokenizer would count."""
    return sum(len(text) for text in texts) // 4 + 4


def _request(service: str, scope: str, version: str, spans: list[Span]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    for key, value in (
        ("service.name", service),
        ("service.version", "2026.11.2"),
        ("deployment.environment.name", "demo"),
    ):
        resource.resource.attributes.append(KeyValue(key=key, value=_any(value)))
    inner = resource.scope_spans.add()
    inner.scope.name, inner.scope.version = scope, version
    inner.spans.extend(spans)
    return request
