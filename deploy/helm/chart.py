"""Writes what the chart takes from elsewhere: `python deploy/helm/chart.py`, or `--check` to compare.

In: `values.py`, `assay.config.model`, `collector-config.yaml`, `assay.dashboards`. Out, below `deploy/helm`: `values.yaml`,
`values.schema.json`, the defaults of the settings, the exporter block that NOTES prints, values for the official Collector chart, the
dashboards, and the alert rules over our own metrics. Nothing of it is written by hand.
"""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from assay.config.model import Config
from assay.dashboards import generate as dashboards
from assay.dashboards.alerts import ALERTS, Alert, Prometheus

sys.path.insert(0, str(Path(__file__).parent))

from values import Values

HERE = Path(__file__).resolve().parent
COLLECTOR = HERE.parents[1] / "collector-config.yaml"
GENERATED = ("assay/values*", "assay/files/*.yaml", "assay/dashboards/*", "examples/collector-chart.yaml")
MADE = "# Made by `python deploy/helm/chart.py`; do not edit.\n"
ENDPOINT = "${env:ASSAY_ENDPOINT:-127.0.0.1:4327}"
"""How collector-config.yaml names Assay; the chart puts the Service's address there."""


def files() -> dict[str, str]:
    """Path below `deploy/helm` to the text of every generated file."""
    made = {
        "assay/values.yaml": MADE + "".join(_values(Values(), 0)),
        "assay/values.schema.json": json.dumps(schema(), indent=1) + "\n",
        "assay/files/config-defaults.yaml": MADE + _yaml(Config().model_dump(mode="json")),
        "assay/files/exporter.yaml": exporter_block(),
        "assay/files/rules.yaml": MADE
        + _yaml([_rule(one, one.source.expression) for one in ALERTS if isinstance(one.source, Prometheus)]),
        "examples/collector-chart.yaml": collector_chart(),
    }
    return made | {f"assay/{path}": text for path, text in dashboards.files().items() if path.startswith("dashboards/")}


def problems() -> list[str]:
    """One line for each file that differs from what would be written."""
    made = files()
    found = [f"{path} is out of date" for path, text in made.items() if _read(HERE / path) != text]
    present = {str(file.relative_to(HERE)) for pattern in GENERATED for file in HERE.glob(pattern)}
    return found + [f"{path} is made by nothing" for path in sorted(present - made.keys())]


def write() -> int:
    """Write every generated file; how many there are."""
    made = files()
    for path, text in made.items():
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_text(text, encoding="utf-8")
    return len(made)


def schema() -> dict[str, Any]:
    """JSON Schema of the values; `config` is the schema of Assay's own settings.

    Draft 7, which every Helm since 3.0 reads: https://helm.sh/docs/topics/charts/#schema-files
    """
    template = "#/definitions/{model}"
    chart = Values.model_json_schema(by_alias=True, ref_template=template)
    settings = Config.model_json_schema(ref_template="#/definitions/Settings{model}")
    definitions = chart.pop("$defs")
    definitions |= {f"Settings{name}": one for name, one in settings.pop("$defs").items()}
    chart["properties"]["config"] = settings | {"description": chart["properties"]["config"]["description"]}
    # Helm merges what sub-charts share into every chart's values.
    chart["properties"]["global"] = {"type": "object"}
    named = {"properties": {"name": {"minLength": 1}}}
    chart["allOf"] = [
        {
            "if": {"properties": {"mode": {"const": "server"}}, "required": ["mode"]},
            "then": {"properties": {"clickhouse": {"properties": {"dsnSecret": named}}}},
        }
    ]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **chart, "definitions": definitions}


def exporter_block() -> str:
    """The marked blocks of collector-config.yaml, as they are."""
    text = COLLECTOR.read_text(encoding="utf-8")
    extension, exporter, _ = re.findall(
        r"^  (?:  )?# assay ▼.*?\n(.*?)^  (?:  )?# assay ▲", text, re.DOTALL | re.MULTILINE
    )
    return f"extensions:\n{extension}\nexporters:\n{exporter}"


def collector_chart() -> str:
    """Values of the official Collector chart that add the exporter and keep what it has not delivered."""
    config = yaml.safe_load(COLLECTOR.read_text(encoding="utf-8"))
    folder = "/var/lib/otelcol/assay-queue"
    storage = config["extensions"]["file_storage/assay"]
    storage["directory"] = storage["compaction"]["directory"] = folder
    exporter = config["exporters"]["otlp/assay"] | {"endpoint": "assay.assay.svc:4317"}
    lists = {name: {"exporters": ["debug", "otlp/assay"]} for name in ("traces", "logs")}
    head = (
        "# For https://github.com/open-telemetry/opentelemetry-helm-charts/tree/main/charts/opentelemetry-collector:\n"
        "#     helm upgrade collector open-telemetry/opentelemetry-collector --reuse-values -f collector-chart.yaml\n"
        "# Lists of a values file replace lists: name the exporters that you have beside otlp/assay. Change the endpoint to\n"
        "# <service>.<namespace>.svc:4317. Pods come and go: a StatefulSet keeps each one's queue.\n"
    )
    values = {
        "mode": "statefulset",
        "image": {"repository": "otel/opentelemetry-collector-k8s"},
        "config": {
            "extensions": {"file_storage/assay": storage},
            "exporters": {"otlp/assay": exporter},
            "service": {"extensions": ["health_check", "file_storage/assay"], "pipelines": lists},
        },
        "statefulset": {
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "assay-queue"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
                }
            ]
        },
        "extraVolumeMounts": [{"name": "assay-queue", "mountPath": folder}],
        "podSecurityContext": {"fsGroup": 10001},
    }
    return MADE + head + _yaml(values)


def _rule(alert: Alert, expression: str) -> dict[str, Any]:
    condition = f"{expression} {'<' if alert.below else '>'} {alert.threshold}"
    return {
        "alert": "".join(word.capitalize() for word in alert.uid.split("-")),
        "expr": f"({condition}) or absent({expression})" if alert.silence_is_bad else condition,
        "for": f"{alert.minutes}m",
        "labels": {"severity": alert.severity, "source": "assay"},
        # Grafana's name for the value of query A is Prometheus' $value.
        "annotations": {"summary": alert.summary.replace("$values.A.Value", "$value"), "description": alert.act},
    }


def _values(section: BaseModel, depth: int) -> Iterator[str]:
    """`values.yaml` of a section: each value below its comment."""
    indent = "  " * depth
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if depth == 0:
            yield "\n"
        for line in textwrap.wrap(field.description or "", 118 - len(indent)):
            yield f"{indent}# {line}\n"
        key = field.alias or name
        if isinstance(value, BaseModel) and type(value).model_fields:
            yield f"{indent}{key}:\n"
            yield from _values(value, depth + 1)
        else:
            text = _yaml({key: value})
            yield textwrap.indent(text, indent)


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=10_000, allow_unicode=True)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def main() -> int:
    """Write or compare; the exit code."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    if arguments.parse_args().check:
        wrong = problems()
        sys.stderr.write("".join(f"deploy/helm/{line}: run `python deploy/helm/chart.py`.\n" for line in wrong))
        return int(bool(wrong))
    sys.stdout.write(f"wrote {write()} files below deploy/helm\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
