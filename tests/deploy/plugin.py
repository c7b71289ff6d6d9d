"""Expands a panel's SQL as Grafana and its ClickHouse data source do before the statement leaves for ClickHouse.

Three steps in the plugin's order, https://github.com/grafana/clickhouse-datasource (4.x):

1. `$__conditionalAll(condition, $variable)`, in the browser: `applyConditionalAll` in src/data/CHDatasource.ts.
2. Template variables, in the browser: https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
3. Time macros, in the plugin's backend: pkg/macros/macros.go. Alert rules see only this step.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ALL = "$__all"
"""What a variable holds while All is chosen."""

Value = str | Sequence[str]


class BadMacro(Exception):
    """The plugin would refuse the statement, or send a macro to ClickHouse as it stands."""


@dataclass(frozen=True, slots=True)
class Range:
    """What the time picker says, and the interval that Grafana made of it."""

    start: datetime
    end: datetime
    interval_seconds: float = 60.0

    @property
    def start_ms(self) -> int:
        return round(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        return round(self.end.timestamp() * 1000)


def expand(sql: str, window: Range, variables: Mapping[str, Value] | None = None) -> str:
    """The statement as ClickHouse gets it. Raises `BadMacro`."""
    chosen = variables or {}
    return backend(interpolate(conditional_all(sql, chosen), chosen), window)


def conditional_all(sql: str, variables: Mapping[str, Value]) -> str:
    """`1=1` where the variable is empty or All, else the condition. The last one first, so that inner ones go before outer ones."""
    macro = "$__conditionalAll("
    at = sql.rfind(macro)
    while at != -1:
        arguments = _arguments(sql, at + len(macro) - 1)
        if len(arguments) != 2:
            raise BadMacro(f"$__conditionalAll takes a condition and a variable, not {arguments}")
        name = re.search(r"(?<=\$\{)\w+(?=\})|(?<=\$)\w+", arguments[1].strip())
        phrase = arguments[0]
        if name:
            if name[0] not in variables:
                raise BadMacro(f"$__conditionalAll names {name[0]}, which is no variable of the dashboard")
            value = variables[name[0]]
            if (value if isinstance(value, str) else ",".join(value)) in {"", ALL}:
                phrase = "1=1"
        sql = sql.replace(f"{macro}{arguments[0]},{arguments[1]})", phrase, 1)
        at = sql.rfind(macro)
    return sql


def interpolate(sql: str, variables: Mapping[str, Value]) -> str:
    """`${name:singlequote}`, `${name:raw}`, `${name}` and `$name`; Grafana's own `$__...` stay for the backend.

    Raises `BadMacro` for a name that is no variable: Grafana would send it to ClickHouse as it stands.
    """

    def value(match: re.Match[str]) -> str:
        name, style = match["braced"] or match["bare"], match["style"] or ""
        if name.startswith("__"):
            return match[0]
        if name not in variables:
            raise BadMacro(f"{match[0]}: no such variable")
        chosen = variables[name]
        if style == "singlequote":
            return ",".join(_quoted(one) for one in ([chosen] if isinstance(chosen, str) else chosen))
        if style not in {"", "raw"}:
            raise BadMacro(f"{match[0]}: format {style} is not used here")
        # The plugin joins lists with quotes; a single value goes in as it is.
        return chosen if isinstance(chosen, str) else "'" + "','".join(chosen) + "'"

    return re.sub(r"\$\{(?P<braced>\w+)(?::(?P<style>\w+))?\}|\$(?P<bare>\w+)", value, sql)


def _quoted(one: str) -> str:
    return "'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'"


def backend(sql: str, window: Range) -> str:
    """Expand the time macros. Raises `BadMacro` for one that the plugin does not have, or a wrong number of arguments."""
    while match := re.search(r"\$__(\w+)", sql):
        name = match[1]
        if name not in MACROS:
            raise BadMacro(f"$__{name} is no macro of the plugin's backend")
        arity, make = MACROS[name]
        end, arguments = match.end(), []
        if sql[end : end + 1] == "(":
            arguments = [one.strip() for one in _arguments(sql, end)]
            end += len(_between(sql, end))
            arguments = [] if arguments == [""] else arguments
        if len(arguments) != arity:
            raise BadMacro(f"$__{name} takes {arity} arguments, not {arguments}")
        sql = sql[: match.start()] + make(window, *arguments) + sql[end:]
    return sql


def _seconds(at_ms: int) -> str:
    return f"toDateTime({at_ms // 1000})"


def _milliseconds(at_ms: int) -> str:
    return f"fromUnixTimestamp64Milli({at_ms})"


def _date(at: datetime) -> str:
    return f"toDate('{at.astimezone(UTC):%Y-%m-%d}')"


def _time_filter(window: Range, column: str) -> str:
    return f"{column} >= {_seconds(window.start_ms)} AND {column} <= {_seconds(window.end_ms)}"


def _time_filter_ms(window: Range, column: str) -> str:
    return f"{column} >= {_milliseconds(window.start_ms)} AND {column} <= {_milliseconds(window.end_ms)}"


def _date_filter(window: Range, column: str) -> str:
    return f"{column} >= {_date(window.start)} AND {column} <= {_date(window.end)}"


def _date_time_filter(window: Range, date: str, time: str) -> str:
    return f"({_date_filter(window, date)}) AND ({_time_filter(window, time)})"


def _interval(window: Range) -> int:
    return int(max(window.interval_seconds, 1))


MACROS: dict[str, tuple[int, Callable[..., str]]] = {
    "fromTime": (0, lambda window: _seconds(window.start_ms)),
    "toTime": (0, lambda window: _seconds(window.end_ms)),
    "fromTime_ms": (0, lambda window: _milliseconds(window.start_ms)),
    "toTime_ms": (0, lambda window: _milliseconds(window.end_ms)),
    "timeFilter": (1, _time_filter),
    "timeFilter_ms": (1, _time_filter_ms),
    "dateFilter": (1, _date_filter),
    "dateTimeFilter": (2, _date_time_filter),
    "dt": (2, _date_time_filter),
    "timeInterval": (
        1,
        lambda window, column: f"toStartOfInterval(toDateTime({column}), INTERVAL {_interval(window)} second)",
    ),
    "timeInterval_ms": (
        1,
        lambda window, column: (
            f"toStartOfInterval(toDateTime64({column}, 3), "
            f"INTERVAL {int(max(window.interval_seconds * 1000, 1))} millisecond)"
        ),
    ),
    "interval_s": (0, lambda window: str(_interval(window))),
}
"""Macro to its number of arguments and what it becomes."""


def _between(sql: str, start: int) -> str:
    """From the parenthesis at `start` to the one that closes it. The plugin does not know quotes here either."""
    depth = 0
    for at in range(start, len(sql)):
        depth += (sql[at] == "(") - (sql[at] == ")")
        if depth == 0:
            return sql[start : at + 1]
    raise BadMacro(f"no parenthesis closes {sql[start : start + 40]!r}")


def _arguments(sql: str, start: int) -> list[str]:
    """What stands between the parentheses, cut at the commas of the outermost level."""
    found, depth, begin = [], 0, 1
    inside = _between(sql, start)
    for at, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 1:
            found.append(inside[begin:at])
            begin = at + 1
    return [*found, inside[begin:-1]]
