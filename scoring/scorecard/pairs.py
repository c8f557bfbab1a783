"""Which pairs of features are worth a table: those whose interaction lowers the loss of rows left out."""

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from scoring.scorecard.bagging import Bagged, Plan, log_odds
from scoring.scorecard.binning import coarser
from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, NumericAxis

# The cells of a pair's side: one for so many rows, between these limits.
BINS, ROWS_IN_A_BIN = (16, 32), 1000
CATEGORIES, ROWS_IN_A_CATEGORY = (20, 250), 100
# Curvature of the prior that holds an interaction's cell at 0 while pairs are compared.
SHRINKAGE = 8.0
# The share of the pairs taken that may not interact in truth.
FALSE_SHARE_MAX = 0.01


def pair_grid(first: int, second: int, axes: Sequence[Axis], sample: Sample, monotonic: Sequence[int]) -> Grid:
    """The table of two features, over cells coarser than their own."""
    cell_of = tuple(_coarse(axes[feature], sample.cells[feature], sample.weight) for feature in (first, second))
    return Grid(
        (first, second),
        cell_of,
        (int(cell_of[0].max()) + 1, int(cell_of[1].max()) + 1),
        tuple(isinstance(axes[feature], NumericAxis) for feature in (first, second)),
        (monotonic[first], monotonic[second]),
    )


def _coarse(axis: Axis, cells: Ints, weight: Floats) -> Ints:
    """For each cell of a feature its cell in a pair: bins of about equal weight, or the heaviest categories."""
    rows = float(weight.sum())
    if isinstance(axis, NumericAxis):
        return coarser(axis, cells, weight, int(np.clip(rows / ROWS_IN_A_BIN, *BINS)))[1]
    mass = np.bincount(cells, weight, minlength=axis.size)
    kept = np.sort(np.argsort(-mass[:-2], kind="stable")[: int(np.clip(rows / ROWS_IN_A_CATEGORY, *CATEGORIES))])
    coarse = np.full(axis.size, len(kept), dtype=np.intp)
    coarse[kept] = np.arange(len(kept))
    coarse[-1] = len(kept) + 1
    return coarse


def search(
    sample: Sample,
    axes: Sequence[Axis],
    monotonic: Sequence[int],
    plan: Plan,
    fits: Sequence[Bagged],
    known: Collection[tuple[int, ...]] = (),
) -> list[Grid]:
    """The pairs, but for ``known``, whose interaction surely lowers the loss of rows left out, the best first.

    Notes
    -----
    For each bag of the first repeat the interaction is the shrunken Newton step in each cell of the pair's table,
    less its row and column means, learned from the bag's rows and tried on the fold it left out. What it gains there
    has to exceed what the luckiest of so many pairs would gain by chance.
    """
    grids = [
        pair_grid(first, second, axes, sample, monotonic)
        for first, second in combinations(range(len(axes)), 2)
        if (first, second) not in known
    ]
    gains, variances = np.zeros(len(grids)), np.zeros(len(grids))
    for fold in range(int(plan.folds[0].max()) + 1):
        gain, variance = _gains_on(sample, log_odds(fits, fold, sample), plan.folds[0] == fold, grids)
        gains, variances = gains + gain, variances + variance
    chance = ndtr(-gains / np.sqrt(np.maximum(variances, 1e-300)))
    kept = np.flatnonzero(_discovered(chance) & (gains > 0))
    return [grids[number] for number in kept[np.argsort(-gains[kept], kind="stable")]]


def _discovered(chance: Floats) -> NDArray[np.bool_]:
    """Which of many null hypotheses to reject (Benjamini and Hochberg 1995)."""
    ranked = np.sort(chance)
    passed = ranked <= FALSE_SHARE_MAX * np.arange(1, len(ranked) + 1) / len(ranked)
    limit = float(ranked[passed].max(initial=-1.0))
    return chance <= limit


def _gains_on(sample: Sample, scores: Floats, out: NDArray[np.bool_], grids: Sequence[Grid]) -> tuple[Floats, Floats]:
    """What each interaction gains on the fold left out, and the variance of that if there were no interaction."""
    probability = expit(scores)
    gradient = sample.positive - sample.weight * probability
    hessian = sample.weight * probability * (1 - probability)
    gains, variances = [], []
    for grid in grids:
        at = grid.locate(sample.cells) * 2 + out
        slope, curve = (summed(at, part, (*grid.shape, 2)) for part in (gradient, hessian))
        step = _interaction(slope[..., 0], curve[..., 0])
        energy = float((curve[..., 1] * step**2).sum())
        gains.append(float((slope[..., 1] * step).sum()) - 0.5 * energy)
        variances.append(energy)
    return np.array(gains), np.array(variances)


def _interaction(gradient: Floats, hessian: Floats) -> Floats:
    """The step in each cell that neither the row's nor the column's own effect explains."""
    step = gradient / (hessian + SHRINKAGE)
    for axis in (0, 1):
        mass = hessian.sum(axis=axis, keepdims=True) + 1e-12
        step = step - (step * hessian).sum(axis=axis, keepdims=True) / mass
    return step
