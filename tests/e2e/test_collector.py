"""Assay next to a real Collector: what telemetrygen, an SDK and real instrumentations send is there, once, and right."""

import os
import subprocess
import time
from pathlib import Path

import grpc
import pytest
import yaml
from clickhouse_connect.driver.client import Client
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.e2e.conftest import Pair
from tests.e2e.model_api import model_api
from tests.e2e.processes import Assay, wait_for
from tests.e2e.traffic import trace_of

# The first run builds the Collector, which takes minutes.
pytestmark = pytest.mark.timeout(1_800)

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "collector-config.yaml"
APP = Path(__file__).parent / "instrumented" / "app.py"


@pytest.fixture
def client(pair: Pair) -> Client:
    """An unmodified clickhouse-connect at the door."""
    return pair.assay.client()


def arrives(client: Client, sql: str, expected: tuple[object, ...]) -> None:
    """Wait until the statement's single row is what is expected."""
    seen: list[tuple[object, ...]] = []

    def there() -> bool:
        seen[:] = [tuple(row) for row in client.query(sql).result_rows]
        return seen == [expected]

    try:
        wait_for(there, "it", seconds=60)
    except AssertionError:
        assert seen == [expected], sql


def test_the_example_configuration_is_valid(collector_program: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "ASSAY_QUEUE_DIR": str(tmp_path / "queue")}
    command = [str(collector_program), "validate", f"--config={EXAMPLE}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_example_with_a_token_is_valid(collector_program: Path, tmp_path: Path) -> None:
    """The commented lines about the token work when they are uncommented."""
    token = tmp_path / "token"
    token.write_text("secret")
    lines = EXAMPLE.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  # bearertokenauth/assay:"))
    for i in (first, first + 1, first + 2):
        lines[i] = lines[i].replace("# ", "", 1)
    auth = next(i for i, line in enumerate(lines) if line.startswith("    # auth:"))
    for i in (auth, auth + 1):
        lines[i] = lines[i].replace("# ", "", 1)
    text = "\n".join(lines).replace("/etc/otelcol/assay-token", str(token))
    text = text.replace("extensions: [health_check,", "extensions: [bearertokenauth/assay, health_check,")
    settings = yaml.safe_load(text)
    assert settings["extensions"]["bearertokenauth/assay"]["filename"] == str(token)
    assert settings["exporters"]["otlp/assay"]["auth"] == {"authenticator": "bearertokenauth/assay"}
    config = tmp_path / "collector.yaml"
    config.write_text(text)
    environment = {**os.environ, "ASSAY_QUEUE_DIR": str(tmp_path / "queue")}
    command = [str(collector_program), "validate", f"--config={config}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_telemetrygen_traces_arrive_once(pair: Pair, client: Client, telemetrygen: Path) -> None:
    generate(telemetrygen, pair, "traces", "--traces=50", "--child-spans=2", "--service=gen-traces")
    arrives(
        client,
        "SELECT count(), uniqExact(span_id), uniqExact(trace_id) FROM spans_live WHERE service = 'gen-traces'",
        (150, 150, 50),
    )


def test_telemetrygen_genai_attributes_become_columns(pair: Pair, client: Client, telemetrygen: Path) -> None:
    attributes = {
        "gen_ai.operation.name": '"chat"',
        "gen_ai.provider.name": '"openai"',
        "gen_ai.request.model": '"gpt-4o-mini"',
        "gen_ai.usage.input_tokens": "120",
        "gen_ai.usage.output_tokens": "30",
    }
    flags = [f"--telemetry-attributes={key}={value}" for key, value in attributes.items()]
    generate(telemetrygen, pair, "traces", "--traces=20", "--child-spans=0", "--service=gen-chat", *flags)
    arrives(
        client,
        "SELECT count(), sum(input_tokens), sum(output_tokens), any(provider), any(request_model) FROM generations "
        "WHERE service = 'gen-chat' AND usage_role = 'own'",
        (20, 2400, 600, "openai", "gpt-4o-mini"),
    )


def test_telemetrygen_logs_arrive_once(pair: Pair, client: Client, telemetrygen: Path) -> None:
    flag = '--telemetry-attributes=event.name="gen_ai.user.message"'
    generate(telemetrygen, pair, "logs", "--logs=40", "--service=gen-logs", "--body=hello", flag)
    arrives(
        client,
        "SELECT count(), any(event_name) FROM log_events WHERE service = 'gen-logs'",
        (40, "gen_ai.user.message"),
    )


def test_an_sdk_exports_through_the_collector(pair: Pair, client: Client) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "sdk"}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"127.0.0.1:{pair.collector.grpc_port}", insecure=True))
    )
    tracer = provider.get_tracer("tests.e2e")
    with tracer.start_as_current_span("answer") as root:
        for number in range(3):
            with tracer.start_as_current_span(
                "chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": number}
            ):
                pass
    provider.shutdown()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    arrives(
        client,
        f"SELECT spans, model_calls, input_tokens, root_name FROM traces WHERE trace_id = '{trace_id}'",
        (4, 3, 3, "answer"),
    )


@pytest.mark.parametrize(
    ("library", "protocol", "reports"),
    [
        ("otel-openai", "grpc", 1),
        ("openinference-openai", "http/protobuf", 1),
        # The anthropic client reports its calls itself, beside the instrumentation: two spans, one call.
        ("traceloop-anthropic", "http/protobuf", 2),
    ],
)
def test_real_instrumentations_are_counted_once(
    pair: Pair, client: Client, instrumented_python: Path, *, library: str, protocol: str, reports: int
) -> None:
    calls = 5
    port = pair.collector.grpc_port if protocol == "grpc" else pair.collector.http_port
    with model_api() as api:
        environment = {
            "PATH": os.environ["PATH"],
            "MODEL_URL": api.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
        }
        command = [str(instrumented_python), str(APP), library, str(calls)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len(api.calls) == calls
    arrives(
        client,
        f"SELECT countIf(usage_role = 'own'), countIf(usage_role = 'twin') FROM spans_live WHERE service = '{library}'",
        (calls, calls * (reports - 1)),
    )
    rows = client.query(
        "SELECT g.response_id, g.response_model, g.input_tokens, g.output_tokens, JSONExtractString(t.text, 'parts', 1, 'content') "
        f"FROM generations AS g LEFT JOIN texts AS t ON t.hash = g.answer WHERE g.service = '{library}' ORDER BY g.response_id"
    ).result_rows
    assert [tuple(row) for row in rows] == [
        (call.response_id, call.model, call.input_tokens, call.output_tokens, call.answer) for call in api.calls
    ]


def test_sigterm_stores_what_was_taken(tmp_path: Path) -> None:
    """A request that waits for company when SIGTERM comes is committed, answered, and there after a restart.

    It waits for less than `receiver.drain_seconds`, which is what is promised.
    """
    assay = Assay("serve", "assay", tmp_path, dsn=f"chdb://{tmp_path / 'data'}", receiver={"linger_ms": 8_000})
    assay.program.start()
    spans = [span for number in range(5) for span in trace_of(number, seed=3, now_ns=time.time_ns()).spans]
    with grpc.insecure_channel(f"127.0.0.1:{assay.grpc_port}") as channel:
        answer = TraceServiceStub(channel).Export.future(ExportTraceServiceRequest(resource_spans=spans), timeout=60)
        wait_for(lambda: assay.metrics().get("assay_in_flight_requests") == 1, "the request to be taken", seconds=20)
        assert assay.program.stop() == 0
        assert not answer.result().HasField("partial_success")
    assay.program.start()
    try:
        assert assay.client().query("SELECT count(), uniqExact(trace_id, span_id) FROM spans_live").result_rows == [
            (len(spans), len(spans))
        ]
    finally:
        assay.program.stop()


def generate(telemetrygen: Path, pair: Pair, signal: str, *flags: str) -> None:
    """Run telemetrygen against the Collector, as fast as it can."""
    command = [
        str(telemetrygen),
        signal,
        f"--otlp-endpoint=127.0.0.1:{pair.collector.grpc_port}",
        "--otlp-insecure",
        "--rate=0",
        "--workers=1",
        *flags,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
