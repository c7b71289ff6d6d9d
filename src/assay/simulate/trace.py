"""What an application does for one request, before any library has put it into attributes.

A `Tape` records steps while a story is told; `emit` turns the steps into spans of one dialect.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assay.simulate.dice import Dice

MS = 1_000_000

Kind = Literal[
    "server", "step", "chat", "embed", "retrieve", "rerank", "tool", "agent", "guardrail",
]  # fmt: skip
"""What a step is; `step` is plain code between the others."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that a model asks for."""

    id: str
    name: str
    arguments: str
    """As the model wrote them: usually JSON."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[Call, ...] = ()
    call_id: str = ""
    """On a tool's message: the call that it answers."""


@dataclass(frozen=True, slots=True)
class Document:
    """One chunk that a search returned."""

    id: str
    title: str
    text: str
    score: float = 0.0
    updated: str = ""
    version: str = ""
    selected: bool | None = None

    def but(self, **changes: Any) -> "Document":
        """The document with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Error:
    """How a step failed: the exception's class, its message, and the HTTP status where there was an answer."""

    type: str
    message: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """A model as asked for and as it names itself in the answer."""

    provider: str
    asked: str
    answered: str
    window_tokens: int
    tokens_per_second: float


@dataclass(slots=True)
class Step:
    """One span to be. Fields that do not apply stay empty."""

    kind: Kind
    name: str
    span_id: bytes
    parent: "Step | None"
    start_ns: int
    end_ns: int = 0
    error: Error | None = None
    model: Model | None = None
    messages: list[Message] = field(default_factory=list)
    answer: Message | None = None
    finish: str = ""
    offered: list[dict[str, Any]] = field(default_factory=list)
    """Tools that the model may call: name, description, parameters (JSON Schema)."""
    schema: dict[str, Any] | None = None
    """JSON Schema that the answer has to fit; `{}` where any JSON object will do."""
    settings: dict[str, Any] = field(default_factory=dict)
    """temperature, max_tokens, ..."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    first_token_ms: float | None = None
    """Set where the answer was streamed."""
    retries: int = 0
    """Attempts that failed inside the client library before this one succeeded."""
    prompt: tuple[str, str] | None = None
    """Name and version of the prompt template."""
    query: str = ""
    documents: list[Document] | None = None
    top_k: int = 0
    source: str = ""
    tool: str = ""
    call_id: str = ""
    arguments: str = ""
    result: str | None = None
    guard: tuple[str, str, str, str] | None = None
    """Guardrail: its name, what it looked at (input, output, tool_call), its verdict (allow, deny, modify), its reason."""
    given: str | None = None
    """What a plain step, an agent or the root took in, where the library records it."""
    gave: str | None = None
    """What it handed on."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """What the application itself attaches."""


@dataclass(slots=True)
class Tape:
    """One trace while it is recorded: `at_ns` is the moment that the story has reached."""

    dice: Dice
    at_ns: int
    trace_id: bytes
    steps: list[Step] = field(default_factory=list)

    def open(self, kind: Kind, name: str, parent: Step | None = None, **fields: Any) -> Step:
        """A step that starts now."""
        step = Step(kind, name, self.dice.bytes(8), parent, self.at_ns, **fields)
        self.steps.append(step)
        return step

    def close(self, step: Step, **fields: Any) -> Step:
        """End a step now."""
        for name, value in fields.items():
            setattr(step, name, value)
        step.end_ns = self.at_ns
        return step

    def run(self, kind: Kind, name: str, parent: Step | None, ms: float, **fields: Any) -> Step:
        """A step without children that takes `ms`."""
        step = self.open(kind, name, parent, **fields)
        self.wait(ms)
        return self.close(step)

    def wait(self, ms: float) -> None:
        """Let `ms` pass."""
        self.at_ns += int(ms * MS)


def tokens_of(*texts: str) -> int:
    """About as many tokens as a tokenizer would count."""
    return sum(len(text) for text in texts) // 4 + 4
