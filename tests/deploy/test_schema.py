"""The files are what Grafana reads: dashboards and rules against the types that Grafana publishes of itself, and nothing is out of date.

`grafana-foundation-sdk` is generated from Grafana's own schemas. Reading a file with it and writing it again loses every name that the
schema does not have; what is left is compared value by value with its types, enumerations included.
"""

import enum
import json
import subprocess
import sys
import types
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import alerting, dashboard

from assay.dashboards import generate
from assay.dashboards.boards import DASHBOARDS

register_default_plugins()
MADE = generate.files()
BOARDS = [name for name in MADE if name.endswith(".json")]
RULES = yaml.safe_load(MADE["provisioning/alerting/assay-rules.yaml"])


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_fits_grafanas_schema(name: str) -> None:
    said = json.loads(MADE[name])
    assert wrong(said, dashboard.Dashboard) == []


@pytest.mark.parametrize(
    "rule", [one for group in RULES["groups"] for one in group["rules"]], ids=lambda one: one["uid"]
)
def test_a_rule_fits_grafanas_schema(rule: dict[str, Any]) -> None:
    # Provisioning files have two names that the API, whose schema this is, does not: both stand in rules_types.go.
    named = {key: value for key, value in rule.items() if key not in {"dashboardUid", "panelId"}}
    assert wrong(named, alerting.Rule) == []
    assert {one["refId"] for one in rule["data"]} >= {rule["condition"]}


def test_a_misspelt_name_and_a_wrong_type_are_found() -> None:
    said = json.loads(MADE[BOARDS[0]])
    said["panels"][1]["fieldConfig"]["defaults"]["unitt"] = "ms"
    said["panels"][1]["gridPos"]["w"] = "wide"
    said["templating"]["list"][0]["type"] = "datasauce"
    found = "\n".join(wrong(said, dashboard.Dashboard))
    assert "unitt" in found
    assert "gridPos" in found or "grid_pos" in found
    assert "datasauce" in found


def test_what_is_committed_is_what_is_generated() -> None:
    assert generate.problems() == []


def test_drift_is_named(tmp_path: Path) -> None:
    for path, text in MADE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert generate.problems(tmp_path) == []
    (tmp_path / BOARDS[0]).write_text("{}")
    (tmp_path / "dashboards" / "left-over.json").write_text("{}")
    assert generate.problems(tmp_path) == [
        f"{BOARDS[0]} is out of date",
        "dashboards/left-over.json is made by nothing",
    ]


def test_the_command_checks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assay.dashboards.generate", "--check"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_panels_do_not_overlap(board: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(MADE[f"dashboards/{board.uid}.json"])["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_ids_are_unique() -> None:
    for name in BOARDS:
        ids = [one["id"] for one in json.loads(MADE[name])["panels"]]
        assert len(ids) == len(set(ids))
    uids = [one["uid"] for group in RULES["groups"] for one in group["rules"]]
    assert len(uids) == len(set(uids))


def test_rules_keep_their_macros_and_templates() -> None:
    # Grafana expands ${NAME} in annotations and $NAME in labels, not in queries.
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert not any("${" in text for text in rule["annotations"].values())
            assert not any("$" in text for text in rule["labels"].values())


def test_the_example_of_contact_points_routes_the_labels_that_rules_have() -> None:
    example = yaml.safe_load(
        Path("deploy/grafana/provisioning/alerting/contact-points.yaml.example").read_text("utf-8")
    )
    names = {point["name"] for point in example["contactPoints"]}
    labels = [one["labels"] for group in RULES["groups"] for one in group["rules"]]
    for policy in example["policies"]:
        for route in [policy, *policy["routes"]]:
            assert route["receiver"] in names
        for route in policy["routes"]:
            assert any(all(one[key] == value for key, _, value in route["object_matchers"]) for one in labels)


def wrong(said: dict[str, Any], model: Any) -> list[str]:
    """What `said` has that the model's schema does not, and values that do not fit its types."""
    read = model.from_json(said)
    back = json.loads(json.dumps(read, cls=JSONEncoder))
    return [*_lost(said, back, ""), *_ill_typed(read, type(read), "")]


def _lost(said: Any, back: Any, where: str) -> list[str]:
    if isinstance(said, dict) and isinstance(back, dict):
        return [
            line
            for key, value in said.items()
            for line in (
                _lost(value, back[key], f"{where}.{key}") if key in back else [f"{where}.{key}: not in the schema"]
            )
        ]
    if isinstance(said, list) and isinstance(back, list) and len(said) == len(back):
        return [line for at, pair in enumerate(zip(said, back, strict=True)) for line in _lost(*pair, f"{where}[{at}]")]
    return [] if said == back else [f"{where}: {said!r} became {back!r}"]


def _ill_typed(value: Any, kind: Any, where: str) -> list[str]:
    """Lines for `value` and everything in it that is not of the annotated kind."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in {Any, object}:
        # Options of a panel are typed by their plugin: the value itself knows.
        return _ill_typed(value, type(value), where) if hasattr(value, "to_json") else []
    if origin in {typing.Union, types.UnionType}:
        tried = [_ill_typed(value, one, where) for one in inner]
        return [] if any(not one for one in tried) else min(tried, key=len)
    if origin is typing.Literal:
        return [] if value in inner else [f"{where}: {value!r} is not one of {inner}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        return [line for at, one in enumerate(value) for line in _ill_typed(one, inner[0], f"{where}[{at}]")]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        return [line for key, one in value.items() for line in _ill_typed(one, inner[1], f"{where}.{key}")]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [] if value in [one.value for one in kind] else [f"{where}: {value!r} is no {kind.__name__}"]
    if kind is float:
        return (
            []
            if isinstance(value, (int, float)) and not isinstance(value, bool)
            else [f"{where}: {value!r} is no number"]
        )
    if kind is int:
        return [] if isinstance(value, int) and not isinstance(value, bool) else [f"{where}: {value!r} is no integer"]
    if not isinstance(value, kind):
        return [f"{where}: {value!r} is no {kind.__name__}"]
    if hasattr(value, "to_json"):
        hints = typing.get_type_hints(type(value))
        return [
            line
            for name, one in hints.items()
            if hasattr(value, name)
            for line in _ill_typed(getattr(value, name), one, f"{where}.{name}")
        ]
    return []
