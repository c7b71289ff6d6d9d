"""Real processes for the end-to-end tests: Assay, a Collector, and the plain TCP balancer between them.

    sender ─► Collector (queue on disk) ─► Balancer ─► receiver a, receiver b ─► door of the store process

Every process can be killed and started again on the same ports and folders; what it prints goes to `<name>.log`.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import clickhouse_connect
import yaml
from clickhouse_connect.driver.client import Client

from tests.e2e.traffic import PRICES

READY_SECONDS = 60.0


_RESERVED: list[socket.socket] = []


def free_port() -> int:
    """A TCP port of loopback for this process and those that it starts, for as long as it lives, also while nobody listens.

    The UDP port of the same number is held for it: programs that run side by side, and a program that starts several
    servers, never get the same one. Below the range from which systems take ports of outgoing connections and of listeners
    that do not care (from 32768 on: https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html): those would take it
    while the program is down.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        _RESERVED.append(held)
        return port


class Program:
    """One process that can be started, killed and started again."""

    def __init__(
        self, name: str, command: Sequence[str], *, folder: Path, ready: Callable[[], bool],
        env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.log = folder / f"{name}.log"
        self.kills = 0
        self._command = list(command)
        self._ready = ready
        self._env = {key: value for key, value in os.environ.items() if not key.startswith(("ASSAY_", "OTEL_"))}
        self._env.update(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> "Program":
        """Start it; with `wait`, return when it is ready. Raises when it ends instead."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._env
            )
        if wait:
            wait_for(self.ready, f"{self.name} to be ready", seconds=READY_SECONDS, log=self.log)
        return self

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def ready(self) -> bool:
        """Whether it takes work now; raises when it ended by itself."""
        code = self._process.poll() if self._process else None
        if code is not None:
            raise AssertionError(f"{self.name} ended by itself with {code}:\n{tail(self.log)}")
        try:
            return self._ready()
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def stop(self, *, seconds: float = 40.0) -> int:
        """SIGTERM, and the exit code. Kills and fails when it takes too long."""
        if self._process is None or self._process.poll() is not None:
            return 0 if self._process is None else self._process.returncode
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} did not end {seconds} s after SIGTERM:\n{tail(self.log)}") from None


class Assay:
    """An Assay process (`serve` or `receive`) with its own configuration file and fixed ports."""

    def __init__(
        self,
        verb: str,
        name: str,
        folder: Path,
        *,
        dsn: str,
        receiver: Mapping[str, Any] | None = None,
        forward: Mapping[str, Any] | None = None,
    ) -> None:
        self.grpc_port, self.http_port, self.door_port = free_port(), free_port(), free_port()
        self.token_file = folder / "write-token"
        settings = {
            "receiver": {"grpc": {"port": self.grpc_port}, "http": {"port": self.http_port}, **(receiver or {})},
            "store": {"dsn": dsn},
            "door": {"port": self.door_port, "write_token_file": str(self.token_file)},
            "settle": {"quiet_seconds": 3, "every_seconds": 1, "rollup_every_seconds": 3},
            "prices": [dict(price) for price in PRICES],
            "forward": dict(forward or {}),
        }
        if not self.token_file.exists():
            self.token_file.write_text("e2e-write-token-0123456789abcdef\n", encoding="utf-8")
            self.token_file.chmod(0o600)
        config = folder / f"{name}.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = [sys.executable, "-m", "assay.cli.main", verb, "--config", str(config)]
        self.program = Program(name, command, folder=folder, ready=lambda: self.http_status("/readyz") == 200)

    def http_status(self, path: str) -> int:
        """Status of a GET on the receiver's HTTP port."""
        return http_get(f"http://127.0.0.1:{self.http_port}{path}")[0]

    def metrics(self) -> dict[str, float]:
        """The process's own metrics: `name{labels}` to value."""
        return parse_metrics(http_get(f"http://127.0.0.1:{self.http_port}/metrics")[1])

    @property
    def writing_dsn(self) -> str:
        """The DSN of its door for a process that writes."""
        return f"http://assay:{self.token_file.read_text().strip()}@127.0.0.1:{self.door_port}/assay"

    def client(self) -> Client:
        """An unmodified clickhouse-connect at the door, reading."""
        return clickhouse_connect.get_client(
            host="127.0.0.1", port=self.door_port, database="assay", send_receive_timeout=60
        )


class Collector:
    """A real Collector whose exporters have their queue on disk and give up never."""

    def __init__(self, program: Path, folder: Path, *, traces_to: str, logs_to: str, name: str = "collector") -> None:
        self.grpc_port, self.http_port, self.metrics_port = free_port(), free_port(), free_port()
        queue = {
            "enabled": True, "storage": "file_storage/queue", "sizer": "items", "queue_size": 2_000_000, "num_consumers": 4,
            # Small groups behind the queue: after a kill the same spans come back in other company.
            "batch": {"flush_timeout": "150ms", "sizer": "items", "min_size": 150, "max_size": 400},
        }  # fmt: skip
        retry = {"enabled": True, "initial_interval": "200ms", "max_interval": "1s", "max_elapsed_time": "0s"}
        common = {"compression": "none", "timeout": "5s", "retry_on_failure": retry, "sending_queue": queue}
        settings = {
            "extensions": {"file_storage/queue": {"directory": str(folder / "queue"), "create_directory": True}},
            "receivers": {"otlp": {"protocols": {
                "grpc": {"endpoint": f"127.0.0.1:{self.grpc_port}", "max_recv_msg_size_mib": 64},
                "http": {"endpoint": f"127.0.0.1:{self.http_port}"},
            }}},
            "exporters": {
                "otlp_grpc/assay": {**common, "endpoint": traces_to, "tls": {"insecure": True}},
                "otlp_http/assay": {**common, "endpoint": logs_to},
            },
            "service": {
                "extensions": ["file_storage/queue"],
                "telemetry": {"metrics": {"readers": [{"pull": {"exporter": {"prometheus": {"host": "127.0.0.1", "port": self.metrics_port}}}}]}},
                "pipelines": {
                    "traces": {"receivers": ["otlp"], "exporters": ["otlp_grpc/assay"]},
                    "logs": {"receivers": ["otlp"], "exporters": ["otlp_http/assay"]},
                },
            },
        }  # fmt: skip
        config = folder / f"{name}.yaml"
        config.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        self.program = Program(name, [str(program), f"--config={config}"], folder=folder, ready=self._listens)

    def _listens(self) -> bool:
        for port in (self.grpc_port, self.http_port):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True

    def metrics(self) -> dict[str, float]:
        """The Collector's own metrics."""
        return parse_metrics(http_get(f"http://127.0.0.1:{self.metrics_port}/metrics")[1])

    def waiting(self) -> float:
        """Items in its queues."""
        return sum(value for name, value in self.metrics().items() if name.startswith("otelcol_exporter_queue_size{"))

    def sent(self) -> float:
        """Spans and log records that were acknowledged to it since it started."""
        names = ("otelcol_exporter_sent_spans", "otelcol_exporter_sent_log_records")
        return sum(value for name, value in self.metrics().items() if name.startswith(names))


class Balancer:
    """A TCP balancer in a thread: each new connection goes to the next target that accepts.

    `cut` resets every connection at once, so that answers that are under way are lost and what they answered is sent
    again, to whichever target comes next.
    """

    def __init__(self, targets: Sequence[int]) -> None:
        self.port = 0
        self.connections = dict.fromkeys(targets, 0)
        self._targets = list(targets)
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="balancer", daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    def cut(self) -> None:
        """Reset every connection."""
        self._loop.call_soon_threadsafe(self._cut)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        back: asyncio.StreamWriter | None = None
        try:
            for _ in self._targets:
                self._targets.append(target := self._targets.pop(0))
                with contextlib.suppress(OSError):
                    back_reader, back = await asyncio.open_connection("127.0.0.1", target)
                    self.connections[target] += 1
                    break
            if back is not None:
                there = asyncio.ensure_future(_pump(reader, back))
                here = asyncio.ensure_future(_pump(back_reader, writer))
                await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
                there.cancel()
                here.cancel()
        finally:
            self._open.discard(writer)
            for one in (writer, back):
                if one is not None:
                    one.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()


def http_get(url: str) -> tuple[int, str]:
    """Status and text of a GET on loopback; raises `OSError` when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def http_post(url: str, body: bytes, content_type: str) -> tuple[int, dict[str, str]]:
    """Status and headers (names in lower case) of a POST on loopback."""
    request = urllib.request.Request(url, data=body, headers={"content-type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}


def parse_metrics(text: str) -> dict[str, float]:
    """Prometheus text to `name{labels}` and value."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float, log: Path | None = None) -> None:
    """Poll until the condition holds; fails with the end of the log when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}\n{tail(log) if log else ''}")
        time.sleep(0.1)


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
