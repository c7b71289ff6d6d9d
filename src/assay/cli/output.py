"""What commands print: tables, JSON and times. Rich on a terminal, plain text when piped."""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay.errors import ConfigError
from assay.spans.clock import LATEST_NS

PIPED_WIDTH = 160
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
BEGIN, END = (datetime.fromtimestamp(one // 1_000_000_000, UTC) for one in (0, LATEST_NS))
"""Where the engine's times begin, and before when every span starts."""


def console() -> Console:
    """Standard output; without a terminal it is wide and has no styles."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(_finite(value), default=_plain, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Rows under the names of their columns; numbers stand to the right."""
    names = list(columns or (rows[0] if rows else ()))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for name in names:
        numeric = any(isinstance(row[name], int | float | Decimal) for row in rows)
        table.add_column(Text(name), justify="right" if numeric else "left", no_wrap=True, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row[name])) for name in names))
    out = console()
    out.print(table, soft_wrap=False) if sys.stdout.isatty() else Console(
        width=_wide(rows, names), highlight=False, file=sys.stdout
    ).print(table)


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "")
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    return str(value)


def seconds_of(text: str) -> int:
    """`15m`, `24h`, `7d` or `90s` as seconds."""
    match = re.fullmatch(r"(\d+)\s*([smhdw])", text.strip())
    if not match or int(match[1]) == 0:
        raise ConfigError(f"'{text}' is no span of time. Write it like 15m, 24h or 7d.")
    return int(match[1]) * UNITS[match[2]]


def since(text: str, now_ns: int) -> datetime:
    """The moment that `text` (`24h`, or an ISO time) names, in UTC."""
    if re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as cause:
            raise ConfigError(f"'{text}' is no time. Write it like 24h or 2026-11-21T09:30:00.") from cause
        if not BEGIN <= moment < END:
            raise ConfigError(f"'{text}' is not between {BEGIN.year} and {END.year}.")
        return moment
    return datetime.fromtimestamp(max(now_ns // 1_000_000_000 - seconds_of(text), 0), UTC)


def _wide(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> int:
    """Cells that the widest row needs, so that nothing is folded in a file or a pipe."""
    widths = [max(len(name), *(len(shown(row[name])) for row in rows)) if rows else len(name) for name in names]
    return sum(widths) + 2 * len(widths) + 2


def _finite(value: Any) -> Any:
    """NaN and infinity have no JSON: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # the store's times are UTC, and the client leaves the zone out
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID) else repr(value)
