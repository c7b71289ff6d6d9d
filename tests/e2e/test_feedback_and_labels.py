"""What people say, from their mouths to the rows: a real `assay serve`, real clients, nothing of ours in between.

Feedback by OTLP log event, gRPC and HTTP; labels and datasets follow below.
"""

import csv
import json
import os
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, format_span_id, format_trace_id, set_span_in_context

from assay.clock import SystemClock
from assay.config.model import Config, Judges, Store
from assay.scorer.score import Scorer
from assay.store.store import open_store
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest
from assay.v1.feedback_pb2_grpc import FeedbackStub
from tests.e2e.processes import Assay, wait_for
from tests.e2e.terminal import Terminal

IN_ORDER = True
"""People label one after another, and what the later ones see is what the earlier ones said."""

RESOURCE = Resource({"service.name": "help-desk", "service.version": "1.4.0"})
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def assay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assay]:
    """`assay serve` with the embedded engine; SIGTERM has to end it cleanly."""
    folder: Path = tmp_path_factory.mktemp("people")
    serving = Assay("serve", "assay", folder, dsn=f"chdb://{folder / 'data'}")
    serving.program.start()
    try:
        yield serving
    finally:
        code = serving.program.stop()
    assert code == 0


@pytest.fixture(scope="module")
def answers(assay: Assay) -> list[SpanContext]:
    """Six answered questions, each a trace, sent by the OpenTelemetry SDK."""
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{assay.grpc_port}", insecure=True)
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("help-desk")
    contexts = []
    for number in range(6):
        with tracer.start_as_current_span(f"chat {number}") as span:
            span.set_attributes({
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.id": f"chatcmpl-{number}", "gen_ai.usage.input_tokens": 20,
                "gen_ai.usage.output_tokens": 5, "app.outcome": "success",
                "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"Where is order {number}?"}]}]),
                "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": f"Order {number} is on its way."}], "finish_reason": "stop"}]),
            })  # fmt: skip
        contexts.append(span.get_span_context())
    provider.shutdown()
    return contexts


def ask(assay: Assay, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows, through the door."""
    client = assay.client()
    try:
        return list(client.query(sql, parameters=parameters).named_results())
    finally:
        client.close()


def post(assay: Assay, *items: dict[str, Any]) -> dict[str, Any]:
    """What curl does."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{assay.http_port}/v1/feedback", data=json.dumps({"feedback": items}).encode(),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    with NO_PROXY.open(request, timeout=20) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def emit(assay: Assay, about: SpanContext, attributes: dict[str, Any]) -> None:
    """A log event of the OpenTelemetry SDK, in the context of the span that it is about."""
    exporter = OTLPLogExporter(endpoint=f"http://127.0.0.1:{assay.grpc_port}", insecure=True)
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("help-desk").emit(
        LogRecord(
            timestamp=SystemClock().now_ns(), context=set_span_in_context(NonRecordingSpan(about)),
            event_name="gen_ai.feedback", attributes=attributes,
        )
    )  # fmt: skip
    provider.shutdown()


# --- feedback ---------------------------------------------------------------------------------------------------------


def test_feedback_over_every_transport_ends_in_the_same_rows(assay: Assay, answers: list[SpanContext]) -> None:
    emit(assay, answers[0], {"feedback.thumb": "down", "feedback.comment": "not what I asked", "user.id": "u-1"})
    with grpc.insecure_channel(f"127.0.0.1:{assay.grpc_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        items = [
            FeedbackItem(trace_id=format_trace_id(answers[1].trace_id), stars=2, author="u-2"),
            FeedbackItem(trace_id=format_trace_id(answers[1].trace_id), stars=9),
        ]
        answer = FeedbackStub(channel).Send(SendFeedbackRequest(feedback=items), timeout=20)
        assert (answer.accepted, answer.rejected, answer.rejections[0].index) == (1, 1, 1)
    trace = format_trace_id(answers[2].trace_id)
    correction = {"traceId": trace, "correction": "Order 2 was cancelled.", "source": "EXPERT"}
    assert post(assay, correction, correction) == {"accepted": 2}
    assert ask(
        assay, "SELECT trace_id, span_id, kind, value, comment, correction, source, author FROM feedback ORDER BY time"
    ) == [
        {"trace_id": format_trace_id(answers[0].trace_id), "span_id": format_span_id(answers[0].span_id), "kind": "thumb", "value": 0.0, "comment": "not what I asked", "correction": "", "source": "end_user", "author": "u-1"},
        {"trace_id": format_trace_id(answers[1].trace_id), "span_id": "", "kind": "stars", "value": 0.25, "comment": "", "correction": "", "source": "end_user", "author": "u-2"},
        {"trace_id": trace, "span_id": "", "kind": "correction", "value": None, "comment": "", "correction": "Order 2 was cancelled.", "source": "expert", "author": ""},
    ]  # fmt: skip


def test_an_outcome_that_comes_after_its_trace_is_the_outcome(assay: Assay, answers: list[SpanContext]) -> None:
    trace = format_trace_id(answers[3].trace_id)
    outcome = "SELECT outcome FROM traces WHERE trace_id = {trace:String}"
    assert ask(assay, outcome, trace=trace) == [{"outcome": "success"}]
    assert post(assay, {"traceId": trace, "outcome": "ESCALATED"}) == {"accepted": 1}
    assert ask(assay, outcome, trace=trace) == [{"outcome": "escalated"}]


def test_feedback_on_an_answer_finds_its_trace(assay: Assay, answers: list[SpanContext]) -> None:
    assert post(assay, {"responseId": "chatcmpl-4", "thumb": "UP"}) == {"accepted": 1}
    found = "SELECT trace_id, span_id, value FROM feedback WHERE response_id = 'chatcmpl-4'"
    wait_for(lambda: bool(ask(assay, found)), "the feedback to find its trace", seconds=40, log=assay.program.log)
    assert ask(assay, found) == [
        {"trace_id": format_trace_id(answers[4].trace_id), "span_id": format_span_id(answers[4].span_id), "value": 1.0}
    ]


# --- labels -----------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ("When do you open on Sunday?", "We open at 10 on Sunday."),
    ("Can I return a jacket?", "A jacket can be returned within 30 days."),
    ("Is breakfast included?", "The pool is heated in winter."),
    ("Where is the invoice?", "\x1b[2J\x1b]0;owned\x07The invoice is in your account.\u202etxt.exe"),
    ("Do you ship to Norway?", "We ship to Norway in five days."),
    ("How long is the warranty?", "The warranty is two years long."),
    ("Who is the director?", "Cats sleep most of the day."),
    ("What is the price of a ticket?", "The price of a ticket is 9 euros."),
)
RELEVANCE = ("--dimension", "relevance", "--count", "8")
SEED = 2
"""Of the traces' ids; a share of 0.5 takes four of these eight."""


class SameTraceIds(RandomIdGenerator):
    """The same trace ids in every run: a hash of them chooses a share, and half of eight random ones may be none.

    Span ids stay random, so that trace ids do not depend on which of the two the SDK asks for first.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(128)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assay]:
    """`assay serve` with eight answered questions, which the offline judges have scored, all of them."""
    folder: Path = tmp_path_factory.mktemp("labels")
    serving = Assay("serve", "assay", folder, dsn=f"chdb://{folder / 'data'}")
    serving.program.start()
    try:
        exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{serving.grpc_port}", insecure=True)
        provider = TracerProvider(resource=RESOURCE, id_generator=SameTraceIds(SEED))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        for question, answer in QUESTIONS:
            with provider.get_tracer("help-desk").start_as_current_span("chat") as span:
                span.set_attributes({
                    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": question}]}]),
                    "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": answer}], "finish_reason": "stop"}]),
                })  # fmt: skip
        provider.shutdown()
        store = open_store(Store(dsn=serving.writing_dsn))
        scorer = Scorer(store, Config(judges=Judges(offline_floor=1.0)), SystemClock())

        def all_judged() -> bool:
            scorer.round()
            return ask(serving, "SELECT count() AS n FROM verdicts WHERE judge_id = 'offline.relevance'")[0]["n"] == 8

        wait_for(all_judged, "eight verdicts", seconds=60, log=serving.program.log)
        scorer.stop(0)
        store.close()
        yield serving
    finally:
        code = serving.program.stop()
    assert code == 0


def label(assay: Assay, *argv: str) -> subprocess.CompletedProcess[str]:
    """`assay label` without a terminal."""
    return assay_cli("label", *argv, "--dsn", assay.writing_dsn)


def assay_cli(*argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    return subprocess.run(
        [sys.executable, "-m", "assay.cli.main", *argv],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=120,
    )


def labels_of(assay: Assay, labeller: str) -> dict[str, dict[str, Any]]:
    rows = ask(assay, "SELECT * FROM human_labels WHERE labeller = {who:String}", who=labeller)
    return {row["trace_id"]: row for row in rows}


def test_a_person_labels_on_a_terminal(judged: Assay) -> None:
    before = json.loads(assay_cli("quality", "--json", "--calibrate", "--dsn", judged.writing_dsn).stdout)
    assert before["agreement"] == []
    with Terminal("label", *RELEVANCE, "--labeller", "ann", "--dsn", judged.writing_dsn) as person:
        shown = {}
        for number, key in enumerate("512", 1):
            page = person.wait_for("q quit\n> ")
            assert f"{number} of 8 · relevance · ann (expert)" in page
            shown[page.split("trace ")[1][:32]] = (page, key)
            person.press(key)
            person.wait_for("stored")
        page = person.wait_for("q quit\n> ")
        commented = page.split("trace ")[1][:32]
        person.press("c")
        person.wait_for("comment: ")
        person.press("why not\n")
        person.wait_for("with a comment > ")
        person.press("\x1b[Az")  # an arrow, and a key that means nothing
        person.wait_for("with a comment > ")
        person.press("5")
        person.wait_for("stored")
        person.wait_for("q quit\n> ")
        person.press("b")
        assert commented in person.wait_for("you said relevant, with a comment > ")
        person.press("4")
        person.wait_for("mostly, stored")
        person.wait_for("q quit\n> ")
        person.press("a")
        person.wait_for("abstain, stored")
        person.wait_for("q quit\n> ")
        person.press("s")
        person.wait_for("skipped")
        person.wait_for("q quit\n> ")
        person.press("q")
        person.wait_for("5 stored, 3 left. The same command goes on here.")
        assert person.ends() == 0
    assert "offline.relevance" not in person.text.split("5 stored, 3 left")[0]
    found = labels_of(judged, "ann")
    levels = {"1": "off_topic", "2": "barely", "5": "relevant"}
    for trace, (page, key) in shown.items():
        assert found[trace]["label"] == levels[key]
        question, answer = next((q, a) for q, a in QUESTIONS if q in page)
        assert answer.rpartition("\x07")[2].partition("\u202e")[0] in page, question
    assert (found[commented]["label"], found[commented]["comment"]) == ("mostly", "why not")
    assert sorted(str(row["value"]) for row in found.values()) == ["0.0", "0.25", "0.75", "1.0", "None"]
    assert {(row["probability"], row["drawn_for"], row["rubric_of"]) for row in found.values()} == {(1.0, "offline.relevance", "relevance@1")}  # fmt: skip
    after = json.loads(assay_cli("quality", "--json", "--dsn", judged.writing_dsn).stdout)
    assert [row["items"] for row in after["agreement"] if row["judge_id"] == "offline.relevance"] == [4]


def test_ctrl_c_keeps_what_was_said_and_the_next_session_goes_on(judged: Assay) -> None:
    with Terminal("label", *RELEVANCE, "--labeller", "eve", "--again", "1", "--dsn", judged.writing_dsn) as person:
        person.wait_for("1 of 8")
        person.wait_for("q quit\n> ")
        person.press("3")
        person.wait_for("stored")
        person.wait_for("q quit\n> ")
        person.press("\x03")
        person.wait_for("1 stored, 7 left. The same command goes on here.")
        assert person.ends() == 130
        first = person
    assert [row["label"] for row in labels_of(judged, "eve").values()] == ["partly"]
    with Terminal("label", *RELEVANCE, "--labeller", "eve", "--again", "1", "--dsn", judged.writing_dsn) as person:
        pages = ""
        for number in range(1, 8):
            pages += person.wait_for("q quit\n> ")
            assert f"{number} of 7" in pages
            person.press("5")
            person.wait_for("stored")
        person.wait_for("7 stored, 0 left.")
        assert person.ends() == 0
    # What telemetry would do to a terminal is shown, not done.
    assert "␛[2J␛]0;owned␇The invoice is in your account.‹U+202E›txt.exe" in (first.text + person.text).replace(
        "\n", ""
    )
    assert b"\x1b[2J" not in first.raw + person.raw
    assert len(labels_of(judged, "eve")) == 8


def test_a_session_wants_a_terminal_and_says_what_to_do_without(judged: Assay) -> None:
    refused = label(judged, *RELEVANCE)
    assert refused.returncode == 2
    assert "--queue FILE" in refused.stderr


def test_of_what_others_have_done_a_share_comes_again(judged: Assay) -> None:
    assert len(labels_of(judged, "eve")) == 8
    counts = []
    for share in ("0", "0.5", "1"):
        queue = label(judged, *RELEVANCE, "--labeller", "zoe", "--again", share, "--queue", "-")
        assert queue.returncode == 0, queue.stderr
        counts.append(len(queue.stdout.splitlines()))
    assert counts[0] == 0 < counts[1] < counts[2] == 8


def test_a_queue_is_filled_in_elsewhere_and_comes_back(judged: Assay, tmp_path: Path) -> None:
    todo = tmp_path / "todo.csv"
    made = label(judged, *RELEVANCE, "--labeller", "bob", "--again", "1", "--queue", str(todo), "--json")
    assert json.loads(made.stdout) == {"file": str(todo), "lines": 8}
    with todo.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"workspace", "trace_id", "dimension", "rubric_of", "levels", "question", "answer", "context", "conversation", "system_prompt", "tools", "label", "comment", "correction"} & set(rows[0])  # fmt: skip
    told = json.dumps(rows)
    assert "offline" not in told
    assert "score" not in told
    assert "probability" not in told
    wrong = {"Is breakfast included?", "Who is the director?"}
    for row in rows[:-1]:
        row["label"] = "off_topic" if row["question"] in wrong else "relevant"
    with todo.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows[:3], rows[3] | {"label": "relevnt"}, *rows[4:]])
    refused = label(judged, "--import", str(todo), "--labeller", "bob")
    assert refused.returncode == 2
    assert "'relevnt' is no level of relevance@1. Did you mean 'relevant'?" in refused.stderr
    assert labels_of(judged, "bob") == {}
    with todo.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    taken = label(judged, "--import", str(todo), "--labeller", "bob")
    assert "Labels: 7 new, 0 changed, 0 unchanged; 1 lines without a label were passed over." in taken.stdout
    assert "offline.relevance@1" in taken.stdout
    assert taken.returncode == 0
    again = json.loads(label(judged, "--import", str(todo), "--labeller", "bob", "--json").stdout)
    assert (again["new"], again["changed"], again["unchanged"], again["empty"]) == (0, 0, 7, 1)
    (row,) = [one for one in again["agreement"] if one["judge_id"] == "offline.relevance"]
    assert row["items"] == 8
    assert row["ceiling"] is not None, "three people have labelled the same traces"
    assert {one["drawn_for"] for one in labels_of(judged, "bob").values()} == {"offline.relevance"}


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_an_export_is_in_another_store_what_it_was(judged: Assay, tmp_path: Path, ending: str) -> None:
    file, back = tmp_path / f"labels.{ending}", tmp_path / f"back.{ending}"
    assert label(judged, "--export", str(file)).returncode == 0
    other = f"chdb://{tmp_path / 'other'}"
    assert assay_cli("migrate", "--dsn", other).returncode == 0
    taken = json.loads(assay_cli("label", "--import", str(file), "--dsn", other, "--json").stdout)
    assert taken["new"] == len(ask(judged, "SELECT * FROM human_labels"))
    assert assay_cli("label", "--export", str(back), "--dsn", other).returncode == 0
    assert back.read_bytes() == file.read_bytes()


# --- datasets ---------------------------------------------------------------------------------------------------------

APPLICATION = """
import json, sys
item = json.load(sys.stdin)
assert item["input"]["question"] and item["provenance"]["verdicts"]
print(json.dumps({"answer": item["expected"]["answer"] if item.get("expected") else item["answer"]}))
"""


def test_a_replay_of_an_exported_set_ends_in_rows_and_says_what_changed(judged: Assay, tmp_path: Path) -> None:
    traces = {row["question"]: row["trace_id"] for row in ask(judged, "SELECT trace_id, text AS question FROM messages WHERE role = 'user'")}  # fmt: skip
    mended = {
        "Is breakfast included?": "Breakfast is included.",
        "Who is the director?": "The director is Ann Smith, who@example.com.",
    }
    for question, answer in mended.items():
        said = {"traceId": traces[question], "correction": answer, "source": "EXPERT"}
        assert post(judged, said) == {"accepted": 1}
    file, program = tmp_path / "weak.jsonl", tmp_path / "application.py"
    made = assay_cli("export", "--score", "relevance<0.5", "--out", str(file), "--dsn", judged.writing_dsn)
    assert made.returncode == 0, made.stderr
    header, *items = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    assert {one["input"]["question"] for one in items} == set(mended)
    assert header["items"] == 2
    assert f"2 with an expected answer, version {header['version']}" in made.stderr
    assert "who@example.com" not in file.read_text(encoding="utf-8"), "texts leave redacted"
    program.write_text(APPLICATION, encoding="utf-8")
    command = ("replay", str(file), "--command", f"{sys.executable} {program}", "--judge", "offline.*", "--dsn", judged.writing_dsn)  # fmt: skip
    assert ask(judged, "SELECT count() AS n FROM replays") == [{"n": 0}]
    verdicts = ask(judged, "SELECT count() AS n FROM verdicts")
    replayed = assay_cli(*command, "--json", "--fail-if-worse")
    assert replayed.returncode == 0, replayed.stderr
    said = json.loads(replayed.stdout)
    assert (said["dataset_version"], said["asked"], said["failed"]) == (header["version"], 2, {})
    (relevance,) = (one for one in said["judges"] if one["judge_id"] == "offline.relevance")
    assert (relevance["items"], relevance["better"], relevance["worse"]) == (2, 2, 0)
    rows = ask(judged, "SELECT * FROM replays WHERE judge_id = 'offline.relevance'")
    assert {row["trace_id"] for row in rows} == {traces[question] for question in mended}
    for row in rows:
        assert (row["run"], row["dataset"], row["dataset_version"]) == (said["run"], "weak", header["version"])
        assert row["score_before"] < 0.5 <= row["score_after"]
        assert row["difference"] == row["score_after"] - row["score_before"]
    again = assay_cli(*command, "--run", said["run"])
    assert "offline.relevance@" in again.stdout
    assert len(ask(judged, "SELECT * FROM replays WHERE judge_id = 'offline.relevance'")) == 2, (
        "nothing was left to ask"
    )
    assert ask(judged, "SELECT count() AS n FROM verdicts") == verdicts, "replays are no traffic"
