"""A YAML file, the environment and flags become one `Config`, and every mistake names its place.

In: the path of a YAML file (or none), a mapping of environment variables, and settings by dotted name. Out: `Loaded`,
the `Config` and where each value that is not a default came from. Promise: a wrong setting raises `ConfigError` with
its dotted name, its place and the nearest name that exists; no secret is repeated in a message.
"""

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml
from pydantic import BaseModel, ValidationError

from assay.config.model import Config
from assay.errors import ConfigError

ENVIRONMENT_PREFIX = "ASSAY_"
SECRETS = frozenset({("store", "dsn")})

Where = dict[tuple[str, ...], str]
"""Path of a setting to the place that it came from: `assay.yaml:14`, `$ASSAY_LOG_LEVEL` or `--set log_level`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and the place of every value that is not a default."""

    config: Config
    where: Where


def load_config(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """Merge the sources, later ones win: defaults, `file`, `environment` (`ASSAY_*`), `flags` (by dotted name)."""
    values: dict[str, Any] = {}
    where: Where = {}
    if file is not None:
        _merge(values, where, _read_file(file, where))
    for name, text in sorted((environment or {}).items()):
        path = _path_of_variable(name)
        if path is not None:
            _put(values, where, path, _parse_scalar(text, f"${name}"), f"${name}")
    for dotted, value in (flags or {}).items():
        parsed = _parse_scalar(value, f"--set {dotted}") if isinstance(value, str) else value
        _put(values, where, tuple(dotted.split(".")), parsed, f"--set {dotted}")
    try:
        return Loaded(config=Config.model_validate(values), where=where)
    except ValidationError as cause:
        raise ConfigError("\n".join(_explain(error, where) for error in cause.errors())) from cause


def masked(config: Config) -> dict[str, Any]:
    """The configuration as plain values with every secret replaced by `***`."""
    values = config.model_dump(mode="json")
    values["store"]["dsn"] = mask_dsn(values["store"]["dsn"])
    return values


def mask_dsn(dsn: str) -> str:
    """`dsn` with its password, and every query value that may be one, replaced by `***`."""
    try:
        parts = urlsplit(dsn)
    except ValueError:
        return "***"
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        netloc = f"{name}{colon}{'***' if colon else ''}@{host}"
    query = "&".join(
        f"{key}={'***' if key in {'password', 'token', 'key'} else value}"
        for key, _, value in (pair.partition("=") for pair in parts.query.split("&") if pair)
    )
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment)) if netloc or query else dsn


def settings_below(path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of the settings that may follow `path`, or None where nothing or anything may."""
    section: type[BaseModel] = Config
    keyed = False
    for step in path:
        if keyed:
            keyed = False
            continue
        field = section.model_fields.get(step)
        found = _section_of(field.annotation) if field else None
        if field is None or found is None:
            return None
        section, keyed = found, not isinstance(field.annotation, type)
    return None if keyed else tuple(section.model_fields)


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """The section inside `X`, `dict[str, X]`, `tuple[X, ...]` or `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {dict, tuple, types.UnionType, typing.Union}:
        return next((found for argument in typing.get_args(annotation) if (found := _section_of(argument))), None)
    return None


def _path_of_variable(name: str) -> tuple[str, ...] | None:
    """Path of a variable that is a setting; None for any other variable.

    A name with a double underscore is always meant as a setting. One without is a setting only when a top-level
    setting has that name: Kubernetes sets `ASSAY_SERVICE_HOST` and the like for a service that is called `assay`
    (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
    """
    if not name.startswith(ENVIRONMENT_PREFIX):
        return None
    rest = name.removeprefix(ENVIRONMENT_PREFIX).lower()
    if "__" in rest:
        return tuple(rest.split("__"))
    return (rest,) if rest in Config.model_fields else None


def _parse_scalar(text: str, place: str) -> Any:
    """Lists and mappings are YAML flow collections (`[a, b]`, `{a: b}`); anything else is left to the model's types."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as cause:
        raise ConfigError(f"{place}: not a YAML list or mapping. Write it like [a, b] or {{a: b}}.") from cause


def _read_file(file: Path, where: Where) -> dict[str, Any]:
    """Plain values of a YAML file; the place of each is added to `where`."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as cause:
        raise ConfigError(f"{file}: cannot be read ({cause.strerror}). Name another file with --config.") from cause
    except UnicodeDecodeError as cause:
        raise ConfigError(f"{file}: is not UTF-8 text.") from cause
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return {}
        value = _plain(node, (), file, where)
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        raise ConfigError(f"{cause.problem or 'not YAML'}. ({file}:{line})") from cause
    except yaml.YAMLError as cause:
        raise ConfigError(f"not YAML. ({file})") from cause
    if not isinstance(value, dict):
        raise ConfigError(f"the file must hold settings by name, like `receiver:`. ({file}:1)")
    return value


def _plain(node: yaml.Node, path: tuple[str, ...], file: Path, where: Where) -> Any:
    """A YAML node as plain values; a setting that is given twice is refused, since YAML would keep one silently."""
    line = node.start_mark.line + 1
    where.setdefault(path, f"{file}:{line}")
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = f"{file}:{key_node.start_mark.line + 1}"
            if key in values:
                raise ConfigError(f"{'.'.join((*path, key))}: set twice, remove one. ({where[(*path, key)]}, {place})")
            where[(*path, key)] = place
            values[key] = _plain(value_node, (*path, key), file, where)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, str(index)), file, where) for index, child in enumerate(node.value)]
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    finally:
        loader.dispose()


def _merge(values: dict[str, Any], where: Where, new: dict[str, Any]) -> None:
    """A section that is named but left empty (`receiver:`) keeps its defaults."""
    for key, value in new.items():
        if value is not None:
            values[key] = value
        else:
            where.pop((key,), None)


def _put(values: dict[str, Any], where: Where, path: tuple[str, ...], value: Any, place: str) -> None:
    """Set one nested value and remember its place."""
    current = values
    for step in path[:-1]:
        below = current.get(step)
        if not isinstance(below, dict):
            below = current[step] = {}
        current = below
    current[path[-1]] = value
    for known in [known for known in where if known[: len(path)] == path]:
        del where[known]
    where[path] = place


def _explain(error: Any, where: Where) -> str:
    """One pydantic error as a sentence: setting, what is wrong, what to write instead, place."""
    path = tuple(str(step) for step in error["loc"])
    name = ".".join(path)
    place = place_of(path, where)
    if error["type"] == "extra_forbidden":
        known = settings_below(path[:-1]) or ()
        near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}." if known else ""
        sentence = f"{name}: unknown setting. {hint}".rstrip()
    elif error["type"] == "missing":
        sentence = f"{name}: must be set."
    elif error["type"] == "value_error":
        sentence = f"{name}: {error['ctx']['error']}."
    elif any(secret[: len(path)] == path for secret in SECRETS):
        sentence = f"{name}: {_lower(error['msg'])}."
    else:
        sentence = f"{name}: {_lower(error['msg'])}, not {error['input']!r}."
    return f"{sentence} ({place})" if place else sentence


def place_of(path: tuple[str, ...], where: Where) -> str:
    """Where a setting was set: its own place, else that of the nearest one above or below it; empty where nobody knows."""
    at_or_above = (path[:end] for end in range(len(path), 0, -1))
    below = (known for known in where if known[: len(path)] == path)
    return next((where[known] for known in (*at_or_above, *below, ()) if known in where), "")


def _lower(message: str) -> str:
    """Pydantic's message without its capital, shaped to follow a colon."""
    return message[:1].lower() + message[1:].rstrip(".")
