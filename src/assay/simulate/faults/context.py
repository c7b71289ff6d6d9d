"""The prompt holds noise, contradiction or broken chunks."""

from assay.simulate.dice import Dice
from assay.simulate.faults.retrieval import admit, from_memory, swapped
from assay.simulate.rag import RagTurn, answer, irrelevant, laid_out, neighbours, ranked
from assay.simulate.trace import Document

MARKS = ("", "", "...", "\n[truncated]", " [...]", "\n(context cut: token limit reached)", "…")


def _passage(turn: RagTurn, text: str) -> int:
    """Where the passage begins that answers the question."""
    assert turn.fact is not None  # noqa: S101 - faults are put on questions that have an answer
    return max(0, text.lower().find(turn.fact.swap[0].lower()))


def _right_first(turn: RagTurn) -> None:
    turn.kept.sort(key=lambda one: turn.page is not None and one.id != turn.page.id)


def cut_before_passage(turn: RagTurn) -> None:
    """The context ends before the sentence that is needed."""
    _right_first(turn)
    whole = laid_out(turn, turn.kept)
    turn.context = whole[: max(60, _passage(turn, whole) + turn.dice.between(-4, 3))].rstrip() + turn.dice.chosen(MARKS)
    admit(turn) if turn.dice.happens(0.6) else from_memory(turn)


def cut_in_last_document(turn: RagTurn) -> None:
    """The last document is cut; the answer stands before it."""
    _right_first(turn)
    whole = laid_out(turn, turn.kept)
    last = len(whole) - len(turn.kept[-1].text) // turn.dice.between(2, 3)
    turn.context = whole[:last].rstrip() + turn.dice.chosen(MARKS)


def each_document_cut(turn: RagTurn) -> None:
    """Every document is cut to the same number of characters."""
    _right_first(turn)
    size = turn.dice.between(70, 120)
    cut = [one.but(text=one.text[:size] + turn.dice.chosen(("...", "…", " [...]"))) for one in turn.kept]
    turn.context = laid_out(turn, cut)
    if _passage(turn, turn.kept[0].text) + len(turn.fact.swap[0] if turn.fact else "") > size - 5:
        admit(turn)
    else:
        turn.reply.text = turn.fact.swap[0][0].upper() + turn.fact.swap[0][1:] + "." if turn.fact else ""


def cut_in_the_middle(turn: RagTurn) -> None:
    """The middle of the context was left out to save tokens."""
    _right_first(turn)
    whole = laid_out(turn, turn.kept)
    third = len(whole) // 3
    turn.context = (
        whole[:third].rstrip()
        + turn.dice.chosen(("\n[... omitted ...]\n", "\n<truncated/>\n", "\n...[truncated 1,204 characters]...\n"))
        + whole[2 * third :]
    )
    if turn.fact and turn.fact.swap[0].lower() not in turn.context.lower():
        admit(turn)


def _rival(turn: RagTurn) -> Document:
    """Another document that says something else about the same thing."""
    assert turn.page is not None  # noqa: S101 - see above
    assert turn.fact is not None  # noqa: S101 - see above
    new = turn.fact.swap[1]
    sentences = turn.page.outdated(turn.fact).split(". ")
    sentence = next((one for one in sentences if new.lower() in one.lower()), sentences[0]).rstrip(".")
    title, lead = turn.dice.chosen((("Frequently asked questions", ""), ("Summary for the call centre", "Short version for colleagues. "),
                                    ("Partner information", "For our partners: "), ("Announcement", "Please note. "), (f"{turn.page.title} (regional)", "")))  # fmt: skip
    return Document(
        f"{turn.page.id}-{turn.dice.chosen(('faq', 'short', 'b', 'extra'))}",
        title,
        f"{lead}{sentence}.",
        updated=turn.page.updated,
    )


def _with_rival(turn: RagTurn) -> None:
    assert turn.page is not None  # noqa: S101 - see above
    pair = turn.dice.shuffled([turn.page.document(), _rival(turn)])
    documents = ranked(turn, [*pair, *neighbours(turn, max(1, turn.service.top_k - 2))], relevant=2)
    turn.searches[0].documents = documents
    turn.kept = documents[: max(2, turn.service.keeps)]


def contradiction_first_taken(turn: RagTurn) -> None:
    """Two documents disagree; the answer follows the right one."""
    _with_rival(turn)
    turn.reply.text = answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "")


def contradiction_wrong_taken(turn: RagTurn) -> None:
    """Two documents disagree; the answer follows the wrong one."""
    _with_rival(turn)
    turn.reply.text = answer(turn, swapped(turn))


def contradiction_told(turn: RagTurn) -> None:
    """Two documents disagree, and the answer says so."""
    _with_rival(turn)
    right, wrong = turn.dice.chosen(turn.fact.say) if turn.fact else "", swapped(turn)
    turn.reply.text = answer(
        turn,
        turn.dice.chosen(
            (
                f"The documents differ. One says: {right} Another says: {wrong}",
                f"I found two statements: \n- {right}\n- {wrong}",
            )
        ),
    )


def three_versions(turn: RagTurn) -> None:
    """Two documents disagree with a third."""
    _with_rival(turn)
    first = _rival(turn)
    second = first.but(id=f"{first.id}-2", title="Notice board")
    turn.searches[0].documents.insert(1, second.but(score=turn.searches[0].documents[0].score))
    turn.kept.insert(1, turn.searches[0].documents[1])
    turn.reply.text = answer(turn, swapped(turn))


def _copies(turn: RagTurn, copies: list[Document]) -> None:
    documents = ranked(
        turn, [*copies, *neighbours(turn, max(1, turn.service.top_k - len(copies)))], relevant=len(copies)
    )
    turn.searches[0].documents = documents
    turn.kept = documents[: max(len(copies) + 1, turn.service.keeps)]


def indexed_twice(turn: RagTurn) -> None:
    """The page is in the index under two or three ids."""
    assert turn.page is not None  # noqa: S101 - see above
    document = turn.page.document()
    _copies(
        turn, [document, *(document.but(id=f"{document.id}-{number}") for number in range(2, turn.dice.between(3, 4)))]
    )


def same_chunk_again(turn: RagTurn) -> None:
    """Several queries return the same chunk, and nobody removes it."""
    assert turn.page is not None  # noqa: S101 - see above
    _copies(turn, [turn.page.document()] * turn.dice.between(2, 4))


def reformatted_copy(turn: RagTurn) -> None:
    """The page and its print version differ in layout only."""
    assert turn.page is not None  # noqa: S101 - see above
    document = turn.page.document()
    copy = turn.dice.chosen(
        (
            document.text.replace(". ", ".\n"),
            document.text.replace(" ", "  "),
            document.text.upper(),
            f"{document.title}. {document.text}",
        )
    )
    _copies(turn, [document, document.but(id=f"{document.id}-print", text=copy)])


def other_page_repeated(turn: RagTurn) -> None:
    """A page that is not needed fills several places."""
    other = neighbours(turn, 1)[0]
    right = [turn.page.document()] if turn.page else []
    documents = ranked(turn, [*right, other, other.but(id=f"{other.id}-copy"), *neighbours(turn, 1)], relevant=1)
    turn.searches[0].documents, turn.kept = documents, documents[:3]


RULINGS = "|----|----|----|\n| | | |\n|====|====|====|\n" * 4 + "| 1 | | |"
MARKUP = '<div class="c"><span></span><td></td></tr><tr><td>&nbsp;</td><td>&nbsp;</td></tr></table></div>' * 3
PDF = "%PDF-1.7 obj << /Type /Page /Parent 3 0 R /Resources 6 0 R >> endobj xref 0000000016 00000 n stream x\x9c\x8d endstream"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def broken(dice: Dice, text: str) -> str:
    """A text as a bad parser leaves it behind."""
    way = dice.between(1, 7)
    if way == 1:
        return "".join(dice.chosen("ÃÂâ€™Ÿ¤�¶") if dice.happens(0.45) else letter for letter in text)
    if way == 2:
        return dice.letters(len(text), BASE64) + "=="
    if way == 3:
        return "\ufffd" * 30 + " " + " ".join("\ufffd" * dice.between(2, 9) for _ in range(20))
    if way == 4:
        return " ".join(
            word if dice.happens(0.12) else dice.letters(dice.between(1, 5), "bcdfghjklmnpqrstvwxz~_^|")
            for word in text.split()
        )
    return (RULINGS, MARKUP, PDF)[way - 5]


def _break(turn: RagTurn, place: int) -> None:
    old = turn.kept[place]
    new = old.but(text=broken(turn.dice, old.text))
    turn.searches[0].documents = [new if one == old else one for one in turn.searches[0].documents]
    turn.kept[place] = new


def broken_source(turn: RagTurn) -> None:
    """The chunk that is needed cannot be read."""
    _right_first(turn)
    _break(turn, 0)
    admit(turn) if turn.dice.happens(0.6) else from_memory(turn)


def broken_neighbour(turn: RagTurn) -> None:
    """Another chunk cannot be read; the answer is right."""
    _right_first(turn)
    _break(turn, len(turn.kept) - 1)


def most_broken(turn: RagTurn) -> None:
    """All chunks but the one that is needed cannot be read."""
    _right_first(turn)
    for place in range(1, len(turn.kept)):
        _break(turn, place)


def _drowned(turn: RagTurn, count: int) -> None:
    right = [turn.page.document()] if turn.page else []
    found = ranked(turn, right)
    noise = irrelevant(turn, count)
    documents = [*found, *noise]
    place = turn.dice.between(0, min(3, len(noise)))
    turn.searches[0].documents = documents
    turn.kept = [*noise[:place], *found, *noise[place:]]


def drowned(turn: RagTurn) -> None:
    """One useful document among many that have nothing to do with the question."""
    _drowned(turn, turn.dice.between(8, 12))


def drowned_and_mixed(turn: RagTurn) -> None:
    """The answer mixes in what stands in the noise."""
    _drowned(turn, turn.dice.between(7, 10))
    noise = next(one for one in turn.kept if turn.page and one.id != turn.page.id)
    turn.reply.text += " " + noise.text.split(". ")[0].rstrip(".") + "."


def no_cut_off(turn: RagTurn) -> None:
    """The cut-off for relevance was switched off: everything goes into the prompt."""
    _drowned(turn, turn.dice.between(14, 18))


def several_searches_poured_together(turn: RagTurn) -> None:
    """Results of unrelated searches are poured together."""
    _drowned(turn, turn.dice.between(8, 10))
    half = len(turn.searches[0].documents) // 2
    first = turn.searches[0]
    turn.searches = [
        first,
        type(first)(
            f"{first.source}-all", turn.dice.chosen(("popular articles", "recent changes")), first.documents[half:]
        ),
    ]
    first.documents = first.documents[:half]


TRUNCATED = (cut_before_passage, cut_in_last_document, each_document_cut, cut_in_the_middle)
CONTRADICTION = (contradiction_first_taken, contradiction_wrong_taken, contradiction_told, three_versions)
DUPLICATES = (indexed_twice, same_chunk_again, reformatted_copy, other_page_repeated)
BROKEN = (broken_source, broken_neighbour, most_broken)
DISTRACTORS = (drowned, drowned_and_mixed, no_cut_off, several_searches_poured_together)
