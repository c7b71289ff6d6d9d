"""Whether an answer stays within what it rests on, sentence by sentence.

    answer ─► sentences that claim something ─► what each has in common with the contexts (features) ─► linear model ─► support
    contexts ─► passages, each made ready once ───────────┘

Words, figures and short runs of words are compared; nothing is understood. So there are three answers for a sentence, not two:
`supported` says everything with the words of the contexts, `partial` says some of it with other words, or adds something, and
`none` has next to nothing in common with any place in the contexts. A paraphrase is `partial`; only `none` is worth a finding.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple

import msgspec

from assay.checks.language import language_of
from assay.checks.names import unsupported_names
from assay.checks.numbers import unsupported_numbers
from assay.checks.passages import PREFIX_CHARACTERS, Passage, passage
from assay.checks.prose import blanked, sentences
from assay.checks.words import ACKNOWLEDGEMENT, DENIAL, DOUBT, FEELING, SELF, WORD, YOU, Word, keys, plain, word

MODEL_FILE = "grounding_model.json"
"""Weights, made by `tests/quality/train_grounding.py`, which also says from what."""

ALIGNED: Final = 0.4
"""A sentence that shares at least this part of its words with one place in the contexts is never without support."""

_COURTESY = re.compile(
    r"^\W*(?:(?:i )?hope (?:this|that|it) |(?:please )?(?:let me|let us) know\b|(?:please )?(?:feel free|do not hesitate|don['’]t hesitate)\b|"
    r"would you like|do you (?:want|need) (?:me|help|more|any|further)|(?:is there|can i|may i|shall i|how (?:can|may) i) .{0,40}\b(?:help|assist|else)\b|"
    r"if you (?:have|need) (?:any |more |further |other )|i['’]?(?:m|'d| am| would be| will be)? (?:be )?(?:happy|glad|here) to (?:help|assist)|"
    r"(?:thank you|thanks) for |(?:great|good|excellent) question|you['’]?(?:re| are) welcome|i (?:understand|apologi[sz]e)\b|(?:i['’]?m |i am )?sorry (?:to hear|for|about|but)|"
    r"(?:here(?:['’]s| is| are)|below (?:is|are)) |(?:gern geschehen|ich hoffe|lassen sie mich|n['’]hésitez pas|j['’]espère))",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"\b(?:context|documents?|documentation|sources?|articles?|knowledge base|materials?|passages?|information|manual|handbook|policy)\b[^.]{0,60}"
    r"\b(?:do(?:es)?(?: not|n['’]t)|did(?: not|n['’]t)|no)\b|"
    r"\b(?:no (?:information|mention|details?)|not (?:find|have|see|contain|mention|include|cover|specif\w+|provide)|n['’]t (?:find|have|see|contain|mention|include|cover|specify|provide))\b"
    r"[^.]{0,80}\b(?:information|details?|context|documents?|documentation|sources?|provided|mention|answer|about|on|anything)\b|"
    r"\b(?:is|are|was)(?: not|n['’]t) (?:covered|mentioned|specified|stated|described|included|listed|documented)\b",
    re.IGNORECASE,
)
_ASSISTING = re.compile(
    r"\bi(?:['’](?:m|d|ll|ve))? (?:am |have |was )?(?:can|could|cannot|can['’]t|couldn['’]t|recommend|suggest|found|do not|don['’]t|happy|hope|would|see that|understand|"
    r"apologi|sorry|afraid|(?:not |un)?able|checked|looked|searched)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(r"[:：]\s*\Z")

FEATURES: Final = (
    "aligned", "run", "absent", "light_absent", "all_present", "figure", "self", "asks", "feeling", "doubt", "denies", "flips", "words",
)  # fmt: skip
"""What the model weighs, in order; see `_features`."""

Support = Literal["supported", "partial", "none"]


class Model(msgspec.Struct, frozen=True):
    """A sentence scores the logistic of the weighted sum of its features."""

    trained_on: str
    reported: str
    supported_from: float
    """Score from which a sentence is supported."""
    none_below: float
    """Score below which a sentence that is not `ALIGNED` has no support."""
    bias: float
    weights: dict[str, float]


class SentenceSupport(NamedTuple):
    """One sentence of the answer that claims something."""

    start: int
    end: int
    """Place in the answer: `answer[start:end]`."""
    support: Support
    score: float
    aligned: float
    """Share of its words, by weight, in the one place of the contexts that has most of them."""
    words: tuple[str, ...]
    """Words of content that the contexts do not have, as they stand in the answer."""
    numbers: tuple[str, ...]
    """Figures and dates that the contexts do not have."""
    names: tuple[str, ...]
    """Names that the contexts do not have."""


class Grounding(NamedTuple):
    """What holds for the whole answer."""

    supported: bool
    """Every sentence that claims something is supported."""
    score: float
    """Of the weakest sentence; 1 where nothing is claimed."""
    sentences: tuple[SentenceSupport, ...]
    """Sentences that claim something, in order. Empty too where answer and contexts are in different languages."""


@cache
def model() -> Model:
    """The weights that are shipped with this version."""
    return msgspec.json.decode((resources.files("assay.checks") / MODEL_FILE).read_bytes(), type=Model)


def judge(answer: str, contexts: Sequence[str], question: str = "") -> Grounding:
    """Compares the answer with the contexts. Words of the question need no support, figures of it neither.

    Measured on English. Other languages are compared by whole words and their first letters; across languages nothing can be
    compared, and nothing is claimed to be unsupported.
    """
    weights = model()
    claims = list(examined(answer, contexts, question))
    scores = [probability(one.features, weights) for one in claims]
    if not claims:
        return Grounding(True, 1.0, ())
    if min(scores) < weights.supported_from and _apart(answer, contexts):
        return Grounding(True, 1.0, ())
    found = tuple(
        _support(answer, one, score, contexts, question, weights) for one, score in zip(claims, scores, strict=True)
    )
    return Grounding(all(one.support == "supported" for one in found), min(scores), found)


class Claim(NamedTuple):
    """A sentence that claims something, and what it is like."""

    start: int
    end: int
    absent: tuple[str, ...]
    features: tuple[float, ...]
    """In the order of `FEATURES`."""


def examined(answer: str, contexts: Sequence[str], question: str = "") -> list[Claim]:
    """The sentences of the answer that claim something, with their features."""
    passages = [passage(text) for text in contexts]
    prose = blanked(answer)
    asked = frozenset(keys(plain(question))) if question else frozenset()
    found = []
    for start, end in sentences(prose):
        sentence = prose[start:end]
        words = [word(token) for token in WORD.findall(sentence)]
        if any(one.key for one in words) and (one := _claim(sentence, words, passages, asked, contexts, question)):
            lead = len(sentence) - len(sentence.lstrip())
            found.append(Claim(start + lead, start + len(sentence.rstrip()), *one))
    return found


def probability(features: Sequence[float], weights: Model) -> float:
    """Score of a sentence, 0 to 1."""
    total = weights.bias + sum(weights.weights[name] * value for name, value in zip(FEATURES, features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _claim(
    sentence: str,
    words: list[Word],
    passages: list[Passage],
    asked: frozenset[str],
    contexts: Sequence[str],
    question: str,
) -> tuple[tuple[str, ...], tuple[float, ...]] | None:
    """Absent words and features; nothing where the sentence is no claim."""
    mood = 0
    total = 0.0
    in_window: dict[tuple[int, int], float] = {}
    absent: list[Word] = []
    for one in words:
        mood |= one.mood
        if not one.key:
            continue
        total += one.weight
        present = False
        for number, where in enumerate(passages):
            for window in where.windows.get(one.key, ()):
                present = True
                place = (number, window)
                in_window[place] = in_window.get(place, 0.0) + one.weight
        if not present:
            absent.append(one)
    asks = sentence.rstrip().endswith("?")
    if absent and not asks and not in_window and all(not one.key or one.mood & ACKNOWLEDGEMENT for one in words):
        return None
    if absent and (_COURTESY.search(sentence) or _ABSENCE.search(sentence) or _LEAD_IN.search(sentence)):
        return None
    figures = [one for one in absent if one.key[0].isdigit()]
    if figures and not unsupported_numbers(sentence, contexts, question):
        absent = [one for one in absent if one not in figures]
        figures = []
    missing = light = feeling = 0.0
    for one in absent:
        if one.mood & FEELING:
            feeling += 1
        if one.weight < 1:
            light += 1
        elif one.key in asked or any(one.key[:PREFIX_CHARACTERS] in where.prefixes for where in passages):
            missing += 0.5
        else:
            missing += 1
    best_place, best = max(in_window.items(), key=lambda item: (item[1], item[0]), default=((0, -1), 0.0))
    denied = best_place[1] >= 0 and passages[best_place[0]].denies[best_place[1]]
    features = (
        best / total,
        _in_runs(words, passages),
        min(missing, 4.0) / 4,
        min(light, 3.0) / 3,
        float(not absent),
        float(bool(figures)),
        float(bool(mood & SELF) and not _ASSISTING.search(sentence)),
        float(asks) + float(asks and bool(mood & YOU)),
        min(feeling, 2.0) / 2,
        float(bool(mood & DOUBT)),
        float(bool(mood & DENIAL)),
        float(bool(mood & DENIAL) != denied),
        min(sum(1 for one in words if one.key), 15) / 15,
    )
    return tuple(one.lower for one in absent), features


def _in_runs(words: list[Word], passages: list[Passage]) -> float:
    """Share of the words that stand in a run of three that a context has too."""
    lower = [one.lower for one in words]
    covered = 0
    done = 0
    for at, run in enumerate(map(" ".join, zip(lower, lower[1:], lower[2:], strict=False))):
        if any(run in where.runs for where in passages):
            covered += at + 3 - max(done, at)
            done = at + 3
    return covered / len(lower)


def _support(
    answer: str, one: Claim, score: float, contexts: Sequence[str], question: str, weights: Model
) -> SentenceSupport:
    aligned = one.features[0]
    if score >= weights.supported_from:
        return SentenceSupport(one.start, one.end, "supported", score, aligned, (), (), ())
    support: Support = "none" if score < weights.none_below and aligned < ALIGNED else "partial"
    sentence = answer[one.start : one.end]
    numbers = tuple(found.text for found in unsupported_numbers(sentence, contexts, question))
    names = tuple(found.value for found in unsupported_names(sentence, contexts, question))
    spoken = {token.lower(): token for token in reversed(WORD.findall(sentence))}
    words = tuple(dict.fromkeys(spoken.get(lower, lower) for lower in one.absent))
    return SentenceSupport(one.start, one.end, support, score, aligned, words, numbers, names)


def _apart(answer: str, contexts: Sequence[str]) -> bool:
    """Whether the answer is in another language than all of the contexts."""
    spoken = language_of(answer)
    return bool(spoken) and all((read := language_of(text)) and read != spoken for text in contexts)
