"""What people say of traces, in and out of the store.

    HumanLabel ─► (conversation of its trace) ─► human_label_rows ─► view human_labels ─► HumanLabel

A labeller's later word replaces the earlier one; saying the same thing again writes nothing. Experts, experts who saw a verdict and
end users are never mixed: the source is part of the key.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Literal, NamedTuple, get_args

import pyarrow as pa

from assay.store.store import Store, query

Source = Literal["expert", "corrected", "end_user"]
"""Who speaks: an expert, an expert who saw what a judge had said, the person who got the answer."""

SOURCES: tuple[Source, ...] = get_args(Source)

EPOCH = datetime(1970, 1, 2, tzinfo=UTC)
TRACES_A_QUESTION = 500

Place = tuple[str, str]
"""Workspace and trace id."""
Key = tuple[str, str, str, str, str]
"""Workspace, trace id, dimension, source and labeller."""


class HumanLabel(NamedTuple):
    """What one person said of one dimension of one trace."""

    workspace: str
    trace_id: str
    dimension: str
    source: Source
    labeller: str
    label: str
    """A level of the rubric, `abstain`, or empty where only a value was given."""
    value: float | None
    """0 to 1; None: the labeller could not tell."""
    rubric: str
    """Digest of the levels that were shown; empty: unknown."""
    rubric_of: str
    """The judge version whose levels they are, like `faithfulness@1`; empty: unknown."""
    comment: str
    correction: str
    """What the answer should have been."""
    probability: float
    """That the trace was judged by `drawn_for` and then chosen to be labelled; 1 where nobody drew it."""
    drawn_for: str
    """The judge from whose verdicts it was drawn; empty: from none."""
    conversation_id: str
    time_ms: int
    """When it was said, milliseconds since the Unix epoch."""

    @property
    def key(self) -> Key:
        return (self.workspace, self.trace_id, self.dimension, self.source, self.labeller)


class Written(NamedTuple):
    """What became of labels."""

    new: int
    changed: int
    unchanged: int
    """Said already, or the labeller has changed their mind since."""
    settled: int
    """Of traces that have settled in this store; labels of others wait for them."""


def read_labels(
    store: Store,
    *,
    since: datetime = EPOCH,
    workspace: str = "",
    dimension: str = "",
    source: str = "",
    labeller: str = "",
    traces: Sequence[str] = (),
) -> list[HumanLabel]:
    """Labels that fit, the earliest first. Raises `StoreUnavailable`."""
    asked = {
        "since": since, "workspace": workspace, "dimension": dimension, "source": source, "labeller": labeller, "traces": list(traces),
    }  # fmt: skip
    rows = store.rows(query("people_labels"), asked)
    return [HumanLabel(**row) for row in rows]


def write_labels(store: Store, labels: Iterable[HumanLabel]) -> Written:
    """Store labels, each with the conversation of its trace where that is known. Of two words of the same labeller the later one holds,
    of two at the same time the one that comes last. Raises `StoreUnavailable`; then nothing or all of it is stored."""
    last: dict[Key, HumanLabel] = {}
    for one in labels:
        if one.key not in last or last[one.key].time_ms <= one.time_ms:
            last[one.key] = one
    new = changed = settled = 0
    to_write: list[HumanLabel] = []
    for part in _slices(last.values()):
        traces = sorted({one.trace_id for one in part})
        places = {
            (row["workspace"], row["trace_id"]): row["conversation_id"]
            for row in store.rows(query("people_traces"), {"traces": traces})
        }
        known = {one.key: one for one in read_labels(store, traces=traces)}
        for one in part:
            place = (one.workspace, one.trace_id)
            settled += place in places
            before = known.get(one.key)
            said = one._replace(conversation_id=places.get(place) or one.conversation_id)
            if before is not None and (before.time_ms > one.time_ms or _is_same(before, said)):
                continue
            new, changed = new + (before is None), changed + (before is not None)
            to_write.append(said)
    write_draws(
        store,
        [
            (one.workspace, one.trace_id, one.dimension, one.drawn_for, one.probability)
            for one in last.values() if one.drawn_for
        ],
    )  # fmt: skip
    if to_write:
        store.insert("human_label_rows", _table(to_write))
    return Written(new, changed, len(last) - new - changed, settled)


def write_draws(store: Store, draws: Sequence[tuple[str, str, str, str, float]]) -> None:
    """Remember with which probability traces were drawn: workspace, trace id, dimension, judge id, probability. The highest holds."""
    if draws:
        columns = list(zip(*draws, strict=True))
        names = ("workspace", "trace_id", "dimension", "judge_id", "probability")
        store.insert("label_draw_rows", pa.table(dict(zip(names, map(pa.array, columns), strict=True))))


def _is_same(before: HumanLabel, said: HumanLabel) -> bool:
    """Whether nothing new is said. How a trace was drawn is remembered with the draw, once it was."""
    if before.drawn_for:
        said = said._replace(probability=before.probability, drawn_for=before.drawn_for)
    return said._replace(time_ms=before.time_ms) == before


def _slices(labels: Iterable[HumanLabel]) -> Iterator[list[HumanLabel]]:
    left = iter(labels)
    while part := list(islice(left, TRACES_A_QUESTION)):
        yield part


_TYPES: dict[str, pa.DataType] = {
    name: pa.string()
    for name in (
        "workspace", "trace_id", "dimension", "source", "labeller", "rubric", "rubric_of", "label", "comment", "correction",
        "conversation_id",
    )
} | {"value": pa.float64(), "probability": pa.float64(), "version": pa.uint64()}  # fmt: skip


def _table(labels: Sequence[HumanLabel]) -> pa.Table:
    rows = [one._asdict() | {"version": one.time_ms} for one in labels]
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in _TYPES.items()})
