"""Judges without a network or a model: words are compared, nothing is understood. They score from the first minute and are not
calibrated: what agreement with people they have is unknown until there are labels.

    Case ─► sentences, words ─► share between 0 and 1 ─► the nearest level below
"""

import re
from collections.abc import Callable

from assay.checks.grounding import judge as ground
from assay.checks.prose import blanked, sentences
from assay.checks.words import content
from assay.judges.case import Case
from assay.judges.judge import Input, Judge
from assay.judges.verdict import Judgement, Quotation, Unscored, Verdict

MOST_QUOTED = 3
LONGEST_ANSWER = 20_000
"""Characters of an answer that are looked at, as the checks of `assay.checks.grounded` do."""

ENOUGH = 0.5
"""A part of a question is answered by text that has half of its words."""

_SUPPORT = {"supported": 1.0, "partial": 0.5, "none": 0.0}
_PARTS = re.compile(
    r"\?|;|\n|\band (?=(?:how|what|when|where|which|who|why|can|could|do|does|is|are|will)\b)", re.IGNORECASE
)


def judge_offline(judge: Judge, case: Case) -> Judgement:
    """The verdict of the function that the judge's model names (`offline/<name>`)."""
    return FUNCTIONS[judge.model](judge, case)


def _faithfulness(judge: Judge, case: Case) -> Judgement:
    """The mean support of the sentences that claim something, by the evidence of the grounding check."""
    answer = case.inputs["answer"][:LONGEST_ANSWER]
    sources = _texts(case, "context", "tools", "system_prompt", "conversation")
    found = ground(answer, sources, case.inputs.get("question", "")).sentences
    if not found:
        return Unscored("abstained", "no sentence claims something that can be compared with the context")
    score = sum(_SUPPORT[one.support] for one in found) / len(found)
    worst = sorted(found, key=lambda one: one.score)[:MOST_QUOTED]
    missing = [word for one in worst for word in (*one.numbers, *one.names, *one.words)]
    said = f"{sum(one.support == 'supported' for one in found)} of {len(found)} sentences are supported by what the model saw"
    explanation = f"{said}; not there: {', '.join(dict.fromkeys(missing))[:200]}" if missing else said
    return _verdict(judge, score, explanation, [Quotation("answer", answer[one.start : one.end]) for one in worst])


def _relevance(judge: Judge, case: Case) -> Judgement:
    """The share of the question's words that the answer takes up, itself or through the context sentences that it rests on."""
    asked = content(case.inputs["question"])
    if not asked:
        return Unscored("abstained", "the question has no words that can be compared")
    said = _said(case)
    share = len(asked & said) / len(asked)
    first = next(iter(_sentences(case.inputs["answer"])), case.inputs["answer"][:200])
    return _verdict(
        judge, min(share / ENOUGH, 1.0), f"the answer takes up {len(asked & said)} of {len(asked)} words of the question",
        [Quotation("answer", first)],
    )  # fmt: skip


def _completeness(judge: Judge, case: Case) -> Judgement:
    """The share of the question's parts of whose words the answer has at least half."""
    question = case.inputs["question"]
    parts = [part.strip() for part in _PARTS.split(question) if len(content(part)) >= 2]
    if not parts:
        return Unscored("abstained", "the question has no parts that can be compared")
    said = _said(case)
    open_ = [part for part in parts if len(content(part) & said) < ENOUGH * len(content(part))]
    return _verdict(
        judge, 1 - len(open_) / len(parts), f"{len(parts) - len(open_)} of {len(parts)} parts of the question are taken up",
        [Quotation("question", part) for part in (open_ or parts)[:MOST_QUOTED]],
    )  # fmt: skip


FUNCTIONS: dict[str, Callable[[Judge, Case], Judgement]] = {
    "lexical_faithfulness": _faithfulness,
    "lexical_relevance": _relevance,
    "lexical_completeness": _completeness,
}
"""What `model: offline/<name>` may name."""


def _verdict(judge: Judge, score: float, explanation: str, quotations: list[Quotation]) -> Verdict:
    label = next((level for level, least in reversed(judge.scale.items()) if score >= least), next(iter(judge.scale)))
    return Verdict(score, label, explanation, tuple(one for one in quotations if one.text.strip()))


def _said(case: Case) -> frozenset[str]:
    """Words of the answer, and of the sentences of the context that have half of those of an answer's sentence: a short answer
    repeats little of the question."""
    answers = [words for one in _sentences(case.inputs["answer"]) if (words := content(one))]
    found = set().union(*answers) if answers else set()
    for text in _texts(case, "context", "tools"):
        for one in _sentences(text):
            words = content(one)
            if any(len(words & said) >= ENOUGH * len(said) for said in answers):
                found |= words
    return frozenset(found)


def _texts(case: Case, *names: Input) -> list[str]:
    return [case.inputs[name] for name in names if name in case.inputs]


def _sentences(text: str) -> list[str]:
    text = text[:LONGEST_ANSWER]
    return [text[start:end] for start, end in sentences(blanked(text))]
