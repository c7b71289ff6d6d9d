"""Log lines: one event a line on stderr, as key=value or JSON, never with a secret in it."""

import json
import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

SELDOM_SECONDS = 30.0
_REMEMBERED_LINES = 1_000

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), r"\1 ***"),
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), r"\1:***@"),
    (re.compile(r"(?i)(password|token|api[_-]?key|secret)([\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+"), r"\1\2***"),
)


def setup_logging(level: str = "info", *, log_format: LogFormat = "text") -> None:
    """Send every log line of the process to stderr. `level` is debug, info, warning or error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Text() if log_format == "text" else _Json())
    handler.addFilter(seldom())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def seldom() -> Callable[[logging.LogRecord], bool]:
    """A filter for warnings that come again and again, as while a server is down: the same one passes every 30 s.

    The same: all that it says but numbers. It then says how often it was `repeated` meanwhile.
    """
    last: dict[tuple[str, ...], tuple[float, int]] = {}

    def passes(record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        said = (
            str(value) for key, value in vars(record).items() if key not in _OWN and not isinstance(value, int | float)
        )
        key = record.name, record.getMessage(), *said, repr(record.exc_info and record.exc_info[1])
        at, held = last.get(key, (-SELDOM_SECONDS, 0))
        if 0 <= record.created - at < SELDOM_SECONDS:
            last[key] = at, held + 1
            return False
        if len(last) >= _REMEMBERED_LINES:
            last.clear()
        last[key] = record.created, 0
        if held:
            vars(record)["repeated"] = held
        return True

    return passes


def masked(text: str) -> str:
    """`text` without the bearer tokens, passwords in addresses and named secrets that may have slipped into it."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says, in order: time, level, logger, event, then the `extra` of the call."""
    at = datetime.fromtimestamp(record.created, UTC)
    fields: dict[str, Any] = {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    fields |= {key: value for key, value in vars(record).items() if key not in _OWN}
    if record.exc_info:
        fields["exception"] = logging.Formatter().formatException(record.exc_info)
    return {key: masked(value) if isinstance(value, str) else value for key, value in fields.items()}


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        head = f"{fields.pop('at')} {fields.pop('level'):<7} {fields.pop('event')}"
        exception = fields.pop("exception", "")
        tail = "".join(f" {key}={_plain(value)}" for key, value in fields.items())
        return f"{head}{tail}\n{exception}" if exception else head + tail


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(json.dumps(fields_of(record), ensure_ascii=False, default=str))


def _plain(value: Any) -> str:
    text = masked(str(value))
    return json.dumps(text, ensure_ascii=False) if re.search(r"[\s\"=]", text) or not text else text
