"""OTLP requests for the benchmarks: believable GenAI traffic that differs in every span of every request.

A `Template` is one serialized request of 512 spans. `Template.fresh(...)` gives the bytes of a new request at the cost of
a copy: ids, times and one word of every text are patched in place, so that nothing deduplicates that would not
deduplicate in real life. Within a trace the patched words stay equal, as a conversation's history does.

Two kinds of traffic:

`mixed`         2 KB a span: 45 % chat, and retrieval, tools, HTTP, database
`conversation`  15 KB a span: agents whose chat spans repeat a system prompt, eight tool definitions and a growing history
"""

import json
import random
from dataclasses import dataclass

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

SPANS = 512
MODELS = ("gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5", "claude-haiku-4-5", "gemini-2.5-flash", "gpt-4.1", "gpt-4.1-mini", "gemini-2.5-pro")  # fmt: skip
PROMPT_VERSIONS = tuple(f"v{number}" for number in range(20))
TENANTS = tuple(f"tenant-{number:03d}" for number in range(200))
WORD_LENGTH = 12

_VOCABULARY = [
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "for",
    "is",
    "on",
    "that",
    "by",
    "this",
    "with",
    "you",
    "it",
    "not",
    "or",
    "be",
    "are",
    "from",
    "at",
    "as",
    "your",
    "all",
    "have",
    "new",
    "more",
    "an",
    "was",
    "we",
    "will",
    "home",
    "can",
    "us",
    "about",
    "if",
    "page",
    "my",
    "has",
    "search",
    "free",
    "but",
    "our",
    "one",
    "other",
    "do",
    "no",
    "information",
    "time",
    "they",
    "site",
    "he",
    "up",
    "may",
    "what",
    "which",
    "their",
    "news",
    "out",
    "use",
    "any",
    "there",
    "see",
    "only",
    "so",
    "his",
    "when",
    "contact",
    "here",
    "business",
    "who",
    "web",
    "also",
    "now",
    "help",
    "get",
    "view",
    "online",
    "first",
    "been",
    "would",
    "how",
    "were",
    "services",
    "some",
    "these",
    "click",
    "its",
    "like",
    "service",
    "than",
    "find",
    "price",
    "date",
    "back",
    "top",
    "people",
    "had",
    "list",
    "name",
    "just",
    "over",
    "state",
    "year",
    "day",
    "into",
    "email",
    "two",
    "health",
    "world",
    "next",
    "used",
    "work",
    "last",
    "most",
    "products",
    "music",
    "buy",
    "data",
    "make",
    "them",
    "should",
    "product",
    "system",
    "post",
    "her",
    "city",
    "policy",
    "number",
    "such",
    "please",
    "available",
    "copyright",
    "support",
    "message",
    "after",
    "best",
    "software",
    "then",
    "good",
    "video",
    "well",
    "where",
    "info",
    "rights",
    "public",
    "books",
    "high",
    "school",
    "through",
    "each",
    "links",
    "she",
    "review",
    "years",
    "order",
    "very",
    "privacy",
    "book",
    "items",
    "company",
    "read",
    "group",
    "need",
    "many",
    "user",
    "said",
    "does",
    "set",
    "under",
    "general",
    "research",
    "university",
    "january",
    "mail",
    "full",
    "map",
    "reviews",
    "program",
    "life",
    "know",
    "games",
    "way",
    "days",
    "management",
    "part",
    "could",
    "great",
    "united",
    "hotel",
    "real",
    "item",
    "international",
    "center",
    "ebay",
    "must",
    "store",
    "travel",
    "comments",
    "made",
    "development",
    "report",
    "off",
    "member",
    "details",
    "line",
    "terms",
    "before",
    "hotels",
    "did",
    "send",
    "right",
    "type",
    "because",
    "local",
    "those",
    "using",
    "results",
    "office",
    "education",
    "national",
    "car",
    "design",
    "take",
    "posted",
    "internet",
    "address",
    "community",
    "within",
    "states",
    "area",
    "want",
    "phone",
    "shipping",
    "reserved",
    "subject",
    "between",
    "forum",
    "family",
    "long",
    "based",
    "code",
    "show",
    "even",
    "black",
    "check",
    "special",
    "prices",
    "website",
    "index",
    "being",
    "women",
    "much",
    "sign",
    "file",
    "link",
    "open",
    "today",
    "technology",
    "south",
    "case",
    "project",
    "same",
    "pages",
    "version",
    "section",
    "own",
    "found",
    "sports",
    "house",
    "related",
    "security",
    "both",
    "county",
    "american",
    "photo",
    "game",
    "members",
    "power",
    "while",
    "care",
    "network",
    "down",
    "computer",
    "systems",
    "three",
    "total",
    "place",
    "end",
    "following",
    "download",
    "him",
    "without",
    "per",
    "access",
    "think",
    "north",
    "resources",
    "current",
    "posts",
    "big",
    "media",
    "law",
    "control",
    "water",
    "history",
    "pictures",
    "size",
    "art",
    "personal",
    "since",
    "including",
    "guide",
    "shop",
    "directory",
    "board",
    "location",
    "change",
    "white",
    "text",
    "small",
    "rating",
    "rate",
    "government",
    "children",
    "during",
    "return",
    "students",
    "shopping",
    "account",
    "times",
    "sites",
    "level",
    "digital",
    "profile",
    "previous",
    "form",
    "events",
    "love",
    "old",
    "john",
    "main",
    "call",
    "hours",
    "image",
    "department",
    "title",
]


@dataclass(frozen=True, slots=True)
class Template:
    """One request that can be made new again and again."""

    data: bytes
    id_offsets: np.ndarray
    """Offsets of 8-byte pieces of ids, and for each the piece of `ids` that belongs there."""
    id_index: np.ndarray
    ids: int
    time_offsets: np.ndarray
    times: np.ndarray
    """Nanoseconds relative to the latest time in the request."""
    word_offsets: np.ndarray
    word_index: np.ndarray
    words: int
    spans: int = SPANS

    def fresh(self, *, seed: int, latest_ns: int) -> bytes:
        """A request that ends at `latest_ns`; equal seeds give equal bytes."""
        rng = np.random.default_rng(seed)
        buffer = np.frombuffer(bytearray(self.data), dtype=np.uint8)
        ids = rng.integers(1, 255, size=(self.ids, 8), dtype=np.uint8)
        buffer[self.id_offsets[:, None] + np.arange(8)] = ids[self.id_index]
        times = (self.times + latest_ns).astype("<u8").view(np.uint8).reshape(-1, 8)
        buffer[self.time_offsets[:, None] + np.arange(8)] = times
        words = rng.integers(ord("a"), ord("z") + 1, size=(self.words, WORD_LENGTH), dtype=np.uint8)
        buffer[self.word_offsets[:, None] + np.arange(WORD_LENGTH)] = words[self.word_index]
        return buffer.tobytes()


def templates(kind: str, count: int, *, seed: int = 7) -> list[Template]:
    """`count` different templates of a kind."""
    return [_template(kind, random.Random(f"{kind}-{seed}-{number}")) for number in range(count)]


class _Builder:
    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.spans: list[Span] = []
        self.words: list[str] = []
        self.pieces: list[bytes] = []
        self.now = 10**18

    def piece(self) -> bytes:
        made = self.rnd.randbytes(8)
        self.pieces.append(made)
        return made

    def text(self, length: int) -> str:
        """About `length` characters with one word that is patched."""
        word = "".join(self.rnd.choices("bcdfghjklmnpqrstvwxz", k=WORD_LENGTH))
        self.words.append(word)
        parts, size = [word], WORD_LENGTH
        while size < length:
            parts.append(self.rnd.choice(_VOCABULARY))
            size += len(parts[-1]) + 1
        return " ".join(parts)

    def span(
        self, trace: bytes, parent: bytes, name: str, kind: int, ms: float, attributes: dict[str, object]
    ) -> bytes:
        span_id = self.piece()
        start = self.now
        self.now += int(self.rnd.uniform(0.2, 2.0) * 1e6)
        self.spans.append(
            Span(
                trace_id=trace,
                span_id=span_id,
                parent_span_id=parent,
                name=name,
                kind=kind,  # type: ignore[arg-type]
                start_time_unix_nano=start,
                end_time_unix_nano=start + int(ms * 1e6),
                attributes=[KeyValue(key=key, value=_any(value)) for key, value in attributes.items()],
            )
        )
        return span_id


def _any(value: object) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            made = AnyValue()
            made.array_value.values.extend(_any(item) for item in value)
            return made
        case _:
            return AnyValue(string_value=str(value))


def _chat(build: _Builder, trace: bytes, parent: bytes, messages: list[dict[str, object]], answer: dict[str, object], system: str, labels: dict[str, object]) -> None:  # fmt: skip
    rnd = build.rnd
    model = rnd.choice(MODELS)
    provider = {"g": "openai", "c": "anthropic"}[model[0]] if not model.startswith("gemini") else "gcp.gemini"
    build.span(
        trace, parent, f"chat {model}", 3, rnd.lognormvariate(6.5, 0.6),
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": "resp_" + build.text(WORD_LENGTH),
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 1024,
            "gen_ai.usage.input_tokens": rnd.randrange(200, 4000),
            "gen_ai.usage.output_tokens": rnd.randrange(20, 600),
            "gen_ai.usage.cache_read.input_tokens": rnd.randrange(0, 200),
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.response.time_to_first_chunk": rnd.uniform(0.1, 1.5),
            "gen_ai.prompt.name": "support-answer",
            "gen_ai.prompt.version": rnd.choice(PROMPT_VERSIONS),
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": system}]),
            "gen_ai.input.messages": json.dumps(messages, separators=(",", ":")),
            "gen_ai.output.messages": json.dumps([answer], separators=(",", ":")),
            **labels,
        },
    )  # fmt: skip


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _labels(build: _Builder) -> dict[str, object]:
    return {
        "gen_ai.conversation.id": f"conv-{build.piece().hex()}"[:21],
        "user.id": f"user-{build.rnd.randrange(5000)}",
        "tenant.id": build.rnd.choice(TENANTS),
        "session.locale": build.rnd.choice(("en", "de", "fr", "ja")),
    }


def _mixed(build: _Builder) -> None:
    rnd = build.rnd
    trace = build.piece() + build.piece()
    labels = _labels(build)
    root = build.span(trace, b"", "POST /answer", 2, rnd.lognormvariate(7.2, 0.5), {"http.request.method": "POST", "http.route": "/answer", "http.response.status_code": 200, "url.path": "/answer", "user_agent.original": build.text(300), **labels})  # fmt: skip
    documents = [
        {"id": f"doc-{rnd.randrange(10_000)}", "score": round(rnd.random(), 4), "content": build.text(420)}
        for _ in range(4)
    ]
    build.span(trace, root, "retrieval kb", 3, rnd.lognormvariate(4, 0.5), {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "kb", "gen_ai.retrieval.query.text": build.text(80), "gen_ai.retrieval.documents": json.dumps(documents), **labels})  # fmt: skip
    build.span(trace, root, "SELECT kb.chunks", 3, rnd.lognormvariate(2.5, 0.5), {"db.system.name": "postgresql", "db.namespace": "kb", "db.query.text": "SELECT id, body FROM chunks WHERE " + build.text(700), "server.address": "pg.internal", "server.port": 5432})  # fmt: skip
    system = build.text(500)
    for _ in range(5):
        question = _message("user", build.text(700))
        _chat(build, trace, root, [question], _message("assistant", build.text(500)), system, labels)
    build.span(trace, root, "execute_tool lookup_order", 1, rnd.lognormvariate(4, 0.8), {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup_order", "gen_ai.tool.call.id": "call_" + rnd.randbytes(6).hex(), "gen_ai.tool.call.arguments": json.dumps({"order": build.text(60)}), "gen_ai.tool.call.result": json.dumps({"status": build.text(900)}), **labels})  # fmt: skip
    for route in ("/v1/orders", "/v1/stock"):
        build.span(trace, root, f"GET {route}", 3, rnd.lognormvariate(3.5, 0.6), {"http.request.method": "GET", "url.full": f"http://orders.internal{route}?q=" + build.text(500).replace(" ", "+"), "http.response.status_code": 200, "server.address": "orders.internal", "network.protocol.version": "1.1"})  # fmt: skip


def _conversation(build: _Builder) -> None:
    rnd = build.rnd
    trace = build.piece() + build.piece()
    labels = _labels(build)
    root = build.span(trace, b"", "invoke_agent support", 1, 20_000, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support", **labels})  # fmt: skip
    system = build.text(2_500)
    labels["gen_ai.tool.definitions"] = json.dumps(
        [{"type": "function", "name": f"tool_{number}", "description": build.text(220),
          "parameters": {"type": "object", "properties": {"q": {"type": "string", "description": build.text(90)}}, "required": ["q"]}}
         for number in range(8)]
    )  # fmt: skip
    history = [_message("user", build.text(350))]
    for _ in range(26):
        answer = _message("assistant", build.text(550))
        _chat(build, trace, root, history, answer, system, labels)
        if rnd.random() < 0.25:
            build.span(trace, root, "execute_tool search", 1, rnd.lognormvariate(4, 0.8), {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "gen_ai.tool.call.arguments": json.dumps({"q": build.text(60)}), "gen_ai.tool.call.result": build.text(1_200)})  # fmt: skip
        history = [*history, answer, _message("user", build.text(350))]


def _template(kind: str, rnd: random.Random) -> Template:
    build = _Builder(rnd)
    while len(build.spans) < SPANS:
        {"mixed": _mixed, "conversation": _conversation}[kind](build)
    spans = build.spans[:SPANS]
    latest = max(span.end_time_unix_nano for span in spans)
    request = ExportTraceServiceRequest()
    resource_spans = ResourceSpans()
    for key, value in {"service.name": "answers", "service.version": "1.4.2", "deployment.environment.name": "production", "host.name": "node-7", "telemetry.sdk.language": "python"}.items():  # fmt: skip
        resource_spans.resource.attributes.append(KeyValue(key=key, value=_any(value)))
    scope = ScopeSpans()
    scope.scope.name, scope.scope.version = "opentelemetry.instrumentation.genai.openai", "1.3b0"
    scope.spans.extend(spans)
    resource_spans.scope_spans.append(scope)
    request.resource_spans.append(resource_spans)
    data = request.SerializeToString()

    id_offsets, id_index = _find_all(data, build.pieces)
    times = sorted({t for span in spans for t in (span.start_time_unix_nano, span.end_time_unix_nano)})
    time_offsets, time_index = _find_all(data, [time.to_bytes(8, "little") for time in times])
    word_offsets, word_index = _find_all(data, [word.encode() for word in build.words])
    return Template(
        data=data,
        id_offsets=id_offsets, id_index=id_index, ids=len(build.pieces),
        time_offsets=time_offsets, times=np.array(times, dtype=np.int64)[time_index] - latest,
        word_offsets=word_offsets, word_index=word_index, words=len(build.words),
    )  # fmt: skip


def _find_all(data: bytes, needles: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Offsets of every occurrence of equally long needles, and which needle stands there."""
    length = len(needles[0])
    wanted = {needle: number for number, needle in enumerate(needles)}
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, np.uint8), length)
    prefix = np.ascontiguousarray(windows[:, :8]).view("<u8").ravel()
    prefixes = np.unique(np.frombuffer(b"".join(needle[:8] for needle in needles), "<u8"))
    candidates = np.flatnonzero(np.isin(prefix, prefixes))
    found = [(int(at), wanted[data[at : at + length]]) for at in candidates if data[at : at + length] in wanted]
    return np.array([at for at, _ in found], np.int64), np.array([number for _, number in found], np.int64)
