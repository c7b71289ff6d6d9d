"""The right source does not surface, or does not reach the prompt; or nobody has written it."""

from assay.simulate import phrases
from assay.simulate.knowledge import NUMBER, domains
from assay.simulate.rag import SCORES, RagTurn, Search, answer, irrelevant, neighbours, ranked, with_disclaimer
from assay.simulate.trace import Document


def admit(turn: RagTurn, topic: str = "") -> None:
    """The assistant says that its sources do not have it."""
    text = turn.dice.chosen(phrases.NOT_FOUND[turn.domain.language]).format(topic=topic or turn.topic.lower())
    turn.reply.text = with_disclaimer(turn, text)
    turn.outcome = turn.dice.chosen(("success", "escalated"))
    turn.also("coverage_gap.no_knowledge")


def from_memory(turn: RagTurn) -> None:
    """The assistant answers although no document of the prompt says so."""
    assert turn.fact is not None  # noqa: S101 - faults are put on questions that have an answer
    text = swapped(turn) if turn.dice.happens(0.6) else turn.dice.chosen(turn.fact.say)
    turn.reply.text = answer(turn, text, cites=False)
    turn.also("unsupported_generation.unsupported_claim")
    if NUMBER.search(text):
        turn.also("unsupported_generation.unsupported_number")


def swapped(turn: RagTurn) -> str:
    """An answer as the outdated or rival version of the document would have it."""
    assert turn.fact is not None  # noqa: S101 - see above
    old, new = turn.fact.swap
    for text in turn.dice.shuffled(turn.fact.say):
        if old in text:
            return text.replace(old, new)
        if old.lower() in text.lower():
            place = text.lower().index(old.lower())
            return text[:place] + new + text[place + len(old) :]
    numbers, text = NUMBER.findall(new), turn.dice.chosen(turn.fact.say)
    return (
        NUMBER.sub(numbers[0], text, count=1)
        if numbers and NUMBER.search(text)
        else f"{new[0].upper()}{new[1:]}, as far as I know."
    )


def off_topic(turn: RagTurn) -> None:
    """The assistant retells what it was given, which is not what was asked."""
    first = turn.kept[0].text.split(". ")
    turn.reply.text = with_disclaimer(turn, ". ".join(turn.dice.some(first, 2)).rstrip(".") + ".")


def _found(turn: RagTurn, documents: list[Document]) -> None:
    turn.searches = [Search(turn.service.source, turn.searches[0].query, documents)]
    turn.kept = documents[: turn.service.keeps]


def _reacts(turn: RagTurn, admits: float = 0.5) -> None:
    admit(turn) if turn.dice.happens(admits) else from_memory(turn)


def empty_index(turn: RagTurn) -> None:
    """A release emptied the index."""
    _found(turn, [])
    turn.searches[0].source += "-v2"
    _reacts(turn, 0.7)


def strict_filter(turn: RagTurn) -> None:
    """A filter by tenant or locale leaves nothing."""
    _found(turn, [])
    turn.searches[0].query += f" tenant:{turn.who.tenant} locale:{turn.who.locale}"
    admit(turn)


def two_empty_searches(turn: RagTurn) -> None:
    """The application searches again with fewer words and finds nothing either."""
    _found(turn, [])
    turn.searches.append(Search(turn.service.source, " ".join(turn.query.split()[:2]), []))
    _reacts(turn, 0.7)


def garbled_query(turn: RagTurn) -> None:
    """The rewriter wrote something that no document can match."""
    turn.query = turn.dice.chosen(
        ("<|im_end|>", '{"query": ', "I cannot rewrite this question.", "site:internal AND (", "undefined")
    )
    _found(turn, [])
    turn.searches[0].query = turn.query
    admit(turn)


def empty_and_from_memory(turn: RagTurn) -> None:
    """Nothing was found and the model answers all the same."""
    _found(turn, [])
    from_memory(turn)


def other_teams_documents(turn: RagTurn) -> None:
    """A shared index returns what other teams have written."""
    _found(turn, irrelevant(turn, turn.service.top_k))
    _reacts(turn)


def lost_query(turn: RagTurn) -> None:
    """The rewriter dropped what the question was about."""
    turn.query = turn.dice.chosen(("customer question", "help", "please answer the user", "information request"))
    _found(turn, irrelevant(turn, turn.service.top_k))
    turn.searches[0].query = turn.query
    admit(turn)


def boilerplate(turn: RagTurn) -> None:
    """The index holds navigation and footers instead of pages."""
    texts = ("Home > Help > Contact. Skip to main content. Toggle navigation. Back to top.", "We use cookies to improve your experience. Accept all. Manage preferences.",
             "Subscribe to our newsletter and follow us. All rights reserved.", "Loading, please wait. JavaScript must be enabled to view this page.",
             "Was this page helpful? Yes. No. Share. Print.", "Search results for your query. Sort by date. Next page.")  # fmt: skip
    low = SCORES[turn.service.scale][2]
    _found(turn, [Document(f"web-{number}", "Untitled", text, score=round(low * turn.dice.within(0.7, 1.5), 4))
                  for number, text in enumerate(turn.dice.some(texts, turn.service.top_k), 1)])  # fmt: skip
    _reacts(turn, 0.7)


def other_language(turn: RagTurn) -> None:
    """The index of another language was searched."""
    other = domains()[turn.dice.chosen(("kundendienst", "mediatheque"))]
    low = SCORES[turn.service.scale][2]
    _found(
        turn,
        [
            page.document(score=round(low * turn.dice.within(0.8, 1.4), 4))
            for page in turn.dice.some(other.documents, turn.service.top_k)
        ],
    )
    admit(turn)


def irrelevant_retold(turn: RagTurn) -> None:
    """Irrelevant documents are retold as if they were the answer."""
    _found(turn, irrelevant(turn, turn.service.top_k))
    off_topic(turn)


def _without_source(turn: RagTurn) -> None:
    others = neighbours(turn, turn.service.top_k)
    _found(turn, ranked(turn, others, relevant=1))


def missing_page(turn: RagTurn) -> None:
    """The page was never indexed; its neighbours come up."""
    _without_source(turn)
    _reacts(turn, 0.4)


def named_page_missing(turn: RagTurn) -> None:
    """The person names the page, and it does not come up."""
    _without_source(turn)
    turn.question = turn.dice.chosen((
        f'{turn.question} It must be on the page "{turn.topic}".', f"According to {turn.page.id if turn.page else ''} ({turn.topic}): {turn.question}",
        f'What does "{turn.topic}" say about this? {turn.question}'))  # fmt: skip
    _reacts(turn, 0.6)


def referred_page_missing(turn: RagTurn) -> None:
    """Documents refer to a page that was not returned."""
    _without_source(turn)
    reference = turn.dice.chosen(
        (
            f' For this topic see "{turn.topic}".',
            f" This is regulated in {turn.page.id if turn.page else ''}.",
            f' Details: "{turn.topic}".',
        )
    )
    first, *rest = turn.searches[0].documents
    _found(turn, [first.but(text=first.text + reference), *rest])
    _reacts(turn, 0.6)


def filtered_out(turn: RagTurn) -> None:
    """Tenant filters hide the page; the assistant names what it misses."""
    _without_source(turn)
    turn.reply.text = with_disclaimer(turn, turn.dice.chosen((
        f'The page "{turn.topic}" should answer this, but it is not among the documents that I was given.',
        f'I would expect this in "{turn.topic}", which the search did not return. Please check with a colleague.',
        f"The excerpts that I have do not include the section on {turn.topic.lower()}.")))  # fmt: skip
    turn.also("coverage_gap.no_knowledge")


def outdated_index(turn: RagTurn) -> None:
    """An old copy of the index lacks the page."""
    _without_source(turn)
    turn.searches[0].source += "-2024"
    from_memory(turn)


def reranker_drops(turn: RagTurn) -> None:
    """The best document is first in the search and gone after the reranker."""
    turn.kept = [one for one in turn.searches[0].documents if turn.page and one.id != turn.page.id][
        : turn.service.keeps
    ]
    _reacts(turn)


def budget_drops(turn: RagTurn) -> None:
    """Only one document fits into the token budget, and it is not the best."""
    turn.kept = [one for one in turn.searches[0].documents if turn.page and one.id != turn.page.id][:1]
    _reacts(turn, 0.7)


def last_ones_kept(turn: RagTurn) -> None:
    """A sign error keeps the worst documents."""
    turn.searches[0].documents = ranked(turn, [*_right(turn), *neighbours(turn, turn.service.top_k - 1)])
    turn.kept = turn.searches[0].documents[-max(1, min(turn.service.keeps, turn.service.top_k - 1)) :]
    _reacts(turn)


def dropped_and_guessed(turn: RagTurn) -> None:
    """The best document is dropped and the model guesses."""
    turn.kept = [one for one in turn.searches[0].documents if turn.page and one.id != turn.page.id][
        : turn.service.keeps
    ]
    from_memory(turn)


def dropped_and_retold(turn: RagTurn) -> None:
    """The best document is dropped and the model retells another."""
    turn.kept = [one for one in turn.searches[0].documents if turn.page and one.id != turn.page.id][
        : turn.service.keeps
    ]
    off_topic(turn)


def _right(turn: RagTurn) -> list[Document]:
    return [turn.page.document()] if turn.page else []


def _last(turn: RagTurn) -> None:
    documents = ranked(turn, [*neighbours(turn, turn.service.top_k - 1), *_right(turn)], relevant=1)
    _, other, _ = SCORES[turn.service.scale]
    documents[-1] = documents[-1].but(score=round(other * 0.6, 4))
    turn.searches[0].documents = documents
    turn.kept = documents[: min(turn.service.keeps, len(documents) - 1)]
    turn.also("ranking_failure.dropped_evidence")


def ranked_last(turn: RagTurn) -> None:
    """The document with the answer comes last and is cut off."""
    _last(turn)
    _reacts(turn)


def behind_near_duplicates(turn: RagTurn) -> None:
    """Copies of one other page take all the places in front."""
    other = neighbours(turn, 1)[0]
    copies = [other.but(id=f"{other.id}#{number}") for number in range(1, turn.service.top_k)]
    turn.searches[0].documents = ranked(turn, [*copies, *_right(turn)], relevant=len(copies))
    turn.kept = turn.searches[0].documents[: min(turn.service.keeps, len(copies))]
    turn.also("ranking_failure.dropped_evidence", "context_construction.duplicate_chunks")
    _reacts(turn, 0.7)


def promoted_pages_first(turn: RagTurn) -> None:
    """A boost for promoted pages beats relevance."""
    _last(turn)
    turn.searches[0].documents = [
        one.but(title=f"{one.title} (promoted)") if place < 2 else one
        for place, one in enumerate(turn.searches[0].documents)
    ]
    turn.kept = turn.searches[0].documents[: len(turn.kept)]
    from_memory(turn)


def outranked_and_retold(turn: RagTurn) -> None:
    """What stands in front is retold."""
    _last(turn)
    off_topic(turn)


def _versions(turn: RagTurn) -> tuple[Document, Document]:
    """An outdated and the current version of the page, told apart in one of the usual ways."""
    assert turn.page is not None  # noqa: S101 - see above
    assert turn.fact is not None  # noqa: S101 - see above
    year = turn.dice.between(2021, 2024)
    fresh = turn.page.document()
    stale = fresh.but(text=turn.page.outdated(turn.fact), updated=f"{year}-{turn.page.updated[5:]}")
    way = turn.dice.chosen(("date", "version", "both"))
    if way != "date":
        fresh, stale = fresh.but(version="v4"), stale.but(version="v1")
    if way == "version":
        fresh, stale = fresh.but(updated=""), stale.but(updated="")
    if turn.dice.happens(0.4):
        stale = stale.but(id=f"{stale.id}@{year}")
    return stale, fresh


def _stale_first(turn: RagTurn, *, both: bool) -> None:
    stale, fresh = _versions(turn)
    rest = neighbours(turn, max(1, turn.service.top_k - 2))
    documents = ranked(turn, [stale, fresh, *rest], relevant=2)
    turn.searches[0].documents = documents
    turn.kept = (
        documents[: max(2, turn.service.keeps)] if both else [documents[0], *documents[2:]][: turn.service.keeps]
    )
    turn.also("context_construction.contradiction" if both else "ranking_failure.dropped_evidence")


def stale_used(turn: RagTurn) -> None:
    """The outdated version is on top and the answer repeats it."""
    _stale_first(turn, both=False)
    turn.reply.text = answer(turn, swapped(turn))


def stale_and_fresh_in_prompt(turn: RagTurn) -> None:
    """Both versions are in the prompt, the outdated one first, and the answer repeats it."""
    _stale_first(turn, both=True)
    turn.reply.text = answer(turn, swapped(turn))


def stale_first_fresh_used(turn: RagTurn) -> None:
    """The outdated version is on top; the model picks the current one all the same."""
    _stale_first(turn, both=True)
    turn.reply.text = answer(turn, turn.dice.chosen(turn.fact.say) if turn.fact else "")


def stale_after_rerank(turn: RagTurn) -> None:
    """The search has the right order and the reranker turns it round."""
    stale, fresh = _versions(turn)
    turn.searches[0].documents = ranked(
        turn, [fresh, stale, *neighbours(turn, max(1, turn.service.top_k - 2))], relevant=2
    )
    first, second, *rest = turn.searches[0].documents
    turn.kept = [second, first, *rest][: max(2, turn.service.keeps)]
    turn.also("context_construction.contradiction")
    turn.reply.text = answer(turn, swapped(turn))


def _unknown(turn: RagTurn) -> None:
    question, turn.query = turn.dice.chosen(turn.domain.unknown)
    turn.question, turn.topic, turn.page, turn.fact = question, turn.query, None, None
    turn.searches[0].query = turn.query if turn.service.rewrites else question


def _far(turn: RagTurn, count: int) -> list[Document]:
    low = SCORES[turn.service.scale][2] * turn.dice.within(1.3, 2.2)
    return [one.but(score=round(low * 0.94**rank, 4)) for rank, one in enumerate(neighbours(turn, count))]


def not_in_knowledge_base(turn: RagTurn) -> None:
    """Nobody has written about it; the least far pages come up."""
    _unknown(turn)
    turn.searches[0].documents = _far(turn, turn.service.top_k)
    turn.kept = turn.searches[0].documents[: turn.service.keeps]
    turn.also("retrieval_miss.low_relevance")
    admit(turn)


def not_in_any_source(turn: RagTurn) -> None:
    """The knowledge base and the fallback have been searched, without anything about it."""
    _unknown(turn)
    turn.searches[0].documents = _far(turn, turn.service.top_k)
    turn.searches.append(
        Search(turn.dice.chosen(("tickets", "web", "archive")), turn.query, irrelevant(turn, turn.service.top_k))
    )
    turn.kept = turn.searches[0].documents[: turn.service.keeps]
    turn.also("retrieval_miss.low_relevance")
    admit(turn)


def nothing_anywhere(turn: RagTurn) -> None:
    """Every source has been searched and returned nothing."""
    _unknown(turn)
    turn.searches = [
        Search(turn.service.source, turn.query, []),
        Search(turn.dice.chosen(("tickets", "web", "archive")), turn.query, []),
    ]
    turn.kept = []
    turn.also("retrieval_miss.no_results")
    admit(turn)


def nothing_chosen(turn: RagTurn) -> None:
    """Pages came up, and the relevance cut-off rightly left none of them."""
    _unknown(turn)
    turn.searches[0].documents = _far(turn, turn.service.top_k)
    turn.kept = []
    turn.also("retrieval_miss.low_relevance")
    admit(turn)


NO_RESULTS = (empty_index, strict_filter, two_empty_searches, garbled_query, empty_and_from_memory)
LOW_RELEVANCE = (other_teams_documents, lost_query, boilerplate, other_language, irrelevant_retold)
SOURCE_ABSENT = (missing_page, named_page_missing, referred_page_missing, filtered_out, outdated_index)
DROPPED_EVIDENCE = (reranker_drops, budget_drops, last_ones_kept, dropped_and_guessed, dropped_and_retold)
OUTRANKED = (ranked_last, behind_near_duplicates, promoted_pages_first, outranked_and_retold)
STALE = (stale_used, stale_and_fresh_in_prompt, stale_first_fresh_used, stale_after_rerank)
NO_KNOWLEDGE = (not_in_knowledge_base, not_in_any_source, nothing_anywhere, nothing_chosen)
