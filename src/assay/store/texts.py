"""Texts by content hash, for lists of hashes that are too long for a statement."""

from collections.abc import Callable, Iterable

import pyarrow as pa

from assay.spans.columns import HASH_BYTES
from assay.store.store import Store, query

Lookup = Callable[[str, bytes], bytes | None]


def fetch_texts(store: Store, wanted: Iterable[tuple[str, bytes]], number: int) -> Lookup:
    """Reads the texts of (workspace, hash) pairs; `number` keeps this list apart from others, a time in nanoseconds will do.

    Gives a lookup that answers None for a text that has expired or was erased.
    """
    pairs = list(set(wanted))
    if not pairs:
        return lambda workspace, found: None
    store.insert(
        "wanted_bodies",
        pa.table(
            {
                "round": pa.array([number] * len(pairs), pa.uint64()),
                "workspace": [workspace for workspace, _ in pairs],
                "hash": pa.array([found for _, found in pairs], pa.binary(HASH_BYTES)),
            }
        ),
    )
    table = store.arrow(
        query("bodies_wanted"), {"round": number}, settings={"output_format_arrow_string_as_string": 0}
    ).to_pydict()
    texts = {
        (workspace.decode(), found): text
        for workspace, found, text in zip(table["workspace"], table["hash"], table["text"], strict=True)
    }
    return lambda workspace, found: texts.get((workspace, found))
