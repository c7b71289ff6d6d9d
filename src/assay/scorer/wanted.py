"""What statements are asked about: lists of ids that are too long for a statement, and times as the store's client takes them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from assay.store.store import Store

Key = tuple[str, str]
"""Workspace and trace id."""

EPOCH = datetime(1970, 1, 2)  # noqa: DTZ001 - the client gives and takes naive UTC
"""The earliest time to ask for: a day of room for zones."""


def moment(ns: int) -> datetime:
    """Nanoseconds since the epoch as naive UTC."""
    return datetime.fromtimestamp(ns / 1e9, UTC).replace(tzinfo=None)


def want(store: Store, ids: Sequence[tuple[str, str]], number: int) -> None:
    """Puts ids, each with its workspace, on the list `number`, for a statement that reads it."""
    store.insert(
        "wanted_ids",
        pa.table(
            {
                "round": pa.array([number] * len(ids), pa.uint64()),
                "workspace": [workspace for workspace, _ in ids],
                "id": [one for _, one in ids],
            }
        ),
    )
