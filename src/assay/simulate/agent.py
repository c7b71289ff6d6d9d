"""An agent with tools: ask the model, run what it asks for, ask again, until it answers."""

import json
from dataclasses import dataclass, field
from typing import Any

from assay.simulate.cast import Service, Visitor, version_of
from assay.simulate.dice import Dice
from assay.simulate.errands import ERRANDS, Errand, as_result
from assay.simulate.trace import Call, Error, Message, Step, Tape
from assay.simulate.turn import Reply, Turn, generate, guard, guidelines, usual, usual_guards


@dataclass(slots=True)
class Use:
    """One call of a tool as it goes."""

    tool: str
    arguments: str
    result: str
    error: Error | None = None
    ms: float = 0.0
    """0: as usual."""
    runs: bool = True
    """Whether there is a span of the tool: an unknown tool may never run."""


@dataclass(slots=True)
class AgentTurn(Turn):
    """One errand."""

    errand: Errand | None = None
    rounds: list[list[Use]] = field(default_factory=list)
    """Tool calls by model call."""
    offered: list[dict[str, Any]] = field(default_factory=list)
    answers: bool = True
    """Whether the model gets to answer at the end."""
    end_error: Error | None = None
    """How the agent itself ends, where it does not answer."""


def plan(dice: Dice, service: Service, who: Visitor, progress: float, conversation: str) -> AgentTurn:
    """An errand that is done right."""
    errand = dice.chosen(ERRANDS[service.name])(dice)
    turn = AgentTurn(
        dice=dice, service=service, who=who, model=dice.chosen(service.models), version=version_of(service, dice, progress),
        conversation=conversation, question=errand.question, reply=Reply(dice.chosen(errand.answers)), guards=usual_guards(dice, service),
        errand=errand, offered=list(errand.tools),
    )  # fmt: skip
    turn.rounds = [[Use(run.tool, json.dumps(run.arguments), as_result(dice, run.result))] for run in errand.runs]
    return turn


def tell(turn: AgentTurn, tape: Tape, root: Step) -> None:
    """The steps of one errand, below the root."""
    if not guard(tape, turn, root, "input") or turn.errand is None:
        return
    agent = tape.open("agent", turn.service.name, root, given=turn.question)
    prompt = ("agent", turn.version) if turn.service.tells_version else None
    messages = [
        Message("system", turn.preamble + turn.errand.persona + guidelines(turn.service)),
        *turn.history,
        Message("user", turn.question),
    ]
    for number, uses in enumerate(turn.rounds):
        calls = tuple(Call(f"call_{turn.dice.letters(10)}", use.tool, use.arguments) for use in uses)
        said = Message("assistant", turn.dice.chosen(("", "", "", "Let me look that up.", "One moment.")), calls)
        asks = Reply(
            "", finish="tool_calls", cached=turn.reply.cached, retries=turn.reply.retries if number == 0 else 0
        )
        asks.first_token_ms = turn.slow_ms.get("planning", 0.0)
        generate(tape, turn, agent, list(messages), asks, answer=said, offered=turn.offered, prompt=prompt)
        messages.append(said)
        for use, call in zip(uses, calls, strict=True):
            if use.runs:
                ms = use.ms or usual(turn, "tool", 180)
                tape.run("tool", use.tool, agent, ms, tool=use.tool, arguments=use.arguments, call_id=call.id, error=use.error,
                         result=None if use.error and not use.result else use.result)  # fmt: skip
            messages.append(
                Message(
                    "tool",
                    use.result or (f"{use.error.type}: {use.error.message}" if use.error else ""),
                    call_id=call.id,
                )
            )
    if not turn.answers:
        tape.close(agent, error=turn.end_error)
        return
    step = generate(tape, turn, agent, list(messages), turn.reply, offered=turn.offered, prompt=prompt)
    tape.close(agent, error=step.error, gave=None if step.error else turn.reply.text)
    if step.error is None:
        guard(tape, turn, root, "output")
