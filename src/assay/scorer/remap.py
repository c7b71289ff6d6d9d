"""Newer dialect tables for stored spans: `assay remap --since`.

Works through the spans hour by hour, newest tables, same function as at arrival. Raw attributes are read, never changed. May
be stopped and started again: a span that stands at the current mapping version is left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assay.checks.check import Check
from assay.checks.engine import CHECKS
from assay.otlp.decode import Decoder
from assay.scorer.settle import remap_rows
from assay.spans.dialects import MAPPING_VERSION
from assay.store.store import Store, query
from assay.store.write import Writer

SLICE_SPANS = 20_000
"""About how many spans are in memory at once."""


@dataclass(frozen=True, slots=True)
class Remapped:
    """Progress: spans that were mapped anew in the hour that begins at `hour`, and how many hours are left."""

    hour: datetime
    spans: int
    hours_left: int


def remap(
    store: Store,
    writer: Writer,
    decoder: Decoder,
    *,
    since: datetime,
    every_span: bool = False,
    checks: tuple[Check, ...] = CHECKS,
) -> Iterator[Remapped]:
    """Map spans that start at or after `since` anew, yielding after every hour of spans.

    `every_span` also takes spans that stand at the current mapping version, for changed settings (label keys, prices).
    Afterwards the next round of settling marks usage again, because the rows were touched.
    """
    if since.tzinfo is not None:  # the client gives and takes naive UTC
        since = since.astimezone(UTC).replace(tzinfo=None)
    version = 0xFFFF if every_span else MAPPING_VERSION
    hours = store.rows(query("remap_hours"), {"since": since, "below": version})
    for index, row in enumerate(hours):
        hour, slices = row["hour"], 1 + int(row["spans"]) // SLICE_SPANS
        for number in range(slices):
            window = {
                "from": max(hour, since), "to": hour + timedelta(hours=1), "below": version,
                "slices": slices, "slice": number,
            }  # fmt: skip
            spans = store.arrow(query("remap_spans"), window).to_pylist()
            records = store.arrow(query("remap_logs"), window).to_pylist()
            batch = int(store.rows(query("settle_window"), {"name": "remap"})[0]["round"])
            remap_rows(store, writer, decoder, spans, records, number=batch, checks=checks)
        yield Remapped(hour, int(row["spans"]), len(hours) - index - 1)
