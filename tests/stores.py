"""Migrated stores on the real engine: an empty folder is migrated once a process, which costs over a second of CPU, and copied."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from assay.config.model import Retention
from assay.config.model import Store as StoreSettings
from assay.store.migrate import migrate
from assay.store.store import Store, open_store


def migrated(settings: StoreSettings) -> Store:
    """The store of the settings, open. Its folder must not be there yet, and no other be open: the engine has one a process."""
    shutil.copytree(_empty(settings.retention), settings.dsn.removeprefix("chdb://"), symlinks=True)
    store = open_store(settings)
    assert migrate(store, settings) == []
    return store


@cache
def _empty(retention: Retention) -> Path:
    """A migrated folder that nobody has open."""
    above = tempfile.mkdtemp(prefix="assay-empty-")
    atexit.register(shutil.rmtree, above, ignore_errors=True)
    folder = Path(above) / "store"
    settings = StoreSettings(dsn=f"chdb://{folder}", retention=retention)
    store = open_store(settings)
    try:
        migrate(store, settings)
    finally:
        store.close()
    return folder
