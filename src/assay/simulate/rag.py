"""Question answering over documents: rewrite, embed, search, rerank, build the context, answer."""

from dataclasses import dataclass, field

from assay.simulate import phrases
from assay.simulate.cast import GPT_4O_MINI, Service, Visitor, version_of
from assay.simulate.dice import Dice
from assay.simulate.knowledge import Domain, Fact, Page, domains
from assay.simulate.trace import Document, Error, Message, Step, Tape
from assay.simulate.turn import Reply, Turn, generate, guard, guidelines, usual, usual_guards


@dataclass(slots=True)
class Search:
    """One search of an index."""

    source: str
    query: str
    documents: list[Document]
    error: Error | None = None


@dataclass(slots=True)
class RagTurn(Turn):
    """One question."""

    domain: Domain = field(default_factory=lambda: next(iter(domains().values())))
    page: Page | None = None
    fact: Fact | None = None
    query: str = ""
    searches: list[Search] = field(default_factory=list)
    kept: list[Document] = field(default_factory=list)
    """What goes into the prompt."""
    context: str | None = None
    """The context as text, where it is not simply laid out from `kept`."""
    topic: str = ""
    """What the question is about, in a few words."""


def plan(dice: Dice, service: Service, who: Visitor, progress: float, conversation: str) -> RagTurn:
    """A question that the knowledge base answers, and that is answered right."""
    domain = domains()[service.domain]
    page, fact = dice.chosen(domain.facts)
    turn = RagTurn(
        dice=dice, service=service, who=who, model=dice.chosen(service.models), version=version_of(service, dice, progress),
        conversation=conversation, question=ask(dice, domain, dice.chosen(fact.ask)), reply=Reply(""), domain=domain, page=page, fact=fact,
        query=fact.query, guards=usual_guards(dice, service), topic=page.title,
    )  # fmt: skip
    place = min(dice.chosen((0, 1, 2), (0.76, 0.18, 0.06)), service.keeps - 1)
    found = ranked(turn, [page.document(), *neighbours(turn, service.top_k - 1)], place=place)
    turn.searches = [Search(service.source, turn.query if service.rewrites else turn.question, found)]
    turn.kept = found[: service.keeps]
    if service.reranks:
        turn.kept.sort(key=lambda document: document.id != page.id)
    turn.reply.text = answer(turn, dice.chosen(fact.say))
    return turn


def ask(dice: Dice, domain: Domain, question: str) -> str:
    """A question as people type it."""
    greeting = dice.chosen(phrases.GREETINGS[domain.language])
    text = greeting + (
        question[0].lower() + question[1:]
        if greeting.endswith((", ", ": ")) and not question.startswith(("I ", "E22"))
        else question
    )
    return text.rstrip("?") if dice.happens(0.08) else text


def neighbours(turn: RagTurn, count: int) -> list[Document]:
    """Other documents of the same knowledge base."""
    others = [page for page in turn.domain.documents if page is not turn.page]
    return [page.document() for page in turn.dice.some(others, count)]


SCORES = {"cosine": (0.9, 0.72, 0.14), "bm25": (21.0, 8.0, 1.6), "none": (0.0, 0.0, 0.0)}
"""Usual score of the best document, of the others, and of documents that have nothing to do with the query."""


def ranked(turn: RagTurn, documents: list[Document], *, place: int = 0, relevant: int = 1) -> list[Document]:
    """The documents with scores; the first `relevant` of them are about the query and stand from `place` on."""
    best, other, _ = SCORES[turn.service.scale]
    about, rest = documents[:relevant], documents[relevant:]
    order = [*rest[:place], *about, *rest[place:]]
    top = best * turn.dice.within(0.9, 1.05)
    scored = []
    for rank, document in enumerate(order):
        score = min(top * (0.97 - 0.01 * rank), best * 1.06) if rank <= place else other * turn.dice.within(0.8, 1.0) * 0.94 ** rank  # fmt: skip
        scored.append(document.but(score=round(score, 4)))
    return scored


def irrelevant(turn: RagTurn, count: int) -> list[Document]:
    """Documents of other organisations, as an index holds them that several teams share, with low scores."""
    others = [page for domain in domains().values() if domain.language == turn.domain.language and domain is not turn.domain for page in domain.documents]  # fmt: skip
    if not others:
        others = [page for domain in domains().values() if domain.language == "en" for page in domain.documents]
    low = SCORES[turn.service.scale][2] * turn.dice.within(0.8, 1.7)
    return [page.document(score=round(low * 0.93**rank, 4)) for rank, page in enumerate(turn.dice.some(others, count))]


def answer(turn: RagTurn, core: str, *, cites: bool = True) -> str:
    """An answer around what it says: a greeting, a hedge, bullets, a citation, the disclaimer."""
    dice, language = turn.dice, turn.domain.language
    text = core
    if language == "en" and dice.happens(0.08):
        text = dice.chosen(phrases.HEDGES).format(text[0].lower() + text[1:] if text[1:2].islower() else text)
    elif turn.page is not None and dice.happens(0.12) and "\n" not in text:
        more = [other for other in turn.page.facts if other is not turn.fact]
        lines = [text, *(dice.chosen(other.say) for other in more if "\n" not in other.say[0])]
        if len(lines) > 1:
            text = "\n" + "\n".join(f"- {line}" for line in lines)
    text = dice.chosen(phrases.OPENERS[language]) + text
    if cites and turn.kept and dice.happens(0.55):
        text += " " + citation(
            turn, next((one for one in turn.kept if turn.page and one.id == turn.page.id), turn.kept[0])
        )
    text += dice.chosen(phrases.CLOSERS[language])
    return with_disclaimer(turn, text)


def with_disclaimer(turn: RagTurn, text: str) -> str:
    """The text with what the organisation requires at its end."""
    return f"{text} {turn.domain.disclaimer}".strip() if turn.domain.disclaimer else text


def citation(turn: RagTurn, document: Document) -> str:
    """A reference to a document, in the way of the service's layout."""
    number = turn.kept.index(document) + 1 if document in turn.kept else len(turn.kept) + 5
    return {"brackets": f"[{document.id}]", "tags": f"(see {document.title})", "numbered": f"[{number}]", "sources": f"(Source: {document.id})"}[turn.service.layout]  # fmt: skip


def laid_out(turn: RagTurn, documents: list[Document]) -> str:
    """The context as text."""
    if not documents:
        return turn.dice.chosen(("(no documents found)", "", "No results."))
    forms = {
        "brackets": "[{0.id}] {0.title}\n{0.text}",
        "tags": '<document id="{0.id}" title="{0.title}">\n{0.text}\n</document>',
        "numbered": "[{1}] {0.title}: {0.text}",
        "sources": "Source: {0.id}\n{0.text}",
    }
    return "\n\n".join(
        forms[turn.service.layout].format(document, number) for number, document in enumerate(documents, 1)
    )


RULES = {
    "en": "Answer from the context only. If it does not contain the answer, say so.",
    "de": "Antworte nur mit Hilfe des Kontexts. Wenn er die Antwort nicht enthält, sage das.",
    "fr": "Réponds uniquement à partir du contexte. S'il ne contient pas la réponse, dis-le.",
}


def prompt_of(turn: RagTurn) -> list[Message]:
    """The messages of the answering call."""
    context = turn.context if turn.context is not None else laid_out(turn, turn.kept)
    head = f"{turn.preamble}{turn.domain.persona} {RULES[turn.domain.language]}{guidelines(turn.service)}"
    if turn.service.layout in ("brackets", "tags"):
        return [Message("system", f"{head}\n\nContext:\n{context}"), *turn.history, Message("user", turn.question)]
    return [
        Message("system", head),
        *turn.history,
        Message("user", f"Context:\n{context}\n\nQuestion: {turn.question}"),
    ]


def tell(turn: RagTurn, tape: Tape, root: Step) -> None:
    """The steps of one question, below the root."""
    service, dice = turn.service, turn.dice
    if not guard(tape, turn, root, "input"):
        return
    if service.rewrites:
        _rewrite(turn, tape, root)
    for search in turn.searches:
        tape.run("embed", "embeddings text-embedding-3-small", root, usual(turn, "embedding", 45), given=search.query, input_tokens=9 + len(search.query) // 4)  # fmt: skip
        kept = {(one.id, one.text) for one in turn.kept}
        marked = [
            one.but(selected=(one.id, one.text) in kept) if service.dialect == "otel" else one
            for one in search.documents
        ]
        tape.run("retrieve", f"retrieval {search.source}", root, usual(turn, "retrieval", 85), query=search.query, documents=marked,
                 top_k=service.top_k, source=search.source, error=search.error)  # fmt: skip
        if search.error is not None:
            return
    if service.reranks and turn.kept:
        pool = [document for search in turn.searches for document in search.documents]
        tape.run("rerank", "rerank documents", root, usual(turn, "rerank", 95), query=turn.query, documents=turn.kept, top_k=service.keeps,
                 given="\n".join(one.id for one in pool))  # fmt: skip
    tape.run("step", "build context", root, usual(turn, "context", 3))
    step = generate(
        tape,
        turn,
        root,
        prompt_of(turn),
        turn.reply,
        head=turn.domain.persona + guidelines(service),
        prompt=("answer", turn.version),
    )
    if step.error is not None:
        return
    if not guard(tape, turn, root, "output"):
        return
    tape.run("step", "format answer", root, usual(turn, "postprocess", dice.within(1, 4)))


def _rewrite(turn: RagTurn, tape: Tape, root: Step) -> None:
    """A small model makes a query of the question."""
    outer = tape.open("step", "rewrite query", root, given=turn.question)
    asked = [Message("system", "Rewrite the question as a search query."), Message("user", turn.question)]
    step = tape.open("chat", f"chat {GPT_4O_MINI.asked}", outer, model=GPT_4O_MINI, messages=asked, prompt=("rewrite", "3"), settings={"temperature": 0.0})  # fmt: skip
    tape.wait(usual(turn, "query", 280))
    tape.close(
        step,
        answer=Message("assistant", turn.query),
        finish="stop",
        input_tokens=48 + len(turn.question) // 4,
        output_tokens=9,
    )
    tape.close(outer, gave=turn.query)
