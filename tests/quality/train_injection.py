"""Makes `src/assay/checks/foreign_model.json` from the marked documents, and says how it does on what it has not seen.

    python -m tests.quality.train_injection [folder]

Reads `injection.jsonl` (BIPIA train contexts and attacks, MIT: https://github.com/microsoft/BIPIA). The same data give the
same file. Every sentence that asks for something is one example; those that overlap the planted instruction are positive.

What is reported is cross-validated over groups: a document is scored by a model that has seen neither the family of its
attack nor any document like it (documents that share a third of their four-word shingles are one group).
"""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from assay.checks import foreign
from tests.quality.data import folder, read

FOLDS = 5
RIDGE = 2.0
"""Strength of the pull towards zero, per weight; features are 0 to 1."""
FALSE_ALARMS = 0.005
"""Share of clean documents that may score above the threshold in cross-validation: a quarter of what the bar allows."""
SHARED_SHINGLES = 1 / 3


class Document(NamedTuple):
    """One row, taken apart."""

    attack: str
    """Family of the planted instruction, empty for a clean document."""
    group: int
    sentences: list[dict[str, float]]
    planted: list[bool]


def load(path: Path) -> list[Document]:
    """All rows with their candidate sentences and groups."""
    rows = list(read(path))
    groups = grouped([base(row) for row in rows])
    documents = []
    for row, group in zip(rows, groups, strict=True):
        start, end = place(row)
        found = list(foreign.candidates(row["document"]))
        documents.append(
            Document(
                row.get("attack") or "",
                group,
                [one.features for one in found],
                [one.start < end and start < one.end for one in found],
            )
        )
    return documents


def place(row: dict[str, Any]) -> tuple[int, int]:
    """Where the instruction stands; an empty place in a clean document."""
    if not row["injected"]:
        return (0, 0)
    start = row["document"].find(row["instruction"])
    return (start, start + len(row["instruction"]))


def base(row: dict[str, Any]) -> str:
    """The document without what was planted."""
    start, end = place(row)
    return str(row["document"][:start] + row["document"][end:])


def grouped(texts: Sequence[str]) -> list[int]:
    """A group number for each text; texts that share many shingles, directly or through others, have the same."""
    shingles = []
    for text in texts:
        words = text.lower().split()
        shingles.append({tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))})
    parent = list(range(len(texts)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a in range(len(texts)):
        for b in range(a):
            smaller = min(len(shingles[a]), len(shingles[b]))
            if root(a) != root(b) and len(shingles[a] & shingles[b]) >= SHARED_SHINGLES * smaller:
                parent[root(a)] = root(b)
    return [root(one) for one in range(len(texts))]


def fit(documents: Iterable[Document], names: Sequence[str]) -> foreign.Model:
    """Logistic regression with a ridge, by Newton's method; each class of sentence weighs the same in sum."""
    rows = [(s, p) for document in documents for s, p in zip(document.sentences, document.planted, strict=True)]
    x = np.array([[*(s.get(name, 0.0) for name in names), 1.0] for s, _ in rows])
    y = np.array([float(p) for _, p in rows])
    share = np.where(y > 0, 0.5 / max(y.mean(), 1e-9), 0.5 / max(1 - y.mean(), 1e-9))
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        step = np.linalg.solve(
            (x * (share * p * (1 - p))[:, None]).T @ x + np.diag(penalty), x.T @ (share * (p - y)) + penalty * w
        )
        w -= step
        if np.abs(step).max() < 1e-9:
            break
    return foreign.Model(
        trained_on="",
        reported="",
        threshold=0.5,
        bias=round(float(w[-1]), 4),
        weights={name: round(float(value), 4) for name, value in zip(names, w[:-1], strict=True)},
    )


def score(document: Document, model: foreign.Model, *, planted: bool) -> float:
    """Highest score among the sentences; of an attacked document only the planted ones count."""
    return max(
        (
            foreign.probability(sentence, model)
            for sentence, is_planted in zip(document.sentences, document.planted, strict=True)
            if is_planted or not planted
        ),
        default=0.0,
    )


class Held(NamedTuple):
    """Scores of documents by models that saw neither their kind nor their attack."""

    attacked: list[tuple[str, float]]
    """Family and score, one for each attacked document."""
    clean: list[float]
    """One for each clean document: the highest of the models that left its group out."""


def held_out(documents: Sequence[Document], names: Sequence[str]) -> Held:
    """Cross-validation over groups of documents and families of attacks at once."""
    folds = fold_of([document.group for document in documents])
    families = sorted({document.attack for document in documents} - {""})
    attacked: list[tuple[str, float]] = []
    clean: dict[int, float] = defaultdict(float)
    for fold in range(FOLDS):
        for family in families:
            model = fit((d for d in documents if folds[d.group] != fold and d.attack != family), names)
            for index, document in enumerate(documents):
                if folds[document.group] != fold:
                    continue
                if document.attack == family:
                    attacked.append((family, score(document, model, planted=True)))
                elif not document.attack:
                    clean[index] = max(clean[index], score(document, model, planted=False))
    return Held(attacked, [clean[index] for index, document in enumerate(documents) if not document.attack])


def fold_of(groups: Sequence[int]) -> dict[int, int]:
    """Fold of each group, the largest groups first into the emptiest fold."""
    sizes: dict[int, int] = defaultdict(int)
    for group in groups:
        sizes[group] += 1
    filled = [0] * FOLDS
    folds: dict[int, int] = {}
    for group in sorted(sizes, key=lambda one: (-sizes[one], one)):
        fold = filled.index(min(filled))
        folds[group] = fold
        filled[fold] += sizes[group]
    return folds


def feature_names(documents: Iterable[Document]) -> list[str]:
    """Every feature that any sentence has, in order."""
    return sorted({name for document in documents for sentence in document.sentences for name in sentence})


def threshold_of(clean: Sequence[float]) -> float:
    """The lowest score that at most `FALSE_ALARMS` of the clean documents reach."""
    allowed = int(FALSE_ALARMS * len(clean))
    return float(np.ceil((sorted(clean, reverse=True)[allowed] + 1e-9) * 1000) / 1000)


def main(data: Path) -> int:
    """Trains, reports, writes the file."""
    path = data / "injection.jsonl"
    documents = load(path)
    names = feature_names(documents)
    held = held_out(documents, names)
    threshold = threshold_of(held.clean)
    found = sum(s >= threshold for _, s in held.attacked) / len(held.attacked)
    alarms = sum(s >= threshold for s in held.clean) / len(held.clean)
    reported = f"found {found:.3f} of {len(held.attacked)}, false alarms {alarms:.4f} of {len(held.clean)}; families and groups of documents left out, {FOLDS} folds"
    model = msgspec.structs.replace(
        fit(documents, names),
        trained_on=f"BIPIA train contexts and attacks (MIT), {len(documents)} documents, sha256 {digest(path)}",
        reported=reported,
        threshold=threshold,
    )
    target = Path(foreign.__file__).with_name(foreign.MODEL_FILE)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    print(reported, f"threshold {threshold}", sep="\n")
    return 0


def digest(path: Path) -> str:
    """Content hash of the training data, so that the quality program knows when it looks at the same."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(folder(sys.argv)))
