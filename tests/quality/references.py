"""What scikit-learn, SciPy and statsmodels say of the same ratings; AC1, which none of them has, by its definition."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from sklearn import metrics

Array = np.ndarray[Any, Any]


def _kappa(weights: str | None) -> Callable[..., float]:
    def reference(left: Array, right: Array, levels: int, sample_weight: Array | None = None) -> float:
        return float(
            metrics.cohen_kappa_score(
                left.astype(int), right.astype(int), labels=range(levels), weights=weights, sample_weight=sample_weight
            )
        )

    return reference


def _ac1(left: Array, right: Array, levels: int, sample_weight: Array | None = None) -> float:
    """Gwet 2008: chance is that one of two random people rates at random and both happen to agree."""
    table = metrics.confusion_matrix(
        left.astype(int), right.astype(int), labels=range(levels), sample_weight=sample_weight
    )
    share = table / table.sum()
    prevalence = [(share[level].sum() + share[:, level].sum()) / 2 for level in range(levels)]
    chance = sum(one * (1 - one) for one in prevalence) / (levels - 1)
    return float((np.trace(share) - chance) / (1 - chance))


def _recall(positive: int) -> Callable[..., float]:
    def reference(left: Array, right: Array, levels: int, sample_weight: Array | None = None) -> float:
        return float(
            metrics.recall_score(left, right, pos_label=positive, zero_division=np.nan, sample_weight=sample_weight)
        )

    return reference


REFERENCES: dict[str, Callable[..., float]] = {
    "mcc": lambda left, right, levels, **more: float(metrics.matthews_corrcoef(left, right, **more)),
    "kappa": _kappa(None),
    "ac1": _ac1,
    "sensitivity": _recall(1),
    "specificity": _recall(0),
    "spearman": lambda left, right, levels: float(stats.spearmanr(left, right)[0]),
    "kendall": lambda left, right, levels: float(stats.kendalltau(left, right, variant="b")[0]),
    "linear_kappa": _kappa("linear"),
    "quadratic_kappa": _kappa("quadratic"),
    "mae": lambda left, right, levels, **more: float(metrics.mean_absolute_error(left, right, **more)),
}
"""Coefficient of two ratings, integers from 0 on."""


def weighted_reference(name: str, left: Array, right: Array, weights: Array, levels: int) -> float:
    """The reference with whole weights; SciPy knows none, so the items are repeated."""
    if name in ("spearman", "kendall"):
        many = weights.astype(int)
        return REFERENCES[name](np.repeat(left, many), np.repeat(right, many), levels)
    return REFERENCES[name](left, right, levels, sample_weight=weights)


def quietly(call: Callable[..., float], *given: Any) -> float:
    """A reference without its warnings about constant ratings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*given)
