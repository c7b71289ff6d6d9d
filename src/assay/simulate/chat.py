"""A general assistant: people ask for anything, in conversations."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import msgspec
import yaml

from assay.simulate import phrases
from assay.simulate.cast import Service, Visitor, version_of
from assay.simulate.dice import Dice
from assay.simulate.trace import Message, Step, Tape
from assay.simulate.turn import Reply, Turn, generate, guard, guidelines, usual_guards

PERSONAS = {
    "companion": "You are a helpful companion.",
    "writing-helper": "You help people write.",
    "study-buddy": "You are a patient tutor.",
}


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that people ask, with answers."""

    ask: tuple[str, ...]
    say: tuple[str, ...]


@lru_cache(1)
def topics() -> tuple[Topic, ...]:
    """What people ask general assistants."""
    text = (resources.files("assay.simulate") / "chats.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), tuple[Topic, ...])


@dataclass(slots=True)
class ChatTurn(Turn):
    """One message."""


def plan(dice: Dice, service: Service, who: Visitor, progress: float, conversation: str) -> ChatTurn:
    """A message that is answered well: mostly tasks, sometimes small talk or something that is rightly refused."""
    kind = dice.chosen(("task", "talk", "refusal"), (0.86, 0.1, 0.04))
    if kind == "task":
        topic = dice.chosen(topics())
        asked, said = dice.chosen(topic.ask), dice.chosen(topic.say)
    else:
        asked, said = dice.chosen(phrases.SMALL_TALK if kind == "talk" else phrases.RIGHT_REFUSALS)
    return ChatTurn(
        dice=dice, service=service, who=who, model=dice.chosen(service.models), version=version_of(service, dice, progress),
        conversation=conversation, question=asked, reply=Reply(said), guards=usual_guards(dice, service),
    )  # fmt: skip


def tell(turn: ChatTurn, tape: Tape, root: Step) -> None:
    """The steps of one message, below the root."""
    if not guard(tape, turn, root, "input"):
        return
    messages = [
        Message("system", turn.preamble + PERSONAS[turn.service.name] + guidelines(turn.service)),
        *turn.history,
        Message("user", turn.question),
    ]
    step = generate(tape, turn, root, messages, turn.reply, prompt=("chat", turn.version))
    if step.error is None:
        guard(tape, turn, root, "output")
