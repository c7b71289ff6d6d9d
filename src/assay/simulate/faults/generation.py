"""The answer goes beyond the evidence."""

import re

from assay.simulate.agent import AgentTurn, Use
from assay.simulate.knowledge import NUMBER
from assay.simulate.rag import RagTurn, answer, citation, laid_out, with_disclaimer
from assay.simulate.trace import Error


def _bare(turn: RagTurn, text: str) -> str:
    """Without the disclaimer, so that something can be added before it."""
    return text.removesuffix(turn.domain.disclaimer).rstrip() if turn.domain.disclaimer else text


def claim_added(turn: RagTurn) -> None:
    """The answer is right and promises something more."""
    turn.reply.text = with_disclaimer(turn, f"{_bare(turn, turn.reply.text)} {turn.dice.chosen(turn.domain.claims)}")


def claim_first(turn: RagTurn) -> None:
    """The answer begins with something that nobody has written."""
    turn.reply.text = f"{turn.dice.chosen(turn.domain.claims)} {turn.reply.text}"


def claims_only(turn: RagTurn) -> None:
    """The answer is made up from beginning to end."""
    turn.reply.text = answer(turn, " ".join(turn.dice.some(turn.domain.claims, 2)), cites=turn.dice.happens(0.5))


def claim_as_bullet(turn: RagTurn) -> None:
    """A list whose last item is made up."""
    assert turn.fact is not None  # noqa: S101 - faults are put on questions that have an answer
    turn.reply.text = with_disclaimer(
        turn, f"Here is what I found:\n\n- {turn.dice.chosen(turn.fact.say)}\n- {turn.dice.chosen(turn.domain.claims)}"
    )


def another_number(turn: RagTurn, text: str) -> str:
    """The text with one number changed to one that stands nowhere in the prompt."""
    known = set(NUMBER.findall(laid_out(turn, turn.kept) + turn.question))
    found = list(NUMBER.finditer(text))
    match = turn.dice.chosen(found)
    plain = re.sub(r"\D", "", match[0])
    while True:
        value = max(2, int(int(plain) * turn.dice.chosen((0.4, 0.6, 1.5, 1.8, 2.5, 3.0)))) + turn.dice.between(0, 9)
        new = f"{value:,}" if "," in match[0] and value >= 1000 else str(value)
        if "." in match[0] and len(match[0].split(".")[1]) in (1, 2):
            new = f"{value / 10 ** len(match[0].split('.')[1]):.{len(match[0].split('.')[1])}f}"
        if new not in known and str(value) not in known:
            return text[: match.start()] + new + text[match.end() :]


def _numbers(turn: RagTurn) -> list[str]:
    assert turn.fact is not None  # noqa: S101 - see above
    return [one for one in turn.fact.say if NUMBER.search(one)]


def _with_numbers(turn: RagTurn) -> str:
    """An answer with a number in it; another fact of the page where this one has none."""
    assert turn.page is not None  # noqa: S101 - see above
    says = _numbers(turn) or [one for fact in turn.page.facts for one in fact.say if NUMBER.search(one)]
    return turn.dice.chosen(says) if says else f"This has applied since {turn.dice.between(2009, 2017)}."


def wrong_number(turn: RagTurn) -> None:
    """A number is not the one of the source."""
    turn.reply.text = answer(turn, another_number(turn, _with_numbers(turn)))


def wrong_number_cited(turn: RagTurn) -> None:
    """A wrong number with the right source beside it."""
    right = next((one for one in turn.kept if turn.page and one.id == turn.page.id), turn.kept[0])
    turn.reply.text = with_disclaimer(turn, f"{another_number(turn, _with_numbers(turn))} {citation(turn, right)}")


def added_date(turn: RagTurn) -> None:
    """A date is added that the source does not have."""
    when = turn.dice.chosen(
        (
            f"since {turn.dice.between(2, 28)} August 2019",
            f"until {turn.dice.between(2, 28)} January 2031",
            f"as of 2018-0{turn.dice.between(1, 9)}-15",
        )
    )
    turn.reply.text = with_disclaimer(turn, f"{_bare(turn, turn.reply.text)} This applies {when}.")


def added_price(turn: RagTurn) -> None:
    """A price or a percentage is added."""
    extra = turn.dice.chosen((f"A handling fee of {turn.dice.between(310, 490) / 100:.2f} euros is charged.", f"About {turn.dice.between(61, 79)} percent of people use this.",
                              f"You save {turn.dice.between(131, 189)} euros this way."))  # fmt: skip
    turn.reply.text = with_disclaimer(turn, f"{_bare(turn, turn.reply.text)} {extra}")
    turn.also("unsupported_generation.unsupported_claim")


def _invented_id(turn: RagTurn) -> str:
    known = {one.id for one in turn.searches[0].documents}
    own = turn.kept[0].id
    while True:
        made = re.sub(r"\d", lambda _: str(turn.dice.between(0, 9)), own)
        if made == own:
            made = f"{own}-{turn.dice.chosen(('appendix', 'annex', 'terms', 'v9'))}"
        if made not in known:
            return made


def unknown_document(turn: RagTurn) -> None:
    """A document is cited that was never retrieved."""
    base = _bare(turn, answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "", cites=False))
    cited = {
        "numbered": f"[{len(turn.kept) + turn.dice.between(2, 9)}]",
        "sources": f"(Source: {_invented_id(turn)})",
    }.get(turn.service.layout, f"[{_invented_id(turn)}]")
    turn.reply.text = with_disclaimer(turn, f"{base} {cited}")


def unknown_address(turn: RagTurn) -> None:
    """A web address is given that stands nowhere."""
    base = _bare(turn, answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "", cites=False))
    slug = turn.topic.lower().replace(" ", "-").replace(":", "")
    host = turn.domain.organisation.lower().replace(" ", "")
    turn.reply.text = with_disclaimer(turn, base + turn.dice.chosen((
        f" See https://www.{host}.example/help/{slug} for details.", f" Source: https://{host}.example/articles/{turn.dice.digits(5)}",
        f" More in [this article](https://support.{host}.example/{slug}-{turn.dice.digits(3)}).")))  # fmt: skip


def right_and_unknown_document(turn: RagTurn) -> None:
    """A right citation beside one that does not exist."""
    base = _bare(turn, answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "", cites=False))
    made = (
        f"[{len(turn.kept) + turn.dice.between(2, 9)}]"
        if turn.service.layout == "numbered"
        else f"[{_invented_id(turn)}]"
    )
    turn.reply.text = with_disclaimer(turn, f"{base} {citation(turn, turn.kept[0])} {made}")


def list_of_unknown_sources(turn: RagTurn) -> None:
    """A list of sources at the end, none of which was retrieved."""
    base = _bare(turn, answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "", cites=False))
    turn.reply.text = with_disclaimer(turn, f"{base}\n\nSources:\n- [{_invented_id(turn)}]\n- [{_invented_id(turn)}]")


def opposite(turn: RagTurn) -> None:
    """The answer says the opposite of the document."""
    _contrary(turn)
    turn.reply.text = answer(turn, turn.reply.text)


def opposite_cited(turn: RagTurn) -> None:
    """The opposite, with the document as its source."""
    _contrary(turn)
    right = next((one for one in turn.kept if turn.page and one.id == turn.page.id), turn.kept[0])
    turn.reply.text = with_disclaimer(turn, f"{turn.reply.text} {citation(turn, right)}")


def opposite_with_confidence(turn: RagTurn) -> None:
    """The opposite, told with much confidence."""
    _contrary(turn)
    low = turn.reply.text
    turn.reply.text = with_disclaimer(
        turn,
        turn.dice.chosen(
            (
                f"No doubt about it: {low}",
                f"To be very clear: {low} Please plan accordingly.",
                f"{low} I have checked this for you.",
            )
        ),
    )


def half_right(turn: RagTurn) -> None:
    """First right, then the opposite."""
    assert turn.fact is not None  # noqa: S101 - see above
    _contrary(turn)
    turn.reply.text = with_disclaimer(
        turn, f"{turn.dice.chosen(turn.fact.say)} However, {turn.reply.text[0].lower()}{turn.reply.text[1:]}"
    )


def _contrary(turn: RagTurn) -> None:
    assert turn.fact is not None  # noqa: S101 - see above
    text = turn.dice.chosen(turn.fact.contrary)
    known = set(NUMBER.findall(laid_out(turn, turn.kept)))
    if any(number not in known for number in NUMBER.findall(text)):
        turn.also("unsupported_generation.unsupported_number")
    turn.reply.text = text


def never_called(turn: AgentTurn) -> None:
    """The answer reports results although no tool was called."""
    turn.rounds = []
    turn.reply.text = turn.dice.chosen((*turn.errand.invented, *turn.errand.answers)) if turn.errand else ""


def other_result(turn: AgentTurn) -> None:
    """The tools returned one thing, the answer reports another."""
    turn.reply.text = turn.dice.chosen(turn.errand.invented) if turn.errand else ""


def changed_numbers(turn: AgentTurn) -> None:
    """The numbers in the answer are not those of the results."""
    said = turn.reply.text
    known = {
        number for uses in turn.rounds for use in uses for number in NUMBER.findall(use.result + use.arguments)
    } | set(NUMBER.findall(turn.question))

    def change(match: re.Match[str]) -> str:
        plain = match[0].replace(",", "")
        if "." in plain:
            return f"{float(plain) * 1.7 + 3.31:.2f}"
        made = int(plain) + turn.dice.between(17, 90)
        while str(made) in known:
            made += 1
        return str(made)

    changed = re.sub(r"(?<![\w.:-])\d[\d,]*(?:\.\d+)?(?![\w:-]|\.\d)", change, said)
    turn.reply.text = changed if changed != said else turn.dice.chosen(turn.errand.invented if turn.errand else (said,))


def failed_and_invented(turn: AgentTurn) -> None:
    """The tool failed and the answer reports a result all the same."""
    first = turn.rounds[0][0]
    turn.rounds = [
        [
            Use(
                first.tool,
                first.arguments,
                "",
                Error(
                    "ToolException",
                    turn.dice.chosen(("upstream returned 503", "connection refused", "internal server error")),
                    503,
                ),
            )
        ]
    ]
    turn.reply.text = turn.dice.chosen(turn.errand.invented) if turn.errand else ""
    turn.also("tool_failure.tool_error")
    turn.primary = "tool_failure.tool_error"


def empty_and_invented(turn: AgentTurn) -> None:
    """The tool found nothing and the answer reports a result all the same."""
    first = turn.rounds[0][0]
    turn.rounds = [
        [
            Use(
                first.tool,
                first.arguments,
                turn.dice.chosen(("[]", "{}", '{"results": []}', "null", '{"found": false}')),
            )
        ]
    ]
    turn.reply.text = turn.dice.chosen(turn.errand.invented) if turn.errand else ""


CLAIM = (claim_added, claim_first, claims_only, claim_as_bullet)
NUMBERS = (wrong_number, wrong_number_cited, added_date, added_price)
CITATION = (unknown_document, unknown_address, right_and_unknown_document, list_of_unknown_sources)
CONTRARY = (opposite, opposite_cited, opposite_with_confidence, half_right)
TOOL_RESULT = (never_called, other_result, changed_numbers, failed_and_invented, empty_and_invented)
