"""Whether estimates from an anomaly-biased sample are unbiased, their intervals honest, and the preference worth it.

    python -m tests.quality.estimator [--replicates 1000]

Populations of traces with known verdicts are sampled again and again by the sampler itself (`assay.scorer.sample`: strata,
plan of a budget from an earlier population, hash of judge and trace id; each replicate is a judge of its own) and estimated
by `assay.stats.estimate`. One bad trace in three carries no finding. Prints a row per population and budget; exits 1 where
the bias over all tables is more than two standard errors from zero (of one table: three), a 95 % interval covers less than 93 or more than 97 %, or fewer than
three times as many judged-bad traces are found as by a uniform sample of the same size.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.scorer.sample import Anomalies, Stratum, draw, plan, probability, stratum
from assay.stats.estimate import by_cohort, hajek
from tests.quality.data import table

Array = np.ndarray[Any, Any]

TRACES = 20_000
SILENT = 1 / 3
BUDGETS = (0.05, 0.10)
BAD = (0.03, 0.08)
COVERED = (0.93, 0.97)
STANDARD_ERRORS = 2.0
TIMES = 3.0
RARE = 0.01
COHORTS = {"chat": 0.6, "search": 0.39, "pilot": 0.01}


@dataclass(frozen=True, slots=True)
class Population:
    """Traces with what a judge would say of each."""

    strata: list[Stratum]
    bad: Array
    score: Array
    cohort: Array


def population(bad_rate: float, seed: int) -> Population:
    """Traces as a workspace has them: findings in two of three bad traces and in one of twelve good ones."""
    rng = np.random.default_rng(seed)
    bad = rng.random(TRACES) < bad_rate
    flagged = np.where(bad, rng.random(TRACES) >= SILENT, rng.random(TRACES) < 1 / 12)
    severe = rng.random(TRACES) < np.where(bad, 0.6, 0.25)
    severity = np.where(flagged, np.where(severe, "error", "warning"), "")
    signal = rng.random(TRACES) < np.where(bad & flagged, 0.1, 0.005)
    slow = rng.random(TRACES) < 0.01
    dear = rng.random(TRACES) < 0.01
    cohort = rng.choice(list(COHORTS), TRACES, p=list(COHORTS.values()))
    strata = [
        stratum(Anomalies(severity[i], int(signal[i]), slow[i], dear[i], None, COHORTS[cohort[i]] <= RARE))
        for i in range(TRACES)
    ]
    # Five anchored levels, as rubrics have; a good answer is not always a perfect one.
    score = np.where(
        bad, rng.choice(5, TRACES, p=(0.3, 0.4, 0.2, 0.1, 0)), rng.choice(5, TRACES, p=(0, 0, 0.1, 0.3, 0.6))
    )
    return Population(strata, bad.astype(float), score / 4, cohort)


def draws(name: str, replicates: int) -> Array:
    """The sampler's numbers, (judges, traces). Every name has judges of its own, so that tables do not share their luck."""
    rng = np.random.default_rng(7)
    ids = [f"{low:016x}{high:016x}" for low, high in rng.integers(0, 2**63, (TRACES, 2))]
    return np.array([[draw(f"{name} {one}@1", trace) for trace in ids] for one in range(replicates)], np.float64)


def main(replicates: int) -> int:
    """Prints the tables; 1 where a bar is missed."""
    rows: list[tuple[Any, ...]] = []
    cohorts: list[tuple[Any, ...]] = []
    missed: list[str] = []
    off_by: dict[str, list[float]] = {"rate": [], "mean": []}
    for bad_rate in BAD:
        people, earlier = population(bad_rate, 1), population(bad_rate, 2)
        for budget in BUDGETS:
            name = f"{bad_rate:.0%} bad, {budget:.0%} judged"
            chosen = plan(Counter(earlier.strata), budget * TRACES)
            chance = np.array([probability(one, chosen) for one in people.strata])
            drawn = draws(name, replicates)
            taken = drawn < chance
            uniform = drawn < chance.mean()
            times = (taken @ people.bad).sum() / (uniform @ people.bad).sum()
            if times < TIMES:
                missed.append(f"{name}: {times:.2f} times")
            for what, values in (("rate", people.bad), ("mean", people.score)):
                truth = values.mean()
                found = [hajek(values[one], chance[one], seed=i) for i, one in enumerate(taken)]
                errors = np.array([one.estimate for one in found]) - truth
                below = np.mean([one.high < truth for one in found])
                above = np.mean([one.low > truth for one in found])
                off = errors.mean() / (errors.std(ddof=1) / np.sqrt(replicates))
                covered = 1 - below - above
                width = np.mean([one.high - one.low for one in found])
                size = np.mean([one.items for one in found])
                rows.append((
                    name, what, f"{size:.0f}", f"{truth:.4f}", f"{errors.mean():+.6f}", f"{off:+.2f}", f"{errors.std():.4f}",
                    f"{width:.4f}", f"{covered:.3f}", f"{above:.3f}", f"{below:.3f}", f"{times:.2f}",
                ))  # fmt: skip
                off_by[what].append(off)
                if not COVERED[0] <= covered <= COVERED[1]:
                    missed.append(f"{name}: intervals of the {what} cover {covered:.3f}")
            cohorts += by_each(name, people, chance, taken)
    print(table(("population", "", "judged", "truth", "bias", "in s.e.", "s.d.", "width", "covered", "above", "below",
                 "x uniform"), rows))  # fmt: skip
    for what, each in off_by.items():
        # Independent tables: their mean in units of its own standard error. One table alone may be unlucky once in twenty.
        together = sum(each) / np.sqrt(len(each))
        print(f"bias of the {what} over all {len(each) * replicates} replicates: {together:+.2f} standard errors")
        if abs(together) > STANDARD_ERRORS:
            missed.append(f"bias of the {what} is {together:+.2f} standard errors")
        missed += [f"bias of one {what} is {one:+.2f} standard errors" for one in each if abs(one) > 3]
    print("\nby cohort (200 replicates, no bar: the pilot's rate rests on a handful of judged traces):")
    print(table(("population", "cohort", "judged", "truth", "covered"), cohorts))
    print(f"\n{replicates} replicates of each: {'ok' if not missed else 'MISSED: ' + '; '.join(missed)}")
    return int(bool(missed))


def by_each(name: str, people: Population, chance: Array, taken: Array) -> list[tuple[Any, ...]]:
    """How often the interval of each cohort's rate covers."""
    covered: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    some = taken[:200]
    for seed, one in enumerate(some):
        for cohort, found in by_cohort(people.bad[one], chance[one], people.cohort[one], seed=seed).items():
            truth = people.bad[people.cohort == cohort].mean()
            covered[str(cohort)] += found.low <= truth <= found.high
            judged[str(cohort)] += found.items
    return [
        (name, one, f"{judged[one] / len(some):.0f}", f"{people.bad[people.cohort == one].mean():.4f}",
         f"{covered[one] / len(some):.3f}")
        for one in COHORTS
    ]  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--replicates", type=int, default=1_000)
    sys.exit(main(arguments.parse_args().replicates))
