"""A loopback server that speaks Messages, Message Batches and chat completions as far as judges use them.

It stands in for hosted models, which tests cannot reach: the seam is HTTP, the SDK in front of it is the real one. What it answers is
scripted; every request is kept as the bytes that arrived.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from assay.clock import SystemClock
from assay.config.model import Price
from assay.judges.budget import Ledger, Limits
from assay.judges.call import Caller
from assay.judges.case import Case
from assay.judges.judge import Judge, library
from assay.spans.prices import Prices

MODEL = "claude-haiku-4-5-20251001"
JUDGES: dict[str, Judge] = {judge.id: judge for judge in library()}
FAITHFULNESS = JUDGES["faithfulness"]
CASE = Case(
    {
        "answer": "Refunds take 14 days.",
        "context": "Refunds take 14 days after we get the parcel.",
        "question": "How long?",
    }
)
VERDICT = {
    "quotations": [{"input": "context", "text": "Refunds take 14 days"}],
    "explanation": "It says so.",
    "label": "supported",
}
USAGE = {"input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}


class Seen(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    """What the server answers."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    """Instead of `body`."""
    cut_after: int | None = None
    """Bytes of the body after which the connection ends."""
    stall_seconds: float = 0.0


def message(
    text: Any = VERDICT, *, stop: str = "end_turn", usage: dict[str, Any] = USAGE, model: str = MODEL
) -> dict[str, Any]:
    """A Message as the API sends it."""
    said = text if isinstance(text, str) else json.dumps(text)
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [{"type": "text", "text": said}],
        "stop_reason": stop, "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def error(status: int, kind: str, **headers: str) -> Answer:
    """An error as the API sends it."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer({"type": "error", "error": {"type": kind, "message": kind}, "request_id": "req_e"}, status, named)


Script = Callable[[Seen], Answer]


class ModelServer:
    """The server, its script and what it saw."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: Script = lambda _: Answer(message())
        self.batches: dict[str, list[dict[str, Any]]] = {}
        self.batch_status = "ended"
        self.result_of: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {
            "type": "succeeded",
            "message": message(),
        }
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def answers(self, *answers: Answer) -> None:
        """Answer with these, one after the other; the last one again and again."""
        left = list(answers)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def answer(self, seen: Seen) -> Answer:
        """By the path: batches are kept, everything else is scripted."""
        if not seen.path.startswith("/v1/messages/batches"):
            return self.script(seen)
        if seen.method == "POST":
            answer = self.script(seen)
            if answer.status != 200:
                return answer
            with self.lock:
                name = f"msgbatch_{len(self.batches) + 1}"
                self.batches[name] = seen.json["requests"]
            return Answer(self._batch(name))
        name = seen.path.split("/")[4].split("?")[0]
        if not seen.path.endswith("/results"):
            return Answer(self._batch(name))
        lines = [{"custom_id": one["custom_id"], "result": self.result_of(one)} for one in self.batches[name]]
        # Results come in any order.
        return Answer(
            raw="".join(json.dumps(line) + "\n" for line in reversed(lines)).encode(),
            headers=(("content-type", "application/x-jsonl"),),
        )

    def _batch(self, name: str) -> dict[str, Any]:
        ended = self.batch_status == "ended"
        counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        return {
            "id": name, "type": "message_batch", "processing_status": self.batch_status, "request_counts": counts,
            "ended_at": "2026-11-21T10:00:00Z" if ended else None, "created_at": "2026-11-21T09:00:00Z", "expires_at": "2026-11-22T09:00:00Z",
            "archived_at": None, "cancel_initiated_at": None, "results_url": f"{self.url}/v1/messages/batches/{name}/results" if ended else None,
        }  # fmt: skip

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Clients that were killed leave in the middle; that is the point."""


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            seen = Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with server.lock:
                server.seen.append(seen)
                server.in_flight += 1
                server.most_in_flight = max(server.most_in_flight, server.in_flight)
            try:
                self._send(server.answer(seen))
            finally:
                with server.lock:
                    server.in_flight -= 1

        def _send(self, answer: Answer) -> None:
            if answer.stall_seconds:
                time.sleep(answer.stall_seconds)
            raw = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            if not any(name == "content-type" for name, _ in answer.headers):
                self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.send_header("request-id", "req_1")
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw[: answer.cut_after])
            if answer.cut_after is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

    return Handler


@contextmanager
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    try:
        yield server
    finally:
        server.close()


PRICE = Price(
    model=MODEL,
    input_usd_per_mtok=1.0,
    output_usd_per_mtok=5.0,
    cache_read_usd_per_mtok=0.1,
    cache_write_usd_per_mtok=1.25,
)


def caller(client: Any, store: Any, *, usd: float = 100.0, provider: str = "anthropic", timeout_seconds: float = 5.0, clock: Any = None) -> Caller:  # fmt: skip
    """A caller with money."""
    clock = clock or SystemClock()
    ledger = Ledger(store, clock, scorer="0/1", limits=Limits(usd, usd))
    return Caller(client, provider, ledger=ledger, prices=Prices([PRICE]), clock=clock, timeout_seconds=timeout_seconds)
