"""Checks of what was searched, found and put into the prompt.

    question, results, prompt, answer ─► which chunks are about the question, which of them the model saw ─► misses, order, broken context

Words are compared, nothing is understood. So a miss needs two witnesses. The first are the words of the question, which are in no
chunk. The second are scores that are low, an answer that has nothing although a score is high, or an answer that states what no chunk
has: a free paraphrase has few words of its source, so little is held against an answer that is short.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import isnan

from assay.checks.calculations import SMALL, numeric
from assay.checks.contradiction import contradiction_between
from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.grounding import ALIGNED, alignments
from assay.checks.language import language_of
from assay.checks.numbers import stands_in, unsupported_numbers
from assay.checks.prose import QUESTION_MARKS, blanked, sentences
from assay.checks.quantities import conflicts, quantities
from assay.checks.readable import unreadable
from assay.checks.remembered import remembered
from assay.checks.rival_figures import may_be_about_one, rival_figures
from assay.checks.text import GAPS, has_told, prefilter
from assay.checks.trace import Chunk, Results, Trace
from assay.checks.trace_check import Seen, TraceCheck
from assay.checks.words import DENIAL, SELF, content, keys, whole, words

ABOUT = 0.6
"""A chunk that has this share of the question's words, by weight, is about the question."""
WHOLLY = 0.95
"""And one that has this share of them would have been enough, whatever the answer says."""
HARDLY = 0.3
"""A chunk that has no more than this share of them is hardly about it."""
HARDLY_A_WORD = 0.25
"""Less than that leaves no doubt."""
SOMEWHAT = 0.4
"""Between the two."""
MOSTLY = 0.75
"""Nothing is missed where a chunk has so much of the question."""
LEAST_ALONE = 3
"""Words of content that an answer states and no chunk has: with so many it does not rest on the chunks."""
MOSTLY_ALONE = 0.5
"""And so much of what it states, where hardly a word of the question is in a chunk."""
FAR_SCORE = 0.35
"""Similarities from 0 to 1 below this say that nothing came close."""
FAR_LOGIT = -3.0
"""And so do the logits of a cross-encoder at and below this, which is a probability of 5 percent."""
NEAR_SCORE = 0.75
"""And from here on that something did,"""
OUTSTANDING = 1.1
"""where it is so many times the next one: some models give every pair of texts a high similarity."""
LEAST_ORDERED = 2
"""Scores that stand in order on purpose; fewer may by chance."""
LEAST_BROUGHT = 5
"""Words of content in an answer with figures of its own that is held against a search that was sure of a document."""
LEAST_FAR = 8
"""And in one without them that comes near no place of any document."""
FEW_BROUGHT = 8
"""Fewer words are a short answer, which rests on the documents where they have its figures, however far the search thought that they were."""
MANY = 7
"""Chunks in a prompt that are more than an answer needs, where most of them are far behind."""
LEAST_TOLD = 4
"""Words of the documents, not asked with, in an answer that declines and says what they have instead;"""
LEAST_TOLD_BESIDE = 2
"""and in its sentences that do not decline."""
LEAST_BESIDE_FIGURE = 2
"""Words of it that are enough where it has a figure that no chunk has."""
RETOLD = 0.8
"""An answer of which the prompt has this share of the words was taken from there; it need not be looked at sentence by sentence."""
NO_SIMILARITY = 0.1
"""Scores that are all below this are no similarities: those of rank fusion are about 0.03, whatever was found."""
FLAT = 1.1
"""Scores of other scales: where the best is no more than so many times the next one, nothing stands out."""
SUMMED = 10.0
"""Scores from here on are sums over words (BM25) or percentages, whose lists are flat though they begin with what was asked for."""
FAR_DOWN = 3
"""Chunks above the one that an answer was taken from: with so many it is luck that it was still read."""
FITTING = 0.5
"""A chunk that has this share of question and answer is what the answer was taken from; one with this share of its share is not,"""
LAST_FITTING = 0.4
"""or with this one, where no more than `FAR_DOWN` stand above."""
TAKEN = 0.4
"""An answer was taken from a chunk that has this share of it and its question,"""
AS_WELL_TAKEN = 0.7
"""and from those that have this share of what that one has."""
NEXT_TO_NOTHING = 0.1
"""Share of the words of question and answer that a document has by chance."""
LEAST_DISTRACTED = 7
"""Chunks in a prompt of which most may be beside the point."""

_ADMISSIONS = (
    *GAPS,
    r"(?:is|are)(?: not|n't) (?:given|indicated|listed)(?:[.!,;]| there| here)",
    r"do(?:es)?(?: not|n't) have (?:any )?(?:information|details|data|documents?|records?)",
    r"found no (?:articles?|documents?|information|pages?|entry|results?)",
    r"(?:not|n't) among the (?:documents|sources|results)",
    r"which the search did(?: not|n't) return",
    r"(?:nichts|keine (?:informationen|angaben|unterlagen))[^.]{0,40}(?:gefunden|vor\b|enthalten)|nichts gefunden|liegen mir keine",
    r"n'ai (?:trouvé )?(?:aucune?|pas (?:trouvé|d'))|ne (?:mentionnent|contiennent|précisent)\w* pas|aucune information",
    r"no (?:he encontrado|tengo|dispongo de) (?:ninguna )?información",
)
_ADMITS = re.compile("|".join(_ADMISSIONS).replace("'", "['’]"), re.IGNORECASE)
_scans = threading.local()


def _may_admit(text: str) -> bool:
    if not hasattr(_scans, "may_admit"):
        _scans.may_admit = prefilter(_ADMISSIONS)
    return bool(_scans.may_admit(text))


_DENIALS = (
    "not", "n't", "n’t", "no ", "none", "nothing", "empty", "blank", "lack", "unable", "insufficient", "silent", "outside", "beyond", "kein", "nicht", "aucun", "ne ",
    "n'ai", "n’ai", "non ", "no:", "nada", "não", "nulla", "niente", "nessun", "pas", "rien", "niet", "geen", "nie ", "nic ", "nowhere", "ない", "ません",
)  # fmt: skip
"""Every wording of `_ADMITS` has one of these."""
_COURTESY = frozenset(
    "hello hi hey dear good morning afternoon evening sorry bother quick question thanks thank please excuse again guten morgen kurze frage bonjour petite".split()
)
"""Words that go with a question and are not asked for."""
_THANKS = re.compile(
    r"\W*(?:ok(?:ay)?|great|perfect|super|top|cool)?\W*(?:many )?(?:thanks?|thx|danke|vielen dank|merci|gracias|muchas gracias|grazie|obrigad[oa]|bedankt|dank je|dziękuję|tack|teşekkürler)\b",
    re.IGNORECASE,
)
MOST_OF_THANKS = 2
"""Words that say something in a question that only thanks: `Thank you, that helped!`"""
_CUT = re.compile(
    r"\[?(?:\.\.\.|…) ?(?:\[ ?)?(?:omitted|truncated|shortened|cut)|<truncated|\((?:context|content|document) (?:was )?(?:cut|truncated)|token limit reached\)",
    re.IGNORECASE,
)
"""What applications write where they cut a context."""
_CUT_WORDS = ("omitted", "truncated", "shortened", "cut", "token limit reached")
_CUT_SIGNS = ("...", "…", "<truncated", "(con", "(document", "token limit reached)")
"""Every wording of `_CUT` has one of either."""


@dataclass(frozen=True)
class Sourcing:
    """What the chunks of a trace have to do with its question."""

    coverage: dict[bytes, float]
    """By chunk: share of the words of the question, or of the query that was made of it, that it has."""
    best: float
    """Of all chunks."""
    best_kept: float
    """Of those in the prompt."""
    admits: bool
    """The answer says that the sources do not have it."""


def sourcing(trace: Trace) -> Sourcing:
    """Made once a trace."""
    found: Sourcing | None = trace.memo.get("sourcing")
    if found is None:
        asked = [weights(trace.question[:2000])]
        asked += [one for one in map(weights, trace.queries) if len(one) > 1]
        coverage = {
            chunk.hash: max([share(one, content(chunk.text), content(chunk.id)) for one in asked])
            for chunk in trace.pool
        }
        found = Sourcing(
            coverage,
            max(coverage.values(), default=0.0),
            max((coverage[chunk.hash] for chunk in trace.kept), default=0.0),
            admits(trace.answer),
        )
        trace.memo["sourcing"] = found
    return found


@remembered(1_000_000)
def admits(answer: str) -> bool:
    """Whether an answer says that the sources do not have what was asked for."""
    text = answer[:500]
    lower = text.lower()
    if not any(word in lower for word in _DENIALS) or not _may_admit(text):
        return False
    found = _ADMITS.search(text)
    return found is not None and not has_told(text, found.start())


@remembered(1_000_000)
def weights(text: str) -> dict[str, float]:
    """The words of a question that say something, with how much."""
    return {one.key: one.weight for one in whole(text) if one.key and one.lower not in _COURTESY}


def share(asked: dict[str, float], has: frozenset[str], also: frozenset[str] = frozenset()) -> float:
    """Which part of what was asked for a text has, by weight, `also` what is said beside it."""
    total = sum(asked.values())
    return sum([weight for key, weight in asked.items() if key in has or key in also]) / total if total else 0.0


def nearness(trace: Trace, chunks: list[Chunk]) -> tuple[float, ...]:
    """How near each sentence of the answer that claims something comes to one place of the chunks."""
    name = "near" + b"".join(chunk.hash for chunk in chunks).hex()
    if name not in trace.memo:
        trace.memo[name] = alignments(trace.answer, [chunk.text for chunk in chunks], trace.question)
    found: tuple[float, ...] = trace.memo[name]
    return found


def answered(trace: Trace) -> bool:
    """Whether something was searched, texts came back, and an answer was captured that was not refused or blocked."""
    return bool(trace.pool and trace.question and trace.answer) and not trace.found & _NOT_ANSWERED


_NOT_ANSWERED = frozenset(
    {
        "safety_policy.over_refusal",
        "safety_policy.guardrail_block",
        "output_format.empty",
        "output_format.truncated",
    }
)


# Misses.


def missed(trace: Trace) -> bool:
    """Whether no chunk that came up has to do with the question."""
    if "missed" not in trace.memo:
        trace.memo["missed"] = _is_missed(trace)
    return bool(trace.memo["missed"])


def _is_missed(trace: Trace) -> bool:
    known = sourcing(trace)
    if _THANKS.match(trace.question) and len(weights(trace.question[:2000])) <= MOST_OF_THANKS:
        return False  # asks for nothing
    if known.best >= (WHOLLY if known.admits else MOSTLY) or any(unreadable(chunk.text) for chunk in trace.pool):
        return False
    if any(trace.places[chunk.hash] in ("head", "tail") for chunk in trace.pool) or dropped_chunk(trace):
        return False  # what was found did not reach the prompt
    if known.admits:
        # Where no document was expected to have it, nobody has written about it: that is no miss.
        return nothing_close(trace) or (search_was_sure(trace) and not _tells_of_documents(trace))
    new, alone = brought(trace)
    if new < FEW_BROUGHT and _has_figures_of_documents(trace):
        return False
    if scored(trace) == "far" and known.best < SOMEWHAT:
        is_beside = bool(new) and share(weights(trace.question), content(trace.answer)) <= HARDLY
        claims_nothing = not new and not (denies(trace.answer) and nearness(trace, trace.pool))
        return is_beside or claims_nothing or not rests_on(trace, trace.pool)
    if scored(trace) == "far" and known.best < ABOUT:
        return alone >= LEAST_ALONE and not rests_on(trace, trace.pool)
    # A free or short paraphrase has hardly more in common with its source: then it states little beside, and no other figures.
    if language_of(trace.question) not in ("en", "") or alone < LEAST_BESIDE_FIGURE or rests_on(trace, trace.pool):
        return False
    close = max(nearness(trace, trace.pool), default=1.0)
    if search_was_sure(trace):  # which is believed, unless a longer answer comes from somewhere else altogether
        is_far = new >= LEAST_FAR and close < HARDLY_A_WORD
        if not is_far and not (new >= LEAST_BROUGHT and _has_other_figures(trace)):
            return False
    if known.best < SOMEWHAT and alone >= LEAST_ALONE and alone >= MOSTLY_ALONE * new:
        return True
    is_apart = close < HARDLY if known.best < SOMEWHAT else close < HARDLY_A_WORD and alone >= LEAST_ALONE
    return is_apart and _has_other_figures(trace)


def _tells_of_documents(trace: Trace) -> bool:
    """Whether an answer that declines says what the documents have instead: then they are about the matter, and only the detail is missing."""
    has = frozenset[str]().union(*(content(chunk.text) for chunk in trace.pool)) - content(trace.question)
    prose = blanked(trace.answer[:2000])
    beside = " ".join(prose[start:end] for start, end in sentences(prose) if not admits(prose[start:end]))
    return len(_told(prose, has)) >= LEAST_TOLD or len(_told(beside, has)) >= LEAST_TOLD_BESIDE


def _told(text: str, has: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in content(text) & has if not key[0].isdigit())


def _has_other_figures(trace: Trace) -> bool:
    """Whether the answer has a figure that no chunk has, and that cannot have been reckoned from one of the question."""
    asked = {one.kind for one in quantities(trace.question[:2000])}
    found = unsupported_numbers(trace.answer[:2000], [chunk.text for chunk in trace.pool], trace.question)
    return any(one.kind not in asked for one in found)


def _has_figures_of_documents(trace: Trace) -> bool:
    """Whether the answer has figures that were not asked with, and the documents have them all or, where the question has figures to reckon
    with, support them."""
    asked, answer = {one.text for one in quantities(trace.question[:2000])}, trace.answer[:2000]
    told = [
        one
        for one in quantities(blanked(answer))
        if one.text not in asked and (one.kind or max(numeric(one), default=0) > SMALL)
    ]
    texts = [chunk.text for chunk in trace.pool]
    if not asked and any(not any(stands_in(one, text) for text in texts) for one in told):
        return False
    return bool(told) and not unsupported_numbers(answer, texts, trace.question)


@remembered(1_000_000)
def denies(answer: str) -> bool:
    """Whether an answer denies something."""
    return any(one.mood & DENIAL for one in whole(answer[:2000]))


def rests_on(trace: Trace, chunks: list[Chunk]) -> bool:
    """Whether the chunks have nearly all words of the answer, or a good part of those of one of its sentences in one place."""
    return _has(chunks, trace.answer) >= RETOLD or max(nearness(trace, chunks), default=1.0) >= ALIGNED


def brought(trace: Trace) -> tuple[int, int]:
    """How many words of content the answer states that were not asked with, and how many of them stand in no chunk.

    What is asked back, denied, or said of the assistant itself states nothing about the matter.
    """
    if "brought" not in trace.memo:
        asked = content(trace.question)
        has = frozenset[str]().union(*(content(chunk.text) for chunk in trace.pool))
        prose = blanked(trace.answer[:2000])
        stated = [words(prose[start:end]) for start, end in sentences(prose) if prose[end - 1] not in QUESTION_MARKS]
        new = {
            one.key
            for said in stated if not any(one.mood & (SELF | DENIAL) for one in said)
            for one in said if one.weight == 1 and one.key not in asked
        }  # fmt: skip
        trace.memo["brought"] = len(new), len(new - has)
    found: tuple[int, int] = trace.memo["brought"]
    return found


def scored(trace: Trace) -> str:
    """What scores say of the best document: `near`, `far`, `between`; empty where there are none of a scale that tells."""
    scores = sorted((c.score for one in trace.retrieved for c in one.chunks if not isnan(c.score)), reverse=True)
    if not scores or 0 <= scores[-1] <= scores[0] < NO_SIMILARITY or _are_distances(trace):
        return ""
    if scores[0] <= FAR_LOGIT:
        return "far"
    ahead = scores[0] / scores[1] if len(scores) > 1 and scores[1] > 0 else 0.0
    if scores[-1] >= 0 and scores[0] <= 1:
        is_near = scores[0] >= NEAR_SCORE and (len(scores) == 1 or ahead >= OUTSTANDING)
        return "far" if scores[0] < FAR_SCORE else "near" if is_near else "between"
    if 0 < ahead < FLAT:
        return "far" if scores[0] < SUMMED else ""
    return "near" if ahead else "between"


def _are_distances(trace: Trace) -> bool:
    """Whether a list has its lowest score first: then less is nearer, and what is near is not known."""
    lists = ([chunk.score for chunk in one.chunks if not isnan(chunk.score)] for one in trace.retrieved)
    return any(len(scores) >= LEAST_ORDERED and scores[0] < scores[-1] and scores == sorted(scores) for scores in lists)


def search_was_sure(trace: Trace) -> bool:
    """Whether the search took a document for the one that is about the question."""
    return scored(trace) == "near"


def nothing_close(trace: Trace) -> bool:
    """Whether the scores themselves say that nothing came close; without scores, whether hardly a word is shared."""
    scores = scored(trace)
    return scores == "far" if scores else sourcing(trace).best <= HARDLY


def _low_relevance(trace: Trace) -> Seen | None:
    return _miss(trace) if missed(trace) and nothing_close(trace) else None


def _source_absent(trace: Trace) -> Seen | None:
    if missed(trace):
        return None if nothing_close(trace) else _miss(trace)
    found = trace.elsewhere
    if found is None or not lacks_source(trace):
        return None
    others = ", ".join(found.document_ids)[:160]
    note = "another request with this question was answered from documents that no search returned here"
    return Seen(
        trace.retrieved[-1].span if trace.retrieved else trace.results[-1].span,
        (
            compared(
                note, question=trace.question[:160], documents=len(trace.pool), found_by=found.trace_id, found=others
            ),
        ),
    )


def lacks_source(trace: Trace) -> bool:
    """Whether an answer admits that it has nothing or rests on nothing that came up, and none of that is broken, cut or left out:
    another request may have found what it needs."""
    if not answered(trace) or missed(trace) or any(unreadable(chunk.text) for chunk in trace.pool):
        return False
    if any(trace.places[chunk.hash] in ("head", "tail") for chunk in trace.pool) or dropped_chunk(trace):
        return False
    return sourcing(trace).admits or not (taken_from(trace) or rests_on(trace, trace.pool))


def taken_from(trace: Trace) -> list[Chunk]:
    """The chunks that an answer was taken from, by the words of it and of the question; none where it admits that it has nothing."""
    if not answered(trace) or sourcing(trace).admits:
        return []
    said = weights(f"{trace.question[:1000]}\n{trace.answer[:1000]}")
    fits = [share(said, content(chunk.text)) for chunk in trace.pool]
    least = max(fits) * AS_WELL_TAKEN if max(fits) >= TAKEN else 1.0
    return [chunk for chunk, fit in zip(trace.pool, fits, strict=True) if fit >= least]


def _miss(trace: Trace) -> Seen:
    known = sourcing(trace)
    top = max((chunk.score for chunk in trace.pool if not isnan(chunk.score)), default=None)
    numbers: dict[str, float | str] = {"documents": len(trace.pool), "best_share_of_question": round(known.best, 2)}
    if top is not None:
        numbers["best_score"] = round(top, 4)
    note = (
        "the answer says that it has nothing" if known.admits
        else "hardly a word of the answer stands in them" if brought(trace)[0]
        else "the answer states nothing"
    )  # fmt: skip
    return Seen(
        trace.retrieved[-1].span if trace.retrieved else trace.results[-1].span,
        (compared(note, question=trace.question[:160], query=" | ".join(trace.queries)[:160], **numbers),),
    )


def nobody_wrote_about_it(trace: Trace) -> bool:
    """Whether an empty or far search is explained by a gap: several sources were searched, or the query was right and what came up
    is readable, in the language of the question, and only far away."""
    sources = {span.data_source for span in trace.spans if span.retrieves}
    if len(sources) > 1:
        return True
    if not trace.pool or not nothing_close(trace):
        return False
    asked = weights(trace.question)
    queries = [one for one in map(weights, trace.queries) if one]
    if not any(share(one, frozenset(asked)) > 0 for one in queries):
        return False  # the query lost what was asked for
    spoken = language_of(trace.question) or language_of(trace.answer)
    read = {language_of(chunk.text) for chunk in trace.pool} - {""}
    return not (spoken and read) or spoken in read


def rests_elsewhere(trace: Trace) -> str:
    """Why an answer that claims something cannot rest on the documents of the prompt; empty where it can, or admits that it cannot."""
    if not answered(trace) or sourcing(trace).admits:
        return ""
    if missed(trace):
        return "nothing that came up is about the question"
    chunk = dropped_chunk(trace)
    return f"{chunk.id or 'the document about the question'} is not in the prompt" if chunk else ""


# Order.


def _ranked(trace: Trace) -> bool:
    return answered(trace) and bool(trace.kept) and bool(trace.left_out)


def _listed(trace: Trace) -> bool:
    return answered(trace) and bool(trace.kept)


def dropped_chunk(trace: Trace) -> Chunk | None:
    """The chunk about the question that was left out, where the prompt had none and the answer suffered from it."""
    if "dropped" not in trace.memo:
        trace.memo["dropped"] = _find_dropped(trace)
    found: Chunk | None = trace.memo["dropped"]
    return found


def _find_dropped(trace: Trace) -> Chunk | None:
    known = sourcing(trace)
    foremost = _foremost(trace)
    if foremost and (known.admits or not brought(trace)[0]):
        is_best = known.coverage[foremost.hash] >= known.best_kept
        if is_best or known.best_kept < SOMEWHAT:
            return foremost
    left_out = [chunk for chunk in trace.left_out if not _is_superseded(trace, chunk)]
    candidates = sorted(left_out, key=lambda chunk: -known.coverage[chunk.hash])
    if not candidates or not trace.kept or nothing_close(trace) or any(unreadable(chunk.text) for chunk in trace.kept):
        return None
    best = candidates[0]
    ahead = known.coverage[best.hash] - known.best_kept
    if known.coverage[best.hash] < SOMEWHAT or ahead < 0:
        return None
    if known.admits:
        return best if ahead >= 0.15 and known.coverage[best.hash] >= 0.5 else None
    told = share(weights(trace.question), content(trace.answer))
    retells = ahead >= 0.4 and told <= known.coverage[best.hash] - 0.4
    if _has(trace.kept, trace.answer) >= RETOLD:
        return best if retells else None
    close = nearness(trace, trace.kept)
    if not close:
        return None
    with_it = nearness(trace, [best])
    gained = sum(with_it) / len(with_it) - sum(close) / len(close) if with_it else 0.0
    if gained > (0.15 if ahead >= 0.15 else 0.5):
        return best
    if max(close) <= ALIGNED:
        return best if ahead >= 0.15 and (known.coverage[best.hash] >= ABOUT or gained > 0.1) else None
    return best if retells else None


def _foremost(trace: Trace) -> Chunk | None:
    """The chunk that the search was sure of, where it was left out and something else was not."""
    if not trace.kept or not search_was_sure(trace):
        return None
    best = max((c for one in trace.retrieved for c in one.chunks if not isnan(c.score)), key=lambda c: c.score)
    is_left_out = trace.places.get(best.hash) == "none" and not _is_superseded(trace, best)
    return best if is_left_out and not any(unreadable(chunk.text) for chunk in trace.kept) else None


def _is_superseded(trace: Trace, chunk: Chunk) -> bool:
    """Whether the prompt has a newer version of a chunk."""
    is_dated = chunk.version or chunk.updated
    return bool(is_dated) and any(_older(chunk, one) and _are_versions(chunk, one) for one in trace.kept)


def _has(chunks: list[Chunk], answer: str) -> float:
    """Share of the words of the answer that the chunks have."""
    said = content(answer)
    has = frozenset[str]().union(*(content(chunk.text) for chunk in chunks))
    return len(said & has) / len(said) if said else 0.0


def _place(trace: Trace, chunk: Chunk) -> tuple[Results, int] | None:
    for one in trace.retrieved:
        for other in one.chunks:
            if other.hash == chunk.hash:
                return one, other.place
    return None


def _outranked(trace: Trace) -> Seen | None:
    chunk = dropped_chunk(trace)
    if chunk is None:
        return _used_from_below(trace)
    where = _place(trace, chunk)
    if where is None:
        return None
    results, place = where
    if place < min(3, len(results.chunks) - 1) or place == 0:
        return None
    return Seen(results.span, (_about(trace, chunk, place, "stands below weaker documents"),))


def _used_from_below(trace: Trace) -> Seen | None:
    """The chunk that question and answer are about, far down the list, where none above it has half as much of them."""
    results = _last_list(trace)
    if len(results.chunks) <= FAR_DOWN or sourcing(trace).admits or "safety_policy.pii_leak" in trace.found:
        return None  # who is named beside the answer stands in another document
    said = weights(f"{trace.question[:1000]}\n{trace.answer[:1000]}")
    fits = [share(said, content(chunk.text)) for chunk in results.chunks]
    place = max(range(len(fits)), key=fits.__getitem__)
    above = max(fits[:place], default=1.0)
    most_above = FITTING if place > FAR_DOWN else LAST_FITTING
    if place < FAR_DOWN or fits[place] < FITTING or above > most_above * fits[place]:
        return None
    known, chunk = sourcing(trace).coverage, results.chunks[place]
    if all(one.score < chunk.score for one in results.chunks[:place]) and not _are_distances(trace):
        return None  # the search had it first; the list is in another order
    if known.get(chunk.hash, 0.0) < max(known.get(one.hash, 0.0) for one in results.chunks[:place]):
        return None
    return Seen(results.span, (_about(trace, chunk, place, "stands below weaker documents"),))


def _dropped(trace: Trace) -> Seen | None:
    chunk = dropped_chunk(trace)
    if chunk is not None:
        where = _place(trace, chunk)
        return Seen(_last_list(trace).span, (_about(trace, chunk, where[1] if where else 0, "not in the prompt"),))
    for stale, fresh in _stale(trace):
        if trace.places.get(fresh.hash) == "none" and trace.places.get(stale.hash) in ("whole", "head"):
            return Seen(
                _last_list(trace).span, (_about(trace, fresh, fresh.place, "the newer version is not in the prompt"),)
            )
    return None


def _about(trace: Trace, chunk: Chunk, place: int, note: str) -> Evidence:
    known = sourcing(trace)
    return Evidence(
        f"document_texts[{place}]", chunk.text[:240], 0, len(chunk.text), chunk.hash.hex(),
        {"rank": place + 1, "share_of_question": round(known.coverage[chunk.hash], 2), "best_share_in_prompt": round(known.best_kept, 2)},
        note,
    )  # fmt: skip


def _last_list(trace: Trace) -> Results:
    return trace.results[-1]


_VERSION_OF_ID = re.compile(r"(?:[@#][\w.]+|[-_./]v?\d+(?:\.\d+)*)$")
_SAYS_VERSION = re.compile(
    r"(?:[@#_./-](?:v|ver|version|rev)[-_.]?\d+(?:\.\d+)*|[@_./-](?:19|20)\d\d(?:[-_.]?\d\d){0,2}|@[\w.]+)$",
    re.IGNORECASE,
)
"""An ending that can be nothing else than a version; `-2` and `#2` may as well number documents, or chunks of one."""
_DIGITS = re.compile(r"\d+")
_NUMBERED = re.compile(r"(?:v|ver|version|rev|revision|r)?[-_. ]?\d+(?:[-_.:T ]\d+)*Z?", re.IGNORECASE)
_DATES = (re.compile(r"\d{4}-\d\d"), re.compile(r"\d{10}(?!\d)"), re.compile(r"\d{13}(?!\d)"))
"""Dates whose order is that of their text: ISO 8601, seconds and milliseconds."""
FIRST_YEAR = 1900
"""A version that begins with such a number is a date, and is not compared with one that counts."""


def _dated(trace: Trace) -> bool:
    return any(chunk.version or chunk.updated for one in trace.results for chunk in one.chunks)


def _stale(trace: Trace) -> list[tuple[Chunk, Chunk]]:
    """Pairs (older, newer) of versions of one document in which the older is ahead, or alone in the prompt."""
    if "stale" not in trace.memo:
        trace.memo["stale"] = list(_find_stale(trace))
    found: list[tuple[Chunk, Chunk]] = trace.memo["stale"]
    return found


def _find_stale(trace: Trace) -> Iterator[tuple[Chunk, Chunk]]:
    lists = trace.results
    for number, one in enumerate(lists):
        dated = [chunk for chunk in one.chunks if chunk.version or chunk.updated]
        for above, below in combinations(dated, 2):
            if not _are_versions(above, below):
                continue
            first, second = _as_prompted(trace, above, below)
            if not _older(first, second):
                continue
            if trace.prompt and first is not above:
                yield first, second
                continue
            later = [{chunk.hash: chunk.place for chunk in other.chunks} for other in lists[number + 1 :]]
            order = next((places for places in reversed(later) if first.hash in places or second.hash in places), None)
            if order is not None and order.get(second.hash, 999) < order.get(first.hash, 999):
                continue  # a reranker put it right
            if trace.prompt and trace.places.get(first.hash) == "none":
                continue  # the older one did not reach the prompt
            yield first, second


def _as_prompted(trace: Trace, above: Chunk, below: Chunk) -> tuple[Chunk, Chunk]:
    """Two chunks in the order of the prompt, where both are in it, else as they are."""
    if trace.prompt and trace.places.get(above.hash) == trace.places.get(below.hash) == "whole":
        first, second = (prompt.find(text) for text, prompt in map(trace.as_prompted, (above.text, below.text)))
        return (above, below) if first <= second else (below, above)
    return above, below


def _are_versions(one: Chunk, other: Chunk) -> bool:
    """Whether two texts are versions of one document: by id, or by how alike they are where ids do not tell."""
    if one.hash == other.hash:
        return False
    if one.id and _unversioned(one.id) == _unversioned(other.id):
        # The minutes of two months are two documents.
        return not _OF_A_MONTH.search(one.id) or _alike(content(one.text), content(other.text), 0.3)
    name = _document(one.id)
    is_one = bool(name) and name == _document(other.id)
    return _alike(content(one.text), content(other.text), 0.5 if is_one else 0.85)


def _are_marked_versions(one: Chunk, other: Chunk) -> bool:
    """Whether two texts are marked as versions of one document; chunks of one document often share its id."""
    is_one = bool(one.id) and _unversioned(one.id) == _unversioned(other.id)
    return is_one and (one.id != other.id or _older(one, other) or _older(other, one))


def _older(first: Chunk, second: Chunk) -> bool:
    """By version where both count in the same way, else by date; other marks have no order."""
    if first.version != second.version and _NUMBERED.fullmatch(first.version) and _NUMBERED.fullmatch(second.version):
        a, b = ([int(part) for part in _DIGITS.findall(one.version)] for one in (first, second))
        if (a[0] >= FIRST_YEAR) == (b[0] >= FIRST_YEAR):
            return a < b
    is_ordered = any(form.match(first.updated) and form.match(second.updated) for form in _DATES)
    return is_ordered and first.updated[:19] < second.updated[:19]


def _alike(has: frozenset[str], also_has: frozenset[str], least: float) -> bool:
    """Whether two texts have that share of their words in common."""
    size, other = len(has), len(also_has)
    if size < least * other or other < least * size:
        return False
    common = len(has & also_has)
    return bool(common) and common / (size + other - common) >= least


@remembered(1_000_000)
def _document(chunk_id: str) -> str:
    """The id without a mark of its version: versions of one text have it in common."""
    return _VERSION_OF_ID.sub("", chunk_id)


_OF_A_MONTH = re.compile(r"(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])\Z")
"""An id that ends with a month: minutes, reports."""


@remembered(1_000_000)
def _unversioned(chunk_id: str) -> str:
    """The id without what can only be a version."""
    return _SAYS_VERSION.sub("", chunk_id)


def _stale_first(trace: Trace) -> Seen | None:
    for stale, fresh in _stale(trace):
        return Seen(
            _last_list(trace).span,
            (
                compared(
                    "an older version of the document is ahead", older=stale.id, older_version=stale.version or stale.updated,
                    newer=fresh.id, newer_version=fresh.version or fresh.updated,
                ),
            ),
        )  # fmt: skip
    return None


# What the prompt is made of.


def _built(trace: Trace) -> bool:
    return bool(trace.kept)


def _truncated(trace: Trace) -> Seen | None:
    cut = [chunk for chunk in trace.kept if trace.places[chunk.hash] in ("head", "tail")]
    if not cut:
        lower = trace.prompt.lower()
        may_be_cut = any(word in lower for word in _CUT_WORDS) and any(sign in lower for sign in _CUT_SIGNS)
        mark = _CUT.search(trace.prompt) if may_be_cut else None
        near = trace.prompt[max(mark.start() - 80, 0) : mark.end() + 80] if mark else ""
        return Seen(trace.answering, (compared("the prompt says that it was cut", near=near),)) if mark else None
    evidence = tuple(
        quote(
            f"document_texts[{chunk.place}]", chunk.text, (max(len(chunk.text) - 80, 0), len(chunk.text)) if trace.places[chunk.hash] == "head" else (0, 80),
            chunk.hash, f"{chunk.id}: this part is not in the prompt",
        )
        for chunk in cut[:3]
    )  # fmt: skip
    return Seen(trace.answering, evidence)


LEAST_BYTES = 40
"""Of a text that can be a duplicate; Chinese says with 14 characters what takes 40 letters."""


@remembered(4_000_000)
def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _placed_entries(trace: Trace) -> list[Chunk]:
    """Entries of the lists that the prompt was made from, with repetitions."""
    reranks = [one for one in trace.results if one.span.stage == "rerank"]
    lists = reranks[-1:] or trace.retrieved
    return [chunk for one in lists for chunk in one.chunks if trace.places.get(chunk.hash) == "whole"]


def _entered(trace: Trace) -> bool:
    return len(_placed_entries(trace)) > 1


def _duplicates(trace: Trace) -> Seen | None:
    letters = [(one, _letters(one.text)) for one in _placed_entries(trace)]
    entries = [(one, said) for one, said in letters if len(said.encode()) >= LEAST_BYTES]
    for (first, a), (second, b) in combinations(entries, 2):
        if first.hash == second.hash:
            text, prompt = trace.as_prompted(first.text)
            twice = prompt.count(text) > 1 if prompt else first.selected == 1
        else:
            is_old = a != b and _are_marked_versions(first, second)  # what is out of date has a kind of its own
            twice = not is_old and min(len(a), len(b)) > 0.7 * max(len(a), len(b)) and (a in b or b in a)
        if twice:
            note = f"{first.id} and {second.id}"
            return Seen(
                trace.answering,
                (quote(f"document_texts[{second.place}]", second.text, (0, len(second.text)), second.hash, note),),
            )
    return None


def _found(trace: Trace) -> bool:
    return bool(trace.pool)


def _broken(trace: Trace) -> Seen | None:
    chunks = trace.kept or ([] if trace.prompt else trace.pool)
    bad = [(chunk, why) for chunk in chunks if (why := unreadable(chunk.text))]
    if not bad:
        return None
    evidence = tuple(
        quote(f"document_texts[{chunk.place}]", chunk.text, (0, len(chunk.text)), chunk.hash, f"{chunk.id}: {why}")
        for chunk, why in bad[:3]
    )
    return Seen(trace.answering or trace.results[-1].span, evidence)


def _many(trace: Trace) -> bool:
    return len(trace.kept) >= LEAST_DISTRACTED and bool(trace.question)


def _distractors(trace: Trace) -> Seen | None:
    known = sourcing(trace)
    top = max((chunk.score for chunk in trace.kept if not isnan(chunk.score)), default=None)
    beside = [chunk for chunk in trace.kept if _beside_the_point(known.coverage[chunk.hash], chunk.score, top)]
    if len(beside) < 0.7 * len(trace.kept):
        beside = _far_behind(trace, top) if len(trace.kept) >= MANY else []
    if len(beside) < 0.6 * len(trace.kept):
        beside = _beside_the_source(trace)
    if len(beside) < 0.6 * len(trace.kept):
        return None
    return Seen(
        trace.answering,
        (
            compared(
                "most of the context shares hardly a word with the question",
                documents=len(trace.kept),
                beside_the_point=len(beside),
            ),
        ),
    )


def _far_behind(trace: Trace, top: float | None) -> list[Chunk]:
    """Chunks with a score far below the best one, or without a word of question and answer."""
    about = {key for key in content(trace.question) | content(trace.answer) if not key[0].isdigit()}
    return [
        chunk for chunk in trace.kept if (top and 0 <= chunk.score < 0.6 * top) or about.isdisjoint(content(chunk.text))
    ]


def _beside_the_source(trace: Trace) -> list[Chunk]:
    """Of many chunks those that have next to nothing of question and answer, where one has most of it: the answer was taken from that."""
    said = weights(f"{trace.question[:1000]}\n{trace.answer[:1000]}")
    fits = [share(said, content(chunk.text)) for chunk in trace.kept]
    if max(fits) < FITTING or sourcing(trace).admits:
        return []
    beside = [chunk for chunk, fit in zip(trace.kept, fits, strict=True) if fit <= NEXT_TO_NOTHING]
    return beside if len(beside) >= 0.8 * len(fits) else []


def _beside_the_point(coverage: float, score: float, top: float | None) -> bool:
    """By its words and, where there is one, by its score; by a score far below the best one also where it has a word in common."""
    if top is None or isnan(score):
        return coverage <= SOMEWHAT
    return (score < 0.5 * top and coverage <= SOMEWHAT) or (0 <= score < 0.3 * top and coverage < ABOUT)


def _several(trace: Trace) -> bool:
    return len(trace.kept) > 1


def _contradiction(trace: Trace) -> Seen | None:
    asked = content(trace.question[:2000])
    for first, second in combinations(trace.kept, 2):
        if first.hash == second.hash:
            continue
        versions = _are_marked_versions(first, second)
        if not versions and not may_be_about_one(first.text, second.text):
            continue
        found = (
            contradiction(first.text, second.text)
            or rival_figures(first.text, second.text, asked, versions=versions)
            or _turned_round(first.text, second.text)
        )
        if found:
            (a, b), (c, d) = found
            return Seen(
                trace.answering,
                (
                    quote(f"document_texts[{first.place}]", first.text, (a, b), first.hash, first.id),
                    quote(f"document_texts[{second.place}]", second.text, (c, d), second.hash, second.id),
                ),
            )
    return None


Place = tuple[int, int]
LEAST_COMMON = 4
"""Words that two sentences must have in common to be about one thing."""


_NEGATIONS = frozenset({"not", "no", "never", "cannot", "nicht", "kein", "keine", "nie", "pas", "jamais"})
"""A word that turns a sentence round where nothing else was added to it."""
_LEAD = re.compile(r"\s*[^:.]{3,40}: (?=\w+ \w+ \w+)")
"""`For our partners: ...`"""


@remembered(2_000_000)
def _statements(text: str) -> tuple[tuple[int, int, tuple[str, ...], frozenset[str]], ...]:
    """Place, words in lower case and keys of each sentence."""
    found = []
    for start, end in sentences(text):
        lead = _LEAD.match(text, start, end)
        begin = lead.end() if lead else start
        if end - begin > 15:
            said = text[begin:end]
            found.append((begin, end, tuple(re.findall(r"\w+(?:[.,:]\d+)*", said.lower())), content(said)))
    return tuple(found)


@lru_cache(8192)
def _turned_round(first: str, second: str) -> tuple[Place, Place] | None:
    """Clauses of which one denies the other, or has the opposite word."""
    found = contradiction_between(first, second)
    if found is None or found.kind == "number":
        return None
    return (found.start, found.end), (found.other_start, found.other_end)


@lru_cache(8192)
def contradiction(first: str, second: str) -> tuple[Place, Place] | None:
    """Sentences of two texts that agree but for one passage in which they differ; None where there are none."""
    for start, end, said, said_keys in _statements(first):
        for other_start, other_end, also_said, other_keys in _statements(second):
            shared = len(said_keys & other_keys)
            if shared < LEAST_COMMON - 1 or said == also_said:
                continue
            texts = first[start:end], second[other_start:other_end]
            if (
                _differ(said, also_said, *texts)
                if shared >= LEAST_COMMON
                else _count_otherwise(said, also_said, *texts)
            ):
                return (start, end), (other_start, other_end)
    return None


def _differ(one: tuple[str, ...], other: tuple[str, ...], text: str, other_text: str) -> bool:
    shortest = min(len(one), len(other))
    before = next((n for n in range(shortest) if one[n] != other[n]), shortest)
    after = next((n for n in range(shortest - before) if one[-1 - n] != other[-1 - n]), shortest - before)
    common = before + after
    if before >= 2 and common >= 6 and common >= 0.5 * max(len(one), len(other)):
        longer = one if len(one) > len(other) else other
        added = longer[before : len(longer) - after]
        if common == shortest and not _NEGATIONS.isdisjoint(added):
            return True
        if common < shortest and not _have_other_subjects(text, other_text):
            return True
    return before >= 2 and _count_otherwise(one, other, text, other_text, 0.6)


def _count_otherwise(
    one: tuple[str, ...], other: tuple[str, ...], text: str, other_text: str, least_alike: float = 0.75
) -> bool:
    """Whether nearly the same words stand around figures that exclude one another."""
    alike = len(set(one) & set(other)) / len(set(one) | set(other))
    return (
        alike >= least_alike
        and any(conflicts(x, y) for x in quantities(text) for y in quantities(other_text))
        and not _have_other_subjects(text, other_text)
    )


def _have_other_subjects(text: str, other_text: str) -> bool:
    """Whether both have figures, and words beside them, which the other has not: `Alder costs 520`, `Birch costs 480`."""
    figures, other_figures = quantities(text), quantities(other_text)
    if not figures or not other_figures:
        return False
    of_figures = frozenset(key for one in (*figures, *other_figures) for key in keys(one.text))
    left, right = content(text) - of_figures, content(other_text) - of_figures
    return bool(left - right) and bool(right - left)


CHECKS = (
    TraceCheck("trace.low_relevance", "retrieval_miss.low_relevance", 11, answered, _low_relevance, confidence=0.85),
    TraceCheck("trace.source_absent", "retrieval_miss.source_absent", 11, answered, _source_absent, confidence=0.85),
    TraceCheck("trace.dropped_evidence", "ranking_failure.dropped_evidence", 10, _ranked, _dropped, stage="rerank", confidence=0.85),
    TraceCheck("trace.outranked", "ranking_failure.outranked", 10, _listed, _outranked, stage="rerank", confidence=0.85),
    TraceCheck("trace.stale_first", "ranking_failure.stale_outranks_fresh", 8, _dated, _stale_first, stage="rerank", confidence=0.95),
    TraceCheck("trace.truncated_context", "context_construction.truncated", 3, _built, _truncated, stage="context", confidence=0.9),
    TraceCheck("trace.contradiction", "context_construction.contradiction", 11, _several, _contradiction, stage="context", confidence=0.9),
    TraceCheck("trace.duplicate_chunks", "context_construction.duplicate_chunks", 6, _entered, _duplicates, stage="context", confidence=0.97),
    TraceCheck("trace.broken_chunk", "context_construction.broken_chunk", 4, _found, _broken, stage="context", confidence=0.95),
    TraceCheck("trace.distractors", "context_construction.distractors", 10, _many, _distractors, stage="context", confidence=0.85),
)  # fmt: skip
