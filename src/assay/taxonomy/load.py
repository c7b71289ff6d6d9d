"""`taxonomy.yaml` as frozen values."""

from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec
import yaml

Severity = Literal["info", "warning", "error"]
DecidedBy = Literal["check", "judge", "comparison"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of failure."""

    id: str
    title: str
    definition: str
    example: str
    """What it looks like."""
    counter_example: str
    """What looks like it and is not."""
    stage: str
    """Pipeline stage that it usually points at."""
    severity: Severity
    fix: str
    """What usually mends it."""
    owner: str
    """Who usually mends it."""
    decided_by: DecidedBy


class FailureClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of failures."""

    id: str
    title: str
    definition: str
    kinds: tuple[Kind, ...]


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole dictionary."""

    version: int
    classes: tuple[FailureClass, ...]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kinds by label, `class.kind`."""
        return {f"{one.id}.{kind.id}": kind for one in self.classes for kind in one.kinds}


@lru_cache(1)
def taxonomy() -> Taxonomy:
    """The taxonomy that this program labels with."""
    text = (resources.files("assay.taxonomy") / "taxonomy.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Taxonomy)


@lru_cache(1)
def kinds() -> dict[str, Kind]:
    """`taxonomy().kinds`, made once."""
    return taxonomy().kinds
