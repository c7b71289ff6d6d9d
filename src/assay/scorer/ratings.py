"""What people and judges say of the same traces, from the store.

    human labels + verdicts (or findings of checks) on the labelled traces ─► Ratings

A check is a judge that sees everything: where it could be asked, a finding is a score of 0, none a score of 1. An item is a trace.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from assay.scorer.calibrate import Label
from assay.store.store import Store, query

CHECK = "check:"
"""Before the id of a check, where it stands for a judge."""


class Rater(NamedTuple):
    """A judge version or check version, in one dimension of one workspace."""

    workspace: str
    judge_id: str
    judge_version: int
    dimension: str


class Told(NamedTuple):
    """What a judge is made of besides its version. Empty for checks."""

    model: str
    rubric: str


class Score(NamedTuple):
    """What a judge says of one trace, and the probability that it saw the trace."""

    value: float
    probability: float


class Said(NamedTuple):
    """What one person says of one trace."""

    trace_id: str
    source: str
    labeller: str
    value: float
    probability: float
    """That the trace was chosen to be labelled; for `drawn_for`, that it was judged too."""
    drawn_for: str
    """The judge (without version) from whose verdicts the trace was drawn; empty: drawn from all traffic, or not here."""
    conversation: str


class Ratings(NamedTuple):
    """Everything that a round needs."""

    people: dict[tuple[str, str], list[Said]]
    """By workspace and dimension."""
    scores: dict[Rater, dict[Told, dict[str, Score]]]
    """By rater, by what it was made of, by trace."""
    now: dict[Rater, Told]
    """What judges are made of now, where they judged lately."""

    def labels(self, rater: Rater, scores: Mapping[str, Score]) -> list[Label]:
        """Labels as this rater is compared with them: the probability is that a trace was judged by it and labelled."""
        found = []
        for one in self.people.get((rater.workspace, rater.dimension), ()):
            score = scores.get(one.trace_id)
            seen = 1.0 if score is None or one.drawn_for == rater.judge_id else score.probability
            found.append(
                Label(
                    one.trace_id,
                    one.labeller,
                    one.source,
                    one.value,
                    max(one.probability * seen, 1e-9),
                    one.conversation,
                )
            )
        return found


def ratings(store: Store, checks: Mapping[str, str], *, workspace: str = "") -> Ratings:
    """All labels with what judges and checks say of the same traces. `checks` are labels of the taxonomy by check id.

    Raises `StoreUnavailable`.
    """
    asked = {"workspace": workspace}
    people: dict[tuple[str, str], list[Said]] = {}
    for row in store.rows(query("calibration_labels"), asked):
        people.setdefault((row["workspace"], row["dimension"]), []).append(
            Said(
                row["trace_id"], row["source"], row["labeller"], min(max(row["value"], 0.0), 1.0), row["probability"], row["drawn_for"],
                row["conversation_id"],
            )
        )  # fmt: skip
    if not people:
        return Ratings({}, {}, {})
    scores: dict[Rater, dict[Told, dict[str, Score]]] = {}
    for row in store.rows(query("calibration_verdicts"), asked):
        rater = Rater(row["workspace"], row["judge_id"], row["judge_version"], row["dimension"])
        mine = scores.setdefault(rater, {}).setdefault(Told(row["judge_model"], row["rubric"]), {})
        # A verdict comes before what was said of the probe set, and has the probability.
        mine.setdefault(row["trace_id"], Score(row["score"], row["probability"]))
    now = {
        Rater(row["workspace"], row["judge_id"], row["judge_version"], row["dimension"]): Told(row["judge_model"], row["rubric"])
        for row in store.rows(query("calibration_judges"), asked)
    }  # fmt: skip
    if checks:
        scores |= _checks(store, checks, people, asked)
    return Ratings(people, scores, now)


def _checks(
    store: Store, checks: Mapping[str, str], people: Iterable[tuple[str, str]], asked: Mapping[str, str]
) -> dict[Rater, dict[Told, dict[str, Score]]]:
    stands_for = {row["label"]: row["dimension"] for row in store.rows(query("calibration_dimensions"))}
    rated: dict[str, set[str]] = {}
    for workspace, dimension in people:
        rated.setdefault(workspace, set()).add(dimension)
    found: dict[Rater, dict[Told, dict[str, Score]]] = {}
    for row in store.rows(query("calibration_checks"), asked):
        failed = set(row["found"])
        for one in row["asked"]:
            check_id, _, version = one.partition("@")
            label = checks.get(check_id)
            if label is None:
                continue
            for dimension in {stands_for.get(label, ""), label, label.partition(".")[0]} & rated[row["workspace"]]:
                rater = Rater(row["workspace"], CHECK + check_id, int(version or 0), dimension)
                mine = found.setdefault(rater, {}).setdefault(Told("", ""), {})
                mine[row["trace_id"]] = Score(0.0 if one in failed else 1.0, 1.0)
    return found
