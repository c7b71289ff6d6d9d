"""Prompts for the Messages API and the Message Batches API, through the `anthropic` SDK.

The SDK's own retries are off: an attempt that timed out may have been billed, so each attempt is reserved for by itself.
Structured output makes the shape of the answer sure where the model obeys: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
Answers are short, so they are not streamed; one that breaks off in the middle is a transient failure.
"""

import re
from collections.abc import Mapping
from typing import Any

import anthropic
from anthropic.types import Message
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.messages.batch_create_params import Request

from assay.judges.client import Failure, Reply, kind_of_status, seconds_of
from assay.judges.prompt import Prompt
from assay.spans.prices import Tokens

BATCH_TIMEOUT_SECONDS = 120.0

_BATCH_ERRORS = {"overloaded_error": 529, "api_error": 500, "rate_limit_error": 429, "timeout_error": 504, "authentication_error": 401, "permission_error": 403, "not_found_error": 404, "billing_error": 402}  # fmt: skip
"""Error types of single requests in a batch, as the statuses that they have elsewhere."""


class AnthropicClient:
    """One endpoint and one key."""

    def __init__(self, api_key: str, *, base_url: str = "", connections: int = 8) -> None:
        self._client = anthropic.Anthropic(
            api_key=api_key, base_url=base_url or None, max_retries=0,
            http_client=anthropic.DefaultHttpxClient(trust_env=not base_url),
        )  # fmt: skip
        self._connections = connections

    def ask(self, prompt: Prompt, timeout_seconds: float) -> Reply | Failure:
        """One attempt; see `assay.judges.client`."""
        try:
            return _reply(self._client.messages.create(**_request(prompt), timeout=timeout_seconds))
        except anthropic.AnthropicError as error:
            return _failure(error)

    def submit(self, prompts: Mapping[str, Prompt]) -> str | Failure:
        """Hands in a batch; see `assay.judges.client`."""
        requests = [Request(custom_id=name, params=_request(prompt)) for name, prompt in prompts.items()]
        try:
            return self._client.messages.batches.create(requests=requests, timeout=BATCH_TIMEOUT_SECONDS).id
        except anthropic.AnthropicError as error:
            return _failure(error)

    def collect(self, batch_id: str) -> Mapping[str, Reply | Failure] | Failure | None:
        """The answers of a batch that has ended; see `assay.judges.client`."""
        try:
            if (
                self._client.messages.batches.retrieve(batch_id, timeout=BATCH_TIMEOUT_SECONDS).processing_status
                != "ended"
            ):
                return None
            found: dict[str, Reply | Failure] = {}
            for line in self._client.messages.batches.results(batch_id, timeout=BATCH_TIMEOUT_SECONDS):
                result = line.result
                if result.type == "succeeded":
                    found[line.custom_id] = _reply(result.message)
                elif result.type == "errored":
                    error = result.error.error
                    kind = kind_of_status(_BATCH_ERRORS.get(error.type, 400))
                    found[line.custom_id] = Failure(kind, f"{error.type}: {error.message}"[:300])
                else:
                    found[line.custom_id] = Failure("transient", f"the batch {result.type} before this call")
        except anthropic.AnthropicError as error:
            return _failure(error)
        except Exception as error:  # noqa: BLE001 - results that break off raise errors of the HTTP library or of JSON
            return Failure("transient", f"results of {batch_id} cannot be read: {type(error).__name__}")
        return found

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def _request(prompt: Prompt) -> MessageCreateParamsNonStreaming:
    return {
        "model": prompt.model,
        "max_tokens": prompt.max_tokens,
        "system": [{"type": "text", "text": prompt.system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": prompt.data}],
        "output_config": {"format": {"type": "json_schema", "schema": dict(prompt.schema)}},
    }


def _reply(message: Message) -> Reply | Failure:
    # The SDK does not check the shape of an answer: fields may be missing or of any type.
    try:
        used = message.usage
        cache_read, cache_write = used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0
        tokens = Tokens(used.input_tokens + cache_read + cache_write, used.output_tokens, cache_read, cache_write)
        request_id = str(getattr(message, "_request_id", None) or message.id or "")
        stopped = message.stop_reason
        text = "".join(block.text for block in message.content if block.type == "text")
        model = str(message.model)
    except (AttributeError, TypeError) as cause:
        return Failure("schema", f"not a message: {cause}"[:200], may_be_billed=True)
    if stopped == "refusal":
        return Failure("refusal", "the model refused", None, request_id, tokens)
    if stopped in ("max_tokens", "model_context_window_exceeded"):
        return Failure("schema", f"the answer was cut off: {stopped}", None, request_id, tokens)
    return Reply(text, model, request_id, tokens)


def _failure(error: anthropic.AnthropicError) -> Failure:
    if isinstance(error, anthropic.APIStatusError):
        headers = error.response.headers
        return Failure(
            kind_of_status(error.status_code), _brief(f"{error.status_code} {error.message}"), seconds_of(headers.get("retry-after")),
            error.request_id or "", may_be_billed=False,
        )  # fmt: skip
    if isinstance(error, anthropic.APIConnectionError):
        # Whether it got there is not known: it may have been answered, and billed.
        return Failure("transient", _brief(f"{type(error).__name__}: {error.__cause__ or error}"), may_be_billed=True)
    if isinstance(error, anthropic.APIResponseValidationError):
        return Failure("schema", _brief(error.message), may_be_billed=True)
    return Failure("misconfigured", _brief(f"{type(error).__name__}: {error}"))


def _brief(message: Any) -> str:
    return re.sub(r"\s+", " ", str(message))[:300]
