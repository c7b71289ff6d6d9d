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
from collections.abc import Set as AbstractSet
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple

import msgspec

from assay.checks.language import language_of
from assay.checks.names import unsupported_names
from assay.checks.numbers import unsupported_numbers
from assay.checks.passages import Passage, in_threes, passage
from assay.checks.prose import QUESTION_MARKS, blanked, sentences
from assay.checks.words import ACKNOWLEDGEMENT, DENIAL, DOUBT, FEELING, SELF, WORD, YOU, Word, keys, plain, words
from assay.checks.words import content as all_content

MODEL_FILE = "grounding_model.json"
"""Weights, made by `tests/quality/train_grounding.py`, which also says from what."""

ALIGNED: Final = 0.4
"""A sentence that shares at least this part of its words with one place in the contexts is not without support,"""
ALIGNED_AT_MOST: Final = 0.5
"""but for one with much that is nowhere; with this part it never is."""

_COURTESY = re.compile(
    r"^\W*(?:(?:i )?hope (?:this|that|it) |(?:please )?(?:let me|let us) know\b|(?:please )?(?:feel free|do not hesitate|don['’]t hesitate)\b|"
    r"would you like|do you (?:want|need) (?:me|help|more|any|further)|(?:is there|can i|may i|shall i|how (?:can|may) i) .{0,40}\b(?:help|assist|else)\b|"
    r"if you (?:have|need) (?:any |more |further |other )|i['’]?(?:m|'d| am| would be| will be)? (?:be )?(?:happy|glad|here) to (?:help|assist)|"
    r"(?:please )?just (?:ask|let (?:me|us) know|reach out|get in touch)\b|"
    r"(?:thank you|thanks) for |(?:great|good|excellent) question|you['’]?(?:re| are) welcome|i (?:understand|apologi[sz]e)\b|(?:i['’]?m |i am )?sorry (?:to hear|for|about|but)|"
    r"(?:here(?:['’]s| is| are)|below (?:is|are)) |(?:sehr )?gerne?[.!,]|gern geschehen|ich hoffe|lassen sie mich|melden sie sich|kann ich (?:sonst|ihnen|dir)|"
    r"vielen dank|danke |guten (?:tag|morgen|abend)|selbstverständlich[.!,]|n['’]hésitez pas|j['’]espère|bien sûr|bonjour|merci|avec plaisir|puis-je|de rien|"
    r"por supuesto|claro[.!,]|hola|gracias|¿?(?:puedo|hay algo)|di nulla|certo[.!,]|posso )",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"\b(?:context|documents?|documentation|sources?|articles?|knowledge base|materials?|passages?|information|manual|handbook|policy)\b[^.]{0,60}"
    r"\b(?:do(?:es)?(?: not|n['’]t)|did(?: not|n['’]t)|no)\b|"
    r"(?:\b(?:no (?:information|mention|details?)|not (?:find|have|see|contain|mention|include|cover|specif\w+|provide))|n['’]t (?:find|have|see|contain|mention|include|cover|specify|provide))\b"
    r"[^.]{0,80}\b(?:information|details?|context|documents?|documentation|sources?|provided|mention|answer|about|on|anything)\b|"
    r"\b(?:is|are|was)(?: not|n['’]t) (?:covered|mentioned|specified|stated|described|included|listed|documented)\b",
    re.IGNORECASE,
)
_ASSISTING = re.compile(
    r"\bi(?:['’](?:m|d|ll|ve))? (?:am |have |was )?(?:can|could|cannot|can['’]t|couldn['’]t|recommend|suggest|found|do not|don['’]t|happy|hope|would|see that|understand|"
    r"apologi|sorry|afraid|(?:not |un)?able|checked|looked|searched)",
    re.IGNORECASE,
)

_CONDITIONAL = re.compile(
    r"\b(?:as long as|unless|until|if|when|not only|not just|not yet|yet|no later|no more|no less|nicht lange|nicht nur|wenn|solange|si|tant que)\b",
    re.IGNORECASE,
)

FEATURES: Final = (
    "aligned", "run", "absent", "light_absent", "all_present", "figure", "self", "asks", "feeling", "doubt", "flips",
)  # fmt: skip
"""What the model weighs, in order; see `_features`."""

_ALIGNED, _ABSENT, _FLIPS = FEATURES.index("aligned"), FEATURES.index("absent"), FEATURES.index("flips")
STARTS: Final = 2
"""Words, the rarest first, from which the best window is looked for."""
MOST_ABSENT: Final = 4
"""Words that are nowhere, past which more of them make no difference."""
LEAST_ABSENT: Final = 0.375
"""Least `absent` of a sentence without support: one and a half words of content that are nowhere."""
MUCH_ABSENT: Final = 0.75
"""`absent` of three words of content that are nowhere."""

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
    denies: bool = False
    """It is not supported and denies something, without a condition, where the place that has most of its words does not."""


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
    # Among places that are as near the first one counts: the same one, whatever came first.
    contexts = sorted(set(contexts))
    claims = list(examined(answer, contexts, question))
    scores = [probability(one.features, weights) for one in claims]
    if not claims:
        return Grounding(True, 1.0, ())
    if min(scores) < weights.supported_from and is_in_another_language(answer, contexts):
        return Grounding(True, 1.0, ())
    found = tuple(
        _support(answer, one, score, contexts, question, weights) for one, score in zip(claims, scores, strict=True)
    )
    return Grounding(all(one.support == "supported" for one in found), min(scores), found)


def hardly_supported(answer: str, contexts: Sequence[str], question: str = "") -> tuple[SentenceSupport, ...]:
    """Those sentences of `judge` that score below `none_below` and share less than `ALIGNED_AT_MOST` of their words with any place.

    Costs a fraction of it where the first contexts have all words.
    """
    prose = blanked(answer)
    spoken = words(prose)
    absent: AbstractSet[str] = {one.key for one in spoken if one.key}
    for text in contexts:
        absent -= all_content(text)
        if not absent:
            return ()  # what has not been read yet need not be
    if not _lack([one.key for one in spoken if one.weight == 1], absent):
        return ()
    places = sentences(prose)
    said = [words(prose[start:end]) for start, end in places]
    content = [[one.key for one in found if one.weight == 1] for found in said]
    if not any(_lack(found, absent) for found in content):
        return ()
    for text in contexts:
        if implied := passage(text).implied:
            absent -= implied.keys()
    if not any(
        _lack(found, absent) and not _COURTESY.search(prose[start:end])
        for found, (start, end) in zip(content, places, strict=True)
    ):
        return ()
    contexts = sorted(set(contexts))
    # The others cannot be doubtful, whatever else they are like.
    doubted = [
        _Spoken(prose[start:end], start, end, found)
        for found, (start, end) in zip(said, places, strict=True)
        if _lack([one.key for one in found], absent)
    ]
    basis = _basis(doubted, contexts, question)
    weights = model()
    scored = [(one, probability(one.features, weights)) for each in doubted if (one := _claim(each, basis))]
    scored = [(one, score) for one, score in scored if score < weights.none_below]
    if not scored or is_in_another_language(answer, contexts):
        return ()
    found = (_support(answer, one, score, contexts, question, weights) for one, score in scored)
    return tuple(one for one in found if _is_doubtful(one))


def _lack(keys: Sequence[str], absent: AbstractSet[str]) -> bool:
    """Whether so many words are nowhere that the sentence may be doubtful."""
    return sum([key in absent for key in keys]) >= LEAST_ABSENT * MOST_ABSENT


def alignments(answer: str, contexts: Sequence[str], question: str = "") -> tuple[float, ...]:
    """`aligned` of the sentences of `judge`, for a fraction of its cost."""
    contexts = sorted(set(contexts))
    if is_in_another_language(answer, contexts):
        weights, claims = model(), examined(answer, contexts, question)
        is_supported = all(probability(one.features, weights) >= weights.supported_from for one in claims)
        return tuple(one.features[_ALIGNED] for one in claims) if is_supported else ()
    spoken = _spoken(blanked(answer))
    basis = _basis(spoken, contexts, question)
    return tuple(
        [
            _best_window(claimed.said, basis)[0] / sum(claimed.said.values())
            for one in spoken
            if (claimed := _claimed(one, basis))
        ]
    )


def without_support(answer: str, contexts: Sequence[str], question: str = "") -> tuple[SentenceSupport, ...]:
    """Those sentences of `judge` whose support is `none`."""
    return tuple(one for one in hardly_supported(answer, contexts, question) if one.support == "none")


def _is_doubtful(one: SentenceSupport) -> bool:
    return one.support == "none" or (
        one.support == "partial"
        and one.score < model().none_below
        and one.aligned < ALIGNED_AT_MOST
        and len(one.words) >= LEAST_ABSENT * MOST_ABSENT
    )


class Claim(NamedTuple):
    """A sentence that claims something, and what it is like."""

    start: int
    end: int
    absent: tuple[str, ...]
    features: tuple[float, ...]
    """In the order of `FEATURES`."""


def examined(answer: str, contexts: Sequence[str], question: str = "") -> list[Claim]:
    """The sentences of the answer that claim something, with their features."""
    spoken = _spoken(blanked(answer))
    basis = _basis(spoken, contexts, question)
    return [claim for one in spoken if (claim := _claim(one, basis))]


def probability(features: Sequence[float], weights: Model) -> float:
    """Score of a sentence, 0 to 1."""
    total = weights.bias + sum(weights.weights[name] * value for name, value in zip(FEATURES, features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class _Spoken(NamedTuple):
    """One sentence of the answer."""

    text: str
    start: int
    end: int
    words: list[Word]


def _spoken(prose: str) -> list[_Spoken]:
    return [_Spoken(prose[start:end], start, end, words(prose[start:end])) for start, end in sentences(prose)]


class _Basis(NamedTuple):
    """What the contexts have of what the answer says; the windows of one context follow those of the one before."""

    contexts: Sequence[str]
    question: str
    passages: list[Passage]
    windows: dict[str, int]
    denials: int


def _basis(spoken: list[_Spoken], contexts: Sequence[str], question: str) -> _Basis:
    passages = [passage(text) for text in contexts]
    said = {word.key for one in spoken for word in one.words if word.key}
    windows: dict[str, int] = {}
    denials = offset = 0
    for where in passages:
        for key, places in where.windows(said).items():
            windows[key] = windows.get(key, 0) | places << offset
        denials |= where.denials << offset
        offset += where.size
    return _Basis(contexts, question, passages, windows, denials)


class _Claimed(NamedTuple):
    """What a sentence that claims something is made of."""

    said: dict[str, float]
    """Its words by key, with their weight."""
    absent: list[Word]
    mood: int
    """Of all its words."""


def _claimed(one: _Spoken, basis: _Basis) -> _Claimed | None:
    """Nothing where the sentence is no claim."""
    mood = 0
    for bits in {word.mood for word in one.words}:
        mood |= bits
    said: dict[str, float] = {}
    for word in one.words:
        if word.key:
            said[word.key] = said.get(word.key, 0.0) + word.weight
    if not said:
        return None
    absent: list[Word] = []
    if not basis.windows.keys() >= said.keys():
        absent = [word for word in one.words if word.key and word.key not in basis.windows]
    if absent and _claims_nothing(one, absent, mood):
        return None
    return _Claimed(said, absent, mood)


def _claim(one: _Spoken, basis: _Basis) -> Claim | None:
    """Absent words and features; nothing where the sentence is no claim."""
    claimed = _claimed(one, basis)
    if claimed is None:
        return None
    said, absent, mood = claimed
    figures = [word for word in absent if word.key[0].isdigit()]
    if figures and not unsupported_numbers(one.text, basis.contexts, basis.question):
        absent = [word for word in absent if word not in figures]
        figures = []
    best, denied = _best_window(said, basis)
    asks = one.text.endswith(QUESTION_MARKS)
    features = (
        best / sum(said.values()),
        _in_runs(one, basis.passages),
        _missing(absent, basis) if absent else 0.0,
        min(len([word for word in absent if word.weight < 1]), 3) / 3,
        0.0 if absent else 1.0,
        1.0 if figures else 0.0,
        1.0 if mood & SELF and not _ASSISTING.search(one.text) else 0.0,
        0.0 if not asks else 2.0 if mood & YOU else 1.0,
        min(len([word for word in absent if word.mood & FEELING]), 2) / 2,
        1.0 if mood & DOUBT else 0.0,
        1.0 if bool(mood & DENIAL) != denied else 0.0,
    )
    return Claim(one.start, one.end, tuple(word.lower for word in absent), features)


def _claims_nothing(one: _Spoken, absent: list[Word], mood: int) -> bool:
    """A courtesy, a lead-in, an acknowledgement, or the statement that the contexts do not say."""
    if one.text.endswith(":") or _COURTESY.search(one.text) or (mood & DENIAL and _ABSENCE.search(one.text)):
        return True
    return not one.text.endswith(QUESTION_MARKS) and all(
        word in absent and word.mood & ACKNOWLEDGEMENT for word in one.words if word.key
    )


def _missing(absent: list[Word], basis: _Basis) -> float:
    """Words of content that are nowhere; those of the question and relatives of present words count half."""
    asked = keys(plain(basis.question))
    missing = 0.0
    for word in absent:
        if word.weight == 1:
            related = word.key in asked or (
                word.prefix and any(word.prefix in where.prefixes for where in basis.passages)
            )
            missing += 0.5 if related else 1.0
    return min(missing, MOST_ABSENT) / MOST_ABSENT


def _best_window(said: dict[str, float], basis: _Basis) -> tuple[float, bool]:
    """Weight of the words that one window has, and whether it denies something: the window that has the rarest words.

    From the rarest word on, each word narrows the windows where it can. The second rarest gets its try too, in case the rarest
    stands alone.
    """
    if basis.windows.keys() >= said.keys():
        everywhere = -1
        for key in said:
            everywhere &= basis.windows[key]
        if everywhere:
            return sum(said.values()), bool(basis.denials & everywhere & -everywhere)
    shared = sorted(
        (basis.windows[key].bit_count(), -weight, basis.windows[key])
        for key, weight in said.items()
        if key in basis.windows
    )
    best, where = 0.0, 0
    for first in range(min(len(shared), STARTS)):
        left, total = shared[first][2], -shared[first][1]
        for number, (_, weight, bits) in enumerate(shared):
            if number != first and left & bits:
                left &= bits
                total -= weight
        if total > best:
            best, where = total, left & -left
    return best, bool(basis.denials & where)


def _in_runs(one: _Spoken, passages: Sequence[Passage]) -> float:
    """Share of the words that stand in a run of three that a context has too."""
    runs = list(in_threes(one.words))
    left = set(runs)
    for where in passages:
        left -= where.runs
        if not left:
            break
    if runs and not left:
        return 1.0
    covered = done = 0
    for at, run in enumerate(runs):
        if run not in left:
            covered += at + 3 - max(done, at)
            done = at + 3
    return covered / len(one.words)


def _support(
    answer: str, one: Claim, score: float, contexts: Sequence[str], question: str, weights: Model
) -> SentenceSupport:
    aligned = one.features[_ALIGNED]
    if score >= weights.supported_from:
        return SentenceSupport(one.start, one.end, "supported", score, aligned, (), (), ())
    absent = one.features[_ABSENT]
    near = ALIGNED if absent < MUCH_ABSENT else ALIGNED_AT_MOST
    without = score < weights.none_below and aligned < near and absent >= LEAST_ABSENT
    sentence = answer[one.start : one.end]
    numbers = tuple(found.text for found in unsupported_numbers(sentence, contexts, question))
    names = tuple(found.value for found in unsupported_names(sentence, contexts, question))
    as_spoken = {token.lower(): token for token in reversed(WORD.findall(sentence))}
    missing = tuple(dict.fromkeys(as_spoken.get(lower, lower) for lower in one.absent))
    support: Support = "none" if without else "partial"
    return SentenceSupport(
        one.start, one.end, support, score, aligned, missing, numbers, names, _denies_alone(sentence, one)
    )


def _denies_alone(sentence: str, one: Claim) -> bool:
    denials = len([word for word in words(sentence) if word.mood & DENIAL])
    return bool(denials % 2 and one.features[_FLIPS]) and _CONDITIONAL.search(sentence) is None


def is_in_another_language(answer: str, contexts: Sequence[str]) -> bool:
    """Whether the answer is in another language than all of the contexts, as far as both can be told."""
    spoken, told = language_of(answer), False
    for text in contexts if spoken else ():
        read = language_of(text)
        if read == spoken:
            return False
        told = told or bool(read)
    return told
