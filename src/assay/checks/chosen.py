"""Which checks run: those that come with Assay, those of installed packages and files, and rules of the configuration.

settings ─► ours + entry points + files + rules ─► enabled and not disabled ─► Checks
"""

import importlib.util
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import hyperscan

from assay.checks import grounded
from assay.checks.check import Check
from assay.checks.engine import CHECKS
from assay.checks.rules import rules_of
from assay.checks.trace_check import TraceCheck
from assay.checks.traces import TRACE_CHECK_IDS, TRACE_CHECKS
from assay.checks.wrong import wrong_setting
from assay.config.load import Where
from assay.config.model import Checks
from assay.errors import ConfigError
from assay.taxonomy import kinds

ENTRY_POINTS = "assay.checks"
"""Group of entry points; each names a Check or several: https://packaging.python.org/en/latest/specifications/entry-points/"""

_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)+")


def checks_of(settings: Checks, where: Where | None = None) -> tuple[Check, ...]:
    """The checks that a configuration asks for. Raises `ConfigError` for what cannot be used, with its place in `where`."""
    where = where or {}
    found = {check.id: check for check in CHECKS}
    for check in (*_installed(), *_of_files(settings, where), *rules_of(settings, where)):
        if check.id in found or check.id in TRACE_CHECK_IDS:
            raise ConfigError(f"Two checks are called {check.id!r}. Rename one of them.")
        found[check.id] = check
    names = (*found, *sorted(TRACE_CHECK_IDS))
    for name in ("enabled", "disabled"):
        for index, pattern in enumerate(getattr(settings, name)):
            if not any(fnmatchcase(one, pattern) for one in names):
                raise wrong_setting(("checks", name, str(index)), "unknown check", where, pattern, names)
    return tuple(check for check in found.values() if _chosen(settings, check.id))


def trace_checks_of(settings: Checks) -> tuple[TraceCheck, ...]:
    """The checks of whole traces that a configuration asks for; `checks_of` refuses names that there are not."""
    chosen = tuple(check for check in TRACE_CHECKS if _chosen(settings, check.id))
    required = tuple(text for rule in settings.required_disclaimers for text in rule.any_of)
    return tuple(grounded.allowing(check, required) for check in chosen) if required else chosen


def _chosen(settings: Checks, name: str) -> bool:
    return any(fnmatchcase(name, one) for one in settings.enabled) and not any(
        fnmatchcase(name, one) for one in settings.disabled
    )


def _installed() -> Iterator[Check]:
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name):
        try:
            yield from _usable(point.load())
        except Exception as cause:
            raise ConfigError(f"The entry point {point.name!r} of {ENTRY_POINTS} ({point.value}): {cause}") from cause


def _of_files(settings: Checks, where: Where) -> Iterator[Check]:
    for index, name in enumerate(settings.files):
        path = ("checks", "files", str(index))
        try:
            yield from _usable(_module(Path(name), f"assay_checks_{index}").CHECKS)
        except FileNotFoundError as cause:
            raise wrong_setting(path, f"there is no file {name}", where) from cause
        except Exception as cause:
            raise wrong_setting(path, f"{name}: {type(cause).__name__}: {cause}", where) from cause


def _module(file: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _usable(found: Check | Iterable[Check]) -> Iterator[Check]:
    """Checks of others, refused where they could not run or would say what nobody knows."""
    for check in [found] if isinstance(found, Check) else found:
        if not isinstance(check, Check):
            raise TypeError(f"{check!r} is no assay.checks.check.Check")
        if not _ID.fullmatch(check.id):
            raise ValueError(f"the id {check.id!r} is not like 'file.name'")
        if check.label not in kinds():
            raise ValueError(f"{check.id}: the taxonomy has no label {check.label!r}")
        if not 1 <= check.version <= 65_535 or not 0 < check.confidence <= 1:
            raise ValueError(f"{check.id}: version must be 1 to 65535 and confidence above 0, at most 1")
        if check.patterns:
            try:
                hyperscan.Database().compile(expressions=[one.encode() for one in check.patterns])
            except hyperscan.error as cause:
                raise ValueError(f"{check.id}: a pattern cannot be compiled ({cause})") from cause
        yield check
