"""How well `judge` agrees with people on whether an answer stays within the knowledge it was given.

    python -m tests.quality.grounding [folder]

Reads `grounding.jsonl` in the folder (default: ASSAY_QUALITY_DATA, then ../shared/data); `Generic` answers are dropped. Prints the
confusion matrix, the Matthews correlation with a bootstrap interval over groups of contexts, and beside it the share of the
answer's words that the context has, at 0.8. Exits 1 where the bar is missed.

On the data that the shipped weights were made from, the bar is applied to the mean of cross-validation (groups of contexts left
out, several ways to deal the folds), and the shipped weights' own figures are printed beside it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assay.checks.grounding import judge, model
from tests.quality import train_grounding as training
from tests.quality.data import folder, read, table

BAR = 0.75
OVERLAP = 0.8
RESAMPLES = 1000


def main(data: Path) -> int:
    """Prints the tables; 1 where the bar is missed."""
    path = data / "grounding.jsonl"
    answers = training.load(path)
    truth = np.array([one.attributable for one in answers])
    groups = np.array([one.group for one in answers])
    judged = [
        judge(row["answer"], [row["context"]], row["question"]) for row in read(path) if row["label"] != "Generic"
    ]
    said = np.array([one.supported for one in judged])
    print(table(("", "judged supported", "judged unsupported"), [
        ("attributable", int((truth & said).sum()), int((truth & ~said).sum())),
        ("not attributable", int((~truth & said).sum()), int((~truth & ~said).sum())),
    ]))  # fmt: skip
    none = np.array([any(sentence.support == "none" for sentence in one.sentences) for one in judged])
    print(f"a sentence without any support: {none[~truth].sum()} of {(~truth).sum()} not attributable, {none[truth].sum()} of {truth.sum()} attributable\n")  # fmt: skip
    overlap = np.array([one.baseline >= OVERLAP for one in answers])
    print(table(("", "MCC", "95 % interval"), [
        (name, f"{training.mcc(truth, column):.3f}", interval(lambda rows, column=column: training.mcc(truth[rows], column[rows]), groups))
        for name, column in (("judge", said), (f"word overlap at {OVERLAP}", overlap))
    ]))  # fmt: skip
    reached = training.mcc(truth, said)
    if training.digest(path) in model().trained_on:
        threshold = model().supported_from
        found = [
            training.mcc(truth, training.held_out(answers, shuffle) >= threshold)
            for shuffle in range(training.SHUFFLES)
        ]
        reached = float(np.mean(found))
        print(f"\nthese are the data that the weights were made from; cross-validated, groups left out: {min(found):.3f} to {max(found):.3f}")  # fmt: skip
    print(f"MCC {reached:.3f} (bar {BAR}) on {len(answers)} answers: {'ok' if reached >= BAR else 'MISSED'}")
    return 0 if reached >= BAR else 1


def interval(figure: Callable[[np.ndarray], float], groups: np.ndarray) -> str:
    """The middle 95 % of the figure over groups drawn with replacement; always the same draws."""
    draw = np.random.default_rng(0)
    rows = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    figures = [
        figure(np.concatenate([rows[at] for at in draw.integers(0, len(rows), len(rows))])) for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(figures, (2.5, 97.5))
    return f"{low:.3f} to {high:.3f}"


if __name__ == "__main__":
    sys.exit(main(folder(sys.argv)))
