"""The settings on paper: one Markdown page made from the model's types, defaults and docstrings."""

import json
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assay.config.model import Config

HEAD = """# Configuration

Every setting, its default and what it does. Made by `python docs/generate.py`; do not edit.

Sources, later ones win: defaults, the YAML file (`--config`, `$ASSAY_CONFIG`, or `assay.yaml` in the working folder),
environment variables, flags. The setting `receiver.grpc.port` is written

| where | how |
|---|---|
| YAML | `receiver: {grpc: {port: 4317}}` |
| environment | `ASSAY_RECEIVER__GRPC__PORT=4317` |
| flag | `--set receiver.grpc.port=4317` |

Lists and mappings in an environment variable or a flag are YAML: `ASSAY_MAPPING__FEATURE='[app.feature, feature]'`.
Unknown settings refuse to start and name the file, the line and the nearest name. Paths are relative to the working
folder. `assay config show` prints the result with every secret masked and the place that each value came from.
"""


class Setting(NamedTuple):
    """One setting as the reference shows it."""

    name: str
    type: str
    default: str
    meaning: str


def page() -> str:
    """The whole reference page."""
    parts = [HEAD]
    for name, field in Config.model_fields.items():
        parts.append(
            f"\n## {name}\n\n{field.description}\n\n| setting | type | default | meaning |\n|---|---|---|---|\n"
        )
        parts.extend(
            f"| `{setting.name}` | {setting.type} | {setting.default} | {setting.meaning} |\n"
            for setting in _settings(name, field)
        )
    return "".join(parts)


def settings() -> Iterator[Setting]:
    """Every setting with its dotted name; `*` stands for a name or a position that the user chooses."""
    for name, field in Config.model_fields.items():
        yield from _settings(name, field)


def _settings(name: str, field: FieldInfo) -> Iterator[Setting]:
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for below, inner in annotation.model_fields.items():
            yield from _settings(f"{name}.{below}", inner)
        return
    container = typing.get_origin(annotation)
    section = next(
        (a for a in typing.get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)),
        None,
    )
    if container in {dict, tuple} and section is not None:
        for below, inner in section.model_fields.items():
            yield from _settings(f"{name}.*.{below}", inner)
        return
    meaning = (field.description or "").replace("\n", " ").replace("|", "\\|")
    yield Setting(name, _type_name(annotation), _default(field), meaning)


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_type_name(arguments[0])}"
    if origin is dict:
        return f"{_type_name(arguments[0])} to {_type_name(arguments[1])}"
    if origin in {types.UnionType, typing.Union}:
        return " or ".join(_type_name(argument) for argument in arguments)
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "NoneType": "empty"}[
        annotation.__name__
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    value = field.default
    if value in ("", (), None):
        return "empty"
    return f"`{json.dumps(value)}`" if isinstance(value, dict | tuple | bool) else f"`{value}`"
