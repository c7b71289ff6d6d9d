"""Verdicts on their way out: what a target is sent, what it may answer, and that none is lost, sent twice or judged again.

The targets are real OTLP receivers on loopback: our own with its store behind, and a gRPC and an HTTP server that answer as the test says.
"""

import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from assay.clock import SystemClock
from assay.config.model import Config, Emit, GrpcListener, HttpListener, Judges, Receiver, Retention, Workspace
from assay.config.model import Store as StoreSettings
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.serve import open_transports
from assay.scorer.emit import METHOD, emit_round, target_of
from assay.scorer.score import Scorer
from assay.scorer.settle import drain
from assay.store.parcel import parcel_of
from assay.store.store import Store
from assay.store.write import Writer
from tests.golden.traces import request_of
from tests.stores import migrated

ANSWER = "Refunds take 14 days after we get the parcel."
SLOTS = range(64)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = Retention(bodies_days=36_500, spans_days=36_500, findings_days=36_500, rollups_days=36_500)
    settings = StoreSettings(dsn=f"chdb://{tmp_path / 'db'}", retention=kept)
    opened = migrated(settings)
    yield opened
    opened.close()


def put(store: Store, *numbers: int, answer: str = ANSWER, workspace: str = "default") -> None:
    """Answered questions, settled."""
    writer = Writer(store, SystemClock())
    for number in numbers:
        trace = {
            "spans": [
                {
                    "id": 1, "question": "How long do refunds take?", "answer": answer,
                    "attributes": {"gen_ai.response.id": f"resp-{number}", "gen_ai.conversation.id": f"c{number}"},
                }
            ]
        }  # fmt: skip
        writer.write([parcel_of(Decoder().traces(request_of(trace, number), workspace=workspace))])
    drain(store, writer, Decoder())


def settings_of(endpoint: str = "http://127.0.0.1:1", workspaces: Any = None, **emit: Any) -> Config:
    emit.setdefault("timeout_seconds", 5.0)
    judges = Judges(
        enabled=("offline.relevance", "offline.faithfulness"), offline_floor=1.0, emit=Emit(endpoint=endpoint, **emit), every_seconds=0.2
    )  # fmt: skip
    return Config(judges=judges, workspaces=workspaces or {"default": Workspace()})


def judge(store: Store, config: Config | None = None) -> int:
    """Everything that was not judged yet; the emitter does not run. How many were drawn."""
    scorer = Scorer(store, config or settings_of(), SystemClock())
    done = scorer.round()
    scorer.stop(5)
    return sum(one.drawn for one in done)


class Answering:
    """A gRPC and an HTTP server that keep what they get and answer as the test says."""

    def __init__(self, stack: ExitStack, protocol: str, trust: Path | None = None) -> None:
        self.got: list[ExportLogsServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Any] = []
        """What comes next: a response, or a gRPC code, or an HTTP status with headers. Then all is well."""
        self.protocol = protocol
        self.trust = trust
        self.port = self._grpc(stack) if protocol == "grpc" else self._http(stack)

    @property
    def url(self) -> str:
        return f"{'https' if self.trust else 'http'}://{'localhost' if self.trust else '127.0.0.1'}:{self.port}"

    @property
    def events(self) -> list[Any]:
        return [
            record
            for request in self.got
            for one in request.resource_logs
            for scope in one.scope_logs
            for record in scope.log_records
        ]

    def _next(self, payload: bytes, headers: dict[str, str]) -> Any:
        answer = self.answers.pop(0) if self.answers else ExportLogsServiceResponse()
        self.headers.append(headers)
        if isinstance(answer, ExportLogsServiceResponse):
            self.got.append(ExportLogsServiceRequest.FromString(payload))
        return answer

    def _grpc(self, stack: ExitStack) -> int:
        def export(payload: bytes, context: grpc.ServicerContext) -> bytes:
            answer = self._next(payload, {key: str(value) for key, value in context.invocation_metadata()})
            if isinstance(answer, ExportLogsServiceResponse):
                return answer.SerializeToString()
            context.abort(answer, "not now")
            raise AssertionError

        service, _, method = METHOD[1:].partition("/")
        handlers = {method: grpc.unary_unary_rpc_method_handler(export)}
        server = grpc.server(ThreadPoolExecutor(2))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        if self.trust:
            pair = ((self.trust / "key.pem").read_bytes(), (self.trust / "cert.pem").read_bytes())
            port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
        else:
            port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        stack.callback(lambda: server.stop(0).wait(5))
        return int(port)

    def _http(self, stack: ExitStack) -> int:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["content-length"]))
                headers = {key.lower(): value for key, value in self.headers.items()}
                answer = outer._next(payload, headers | {"path": self.path})
                if isinstance(answer, ExportLogsServiceResponse):
                    status, more, body = 200, {}, answer.SerializeToString()
                else:
                    status, more = answer
                    body = b"not now"
                self.send_response(status)
                for key, value in {**more, "content-length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        return int(server.server_address[1])


@pytest.fixture(params=["grpc", "http"])
def target(request: pytest.FixtureRequest) -> Iterator[Answering]:
    with ExitStack() as stack:
        yield Answering(stack, request.param)


def sent(store: Store, target: Answering, **options: Any) -> Any:
    """One round to the target."""
    config = settings_of(target.url, protocol=target.protocol, **options)
    with ExitStack() as stack:
        to = target_of(config.judges.emit)
        stack.callback(to.close)
        return emit_round(store, to, config, SLOTS)


def values(record: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in record.attributes}


def test_an_event_says_what_the_convention_says(store: Store, target: Answering) -> None:
    put(store, 1)
    judge(store)
    assert sent(store, target).taken == 1, "what faithfulness could not be asked is no evaluation"
    (event,) = target.events
    row = store.rows("SELECT * FROM verdicts WHERE judge_id = 'offline.relevance'")[0]
    assert (event.event_name, event.trace_id.hex(), event.span_id.hex()) == ("gen_ai.evaluation.result", row["trace_id"], row["span_id"])  # fmt: skip
    said = values(event)
    assert said["gen_ai.evaluation.name"] == "relevance"
    assert said["gen_ai.evaluation.score.value"] == row["score"]
    assert said["gen_ai.evaluation.score.label"] == row["label"]
    assert said["gen_ai.evaluation.explanation"] == row["explanation"]
    assert said["gen_ai.response.id"] == "resp-1"
    assert said["gen_ai.conversation.id"] == "c1"
    assert (said["assay.judge.id"], said["assay.judge.version"]) == ("offline.relevance", row["judge_version"])
    assert said["assay.sampling_probability"] == 1.0
    assert said["assay.verdict.id"] == row["verdict_id"].lower()
    assert "error.type" not in said
    if target.protocol == "http":
        assert (target.headers[0]["path"], target.headers[0]["content-type"]) == ("/v1/logs", "application/x-protobuf")


def test_without_a_score_there_is_a_reason(store: Store, target: Answering) -> None:
    store.command(
        "INSERT INTO verdict_rows (workspace, trace_id, verdict_id, start_time, version, dimension, judge_id, judge_version, unscored, sampling_probability) "
        "SELECT 'default', leftPad(hex(number), 32, '0'), toFixedString(leftPad(toString(number), 16, '0'), 16), now(), 1, 'tone', 'tone', 1, "
        "if(number = 1, 'refusal', 'not_applicable'), 1 FROM numbers(1, 2)"
    )
    sent(store, target)
    (event,) = target.events
    said = values(event)
    assert said["error.type"] == "refusal"
    assert not [key for key in said if key.startswith("gen_ai.evaluation.score")]


def test_nothing_is_sent_twice_and_what_comes_later_is_sent(store: Store, target: Answering) -> None:
    put(store, 1, 2, 3)
    judge(store)
    assert [sent(store, target).taken for _ in range(3)] == [3, 0, 0]
    put(store, 4)
    judge(store)
    assert sent(store, target).taken == 1
    assert len(target.events) == len({values(event)["assay.verdict.id"] for event in target.events}) == 4
    # Stored again with a later version, as when more is heard of its trace: the same verdict.
    store.command("INSERT INTO verdict_rows (* EXCEPT (inserted_at)) SELECT * EXCEPT (inserted_at) REPLACE (version + 1 AS version, 0.5 AS sampling_probability) FROM verdict_rows")  # fmt: skip
    assert sent(store, target).taken == 0


def test_what_the_target_does_not_take_now_waits(store: Store, target: Answering) -> None:
    put(store, 1, 2)
    judge(store)
    grpc_codes = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED]
    target.answers = grpc_codes if target.protocol == "grpc" else [(503, {"retry-after": "7"}), (401, {}), (429, {})]
    found = [sent(store, target) for _ in range(3)]
    assert [(one.taken, one.waiting) for one in found] == [(0, 2)] * 3
    assert [one.pause_seconds for one in found] == [7.0 if target.protocol == "http" else 0.0, 0.0, 0.0]
    assert sent(store, target).taken == 2
    assert sent(store, target).taken == 0


def test_what_the_target_never_takes_is_left(store: Store, target: Answering) -> None:
    put(store, 1, 2)
    judge(store)
    target.answers = [grpc.StatusCode.INVALID_ARGUMENT if target.protocol == "grpc" else (400, {})]
    assert sent(store, target)[:3] == (0, 2, 0)
    assert sent(store, target)[:3] == (0, 0, 0)
    put(store, 3, 4, 5)
    judge(store)
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = 1
    target.answers = [answer]
    assert sent(store, target)[:3] == (2, 1, 0)


def test_a_process_that_dies_before_it_remembers_sends_the_same_again(store: Store, target: Answering) -> None:
    put(store, 1, 2, 3)
    judge(store)
    sent(store, target)
    # What is remembered after the target has answered.
    store.command("TRUNCATE TABLE emitted_verdicts")
    store.command("DELETE FROM progress WHERE startsWith(name, 'emit ')")
    sent(store, target)
    first, second = target.got
    assert first.SerializeToString() == second.SerializeToString()


def test_a_long_backlog_goes_in_parts(store: Store, target: Answering) -> None:
    store.command(
        # Stored longer ago than a round looks back.
        "INSERT INTO verdict_rows (workspace, trace_id, verdict_id, start_time, version, dimension, judge_id, judge_version, score, sampling_probability, inserted_at) "
        "SELECT 'default', leftPad(hex(number), 32, '0'), toFixedString(leftPad(toString(number), 16, '0'), 16), now(), 1, 'tone', 'tone', 1, 0.5, 1, now64(3) - INTERVAL 1 HOUR FROM numbers(450)"
    )
    found = [sent(store, target) for _ in range(4)]
    assert [(one.taken, one.waiting) for one in found] == [(200, 250), (200, 50), (50, 0), (0, 0)]
    assert len({values(event)["assay.verdict.id"] for event in target.events}) == 450


def test_explanations_leave_as_texts_may(store: Store, target: Answering) -> None:
    for number, name in enumerate(("closed", "default", "open"), 1):
        put(store, number, workspace=name)
    store.command(
        "INSERT INTO verdict_rows (workspace, trace_id, verdict_id, start_time, version, dimension, judge_id, judge_version, score, explanation, sampling_probability) "
        "SELECT name, leftPad(toString(n), 32, '0'), toFixedString(leftPad(toString(n), 16, '0'), 16), now(), 1, 'tone', 'tone', 1, 0.5, "
        "'It names jane.doe@example.com.', 1 FROM (SELECT arrayJoin(arrayEnumerate(['closed', 'default', 'open']) AS ns) AS n, ['closed', 'default', 'open'][n] AS name)"
    )
    policies = {
        "closed": Workspace(judges_get="none"),
        "default": Workspace(),
        "open": Workspace(judges_get="full"),
    }
    sent(store, target, workspaces=policies)
    said = {int(event.trace_id.hex()): values(event).get("gen_ai.evaluation.explanation") for event in target.events}
    assert said == {1: None, 2: "It names [redacted:email].", 3: "It names jane.doe@example.com."}


def test_headers_and_certificates_are_those_of_the_files(store: Store, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    (tmp_path / "headers").write_text("Authorization: Bearer secret\n\nx-scope: a:b\n", encoding="utf-8")
    put(store, 1)
    judge(store)
    with ExitStack() as stack:
        target = Answering(stack, "grpc", tmp_path)
        files = {"headers_file": str(tmp_path / "headers"), "ca_file": str(tmp_path / "ca.pem")}
        assert sent(store, target, headers_file=files["headers_file"]).waiting == 1, "the certificate is nobody's"
        assert sent(store, target, **files).taken == 1
    assert (target.headers[-1]["authorization"], target.headers[-1]["x-scope"]) == ("Bearer secret", "a:b")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "collector:4317"}, {"endpoint": "http://collector"}, {"endpoint": "ftp://collector:1"},
        {"endpoint": "http://collector:port"}, {"endpoint": "http://c:1", "headers_file": "/nowhere"},
        {"endpoint": "https://c:1", "ca_file": "/nowhere"}, {"endpoint": "https://c:1", "protocol": "http", "ca_file": "/nowhere"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_at_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"judges\.emit\."):
        target_of(Emit(**wrong))


def test_a_header_without_a_name_is_refused_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Bearer secret\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=":1: write `name: value`") as refused:
        target_of(Emit(endpoint="http://c:1", headers_file=str(tmp_path / "headers")))
    assert "secret" not in str(refused.value)


# Our own receiver is the target, in front of the store that the verdicts come from: the shortest loop there is.


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_verdicts_that_come_back_are_evaluations_and_judge_nothing_again(store: Store, protocol: str) -> None:
    put(store, 1, 2)
    assert judge(store) == 4
    receiver = Receiver(grpc=GrpcListener(port=0), http=HttpListener(port=0), linger_ms=5)
    pipe = CommitPipe(store, [preparer(Decoder())], receiver, SystemClock())
    pipe.start()
    transports = open_transports(pipe, receiver, {"default": Workspace()}, clock=SystemClock(), ready=lambda: "")
    before = store.rows("SELECT trace_id, version FROM trace_labels FINAL ORDER BY trace_id")
    port = transports.grpc_port if protocol == "grpc" else transports.http_port
    config = settings_of(f"http://127.0.0.1:{port}", protocol=protocol)
    try:
        for _ in range(3):
            to = target_of(config.judges.emit)
            emit_round(store, to, config, SLOTS)
            # As if the process had died before it remembered.
            store.command("TRUNCATE TABLE emitted_verdicts")
            to.close()
            drain(store, Writer(store, SystemClock()), Decoder())
            assert judge(store) == 0
    finally:
        transports.drain(10)
        pipe.close(10)
    assert store.rows("SELECT trace_id, version FROM trace_labels FINAL ORDER BY trace_id") == before
    found = store.rows("SELECT trace_id, name, source, score, response_id FROM evaluation_results ORDER BY trace_id")
    assert [(row["trace_id"], row["name"], row["source"], row["response_id"]) for row in found] == [
        (f"{number:032x}", "relevance", "offline.relevance", f"resp-{number}") for number in (1, 2)
    ]
    assert len(store.rows("SELECT log_id FROM log_records FINAL")) == 2, "the same event is the same log record"
    assert store.rows("SELECT count() AS n FROM verdicts") == [{"n": 4}]


def test_the_scorer_sends_by_itself_and_after_an_outage(store: Store) -> None:
    put(store, 1, 2)
    arrived = threading.Event()
    with ExitStack() as stack:
        target = Answering(stack, "grpc")
        target.answers = [grpc.StatusCode.UNAVAILABLE]

        class Watched(list):  # type: ignore[type-arg]
            def append(self, one: Any) -> None:
                super().append(one)
                if len(target.events) >= 2:
                    arrived.set()

        target.got = Watched()
        scorer = Scorer(store, settings_of(target.url), SystemClock())
        scorer.start()
        try:
            assert arrived.wait(60), "no verdict arrived"
        finally:
            scorer.stop(20)
    assert {event.trace_id.hex() for event in target.events} == {f"{number:032x}" for number in (1, 2)}
