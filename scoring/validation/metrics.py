"""How good a probability, a ranking or a level is, each figure with the interval that its sample allows."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Metric = Callable[[Floats, Floats], float]


class Estimate(Struct, frozen=True, kw_only=True):
    """A figure, the interval that holds its true value ``level`` of the time, and how the interval was made."""

    value: float
    low: float
    high: float
    level: float
    method: str
    n: int


def auc(y: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve; ties count half.

    Examples
    --------
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    label, value = _pair(y, score)
    positives = int(label.sum())
    negatives = len(label) - positives
    if not positives or not negatives:
        raise ValueError("the AUC needs both outcomes")
    return float((_midranks(value)[label == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_interval(y: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The AUC with DeLong's interval, taken on the logit so that it stays within 0 and 1.

    Source: DeLong, DeLong and Clarke-Pearson (1988), by the ranks of Sun and Xu (2014).

    Examples
    --------
    >>> estimate = auc_interval([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.7, 0.9])
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.889, 0.261, 0.995)
    """
    label, value = _pair(y, score)
    area, (by_positive, by_negative) = auc(label, value), _placements(label, value)
    variance = _variance_of_mean(by_positive) + _variance_of_mean(by_negative)
    low = high = area
    if 0 < area < 1:
        half = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(variance) / (area * (1 - area))
        low, high = (float(1 / (1 + np.exp(-(np.log(area / (1 - area)) + sign * half)))) for sign in (-1, 1))
    return Estimate(value=area, low=low, high=high, level=level, method="DeLong, logit", n=len(label))


def auc_difference(y: ArrayLike, first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """``auc(first) - auc(second)`` on the same rows, with DeLong's interval for paired scores."""
    label, one = _pair(y, first)
    _, two = _pair(y, second)
    (p1, n1), (p2, n2) = _placements(label, one), _placements(label, two)
    value = float(p1.mean() - p2.mean())
    half = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(_variance_of_mean(p1 - p2) + _variance_of_mean(n1 - n2))
    return Estimate(
        value=value, low=value - half, high=value + half, level=level, method="DeLong, paired", n=len(label)
    )


def brier(y: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance of the probability from the outcome."""
    label, value = _pair(y, probability)
    return float(np.mean((value - label) ** 2))


def calibration_error(y: ArrayLike, probability: ArrayLike, *, bins: int = 10, equal_counts: bool = False) -> float:
    """Expected calibration error: mean distance of the observed rate from the mean probability, bin by bin.

    The bins have equal width unless ``equal_counts``.
    """
    label, value = _pair(y, probability)
    inner = np.arange(1, bins) / bins
    edges = np.quantile(value, inner) if equal_counts else inner
    cell = np.searchsorted(edges, value, side="left")
    return float(np.abs(np.bincount(cell, value - label, minlength=bins)).sum() / len(label))


def calibration_slope(y: ArrayLike, probability: ArrayLike) -> tuple[float, float]:
    """Slope and intercept of the outcome on the log-odds: 1 and 0 for a calibrated probability (Cox 1958).

    A slope below 1 says that the probabilities are too extreme.
    """
    label, value = _pair(y, probability)
    clipped = np.clip(value, 1e-12, 1 - 1e-12)
    design = np.column_stack([np.ones_like(clipped), np.log(clipped / (1 - clipped))])
    intercept, slope = logistic_fit(design, label)[0]
    return float(slope), float(intercept)


def ks(y: ArrayLike, score: ArrayLike) -> float:
    """Kolmogorov–Smirnov distance between the scores of the two outcomes."""
    label, value = _pair(y, score)
    order = np.argsort(value, kind="stable")
    gap = np.cumsum(label[order]) / label.sum() - np.cumsum(1 - label[order]) / (1 - label).sum()
    last_of_tie = np.append(np.diff(value[order]) > 0, True)
    return float(np.abs(gap[last_of_tie]).max())


def quadratic_weighted_kappa(y: ArrayLike, predicted: ArrayLike) -> float:
    """Agreement of two ordinal gradings beyond chance, disagreement weighted by its square.

    Examples
    --------
    >>> round(quadratic_weighted_kappa([0, 1, 2, 3], [0, 1, 3, 3]), 3)
    0.917
    """
    truth, guess = _pair(y, predicted)
    expected = np.var(truth) + np.var(guess) + (truth.mean() - guess.mean()) ** 2
    if expected == 0:
        raise ValueError("the kappa needs more than one level")
    return float(1 - np.mean((truth - guess) ** 2) / expected)


def bootstrap(
    metric: Metric,
    y: ArrayLike,
    prediction: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    groups: ArrayLike | None = None,
    random_state: int = 0,
) -> Estimate:
    """Any metric with a percentile bootstrap interval.

    Parameters
    ----------
    metric : callable
        From outcomes and predictions, arrays of shape (n_samples,), to a float.
    y, prediction : arrays of shape (n_samples,)
    level : float
    n_resamples : int
    groups : array of shape (n_samples,), optional
        Rows that belong together (a firm seen several times) are drawn together.
    random_state : int

    Returns
    -------
    Estimate
        A resample in which the metric is undefined (one outcome only) is drawn again.
    """
    label, value = _pair(y, prediction)
    members = _members(len(label), groups)
    rng, draws = np.random.default_rng(random_state), list[float]()
    for _ in range(10 * n_resamples):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        try:
            draws.append(metric(label[rows], value[rows]))
        except ValueError:
            continue
        if len(draws) == n_resamples:
            break
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=metric(label, value), low=float(low), high=float(high), level=level, method="bootstrap", n=len(label)
    )


def logistic_fit(design: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a logistic regression and their covariance, by Newton's method."""
    coefficients = np.zeros(design.shape[1])
    hessian: Floats = np.eye(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ coefficients, -500, 500)))
        # The whisper of a ridge keeps perfectly separated outcomes finite.
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-8 * np.eye(design.shape[1])
        step = np.linalg.solve(hessian, design.T @ (y - p))
        coefficients = coefficients + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    return coefficients, np.asarray(np.linalg.inv(hessian), dtype=np.float64)


def _pair(y: ArrayLike, value: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(y, dtype=np.float64).ravel(), np.asarray(value, dtype=np.float64).ravel()
    if len(first) != len(second) or not len(first):
        raise ValueError(f"expected two arrays of one length, got {len(first)} and {len(second)} values")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("expected finite values")
    return first, second


def _midranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _placements(label: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The share of negatives below each positive, and of positives above each negative."""
    ranks, positive = _midranks(value), label == 1
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    by_positive = (ranks[positive] - _midranks(value[positive])) / n_negative
    by_negative = 1 - (ranks[~positive] - _midranks(value[~positive])) / n_positive
    return by_positive, by_negative


def _variance_of_mean(values: Floats) -> float:
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0


def _members(n: int, groups: ArrayLike | None) -> list[NDArray[np.intp]]:
    if groups is None:
        return list(np.arange(n).reshape(-1, 1))
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    return np.split(order, np.cumsum(np.bincount(inverse))[:-1])
