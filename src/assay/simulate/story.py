"""A conversation from its first turn to its last, one trace each, with the truth beside it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.simulate import agent, chat, extraction, rag
from assay.simulate.cast import App, Service, visitor
from assay.simulate.dice import Dice
from assay.simulate.emit import emit
from assay.simulate.faults import Variant
from assay.simulate.knowledge import domains
from assay.simulate.policy import consequences
from assay.simulate.trace import Error, Message, Step, Tape
from assay.simulate.turn import Turn

PLANS: dict[App, Callable[..., Any]] = {
    "rag": rag.plan,
    "agent": agent.plan,
    "extraction": extraction.plan,
    "chat": chat.plan,
}
TELLS: dict[App, Callable[[Any, Tape, Step], None]] = {
    "rag": rag.tell,
    "agent": agent.tell,
    "extraction": extraction.tell,
    "chat": chat.tell,
}
STATUS_OF_CLASS = {429: 503, 400: 400}
"""What the application answers when a provider has answered it so; else 502, or 504 after a time-out."""


class Truth(NamedTuple):
    """What is true of a trace, whatever its telemetry shows."""

    trace_id: str
    app: App
    service: str
    faults: tuple[str, ...]
    """Labels: the fault that was put in, and what follows from it."""
    primary: str
    """The most upstream of them; empty for a clean trace."""
    clean: bool
    variant: str
    """In which of its ways the fault shows; empty for a clean trace."""


class Told(NamedTuple):
    """One trace."""

    request: ExportTraceServiceRequest
    truth: Truth
    start_ns: int


class Fault(NamedTuple):
    """A fault that is to happen."""

    label: str
    variant: Variant
    version: str = ""
    """Prompt version that it came with; empty for any."""


def conversation(
    seed: int, number: int, service: Service, *, at_ns: int, progress: float, fault: Fault | None = None
) -> Iterator[Told]:
    """The turns of one conversation; a fault happens in the last one. The same arguments give the same conversation.

    `progress` is the share of the period that has passed, which decides about prompt versions.
    """
    dice = Dice(seed, number)
    language = domains()[service.domain].language if service.domain else "en"
    who = visitor(dice, language)
    name = f"conv-{dice.letters(12)}"
    turns = _turns(dice, service)
    if fault is not None:
        turns = max(fault.variant.turns, turns if dice.happens(0.3) else 1)
    first: Turn | None = None
    history: list[Message] = []
    seen_tokens = 0
    for place in range(turns):
        turn: Turn = PLANS[service.app](dice, service, who, progress, name)
        first = first or turn
        turn.model, turn.version = first.model, (fault.version if fault else "") or first.version
        if service.app in ("rag", "chat"):
            turn.history = list(history)
        if service.app == "chat":
            turn.seen_tokens = seen_tokens
        last = place == turns - 1
        _habits(turn, clean=fault is None or not last)
        if fault is not None and last:
            turn.faults = [fault.label]
            turn.primary = fault.label
            fault.variant.apply(turn)
        tape = Tape(dice, at_ns, dice.bytes(16))
        _tell(turn, tape)
        if turn.faults:
            turn.also(*consequences(turn, tape.steps))
        truth = Truth(tape.trace_id.hex(), service.app, service.name, tuple(turn.faults), turn.primary, not turn.faults,
                      fault.variant.name if fault is not None and last else "")  # fmt: skip
        yield Told(emit(tape, service, _labels(turn), captured=turn.captured), truth, at_ns)
        history += [Message("user", turn.question), Message("assistant", turn.reply.text)]
        seen_tokens = turn.seen_tokens
        at_ns = tape.at_ns + int(dice.about(25, 0.6) * 1e9)


def _turns(dice: Dice, service: Service) -> int:
    return dice.chosen((1, 2, 3, 5), (0.72, 0.14, 0.09, 0.05)) if service.app in ("rag", "chat") else 1


TRANSIENT = (Error("openai.RateLimitError", "Rate limit reached, please try again in 20 ms", 429), Error("APIConnectionError", "Connection error."),
             Error("openai.InternalServerError", "500 Internal Server Error", 500))  # fmt: skip


def _habits(turn: Turn, *, clean: bool) -> None:
    """What happens every day and is no failure: attempts that are made again, texts that are not recorded."""
    if turn.dice.happens(0.02):
        turn.reply.retries = 1
    if clean and turn.dice.happens(0.006):
        turn.reply.failed_attempts = [turn.dice.chosen(TRANSIENT)]
    if clean and turn.dice.happens(0.03):
        turn.captured = False


def _labels(turn: Turn) -> dict[str, str]:
    labels = turn.who.labels
    if not turn.conversation or turn.service.app == "extraction":
        return labels
    key = {
        "otel": "gen_ai.conversation.id",
        "vercel": "ai.telemetry.metadata.sessionId",
        "traceloop": "traceloop.association.properties.session_id",
    }
    return labels | {key.get(turn.service.dialect, "session.id"): turn.conversation}


def _tell(turn: Turn, tape: Tape) -> None:
    service = turn.service
    root = tape.open("server", f"POST {service.route}", attributes={
        "http.route": service.route, "url.path": service.route, "app.feature": service.name, "request.id": f"req-{tape.trace_id.hex()[:12]}"})  # fmt: skip
    tape.wait(turn.dice.within(2, 8))
    TELLS[service.app](turn, tape, root)
    tape.wait(turn.dice.within(1, 4))
    failed = next(
        (
            step.error
            for step in reversed(tape.steps)
            if step.error is not None and step.kind in ("chat", "retrieve", "agent")
        ),
        None,
    )
    answered = any(
        step.kind == "chat"
        and step.answer is not None
        and step.answer.text == turn.reply.text
        and not step.answer.calls
        for step in tape.steps
    )
    if failed is not None and not answered:
        late = any(word in f"{failed.type} {failed.message}".lower() for word in ("time", "deadline"))
        status = STATUS_OF_CLASS.get(failed.status, 504 if late else 502)
        root.error = Error(str(status), f"{failed.type}: {failed.message[:80]}", status)
        turn.outcome = "failure"
    root.attributes["app.outcome"] = turn.outcome
    tape.close(root)
