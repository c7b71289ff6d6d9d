"""A content policy lets nothing by: personal data and secrets are planted into every text of real telemetry of every dialect, sent
through the real pipe, and looked for in every table, in our own logs and metrics."""

import json
import logging
import os
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from assay import telemetry
from assay.clock import SystemClock
from assay.config.model import Config, Workspace
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.privacy import Privacy
from assay.scorer.settle import drain
from assay.store.write import Writer
from tests.stores import migrated

CAPTURED = sorted(Path(os.environ.get("ASSAY_CORPUS") or Path(__file__).parents[1] / "golden" / "otlp").rglob("*.pb"))
"""`ASSAY_CORPUS` names a larger folder of captured requests."""
PLANTED = {
    "email": "jane.roe.7@planted-mail.io",
    "card": "4539 5787 6362 1486",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "536-22-8145",
    "aws_key": "AKIAQX7TPLANTED2WZ5R",
}
SENTENCE = " Write to {email}; card number {card}, IBAN {iban}, SSN {ssn}, key {aws_key}.".format(**PLANTED)
LETTERS = {name: "".join(value.split()) for name, value in PLANTED.items()}


def plant(message) -> int:
    """Append the sentence to every text of a request, inside of JSON where a text is JSON; how many were changed."""
    changed = 0
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            changed += sum(plant(one) for one in (value if field.is_repeated else [value]))
        elif field.type == field.TYPE_STRING and field.name in ("string_value", "message", "name"):
            if isinstance(message, AnyValue) or field.name == "message":
                setattr(message, field.name, planted(value))
            else:
                setattr(message, field.name, value + SENTENCE)
            changed += 1
    return changed


def planted(text: str) -> str:
    if text[:1] in ("{", "["):
        try:
            return json.dumps(deeper(json.loads(text)))
        except ValueError:
            pass
    return text + SENTENCE


def deeper(value):
    if isinstance(value, str):
        return planted(value)
    if isinstance(value, dict):
        return {key: deeper(one) for key, one in value.items()}
    return [deeper(one) for one in value] if isinstance(value, list) else value


@pytest.fixture
def store(tmp_path):
    opened = migrated(StoreSettings(dsn=f"chdb://{tmp_path / 'db'}"))
    yield opened
    opened.close()


def receive(store, payloads, workspace: Workspace):
    clock, config = SystemClock(), Config()
    pipe = CommitPipe(
        store, [preparer(Decoder(), privacy=Privacy({"default": workspace}, config.mapping))], config.receiver, clock
    )
    pipe.start()
    answers = [pipe.submit(signal, data, encoding="protobuf", workspace="default") for signal, data in payloads]
    receipts = [one.result(120) for one in answers]
    assert pipe.close(20)
    drain(store, Writer(store, clock), Decoder())
    return receipts


def everything(store) -> str:
    """Every row of every table as text, without white space."""
    tables = [
        row["name"]
        for row in store.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
    ]
    text = "".join(store.raw(f"SELECT * FROM {table}", "JSONEachRow").decode("utf-8", "replace") for table in tables)
    return "".join(text.split())


def payloads_of(files, *, change=plant):
    found = []
    for file in files:
        signal = "logs" if file.name.endswith("logs.pb") else "traces"
        request = (ExportLogsServiceRequest if signal == "logs" else ExportTraceServiceRequest).FromString(
            file.read_bytes()
        )
        assert change(request) > 0
        found.append((signal, request.SerializeToString()))
    return found


def test_what_is_planted_is_there_without_a_policy(store):
    receive(store, payloads_of(CAPTURED[:6]), Workspace())
    text = everything(store)
    assert [name for name, value in LETTERS.items() if value not in text] == []


@pytest.mark.parametrize("policy", ["redacted", "hashed", "none"])
def test_nothing_that_was_planted_is_kept(store, policy, caplog):
    caplog.set_level(logging.DEBUG)
    receipts = receive(store, payloads_of(CAPTURED), Workspace(content=policy))
    assert sum(one.accepted for one in receipts) >= len(CAPTURED)
    assert sum(one.rejected for one in receipts) == 0
    text = everything(store)
    logged = "".join((caplog.text + telemetry.exposition().decode()).split())
    assert [name for name, value in LETTERS.items() if value in text or value in logged] == []
    assert "redacted:email" in text


def test_a_label_survives_what_it_was_found_in(store):
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "Jane's card is 4111 1111 1111 1111."}]}
    receive(store, [("traces", chat(answer, "What card does Jane use?"))], Workspace(content="redacted"))
    (found,) = store.rows("SELECT label, evidence FROM findings WHERE check_id = 'safety.pii_answer'")
    assert found["label"] == "safety_policy.pii_leak"
    assert json.loads(found["evidence"])[0]["note"] == "card"


def chat(answer, question, route="", trace=1) -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=trace.to_bytes(16, "big"), span_id=trace.to_bytes(8, "big"), name="chat",
        start_time_unix_nano=1_790_000_000_000_000_000, end_time_unix_nano=1_790_000_001_000_000_000,
    )  # fmt: skip
    said = {"role": "user", "parts": [{"type": "text", "content": question}]}
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.input.messages": json.dumps([said]),
        "gen_ai.output.messages": json.dumps([answer]),
    }
    for key, value in (texts | ({"http.route": route} if route else {})).items():
        span.attributes.add(key=key).value.string_value = value
    return request.SerializeToString()


ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "The diagnosis is a cold."}]}


@pytest.mark.parametrize(
    ("route", "kept"),
    [("/faq", True), ("/clinic", False), ("", False)],
    ids=["named", "stricter", "unknown: strictest"],
)
def test_a_route_has_its_own_policy(store, route, kept):
    workspace = Workspace(content="full", content_by_route={"/clinic": "none"})
    receive(store, [("traces", chat(ANSWER, "What do I have?", route))], workspace)
    assert ("diagnosis" in everything(store)) is kept
    (row,) = store.rows("SELECT request_model, content_captured FROM spans_live")
    assert (row["request_model"], bool(row["content_captured"])) == ("gpt-4o", kept)


def test_hashed_content_stays_comparable_within_its_workspace(store):
    receive(
        store,
        [("traces", chat(ANSWER, "Same?", trace=1)), ("traces", chat(ANSWER, "Other?", trace=2))],
        Workspace(content="hashed"),
    )
    rows = store.rows("SELECT answer, question FROM spans_live ORDER BY trace_id")
    assert rows[0]["answer"] == rows[1]["answer"] != rows[0]["question"]
    assert "diagnosis" not in everything(store)
