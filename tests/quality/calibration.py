"""Whether the figures about judges are right: coefficients, their intervals, the gate, the fall detector, corrected rates.

    python -m tests.quality.calibration

Coefficients are compared with scikit-learn and SciPy on random and degenerate ratings, plain and weighted. Intervals, gate
and corrections are measured by simulation with judges of known sensitivity and specificity at 80, 200 and 1,000 labels.
Prints the tables; exits 1 where a coefficient is off by more than 1e-9, an interval that has a bar covers less than 93 or
more than 97 %, or the gate or the fall detector does what it should not.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from assay.stats.agreement import BINARY, GRADED, Scale, agreement, ratings
from assay.stats.correct import prediction_powered, rogan_gladen
from assay.stats.gate import GATES, Gate, compare, decide, labels_for
from tests.quality.data import table
from tests.quality.references import REFERENCES, quietly, weighted_reference

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

SIZES = (80, 200, 1_000)
COVERED = (0.93, 0.97)
EXACT = 1e-9
DRAWS = 500
"""Replicates of each interval: a quarter of the default, whose ends are steadier but whose coverage is the same."""
LEVELS = np.arange(5) / 4


class Judge(NamedTuple):
    """How often people say bad, and what the judge makes of it."""

    prevalence: float
    sensitivity: float
    specificity: float


JUDGES = {
    "good": Judge(0.3, 0.85, 0.90),
    "rare failures": Judge(0.1, 0.80, 0.95),
    "even": Judge(0.5, 0.90, 0.90),
}


class Sample(NamedTuple):
    """Labels of one replicate."""

    human: Array
    judge: Array
    weights: Array | None = None
    clusters: Array | None = None


def main() -> int:
    """Prints the tables; 1 where a bar is missed."""
    missed: list[str] = []
    parts = (
        *(partial(coverage, name) for name in MEASURED),
        *map(partial, (correction, gate, falls, needed, coefficients)),
    )
    with ProcessPoolExecutor() as pool:
        for part, found in [(part, pool.submit(reported, part)) for part in parts]:
            text, bad = found.result()
            print(f"\n{(part.func.__doc__ or '').splitlines()[0]}\n{text}", flush=True)
            missed += bad
    print(f"\n{'ok' if not missed else 'MISSED: ' + '; '.join(missed)}")
    return int(bool(missed))


def reported(part: Callable[[], list[str]]) -> tuple[str, list[str]]:
    """What the part printed, and what it missed."""
    with redirect_stdout(StringIO()) as printed:
        missed = part()
    return printed.getvalue(), missed


# ---- coefficients


def coefficients() -> list[str]:
    """Coefficients against scikit-learn and SciPy (AC1: against its definition): greatest difference."""
    rng = np.random.default_rng(1)
    worst = dict.fromkeys((*BINARY, *GRADED), 0.0)
    cases = [*degenerate(), *(random_ratings(rng) for _ in range(300))]
    compared = 0
    for left, right, levels in cases:
        weights = rng.integers(1, 6, len(left)).astype(float)
        rated = ratings(left, right, levels=np.arange(levels))
        for name in worst:
            if name in BINARY and levels > 2 and name in ("sensitivity", "specificity"):
                continue
            known = (BINARY | GRADED)[name]
            plain = quietly(REFERENCES[name], left, right, levels)
            heavy = quietly(weighted_reference, name, left, right, weights, levels)
            for ours, theirs in (
                (float(known(rated, np.ones(len(left)))), plain),
                (float(known(rated, weights)), heavy),
            ):
                compared += 1
                # Both undefined is agreement; one of them is not.
                off = 0.0 if np.isnan(ours) and np.isnan(theirs) else abs(ours - theirs)
                worst[name] = max(worst[name], off if np.isfinite(off) else np.inf)
    print(table(("coefficient", "greatest difference"), [(name, f"{off:.1e}") for name, off in worst.items()]))
    print(f"{len(cases)} pairs of ratings, {compared} comparisons")
    return [f"{name} is off by {off:.1e}" for name, off in worst.items() if off > EXACT]


def random_ratings(rng: Rng) -> tuple[Array, Array, int]:
    """Two ratings of 2 to 200 items on a scale of 2 to 6 levels, from unrelated to equal."""
    many, levels = int(rng.integers(2, 200)), int(rng.integers(2, 7))
    left = rng.integers(0, levels, many).astype(float)
    return left, np.where(rng.random(many) < rng.random(), left, rng.integers(0, levels, many)).astype(float), levels


def degenerate() -> list[tuple[Array, Array, int]]:
    """Constant ratings, perfect ones, opposite ones, two items."""
    raw: Sequence[tuple[Sequence[int], Sequence[int]]] = (
        ([1, 1, 1], [1, 1, 1]),
        ([0, 0, 0], [0, 0, 0]),
        ([1, 1, 1], [0, 0, 0]),
        ([1, 1, 1], [1, 0, 1]),
        ([0, 1, 0], [0, 0, 0]),
        ([0, 1, 0, 1], [0, 1, 0, 1]),
        ([0, 1, 0, 1], [1, 0, 1, 0]),
        ([0, 1], [1, 1]),
        ([0, 1], [0, 1]),
        ([0] * 500 + [1], [0] * 500 + [1]),
        ([0] * 500 + [1], [1] + [0] * 500),
    )
    return [(np.array(left, float), np.array(right, float), 2) for left, right in raw]


# ---- intervals


def labelled(rng: Rng, judge: Judge, many: int) -> Sample:
    """Items drawn alike."""
    human = (rng.random(many) < judge.prevalence).astype(float)
    return Sample(human, said(rng, judge, human))


def said(rng: Rng, judge: Judge, human: Array) -> Array:
    """What the judge says of items of which people say this."""
    return np.where(
        human == 1, rng.random(len(human)) < judge.sensitivity, rng.random(len(human)) >= judge.specificity
    ).astype(float)


def weighted(rng: Rng, judge: Judge, many: int) -> Sample:
    """A labelling queue: four times as many items that the judge called bad, which is known and undone by weights."""
    human = (rng.random(many * 40) < judge.prevalence).astype(float)
    verdict = said(rng, judge, human)
    chance = np.where(verdict == 1, 4.0, 1.0)
    chance *= many / chance.sum()
    taken = rng.random(len(human)) < chance
    return Sample(human[taken], verdict[taken], 1 / chance[taken])


def conversations(rng: Rng, judge: Judge, many: int) -> Sample:
    """Conversations of four items on average, alike in what goes wrong and in what the judge makes of it."""
    sizes = 1 + rng.poisson(3, many)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), many)) + 1]
    clusters = np.repeat(np.arange(len(sizes)), sizes)

    def shared(mean: float) -> Array:
        return rng.beta(mean * 5, (1 - mean) * 5, len(sizes))[clusters]

    human = (rng.random(len(clusters)) < shared(judge.prevalence)).astype(float)
    verdict = np.where(
        human == 1,
        rng.random(len(clusters)) < shared(judge.sensitivity),
        rng.random(len(clusters)) >= shared(judge.specificity),
    ).astype(float)
    return Sample(human, verdict, None, clusters)


def graded(rng: Rng, many: int) -> Sample:
    """Five levels by people, eleven by the judge."""
    human, judge = five_levels(rng, many, 0.6)
    return Sample(human, judge)


def five_levels(rng: Rng, many: int, noise: float) -> tuple[Array, Array]:
    """People's levels of a hidden quality, and the judge's of the same one seen through noise."""
    quality = rng.standard_normal(many)
    human = np.digitize(quality + 0.3 * rng.standard_normal(many), (-1.2, -0.5, 0.2, 1.0)) / 4
    return human, np.round(10 / (1 + np.exp(-1.5 * (quality + noise * rng.standard_normal(many))))) / 10


def truth_of(judge: Judge) -> dict[str, float]:
    """Every binary coefficient of the population."""
    bad, good = judge.prevalence, 1 - judge.prevalence
    cells = np.array([
        bad * judge.sensitivity, bad * (1 - judge.sensitivity), good * (1 - judge.specificity), good * judge.specificity,
    ])  # fmt: skip
    rated = ratings([1, 1, 0, 0], [1, 0, 1, 0])
    return {name: float(one(rated, cells)) for name, one in BINARY.items()}


def truth_graded() -> dict[str, float]:
    """Every graded coefficient of the population, from two million items."""
    human, judge = five_levels(np.random.default_rng(0), 2_000_000, 0.6)
    pairs, many = np.unique(np.column_stack((human, judge)), axis=0, return_counts=True)
    rated = ratings(pairs[:, 0], pairs[:, 1], levels=LEVELS)
    return {name: float(one(rated, many.astype(float))) for name, one in GRADED.items()}


class Measured(NamedTuple):
    """Ratings whose intervals are measured."""

    scale: Scale
    make: Callable[[Rng, int], Sample]
    truth: Callable[[], dict[str, float]]
    replicates: int
    barred: Sequence[int] = SIZES


def _by(
    judge: Judge, make: Callable[[Rng, Judge, int], Sample], replicates: int, barred: Sequence[int] = SIZES
) -> Measured:
    return Measured("binary", lambda rng, many: make(rng, judge, many), lambda: truth_of(judge), replicates, barred)


MEASURED = {
    **{name: _by(judge, labelled, 2_000) for name, judge in JUDGES.items()},
    "weighted": _by(JUDGES["good"], weighted, 1_000),
    # Eighty labels are twenty conversations here: too few to be more than careful (they cover up to 98 %).
    "conversations": _by(JUDGES["good"], conversations, 1_000, SIZES[1:]),
    "graded": Measured("graded", graded, truth_graded, 2_000),
    # Two or three errors in all: counts that small cannot be covered evenly, whatever the interval.
    "nearly perfect": _by(Judge(0.3, 0.97, 0.98), labelled, 1_000, ()),
}


def coverage(name: str) -> list[str]:
    """Coverage of 95 % intervals; above and below: the interval lies wholly above or below the truth."""
    rows: list[tuple[Any, ...]] = []
    missed: list[str] = []
    measured = MEASURED[name]
    truth, replicates = measured.truth(), measured.replicates
    for many in SIZES:
        bar = many in measured.barred
        rng = np.random.default_rng(many)
        misses = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
        for replicate in range(replicates):
            one = measured.make(rng, many)
            for found in agreement(
                one.human,
                one.judge,
                scale=measured.scale,
                weights=one.weights,
                clusters=one.clusters,
                levels=LEVELS,
                seed=replicate,
                draws=DRAWS,
            ):
                misses[0][found.coefficient] += found.low > truth[found.coefficient]
                misses[1][found.coefficient] += found.high < truth[found.coefficient]
        for coefficient, true in truth.items():
            above, below = (side[coefficient] / replicates for side in misses)
            covered = 1 - above - below
            rows.append((
                name, many, coefficient, f"{true:.3f}", f"{covered:.3f}", f"{above:.3f}", f"{below:.3f}", replicates,
                "" if bar else "no bar",
            ))  # fmt: skip
            if bar and not COVERED[0] <= covered <= COVERED[1]:
                missed.append(f"{name}, {many} labels: intervals of {coefficient} cover {covered:.3f}")
    print(table(("judge", "labels", "coefficient", "truth", "covered", "above", "below", "replicates", ""), rows))
    return missed


# ---- corrected rates


def correction() -> list[str]:
    """Corrected rates: coverage of the true rate of a finite population, 5 % of which was judged."""
    rows: list[tuple[Any, ...]] = []
    missed: list[str] = []
    replicates = 1_000
    for (name, judge), (labels, sampled) in product(JUDGES.items(), ((80, 500), (200, 1_000), (1_000, 3_000))):
        rng = np.random.default_rng(labels)
        hit = dict.fromkeys(("raw", "rogan-gladen", "prediction-powered", "labels alone"), 0)
        wide = dict.fromkeys(hit, 0.0)
        for replicate in range(replicates):
            # Another week than the one that the judge was calibrated on: failures are half as many.
            week = judge._replace(prevalence=judge.prevalence / 2)
            everything = (rng.random(sampled * 20) < week.prevalence).astype(float)
            truth = everything.mean()
            taken = rng.random(len(everything)) < 0.05
            verdict = said(rng, judge, everything[taken])
            calibrated = labelled(rng, judge, labels)
            chance = np.full(len(verdict), 0.05)
            asked = np.full(len(verdict), labels / sampled)
            human = np.where(rng.random(len(verdict)) < asked, everything[taken], np.nan)
            corrected = rogan_gladen(
                verdict, chance, human=calibrated.human, judge=calibrated.judge, seed=replicate, draws=DRAWS
            )
            powered = prediction_powered(
                verdict, chance, human=human, label_probabilities=asked, seed=replicate, draws=DRAWS
            )
            half = 1.96 * np.sqrt(verdict.var() / len(verdict))
            for way, low, high in (
                ("raw", verdict.mean() - half, verdict.mean() + half),
                ("rogan-gladen", corrected.low, corrected.high),
                ("prediction-powered", powered.low, powered.high),
                ("labels alone", powered.labels_alone.low, powered.labels_alone.high),
            ):
                hit[way] += low <= truth <= high
                # Without one bad item among the labels there is no correction, which counts as a miss.
                wide[way] += high - low if np.isfinite(high - low) else 1.0
        for way in hit:
            covered = hit[way] / replicates
            bar = way in ("rogan-gladen", "prediction-powered")
            note = "" if bar else "not corrected" if way == "raw" else "no bar"
            rows.append((name, labels, sampled, way, f"{covered:.3f}", f"{wide[way] / replicates:.3f}", note))
            if bar and not COVERED[0] <= covered <= COVERED[1]:
                missed.append(f"{name}, {labels} labels: {way} covers {covered:.3f}")
    print(table(("judge", "labels", "judged", "way", "covered", "width", ""), rows))
    print(f"{replicates} replicates each")
    return missed


# ---- the gate


def judge_of(mcc: float) -> Judge:
    """A judge with this MCC, failures of 30 %, as sensitive as specific."""
    low, high = 0.5, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if truth_of(Judge(0.3, middle, middle))["mcc"] < mcc else (low, middle)
    return Judge(0.3, low, low)


def gate() -> list[str]:
    """Share of rounds in which the gate is open: it must not be for judges at or below 0.6 (at most 4 %)."""
    rows: list[tuple[Any, ...]] = []
    missed: list[str] = []
    replicates = 1_000
    rule = GATES["binary"]
    for mcc, many in product((0.4, 0.5, 0.6, 0.7, 0.8, 0.9), SIZES):
        judge, rng = judge_of(mcc), np.random.default_rng(many)
        opened = stayed = 0
        for replicate in range(replicates):
            one = labelled(rng, judge, many)
            found = agreement(one.human, one.judge, scale="binary", coefficients=["mcc"], seed=replicate, draws=DRAWS)[
                0
            ]
            closed = decide(rule, "closed", found)
            opened += closed.state == "open" and closed.event == "opened"
            stayed += decide(rule, "open", found).state == "open"
            if (found.low >= rule.threshold) != (closed.state == "open"):
                missed.append(f"the gate is {closed.state} with a lower bound of {found.low:.3f}")
        share = opened / replicates
        if opened != stayed:
            missed.append(f"MCC {mcc}, {many} labels: whether the gate is open depends on what it was")
        rows.append((mcc, many, f"{share:.3f}"))
        if mcc <= rule.threshold and share > 0.04:
            missed.append(f"MCC {mcc}, {many} labels: the gate opens in {share:.3f}")
        if mcc >= 0.8 and many == max(SIZES) and share < 0.95:
            missed.append(f"MCC {mcc}, {many} labels: the gate opens in {share:.3f} only")
    print(table(("true MCC", "labels", "open"), rows))
    print(f"{replicates} replicates each; lower bound of 0.6")
    return missed


def needed() -> list[str]:
    """How many labels the gate asks for, after a pilot, and how often it is then open if the pilot saw the judge as it is (75 to 95 %)."""
    rows: list[tuple[Any, ...]] = []
    missed: list[str] = []
    rule = GATES["binary"]
    for mcc in (0.7, 0.75, 0.8):
        judge, rng = judge_of(mcc), np.random.default_rng(1)
        asked: list[int] = []
        for replicate in range(400):
            one = labelled(rng, judge, 80)
            found = agreement(one.human, one.judge, scale="binary", coefficients=["mcc"], seed=replicate, draws=DRAWS)[
                0
            ]
            total = labels_for(rule, found)
            asked += [total] if total is not None else []
        middle = int(np.median(asked))
        # What it would ask for if the pilot had seen the judge as it is.
        exact = int(np.median(_as_it_is(rule, judge, rng)))
        opened = 0
        for replicate in range(400):
            one = labelled(rng, judge, exact)
            found = agreement(one.human, one.judge, scale="binary", coefficients=["mcc"], seed=replicate, draws=DRAWS)[
                0
            ]
            opened += found.low >= rule.threshold
        rows.append((mcc, f"{len(asked) / 400:.2f}", middle, exact, f"{opened / 400:.2f}"))
        if not 0.75 <= opened / 400 <= 0.95:
            missed.append(f"MCC {mcc}: with the {exact} labels asked for, the gate opens in {opened / 400:.2f}")
    print(table(("true MCC", "pilots of 80 that ask", "median asked", "asked where seen as it is", "open then"), rows))
    return missed


def _as_it_is(rule: Gate, judge: Judge, rng: Rng) -> list[int]:
    """Labels asked for by pilots of 200 whose estimate is within 0.01 of the truth."""
    true = truth_of(judge)["mcc"]
    found: list[int] = []
    while len(found) < 20:
        one = labelled(rng, judge, 200)
        seen = agreement(one.human, one.judge, scale="binary", coefficients=["mcc"], seed=len(found), draws=DRAWS)[0]
        total = labels_for(rule, seen)
        if abs(seen.estimate - true) < 0.01 and total is not None:
            found.append(total)
    return found


def falls() -> list[str]:
    """Share of comparisons called fallen: no fall must be called in at most 4 %; one of 0.2 is found with 1,000 labels."""
    rows: list[tuple[Any, ...]] = []
    missed: list[str] = []
    replicates = 600
    good = judge_of(0.8)
    for now, many in product((0.8, 0.75, 0.7, 0.6, 0.4), SIZES):
        after, rng = judge_of(now), np.random.default_rng(many)
        truth = now - 0.8
        fallen = covered = 0
        for replicate in range(replicates):
            human = (rng.random(many) < good.prevalence).astype(float)
            # Versions of one judge stumble over the same items: the same dice for both.
            dice = rng.random(many)
            before = np.where(dice < good.sensitivity, human, 1 - human)
            shaken = np.where(rng.random(many) < 0.1, rng.random(many), dice)
            later = np.where(shaken < after.sensitivity, human, 1 - human)
            found = compare(human, before, later, gate=GATES["binary"], scale="binary", seed=replicate, draws=DRAWS)
            fallen += found.fallen
            covered += found.difference.low <= truth <= found.difference.high
        share = fallen / replicates
        rows.append((f"0.80 to {now:.2f}", many, f"{share:.3f}", f"{covered / replicates:.3f}"))
        if now == 0.8 and share > 0.04:
            missed.append(f"{many} labels: a fall that is none is called in {share:.3f}")
        if now <= 0.6 and many == max(SIZES) and share < 0.95:
            missed.append(f"{many} labels: a fall to {now} is found in {share:.3f} only")
    print(table(("MCC", "labels", "called fallen", "difference covered"), rows))
    print(f"{replicates} replicates each")
    return missed


if __name__ == "__main__":
    sys.exit(main())
