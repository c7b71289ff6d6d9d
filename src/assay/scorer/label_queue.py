"""Which traces people are asked about: a sample of what a judge scored, chosen so that little labelling says much about the judge.

    verdicts of a judge ─► strata: score, and whether others are of another mind ─► equally many of each ─► the queue of a labeller

The choice is a hash of the trace, so that everybody is asked about the same traces, and a longer queue contains the shorter one.
Every trace of a stratum has the same chance; times the chance of being judged it is stored with the draw, and estimates undo the
preference with it. Whoever stops half-way has done about the same share of every stratum.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from assay.errors import NotFound
from assay.scorer.calibrate import BAD_BELOW
from assay.scorer.human_labels import Place
from assay.store.store import Store, query

Stratum = tuple[int, bool]
"""The band of the score, and whether it is disputed."""

BANDS = (0.25, 0.5, 0.75)
"""Where the bands of scores end."""


CHECKS = "checks"
"""From whose findings traces were drawn where no judge has scored the dimension."""

MOST_CHECKED = 20_000
"""Most settled traces, with a failure and without, that are drawn from."""

LOOK_BACK = "Look further back with --since, or let `assay serve --with-scorer` run for a while."


class Candidate(NamedTuple):
    """A trace that a judge has scored, or checks have looked at."""

    workspace: str
    trace_id: str
    start_ns: int
    score: float
    probability: float
    """Of being judged."""
    is_disputed: bool
    """Another judge of the dimension says bad where this one says good, or findings do; or the other way round."""

    @property
    def place(self) -> Place:
        return (self.workspace, self.trace_id)


class Drawn(NamedTuple):
    """A trace that people are asked about."""

    workspace: str
    trace_id: str
    start_ns: int
    probability: float
    """Of being judged and then chosen."""

    @property
    def place(self) -> Place:
        return (self.workspace, self.trace_id)


def candidates(
    store: Store, dimension: str, *, since: datetime, workspace: str = "", judge: str = ""
) -> tuple[str, list[Candidate]]:
    """The judge, and what its newest version has scored in the dimension. Without a name it is a hosted one before an offline one, then the
    one with most scores; where none has scored, all settled traces by what checks found. Raises `NotFound` where there is no trace."""
    rows = store.rows(query("people_candidates"), {"since": since, "dimension": dimension, "workspace": workspace})
    many: dict[str, int] = {}
    newest: dict[str, int] = {}
    for row in rows:
        many[row["judge_id"]] = many.get(row["judge_id"], 0) + 1
        newest[row["judge_id"]] = max(newest.get(row["judge_id"], 0), row["judge_version"])
    if not rows and not judge:
        return CHECKS, _checked(store, dimension, since, workspace)
    if judge and judge not in many:
        others = f" Those that have: {', '.join(sorted(many))}." if many else ""
        raise NotFound(
            f"{judge} has scored no trace in the dimension {dimension} since {since:%Y-%m-%d %H:%M} UTC.{others} {LOOK_BACK}"
        )
    chosen = judge or min(many, key=lambda one: (one.startswith("offline."), -many[one], one))
    current = [row for row in rows if row["judge_version"] == newest[row["judge_id"]]]
    is_bad: dict[Place, set[bool]] = {}
    for row in current:
        is_bad.setdefault((row["workspace"], row["trace_id"]), {bool(row["is_failing"])}).add(row["score"] < BAD_BELOW)
    return chosen, [
        Candidate(
            row["workspace"], row["trace_id"], row["start_ns"], row["score"], row["probability"],
            len(is_bad[row["workspace"], row["trace_id"]]) > 1,
        )
        for row in current if row["judge_id"] == chosen
    ]  # fmt: skip


def _checked(store: Store, dimension: str, since: datetime, workspace: str) -> list[Candidate]:
    asked = {"since": since, "dimension": dimension, "workspace": workspace, "most": MOST_CHECKED}
    rows = store.rows(query("people_checked"), asked)
    if not rows:
        raise NotFound(f"No trace has settled since {since:%Y-%m-%d %H:%M} UTC. {LOOK_BACK}")
    return [
        Candidate(
            row["workspace"], row["trace_id"], row["start_ns"], 0.0 if row["is_failing"] else 1.0, row["probability"], False
        )
        for row in rows
    ]  # fmt: skip


def draw(found: Iterable[Candidate], dimension: str, count: int) -> list[Drawn]:
    """`count` of them, or all where there are fewer, in the order in which they are asked about."""
    strata: dict[Stratum, list[tuple[int, Candidate]]] = {}
    for one in found:
        band = sum(one.score >= end for end in BANDS)
        strata.setdefault((band, one.is_disputed), []).append((_place_in_line(one.place, dimension), one))
    sizes = allot({stratum: len(line) for stratum, line in strata.items()}, count)
    drawn: list[tuple[float, int, Drawn]] = []
    for stratum, line in strata.items():
        size = sizes[stratum]
        for rank, (at, one) in enumerate(sorted(line)[:size]):
            chance = one.probability * size / len(line)
            drawn.append(((rank + 0.5) / size, at, Drawn(one.workspace, one.trace_id, one.start_ns, chance)))
    return [one for _, _, one in sorted(drawn)]


def allot(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many of each: equally many, and what small ones cannot give comes from the others; what is left over from the largest."""
    given = dict.fromkeys(sizes, 0)
    left = min(count, sum(sizes.values()))
    while left:
        open_ = sorted((name for name in sizes if given[name] < sizes[name]), key=lambda name: (-sizes[name], name))
        share = max(left // len(open_), 1)
        for name in open_[:left]:
            more = min(share, sizes[name] - given[name])
            given[name] += more
            left -= more
    return given


def for_labeller(
    drawn: Sequence[Drawn], said: Mapping[Place, Collection[str]], labeller: str, *, again: float, dimension: str
) -> list[Drawn]:
    """What is left for a labeller: what they have not said anything about, and of what others have done the share `again`, so that it is
    known how far people agree. `said`: who has labelled a trace."""
    return [
        one for one in drawn if is_for(one.place, said.get(one.place, ()), labeller, again=again, dimension=dimension)
    ]


def is_for(place: Place, said: Collection[str], labeller: str, *, again: float, dimension: str) -> bool:
    """Whether the labeller is asked about the trace, of which `said` have said something."""
    if labeller in said:
        return False
    return not said or _place_in_line(place, f"{dimension}\0again") < again * 2**64


def _place_in_line(place: Place, purpose: str) -> int:
    """0 to 2^64, the same for everybody; has nothing to do with the hash that sampling for judges uses."""
    named = "\0".join(("assay label", purpose, *place))
    return int.from_bytes(hashlib.blake2b(named.encode(), digest_size=8).digest(), "big")
