"""Whether labels are true: traffic with known faults goes through the real pipe, and what the store says is compared.

    python -m tests.quality.taxonomy                                    simulated traffic with every kind of fault
    python -m tests.quality.taxonomy --otlp FOLDER --truth truth.jsonl  traffic of another generator
    python -m tests.quality.taxonomy --corpus [FOLDER]                  traffic of real libraries

`--otlp`: files of OTLP requests, protobuf or JSON (tests/quality/files.py says which); an `assay.yaml` in the folder holds settings of
the checks. `truth.jsonl`: trace_id, faults (labels), primary, clean, app. Traces that did not arrive count as without a label.
A class is right in a trace where both or neither of truth and store name a kind of it (severity warning and above). Prints
precision and recall, the confusion matrix, the primary failure, and clean traces; exits 1 where a bar is missed.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assay.clock import SystemClock
from assay.config.load import load_config
from assay.config.model import Config
from assay.simulate.policy import policy
from assay.simulate.story import Told
from assay.simulate.traffic import syllabus
from assay.taxonomy.load import taxonomy
from tests.quality.corpus import score_corpus
from tests.quality.data import table
from tests.quality.files import KINDS, Truth, requests_of, truths_of
from tests.quality.pipe import NOTHING, Found, Signal, evidence_of, found_in, labelled

PRECISION, RECALL, PRIMARY, CLEAN = 0.95, 0.90, 0.90, 0.01


def class_of(label: str) -> str:
    """`class` of `class.kind`."""
    return label.partition(".")[0]


def ratio(part: int, whole: int) -> float:
    """1 where there was nothing to find."""
    return part / whole if whole else 1.0


def counted(
    truths: Sequence[Truth], found: dict[str, Found], names: Iterable[str], *, classes: bool
) -> list[tuple[str, int, int, int]]:
    """Name, traces with it in truth and store, only in the store, only in truth."""
    rows = []
    name_of = class_of if classes else str
    told = [
        ({name_of(one) for one in truth.faults}, {name_of(one) for one in found.get(truth.trace_id, NOTHING).labels})
        for truth in truths
    ]
    for name in names:
        both = sum(name in true and name in said for true, said in told)
        rows.append(
            (name, both, sum(name in said for _, said in told) - both, sum(name in true for true, _ in told) - both)
        )
    return rows


def report(truths: Sequence[Truth], found: dict[str, Found]) -> bool:
    """Prints everything; whether every bar is reached."""
    ok = True
    lines = []
    for name, both, extra, missed in counted(
        truths, found, sorted({class_of(kind) for kind in taxonomy().kinds} - {"inconsistency"}), classes=True
    ):
        precision, recall = ratio(both, both + extra), ratio(both, both + missed)
        passed = precision >= PRECISION and recall >= RECALL
        ok = ok and passed
        lines.append(
            (name, both + missed, f"{precision:.3f}", f"{recall:.3f}", extra, missed, "ok" if passed else "MISSED")
        )
    print(table(("class", "traces", f"precision >= {PRECISION}", f"recall >= {RECALL}", "false", "missed", ""), lines))
    print()
    lines = []
    for name, both, extra, missed in counted(
        truths, found, [kind for kind in taxonomy().kinds if kind in KINDS], classes=False
    ):
        instead = Counter(
            label for truth in truths if name in truth.faults and name not in found.get(truth.trace_id, NOTHING).labels
            for label in (found.get(truth.trace_id, NOTHING).labels - truth.faults or {"nothing else"})
        )  # fmt: skip
        words = ", ".join(f"{label} {count}" for label, count in instead.most_common(3))
        lines.append(
            (
                name,
                both + missed,
                f"{ratio(both, both + extra):.3f}",
                f"{ratio(both, both + missed):.3f}",
                extra,
                missed,
                words,
            )
        )
    print(
        table(
            ("kind (no bar)", "traces", "precision", "recall", "false", "missed", "said instead where it was missed"),
            lines,
        )
    )
    print()
    _confusion(truths, found)
    faulty = [truth for truth in truths if truth.primary]
    right = sum(
        truth.primary in ((said := found.get(truth.trace_id, NOTHING).primary), class_of(said)) for truth in faulty
    )
    same_class = sum(
        class_of(found.get(truth.trace_id, NOTHING).primary) == class_of(truth.primary) for truth in faulty
    )
    clean = [truth for truth in truths if truth.clean]
    labelled_clean = Counter(label for truth in clean for label in found.get(truth.trace_id, NOTHING).labels)
    wrong = sum(bool(found.get(truth.trace_id, NOTHING).labels) for truth in clean)
    primary_ok, clean_ok = ratio(right, len(faulty)) >= PRIMARY, (wrong / len(clean) if clean else 0.0) <= CLEAN
    print(
        f"primary right: {right} of {len(faulty)} faulty traces = {ratio(right, len(faulty)):.3f} (bar {PRIMARY}): {'ok' if primary_ok else 'MISSED'}"
    )
    print(f"  of the right class: {ratio(same_class, len(faulty)):.3f}")
    print(
        f"clean traces labelled: {wrong} of {len(clean)} = {wrong / len(clean) if clean else 0.0:.4f} (bar {CLEAN}): {'ok' if clean_ok else 'MISSED'}"
    )
    if labelled_clean:
        print("  with " + ", ".join(f"{label} {count}" for label, count in labelled_clean.most_common()))
    return ok and primary_ok and clean_ok and bool(faulty) and bool(clean)


def _confusion(truths: Sequence[Truth], found: dict[str, Found]) -> None:
    """Class of the true primary failure against the class of the one in the store."""
    names = sorted({class_of(kind) for kind in taxonomy().kinds} - {"inconsistency"})
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for truth in truths:
        cells[class_of(truth.primary) or "clean"][class_of(found.get(truth.trace_id, NOTHING).primary) or "none"] += 1
    short = {name: "".join(word[0] for word in name.split("_")) + name[-1] for name in names}
    print("confusion matrix of the primary failure: truth down, store across")
    rows = [
        (f"{name} ({short.get(name, '')})", *(cells[name][other] or "." for other in (*names, "none")))
        for name in (*names, "clean")
    ]
    print(table(("", *(short[name] for name in names), "none"), rows))
    print()


def confusions(truths: Sequence[Truth], found: dict[str, Found], lines: "dict[str, list[str]]") -> None:
    """What is confused, by variant, with an example each: for those who look into it."""
    by: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    services = {truth.trace_id: truth.service for truth in truths}
    for truth in truths:
        said = found.get(truth.trace_id, NOTHING).labels
        true_classes, said_classes = {class_of(one) for one in truth.faults}, {class_of(one) for one in said}
        if true_classes != said_classes:
            missed = tuple(sorted(one for one in truth.faults if class_of(one) not in said_classes))
            extra = tuple(sorted(one for one in said if class_of(one) not in true_classes))
            by[(truth.primary or "clean", truth.variant, missed, extra)].append(truth.trace_id)
    for (primary, variant, missed, extra), traces in sorted(by.items(), key=lambda item: -len(item[1])):
        print(
            f"{len(traces):4} {primary} [{variant}] missed {', '.join(missed) or '-'}; said {', '.join(extra) or '-'}; like {traces[0]}"
        )
        print(
            f"       in {', '.join(f'{name} {count}' for name, count in Counter(services[one] for one in traces).most_common())}"
        )
        for line in lines.get(traces[0], []):
            print(f"       {line}")


def simulated(arguments: argparse.Namespace, truths: list[Truth]) -> Iterator[tuple[Signal, bytes]]:
    """The simulator's traffic; its truth is added to `truths` on the way."""
    told: Iterable[Told] = syllabus(
        seed=arguments.seed, each=arguments.each, clean=arguments.clean, until_ns=SystemClock().now_ns()
    )
    for one in told:
        truths.append(Truth.of(one.truth._asdict()))
        yield "traces", one.request.SerializeToString()


def main(argv: Sequence[str]) -> int:
    """1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.quality.taxonomy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--otlp", type=Path, help="folder with OTLP files")
    parser.add_argument("--truth", type=Path, help="truth.jsonl (default: in that folder)")
    parser.add_argument("--corpus", nargs="?", const="", help="folder with files of real libraries")
    parser.add_argument("--each", type=int, default=30, help="simulated: traces of each kind")
    parser.add_argument("--clean", type=int, default=1500, help="simulated: clean traces")
    parser.add_argument("--seed", type=int, default=20261121, help="simulated: another seed gives other traffic")
    parser.add_argument("-v", action="store_true", help="list what is confused, with evidence")
    arguments = parser.parse_args(argv)
    if arguments.corpus is not None:
        return 0 if score_corpus(arguments.corpus, verbose=arguments.v) else 1
    truths: list[Truth] = []
    config = Config(checks=policy())
    if arguments.otlp:
        truths = truths_of(arguments.truth or arguments.otlp / "truth.jsonl")
        settings = arguments.otlp / "assay.yaml"
        config = load_config(settings).config if settings.exists() else Config()
    payloads = requests_of(arguments.otlp) if arguments.otlp else simulated(arguments, truths)
    with labelled(payloads, config) as store:
        found = found_in(store)
        ok = report(truths, found)
        arrived = {row["trace_id"] for row in store.rows("SELECT DISTINCT trace_id FROM spans")}
        lost = [truth.trace_id for truth in truths if truth.trace_id not in arrived]
        if lost:
            print(f"{len(lost)} of {len(truths)} traces of the truth did not arrive, like {lost[0]}")
            ok = False
        if arguments.v:
            print()
            confusions(
                truths,
                found,
                {truth.trace_id: evidence_of(store, truth.trace_id) for truth in truths if truth.trace_id in found},
            )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
