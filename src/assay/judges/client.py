"""The seam between us and whoever runs a model: a prompt goes in, a Reply or a Failure comes out. Nothing raises.

A client makes exactly one attempt: who pays for attempts decides about the next one (`call.py`). Tests put a loopback server behind
the real client; nothing of ours is replaced.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

from assay.judges.prompt import Prompt
from assay.spans.prices import Tokens

Kind = Literal["transient", "misconfigured", "rejected", "refusal", "schema"]
"""`transient` try again later; `misconfigured` key, permission or model is wrong, every call fails until somebody acts;
`rejected` this very call can never succeed; `refusal` the model refused; `schema` cut off, or not what was asked for."""


class Reply(NamedTuple):
    """What a model answered, and what it took."""

    text: str
    model: str
    """As the endpoint names it."""
    request_id: str
    tokens: Tokens


class Failure(NamedTuple):
    """Why there is no answer."""

    kind: Kind
    message: str
    retry_after_seconds: float | None = None
    """As the endpoint asks for."""
    request_id: str = ""
    tokens: Tokens | None = None
    """Where it was billed all the same."""
    may_be_billed: bool = False
    """The call may have been worked on: nobody knows what it cost."""


class Client(Protocol):
    """Somebody who answers prompts. May be called from several threads."""

    def ask(self, prompt: Prompt, timeout_seconds: float) -> Reply | Failure:
        """One attempt."""
        ...


class BatchClient(Client, Protocol):
    """One who also answers many prompts at half the price, within a day."""

    def submit(self, prompts: Mapping[str, Prompt]) -> str | Failure:
        """Hands in prompts by an id of ours; the id of the batch."""
        ...

    def collect(self, batch_id: str) -> Mapping[str, Reply | Failure] | Failure | None:
        """The answers by our ids; None while it runs. An id that is missing was not answered."""
        ...


def kind_of_status(status: int) -> Kind:
    """What a status of HTTP means for us. https://platform.claude.com/docs/en/api/errors"""
    if status in (408, 409, 429) or status >= 500:
        return "transient"
    return "misconfigured" if status in (401, 402, 403, 404) else "rejected"


def seconds_of(retry_after: str | None) -> float | None:
    """The header `retry-after` in seconds; None where it is missing or says a date, which these endpoints never do."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None
