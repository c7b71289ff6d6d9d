"""A store for a command: the configuration's, or the door of the process that owns the embedded folder."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.config.load import Loaded, load_config
from assay.config.model import Store as StoreSettings
from assay.errors import ConfigError, OperatorMustFix, StoreOwned
from assay.store.dsn import parse_dsn
from assay.store.owner import through_door
from assay.store.store import Store, open_store


def configuration(arguments: Namespace) -> Loaded:
    """The configuration of a command: file, environment, `--set` and `--dsn`."""
    named = arguments.config or os.environ.get("ASSAY_CONFIG", "")
    here = Path("assay.yaml")
    file = Path(named) if named else here if here.exists() else None
    flags: dict[str, str] = {}
    for assignment in arguments.set or ():
        name, equals, value = assignment.partition("=")
        if not equals:
            raise ConfigError(f"--set {assignment}: write it as NAME=VALUE, like --set door.port=8124.")
        flags[name] = value
    if arguments.dsn:
        flags["store.dsn"] = arguments.dsn
        flags["store.dsn_file"] = ""
    return load_config(file, environment=os.environ, flags=flags)


@contextmanager
def reading(arguments: Namespace) -> Iterator[Store]:
    """An open store to read from. Raises when nothing is stored there yet."""
    with _opened(arguments, write=False) as store:
        yield store


@contextmanager
def writing(arguments: Namespace) -> Iterator[Store]:
    """An open store to change; through a door with the token of its owner."""
    with _opened(arguments, write=True) as store:
        yield store


def reachable(arguments: Namespace) -> StoreSettings:
    """Settings of a store that can be opened and changed from here: the configuration's, or the door in front of it."""
    with writing(arguments) as store:
        return store.settings


@contextmanager
def _opened(arguments: Namespace, *, write: bool) -> Iterator[Store]:
    settings = configuration(arguments).config.store
    dsn = parse_dsn(settings)
    if dsn.embedded and not Path(dsn.path).exists() and not write:
        raise OperatorMustFix(f"Nothing is stored in {dsn.path} yet. Start `assay serve`, or name a store with --dsn.")
    try:
        store = open_store(settings)
    except StoreOwned:
        behind = through_door(settings, write=write)
        if behind is None:
            raise
        store = open_store(behind)
    try:
        yield store
    finally:
        store.close()
