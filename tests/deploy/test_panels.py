"""Every panel, variable and alert does what it says, asked through the door as a reader, on traffic with something to find."""

import math
import re
from collections.abc import Iterator

import pytest

from assay.dashboards.alerts import ALERTS, Alert, Prometheus
from assay.dashboards.boards import DASHBOARDS
from assay.dashboards.boards.links import AGENTS
from assay.dashboards.panel import Dashboard, Panel, Variable, statement
from assay.store.migrate import scripts
from assay.telemetry.names import METRICS
from tests.deploy.conftest import House, Rows, read
from tests.deploy.plugin import Range, Value, backend, expand

PANELS = [
    pytest.param(board, panel, id=f"{board.uid}-{panel.title}")
    for board in DASHBOARDS
    for panel in board.panels
    if isinstance(panel.source, str)
]
VARIABLES = {one.name: one for board in DASHBOARDS for one in board.variables if one.source}
SQL_ALERTS = [alert for alert in ALERTS if isinstance(alert.source, str)]
SOURCES = sorted(
    {str(param.values[1].source) for param in PANELS}  # type: ignore[attr-defined]
    | {one.source for one in VARIABLES.values()}
    | {str(alert.source) for alert in SQL_ALERTS}
)
NUMBER = re.compile(r"(Nullable\()?(U?Int|Float|Decimal)\d*.*")
TEXT = re.compile(r"(Nullable\(|LowCardinality\()*(String|FixedString.*)\)*")
WHEN = re.compile(r"DateTime.*")


def ask(house: House, source: str, window: Range, chosen: dict[str, Value]) -> Rows:
    """The rows of a statement, its macros expanded."""
    return read(house, expand(statement(source).text, window, chosen))


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_returns_its_columns_and_rows(
    board: Dashboard, panel: Panel, house: House, window: Range, chosen: dict[str, Value]
) -> None:
    own = {one.name: chosen[one.name] for one in board.variables}
    got = ask(house, str(panel.source), window, own)
    assert tuple(got.types) == statement(str(panel.source)).columns
    assert got.rows, "no rows"
    assert not _empty(got), "rows without a number"


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_has_the_types_that_its_shape_needs(
    board: Dashboard, panel: Panel, house: House, window: Range, chosen: dict[str, Value]
) -> None:
    types, rows = ask(house, str(panel.source), window, chosen)
    if panel.shape == "timeseries":
        values = {name: kind for name, kind in types.items() if name not in {"time", panel.legend}}
        assert next(iter(types)) == "time"
        assert WHEN.fullmatch(types["time"])
        assert not panel.legend or TEXT.fullmatch(types[panel.legend])
        assert all(NUMBER.fullmatch(kind) for kind in values.values()), values
        # Grafana turns rows into series only where they come in the order of time.
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)  # type: ignore[type-var]
    elif panel.shape == "stat":
        assert all(NUMBER.fullmatch(kind) for kind in types.values()), types
    elif panel.shape == "bars":
        assert [bool(NUMBER.fullmatch(kind)) for kind in types.values()] == [False, True], types


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_honours_every_variable_but_those_it_says_it_ignores(
    board: Dashboard, panel: Panel, house: House, window: Range, chosen: dict[str, Value]
) -> None:
    assert set(panel.ignores) <= {one.name for one in board.variables}
    for variable in board.variables:
        nothing: Value = ["no such value"] if variable.multi else "no such value"
        got = ask(house, str(panel.source), window, {**chosen, variable.name: nothing})
        if variable.name in panel.ignores:
            assert not _empty(got), f"{variable.name} is honoured"
        else:
            assert _empty(got), f"{variable.name} is not honoured"


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_runs_with_concrete_choices(
    board: Dashboard, panel: Panel, house: House, window: Range, chosen: dict[str, Value]
) -> None:
    concrete: dict[str, Value] = {**chosen, "cohort_key": "tenant"}
    for name, variable in VARIABLES.items():
        # Of the demo's services only one has routes, and it has no tools.
        if variable.multi and not (name == "route" and board.uid == AGENTS):
            concrete[name] = [str(row[0]) for row in ask(house, variable.source, window, concrete).rows]
            assert concrete[name], f"nothing to choose for {name}"
    got = ask(house, str(panel.source), window, concrete)
    assert tuple(got.types) == statement(str(panel.source)).columns
    assert got.rows


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=list(VARIABLES))
def test_a_variable_lists_values(variable: Variable, house: House, window: Range, chosen: dict[str, Value]) -> None:
    got = ask(house, variable.source, window, {**chosen, "cohort_key": "tenant"})
    assert tuple(got.types) == statement(variable.source).columns == (variable.name,)
    assert got.rows
    assert variable.default in {"", *(row[0] for row in got.rows)}


@pytest.mark.parametrize("alert", SQL_ALERTS, ids=lambda alert: alert.uid)
def test_an_alert_returns_words_and_one_number(alert: Alert, house: House, window: Range) -> None:
    got = read(house, backend(statement(str(alert.source)).text, window))
    assert tuple(got.types) == statement(str(alert.source)).columns
    assert got.rows
    *names, value = got.types
    assert value == "value"
    assert NUMBER.fullmatch(got.types["value"])
    assert all(TEXT.fullmatch(got.types[name]) for name in names)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.uid)
def test_an_alert_points_at_a_panel_and_names_only_labels_that_it_has(alert: Alert) -> None:
    board = next(one for one in DASHBOARDS if one.uid == alert.dashboard)
    assert alert.panel in {one.title for one in board.panels}
    named = set(re.findall(r"\$labels\.(\w+)", alert.summary))
    if isinstance(alert.source, str):
        assert named <= set(statement(alert.source).columns)
    else:
        assert named <= {one for by in re.findall(r"by \((.*?)\)", alert.source.expression) for one in by.split(", ")}


@pytest.mark.parametrize("source", SOURCES)
def test_only_views_are_read(source: str, house: House, window: Range, chosen: dict[str, Value]) -> None:
    text = expand(statement(source).text, window, chosen)
    tree = "\n".join(str(row[0]) for row in read(house, f"EXPLAIN AST {text}").rows)
    named = set(re.findall(r"TableIdentifier (\S+)|TableExpression .*\n\s*Function (\w+)", tree))
    named = {table or view for table, view in named}
    assert named, "nothing is read"
    assert named <= views() | set(re.findall(r"(\w+) AS\s+\(\s*SELECT", text)), named


def views() -> set[str]:
    """Names of the views that the store installs."""
    return {found[1] for script in scripts("views") if (found := re.search(r"VIEW @on_cluster (\w+)", script.text))}


def test_every_statement_is_used() -> None:
    from importlib import resources

    root = resources.files("assay.dashboards") / "sql"
    present = {
        f"{folder.name}/{file.name.removesuffix('.sql')}"
        for folder in root.iterdir()
        if folder.name != "where"
        for file in folder.iterdir()
    }
    assert present == set(SOURCES)


def expressions() -> Iterator[str]:
    """All PromQL of panels and alerts."""
    for board in DASHBOARDS:
        for panel in board.panels:
            if not isinstance(panel.source, str):
                yield from (one.expression for one in panel.source)
    yield from (alert.source.expression for alert in ALERTS if isinstance(alert.source, Prometheus))


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_expressions_name_metrics_and_labels_that_are_published(expression: str) -> None:
    named = set(re.findall(r"assay_\w+", expression))
    assert named
    labels: set[str] = {"instance", "job"}
    for name in named:
        metric = METRICS.get(name.removesuffix("_bucket"))  # type: ignore[call-overload]
        assert metric is not None, name
        assert (metric.kind == "histogram") == name.endswith("_bucket")
        rated = re.search(rf"rate\({name}(\{{.*?\}})?\[", expression) is not None
        assert (metric.kind == "counter") == (rated and not name.endswith("_bucket"))
        labels |= set(metric.labels) | ({"le"} if metric.kind == "histogram" else set())
    for group in re.findall(r"by \((.*?)\)", expression):
        assert set(group.split(", ")) <= labels
    assert set(re.findall(r"[{,](\w+)[!=]~?\"", expression)) <= labels


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_panels_say_what_is_bad_and_what_to_do(board: Dashboard) -> None:
    titles = [panel.title for panel in board.panels]
    assert len(titles) == len(set(titles)), "alerts find panels by title"
    for panel in board.panels:
        assert min(len(panel.shows), len(panel.bad), len(panel.act)) > 10, panel.title
        assert panel.width <= 24
        if isinstance(panel.source, str):
            named = {*panel.coloured, *dict(panel.units), *(link.column for link in panel.links if link.column)}
            assert named <= set(statement(panel.source).columns), panel.title
        for link in panel.links:
            assert re.match(r"/d/([\w-]+)\?", link.url)[1] in {one.uid for one in DASHBOARDS}  # type: ignore[index]


def _empty(got: Rows) -> bool:
    """No row, or one without anything in it: what a total over nothing looks like."""
    return all(value in (None, 0, "0", "", []) or _nan(value) for row in got.rows for value in row)


def _nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
