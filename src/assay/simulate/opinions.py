"""What a careful person would say of simulated answers, from the truth about them: the labels that come with Assay.

    Truth ─► dimension, level ─► demo_labels.csv

These labels stand in for people, and nobody should take them for people: they follow from what the simulator put in, never from what
a judge or a check said, so that a demonstration can show how judges are measured. Where the truth does not decide a dimension there is
no label. `python -m assay.simulate.opinions` writes the file anew; a test compares.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from assay.simulate.faults import FAULTS
from assay.simulate.story import Truth
from assay.simulate.traffic import DEMO_FAULT_RATE, DEMO_HOURS, period

LABELLER = "the simulator's truth"
DEMO_SEED, DEMO_TRACES = 7, 600
"""The traffic of `assay demo`, whose traces the shipped labels are about."""
ANY_NS = 1_800_000_000_000_000_000
"""When the demo takes place is no part of the truth."""

COLUMNS = ("trace_id", "dimension", "source", "labeller", "label")

FILE = Path(str(resources.files("assay.simulate") / "demo_labels.csv"))

_FROM_MEMORY = "unsupported_generation.unsupported_claim"
_ADMITS = "coverage_gap.no_knowledge"
_CONTRADICTS = "unsupported_generation.contradicts_context"

_SAME_ANSWER = ("serving_bottleneck.slow_first_token", "serving_bottleneck.slow_stage", "serving_bottleneck.over_limit", "serving_bottleneck.cache_miss")  # fmt: skip
"""Faults that leave the answer as it would have been."""

_ADDED = {
    "claim_added": "partly_supported", "claim_first": "partly_supported", "claim_as_bullet": "partly_supported", "claims_only": "unsupported",
    "wrong_number": "unsupported", "wrong_number_cited": "unsupported", "added_date": "partly_supported", "added_price": "partly_supported",
    "unknown_document": "partly_supported", "unknown_address": "partly_supported", "right_and_unknown_document": "partly_supported",
    "list_of_unknown_sources": "partly_supported", "opposite": "unsupported", "opposite_cited": "unsupported",
    "opposite_with_confidence": "unsupported", "half_right": "mostly_unsupported", "never_called": "unsupported",
    "other_result": "unsupported", "changed_numbers": "unsupported", "failed_and_invented": "unsupported", "empty_and_invented": "unsupported",
}  # fmt: skip
"""How much of the answer is made up, by the variant of a fault of generation: the main point, or something beside it."""

_MISSES = {"irrelevant_retold": "off_topic", "dropped_and_retold": "barely", "outranked_and_retold": "barely"}
"""Variants that retell something that was not asked."""


def opinions(truth: Truth) -> Iterator[tuple[str, str]]:
    """Dimension and level, for what the truth decides."""
    if truth.app not in ("rag", "agent"):
        return
    is_as_planned = truth.clean or all(one in _SAME_ANSWER for one in truth.faults)
    is_invented = _FROM_MEMORY in truth.faults or _CONTRADICTS in truth.faults
    if truth.variant in _MISSES:
        yield "relevance", _MISSES[truth.variant]
    elif truth.variant in _ADDED:
        yield "faithfulness", _ADDED[truth.variant]
        yield "relevance", "relevant"
    elif is_as_planned or _ADMITS in truth.faults:
        yield "faithfulness", "supported"
        yield "relevance", "relevant"
    elif is_invented and truth.app == "rag":
        # What it says from memory is an answer to the question, and nothing of it is in the documents.
        yield "faithfulness", "unsupported"
        yield "relevance", "relevant"


def demo_labels() -> str:
    """The text of the shipped file."""
    told = period(
        seed=DEMO_SEED, traces=DEMO_TRACES, until_ns=ANY_NS, hours=DEMO_HOURS, fault_rate=DEMO_FAULT_RATE, labels=tuple(FAULTS), incidents=True
    )  # fmt: skip
    return _text(one.truth for one in told)


def _text(truths: Iterable[Truth]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for truth in truths:
        writer.writerows((truth.trace_id, dimension, "expert", LABELLER, level) for dimension, level in opinions(truth))
    return out.getvalue()


if __name__ == "__main__":
    FILE.write_text(demo_labels(), encoding="utf-8")
    sys.stdout.write(f"wrote {FILE}\n")
