from collections.abc import Iterator

import pytest

from tests.contract.judges.kit import ModelServer, model_server
from tests.store.conftest import settings, store

__all__ = ["settings", "store"]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running
