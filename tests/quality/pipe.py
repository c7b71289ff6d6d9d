"""OTLP through the real pipe into a fresh embedded store, settled and labelled; what was found is read from the views."""

import tempfile
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from assay.checks.chosen import checks_of, trace_checks_of
from assay.clock import SystemClock
from assay.config.model import Config, Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.receipt import Receipt
from assay.scorer.settle import drain
from assay.store.migrate import migrate
from assay.store.store import Store, open_store
from assay.store.write import Writer

DRAIN_SECONDS = 300.0
SENDERS = 64
"""Requests on their way at once, so that they are committed in groups."""

Signal = Literal["traces", "logs"]


class Found(NamedTuple):
    """What the store says about one trace."""

    labels: frozenset[str]
    """Severity warning or above."""
    noted: frozenset[str]
    """Severity info."""
    primary: str


NOTHING = Found(frozenset(), frozenset(), "")


@contextmanager
def labelled(payloads: Iterable[tuple[Signal, bytes]], config: Config | None = None) -> Iterator[Store]:
    """A store that took these serialised requests, as a running server would have labelled them."""
    config = config or Config()
    keeps = Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)
    with tempfile.TemporaryDirectory(prefix="assay-quality-") as folder:
        settings = StoreSettings(dsn=f"chdb://{Path(folder) / 'db'}", retention=keeps)
        with closing(open_store(settings)) as store:
            migrate(store, settings)
            decoder = Decoder(config.mapping, config.prices)
            checks = checks_of(config.checks)
            pipe = CommitPipe(store, [preparer(decoder, checks=checks)], config.receiver, SystemClock())
            pipe.start()
            waiting: deque[Future[Receipt]] = deque()
            for signal, payload in payloads:
                if len(waiting) == SENDERS:
                    waiting.popleft().result(DRAIN_SECONDS)
                waiting.append(pipe.submit(signal, payload, encoding="protobuf", workspace="default"))
            for one in waiting:
                one.result(DRAIN_SECONDS)
            if not pipe.close(DRAIN_SECONDS):
                raise RuntimeError("The pipe did not drain.")
            drain(store, Writer(store, SystemClock()), decoder, checks, trace_checks_of(config.checks))
            yield store


def found_in(store: Store) -> dict[str, Found]:
    """What was found, by trace; traces without findings are not listed."""
    labels: dict[str, dict[bool, set[str]]] = defaultdict(lambda: {True: set(), False: set()})
    for row in store.rows("SELECT DISTINCT trace_id, label, severity != 'info' AS failure FROM findings"):
        labels[row["trace_id"]][bool(row["failure"])].add(str(row["label"]))
    primaries = {
        row["trace_id"]: str(row["primary_label"])
        for row in store.rows("SELECT trace_id, primary_label FROM trace_failures")
    }
    return {
        trace: Found(frozenset(both[True]), frozenset(both[False]), primaries.get(trace, ""))
        for trace, both in labels.items()
    }


def evidence_of(store: Store, trace_id: str) -> list[str]:
    """Findings of one trace as lines, for a person who looks into a confusion."""
    rows = store.rows(
        f"SELECT label, severity, check_id, stage, confidence, evidence FROM findings WHERE trace_id = '{trace_id}' ORDER BY label"
    )
    return [
        f"{row['label']} ({row['severity']}, {row['check_id']}, {row['stage']}, {row['confidence']:.2f}) {str(row['evidence'])[:400]}"
        for row in rows
    ]
