"""Read a request's body inside a bound, and answer it: the two halves of every ASGI application here."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from assay.errors import TooLarge

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Disconnected(Exception):
    """The client went away before its request was complete; nobody waits for an answer."""


def header(scope: Scope, name: bytes) -> str:
    """A request header by its lower-case name; empty where it was not sent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1").strip())
    return ""


def anything(_size_bytes: int) -> None:
    """Takes any number of bytes into account."""


async def read_body(
    scope: Scope, receive: Receive, *, limit_bytes: int, grow: Callable[[int], None] = anything
) -> bytes:
    """The whole request body, as sent. `grow` is told of each piece that came and may raise.

    Raises TooLarge as soon as it is known to be over `limit_bytes` (before the first byte where Content-Length says so,
    which spares a client that sent `Expect: 100-continue` the upload), and Disconnected where the client gave up.
    """
    declared = header(scope, b"content-length")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise TooLarge(f"The request has {declared} bytes; the limit is {limit_bytes}. Send smaller batches.")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit_bytes:
            raise TooLarge(f"The request has more than {limit_bytes} bytes, which is the limit. Send smaller batches.")
        if chunk:
            grow(len(chunk))
            chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def respond(
    send: Send,
    status: int,
    body: bytes = b"",
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    content_type: bytes = b"",
) -> None:
    """Answer with a body whose length is known."""
    all_headers = [*headers, (b"content-length", b"%d" % len(body))]
    if content_type:
        all_headers.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
