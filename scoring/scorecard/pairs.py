"""Which pairs of features are worth a table: those whose interaction lowers the loss of rows left out."""

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from scoring.scorecard.bagging import Bagged, Plan, log_odds
from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, NumericAxis

BINS_MAX = 16
CATEGORIES_MAX = 20
# Curvature of the prior that holds an interaction's cell at 0 while pairs are compared.
SHRINKAGE = 8.0


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
    mass = np.bincount(cells, weight, minlength=axis.size)
    if isinstance(axis, NumericAxis):
        known = mass[:-1]
        below = np.cumsum(known) - known / 2
        step = (
            (below * BINS_MAX / max(known.sum(), 1e-300)).astype(np.intp)
            if len(known) > BINS_MAX
            else np.arange(len(known))
        )
        merged = np.unique(step, return_inverse=True)[1]
        return np.append(merged, merged.max() + 1)
    kept = np.sort(np.argsort(-mass[:-2], kind="stable")[:CATEGORIES_MAX])
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
) -> list[tuple[float, Grid]]:
    """Every other pair of features by how much its interaction lowers the loss of the rows left out, best first.

    Notes
    -----
    For each bag of the first repeat the interaction is the shrunken Newton step in each cell of the pair's table,
    less its row and column means, learned from the bag's rows and tried on the fold it left out.
    """
    grids = [
        pair_grid(first, second, axes, sample, monotonic)
        for first, second in combinations(range(len(axes)), 2)
        if (first, second) not in known
    ]
    gains = np.zeros(len(grids))
    for fold in range(int(plan.folds[0].max()) + 1):
        gains += _gains_on(sample, log_odds(fits, fold, sample), plan.folds[0] == fold, grids)
    order = np.argsort(-gains, kind="stable")
    return [(float(gains[number]), grids[number]) for number in order]


def _gains_on(sample: Sample, scores: Floats, out: NDArray[np.bool_], grids: Sequence[Grid]) -> Floats:
    probability = expit(scores)
    gradient = sample.positive - sample.weight * probability
    hessian = sample.weight * probability * (1 - probability)
    gains = []
    for grid in grids:
        at = grid.locate(sample.cells) * 2 + out
        slope, curve = (summed(at, part, (*grid.shape, 2)) for part in (gradient, hessian))
        step = _interaction(slope[..., 0], curve[..., 0])
        gains.append(float((slope[..., 1] * step - 0.5 * curve[..., 1] * step**2).sum()))
    return np.array(gains)


def _interaction(gradient: Floats, hessian: Floats) -> Floats:
    """The step in each cell that neither the row's nor the column's own effect explains."""
    step = gradient / (hessian + SHRINKAGE)
    for axis in (0, 1):
        mass = hessian.sum(axis=axis, keepdims=True) + 1e-12
        step = step - (step * hessian).sum(axis=axis, keepdims=True) / mass
    return step
