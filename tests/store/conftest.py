"""A fresh real engine for every test, and spans to put into it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.checks.check import Check
from assay.checks.engine import CHECKS
from assay.clock import SystemClock
from assay.config.model import Receiver, Retention
from assay.config.model import Store as StoreSettings
from assay.dashboards.panel import statement
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.store.parcel import Parcel, parcel_of
from assay.store.store import Store
from assay.store.write import Writer
from tests.deploy.plugin import Range, backend
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


@pytest.fixture
def receive(store: Store) -> Callable[..., int]:
    """Take OTLP requests of traces in as a receiver does, decoded, checked and committed; how many spans were accepted."""

    def take(*requests: ExportTraceServiceRequest, workspace: str = "default", checks: tuple[Check, ...] = CHECKS) -> int:  # fmt: skip
        pipe = CommitPipe(store, [preparer(Decoder(), checks=checks)], Receiver(), SystemClock())
        pipe.start()
        try:
            payloads = [one.SerializeToString() for one in requests]
            sent = [pipe.submit("traces", one, encoding="protobuf", workspace=workspace) for one in payloads]
            return sum(one.result(60).accepted for one in sent)
        finally:
            assert pipe.close(60)

    return take


@pytest.fixture
def fired(store: Store) -> Callable[[str, datetime], list[dict[str, Any]]]:
    """What an alert rule says at a moment, of the hour before it."""
    return lambda name, at: store.rows(backend(statement(f"alerts/{name}").text, Range(at - timedelta(hours=1), at)))
