"""Makes `src/assay/checks/grounding_model.json` from judged answers, and says how it does on what it has not seen.

    python -m tests.quality.train_grounding [folder]

Reads `grounding.jsonl` (BEGIN benchmark, dev sets: https://github.com/google/BEGIN-dataset; Wizard of Wikipedia, CC BY 4.0, and
Topical-Chat, CDLA-Sharing 1.0). `Generic` answers are dropped. The same data give the same file. No text of the data gets into
the file: it holds one weight for each of `FEATURES`.

People judged answers, the model scores sentences: an answer is as good as its weakest sentence, and that sentence is found by
fitting again with the weakest of the last round, until nothing changes (multiple-instance learning).

What is reported is cross-validated over groups of contexts: an answer is scored by a model that has seen no answer to the same
context or to one that shares a third of its four-word shingles.
"""

import hashlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from assay.checks import grounding
from assay.checks.words import words
from tests.quality.data import folder, read
from tests.quality.train_injection import FOLDS, digest, grouped

RIDGE = 0.5
"""Strength of the pull towards zero, per weight; features are 0 to 1."""
ROUNDS = 20
SHUFFLES = 5
"""Ways of dealing the groups to folds; figures are means over them."""
STEPS = np.round(np.arange(0.2, 0.71, 0.01), 2)
"""Thresholds that are tried."""
NEIGHBOURS = 5
"""A threshold is as good as the mean of this many steps on either side, so that a lucky spike is not taken."""
WRONGLY_NONE = 0.02
"""Share of attributable answers that may be said to have no support."""


class Answer(NamedTuple):
    """One row."""

    group: int
    attributable: bool
    sentences: np.ndarray
    """Features, one row for each sentence that claims something."""
    baseline: float
    """Share of its content words that the context has."""


def load(path: Path) -> list[Answer]:
    """All rows but the generic ones."""
    rows = [row for row in read(path) if row["label"] != "Generic"]
    groups = grouped([row["context"] for row in rows])
    return [
        Answer(
            group,
            row["label"] == "Fully attributable",
            np.array([one.features for one in grounding.examined(row["answer"], [row["context"]], row["question"])]),
            overlap(row["answer"], row["context"]),
        )
        for row, group in zip(rows, groups, strict=True)
    ]


def overlap(answer: str, context: str) -> float:
    """The baseline: share of the answer's words of content that are in the context as they stand."""
    said = [one.lower for one in words(answer) if one.key]
    there = {one.lower for one in words(context)}
    return sum(one in there for one in said) / len(said) if said else 0.0


def fit(answers: Sequence[Answer]) -> grounding.Model:
    """Logistic regression with a ridge on the weakest sentence of each answer."""
    claiming = [one for one in answers if len(one.sentences)]
    y = np.array([float(one.attributable) for one in claiming])
    weakest = [one.sentences.mean(axis=0) for one in claiming]
    w = np.zeros(len(grounding.FEATURES) + 1)
    for _ in range(ROUNDS):
        new = logistic(np.array(weakest), y)
        if np.abs(new - w).max() < 1e-6:
            break
        w = new
        weakest = [one.sentences[np.argmin(one.sentences @ w[:-1])] for one in claiming]
    return grounding.Model(
        trained_on="",
        reported="",
        supported_from=0.5,
        none_below=0.0,
        bias=round(float(w[-1]), 4),
        weights={name: round(float(value), 4) for name, value in zip(grounding.FEATURES, w[:-1], strict=True)},
    )


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights and bias, by Newton's method."""
    x = np.column_stack([x, np.ones(len(x))])
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty), x.T @ (p - y) + penalty * w)
        w -= step
        if np.abs(step).max() < 1e-9:
            break
    return w


def score(answer: Answer, model: grounding.Model) -> float:
    """Of the weakest sentence."""
    return min((grounding.probability(one, model) for one in answer.sentences), default=1.0)


def held_out(answers: Sequence[Answer], shuffle: int) -> np.ndarray:
    """Scores by models that have not seen the group."""
    fold = fold_of([one.group for one in answers], shuffle)
    scores = np.zeros(len(answers))
    for left_out in range(FOLDS):
        model = fit([one for one in answers if fold[one.group] != left_out])
        for index, one in enumerate(answers):
            if fold[one.group] == left_out:
                scores[index] = score(one, model)
    return scores


def fold_of(groups: Sequence[int], shuffle: int) -> dict[int, int]:
    """Fold of each group: the largest first, each into the emptiest fold, in an order that the shuffle decides."""
    sizes = {group: groups.count(group) for group in groups}
    filled = [0] * FOLDS
    folds: dict[int, int] = {}
    for group in sorted(sizes, key=lambda one: (-sizes[one], hashlib.sha256(f"{shuffle} {one}".encode()).digest())):
        folds[group] = filled.index(min(filled))
        filled[folds[group]] += sizes[group]
    return folds


def mcc(truth: np.ndarray, said: np.ndarray) -> float:
    """Matthews correlation of two yes-or-no columns."""
    tp, tn = int((truth & said).sum()), int((~truth & ~said).sum())
    fp, fn = int((~truth & said).sum()), int((truth & ~said).sum())
    root = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp * tn - fp * fn) / root if root else 0.0


def threshold_of(truth: np.ndarray, shuffles: Sequence[np.ndarray]) -> float:
    """The middle of the best stretch of thresholds."""
    curve = np.array([np.mean([mcc(truth, scores >= step) for scores in shuffles]) for step in STEPS])
    width = 2 * NEIGHBOURS + 1
    smooth = np.convolve(curve, np.ones(width) / width, mode="valid")
    return float(STEPS[NEIGHBOURS + int(smooth.argmax())])


def none_below(answers: Sequence[Answer], shuffles: Sequence[np.ndarray]) -> float:
    """The highest score below which at most `WRONGLY_NONE` of attributable answers have a sentence that is not aligned."""
    lowest = sorted(
        float(scores[index]) if one.sentences[:, 0].min(initial=1.0) < grounding.ALIGNED else 1.0
        for scores in shuffles
        for index, one in enumerate(answers)
        if one.attributable
    )
    return math.floor(100 * lowest[int(WRONGLY_NONE * len(lowest))]) / 100


def main(data: Path) -> int:
    """Trains, reports, writes the file."""
    path = data / "grounding.jsonl"
    answers = load(path)
    truth = np.array([one.attributable for one in answers])
    shuffles = [held_out(answers, shuffle) for shuffle in range(SHUFFLES)]
    threshold = threshold_of(truth, shuffles)
    found = [mcc(truth, scores >= threshold) for scores in shuffles]
    reported = (
        f"MCC {np.mean(found):.3f} ({min(found):.3f} to {max(found):.3f} over {SHUFFLES} ways to deal {FOLDS} folds), "
        f"{len(answers)} answers, groups of contexts left out"
    )
    model = msgspec.structs.replace(
        fit(answers),
        trained_on=f"BEGIN dev sets (Wizard of Wikipedia CC BY 4.0, Topical-Chat CDLA-Sharing 1.0), {len(answers)} answers, sha256 {digest(path)}",
        reported=reported,
        supported_from=threshold,
        none_below=min(none_below(answers, shuffles), threshold),
    )
    target = Path(grounding.__file__).with_name(grounding.MODEL_FILE)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    print(reported, f"supported from {threshold}, none below {model.none_below}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(folder(sys.argv)))
