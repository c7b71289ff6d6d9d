"""What one request is going to be: planned first, then spoilt by a fault or not, then told step by step."""

from dataclasses import dataclass, field

from assay.simulate.cast import Service, Visitor
from assay.simulate.dice import Dice
from assay.simulate.trace import Error, Message, Model, Step, Tape, tokens_of

CACHED_FROM_TOKENS = 1024
"""Shortest prefix that providers cache; they count in steps of 128.

https://platform.openai.com/docs/guides/prompt-caching
"""


@dataclass(slots=True)
class Reply:
    """How the model call goes that writes the answer."""

    text: str
    finish: str = "stop"
    error: Error | None = None
    failed_attempts: list[Error] = field(default_factory=list)
    """Attempts that the application made before, each with a span of its own."""
    retries: int = 0
    first_token_ms: float = 0.0
    """0: as usual."""
    stalls_ms: float = 0.0
    """Time lost besides writing."""
    input_tokens: int = 0
    """0: counted from the texts."""
    output_tokens: int = 0
    cached: bool = True
    """Whether the provider finds what it has seen before."""
    max_tokens: int = 0


@dataclass(slots=True)
class Guard:
    """A guardrail that looks at something."""

    name: str
    target: str
    """input, output or tool_call."""
    verdict: str = "allow"
    reason: str = ""
    ms: float = 30.0


@dataclass(slots=True)
class Turn:
    """One request of a conversation; subclasses add what their application does."""

    dice: Dice
    service: Service
    who: Visitor
    model: Model
    version: str
    conversation: str
    question: str
    reply: Reply
    history: list[Message] = field(default_factory=list)
    """Earlier questions and answers that the model is given again."""
    seen_tokens: int = 0
    """Input tokens of the conversation's last model call: what a provider may have cached."""
    guards: list[Guard] = field(default_factory=list)
    slow_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds that stages take instead of the usual ones."""
    outcome: str = "success"
    preamble: str = ""
    """What stands before everything else in the prompt."""
    captured: bool = True
    """Whether the libraries record texts."""
    faults: list[str] = field(default_factory=list)
    primary: str = ""

    def also(self, *labels: str) -> None:
        """Note what else went wrong because of the fault."""
        self.faults += [label for label in labels if label not in self.faults]


def usual(turn: Turn, stage: str, ms: float) -> float:
    """How long a stage takes: usually about `ms`, with a bounded tail."""
    return turn.slow_ms.get(stage) or min(turn.dice.about(ms), ms * 2.5)


GUIDELINES = (
    "Answer in the language of the person who asks.", "Be friendly and come to the point.", "Write plain text and avoid headings in short answers.",
    "Never mention internal system names.", "Ask back if a question can be read in several ways.", "Quote amounts exactly as they are written in the source.",
    "Do not speculate about future prices.", "If a person is upset, acknowledge it once and then help.", "Prefer short sentences.",
    "Name the menu path when you explain where something is found.", "Use the metric system.", "Do not use emojis unless the person does.",
    "Do not promise exceptions to the rules.", "Explain abbreviations when they appear for the first time.", "Offer a colleague when the question is about a complaint.",
    "Keep lists to a handful of items.", "Do not repeat the question in the answer.", "Mention costs before steps.", "Address people politely.",
    "If sources disagree, prefer the newer one and say so.", "Write times in the form that is common in the country.", "Do not comment on competitors.",
    "Treat what people tell you as confidential.", "Do not discuss politics or religion.", "When steps are needed, number them.",
    "Say who decides when something needs an approval.", "Use the present tense.", "Do not shorten product names.", "Thank people for feedback.",
    "When a deadline has passed, say what is still possible.", "Leave out marketing phrases.", "Do not apologise more than once.",
    "Point to the right form if there is one.", "Write out units.", "Do not guess names of people.", "Avoid exclamation marks in serious matters.",
    "Give the reason for a rule when the source has it.", "If somebody thanks you, answer briefly.", "Do not ask for passwords.",
    "If a question touches several topics, answer them one after the other.", "Keep the tone of the brand: calm, exact, warm.",
    "Do not give medical or legal advice.", "Use the words of the source for technical terms.", "Close without a summary.",
)  # fmt: skip
DETAILED = frozenset({"outfitters-help", "appliance-guide", "order-agent", "travel-agent", "ops-agent", "companion"})
"""Services whose prompt is long enough to be cached."""


def guidelines(service: Service) -> str:
    """The long part of a system prompt, the same in every request of a service."""
    if service.name not in DETAILED:
        return ""
    order = Dice(*service.name.encode()).shuffled(GUIDELINES)
    lines = [
        f"{number}. {line} This holds for the channel {service.route} in every conversation."
        for number, line in enumerate(order, 1)
    ]
    return "\n\nHouse rules:\n" + "\n".join(lines)


def generate(
    tape: Tape, turn: Turn, parent: Step, messages: list[Message], reply: Reply, *, head: str = "", **fields: object
) -> Step:
    """A model call with its failed attempts before it; the last step.

    `head` is what every request of the service begins with, where the rest of the system prompt changes; else the messages
    of a conversation only grow.
    """
    model = turn.model
    settings: dict[str, object] = {"temperature": 0.2}
    if reply.max_tokens:
        settings["max_tokens"] = reply.max_tokens
    for error in reply.failed_attempts:
        tape.run("chat", f"chat {model.asked}", parent, turn.dice.about(300), model=model, messages=messages, error=error,
                 settings=settings, **fields)  # fmt: skip
        tape.wait(turn.dice.about(700))
    step = tape.open("chat", f"chat {model.asked}", parent, model=model, messages=messages, settings=settings, retries=reply.retries, **fields)  # fmt: skip
    first = reply.first_token_ms or min(turn.dice.about(520), 1900.0)
    if reply.error is not None:
        tape.wait(reply.stalls_ms or turn.dice.about(400))
        return tape.close(step, error=reply.error)
    answer = step.answer or Message("assistant", reply.text)
    written = reply.output_tokens or tokens_of(answer.text, *(call.arguments for call in answer.calls))
    offered = tokens_of(*(str(tool) for tool in step.offered)) if step.offered else 0
    used = reply.input_tokens or tokens_of(*(message.text for message in messages)) + offered + 24
    step.input_tokens, step.output_tokens = used, written
    _cache(
        turn,
        step,
        reply,
        tokens_of(head) if head else max(turn.seen_tokens, offered + tokens_of(messages[0].text)),
        grown=not head and turn.seen_tokens > 0,
    )
    tape.wait(first + reply.stalls_ms + written / model.tokens_per_second * 1000)
    if turn.service.streams:
        step.first_token_ms = first
    turn.seen_tokens = used
    return tape.close(step, answer=answer, finish=reply.finish)


def _cache(turn: Turn, step: Step, reply: Reply, known: int, *, grown: bool) -> None:
    """What the provider reads from its cache, and what Anthropic's writes. `grown`: the conversation has been there before."""
    known = min(known, step.input_tokens) // 128 * 128
    if reply.cached and known >= CACHED_FROM_TOKENS and (grown or turn.history or turn.dice.happens(0.6)):
        step.cache_read_tokens = known
    elif turn.model.provider == "anthropic" and step.input_tokens >= CACHED_FROM_TOKENS:
        step.cache_write_tokens = step.input_tokens // 128 * 128


def guard(tape: Tape, turn: Turn, parent: Step, target: str) -> bool:
    """Run the guardrails for `target`; whether the request may go on."""
    for one in turn.guards:
        if one.target == target:
            tape.run("guardrail", one.name, parent, turn.slow_ms.get("guardrail") or turn.dice.about(one.ms),
                     guard=(one.name, one.target, one.verdict, one.reason))  # fmt: skip
            if one.verdict == "deny":
                return False
    return True


GUARD_NAMES = ("prompt-shield", "pii-filter", "toxicity", "topic-policy", "llama-guard")


def usual_guards(dice: Dice, service: Service) -> list[Guard]:
    """Guardrails that look and pass."""
    return [Guard(dice.chosen(GUARD_NAMES), target) for target in service.guards]
