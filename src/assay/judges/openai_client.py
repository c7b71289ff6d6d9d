"""Prompts for models of your own: any endpoint that speaks the chat completions protocol of OpenAI (vLLM, llama.cpp, Ollama).

    POST {base_url}/chat/completions with response_format json_schema: https://platform.openai.com/docs/api-reference/chat/create

No SDK: it is one request. Such endpoints have no batches; prompts are cached by their common beginning where they do that at all.
"""

import http.client
import json
import ssl
import urllib.parse
from typing import Any

from assay.errors import ConfigError
from assay.judges.client import Failure, Reply, kind_of_status, seconds_of
from assay.judges.prompt import Prompt
from assay.spans.prices import Tokens

LONGEST_ANSWER_BYTES = 4_000_000


class OpenAIClient:
    """One endpoint and, where it wants one, a key."""

    def __init__(self, base_url: str, *, api_key: str = "") -> None:
        self._url = urllib.parse.urlsplit(base_url.rstrip("/") + "/chat/completions")
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise ConfigError(f"judges.openai.base_url: {base_url!r} is no URL. Write http://127.0.0.1:8000/v1.")
        self._headers = {"content-type": "application/json"} | (
            {"authorization": f"Bearer {api_key}"} if api_key else {}
        )

    def ask(self, prompt: Prompt, timeout_seconds: float) -> Reply | Failure:
        """One attempt; see `assay.judges.client`."""
        connection = self._connection(timeout_seconds)
        try:
            connection.request("POST", self._url.path, json.dumps(_request(prompt)).encode(), self._headers)
            answer = connection.getresponse()
            body = answer.read(LONGEST_ANSWER_BYTES)
            if answer.length:
                # Reading a number of bytes does not complain when the connection ends before them.
                return Failure("transient", f"{answer.length} bytes of the answer are missing", may_be_billed=True)
            if answer.status != 200:
                return Failure(
                    kind_of_status(answer.status), f"{answer.status} {body[:200].decode(errors='replace')}",
                    seconds_of(answer.headers.get("retry-after")),
                )  # fmt: skip
            return _reply(body, answer.headers.get("x-request-id") or "")
        except (OSError, http.client.HTTPException) as error:
            return Failure("transient", f"{type(error).__name__}: {error}"[:300], may_be_billed=True)
        finally:
            connection.close()

    def _connection(self, timeout_seconds: float) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=timeout_seconds, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=timeout_seconds)


def _request(prompt: Prompt) -> dict[str, Any]:
    schema = {"name": "judgement", "strict": True, "schema": prompt.schema}
    request: dict[str, Any] = {
        "model": prompt.model,
        "max_tokens": prompt.max_tokens,
        "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.data}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    if prompt.temperature is not None:
        request["temperature"] = prompt.temperature
    return request


def _reply(body: bytes, request_id: str) -> Reply | Failure:
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message = choice["message"]
        used = answer.get("usage") or {}
        cached = int((used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
        tokens = Tokens(int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0), cached, 0)
        request_id = str(answer.get("id") or request_id)
        text, refusal, stopped = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as cause:
        return Failure("schema", f"not a chat completion: {type(cause).__name__}", may_be_billed=True)
    if refusal or stopped == "content_filter":
        return Failure("refusal", str(refusal or stopped)[:200], None, request_id, tokens)
    if stopped == "length" or not isinstance(text, str):
        return Failure("schema", "the answer was cut off, or has no text", None, request_id, tokens)
    return Reply(text, str(answer.get("model") or ""), request_id, tokens)
