"""Labels on the telemetry of real libraries: scenarios with a fault get its label, scenarios without get none."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.quality.data import read, table
from tests.quality.pipe import NOTHING, Signal, evidence_of, found_in, labelled

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FOUND, QUIET = 0.95, 0.98


class Expected(NamedTuple):
    """A fault that scenarios of this name have."""

    scenario: re.Pattern[str]
    labels: tuple[str, ...]
    """The first is its name; any of them is right."""
    shows: re.Pattern[bytes]
    """What has to be in the bytes, so that anybody could know."""


def _expected(scenario: str, labels: str, shows: bytes) -> Expected:
    return Expected(re.compile(scenario), tuple(labels.split()), re.compile(shows, re.IGNORECASE | re.DOTALL))


EXPECTED = (
    _expected(r"err429$", "serving_bottleneck.rate_limited", rb"429|rate.?limit|too many requests|resource.?exhausted"),
    _expected(
        r"err500(_retry)?$",
        "serving_bottleneck.provider_error",
        rb"500|InternalServerError|server_error|server had an error|INTERNAL",
    ),
    _expected(r"timeout$", "serving_bottleneck.timeout", rb"time.?d?.?out|deadline"),
    _expected(r"length$", "output_format.truncated", rb"(finish|stop).{0,60}(length|max_tokens)"),
    _expected(r"(content_filter|google_safety)$", "safety_policy.guardrail_block", rb"content.?filter|safety"),
    _expected(r"(pii|session)$", "safety_policy.pii_leak", rb"078-05-1120|jane\.roe@|4111"),
    # A provider's own refusal is a finish reason of its own, which a receiver may well take for a filter.
    _expected(
        r"refusal$",
        "safety_policy.over_refusal safety_policy.guardrail_block",
        rb"help with that|(finish|stop).{0,60}refusal",
    ),
    _expected(r"bad_tool_args$", "tool_failure.bad_arguments", rb"Atlantis.{1,12}units"),
)
OTHER_FAULT = re.compile(r"err\d|error|broken|guardrail|nousage|long$")
"""Scenarios that go wrong in another way (`long` answers with one sentence, a hundred times): not counted on either side."""


class Scenario(NamedTuple):
    """Files of one library and one scenario."""

    library: str
    name: str
    files: tuple[Path, ...]


def scenarios(folder: Path) -> list[Scenario]:
    """All scenarios whose files are in the folder."""
    files: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for row in read(folder / "MANIFEST.jsonl"):
        path = folder / row["file"]
        if path.exists():
            files[(Path(row["file"]).parts[0], row["scenario"])].append(path)
    return [Scenario(library, name, tuple(sorted(paths))) for (library, name), paths in sorted(files.items())]


def _payloads(chosen: list[Scenario]) -> Iterator[tuple[Signal, bytes]]:
    for one in chosen:
        for file in one.files:
            yield ("logs" if ".logs." in file.name else "traces"), file.read_bytes()


def _traces(one: Scenario) -> set[str]:
    found: set[str] = set()
    for file in one.files:
        if ".logs." not in file.name:
            request = ExportTraceServiceRequest.FromString(file.read_bytes())
            found |= {
                span.trace_id.hex()
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            }
    return found


def score_corpus(folder: str, *, verbose: bool) -> bool:
    """Prints a table; whether both bars are reached."""
    place = Path(folder) if folder else Path(os.environ.get("ASSAY_QUALITY_CORPUS") or DEFAULT)
    chosen = scenarios(place)
    shown: Counter[str] = Counter()
    right: Counter[str] = Counter()
    quiet = loud = 0
    with labelled(_payloads(chosen)) as store:
        found = found_in(store)
        for one in chosen:
            expected = next((each for each in EXPECTED if each.scenario.search(one.name)), None)
            traces = _traces(one)
            if expected is not None:
                if not expected.shows.search(b"".join(file.read_bytes() for file in one.files)):
                    continue
                name, wanted = expected.labels[0], set(expected.labels)
                shown[name] += 1
                # A check cannot know whether a refusal was right, so that noting it is what can be asked for.
                said = {label for trace in traces for label in found.get(trace, NOTHING).labels}
                if "refusal" in name:
                    said |= {label for trace in traces for label in found.get(trace, NOTHING).noted}
                if wanted & said:
                    right[name] += 1
                else:
                    print(f"missed: {one.library}/{one.name}: {name}; said {', '.join(sorted(said)) or 'nothing'}")
            elif not OTHER_FAULT.search(one.name):
                for trace in traces:
                    false = found.get(trace, NOTHING).labels
                    quiet, loud = quiet + (not false), loud + bool(false)
                    if false:
                        print(f"false: {one.library}/{one.name}: {', '.join(sorted(false))} ({trace})")
                        for line in evidence_of(store, trace) if verbose else ():
                            print(f"       {line}")
    rows = [(label, shown[label], right[label], f"{right[label] / shown[label]:.3f}") for label in sorted(shown)]
    print(table(("fault", "shown", "found", "share"), rows))
    share, silence = sum(right.values()) / max(1, sum(shown.values())), quiet / max(1, quiet + loud)
    print(
        f"faults found: {sum(right.values())} of {sum(shown.values())} = {share:.3f} (bar {FOUND}): {'ok' if share >= FOUND else 'MISSED'}"
    )
    print(
        f"traces without a fault and without a label: {quiet} of {quiet + loud} = {silence:.4f} (bar {QUIET}): {'ok' if silence >= QUIET else 'MISSED'}"
    )
    return share >= FOUND and silence >= QUIET and bool(shown) and quiet > 0
