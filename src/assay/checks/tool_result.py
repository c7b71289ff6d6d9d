"""Whether what a tool returned says that it failed: some raise, others hand an error back as their result.

what the tool returned ─► failed ─► yes or no
"""

import contextlib
import re
from typing import Any, Final

import msgspec

from assay.checks.scan import scanner

LONGEST_JSON: Final = 4000
"""Longer results hold data, and words in them are about something else."""
LONGEST_WORDS: Final = 500
"""Of a result that says in words that it failed, without beginning as an error does."""

_SUSPICIOUS: Final = (
    b"err", b"exception", b"traceback", b"fail", b"fault", b"timed", b"timeout", b"time-out", b"deadline", b"unavailable", b"refused", b"denied",
    b"unable", b"not able", b"could not", b"couldn", b"cannot", b"can't", b"false", b"http", b"gateway", b"too many", b"forbidden", b"unauthori",
    b"limit", b"status", b"code", b"bad request", b"server",
)  # fmt: skip
"""One of these is in every result that says that it failed; looking for them is a thousand times cheaper than the rest."""
_suspicious = scanner([re.escape(word.decode()) for word in _SUSPICIOUS])
_BEGINNINGS: Final = (
    # The word itself, with what it is about before it: `Error:`, `[ERROR]`, `Tool execution error: ...`, `openai.APIError(`.
    r"(?:\w+ ){0,3}(?:error|exception|failure)\s*(?:[:\-\]!.({>]|$|while\b|when\b|executing\b|calling\b|running\b|occurred\b|\d)",
    r"traceback \(", r"[\w.]+(?:Error|Exception|Timeout|Fault)\b\s*[:(]",
    r"(?:an?|the|some)(?: \w+){0,2} (?:error|exception) (?:has |was )?(?:occurred|raised|thrown|happened|while|during)",
    # What was not done.
    r"(?:\w+ ){0,3}failed\b", r"(?:un|not )able to (?:connect|reach|execute|complete|process|access|contact|retrieve|fetch|call|run|open|query|load)\b",
    r"(?:could not|couldn['’]t|cannot|can['’]t) (?:connect|reach|execute|complete|process|access|contact|fetch|call|run|query|load)\b",
    # Answers of servers and networks.
    r"http(?: status)?(?: code)?[ :/]*[45]\d\d\b",
    r"[45]\d\d(?: -|:)? (?:bad|unauthori[sz]ed|forbidden|conflict|too many|internal|server|service|gateway|not implemented|unprocessable|request|error|client)",
    r"connection (?:refused|reset|error|timed out|closed|aborted)", r"(?:the )?(?:\w+ ){0,2}service (?:is )?(?:temporarily |currently )?unavailable",
    r"(?:permission|access) denied", r"(?:the )?(?:\w+ ){0,3}timed[ -]?out\b", r"timeout\b", r"deadline exceeded", r"internal server error",
    r"bad gateway", r"gateway time-?out", r"rate limit (?:exceeded|reached)", r"too many requests",
)  # fmt: skip
_BEGINS: Final = re.compile(rf"[\s\[<('\"*#]*(?:{'|'.join(_BEGINNINGS)})", re.IGNORECASE)
_FAILURE_KEYS: Final = frozenset({"error", "errors", "exception", "err", "errormessage", "error_message", "errormsg", "error_msg", "error_code", "errorcode",
                                  "error_type", "errortype", "fault", "traceback", "stacktrace"})  # fmt: skip
_STATE_KEYS: Final = frozenset({"status", "state", "result", "outcome", "type", "code"})
_FAILED_STATES: Final = frozenset({"error", "failed", "failure", "fail", "exception", "timeout", "timed_out", "fatal", "err", "internal_error", "unavailable"})  # fmt: skip
_FLAGS: Final = frozenset({"iserror", "is_error", "haserror", "has_error", "failed", "errored"})
_SUCCESS: Final = frozenset({"success", "ok", "succeeded", "successful"})
_CODES: Final = frozenset({"status", "status_code", "statuscode", "http_status", "httpstatus", "http_code", "code"})
_WHY: Final = frozenset(
    {"message", "msg", "detail", "details", "reason", "description", "error_description", "title", "body"}
)
_NOTHING: Final[tuple[object, ...]] = (None, False, 0, "", "0", "none", "null", "no error", "no_error", "ok", [], {})
_QUIET_STATES: Final = frozenset({"not_found", "notfound", "no_results", "no results"})
"""Reported as a result: the tool did its work."""


def failed(raw: bytes) -> bool:
    """Whether a result says that the tool failed."""
    is_json = raw.lstrip()[:1] in (b"{", b"[", b'"') and len(raw) <= LONGEST_JSON
    if not _suspicious(raw if is_json else raw[:LONGEST_WORDS]):
        return False
    if is_json:
        with contextlib.suppress(msgspec.MsgspecError, RecursionError):
            return _failed(msgspec.json.decode(raw), 3)
    return _in_words(raw[: 4 * LONGEST_WORDS].decode("utf-8", "replace"))


LONGEST_VALUE: Final = 120
"""Characters of a value of a record; pages and passages are longer."""


def is_record(values: str) -> bool:
    """Whether the values of a result, one a line, are those of a record and no text to read."""
    return bool(values) and all(len(line) <= LONGEST_VALUE for line in values.split("\n"))


def returns_record(text: str) -> bool:
    """Whether a result is a record with something in it."""
    value = _opened(text)
    if not isinstance(value, dict | list):
        return False
    values: list[str] = []
    stack: list[Any] = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict | list):
            stack.extend(one.values() if isinstance(one, dict) else one)
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            values.append(str(one))
    return len(values) > 1 and is_record("\n".join(values)) and not _failed(value, 3)


def _in_words(text: str) -> bool:
    found = _BEGINS.match(text)
    if found is None:
        return False
    # An article or a table may begin with such a word; an error is short, or says nothing else at its beginning.
    begin = found[0].lower().lstrip("[<('\"*# \n")
    return len(text) <= LONGEST_WORDS or begin.startswith(("error:", "exception", "traceback"))


def _failed(value: Any, depth: int) -> bool:
    """Whether JSON as tools, MCP servers and frameworks write it says that the tool failed."""
    if isinstance(value, list):
        # MCP's list of content, or what a framework puts around one result.
        return len(value) == 1 and depth > 0 and _failed(value[0], depth - 1)
    if isinstance(value, str):
        return _in_words(value)
    if not isinstance(value, dict):
        return False
    low = {key.lower(): item for key, item in value.items() if isinstance(key, str)}
    why = any(isinstance(low.get(key), str | dict) and low[key] for key in _WHY)
    for key in _FAILURE_KEYS & low.keys():
        item = low[key]
        state = item.lower() if isinstance(item, str) else item
        if state not in _NOTHING and not (isinstance(state, str) and state in _QUIET_STATES):
            return True
    if any(low[key] is True for key in _FLAGS & low.keys()):
        return True
    few = len(low) <= 4
    stated = any(isinstance(low[key], str) and low[key].lower() in _FAILED_STATES for key in _STATE_KEYS & low.keys())
    # Also a payment or a job may have failed, which the tool then reports as data: those have an id and more.
    if stated and (why or (few and not any(key.endswith("id") for key in low))):
        return True
    if few and any(isinstance(low.get(key), str) and _in_words(low[key]) for key in _WHY):
        return True
    if why and few:
        # `{"ok": false, "reason": "slot taken"}`: the tool did its work, and what it was asked for cannot be had.
        declined = isinstance(low.get("reason"), str) and not any(low.get(key) for key in _WHY - {"reason"})
        if any(low[key] is False for key in _SUCCESS & low.keys()) and not declined:
            return True
        if any(_is_failing(low[key]) for key in _CODES & low.keys()):
            return True
    if (
        low.keys() <= {"type", "text", "content", "output", "response", "result", "role", "tool_call_id", "name"}
        and depth
    ):
        inner = low.get("text", low.get("content", low.get("output", low.get("response", low.get("result")))))
        return _failed(_opened(inner), depth - 1)
    return False


def _is_failing(code: Any) -> bool:
    number = int(code) if isinstance(code, str) and code.isdigit() else code
    return isinstance(number, int) and number >= 400 and number != 404 and number < 600


def _opened(item: Any) -> Any:
    if isinstance(item, str) and item.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(msgspec.MsgspecError, RecursionError):
            return msgspec.json.decode(item.encode("utf-8", "replace"))
    return item
