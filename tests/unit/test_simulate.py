"""The simulator keeps what it promises: reproducible, every fault in every variant, truth for every trace, OTLP that decodes."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.cli.main import main
from assay.otlp.decode import Decoder
from assay.otlp.parse import parse
from assay.simulate.cast import SERVICES
from assay.simulate.dice import Dice
from assay.simulate.faults import FAULTS
from assay.simulate.files import as_json, write_files
from assay.simulate.knowledge import domains
from assay.simulate.personal import card, iban
from assay.simulate.story import Fault, conversation
from assay.simulate.traffic import HOUR_NS, demo, labels_of, load, period, syllabus
from assay.taxonomy.load import taxonomy

NOW_NS = 1_795_000_000_000_000_000


def some(**changes):
    return list(
        period(
            **(
                {
                    "seed": 3,
                    "traces": 120,
                    "until_ns": NOW_NS,
                    "hours": 24.0,
                    "fault_rate": 0.1,
                    "labels": tuple(FAULTS),
                    "incidents": True,
                }
                | changes
            )
        )
    )


def spans(told):
    return [span for resource in told.request.resource_spans for scope in resource.scope_spans for span in scope.spans]


def test_the_same_seed_gives_the_same_traffic_and_another_gives_other():
    assert some() == some()
    assert [one.truth.trace_id for one in some()] != [one.truth.trace_id for one in some(seed=4)]


def test_a_conversation_does_not_depend_on_what_was_told_before():
    alone = list(conversation(5, 17, SERVICES[0], at_ns=NOW_NS, progress=0.5))
    list(conversation(5, 16, SERVICES[3], at_ns=NOW_NS, progress=0.5))
    assert list(conversation(5, 17, SERVICES[0], at_ns=NOW_NS, progress=0.5)) == alone


def test_every_kind_but_those_decided_by_comparison_can_happen():
    later = {label for label, kind in taxonomy().kinds.items() if kind.decided_by == "comparison"}
    assert set(FAULTS) == set(taxonomy().kinds) - later


@pytest.mark.parametrize("label", FAULTS)
def test_every_variant_happens_in_every_service_that_has_it(label):
    number = 0
    for variant in FAULTS[label]:
        for service in variant.services:
            number += 1
            *before, last = conversation(9, number, service, at_ns=NOW_NS, progress=0.6, fault=Fault(label, variant))
            assert label in last.truth.faults
            assert last.truth.primary in last.truth.faults
            assert set(last.truth.faults) <= set(taxonomy().kinds)
            assert all(one.truth.clean for one in before)
            assert len(before) + 1 >= variant.turns


def test_a_fault_changes_the_telemetry():
    """Every variant, against the same conversation without it: the bytes differ by more than ids and times."""
    for label, variants in FAULTS.items():
        for variant in variants:
            service = variant.services[0]
            faulty = list(conversation(2, 1, service, at_ns=NOW_NS, progress=0.6, fault=Fault(label, variant)))[-1]
            texts = {value.value.string_value for span in spans(faulty) for value in span.attributes}
            numbers = {span.end_time_unix_nano - span.start_time_unix_nano for span in spans(faulty)}
            for number in range(3):
                clean = list(conversation(2, 1 + number, service, at_ns=NOW_NS, progress=0.6))[-1]
                same_texts = {value.value.string_value for span in spans(clean) for value in span.attributes} == texts
                same_numbers = {span.end_time_unix_nano - span.start_time_unix_nano for span in spans(clean)} == numbers
                assert not (same_texts and same_numbers), (label, variant.name)


def test_traces_are_whole_and_their_times_are_in_order():
    for told in some():
        everything = spans(told)
        ids = {span.span_id for span in everything}
        roots = [span for span in everything if not span.parent_span_id]
        assert len(roots) == 1
        assert len(ids) == len(everything)
        assert {span.trace_id.hex() for span in everything} == {told.truth.trace_id}
        for span in everything:
            assert not span.parent_span_id or span.parent_span_id in ids
            assert roots[0].start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
            assert span.end_time_unix_nano <= roots[0].end_time_unix_nano


def test_traffic_of_every_dialect_decodes_to_canonical_columns():
    decoder, seen = Decoder(), Counter()
    for told in syllabus(seed=1, each=1, clean=200, until_ns=NOW_NS):
        decoded = decoder.traces(told.request, workspace="default")
        columns = decoded.spans.columns
        assert not decoded.rejected
        for row in range(decoded.spans.rows):
            seen[columns["dialect"][row]] += 1
            seen[columns["stage"][row]] += 1
            if (
                columns["stage"][row] == "retrieval"
                and columns["status"][row] != "error"
                and "retrieval_miss.no_results" not in told.truth.faults
            ):
                seen["documents"] += bool(columns["document_ids"][row])
    assert {"otel", "openinference", "traceloop", "vercel"} <= set(seen)
    assert {
        "ingress",
        "query",
        "retrieval",
        "rerank",
        "context",
        "generation",
        "tool",
        "guardrail",
        "agent",
        "embedding",
    } <= set(seen)
    assert seen["documents"] > 100


def test_exactly_as_many_traces_as_asked_for():
    assert len(some(traces=7)) == 7
    assert len(list(demo(seed=1, traces=33, until_ns=NOW_NS))) == 33


def test_no_faults_means_clean():
    assert all(one.truth.clean for one in some(labels=(), incidents=False))


def test_faults_can_be_chosen_by_class():
    chosen = labels_of(["tool_failure"])
    assert chosen
    faulty = [one.truth for one in some(labels=chosen, fault_rate=1.0, incidents=False) if not one.truth.clean]
    assert faulty
    assert {truth.primary.split(".")[0] for truth in faulty} <= {"tool_failure", "unsupported_generation"}


def test_nights_and_weekends_are_quieter():
    monday = 4 * 24 * HOUR_NS
    assert load(monday + 13 * HOUR_NS) > 3 * load(monday + 2 * HOUR_NS)
    assert load(monday + 13 * HOUR_NS) > load(monday - 48 * HOUR_NS + 13 * HOUR_NS)


def test_the_right_answers_of_the_knowledge_bases_hold_only_numbers_of_their_pages():
    """A clean trace must be clean: what an answer says stands in the page, in the question, or follows from it."""
    derived = {"20", "20%", "120"}
    for domain in domains().values():
        for page in domain.documents:
            for fact in page.facts:
                assert page.outdated(fact) != page.text, fact.swap
                known = set(re.findall(r"\d+", page.text + " ".join(fact.ask)))
                for say in (re.sub(r"```.*?```", "", one, flags=re.DOTALL) for one in fact.say):
                    assert set(re.findall(r"\d+", say)) - known <= derived, say


def test_card_and_account_numbers_have_right_check_digits():
    dice = Dice(1)
    for _ in range(50):
        digits = [int(one) for one in card(dice) if one.isdigit()]
        assert (
            sum(sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))) % 10
            == 0
        )
        plain = iban(dice).replace(" ", "")
        assert int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def test_files_hold_the_traffic_and_the_truth_in_both_forms(tmp_path: Path):
    told = some(traces=230)
    assert write_files(told, tmp_path / "pb", form="protobuf")[0] == 230
    merged = [
        ExportTraceServiceRequest.FromString(file.read_bytes()) for file in sorted((tmp_path / "pb").glob("*.pb"))
    ]
    assert sum(len(one.resource_spans) for one in merged) == 230
    truths = [json.loads(line) for line in (tmp_path / "pb" / "truth.jsonl").read_text().splitlines()]
    assert [truth["trace_id"] for truth in truths] == [one.truth.trace_id for one in told]
    write_files(told[:20], tmp_path / "json", form="json")
    lines = (tmp_path / "json" / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    assert [parse("traces", line.encode(), encoding="json").request for line in lines] == [
        one.request for one in told[:20]
    ]
    assert (
        as_json(told[0].request)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] == told[0].truth.trace_id
    )


def test_the_command_writes_files_and_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert (
        main(
            [
                "simulate",
                "--out",
                str(tmp_path / "t"),
                "--traces",
                "12",
                "--faults",
                "output_format.empty",
                "--fault-rate",
                "1",
            ]
        )
        == 0
    )
    assert "12 traces" in capsys.readouterr().out
    assert main(["simulate", "--traces", "12"]) == 2
    assert "--endpoint" in capsys.readouterr().err
    assert main(["simulate", "--out", str(tmp_path / "t"), "--faults", "nonsense"]) == 1
    assert "no fault that can be simulated" in capsys.readouterr().err
    assert main(["simulate", "--list"]) == 0
    assert "retrieval_miss.no_results" in capsys.readouterr().out
