"""What happens to long conversations and long prompts."""

from assay.simulate.trace import Message
from assay.simulate.turn import Turn


def history_dropped(turn: Turn) -> None:
    """The window of messages moved on: the first turns are gone."""
    turn.history = turn.history[-2:]


def history_gone(turn: Turn) -> None:
    """A restart lost the whole history."""
    turn.history = []
    turn.question = f"{turn.dice.chosen(('As I said before: ', 'Coming back to my first question: ', 'And now, with what I told you: '))}{turn.question}"


def oldest_pair_dropped(turn: Turn) -> None:
    """The oldest question and answer are gone."""
    turn.history = turn.history[2:]


def _summary(turn: Turn) -> str:
    asked = [one.text for one in turn.history if one.role == "user"]
    return "; ".join(f"the user asked: {text[:80]}" for text in asked)


def summarised_by_system(turn: Turn) -> None:
    """A system message sums up what was said before."""
    head = turn.dice.chosen(
        ("Summary of the conversation so far: ", "[Conversation summary] ", "The conversation was compacted. Summary: ")
    )
    turn.history = [Message("system", head + _summary(turn)), *turn.history[-2:]]


def summarised_by_assistant(turn: Turn) -> None:
    """A message of the assistant stands for what was said before."""
    turn.history = [
        Message("user", "What have we discussed so far?"),
        Message("assistant", f"Summary of our earlier conversation: {_summary(turn)}"),
    ]


def summarised_in_tags(turn: Turn) -> None:
    """A tagged summary stands for what was said before."""
    turn.history = [
        Message("user", f"<summary>\nPreviously: {_summary(turn)}\n</summary>"),
        Message("assistant", "Understood, let us go on."),
    ]


PASTED = "The minutes follow. Item {}: the group discussed the plan for building {}, agreed on the next steps and asked for a written report. "


def _fills(turn: Turn, low: float, high: float) -> None:
    turn.reply.input_tokens = int(turn.model.window_tokens * turn.dice.within(low, high))
    turn.reply.first_token_ms = turn.dice.within(1200, 2800)


def nearly_full(turn: Turn) -> None:
    """The input leaves hardly any room."""
    _fills(turn, 0.955, 0.985)


def full_to_the_brim(turn: Turn) -> None:
    """The input leaves no room for an answer."""
    _fills(turn, 0.985, 0.999)


def long_paste(turn: Turn) -> None:
    """Somebody pastes a very long document."""
    pasted = "".join(PASTED.format(number, turn.dice.between(1, 40)) for number in range(1, 60))
    turn.question = f"{turn.question}\n\n{pasted}"
    _fills(turn, 0.95, 0.99)


HISTORY_TRUNCATED = (history_dropped, history_gone, oldest_pair_dropped)
COMPACTED = (summarised_by_system, summarised_by_assistant, summarised_in_tags)
NEAR_LIMIT = (nearly_full, full_to_the_brim, long_paste)
