"""Feedback by gRPC, HTTP and OTLP log event in front of a real pipe and store: the same words end in the same row, whichever way they came."""

import gzip
import importlib.util
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from assay import telemetry
from assay.clock import ManualClock, SystemClock
from assay.config.model import GrpcListener, HttpListener, Mapping, Receiver, Workspace
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.privacy import Privacy
from assay.receiver.serve import Transports, open_transports
from assay.store.store import Store
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest, SendFeedbackResponse
from assay.v1.feedback_pb2_grpc import FeedbackStub
from tests.contract.receiver_kit import START_NS, GrpcClient, HttpClient, attribute, logs

RECEIVER = Receiver(grpc=GrpcListener(port=0), http=HttpListener(port=0), max_request_bytes=64 * 1024, linger_ms=5)
BLUE = "Bearer blue-token"


@pytest.fixture(scope="module")
def receiver(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transports]:
    folder = tmp_path_factory.mktemp("tokens")
    policies: dict[str, Any] = {"blue": "full", "red": "redacted", "grey": "hashed", "black": "none"}
    workspaces = {}
    for name, policy in policies.items():
        (folder / name).write_text(f"{name}-token\n")
        workspaces[name] = Workspace(token_files=(str(folder / name),), content=policy)
    pipe = CommitPipe(store, [preparer(Decoder(), privacy=Privacy(workspaces, Mapping()))], RECEIVER, SystemClock())
    pipe.start()
    transports = open_transports(pipe, RECEIVER, workspaces, clock=ManualClock(), ready=lambda: "")
    yield transports
    assert transports.drain(10)
    assert pipe.close(10)


Send = Callable[..., SendFeedbackResponse]


@pytest.fixture
def over_grpc(receiver: Transports) -> Iterator[Send]:
    """The generated client."""
    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:

        def send(*items: FeedbackItem, authorization: str = BLUE) -> SendFeedbackResponse:
            metadata = (("authorization", authorization),)
            answer = FeedbackStub(channel).Send(SendFeedbackRequest(feedback=items), metadata=metadata, timeout=20)
            assert isinstance(answer, SendFeedbackResponse)
            return answer

        yield send


def post(
    receiver: Transports, body: bytes, *, authorization: str = BLUE, content_type: str = "application/json"
) -> Any:
    """Status, headers and body of a POST to /v1/feedback."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{receiver.http_port}/v1/feedback", data=body, method="POST",
        headers={"content-type": content_type, "authorization": authorization},
    )  # fmt: skip
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def over_http(receiver: Transports) -> Send:
    def send(*items: FeedbackItem, authorization: str = BLUE) -> SendFeedbackResponse:
        body = json.dumps({"feedback": [json_format.MessageToDict(item) for item in items]}).encode()
        status, headers, answer = post(receiver, body, authorization=authorization)
        assert (status, headers["content-type"]) == (200, "application/json")
        return json_format.Parse(answer, SendFeedbackResponse())

    return send


def event(item: FeedbackItem, name: str = "gen_ai.feedback") -> LogRecord:
    """The same statement as a log event, as docs/feedback.md says."""
    attributes: dict[str, Any] = {"user.id": item.author} if item.author else {}
    for field in ("text", "correction", "comment", "response_id"):
        if getattr(item, field):
            attributes["gen_ai.response.id" if field == "response_id" else f"feedback.{field}"] = getattr(item, field)
    match item.WhichOneof("said"):
        case "thumb":
            attributes["feedback.thumb"] = FeedbackItem.Thumb.Name(item.thumb).lower()
        case "stars":
            attributes["feedback.stars"] = item.stars
        case "score":
            attributes["feedback.score"] = AnyValue(double_value=item.score)
        case "outcome":
            attributes["feedback.outcome"] = FeedbackItem.Outcome.Name(item.outcome).lower()
    if item.source == FeedbackItem.EXPERT:
        attributes["feedback.source"] = "expert"
    return LogRecord(
        trace_id=bytes.fromhex(item.trace_id), span_id=bytes.fromhex(item.span_id), event_name=name,
        time_unix_nano=item.time.seconds * 1_000_000_000 + item.time.nanos,
        attributes=[attribute(key, value) for key, value in attributes.items()],
    )  # fmt: skip


@pytest.fixture
def over_logs(receiver: Transports) -> Iterator[Callable[..., Any]]:
    client = GrpcClient(receiver)

    def send(*records: LogRecord, authorization: str = BLUE) -> Any:
        reply = client.send(logs(*records), authorization=authorization)
        assert (reply.outcome, reply.rejected) == ("ok", 0)
        return reply

    yield send
    client.close()


_traces = iter(range(1, 10**9))


@pytest.fixture
def trace_id() -> str:
    """A trace that belongs to this test alone."""
    return f"{0xFEED:012x}{next(_traces):020x}"


def said(trace_id: str, **fields: Any) -> FeedbackItem:
    """A statement with a time, so that it is the same whenever it is sent."""
    item = FeedbackItem(trace_id=trace_id, **fields)
    item.time.FromNanoseconds(START_NS)
    return item


def rows(store: Store, trace_id: str, workspace: str = "blue") -> list[dict[str, Any]]:
    return store.rows(
        "SELECT kind, value, outcome, comment, correction, source, author, span_id, superseded FROM feedback "
        "WHERE workspace = {w:String} AND trace_id = {t:String} ORDER BY kind, time, value, author",
        {"w": workspace, "t": trace_id},
    )


EVERYTHING: tuple[dict[str, Any], ...] = (
    {"thumb": FeedbackItem.DOWN, "comment": "the link is dead", "author": "u-1"},
    {"stars": 2, "span_id": "00000000000000ab"},
    {"score": 0.25, "source": FeedbackItem.EXPERT, "author": "ana"},
    {"text": "it kept apologising"},
    {"correction": "Returns are free within 30 days.", "source": FeedbackItem.EXPERT},
    {"outcome": FeedbackItem.ESCALATED},
)
STORED = [
    ("correction", None, "", "", "Returns are free within 30 days.", "expert", "", "", 0),
    ("outcome", None, "escalated", "", "", "end_user", "", "", 0),
    ("score", 0.25, "", "", "", "expert", "ana", "", 0),
    ("stars", 0.25, "", "", "", "end_user", "", "00000000000000ab", 0),
    ("text", None, "", "it kept apologising", "", "end_user", "", "", 0),
    ("thumb", 0.0, "", "the link is dead", "", "end_user", "u-1", "", 0),
]


@pytest.mark.parametrize("way", ["over_grpc", "over_http"])
def test_everything_that_can_be_said_is_stored_once(
    way: str, store: Store, trace_id: str, request: pytest.FixtureRequest
) -> None:
    send = request.getfixturevalue(way)
    items = [said(trace_id, **fields) for fields in EVERYTHING]
    for _ in range(2):
        answer = send(*items)
        assert (answer.accepted, answer.rejected) == (6, 0)
    assert [tuple(row.values()) for row in rows(store, trace_id)] == STORED


def test_log_events_say_the_same(over_logs: Callable[..., Any], store: Store, trace_id: str) -> None:
    records = [event(said(trace_id, **fields)) for fields in EVERYTHING]
    for _ in range(2):
        assert not over_logs(*records).message
    assert [tuple(row.values()) for row in rows(store, trace_id)] == STORED


def test_the_same_words_over_every_transport_are_one_row(
    over_grpc: Send, over_http: Send, over_logs: Callable[..., Any], store: Store, trace_id: str
) -> None:
    item = said(trace_id, thumb=FeedbackItem.DOWN, comment="no", author="u-1", span_id="0123456789abcdef")
    over_grpc(item)
    over_http(item)
    over_logs(event(item), event(item, "user_feedback"))
    ids = store.rows("SELECT DISTINCT feedback_id FROM feedback_rows WHERE trace_id = {t:String}", {"t": trace_id})
    assert len(ids) == 1
    assert len(rows(store, trace_id)) == 1


def test_a_later_word_supersedes_the_earlier(over_http: Send, store: Store, trace_id: str) -> None:
    earlier, later = said(trace_id, thumb=FeedbackItem.DOWN), said(trace_id, thumb=FeedbackItem.UP)
    later.time.FromNanoseconds(START_NS + 1_000_000_000)
    other = said(trace_id, thumb=FeedbackItem.DOWN, author="somebody else")
    over_http(later, earlier, other)
    assert [(row["author"], row["value"], row["superseded"]) for row in rows(store, trace_id)] == [
        ("", 0.0, 1), ("somebody else", 0.0, 0), ("", 1.0, 0),
    ]  # fmt: skip


def test_without_a_time_it_was_said_when_it_arrived(over_http: Send, store: Store, trace_id: str) -> None:
    before = SystemClock().now_ns()
    for _ in range(2):
        over_http(FeedbackItem(trace_id=trace_id, thumb=FeedbackItem.UP))
    (row,) = store.rows(
        "SELECT toUnixTimestamp64Nano(time) AS at FROM feedback WHERE trace_id = {t:String}", {"t": trace_id}
    )
    assert before <= row["at"] <= SystemClock().now_ns()


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"thumb": "UP"}, "give trace_id"),
    ({"traceId": "xyz", "thumb": "UP"}, "trace_id must be 32 hex digits"),
    ({"traceId": "0" * 32, "thumb": "UP"}, "trace_id must be 32 hex digits"),
    ({"spanId": "00000000000000ab", "responseId": "r", "thumb": "UP"}, "span_id needs"),
    ({"traceId": "a" * 32, "spanId": "ab", "thumb": "UP"}, "span_id must be 16"),
    ({"traceId": "a" * 32}, "it says nothing"),
    ({"traceId": "a" * 32, "stars": 6}, "stars must be 1 to 5"),
    ({"traceId": "a" * 32, "score": 1.5}, "score must be 0 to 1"),
    ({"traceId": "a" * 32, "score": "NaN"}, "score must be 0 to 1"),
    ({"traceId": "a" * 32, "text": "  "}, "text is empty"),
    ({"traceId": "a" * 32, "outcome": 9}, "outcome must be one of SUCCESS, FAILURE, ESCALATED, ABANDONED"),
    ({"traceId": "a" * 32, "thumb": "UP", "source": 7}, "source must be"),
    ({"traceId": "a" * 32, "thumb": "UP", "time": "1999-01-01T00:00:00Z"}, "time is before 2020"),
)
UNREADABLE: tuple[tuple[Any, str], ...] = (
    ("thumbs up!", "an object is expected"),
    ({"traceId": "a" * 32, "thumb": "SIDEWAYS"}, "thumb"),
    ({"traceId": "a" * 32, "thumb": "UP", "stars": 3}, "oneof"),
    ({"traceId": "a" * 32, "thumb": "UP", "commment": "typo"}, "commment"),
)


def test_bad_items_are_named_and_cost_no_neighbour(receiver: Transports, store: Store, trace_id: str) -> None:
    bad = [*BAD, *UNREADABLE]
    good = {"traceId": trace_id.upper(), "outcome": "FAILURE"}
    body = json.dumps({"feedback": [good, *(item for item, _ in bad), {**good, "outcome": "SUCCESS"}]}).encode()
    status, _, answer = post(receiver, body)
    said_back = json.loads(answer)
    assert (status, said_back["accepted"], said_back["rejected"]) == (200, 2, len(bad))
    for (index, (_, why)), rejection in zip(enumerate(bad, 1), said_back["rejections"], strict=True):
        assert rejection["index"] == index
        assert why in rejection["reason"]
    assert {row["outcome"] for row in rows(store, trace_id)} == {"failure", "success"}


@pytest.mark.parametrize(("given", "why"), BAD)
def test_grpc_refuses_the_same_items(given: dict[str, Any], why: str, over_grpc: Send, trace_id: str) -> None:
    answer = over_grpc(json_format.ParseDict(given, FeedbackItem()), said(trace_id, thumb=FeedbackItem.UP))
    assert (answer.accepted, answer.rejected, answer.rejections[0].index) == (1, 1, 0)
    assert why in answer.rejections[0].reason


def test_more_reasons_than_fit_are_counted(receiver: Transports) -> None:
    status, _, answer = post(receiver, json.dumps({"feedback": [{}] * 1_200}).encode())
    assert (status, json.loads(answer)["rejected"], len(json.loads(answer)["rejections"])) == (200, 1_200, 1_000)


def test_an_unknown_token_is_refused(over_grpc: Send, receiver: Transports, trace_id: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        over_grpc(said(trace_id, thumb=FeedbackItem.UP), authorization="Bearer nobody")
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
    status, headers, answer = post(receiver, b'{"feedback": []}', authorization="")
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert json_format.Parse(answer, Status()).code == grpc.StatusCode.UNAUTHENTICATED.value[0]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"feedback": ', "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"feedback": {}}', "application/json", 400),
        (b"\xff\xff\xff", "application/x-protobuf", 400),
        (b"{}", "text/plain", 415),
        (b'{"feedback": [' + b" " * 70_000 + b"]}", "application/json", 413),
        (b'{"feedback": []}', "application/json", 200),
        (b"", "application/x-protobuf", 200),
    ],
)
def test_http_statuses_are_those_of_otlp(receiver: Transports, body: bytes, content_type: str, status: int) -> None:
    assert post(receiver, body, content_type=content_type)[0] == status


def test_only_post(receiver: Transports) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{receiver.http_port}/v1/feedback", timeout=20
        )
    assert (refused.value.code, refused.value.headers["allow"]) == (405, "POST")


def test_protobuf_over_http_is_the_same_message(receiver: Transports, store: Store, trace_id: str) -> None:
    request = SendFeedbackRequest(feedback=[said(trace_id, text="SPOILED")])
    body = request.SerializeToString().replace(b"SPOILED", b"SP\xffILED")
    status, headers, answer = post(receiver, body, content_type="application/x-protobuf")
    assert (status, headers["content-type"]) == (200, "application/x-protobuf")
    assert SendFeedbackResponse.FromString(answer).accepted == 1
    assert [row["comment"] for row in rows(store, trace_id)] == ["SP\ufffdILED"]


def test_workspaces_do_not_see_each_other(over_http: Send, store: Store, trace_id: str) -> None:
    over_http(said(trace_id, thumb=FeedbackItem.UP))
    over_http(said(trace_id, thumb=FeedbackItem.DOWN), authorization="Bearer red-token")
    assert [row["value"] for row in rows(store, trace_id)] == [1.0]
    assert [row["value"] for row in rows(store, trace_id, "red")] == [0.0]


WORDS = "Write to anna.berg@example.com, the answer was wrong."


@pytest.mark.parametrize("way", ["over_grpc", "over_http", "over_logs"])
def test_the_content_policy_comes_first(way: str, store: Store, trace_id: str, request: pytest.FixtureRequest) -> None:
    send = request.getfixturevalue(way)
    items = [
        said(trace_id, thumb=FeedbackItem.DOWN, comment=WORDS, author="u-1"),
        said(trace_id, correction=WORDS),
        said(trace_id, outcome=FeedbackItem.FAILURE),
    ]
    before = {policy: _seen(policy) for policy in ("redacted", "hashed", "none")}
    for workspace in ("red", "grey", "black"):
        send(*(map(event, items) if way == "over_logs" else items), authorization=f"Bearer {workspace}-token")
    for workspace, policy in (("red", "redacted"), ("grey", "hashed"), ("black", "none")):
        found = rows(store, trace_id, workspace)
        texts = [text for row in found for text in (row["comment"], row["correction"]) if text]
        # What says what was said stays.
        assert ("outcome", "failure") in [(row["kind"], row["outcome"]) for row in found]
        assert [row["author"] for row in found if row["value"] == 0.0] == ["u-1"]
        assert not any("anna.berg" in text for text in texts)
        if policy == "redacted":
            assert [text for text in texts if "the answer was wrong" in text] == texts
            assert len(texts) == 2
        elif policy == "hashed":
            assert len(texts) == 2
            assert all(text.startswith("[sha256:") for text in texts)
        else:
            assert not texts
        assert _seen(policy) > before[policy]


def _seen(policy: str) -> float:
    wanted = f'assay_content_texts_total{{path="feedback",policy="{policy}"}} '
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def test_an_event_may_name_another_trace_than_its_own(
    over_logs: Callable[..., Any], store: Store, trace_id: str
) -> None:
    """The click comes in a request that is traced itself."""
    record = event(said("ab" * 16, thumb=FeedbackItem.UP, span_id="cd" * 8))
    record.attributes.append(attribute("feedback.trace_id", trace_id))
    over_logs(record)
    assert [(row["value"], row["span_id"]) for row in rows(store, trace_id)] == [(1.0, "")]


def test_one_event_may_say_several_things(over_logs: Callable[..., Any], store: Store, trace_id: str) -> None:
    record = event(said(trace_id, thumb=FeedbackItem.DOWN, comment="wrong city"))
    record.attributes.append(attribute("feedback.correction", "Vienna"))
    record.attributes.append(attribute("feedback.outcome", "abandoned"))
    over_logs(record)
    found = rows(store, trace_id)
    assert sorted(row["kind"] for row in found) == ["correction", "outcome", "thumb"]
    assert [row["comment"] for row in found if row["comment"]] == ["wrong city"]


def test_an_event_with_words_alone_is_a_text(over_logs: Callable[..., Any], store: Store, trace_id: str) -> None:
    record = event(said(trace_id))
    record.body.string_value = "slow today"
    over_logs(record)
    assert [(row["kind"], row["comment"]) for row in rows(store, trace_id)] == [("text", "slow today")]


@pytest.mark.parametrize(
    ("attributes", "kind", "value"),
    [
        ({"gen_ai.evaluation.score.label": "thumbs_down"}, "thumb", 0.0),
        ({"gen_ai.evaluation.score.value": AnyValue(double_value=0.75)}, "score", 0.75),
        ({"gen_ai.evaluation.score.value": AnyValue(double_value=1.0)}, "score", 1.0),
        ({"gen_ai.evaluation.score.value": 4}, "stars", 0.75),
        ({"gen_ai.evaluation.score.value": AnyValue(double_value=-1.0)}, "thumb", 0.0),
    ],
)
def test_evaluations_of_users_are_feedback_too(
    attributes: dict[str, Any], kind: str, value: float, over_logs: Callable[..., Any], store: Store, trace_id: str
) -> None:
    record = event(said(trace_id), "gen_ai.evaluation.result")
    record.attributes.extend(attribute(key, given) for key, given in attributes.items())
    record.attributes.append(attribute("gen_ai.evaluation.name", "user_feedback"))
    record.attributes.append(attribute("gen_ai.evaluation.explanation", "because"))
    over_logs(record)
    assert [(row["kind"], row["value"], row["comment"]) for row in rows(store, trace_id)] == [(kind, value, "because")]
    evaluations = store.rows("SELECT name FROM evaluation_results WHERE trace_id = {t:String}", {"t": trace_id})
    assert evaluations == [{"name": "user_feedback"}]


def test_an_event_that_is_no_feedback_is_stored_and_said(
    over_logs: Callable[..., Any], store: Store, trace_id: str
) -> None:
    record = event(said(trace_id))
    record.attributes.append(attribute("feedback.stars", 9))
    assert "stars must be 1 to 5" in over_logs(record).message
    assert not rows(store, trace_id)
    assert len(store.rows("SELECT event_name FROM log_events WHERE trace_id = {t:String}", {"t": trace_id})) == 1


def test_reflection_and_health_list_the_service(receiver: Transports) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        question = reflection_pb2.ServerReflectionRequest(list_services="")
        (listed,) = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([question]), timeout=20)
        assert "assay.v1.Feedback" in [service.name for service in listed.list_services_response.service]
        health = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="assay.v1.Feedback"), timeout=20
        )
        assert health.status == health_pb2.HealthCheckResponse.SERVING


def test_it_is_counted(over_http: Send, trace_id: str) -> None:
    before = _stored()
    over_http(said(trace_id, thumb=FeedbackItem.UP), FeedbackItem(trace_id="nothing"))
    assert _stored() - before == 1


def _stored() -> float:
    wanted = 'assay_stored_records_total{signal="feedback",workspace="blue"} '
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def test_compressed_bodies_are_taken(receiver: Transports, store: Store, trace_id: str) -> None:
    client = HttpClient(receiver, encoding="json")
    body = gzip.compress(json.dumps({"feedback": [{"traceId": trace_id, "thumb": "UP"}]}).encode())
    connection = client._connection(20)
    headers = {"content-type": "application/json", "content-encoding": "gzip", "authorization": BLUE}
    connection.request("POST", "/v1/feedback", body=body, headers=headers)
    assert connection.getresponse().status == 200
    client.close()
    assert len(rows(store, trace_id)) == 1


def test_the_generated_client_is_what_the_proto_says() -> None:
    folder = Path(__file__).resolve().parents[2] / "proto"
    spec = importlib.util.spec_from_file_location("stubs", folder / "stubs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stubs"] = module
    spec.loader.exec_module(module)
    assert module.problems() == []
