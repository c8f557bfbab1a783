"""Bags of boosted tables: every fold is left out once a repeat, and the tables of all bags are averaged.

An average of tables is a table again, so bagging costs the card nothing. Rows left out choose when to stop, give
scores that no model saw (for calibration and intervals), and choose the pairs worth having.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from scoring.scorecard.boosting import Bag, Floats, Grid, Ints, Rule, Sample, boost, values_at


class Plan(NamedTuple):
    """How to bag: the rule of growth, the sweeps after which tables are kept, the folds of each repeat."""

    rule: Rule
    sweeps: tuple[int, ...]
    folds: NDArray[np.intp]
    n_jobs: int | None

    @property
    def bags(self) -> list[tuple[int, int]]:
        """Each bag by its repeat and the fold it leaves out."""
        return [(repeat, fold) for repeat, folds in enumerate(self.folds) for fold in range(int(folds.max()) + 1)]


class Bagged(NamedTuple):
    """What all bags learned together: averaged tables, and each bag's own for scores of rows it left out."""

    grids: tuple[Grid, ...]
    intercepts: Floats
    tables: list[list[Floats]]
    sweeps: int
    loss: float

    def mean(self) -> tuple[float, list[Floats]]:
        """The intercept and the tables of the card."""
        return float(self.intercepts.mean()), [np.mean(each, axis=0) for each in zip(*self.tables, strict=True)]

    def log_odds(self, bag: int, sample: Sample) -> Floats:
        """The scores that one bag gives."""
        indices = [grid.locate(sample.cells) for grid in self.grids]
        return float(self.intercepts[bag]) + values_at(self.tables[bag], indices)


def log_odds(fits: Sequence[Bagged], bag: int, sample: Sample) -> Floats:
    """The scores that one bag gives in all rounds together."""
    scores = np.zeros(len(sample.weight))
    for fit in fits:
        scores += fit.log_odds(bag, sample)
    return scores


def draw_folds(sample: Sample, n_folds: int, repeats: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    """The fold of each distinct row in each repeat, with the outcome spread evenly over the folds."""
    n = len(sample.weight)
    folds = np.empty((repeats, n), dtype=np.intp)
    mostly = sample.positive >= 0.5 * sample.weight
    for repeat in range(repeats):
        order = np.concatenate([rng.permutation(np.flatnonzero(mostly == side)) for side in (False, True)])
        folds[repeat, order] = np.arange(n) % min(n_folds, n)
    return folds


def bag(sample: Sample, grids: Sequence[Grid], plan: Plan, before: Sequence[Bagged] = ()) -> Bagged:
    """Boost one model a bag, on from ``before`` where given, and stop all of them where the left-out rows say."""
    starts = [log_odds(before, i, sample) if before else None for i in range(len(plan.bags))]
    bags = Parallel(n_jobs=plan.n_jobs)(
        delayed(_one)(sample, plan.folds[repeat] == fold, grids, plan, start)
        for (repeat, fold), start in zip(plan.bags, starts, strict=True)
    )
    best, loss = _best(bags, plan, sample)
    return Bagged(
        tuple(grids),
        np.array([each.intercept for each in bags]),
        [each.tables[min(best, len(each.tables) - 1)] for each in bags],
        plan.sweeps[best],
        loss,
    )


def _one(sample: Sample, out: NDArray[np.bool_], grids: Sequence[Grid], plan: Plan, start: Floats | None) -> Bag:
    rows: list[Ints] = [np.flatnonzero(~out), np.flatnonzero(out)]
    if not len(rows[0]):  # a single distinct row cannot be left out
        rows[0] = rows[1]
    starts = None if start is None else (start[rows[0]], start[rows[1]])
    return boost(sample.take(rows[0]), sample.take(rows[1]), grids, plan.rule, plan.sweeps, starts)


def _best(bags: Sequence[Bag], plan: Plan, sample: Sample) -> tuple[int, float]:
    """Where the loss of the rows left out is least over all bags; a bag that stopped keeps its last loss."""
    length = max(len(each.loss) for each in bags)
    losses = np.sum([np.pad(each.loss, (0, length - len(each.loss)), mode="edge") for each in bags], axis=0)
    best = int(np.argmin(losses))
    return best, float(losses[best] / (sample.weight.sum() * len(plan.folds)))


def left_out(fits: Sequence[Bagged], sample: Sample, plan: Plan) -> tuple[Floats, Floats]:
    """Scores of every row by bags that did not see it, and how far the folds' models differ on it.

    Returns
    -------
    log_odds : array of shape (n_rows,)
        The mean over the repeats.
    by_fold : array of shape (n_folds, n_rows)
        The score by every model of the first repeat.
    """
    by_bag = np.array([log_odds(fits, i, sample) for i in range(len(plan.bags))])
    rows, n_folds = np.arange(len(sample.weight)), int(plan.folds.max()) + 1
    scores = [by_bag[repeat * n_folds + folds, rows] for repeat, folds in enumerate(plan.folds)]
    return np.mean(scores, axis=0), by_bag[:n_folds]
