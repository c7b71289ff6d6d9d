"""A corpus through the real store: decode, commit, settle, and the views.

Every scenario has a workspace of its own, as if its sender had a token of its own.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from assay.clock import SystemClock
from assay.config.model import Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoded, Decoder
from assay.scorer.settle import drain
from assay.store.migrate import migrate
from assay.store.store import Store, open_store
from assay.store.write import Writer
from tests.golden.corpus.read_back import Rows, read_back

KEEP_DAYS = 7_300
"""The corpus was captured at some fixed time; it must not expire while we look at it."""

GROUP = 200


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty embedded store, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        keep = Retention(bodies_days=KEEP_DAYS, spans_days=KEEP_DAYS, rollups_days=KEEP_DAYS)
        settings = StoreSettings(dsn=f"chdb://{folder}", retention=keep)
        store = open_store(settings)
        migrate(store, settings)
        try:
            yield store
        finally:
            store.close()


def through_store(requests: Iterable[tuple[str, Any, Any]]) -> dict[str, tuple[Rows, Rows]]:
    """By workspace, what the views say after (workspace, traces, logs) were committed and settled."""
    with fresh_store() as store:
        decoder, writer = Decoder(), Writer(store, SystemClock())
        group: list[Decoded] = []
        for workspace, traces, logs in requests:
            group += [decoder.traces(traces, workspace=workspace), decoder.logs(logs, workspace=workspace)]
            if len(group) >= GROUP:
                writer.write(group)
                group = []
        if group:
            writer.write(group)
        settle_all(store, writer, decoder)
        return read_back(store)


def settle_all(store: Store, writer: Writer, decoder: Decoder) -> None:
    """Rounds until one has nothing to join or mark: a joined row is new, so that its trace is looked at once more."""
    while any(round_.joined or round_.marked for round_ in drain(store, writer, decoder)):
        pass
