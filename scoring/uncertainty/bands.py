"""An interval of the probability, as a step function of the score.

Two things are uncertain. How often the outcome happens among rows that score alike, learned from the rows' outcomes;
and how far a row's own probability lies from that of its peers, because a model fitted to other data would have
scored it differently. The first is an observed frequency, the second is the ``spread`` that
:func:`jackknife_spread` measures. Both are added as variances of the log-odds.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.scorecard.card import Axis, BandTable, ScoreBands
from scoring.uncertainty.venn_abers import monotone, pooled_blocks

Floats = NDArray[np.float64]
Method = Literal["logistic", "venn-abers"]

# Below this many rows of the rarer outcome Venn–ABERS pools so few that its intervals are twice as wide as those of
# a logistic curve with hinges, which covers as well; above it the curve is too stiff (docs/honesty.md has both).
RARER_FOR_VENN_ABERS = 300
# The jackknife overstates a variance (Efron and Stein 1981), and cannot see that a model of few rows is too smooth.
# Fitted on four simulated truths at 18 to 7,900 rows of the rarer outcome, checked on others (docs/honesty.md).
JACKKNIFE_SHARE, SMOOTHING_ROWS, SPREAD_FACTOR_MAX = 0.85, 100.0, 1.8
ROWS_FOR_A_SEGMENT = 200
RARER_FOR_A_SEGMENT = 25


class _Calibration(NamedTuple):
    """What the bands are learned from: effective counts, so that weights do not feign more rows than there are."""

    log_odds: Floats
    y: Floats
    weight: Floats
    variance: Floats

    def of(self, rows: NDArray[np.bool_]) -> "_Calibration":
        return _Calibration(*(column[rows] for column in self))

    @property
    def rarer(self) -> float:
        positive = float(self.weight @ self.y)
        return min(positive, float(self.weight.sum()) - positive)


def score_bands(
    log_odds: ArrayLike,
    y: ArrayLike,
    *,
    level: float = 0.9,
    sample_weight: ArrayLike | None = None,
    spread: ArrayLike | None = None,
    segment: Axis | None = None,
    cells: ArrayLike | None = None,
) -> ScoreBands:
    """The interval that holds the probability of a row with a given score, ``level`` of the time.

    Parameters
    ----------
    log_odds : array of shape (n_samples,)
        Scores of rows that the model did not learn from (cross-fitted ones will do), as the card gives them.
    y : array of shape (n_samples,)
        The outcomes, 0 or 1.
    level : float
        The share of rows whose true probability the interval is to hold.
    sample_weight : array of shape (n_samples,), optional
        Weights; only their ratios count, and uneven ones widen the interval.
    spread : array of shape (n_samples,), optional
        Standard error of each row's log-odds, from :func:`jackknife_spread`. Without it the interval is that of the
        mean probability of all rows that score alike, which is narrower than that of one row.
    segment, cells : Axis and array of shape (n_samples,), optional
        An axis and each row's cell of it: every cell with at least 200 rows, 25 of the rarer outcome among them,
        has a table of its own.

    Returns
    -------
    ScoreBands
        At most 41 steps (17 for a segment).

    Raises
    ------
    ValueError
        If the arrays are empty, differ in length or hold anything but finite scores and outcomes 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> log_odds = rng.normal(size=2000)
    >>> outcome = rng.random(2000) < 1 / (1 + np.exp(-log_odds))
    >>> bands = score_bands(log_odds, outcome)
    >>> bands.method, len(bands.low)
    ('venn-abers', 41)
    """
    rows = _with_smoothing(_checked(log_odds, y, sample_weight, spread))
    whole, method = _table(rows, level, steps=41)
    return ScoreBands(
        method=method,
        level=level,
        edges=whole.edges,
        low=whole.low,
        high=whole.high,
        segment=segment,
        by_segment=() if segment is None else _by_segment(rows, np.asarray(cells), segment.size, level),
    )


def jackknife_spread(fold_log_odds: ArrayLike) -> Floats:
    """Standard error of each row's log-odds from models that each left out one of K equal parts.

    Parameters
    ----------
    fold_log_odds : array of shape (n_folds, n_samples)
        The score of every row by every model of a K-fold cross-fit, those that saw the row included.

    Returns
    -------
    array of shape (n_samples,)

    Notes
    -----
    The delete-a-group jackknife of Kott (2001): ``(K - 1) / K * sum((fold - mean)²)``. It costs no further fit.

    Examples
    --------
    >>> jackknife_spread([[0.0, 1.0], [0.2, 1.0]]).round(3).tolist()
    [0.1, 0.0]
    """
    folds = np.asarray(fold_log_odds, dtype=np.float64)
    spread: Floats = np.sqrt((len(folds) - 1) * folds.var(axis=0))
    return spread


def _checked(
    log_odds: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, spread: ArrayLike | None
) -> _Calibration:
    score, label = np.asarray(log_odds, dtype=np.float64), np.asarray(y, dtype=np.float64)
    weight = np.ones(len(score)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    variance = np.zeros(len(score)) if spread is None else np.asarray(spread, dtype=np.float64) ** 2
    if not len(score) or not len(score) == len(label) == len(weight) == len(variance):
        raise ValueError("score_bands needs at least one row, and arrays of one length")
    if not np.isfinite(score).all() or not np.isin(label, (0, 1)).all() or not np.isfinite(variance).all():
        raise ValueError("score_bands needs finite log-odds and spreads, and outcomes that are 0 or 1")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise ValueError("score_bands needs weights that are finite, not negative and not all zero")
    kept = weight > 0
    rows = _Calibration(score, label, weight * weight.sum() / (weight**2).sum(), variance)
    return rows.of(kept)


def _with_smoothing(rows: _Calibration) -> _Calibration:
    """The variance of a row's own score with what the jackknife gets wrong about it."""
    factor = min(SPREAD_FACTOR_MAX, JACKKNIFE_SHARE + SMOOTHING_ROWS / max(rows.rarer, 1.0))
    return rows._replace(variance=rows.variance * factor)


def _by_segment(rows: _Calibration, cells: NDArray[np.intp], size: int, level: float) -> tuple[BandTable | None, ...]:
    tables: list[BandTable | None] = []
    for cell in range(size):
        own = rows.of(cells == cell)
        enough = len(own.y) >= ROWS_FOR_A_SEGMENT and own.rarer >= RARER_FOR_A_SEGMENT
        tables.append(_table(own, level, steps=17)[0] if enough else None)
    return tuple(tables)


def _table(rows: _Calibration, level: float, *, steps: int) -> tuple[BandTable, Method]:
    """The steps and the method that the number of rows allows."""
    edges = _edges(rows.log_odds, steps)
    step = np.searchsorted(edges, rows.log_odds, side="left")
    weight: Floats = np.bincount(step, rows.weight, minlength=len(edges) + 1).astype(np.float64)
    centre = np.bincount(step, rows.weight * rows.log_odds, minlength=len(edges) + 1) / weight
    # Rows of one step differ in score, too: that is part of what the step's interval has to hold.
    within = rows.variance + (rows.log_odds - centre[step]) ** 2
    variance = np.bincount(step, rows.weight * within, minlength=len(edges) + 1) / weight
    method: Method = "logistic" if rows.rarer < RARER_FOR_VENN_ABERS else "venn-abers"
    curve = _logistic if method == "logistic" else _venn_abers
    low, high = curve(rows, centre, variance, NormalDist().inv_cdf((1 + level) / 2))
    return BandTable(edges=_rounded(edges), low=_share(low, weight), high=_share(high, weight)), method


def _edges(log_odds: Floats, steps: int) -> Floats:
    """Edges at quantiles that crowd towards both ends, where a step of equal counts would span many odds."""
    tail = np.log(max(len(log_odds) / 10.0, 2.0))
    levels = 1 / (1 + np.exp(-np.linspace(-tail, tail, steps - 1)))
    edges: Floats = np.unique(np.round(np.quantile(log_odds, levels), 4))
    filled = np.unique(np.searchsorted(edges, log_odds, side="left"))
    # An edge is kept where rows lie on both sides of it and before the next one.
    return edges[filled[1:] - 1]


def _logistic(rows: _Calibration, at: Floats, variance: Floats, z: float) -> tuple[Floats, Floats]:
    """A logistic curve of the score with hinges at quantiles, as many as the rarer outcome feeds."""
    hinges = np.quantile(rows.log_odds, np.linspace(0, 1, min(4, int(rows.rarer // 25)) + 2)[1:-1])
    coefficients, covariance = _posterior(_design(rows.log_odds, hinges), rows)
    design = _design(at, hinges)
    centre = at + design @ coefficients
    half = z * np.sqrt(variance + np.einsum("ij,jk,ik->i", design, covariance, design))
    return centre - half, centre + half


def _design(log_odds: Floats, hinges: Floats) -> Floats:
    columns = [np.ones_like(log_odds), log_odds, *(np.maximum(log_odds - hinge, 0) for hinge in hinges)]
    return np.column_stack(columns)


def _posterior(design: Floats, rows: _Calibration) -> tuple[Floats, Floats]:
    """Mode and covariance of the correction to the score, with a prior that it is calibrated already.

    The prior (standard deviation 2 for the level, 0.5 for every slope) keeps a handful of rows, or rows of one
    outcome alone, from giving an infinite answer; a few dozen rows outweigh it.
    """
    precision = np.diag([0.25] + [4.0] * (design.shape[1] - 1))
    coefficients = np.zeros(design.shape[1])
    hessian = precision
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(rows.log_odds + design @ coefficients, -500, 500)))
        hessian = (design * (rows.weight * p * (1 - p))[:, None]).T @ design + precision
        step = np.linalg.solve(hessian, design.T @ (rows.weight * (rows.y - p)) - precision @ coefficients)
        # A Newton step is shortened where it would overshoot.
        coefficients = coefficients + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    return coefficients, np.linalg.inv(hessian)


def _venn_abers(rows: _Calibration, at: Floats, variance: Floats, z: float) -> tuple[Floats, Floats]:
    """Both Venn–ABERS probabilities, each with the binomial error of the rows pooled for it."""
    zero, one = pooled_blocks(rows.log_odds, rows.y, at, sample_weight=rows.weight)
    (low, low_variance), (high, high_variance) = _empirical_logit(*zero), _empirical_logit(*one)
    return low - z * np.sqrt(low_variance + variance), high + z * np.sqrt(high_variance + variance)


def _empirical_logit(weight: Floats, positive: Floats) -> tuple[Floats, Floats]:
    """Log-odds of a frequency and their variance, finite where nothing or everything was positive."""
    hit, miss = positive + 0.5, weight - positive + 0.5
    return np.log(hit / miss), 1 / hit + 1 / miss


def _share(log_odds: Floats, weight: Floats) -> tuple[float, ...]:
    """Probabilities that rise with the score, as the score's own do."""
    return _rounded(1 / (1 + np.exp(-np.clip(monotone(log_odds, weight), -500, 500))))


def _rounded(values: Floats) -> tuple[float, ...]:
    rounded: Sequence[float] = np.round(values, 4).tolist()
    return tuple(rounded)
