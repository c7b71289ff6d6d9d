"""Recall and precision of `find_pii` on sentences that people marked, per type.

    python -m tests.quality.pii [folder]

Reads `pii.jsonl` in the folder (default: ASSAY_QUALITY_DATA, then ../shared/data). Prints a table and exits 1 where a bar
is missed. A marked span counts as found where one match of the same type shares at least four fifths of the characters
that either of them covers; a match counts as right on the same terms.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from assay.checks.match import Match
from assay.checks.pii import find_pii
from tests.quality.data import folder, read, table


class Bar(NamedTuple):
    """What a type has to reach."""

    type: str
    recall: float
    precision: float


BARS = {
    "EMAIL_ADDRESS": Bar("email", 0.95, 0.95),
    "CREDIT_CARD": Bar("card", 0.95, 0.95),
    "IBAN_CODE": Bar("iban", 0.95, 0.95),
    "US_SSN": Bar("ssn", 0.95, 0.95),
    "IP_ADDRESS": Bar("ip", 0.95, 0.95),
    "PHONE_NUMBER": Bar("phone", 0.85, 0.90),
}
SHARED = 0.8


def same(marked: dict[str, object], match: Match) -> bool:
    """Whether the match is the marked span, give or take a fifth."""
    start, end = int(str(marked["start"])), int(str(marked["end"]))
    both = min(end, match.end) - max(start, match.start)
    either = max(end, match.end) - min(start, match.start)
    return both >= SHARED * either


def main(data: Path, *, verbose: bool) -> int:
    """Prints the table; 1 where a bar is missed."""
    marked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for row in read(data / "pii.jsonl"):
        matches = find_pii(row["text"])
        for name, bar in BARS.items():
            spans = [span for span in row["spans"] if span["type"] == name]
            ours = [match for match in matches if match.type == bar.type]
            missed = [span for span in spans if not any(same(span, match) for match in ours)]
            wrong = [match for match in ours if not any(same(span, match) for span in spans)]
            marked[name] += len(spans)
            found[name] += len(spans) - len(missed)
            said[name] += len(ours)
            right[name] += len(ours) - len(wrong)
            if verbose and (missed or wrong):
                print(f"{name}: missed {missed}, wrong {wrong} in {row['text']!r}")
        other.update(match.type for match in matches if match.type not in {bar.type for bar in BARS.values()})
    rows, ok = [], True
    for name, bar in BARS.items():
        if not marked[name]:
            continue
        recall = found[name] / marked[name]
        precision = right[name] / said[name] if said[name] else 0.0
        passed = recall >= bar.recall and precision >= bar.precision
        ok = ok and passed
        rows.append((bar.type, marked[name], f"{recall:.3f}", f">= {bar.recall}", said[name], f"{precision:.3f}", f">= {bar.precision}", "ok" if passed else "MISSED"))  # fmt: skip
    print(table(("type", "marked", "recall", "bar", "said", "precision", "bar", ""), rows))
    print(f"other types said: {dict(other)}")
    return 0 if ok and rows else 1


if __name__ == "__main__":
    sys.exit(main(folder(sys.argv), verbose="-v" in sys.argv))
