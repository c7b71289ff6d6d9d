"""What the end-to-end tests share: the programs, built once, and one stack of Assay behind a Collector."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import tools
from tests.e2e.processes import Assay, Collector


@dataclass(frozen=True, slots=True)
class Pair:
    """One `assay serve` with a Collector in front of it."""

    assay: Assay
    collector: Collector


@pytest.fixture(scope="session")
def collector_program() -> Path:
    """The real Collector."""
    return tools.require(tools.collector)


@pytest.fixture(scope="session")
def telemetrygen() -> Path:
    """The Collector project's load generator."""
    return tools.require(tools.telemetrygen)


@pytest.fixture(scope="session")
def instrumented_python() -> Path:
    """A Python with real client libraries and instrumentations."""
    return tools.require(tools.instrumented_python)


@pytest.fixture(scope="module")
def pair(collector_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both, running; stopped with SIGTERM, which has to end them cleanly."""
    folder = tmp_path_factory.mktemp("pair")
    assay = Assay("serve", "assay", folder, dsn=f"chdb://{folder / 'data'}")
    collector = Collector(
        collector_program,
        folder,
        traces_to=f"127.0.0.1:{assay.grpc_port}",
        logs_to=f"http://127.0.0.1:{assay.http_port}",
    )
    assay.program.start()
    collector.program.start()
    try:
        yield Pair(assay, collector)
    finally:
        ends = collector.program.stop(), assay.program.stop()
    assert ends == (0, 0)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a module with `IN_ORDER` tell one story: they run as they are written, whatever is shuffled."""
    for module in {item.module for item in items if getattr(item.module, "IN_ORDER", False)}:  # type: ignore[attr-defined]
        places = [place for place, item in enumerate(items) if item.module is module]  # type: ignore[attr-defined]
        story = sorted((items[place] for place in places), key=lambda item: item.reportinfo()[1] or 0)
        for place, item in zip(places, story, strict=True):
            items[place] = item
