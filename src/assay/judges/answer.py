"""Reads what a model answered, and looks up what it claims to have read.

A quotation that stands in no input is invented: the judgement is void, whatever it says. White space may differ, nothing else.
"""

import msgspec

from assay.checks.trace import spaced
from assay.judges.case import Case
from assay.judges.judge import ABSTAIN, Judge
from assay.judges.verdict import Judgement, Quotation, Unscored, Verdict

LEAST_CHARACTERS = 8
"""A shorter quotation stands everywhere, unless it is the whole input."""
MOST_QUOTATIONS = 20
LONGEST_EXPLANATION = 2_000


class _Quotation(msgspec.Struct, forbid_unknown_fields=True):
    input: str
    text: str


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    quotations: list[_Quotation]
    explanation: str
    label: str


_decode = msgspec.json.Decoder(_Answer, strict=True).decode


def judgement_of(text: str, judge: Judge, case: Case) -> Judgement:
    """The verdict in the text of an answer; `case` is what the model was shown, as it was shown."""
    try:
        answer = _decode(text)
    except (msgspec.MsgspecError, ValueError) as cause:
        return Unscored("schema", str(cause)[:200])
    if answer.label not in judge.scale and answer.label != ABSTAIN:
        return Unscored("schema", f"{answer.label[:60]!r} is no level of {judge.key}")
    if len(answer.quotations) > MOST_QUOTATIONS:
        return Unscored("schema", f"{len(answer.quotations)} quotations")
    explanation = answer.explanation[:LONGEST_EXPLANATION]
    if answer.label == ABSTAIN:
        return Unscored("abstained", explanation)
    shown = {str(name): spaced(text) for name, text in case.inputs.items()}
    for one in answer.quotations:
        if not _stands(spaced(one.text), shown.get(one.input)):
            return Unscored("invented_evidence", f"not in {one.input[:30]}: {one.text[:160]}")
    if not answer.quotations:
        return Unscored("no_evidence", explanation)
    return Verdict(
        judge.scale[answer.label],
        answer.label,
        explanation,
        tuple(Quotation(one.input, one.text) for one in answer.quotations),
    )


def _stands(quotation: str, text: str | None) -> bool:
    if text is None or not quotation:
        return False
    return quotation == text if len(quotation) < LEAST_CHARACTERS else quotation in text
