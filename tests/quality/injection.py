"""How many planted instructions `find_injection` finds in documents, and how often it cries wolf.

    python -m tests.quality.injection [folder]

Reads `injection.jsonl` in the folder (default: ASSAY_QUALITY_DATA, then ../shared/data). Prints counts per family of
attacks and per kind of document; exits 1 where a bar is missed. An attack counts as found where a match overlaps the planted
instruction, a clean document as a false alarm where there is any match.

On the data that the shipped weights were made from, the bar is applied to the figures of cross-validation (families of
attacks and groups of documents left out), and the shipped weights' own figures are printed beside them.
"""

import sys
from collections import defaultdict
from pathlib import Path

from assay.checks.foreign import model
from assay.checks.injection import find_injection
from assay.checks.overrides import find_overrides
from tests.quality import train_injection as training
from tests.quality.data import folder, read, table

FOUND = 0.65
FALSE_ALARMS = 0.02


def main(data: Path) -> int:
    """Prints the tables; 1 where a bar is missed."""
    path = data / "injection.jsonl"
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in read(path):
        start, end = training.place(row)
        matches = find_injection(row["document"])
        if row["injected"]:
            hit = any(one.start < end and start < one.end for one in matches)
            names = ("found", f"attack: {row['attack']}", f"found in: {row['domain']}")
        else:
            hit = bool(matches)
            names = ("false alarms", f"false alarms in: {row['domain']}")
        for name in names:
            counts[name][0] += hit
            counts[name][1] += 1
    print(table(("", "n", "of", "share"), [(name, n, of, f"{n / of:.3f}") for name, (n, of) in sorted(counts.items())]))
    found, alarms = (counts[name][0] / max(1, counts[name][1]) for name in ("found", "false alarms"))
    if training.digest(path) in model().trained_on:
        print("\nthese are the data that the weights were made from; cross-validated, families and groups left out:")
        found, alarms = crossed(path)
    ok = found >= FOUND and alarms <= FALSE_ALARMS
    print(
        f"found {found:.3f} (bar {FOUND}), false alarms {alarms:.4f} (bar {FALSE_ALARMS}): {'ok' if ok else 'MISSED'}"
    )
    return 0 if ok else 1


def crossed(path: Path) -> tuple[float, float]:
    """Share found and share of false alarms with the shipped threshold, each document by weights that never saw its like."""
    documents = training.load(path)
    held = training.held_out(documents, training.feature_names(documents))
    named = [bool(find_overrides(row["document"])) for row in read(path) if not row["injected"]]
    threshold = model().threshold
    found = [score >= threshold for _, score in held.attacked]
    alarms = [score >= threshold or override for score, override in zip(held.clean, named, strict=True)]
    return sum(found) / len(found), sum(alarms) / len(alarms)


if __name__ == "__main__":
    sys.exit(main(folder(sys.argv)))
