"""A dashboard value as the JSON that Grafana provisions (the classic schema, https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/)."""

from collections.abc import Iterator
from typing import Any

from assay.dashboards.panel import (
    GRID_COLUMNS,
    Dashboard,
    Link,
    Panel,
    Prom,
    Row,
    Shape,
    Statement,
    Variable,
    statement,
)
from assay.taxonomy import kinds

SCHEMA_VERSION = 41
CLICKHOUSE, PROMETHEUS = "grafana-clickhouse-datasource", "prometheus"
TAG = "assay"

FORMATS = {"timeseries": (0, "timeseries"), "traces": (3, "traces")}
"""The plugin's number and word for a frame: src/types/sql.ts and `mapQueryTypeToGrafanaFormat`."""
TABLE = (1, "table")

TYPES: dict[Shape, str] = {"bars": "bargauge"}
"""Grafana's name of a shape, where it is not ours."""

SEVERITY_COLOURS = {"error": "red", "warning": "orange", "info": "text"}

HOURS_CONNECTED_MS = 2 * 3_600_000
"""Points of a line that are farther apart are not connected. Closed hours are one point, see the view rollup."""
SLOT = "5m"
"""Smallest interval of a time series: aggregates of the open hour come in slots of five minutes."""


def dashboard_json(dashboard: Dashboard) -> dict[str, Any]:
    """The file of a dashboard."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "",
        "time": {"from": dashboard.since, "to": "now"},
        "links": [_other_dashboards()],
        "annotations": {"list": []},
        "templating": {"list": list(_variables(dashboard))},
        "panels": list(_panels(dashboard)),
    }


def panel_ids(dashboard: Dashboard) -> dict[str, int]:
    """Panel title to its id, as alerts link to it."""
    return {one["title"]: one["id"] for one in _panels(dashboard) if one["type"] != "row"}


def click_url(uid: str, *values: str) -> str:
    """Path of another dashboard with the workspace, the time range, and `values` such as `var-trace=${__value.raw}`."""
    return "/d/" + uid + "?" + "&".join([*values, "var-workspace=${workspace}", "${__url_time_range}"])


def _other_dashboards() -> dict[str, Any]:
    return {
        "type": "dashboards", "title": "Assay", "icon": "external link", "tooltip": "", "tags": [TAG], "asDropdown": True,
        "includeVars": True, "keepTime": True, "targetBlank": False,
    }  # fmt: skip


def _variables(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    yield _source_variable("datasource", "ClickHouse", CLICKHOUSE)
    if dashboard.prometheus:
        yield _source_variable("prometheus", "Prometheus", PROMETHEUS)
    for variable in dashboard.variables:
        yield _variable(variable)


def _source_variable(name: str, label: str, plugin: str) -> dict[str, Any]:
    return {"type": "datasource", "name": name, "label": label, "query": plugin, "refresh": 1, "options": []}


def _variable(variable: Variable) -> dict[str, Any]:
    common = {"name": variable.name, "label": variable.label, "description": variable.help}
    default = {"text": variable.default, "value": variable.default}
    if not variable.source:
        return {
            **common,
            "type": "textbox",
            "query": variable.default,
            "current": default,
            "options": [{**default, "selected": True}],
        }
    sql = statement(variable.source).text
    return {
        **common,
        "type": "query",
        "datasource": _source(CLICKHOUSE, "datasource"),
        "query": {"refId": variable.name, "editorType": "sql", "rawSql": sql},
        # On every change of the time range: what was sent then is what can be chosen.
        "refresh": 2,
        "sort": 0,
        "multi": variable.multi,
        "includeAll": variable.multi,
        "current": {"text": ["All"], "value": ["$__all"]} if variable.multi else default,
        "options": [],
    }


def _source(plugin: str, variable: str) -> dict[str, str]:
    return {"type": plugin, "uid": f"${{{variable}}}"}


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """Rows and panels from left to right and from top to bottom, numbered from 1."""
    number, top = 0, 0
    for row in dashboard.rows:
        number += 1
        yield {
            "type": "row",
            "id": number,
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": GRID_COLUMNS, "h": 1},
            "panels": [],
        }
        top += 1
        for panel, x, y in _placed(row):
            number += 1
            place = {"x": x, "y": top + y, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place, **_panel(panel)}
        top += _height(row)


def _placed(row: Row) -> Iterator[tuple[Panel, int, int]]:
    x = y = line = 0
    for panel in row.panels:
        if x + panel.width > GRID_COLUMNS:
            x, y, line = 0, y + line, 0
        yield panel, x, y
        x, line = x + panel.width, max(line, panel.height)


def _height(row: Row) -> int:
    return max(y + panel.height for panel, _, y in _placed(row))


def _panel(panel: Panel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": TYPES.get(panel.shape, panel.shape),
        "title": panel.title,
        "description": panel.description,
        "targets": list(_targets(panel)),
        "options": _options(panel),
        "fieldConfig": {"defaults": _defaults(panel), "overrides": list(_overrides(panel))},
    }
    if isinstance(panel.source, str):
        made["datasource"] = _source(CLICKHOUSE, "datasource")
        if panel.shape == "timeseries":
            made["interval"] = SLOT
    else:
        made["datasource"] = _source(PROMETHEUS, "prometheus")
    return made


def _targets(panel: Panel) -> Iterator[dict[str, Any]]:
    if isinstance(panel.source, str):
        number, word = FORMATS.get(panel.shape, TABLE)
        yield {
            "refId": "A", "datasource": _source(CLICKHOUSE, "datasource"), "editorType": "sql", "queryType": word, "format": number,
            "rawSql": statement(panel.source).text,
        }  # fmt: skip
        return
    for letter, one in zip("ABCDEFGH", panel.source, strict=False):
        yield _prometheus(letter, one)


def _prometheus(letter: str, one: Prom) -> dict[str, Any]:
    return {
        "refId": letter, "datasource": _source(PROMETHEUS, "prometheus"), "expr": one.expression, "legendFormat": one.legend,
        "editorMode": "code", "range": True, "instant": False,
    }  # fmt: skip


def _options(panel: Panel) -> dict[str, Any]:
    last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    match panel.shape:
        case "timeseries":
            return {
                "legend": {"displayMode": "table", "placement": "right", "showLegend": True, "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }  # fmt: skip
        case "stat":
            return {
                "reduceOptions": last, "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
                "textMode": "value_and_name" if len(_values(panel)) > 1 else "value",
            }  # fmt: skip
        case "bars":
            return {
                "reduceOptions": {**last, "values": True}, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": False,
                "valueMode": "color", "namePlacement": "left", "minVizHeight": 16, "minVizWidth": 8, "sizing": "auto",
            }  # fmt: skip
        case "table":
            return {"showHeader": True, "cellHeight": "sm"}
        case "traces":
            return {}


def _defaults(panel: Panel) -> dict[str, Any]:
    made: dict[str, Any] = {"unit": panel.unit}
    if panel.steps:
        made["thresholds"] = _thresholds(panel)
        if panel.shape in {"stat", "bars"}:
            made["color"] = {"mode": "thresholds"}
    if panel.shape == "timeseries":
        made["min"] = 0
        made["custom"] = {
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 40 if panel.stacked else 5, "showPoints": "auto",
            "spanNulls": HOURS_CONNECTED_MS, "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
        }  # fmt: skip
        if panel.legend:
            made["displayName"] = f"${{__field.labels.{panel.legend}}}" + (
                " ${__field.name}" if len(_values(panel)) > 1 else ""
            )
    if panel.shape == "table":
        made["custom"] = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": True}
    links = [link for link in panel.links if not link.column]
    if links:
        made["links"] = [_link(link) for link in links]
    return made


def _overrides(panel: Panel) -> Iterator[dict[str, Any]]:
    """By column: its name in words, its unit, its link, its colour."""
    if panel.shape == "traces" or not isinstance(panel.source, str) or panel.legend:
        return
    units = dict(panel.units)
    for column in statement(panel.source).columns:
        if column == "time":
            continue
        properties: list[dict[str, Any]] = [{"id": "displayName", "value": words(column)}]
        unit = units.get(column) or ("ms" if column.endswith("_ms") else "")
        if unit:
            properties.append({"id": "unit", "value": unit})
        mapped = _mappings(panel, column)
        if mapped:
            properties.append({"id": "mappings", "value": mapped})
        links = [_link(link) for link in panel.links if link.column == column]
        if links:
            properties.append({"id": "links", "value": links})
        if column in panel.coloured:
            properties.append({"id": "thresholds", "value": _thresholds(panel)})
            properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
        yield {"matcher": {"id": "byName", "options": column}, "properties": properties}


def _mappings(panel: Panel, column: str) -> list[dict[str, Any]]:
    """What a value shows instead of itself: the taxonomy's words of a label, the colour of a severity."""
    options: dict[str, dict[str, Any]]
    said = dict(panel.meanings).get(column)
    if said:
        words_of = {label: kind.definition if said == "definition" else kind.fix for label, kind in kinds().items()}
        options = {label: {"text": text, "index": at} for at, (label, text) in enumerate(words_of.items())}
    elif column == "severity":
        options = {name: {"color": colour, "index": at} for at, (name, colour) in enumerate(SEVERITY_COLOURS.items())}
    else:
        return []
    return [{"type": "value", "options": options}]


def words(column: str) -> str:
    """A column's name as a heading: `p95_ms` is `p95`, since its unit stands beside each value."""
    return column.removesuffix("_ms").replace("_", " ")


def _values(panel: Panel) -> tuple[str, ...]:
    if not isinstance(panel.source, str):
        return tuple(one.legend for one in panel.source)
    found: Statement = statement(panel.source)
    return tuple(column for column in found.columns if column not in {"time", panel.legend})


def _link(link: Link) -> dict[str, Any]:
    return {"title": link.title, "url": link.url, "targetBlank": False}


def _thresholds(panel: Panel) -> dict[str, Any]:
    steps = [{"color": "green", "value": None}, *({"color": step.colour, "value": step.value} for step in panel.steps)]
    return {"mode": "absolute", "steps": steps}
