"""Extraction: a document goes in, JSON that fits a schema comes out."""

import json
from dataclasses import dataclass, field
from typing import Any

from assay.simulate.cast import Service, Visitor, version_of
from assay.simulate.dice import Dice
from assay.simulate.papers import PAPERS, Paper
from assay.simulate.trace import Error, Message, Step, Tape
from assay.simulate.turn import Reply, Turn, generate, guard, usual, usual_guards


@dataclass(slots=True)
class ExtractionTurn(Turn):
    """One document."""

    paper: Paper | None = None
    schema: dict[str, Any] = field(default_factory=dict)
    parse_error: Error | None = None
    """How the application fails on the answer."""


def plan(dice: Dice, service: Service, who: Visitor, progress: float, conversation: str) -> ExtractionTurn:
    """A document that is extracted right."""
    paper = dice.chosen(PAPERS[service.name])(dice)
    written = json.dumps(paper.value, indent=dice.chosen((None, None, 2)), ensure_ascii=dice.happens(0.5))
    return ExtractionTurn(
        dice=dice, service=service, who=who, model=dice.chosen(service.models), version=version_of(service, dice, progress),
        conversation="", question=paper.text, reply=Reply(written), guards=usual_guards(dice, service), paper=paper, schema=paper.schema,
    )  # fmt: skip


def tell(turn: ExtractionTurn, tape: Tape, root: Step) -> None:
    """The steps of one document, below the root."""
    if turn.paper is None or not guard(tape, turn, root, "input"):
        return
    tape.run("step", "load document", root, usual(turn, "loading", 25))
    messages = [Message("system", turn.paper.task), Message("user", turn.question)]
    step = generate(tape, turn, root, messages, turn.reply, prompt=("extract", turn.version), schema=turn.schema)
    if step.error is None and guard(tape, turn, root, "output"):
        tape.run("step", "parse output", root, 1.0, error=turn.parse_error)
