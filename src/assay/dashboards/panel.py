"""What a dashboard is made of. A panel names a statement of `sql/`, says what a bad shape looks like, and what to do then."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Shape = Literal["timeseries", "stat", "table", "bars", "traces"]
"""`bars` are horizontal bars, one a row; `traces` is Grafana's trace view."""

Colour = Literal["green", "yellow", "orange", "red", "blue", "text"]

GRID_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Step:
    """From `value` on, in `colour`."""

    value: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click leads. `url` is a path in Grafana with its variables; `column` is the column that is clicked, or empty for any."""

    title: str
    url: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Prom:
    """A query of Assay's own metrics: PromQL and the legend of its series."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `source` is the path of a statement in `sql/` without its ending, or PromQL."""

    title: str
    source: str | tuple[Prom, ...]
    shape: Shape
    shows: str
    bad: str
    act: str
    unit: str = "short"
    width: int = 12
    height: int = 8
    legend: str = ""
    """Label column that names the series of a time series with one value column."""
    units: tuple[tuple[str, str], ...] = ()
    """Units by column, where they differ from `unit`."""
    steps: tuple[Step, ...] = ()
    """Thresholds; below the first step all is well."""
    coloured: tuple[str, ...] = ()
    """Columns of a table that the thresholds colour."""
    links: tuple[Link, ...] = ()
    ignores: tuple[str, ...] = ()
    """Filters of the dashboard that this panel does not honour; its description says so."""
    stacked: bool = False
    meanings: tuple[tuple[str, Literal["definition", "fix"]], ...] = ()
    """Columns that hold labels and show what the taxonomy says of them."""

    @property
    def description(self) -> str:
        """What it shows, what is bad, what to do."""
        text = f"{self.shows}\n\n**Bad:** {self.bad}\n\n**Then:** {self.act}"
        return f"{text}\n\nNot narrowed by: {', '.join(self.ignores)}." if self.ignores else text


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A template variable. Where `source` is empty it is a text box."""

    name: str
    label: str
    source: str = ""
    """Statement in `sql/` that lists its values."""
    multi: bool = True
    """Several values or All; else exactly one."""
    default: str = ""
    """Value before somebody chooses, of a variable that takes one."""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page. Every panel honours every variable but those that it says it ignores."""

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    since: str = "now-24h"
    prometheus: bool = False
    """Has panels over Assay's own metrics."""

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of `sql/`: its text for the data source, and the columns that its head promises."""

    name: str
    text: str
    columns: tuple[str, ...]


@cache
def statement(name: str) -> Statement:
    """Read `sql/<name>.sql`: without its head, and with each line `@where <name>` replaced by `sql/where/<name>.sql`."""
    folder = resources.files("assay.dashboards") / "sql"
    lines = (folder / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    head = " ".join(line[2:].strip() for line in lines if line.startswith("--"))
    promised = re.search(r"returns: ([\w, ]+)$", head)
    if promised is None:
        raise ValueError(f"sql/{name}.sql: its head must end in `returns:` and the columns")
    body = []
    for line in lines:
        shared = re.fullmatch(r"(\s*)@where (\w+)", line)
        if shared:
            body += [shared[1] + one for one in _shared(shared[2])]
        elif not line.startswith("--"):
            body.append(line)
    return Statement(name, "\n".join(body).strip().removesuffix(";"), tuple(promised[1].replace(" ", "").split(",")))


def _shared(name: str) -> list[str]:
    text = (resources.files("assay.dashboards") / "sql" / "where" / f"{name}.sql").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("--")]
