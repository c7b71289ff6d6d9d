"""Checks of whether the answer of a trace stays within what the model saw.

    documents, other messages, results of tools ─► basis ─┐
    answer ─► sentences ──────────────────────────────────┴─► what is cited, denied, counted or claimed without it

Asked only where documents were searched: without them a model speaks from what it knows, and nothing is held against it. A
sentence gets the most specific name: what was said of its figure, its source or its opposite is not said of the sentence again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple

import stopwordsiso

from assay.checks.arithmetic import reckoned
from assay.checks.citations import fabricated_citations
from assay.checks.contradiction import Contradiction, contradicts, first_contradiction
from assay.checks.evidence import quote
from assay.checks.finding import Evidence
from assay.checks.grounding import SentenceSupport, hardly_supported, is_in_another_language, judge
from assay.checks.language import language_of
from assay.checks.numbers import MOST_CLAIMED, reckons_through, stands_in, unsupported_numbers
from assay.checks.passages import passage
from assay.checks.prose import QUESTION_MARKS, blanked, sentence_at, sentences
from assay.checks.quantities import Quantity, quantities
from assay.checks.sources import admits, rests_elsewhere
from assay.checks.steps import leaves
from assay.checks.trace import Chunk, Trace
from assay.checks.trace_check import Seen, TraceCheck
from assay.checks.words import SELF, WORD, content, keys, prefix_of, whole, words
from assay.spans.columns import NO_BODY

MOST_QUOTED = 3
"""Sentences that one finding quotes, at most."""
LONGEST_ANSWER = 20_000
"""Characters of an answer that are looked at."""

LEAST_NEW = 2
"""Words of content that a claim without support brings, beside those about sources; one more where the assistant speaks of itself."""
LEAST_ENGLISH = 0.2
"""Share of commonest words in a text that is taken for English."""
MOST_ALIGNED = 0.45
"""A sentence that shares more of its words with one place has to bring one more."""
LEAST_NEW_UNSTEMMED = 4
MOST_ALIGNED_UNSTEMMED = 0.25
"""The same for other languages than English."""
LEAST_SPACES = 2
"""Spaces of a sentence: one or two words claim nothing."""
LEAST_SAID = 4
"""Words of content that a sentence must have so that it is held against an answer that rests on nothing."""
MOST_EXCLAIMED = 8
"""Spaces of an exclamation, at most: a longer one may claim something."""
LEAST_READ_OFF = 4
"""Figures of a sentence that the sources have, all of them: it was read off a table, and the words between them are the answer's own."""
LEAST_DOCUMENTS = 2
LEAST_SUBJECT = 2
"""Words of a sentence and its question that say what a figure is about."""

_DISCLAIMS = re.compile(
    r"\b(?:not|no|nor|instead of|substitute for)\b[^.]{0,40}\b(?:advice|guidance|recommendations?|guarantees?|opinions?)\b|"
    r"\b(?:general|informational|illustrative|educational)\b[^.]{0,20}\b(?:information|guidance|purposes|only)\b|"
    r"\b(?:ai|automatically|machine)[- ](?:generated|translated)\b|\b(?:may|can|might) (?:contain|make|include) (?:errors|mistakes|inaccura\w+)|"
    r"^[\W_]*(?:this|that|it|the (?:above|information|answer))\b[^.]{0,20}(?:\bnot|n['’]t) (?:replace|substitute)\b|"
    r"^\W*as an? (?:ai\b|artificial|(?:large )?language model)|\bhere(?:['’]s| is| are) (?:what|how)\b[^.]{0,40}\b(?:say|says|find|found|know|tell|tells)\W*$|"
    r"\b(?:only|solely|legally|not)\b[^.]{0,60}\bbinding\b|\bwithout (?:any )?(?:warrant(?:y|ies)|guarantee|liability)\b|\b(?:subject to change|errors (?:and omissions )?excepted|no liability)\b|"
    r"\b(?:allgemeine\w*|unverbindlich\w*|rechtsverbindlich\w*|générale?s?|général|generale?s?|genérica|algemene?|indicativ\w*|orientativ\w*)\b[^.]{0,30}\b(?:empfehlung|hinweise?|information(?:en|s)?|auskunft|"
    r"indications?|información|informativo|informazion[ei]|informatie|advies)\b|\b(?:keine?|kein) (?:rechts|steuer|medizinische |ärztliche )?(?:beratung|auskunft|diagnose)\b|"
    r"\bersetz(?:t|en) (?:nicht|keine?n?)\b|\bne remplacent? pas\b|\bno (?:sustituye|reemplaza)n?\b|\bnon sostituisc(?:e|ono)\b|\bnão substitu(?:i|em)\b|\bvervangt? (?:geen|niet)\b",
    re.IGNORECASE,
)
"""What owners have written below answers, which no document says."""
_REFERS = re.compile(
    r"\b(?:please|kindly|you (?:can|could|may|should|might)(?: also| want to)?|i(?:['’]d)? (?:would )?(?:recommend|suggest|advise)(?: that you)?|best to|feel free to)\b"
    r"[^.]{0,30}\b(?:contact|consult|consulting|contacting|reach out|reaching out|get in touch|check(?:ing)? with|speak(?:ing)? (?:to|with)|talk(?:ing)? to|ask(?:ing)?|call|e-?mail|"
    r"write to|turn to|verify|double-check|refer to)\b|"
    r"\b(?:colleague|agent|member of (?:our|the) team|support|someone|team)\b[^.]{0,30}\b(?:will|can)\b[^.]{0,20}\b(?:contact|help|reply|assist|get back|follow up|be in touch)",
    re.IGNORECASE,
)
"""The user is sent to somebody, or promised one."""
_PROFESSIONALS = (
    "Arzt|Ärztin|Apotheker(?:in)?|Elektriker|Fachmann|Fachbetrieb|Anwalt|Tierarzt|médecin|pharmacien|électricien|médico|abogado|electricista|farmacéutico|medico|avvocato|"
    "elettricista|lekarz\\w*|arts|huisarts"
)
MOST_SENT = 24
"""Words of such advice."""
_SENDS = re.compile(
    r"\b(?:talk|talking|speak|speaking|consult|consulting|see|ask|asking|call|calling|have|get)\b[^.\d]{0,24}\b(?:doctor|physician|gp|pharmacist|electrician|plumber|vet|veterinarian|"
    r"lawyer|solicitor|mechanic|specialist|professional|technician|dentist|midwife|nurse|advis[eo]r|accountant)\b|"
    r"\b(?:fragen|wenden|konsultieren|consulte[zr]?|demande[zr]|consulta\w*|pregunt\w+|chied\w+|raadpleeg|vraag|zapyta\w*|skonsultuj\w*)\b[^.\d]{0,40}\b"
    rf"(?:{_PROFESSIONALS})\b|\b(?:{_PROFESSIONALS})\b[^.\d]{{0,30}}\b(?:fragen|wenden|konsultieren|prüfen lassen)\b",
    re.IGNORECASE,
)
"""The user is advised to ask a professional, which no source need say."""
_ADVISES = re.compile(
    r"^\W*(?:\d+[.)]\s*)?(?:please |then |also |next,? |first,? )?(?:review|(?:double-)?check|prepare|note|keep|sort|gather|collect|remember|compare|confirm|update|verify|write down|make sure|be sure|consider)\b",
    re.IGNORECASE,
)
"""The user is advised to prepare or to take care; sources have no say in it."""
_LANGUAGES = ("da", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv")
_GIVES = re.compile(
    r"\bfree (?!of\b)\w{4,}|\bfor free\b|\b(?:gift|voucher|bonus)\b",
    re.IGNORECASE,
)
"""What is given for nothing costs its owner something where no source says so: one new word is enough."""
_SAYS_LITTLE = keys(" ".join(chain.from_iterable(map(stopwordsiso.stopwords, _LANGUAGES)))) | keys(
    "degree degrees celsius fahrenheit instance example expect takes happen start stay remain note remember based context contexts correctly document documents documentation source sources article "
    "articles passage passages manual handbook knowledge base search result read reading looked mention mentions mentioned stated cover covers "
    "covered details answer answers question questions summary summarise summarize short apply applies afraid sadly fortunately luckily regret "
    "alas allowed belong belongs bring brings collect kinds matter leave leaves left happened mind exception bit including worry simply straight "
    "precisely correct surely wait plan share safe earlier late morning afternoon evening night tonight tomorrow weekday weekdays weekend "
    "weekends winter spring summer autumn tues thu thur thurs fri sat sun jan feb mar apr jun jul aug sep oct nov dec leider gerne falls sofern "
    "mindestens höchstens hierzu danke frage guten hallo klar selbstverständlich fall falle bonjour bonne plaisir volontiers cas gracias gusto "
    "hola feel feels freude spaß erfolg grüße insgesamt meist meistens häufig normalerweise généralement normalmente buona ottima domanda "
    "pergunta owe honest honestly frank frankly brutally limit limits upper maximum minimum range ranges cap count counts counted rule rules "
    "exceed exceeds exceeded match matches fit fits meet meets combine combined separate additional extra remains remaining age list lists listed "
    "explain explains describes discuss receive received reason reasons item items rate figure figures difference cheaper dearer percentage "
    "accept accepted exclude excluded included inclusive judge confirm decide decision depend depends requirement criterion criteria condition "
    "conditions eligible qualify qualifies valid treat treated affect concern concerned deadline passed stand stands standing lie lies careful "
    "cautious ago week weeks month months year years day days hour hours minute minutes called calls given gives get gets getting plenty proper "
    "close closed closes regards regrettably certainly probably possibly basically generally usually normally typically roughly exactly actually "
    "unbedingt lässt lassen notwendigerweise nécessairement forcément necesariamente necessariamente "
    "really clearly obviously easily directly immediately currently recently finally originally respectively expressly namely merely slightly nearly"
)
"""Keys of the commonest words of these languages (https://github.com/stopwords-iso/stopwords-iso), and of words with which an answer speaks of
what it rests on, reasons about rules, or says how, when and how gladly rather than what."""

_COMMON_ENGLISH = frozenset(stopwordsiso.stopwords("en")) - set().union(
    *(stopwordsiso.stopwords(one) for one in _LANGUAGES if one != "en")
)
"""Those that none of the other languages has."""

_NOT_ANSWERED = frozenset(
    {
        "safety_policy.over_refusal",
        "safety_policy.guardrail_block",
        "output_format.empty",
        "output_format.repetition",
        "output_format.wrong_language",
    }
)
"""What these name is no answer, or cannot be compared with its sources."""


class Basis(NamedTuple):
    """What an answer may rest on."""

    documents: tuple[Chunk, ...]
    """Those that reached the prompt; all that came up where the prompt does not tell."""
    texts: tuple[str, ...]
    """Everything that the model saw: the documents, what stands beside them in the prompt, earlier messages, results of tools."""


def basis(trace: Trace) -> Basis:
    """Made once a trace."""
    found: Basis | None = trace.memo.get("basis")
    if found is None:
        whole = [chunk for chunk in trace.kept if trace.places[chunk.hash] == "whole"]
        documents = trace.kept or trace.pool
        texts = [chunk.text for chunk in (whole if trace.kept else documents)]
        span = trace.answering
        for one in (span.system_prompt, *span.input_messages) if span else ():
            said = trace.read(one).text
            for chunk in whole:
                # Documents come again in prompt after prompt; apart from them, a prompt is short.
                if len(chunk.text) <= len(said):
                    said = said.replace(chunk.text, "\n")
            texts.append(said)
        for call in trace.tools:
            texts += [leaves(trace.read(one).text) for one in (call.arguments, call.result) if one != NO_BODY]
        texts += trace.required
        found = Basis(tuple(documents), tuple(dict.fromkeys(text for text in texts if text.strip())))
        trace.memo["basis"] = found
    return found


def _answered(trace: Trace) -> bool:
    """Something was searched, and an answer was captured that is one, with what the model saw."""
    found: bool | None = trace.memo.get("answered")
    if found is None:
        searched = any(span.retrieves and not span.failed for span in trace.spans)
        found = searched and bool(trace.answer and (trace.pool or trace.prompt)) and not trace.found & _NOT_ANSWERED
        trace.memo["answered"] = found
    return found


def _has_documents(trace: Trace) -> bool:
    return _answered(trace) and bool(trace.pool)


# Sources.


def _citations(trace: Trace) -> Seen | None:
    known = basis(trace)
    ids = list(dict.fromkeys(chunk.id for one in trace.results for chunk in one.chunks if chunk.id))
    texts = [chunk.text for chunk in trace.pool]
    made_up = fabricated_citations(trace.answer[:LONGEST_ANSWER], ids, texts, known.texts)
    return _seen(
        trace,
        (
            ((one.start, one.end), f"{one.value} is none of the {max(len(ids), len(texts))} documents")
            for one in made_up
        ),
    )


# Contradictions and figures.


def _contrary(trace: Trace) -> list[tuple[tuple[int, int], Contradiction, Chunk]]:
    """Sentences that say the opposite of a document, and of no other the same."""
    if "contrary" not in trace.memo:
        trace.memo["contrary"] = list(_find_contrary(trace))
    found: list[tuple[tuple[int, int], Contradiction, Chunk]] = trace.memo["contrary"]
    return found


def _find_contrary(trace: Trace) -> Iterator[tuple[tuple[int, int], Contradiction, Chunk]]:
    documents = basis(trace).documents
    texts = [chunk.text for chunk in documents]
    figures = [one.start for one, _ in _figures(trace)]
    for start, end in _sentences(trace):
        if any(start <= at < end for at in figures):
            continue
        sentence = trace.answer[start:end]
        found = first_contradiction(sentence, texts)
        # Where documents contradict one another, an answer agrees with one of them.
        if (
            found
            and not _is_aside(sentence)
            and not _is_reckoned(trace, (start, end), found[1])
            and not (
                found[1].kind == "number"
                and _stands_elsewhere(sentence, found[1].ours, [*texts[: found[0]], *texts[found[0] + 1 :]])
            )
            and contradicts(sentence, "\n".join(texts))
        ):
            yield (start, end), found[1], documents[found[0]]


def _stands_elsewhere(sentence: str, figure: str, texts: Sequence[str]) -> bool:
    """Whether another document has the figure and a word of the sentence: then the answer is that document's."""
    said = _subject(sentence)
    return any(stands_in(one, text) and said & content(text) for one in quantities(figure)[:1] for text in texts)


def _is_reckoned(trace: Trace, place: tuple[int, int], found: Contradiction) -> bool:
    """Whether the figure that differs is the user's own, or follows from others: no text has it."""
    if found.kind != "number":
        return False
    prose, texts = blanked(trace.answer[:LONGEST_ANSWER]), basis(trace).texts
    known = [one for text in texts for one in quantities(text)]
    return any(
        reckoned(one, prose, texts, known, trace.question)
        or stands_in(one, trace.question)
        or not any(stands_in(one, text) for text in texts)
        for one in quantities(prose)
        if place[0] <= one.start < place[1] and one.text == found.ours
    )


def _contradicts(trace: Trace) -> Seen | None:
    evidence: list[Evidence] = []
    for place, found, chunk in _contrary(trace)[:MOST_QUOTED]:
        note = f"{found.ours or 'this'} against {found.theirs or 'the opposite'} ({found.kind}) in {chunk.id or 'a document'}"
        evidence.append(_quoted(trace, place, note))
        there = (found.other_start, found.other_end)
        evidence.append(quote(f"document_texts[{chunk.place}]", chunk.text, there, chunk.hash, chunk.id))
    return Seen(trace.answering, tuple(evidence)) if evidence else None


def _figures(trace: Trace) -> list[tuple[Quantity, str]]:
    """Figures of the answer that nothing of what the model saw has, or only documents about something else; and which of the two."""
    if "figures" not in trace.memo:
        known = basis(trace)
        missing = unsupported_numbers(trace.answer[:LONGEST_ANSWER], known.texts, _asked(trace))
        if "output_format.truncated" in trace.found:
            missing = tuple(one for one in missing if trace.answer[one.end :].strip())
        trace.memo["figures"] = [
            *((one, "is not in the context") for one in missing),
            *((one, "is only in documents about something else") for one in _misplaced(trace, known, missing)),
        ]
    found: list[tuple[Quantity, str]] = trace.memo["figures"]
    return found


def _asked(trace: Trace) -> str:
    """The question and the day on which it was asked: answers say `in six days` and `two weeks ago`."""
    return f"{trace.question}\n{datetime.fromtimestamp(trace.spans[0].start_ns / 1e9, UTC):%Y-%m-%d}"


def _misplaced(trace: Trace, known: Basis, missing: Sequence[Quantity]) -> Iterator[Quantity]:
    """Figures that stand only in documents which have no other word of the sentence, nor of the question, while others have."""
    figures = quantities(blanked(trace.answer[:LONGEST_ANSWER]))[:MOST_CLAIMED]
    claimed = [one for one in figures if one.form != "words" or one.kind]
    documents = {chunk.text for chunk in known.documents}
    if not _is_english(trace.answer):
        return  # words of other languages are not told apart well enough
    if not claimed or len(documents) < LEAST_DOCUMENTS or not documents.issuperset(known.texts[: len(documents)]):
        return
    beside = [text for text in known.texts if text not in documents]
    starts = {one.start for one in missing}
    asked = _subject(trace.question)
    # Names of documents say what they are about, as `opening-hours` does.
    named = {chunk.text: content(_BETWEEN_WORDS.sub(" ", chunk.id)) for chunk in known.documents}
    for one in claimed:
        if one.start in starts or any(one.text in text and asked & content(text) for text in documents):
            continue
        start, end = sentence_at(blanked(trace.answer[:LONGEST_ANSWER]), one.start)
        said = _subject(f"{trace.answer[start : one.start]} {trace.answer[one.end : end]} {trace.question}")
        about = [text for text in documents if said & (content(text) | named[text])]
        if not about or len(said) < LEAST_SUBJECT or any(one.text in text or stands_in(one, text) for text in about):
            continue
        if (
            any(stands_in(one, text) for text in documents.difference(about))
            and not any(stands_in(one, text) for text in (*beside, trace.question))
            and one in unsupported_numbers(trace.answer[:LONGEST_ANSWER], [*about, *beside], _asked(trace))
        ):
            yield one


_BETWEEN_WORDS = re.compile(r"[-_./#]+")


def _subject(text: str) -> frozenset[str]:
    """Keys of words of full weight, figures aside."""
    return frozenset(one.key for one in whole(text) if one.weight == 1 and not one.key[0].isdigit())


def _numbers(trace: Trace) -> Seen | None:
    prose = blanked(trace.answer[:LONGEST_ANSWER])
    return _seen(trace, ((sentence_at(prose, one.start), f"{one.text} {why}") for one, why in _figures(trace)))


# Claims.


def _claims(trace: Trace) -> Seen | None:
    named = [one.start for one, _ in _figures(trace)] + [place[0] for place, _, _ in _contrary(trace)]
    answer, known = trace.answer[:LONGEST_ANSWER], basis(trace)
    if is_in_another_language(answer, [chunk.text for chunk in known.documents]):
        return None  # their words are no measure
    claims = hardly_supported(answer, known.texts, trace.question)
    places = [
        ((one.start, one.end), f"not in the context: {', '.join(dict.fromkeys((*one.names, *one.words)))[:120]}")
        for one in claims
        if not any(one.start <= start < one.end for start in named) and not _aside(trace, one)
    ]
    if not places and not named and (why := rests_elsewhere(trace)):
        told = judge(answer, known.texts, trace.question).sentences
        unsure = [one for one in told if one.support != "supported" and not _says_nothing(answer[one.start : one.end])]
        weakest = min(unsure, key=lambda one: one.score, default=None)
        places = [((weakest.start, weakest.end), why)] if weakest else []
    return _seen(trace, places)


def _aside(trace: Trace, one: SentenceSupport) -> bool:
    """Whether a sentence without support is none that sources could support: cut off, or about the sources, the talk or the assistant."""
    sentence = trace.answer[one.start : one.end]
    if "output_format.truncated" in trace.found and not trace.answer[one.end :].strip():
        return True
    if _is_aside(sentence) or reckons_through(sentence) or len(quantities(sentence)) >= LEAST_READ_OFF:
        return True
    new = {
        word.key
        for word in words(" ".join(one.words))
        if word.weight == 1 and len(word.key) > 1 and word.key not in _SAYS_LITTLE
    }
    # Whether figures are supported is another question, and `an hour and a half` may stand there as 90 minutes.
    new -= keys(" ".join(figure.text for figure in quantities(sentence)))
    for text in (*basis(trace).texts, trace.question) if new else ():
        relatives = passage(text).prefixes
        new = {key for key in new if not prefix_of(key) or prefix_of(key) not in relatives}
    if not _is_english(trace.answer):
        # Words of other languages are not stemmed, and their compounds are many: `Fahrräder` does not have `Räder`.
        return len(new) < LEAST_NEW_UNSTEMMED or one.aligned > MOST_ALIGNED_UNSTEMMED
    speaks_of_itself = any(word.mood & SELF for word in words(sentence))
    gives = _GIVES.search(sentence) is not None
    return len(new) < LEAST_NEW + speaks_of_itself + (one.aligned > MOST_ALIGNED) - gives


def _is_english(text: str) -> bool:
    """Where the language cannot be told, by the share of the commonest words of English."""
    language = language_of(text)
    if language:
        return language == "en"
    spoken = [one.lower() for one in WORD.findall(text)]
    return sum(one in _COMMON_ENGLISH for one in spoken) >= LEAST_ENGLISH * len(spoken)


def _says_nothing(sentence: str) -> bool:
    """Whether a sentence is an aside, or has too few words to claim anything: a courtesy, a lead-in."""
    said = {one.key for one in words(sentence) if one.weight == 1}
    return len(said) < LEAST_SAID or _is_aside(sentence)


def _is_aside(sentence: str) -> bool:
    """A question back, an exclamation, one or two words, a disclaimer, a referral, or the statement that the sources do not say."""
    return (
        sentence.endswith(QUESTION_MARKS)
        or (sentence.rstrip("*_ ").endswith("!") and not quantities(sentence) and sentence.count(" ") <= MOST_EXCLAIMED)
        or sentence.count(" ") < LEAST_SPACES
        or _DISCLAIMS.search(sentence) is not None
        or _REFERS.search(sentence) is not None
        or _ADVISES.match(sentence) is not None
        or (_SENDS.search(sentence) is not None and len(words(sentence)) <= MOST_SENT and not quantities(sentence))
        or admits(sentence)
    )


def _sentences(trace: Trace) -> list[tuple[int, int]]:
    if "sentences" not in trace.memo:
        trace.memo["sentences"] = list(sentences(blanked(trace.answer[:LONGEST_ANSWER])))
    found: list[tuple[int, int]] = trace.memo["sentences"]
    return found


def _seen(trace: Trace, found: Iterable[tuple[tuple[int, int], str]]) -> Seen | None:
    evidence = tuple(_quoted(trace, place, note) for place, note in islice(found, MOST_QUOTED))
    return Seen(trace.answering, evidence) if evidence else None


def _quoted(trace: Trace, place: tuple[int, int], note: str) -> Evidence:
    span = trace.answering
    body = NO_BODY if span is None else span.answer if span.answer != NO_BODY else span.output_messages[-1]
    return quote("answer", trace.answer, place, body, note)


def allowing(check: TraceCheck, required: tuple[str, ...]) -> TraceCheck:
    """The check, where owners demand these texts in answers: nothing of them is held against an answer."""

    def find(trace: Trace) -> Seen | None:
        trace.required = required
        return check.find(trace)

    return replace(check, find=find) if check in CHECKS else check


CHECKS: Sequence[TraceCheck] = (
    TraceCheck("trace.fabricated_citation", "unsupported_generation.fabricated_citation", 8, _has_documents, _citations, stage="generation", confidence=0.9),
    TraceCheck("trace.contradicts_context", "unsupported_generation.contradicts_context", 11, _has_documents, _contradicts, stage="generation", confidence=0.85),
    TraceCheck("trace.unsupported_number", "unsupported_generation.unsupported_number", 10, _answered, _numbers, stage="generation", confidence=0.9),
    TraceCheck("trace.unsupported_claim", "unsupported_generation.unsupported_claim", 11, _answered, _claims, stage="generation", confidence=0.9),
)  # fmt: skip
