"""The processes beside the receiver: those that `assay serve` starts, and `assay score` at an embedded folder."""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from assay.app.scorer_process import NICENESS
from assay.config.model import Receiver
from tests.e2e.processes import Assay, Program, free_port, http_get, wait_for

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="looks at processes in /proc, which is Linux"
)


@pytest.fixture
def assay(tmp_path: Path) -> Iterator[Assay]:
    """`assay serve` with the embedded engine, not started."""
    serving = Assay("serve", "assay", tmp_path, dsn=f"chdb://{tmp_path / 'data'}")
    yield serving
    assert serving.program.stop() == 0


def start(assay: Assay) -> None:
    """Start it, and wait until it has said where everything listens: then all of its processes run."""
    assay.program.start()
    wait_for(lambda: "OTLP " in assay.program.log.read_text(), "its processes", seconds=60, log=assay.program.log)


def send_answer(assay: Assay, text: str) -> None:
    """One answered question, a trace of its own."""
    # Its own 10 s are less than two starts of a process take beside a compiler.
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{assay.grpc_port}", insecure=True, timeout=60)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("help-desk").start_as_current_span("chat") as span:
        span.set_attributes({
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Where is my order?"}]}]),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}]),
        })  # fmt: skip
    provider.shutdown()


def relevance_verdicts(assay: Assay) -> int:
    """Verdicts of the offline judge of relevance."""
    with assay.client() as client:
        return int(client.command("SELECT count() FROM verdicts WHERE judge_id = 'offline.relevance'"))


def below(pid: int, *, niceness: int) -> list[int]:
    """Our processes below a process that are so much nicer than it: the scorer is, those that decode are not."""
    children = [
        int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
    ]
    ours = [one for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return [
        one for one in ours if os.getpriority(os.PRIO_PROCESS, one) == os.getpriority(os.PRIO_PROCESS, pid) + niceness
    ]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_scorer_that_dies_is_started_again_and_senders_notice_nothing(assay: Assay) -> None:
    start(assay)
    send_answer(assay, "It is on its way.")
    log = assay.program.log
    # Counted in the scorer's process, published by the receiver's.
    wait_for(lambda: assay.metrics().get("assay_settled_traces_total", 0) == 1, "a settled trace", seconds=60, log=log)
    (first,) = below(assay.program.pid, niceness=NICENESS)
    os.kill(first, signal.SIGKILL)
    send_answer(assay, "It has arrived.")
    wait_for(lambda: assay.metrics()["assay_scorer_restarts_total"] == 1, "a restart", seconds=30, log=log)
    wait_for(lambda: assay.metrics()["assay_settled_traces_total"] >= 2, "the second trace", seconds=60, log=log)
    assert below(assay.program.pid, niceness=NICENESS) != [first]
    assert assay.http_status("/readyz") == 200


def test_what_a_process_that_decodes_had_when_it_died_is_sent_again(assay: Assay) -> None:
    start(assay)
    decoding = below(assay.program.pid, niceness=0)
    assert len(decoding) == Receiver().processes
    for pid in decoding:
        os.kill(pid, signal.SIGKILL)
    send_answer(assay, "It is on its way.")  # the exporter tries again when it is told to
    log = assay.program.log
    wait_for(lambda: assay.metrics().get('assay_spans_total{dialect="otel"}', 0) == 1, "the span", seconds=60, log=log)
    assert assay.metrics()["assay_preparer_restarts_total"] >= 1
    with assay.client() as client:
        assert client.command("SELECT count() FROM spans_live") == 1


def test_ctrl_c_reaches_all_and_ends_all_cleanly(assay: Assay) -> None:
    start(assay)
    (scorer,) = below(assay.program.pid, niceness=NICENESS)
    decoding = below(assay.program.pid, niceness=0)
    for pid in (scorer, *decoding, assay.program.pid):  # as a terminal does
        os.kill(pid, signal.SIGINT)
    wait_for(lambda: not runs(assay.program.pid), "the end", seconds=60, log=assay.program.log)
    assert not any(map(runs, (scorer, *decoding)))
    assert "Traceback" not in assay.program.log.read_text()
    assert "started again" not in assay.program.log.read_text()


def test_they_do_not_outlive_their_receiver(assay: Assay) -> None:
    start(assay)
    beside = below(assay.program.pid, niceness=NICENESS) + below(assay.program.pid, niceness=0)
    assert len(beside) == 1 + Receiver().processes
    assay.program.kill()
    wait_for(lambda: not any(map(runs, beside)), "all of them to end", seconds=60, log=assay.program.log)
    assay.program.start()  # the folder is free again


def test_what_only_the_scorer_needs_is_validated_before_anything_is_taken(tmp_path: Path) -> None:
    missing = tmp_path / "headers"
    done = subprocess.run(
        [sys.executable, "-m", "assay.cli.main", "serve", "--with-scorer", "--dsn", f"chdb://{tmp_path / 'data'}",
         *(f"--set={port}.port=0" for port in ("receiver.grpc", "receiver.http", "door")),
         "--set=judges.emit.endpoint=http://127.0.0.1:9", f"--set=judges.emit.headers_file={missing}"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"judges.emit.headers_file: cannot read {missing}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "OTLP " not in done.stderr  # nothing was announced


def test_a_program_is_told_where_everything_listens(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "assay.cli.main", "serve", "--json", "--dsn", f"chdb://{tmp_path / 'data'}",
        *(f"--set={port}.port=0" for port in ("receiver.grpc", "receiver.http", "door")),
    ]  # fmt: skip
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert serving.stdout is not None
        said = json.loads(serving.stdout.readline())
        assert set(said) == {"store", "otlp_grpc", "otlp_http", "metrics", "sql"}
        assert http_get(said["otlp_http"] + "/readyz")[0] == 200
        assert "assay_build_info" in http_get(said["metrics"])[1]
        door, _, database = said["sql"].rpartition("/")
        assert http_get(f"{door}/?database={database}&query=SELECT%20count()%20FROM%20spans_live") == (200, "0\n")
    finally:
        serving.terminate()
        try:
            code = serving.wait(60)
        finally:
            serving.kill()
    assert code == 0


def test_a_port_is_given_out_once_also_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    drawn = itertools.chain([first - 20_000] * 2, itertools.count(6_000))
    monkeypatch.setattr("tests.e2e.processes.secrets.randbelow", lambda _: next(drawn))
    other = "from tests.e2e import processes as p; d = iter(range(%d, 12_100)); p.secrets.randbelow = lambda _: next(d); print(p.free_port())"
    beside = subprocess.run(
        [sys.executable, "-c", other % (first - 20_000)], capture_output=True, text=True, check=True
    )
    assert int(beside.stdout) != first
    assert free_port() not in {first, int(beside.stdout)}


def test_a_sidecar_waits_for_the_owner_of_the_folder_and_follows_its_door(assay: Assay, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "assay.cli.main", "score", "--dsn", f"chdb://{tmp_path / 'data'}",
        "--set=judges.offline_floor=1.0", "--set=judges.every_seconds=0.5",
    ]  # fmt: skip
    judges = Program("judges", command, folder=tmp_path, ready=lambda: "Nobody owns" in judges.log.read_text())
    judges.start()
    try:
        assay.program.start()
        send_answer(assay, "It is on its way.")
        wait_for(lambda: relevance_verdicts(assay) == 1, "a verdict", seconds=90, log=judges.log)
        # The owner comes back with another door.
        assert assay.program.stop() == 0
        config = tmp_path / "assay.yaml"
        before, assay.door_port = assay.door_port, free_port()
        config.write_text(config.read_text().replace(str(before), str(assay.door_port)))
        assay.program.start()
        send_answer(assay, "It has arrived.")
        wait_for(lambda: relevance_verdicts(assay) == 2, "a second verdict", seconds=90, log=judges.log)
    finally:
        code = judges.stop()
    assert code == 0
