"""What a judge says: a Verdict, or that there is none and why."""

from typing import Literal, NamedTuple, get_args

Reason = Literal["not_applicable", "policy", "abstained", "invented_evidence", "no_evidence", "schema", "refusal", "rejected", "budget", "unavailable"]  # fmt: skip
"""Why a trace that was drawn has no score:

`not_applicable` an input of the judge was not captured, has expired or is not part of such traces;
`policy` the workspace lets no text out; `abstained` the judge could not tell; `invented_evidence` it quoted what is not there;
`no_evidence` it quoted nothing; `schema` its answer has another shape, or was cut off; `refusal` the model refused;
`rejected` the endpoint will never take this call; `budget` no money was left; `unavailable` nobody answered for too long."""

REASONS: tuple[Reason, ...] = get_args(Reason)


class Quotation(NamedTuple):
    """What the judge read, verbatim but for runs of white space."""

    input: str
    text: str


class Verdict(NamedTuple):
    """An opinion about one dimension."""

    score: float
    """0 to 1, that of the level."""
    label: str
    """The level."""
    explanation: str
    quotations: tuple[Quotation, ...]


class Unscored(NamedTuple):
    """There is no score, and why; never a silent zero."""

    reason: Reason
    explanation: str = ""


Judgement = Verdict | Unscored
