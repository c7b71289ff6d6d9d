"""Traffic of other generators is read in every form that OTLP files have, and what is wrong is said."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.simulate.files import as_json
from tests.quality.files import requests_of, truths_of

ID = "0af7651916cd43dd8448eb211c80319c"


def request(name: str) -> ExportTraceServiceRequest:
    """One span."""
    made = ExportTraceServiceRequest()
    span = made.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes.fromhex(ID), b"12345678", name
    return made


ONE, TWO = request("one"), request("two")
PB = [one.SerializeToString() for one in (ONE, TWO)]
JSON = [json.dumps(as_json(one)).encode() for one in (ONE, TWO)]
LOGS = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]}).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", JSON[0] + b"\n\n" + JSON[1] + b"\n"),
        ("a.json", JSON[0] + b"\n" + JSON[1]),
        ("a.json", b"[" + JSON[0] + b"," + JSON[1] + b"]"),
        ("a.json", b"\n" + json.dumps(as_json(ONE), indent=2).encode() + JSON[1]),
        ("a.jsonl.gz", gzip.compress(JSON[0] + b"\n" + JSON[1])),
        ("a.pb", b"".join(len(one).to_bytes(4, "big") + one for one in PB)),
        ("a.otlp", b"".join(len(one).to_bytes(4, "big") + one for one in PB)),
    ],
)  # fmt: skip
def test_two_requests_in_one_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert requests_of(tmp_path) == [("traces", PB[0]), ("traces", PB[1])]


def test_logs_empty_files_and_files_of_other_things(tmp_path: Path) -> None:
    for name, content in {
        "a.binpb": PB[0], "b.pb": b"", "c.json": b"", "d.logs.pb": b"", "e.json": LOGS, "truth.jsonl": b"{}", "README.md": b"#", "assay.yaml": b"",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    assert [signal for signal, _ in requests_of(tmp_path)] == ["traces", "logs"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pb", b"\xff\xff garbage", "a.pb holds no OTLP"),
        ("a.json", b'{"resourceSpans": [', "a.json holds no OTLP"),
        ("a.json.gz", b"no gzip", "a.json.gz holds no OTLP"),
        ("a.json", b"[1]", "a.json holds no OTLP"),
        ("a.pb", b"", "There are no spans in"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit, match=says):
        requests_of(tmp_path)


Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        (tmp_path / "truth.jsonl").write_text(text, encoding="utf-8")
        return tmp_path / "truth.jsonl"

    return write


@pytest.mark.parametrize(
    "row",
    [
        {"trace_id": ID, "faults": ["output_format.empty"], "primary": "output_format.empty", "clean": False},
        {"traceId": ID.upper(), "labels": [{"label": "output_format.empty"}], "primary": {"label": "output_format.empty"}},
        {"trace_id": base64.b64encode(bytes.fromhex(ID)).decode(), "fault": "output_format.empty", "clean": None},
        {"trace_id": "0af76519-16cd-43dd-8448-eb211c80319c", "faults": [{"class": "output_format", "kind": "empty"}], "what": 1},
    ],
)  # fmt: skip
def test_the_truth_in_other_spellings(written: Write, row: dict[str, object]) -> None:
    for text in (f"\ufeff{json.dumps(row)}\n\n{json.dumps(row)}", json.dumps([row])):
        (truth,) = truths_of(written(text))
        assert (truth.trace_id, truth.faults, truth.primary, truth.clean) == (
            ID, frozenset({"output_format.empty"}), "output_format.empty", False,
        )  # fmt: skip


def test_a_clean_trace_may_say_what_it_is(written: Write, capsys: pytest.CaptureFixture[str]) -> None:
    (truth,) = truths_of(written(json.dumps({"trace_id": ID, "faults": [], "kind": "clean", "clean": True})))
    assert (truth.faults, truth.primary, truth.clean) == (set(), "", True)
    assert capsys.readouterr().err == ""


def test_labels_that_nobody_can_find_are_left_out_and_named(written: Write, capsys: pytest.CaptureFixture[str]) -> None:
    faults = ["retrieval_miss.teapot", "inconsistency.across_sessions", "tool_failure.tool_error", "safety_policy"]
    (truth,) = truths_of(written(json.dumps({"trace_id": ID, "faults": faults, "primary": "retrieval_miss.teapot"})))
    assert (truth.faults, truth.primary, truth.clean) == ({"tool_failure.tool_error", "safety_policy"}, "", False)
    said = capsys.readouterr().err
    assert "retrieval_miss.teapot of 1 traces is not in the taxonomy" in said
    assert "inconsistency.across_sessions of 1 traces is found by comparison" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "says nothing about any trace"),
        ('{"faults": []}', "line 1: the trace id '' is not"),
        ('{"trace_id": "ab"}', "line 1: the trace id 'ab' is not"),
        (f'{{"trace_id": "{ID}"}}\n{{', "line 2"),
    ],
)
def test_a_truth_that_cannot_be_read_is_named_with_its_line(written: Write, text: str, says: str) -> None:
    with pytest.raises(SystemExit, match=says):
        truths_of(written(text))


def test_no_truth(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="There is no"):
        truths_of(tmp_path / "truth.jsonl")
