"""The files that Grafana reads at its start: https://grafana.com/docs/grafana/latest/administration/provisioning/

Grafana puts environment variables in place of `$NAME` in data sources, contact points and labels; not in the model of a query, and
in annotations only for `${NAME}` (pkg/services/provisioning/alerting/rules_types.go). So macros stay as they are.
"""

from typing import Any

import yaml

from assay.dashboards.alerts import ALERTS, TRACES_URL, Alert, Group, Prometheus
from assay.dashboards.boards import DASHBOARDS
from assay.dashboards.grafana import CLICKHOUSE, PROMETHEUS, TABLE, panel_ids
from assay.dashboards.panel import statement

CLICKHOUSE_UID, PROMETHEUS_UID = "assay-clickhouse", "assay-prometheus"
FOLDER = "Assay"
DASHBOARDS_PATH = "/var/lib/grafana/dashboards/assay"
EVALUATED_EVERY: dict[Group, str] = {"Assay: traffic": "5m", "Assay: itself": "1m"}
WINDOW_SECONDS = 3_600

_ALERTS_BY_GROUP: dict[Group, tuple[Alert, ...]] = {
    group: tuple(one for one in ALERTS if one.group == group) for group in EVALUATED_EVERY
}

_DATA_SOURCES = """\
Where Grafana reads. Environment of Grafana: ASSAY_CLICKHOUSE_HOST (the host of the door, or of a ClickHouse server), and for a server
ASSAY_CLICKHOUSE_USER and ASSAY_CLICKHOUSE_PASSWORD of a user that may only read the views; a reader at the door needs neither.
ASSAY_PROMETHEUS_URL is needed by the panels over Assay's own metrics only. Ports and TLS: change them here."""

_PROVIDER = f"""\
Loads the dashboards of `deploy/grafana/dashboards`, mounted at {DASHBOARDS_PATH}."""

_RULES = """\
Alert rules. Routing is yours: contact-points.yaml.example beside this file shows how their labels are used."""


def files() -> dict[str, str]:
    """Path below `deploy/grafana/provisioning` to the text of each generated file."""
    return {
        "datasources/assay.yaml": _document(_DATA_SOURCES, _data_sources()),
        "dashboards/assay.yaml": _document(_PROVIDER, _provider()),
        "alerting/assay-rules.yaml": _document(
            _RULES, {"apiVersion": 1, "groups": [_group(group) for group in _ALERTS_BY_GROUP]}
        ),
    }


def _data_sources() -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Assay",
                "uid": CLICKHOUSE_UID,
                "type": CLICKHOUSE,
                "jsonData": {
                    "host": "$ASSAY_CLICKHOUSE_HOST",
                    "port": 8123,
                    "protocol": "http",
                    "secure": False,
                    "username": "$ASSAY_CLICKHOUSE_USER",
                    "defaultDatabase": "assay",
                    "dialTimeout": "5",
                    "queryTimeout": "30",
                },
                "secureJsonData": {"password": "$ASSAY_CLICKHOUSE_PASSWORD"},
            },
            {
                "name": "Assay metrics",
                "uid": PROMETHEUS_UID,
                "type": PROMETHEUS,
                "access": "proxy",
                "url": "$ASSAY_PROMETHEUS_URL",
            },
        ],
    }


def _provider() -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "assay",
                "folder": FOLDER,
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "options": {"path": DASHBOARDS_PATH},
            }
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "orgId": 1,
        "name": group,
        "folder": FOLDER,
        "interval": EVALUATED_EVERY[group],
        "rules": [_rule(alert) for alert in _ALERTS_BY_GROUP[group]],
    }


def _rule(alert: Alert) -> dict[str, Any]:
    board = next(one for one in DASHBOARDS if one.uid == alert.dashboard)
    annotations = {"summary": alert.summary, "description": alert.act}
    if isinstance(alert.source, str) and "service" in statement(alert.source).columns:
        annotations["traces"] = TRACES_URL
    return {
        "uid": alert.uid,
        "title": alert.title,
        "condition": "C",
        "data": [_query(alert), _threshold(alert)],
        "for": f"{alert.minutes}m",
        "noDataState": "Alerting" if alert.silence_is_bad else "OK",
        "execErrState": "Error",
        "dashboardUid": alert.dashboard,
        "panelId": panel_ids(board)[alert.panel],
        "annotations": annotations,
        "labels": {"severity": alert.severity, "source": "assay"},
    }


def _query(alert: Alert) -> dict[str, Any]:
    number, word = TABLE
    model: dict[str, Any] = (
        {"refId": "A", "expr": alert.source.expression, "instant": True, "range": False, "editorMode": "code"}
        if isinstance(alert.source, Prometheus)
        else {
            "refId": "A",
            "editorType": "sql",
            "queryType": word,
            "format": number,
            "rawSql": statement(alert.source).text,
        }
    )
    return {
        "refId": "A",
        "relativeTimeRange": {"from": WINDOW_SECONDS, "to": 0},
        "datasourceUid": PROMETHEUS_UID if isinstance(alert.source, Prometheus) else CLICKHOUSE_UID,
        "model": model,
    }


def _threshold(alert: Alert) -> dict[str, Any]:
    evaluator = {"type": "lt" if alert.below else "gt", "params": [alert.threshold]}
    return {
        "refId": "C",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {"refId": "C", "type": "threshold", "expression": "A", "conditions": [{"evaluator": evaluator}]},
    }


def _document(says: str, value: dict[str, Any]) -> str:
    head = "\n".join(f"# {line}" for line in [*says.splitlines(), "Made by `python -m assay.dashboards.generate`."])
    return f"{head}\n{yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1_000, allow_unicode=True)}"


class _Dumper(yaml.SafeDumper):
    """Statements as blocks, so that a person can read them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Values that occur twice are written twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
