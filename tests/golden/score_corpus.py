"""How much of what a corpus of real telemetry can give comes back from the store.

    python -m tests.golden.score_corpus FOLDER [--in-memory] [--library TEXT] [--misses FILE] [--verbose]

FOLDER holds `MANIFEST.jsonl` (one line a file: `file`, `signal`, `library`, `version`, `scenario`, `truth`) and the
OTLP files that it names. Every file of a scenario is sent over OTLP/HTTP to a real receiver, each scenario to its own
workspace (response ids recur across scenarios); traces settle; canonical rows are read back and compared with `truth`,
which was written from the model API's side. `--in-memory` maps the spans without receiver and store, for work on
dialects; it is not the bar.

What counts
  A *value* is one thing that the truth expects of one field. It is scored only if it is recoverable: in the bytes, in
  a place that means it. When that is in doubt, it is recoverable. The bytes are read by `corpus/evidence.py`, which
  shares no code with the mapping; the rule of each field stands at its function in `corpus/compare.py`. In short:

  operation            one value per model call, embedding, retrieval, tool run and agent that some span announces
  provider, models     one value per distinct name that the bytes hold as a whole word in a fitting place
  response id          one per call whose id is some leaf, other than a conversation or previous response
  tokens               one per scenario and kind: the total over rows that count; calls whose numbers are not in the
                       bytes (streams without usage, time-outs, failed calls) are left out of the expected total
  finish reasons       one per word sent under a finish or stop reason key; compared in the convention's words
  texts                each distinct last user message, answer and system text that some leaf holds exactly
  tool definitions     each distinct name that stands in a list of tools
  tool calls           name with arguments of each call in an answer; the name alone where arguments are not sent
  tool results         each result that a tool's span or a response in a later call's input holds
  documents, query     per retrieval the whole ordered list of ids, scores, texts, ranks, where every element is sent
  conversation, user   where some leaf is exactly the id
  error type           one per kind of failure; its kind where the words say it, else that something failed
  evaluations          name with score or label

Exit status 1 if a bar fails: every file accepted; recovered/recoverable >= 0.97 over all and >= 0.90 in every library;
token totals exactly right for >= 98 % of scenarios whose bytes hold usage.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.golden.corpus.compare import FIELDS, Value, compare, tokens_exact
from tests.golden.corpus.evidence import Evidence, read_evidence

OVERALL_BAR, LIBRARY_BAR, TOKENS_BAR = 0.97, 0.90, 0.98


class Scenario(NamedTuple):
    """The files of one scenario of one library configuration."""

    library: str
    """The folder's name: `library@version+mode`."""
    name: str
    truth: dict[str, Any]
    files: tuple[tuple[str, Path], ...]
    """(signal, path), traces first."""


class Scored(NamedTuple):
    """What came of one scenario."""

    scenario: Scenario
    values: list[Value]
    tokens: bool | None
    """Token totals exactly right; None where the bytes hold no usage."""
    refused: list[str]
    """Files that were not accepted, with the answer."""


def read_manifest(folder: Path, library: str = "") -> list[Scenario]:
    """Scenarios in the manifest's order; only libraries whose name contains `library`."""
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        name = entry["file"].rpartition("/")[0] or f"{entry['library']}@{entry['version']}"
        if library in name:
            grouped[(name, entry["scenario"])].append(entry)
    found = []
    for (name, scenario), entries in grouped.items():
        entries.sort(key=lambda e: e["signal"] != "traces")
        files = tuple((e["signal"], folder / e["file"]) for e in entries)
        found.append(Scenario(name, scenario, entries[0]["truth"], files))
    return found


def requests_of(scenario: Scenario) -> tuple[ExportTraceServiceRequest, ExportLogsServiceRequest]:
    """All files of a scenario, parsed and merged by signal."""
    traces, logs = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    for signal, path in scenario.files:
        (traces if signal == "traces" else logs).MergeFromString(path.read_bytes())
    return traces, logs


def evidence_of(scenario: Scenario) -> Evidence:
    """What the scenario's bytes hold."""
    return read_evidence(*requests_of(scenario))


def score_in_memory(scenarios: Iterable[Scenario]) -> Iterable[Scored]:
    """Scores without a receiver or store."""
    from tests.golden.corpus.in_memory import rows_in_memory

    for scenario in scenarios:
        traces, logs = requests_of(scenario)
        rows, evaluations = rows_in_memory(traces, logs)
        evidence = read_evidence(traces, logs)
        values = compare(scenario.truth, evidence, rows, evaluations)
        yield Scored(scenario, values, tokens_exact(scenario.truth, evidence, rows), [])


def score_live(scenarios: list[Scenario]) -> Iterable[Scored]:
    """Scores what the views hold after everything was sent to a receiver."""
    from tests.golden.corpus.live import Sending, through_receiver

    found = through_receiver(
        [
            Sending(f"scenario-{number}", signal, path)
            for number, scenario in enumerate(scenarios)
            for signal, path in scenario.files
        ]
    )
    for number, scenario in enumerate(scenarios):
        read = found[f"scenario-{number}"]
        evidence = evidence_of(scenario)
        values = compare(scenario.truth, evidence, read.rows, read.evaluations)
        yield Scored(scenario, values, tokens_exact(scenario.truth, evidence, read.rows), read.refused)


def report(scored: list[Scored], *, misses: list[str]) -> bool:
    """Print the table and the bars; True if every bar holds."""
    by_library: dict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    for one in scored:
        counts = by_library[one.scenario.library]
        for value in one.values:
            counts[(value.field, value.recovered)] += 1
        for value in one.values:
            if not value.recovered:
                where = f"{one.scenario.library}/{one.scenario.name}"
                misses.append(f"{where}\t{value.field}\texpected {value.expected[:300]!r}\tfound {value.found[:300]!r}")
        if one.tokens is False:
            misses.append(f"{one.scenario.library}/{one.scenario.name}\ttokens\ttotals are not exact")
        misses.extend(f"{one.scenario.library}/{one.scenario.name}\trefused\t{answer}" for answer in one.refused)
    fields = [f for f in FIELDS if any(c[(f, True)] + c[(f, False)] for c in by_library.values())]
    print("\t".join(("library", "ratio", *fields)))
    worst = 1.0
    for library, counts in sorted(by_library.items()):
        right = sum(count for (_, ok), count in counts.items() if ok)
        total = sum(counts.values())
        ratio = right / total if total else 1.0
        worst = min(worst, ratio)
        print("\t".join((library, f"{ratio:.3f}", *(_cell(counts, field) for field in fields))))
    everything: Counter[tuple[str, bool]] = sum(by_library.values(), Counter())
    right = sum(count for (_, ok), count in everything.items() if ok)
    overall = right / max(sum(everything.values()), 1)
    print("\t".join(("all", f"{overall:.3f}", *(_cell(everything, field) for field in fields))))
    with_usage = [one.tokens for one in scored if one.tokens is not None]
    exact = sum(with_usage) / max(len(with_usage), 1)
    files = sum(len(one.scenario.files) for one in scored)
    refused = sum(len(one.refused) for one in scored)
    low = sorted(name for name, c in by_library.items() if sum(c.values()) and _ratio(c) < LIBRARY_BAR)
    bars = (
        (f"files accepted: {files - refused}/{files}", refused == 0),
        (f"recovered/recoverable: {right}/{sum(everything.values())} = {overall:.4f} (bar {OVERALL_BAR})", overall >= OVERALL_BAR),
        (f"worst library: {worst:.4f} (bar {LIBRARY_BAR}){': ' + ', '.join(low) if low else ''}", not low),
        (f"token totals exact: {sum(with_usage)}/{len(with_usage)} = {exact:.4f} (bar {TOKENS_BAR})", exact >= TOKENS_BAR),
    )  # fmt: skip
    for text, holds in bars:
        print(f"{'ok  ' if holds else 'FAIL'} {text}")
    return bool(scored) and all(holds for _, holds in bars)


def _cell(counts: Counter[tuple[str, bool]], field: str) -> str:
    right, wrong = counts[(field, True)], counts[(field, False)]
    return f"{right}/{right + wrong}" if right + wrong else ""


def _ratio(counts: Counter[tuple[str, bool]]) -> float:
    return sum(count for (_, ok), count in counts.items() if ok) / sum(counts.values())


def main(argv: list[str] | None = None) -> int:
    """Score a folder; the exit status says whether every bar holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.score_corpus", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--in-memory", action="store_true", help="map spans without receiver and store")
    parser.add_argument("--library", default="", help="only libraries whose name contains this")
    parser.add_argument("--misses", type=Path, help="write one line per miss to this file")
    parser.add_argument("--verbose", action="store_true", help="print one line per miss")
    args = parser.parse_args(argv)
    scenarios = read_manifest(args.folder, args.library)
    scored = list(score_in_memory(scenarios) if args.in_memory else score_live(scenarios))
    misses: list[str] = []
    holds = report(scored, misses=misses)
    if args.misses:
        args.misses.write_text("".join(f"{line}\n" for line in misses), encoding="utf-8")
    if args.verbose:
        print("\n".join(misses))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
