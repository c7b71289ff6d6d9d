"""A fresh real engine for every test, and spans to put into it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.clock import SystemClock
from assay.config.model import Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.store.parcel import Parcel, parcel_of
from assay.store.store import Store
from assay.store.write import Writer
from tests.store.otlp import request
from tests.stores import migrated


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    """Keeps everything, so that made-up times do not expire under a test."""
    return StoreSettings(
        dsn=f"chdb://{tmp_path / 'db'}", retention=Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)
    )


@pytest.fixture
def store(settings: StoreSettings) -> Iterator[Store]:
    opened = migrated(settings)
    yield opened
    opened.close()


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store, SystemClock())


@pytest.fixture
def decode() -> Callable[..., Parcel]:
    """Spans (dicts, see tests/store/otlp.py) as what is stored of one request."""
    decoder = Decoder()
    return lambda spans, workspace="default": parcel_of(decoder.traces(request(spans), workspace=workspace))


@pytest.fixture
def send(writer: Writer, decode: Callable[..., Parcel]) -> Callable[..., None]:
    """Commit requests as one group; each request is a list of spans."""

    def commit(*requests: Sequence[dict[str, Any]], workspace: str = "default") -> None:
        writer.write([decode(spans, workspace) for spans in requests])

    return commit
