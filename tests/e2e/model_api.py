"""A loopback stand-in for the model APIs of OpenAI and Anthropic: the client libraries and instrumentations are real.

Token counts are made from the number of the call, and kept in `calls`, which is the truth that the store is compared with.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One answered model call."""

    response_id: str
    model: str
    question: str
    answer: str
    input_tokens: int
    output_tokens: int


@dataclass(slots=True)
class ModelApi:
    """The running stand-in."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)


@contextmanager
def model_api() -> Iterator[ModelApi]:
    """Serve on a free loopback port until the block ends."""
    api = ModelApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _handler(api: ModelApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            number = len(api.calls)
            call = Call(
                response_id=f"answer-{number}",
                model=f"{asked['model']}-2026",
                question=asked["messages"][-1]["content"],
                answer=f"City {number}",
                input_tokens=40 + number,
                output_tokens=7 + number,
            )
            api.calls.append(call)
            shape = _openai if self.path.endswith("/chat/completions") else _anthropic
            body = json.dumps(shape(call)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
            """Keep the test's output short."""

    return Handler


def _openai(call: Call) -> dict[str, Any]:
    message = {"role": "assistant", "content": call.answer}
    return {
        "id": call.response_id,
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": call.input_tokens,
            "completion_tokens": call.output_tokens,
            "total_tokens": call.input_tokens + call.output_tokens,
        },
    }


def _anthropic(call: Call) -> dict[str, Any]:
    return {
        "id": call.response_id,
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [{"type": "text", "text": call.answer}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens},
    }
