"""Who takes part: the services with their habits, the models, and the people who ask."""

from typing import Literal, NamedTuple

from assay.simulate.dice import Dice
from assay.simulate.trace import Model

Dialect = Literal["otel", "openinference", "traceloop", "vercel"]
App = Literal["rag", "agent", "extraction", "chat"]

GPT_4O = Model("openai", "gpt-4o", "gpt-4o-2024-11-20", 128_000, 75)
GPT_4O_MINI = Model("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", 128_000, 95)
GPT_41 = Model("openai", "gpt-4.1", "gpt-4.1-2025-04-14", 1_047_576, 80)
SONNET = Model("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", 200_000, 65)
HAIKU = Model("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001", 200_000, 120)
FLASH = Model("gcp.gemini", "gemini-2.5-flash", "gemini-2.5-flash", 1_048_576, 140)


class Service(NamedTuple):
    """An application as its team built it."""

    name: str
    app: App
    dialect: Dialect
    scope: tuple[str, str]
    """Instrumentation scope and its version."""
    models: tuple[Model, ...]
    versions: tuple[str, ...]
    """Prompt versions in the order of their releases; newer ones take over as time goes by."""
    route: str
    domain: str = ""
    """What a question-answering service knows about."""
    source: str = ""
    layout: Literal["brackets", "tags", "numbered", "sources"] = "brackets"
    """How the context is laid out in the prompt."""
    scale: Literal["cosine", "bm25", "none"] = "cosine"
    """What the scores of its search are."""
    top_k: int = 5
    keeps: int = 3
    rewrites: bool = True
    reranks: bool = True
    guards: tuple[Literal["input", "output"], ...] = ()
    guard_form: Literal["decision", "verdict", "triggered"] = "decision"
    """Which proposal of the guardrail attributes its library follows."""
    streams: bool = True
    tells_version: bool = True
    """Whether its library reports the prompt version."""
    weight: float = 1.0


SERVICES = (
    Service("outfitters-help", "rag", "otel", ("opentelemetry.instrumentation.genai.openai", "1.3b0"), (GPT_4O, GPT_41), ("v7", "v8"),
            "/api/answer", "outfitters", "help-center", "brackets", "cosine", 5, 3, guards=("input",), weight=4),
    Service("handbook-bot", "rag", "openinference", ("openinference.instrumentation.langchain", "0.1.80"), (GPT_4O_MINI, GPT_4O), ("12", "13"),
            "/slack/events", "handbook", "handbook-chunks", "sources", "cosine", 4, 3, reranks=False, weight=1.5),
    Service("appliance-guide", "rag", "otel", ("opentelemetry.instrumentation.genai.anthropic", "1.3b0"), (SONNET, HAIKU), ("2026-08", "2026-10"),
            "/v2/ask", "appliances", "manuals", "tags", "bm25", 6, 3, rewrites=False),
    Service("harbor-assistant", "rag", "openinference", ("openinference.instrumentation.llama_index", "4.6.1"), (SONNET,), ("r31", "r32"),
            "/assistant", "bank", "products", "numbered", "cosine", 5, 3, guards=("input", "output"), guard_form="triggered", streams=False),
    Service("tidewater-docs", "rag", "traceloop", ("opentelemetry.instrumentation.openai.v1", "0.62.4"), (GPT_41,), ("5", "6"),
            "/docs/ask", "cloud", "documentation", "brackets", "cosine", 6, 4),
    Service("fjordline-desk", "rag", "otel", ("opentelemetry.instrumentation.google_genai", "1.3b0"), (FLASH,), ("v3",),
            "/desk", "airline", "policies", "numbered", "none", 5, 3, reranks=False, guards=("output",), guard_form="verdict"),
    Service("kundendienst", "rag", "openinference", ("openinference.instrumentation.haystack", "0.1.46"), (GPT_4O,), ("4",),
            "/chat", "kundendienst", "wissen", "sources", "cosine", 4, 2, rewrites=False, weight=0.6),
    Service("mediatheque", "rag", "otel", ("opentelemetry.instrumentation.genai.openai", "1.3b0"), (GPT_4O_MINI,), ("2",),
            "/questions", "mediatheque", "fiches", "brackets", "cosine", 3, 2, rewrites=False, reranks=False, weight=0.5),
    Service("order-agent", "agent", "openinference", ("openinference.instrumentation.openai_agents", "2.6.0"), (GPT_41, GPT_4O), ("9", "10"),
            "/agent/run", tells_version=False, weight=1.5),
    Service("travel-agent", "agent", "otel", ("opentelemetry.instrumentation.genai.anthropic", "1.3b0"), (SONNET, HAIKU), ("b4", "b5"),
            "/trips", guards=("input",), guard_form="verdict", weight=1.5),
    Service("ops-agent", "agent", "traceloop", ("opentelemetry.instrumentation.anthropic", "0.62.4"), (SONNET,), ("3",), "/ops"),
    Service("shop-agent", "agent", "vercel", ("ai", ""), (GPT_4O_MINI,), ("1",), "/api/shop", tells_version=False),
    Service("invoice-extractor", "extraction", "traceloop", ("opentelemetry.instrumentation.openai.v1", "0.50.1"), (GPT_4O_MINI, GPT_41), ("2", "3"), "/extract"),
    Service("mail-intake", "extraction", "otel", ("opentelemetry.instrumentation.genai.openai", "1.3b0"), (GPT_4O_MINI,), ("1", "2"), "/intake", streams=False),
    Service("report-reader", "extraction", "openinference", ("openinference.instrumentation.openai", "0.1.66"), (GPT_41,), ("7",), "/reports", streams=False),
    Service("companion", "chat", "otel", ("opentelemetry.instrumentation.genai.openai", "1.3b0"), (GPT_4O, GPT_4O_MINI), ("c1", "c2"), "/chat",
            guards=("input",), weight=1.5),
    Service("writing-helper", "chat", "vercel", ("ai", ""), (GPT_41,), ("1",), "/api/write"),
    Service("study-buddy", "chat", "openinference", ("openinference.instrumentation.anthropic", "3.1.0"), (HAIKU, SONNET), ("s5", "s6"), "/study"),
)  # fmt: skip

TENANTS = ("acme", "globex", "initech", "umbrella", "hooli")
LOCALES = ("en-US", "en-GB", "de-DE", "fr-FR")
SEGMENTS = ("free", "pro", "enterprise")
FLAGS = ("new-chunker", "fast-rerank", "tool-planner")
USERS = 400


class Visitor(NamedTuple):
    """Who is asking."""

    user: str
    tenant: str
    locale: str
    segment: str
    flags: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> dict[str, str]:
        """As the application attaches them to its spans."""
        return {
            "user.id": self.user, "tenant.id": self.tenant, "locale": self.locale, "user.segment": self.segment,
            **{f"feature_flag.{name}": variant for name, variant in self.flags},
        }  # fmt: skip


def visitor(dice: Dice, language: str) -> Visitor:
    """A person who always belongs to the same tenant and segment."""
    number = min(int(dice.about(30, 1.2)), USERS)
    locales = [locale for locale in LOCALES if locale.startswith(language)] or list(LOCALES)
    return Visitor(
        user=f"u-{1000 + number}",
        tenant=TENANTS[number % len(TENANTS)],
        locale=locales[number % len(locales)],
        segment=SEGMENTS[number % 7 % 3],
        flags=tuple((flag, "on" if (number + place) % 3 == 0 else "off") for place, flag in enumerate(FLAGS)),
    )


def version_of(service: Service, dice: Dice, progress: float) -> str:
    """The prompt version that answers at this point of the period: a new one is rolled out from its middle on."""
    if len(service.versions) == 1 or progress < 0.5:
        return service.versions[0]
    return service.versions[-1] if dice.happens(min(1.0, (progress - 0.5) * 4)) else service.versions[0]
