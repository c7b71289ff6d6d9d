"""Erasure: everything that was sent about a user, a conversation or a trace goes.

    spans, what was sent, log records, evaluations, findings ─► writers forget what they know ─► texts that nothing refers to any more

Texts are shared by content, so a text goes only when no remaining span, raw attribute or log record refers to it. Rollups
hold no personal data, but their buckets are built again so that they agree with the spans. Deleting twice deletes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assay.clock import Clock
from assay.store.store import Store, query
from assay.store.write import FORGET_CHECK_SECONDS

By = Literal["user", "conversation", "trace"]

TABLES = (
    "spans_raw",
    "log_records",
    "evaluations",
    "finding_rows",
    "trace_labels",
    "conversation_turns",
    "asked_questions",
    "verdict_rows",
    "judge_batches",
    "feedback_rows",
    "replay_rows",
    "human_label_rows",
    "label_draw_rows",
    "probe_items",
    "probe_verdicts",
    "spans",
)
"""`spans` last: the others are found through it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """One step that is done."""

    step: str
    rows: int


def erase(store: Store, clock: Clock, *, workspace: str, by: By, value: str) -> Iterator[Erased]:
    """Erase, yielding after each step. Takes some seconds longer than `FORGET_CHECK_SECONDS`, so that writers have
    forgotten which texts they had stored before the texts go. Raises `StoreUnavailable`; then run it again.
    """
    who = {"workspace": workspace, "by": by, "value": value}
    spans = int(store.rows(query("erase_count"), who)[0]["spans"])
    store.command(query("erase_dirty"), who, settings={"async_insert": 0})
    candidates = int(store.rows(query("settle_window"), {"name": "erase"})[0]["round"])
    store.command(query("erase_candidates"), {**who, "round": candidates}, settings={"async_insert": 0})
    for table in TABLES:
        store.command(query(f"erase_{table}"), who, settings={"lightweight_deletes_sync": 2})
        yield Erased(f"rows of {table}", spans if table == "spans" else 0)
    store.command(query("erase_record"), {**who, "spans": spans}, settings={"async_insert": 0})
    clock.sleep(FORGET_CHECK_SECONDS * 2)
    before = _texts(store, candidates)
    store.command(query("erase_bodies"), {"round": candidates}, settings={"lightweight_deletes_sync": 2})
    yield Erased("texts that nothing refers to any more", before - _texts(store, candidates))


def _texts(store: Store, round_: int) -> int:
    """How many of the noted texts are there."""
    return int(store.rows(query("erase_texts"), {"round": round_})[0]["texts"])
