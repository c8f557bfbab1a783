"""Additive boosting on binned data: tables that grow by small trees, term after term, bag by bag.

Every term is a table over the cells of one axis or two. A sweep visits each term once, fits a tree of a few leaves to
the Newton step of its histogram and adds a fraction of it to the table. What comes out *is* the card's tables: there
is no model left to translate. Each bag leaves a fold of the rows out; the fold decides when to stop and gives honest
scores for calibration. Source of the sweep: Lou, Caruana and Gehrke (2012), "Intelligible models for classification
and regression"; of the Newton step: Friedman (2001), "Greedy function approximation".
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
# A bag stops once it has gone on for this many times the sweeps that were best for the rows it left out.
PATIENCE = 1.8


def summed(at: Ints, values: Floats, shape: tuple[int, ...]) -> Floats:
    """The sum of ``values`` in each cell of a table of ``shape``."""
    return np.bincount(at, values, minlength=prod(shape)).astype(np.float64, copy=False).reshape(shape)


class Sample(NamedTuple):
    """Rows with the same cells taken together: their weight, and that of the ones with the outcome.

    ``cells`` is of shape (n_features, n_distinct): what one feature says lies side by side in memory.
    """

    cells: Ints
    positive: Floats
    weight: Floats

    def take(self, rows: Ints) -> "Sample":
        """Some of the rows."""
        return Sample(np.ascontiguousarray(self.cells[:, rows]), self.positive[rows], self.weight[rows])


class Grid(NamedTuple):
    """The cells of a term: which features, which cell of each every cell of a feature falls into, and their order.

    A pair's cells are coarser than its features' own; ``cell_of[k]`` maps the one to the other. On an ``ordered``
    axis (a number) the last cell is the missing value's and has no place in the order.
    """

    features: tuple[int, ...]
    cell_of: tuple[Ints, ...]
    shape: tuple[int, ...]
    ordered: tuple[bool, ...]
    monotonic: tuple[int, ...]

    def locate(self, cells: Ints) -> Ints:
        """The cell of each row in the flattened table."""
        parts = [which[cells[feature]] for feature, which in zip(self.features, self.cell_of, strict=True)]
        at: Ints = parts[0] if len(parts) == 1 else parts[0] * self.shape[1] + parts[1]
        return at


class Rule(NamedTuple):
    """How tables may grow in one sweep.

    ``l2`` is the curvature of the prior that holds each leaf at 0, ``weight_min`` the least weight on either side of
    a cut, ``greed`` the share of the best gain of the sweep before that a term must reach to take its step.
    """

    learning_rate: float
    leaves: int
    l2: float
    weight_min: float
    greed: float = 0.0


class Histogram(NamedTuple):
    """Sums over the rows in each cell of a table."""

    gradient: Floats
    hessian: Floats
    weight: Floats

    def inside(self, box: tuple[Ints, ...], axis: int) -> "Histogram":
        """The sums within a box, along one of its axes."""
        where: tuple[Ints, ...] = box if len(box) == 1 else np.ix_(*box)
        parts = (self.gradient[where], self.hessian[where], self.weight[where])
        return Histogram(*(part if len(box) == 1 else part.sum(axis=1 - axis) for part in parts))


class Cut(NamedTuple):
    """A box and the best way found to cut it in two."""

    gain: float
    box: tuple[Ints, ...]
    halves: tuple[tuple[Ints, ...], ...]


def best_cut(histogram: Histogram, box: tuple[Ints, ...], ordered: Sequence[bool], rule: Rule) -> Cut:
    """The cut of a box that lowers the loss most; categories are put in the order of their Newton steps first."""
    best = Cut(0.0, box, ())
    for axis, cells in enumerate(box):
        if len(cells) < 2:
            continue
        along = histogram.inside(box, axis)
        order = None if ordered[axis] else np.argsort(along.gradient / (along.hessian + rule.l2 + 1.0), kind="stable")
        gain, position = _cut_position(along, order, rule)
        if gain > best.gain:
            line = cells if order is None else cells[order]
            halves = (np.sort(line[:position]), np.sort(line[position:]))
            best = Cut(gain, box, tuple((*box[:axis], half, *box[axis + 1 :]) for half in halves))
    return best


def _cut_position(along: Histogram, order: Ints | None, rule: Rule) -> tuple[float, int]:
    gradient, hessian, weight = along if order is None else (part[order] for part in along)
    left, curved, heavy = gradient.cumsum(), hessian.cumsum(), weight.cumsum()
    total, curvature, mass = left[-1], curved[-1], heavy[-1]
    left, curved, heavy = left[:-1], curved[:-1], heavy[:-1]
    gain = left**2 / (curved + rule.l2) + (total - left) ** 2 / (curvature - curved + rule.l2)
    gain[(heavy < rule.weight_min) | (mass - heavy < rule.weight_min)] = 0.0
    position = int(gain.argmax())
    return float(gain[position] - total**2 / (curvature + rule.l2)), position + 1


def newton_tree(histogram: Histogram, grid: Grid, rule: Rule) -> Floats:
    """The Newton step as a tree of at most ``rule.leaves`` boxes; missing numbers are a box of their own."""
    step = np.zeros(grid.shape)
    seen = tuple(
        np.arange(size - 1 if ordered else size) for size, ordered in zip(grid.shape, grid.ordered, strict=True)
    )
    cuts = [best_cut(histogram, seen, grid.ordered, rule)]
    while len(cuts) < rule.leaves and (top := max(cuts, key=lambda cut: cut.gain)).gain > 0:
        cuts.remove(top)
        last = len(cuts) + 2 == rule.leaves  # nothing will be cut after this
        cuts += [Cut(0.0, half, ()) if last else best_cut(histogram, half, grid.ordered, rule) for half in top.halves]
    for box in [cut.box for cut in cuts] + list(_missing_boxes(grid)):
        where: tuple[Ints, ...] = box if len(box) == 1 else np.ix_(*box)
        step[where] = histogram.gradient[where].sum() / (histogram.hessian[where].sum() + rule.l2)
    return monotone(step, grid)


def _missing_boxes(grid: Grid) -> Iterator[tuple[Ints, ...]]:
    for axis, ordered in enumerate(grid.ordered):
        if ordered:
            box = [np.arange(size) for size in grid.shape]
            box[axis] = np.array([grid.shape[axis] - 1])
            yield tuple(box)


def monotone(step: Floats, grid: Grid) -> Floats:
    """The step made to rise (or fall) along its constrained axes; missing numbers stay as they are.

    Pooling with equal weights keeps an order between neighbouring lines, so that the second axis leaves the first
    one's order intact.
    """
    for axis, sign in enumerate(grid.monotonic):
        if sign:
            known = (slice(None),) * axis + (slice(0, -1),)
            step[known] = np.apply_along_axis(_pooled, axis, step[known], sign > 0)
    return step


def _pooled(line: Floats, increasing: bool) -> Floats:
    pooled: Floats = isotonic_regression(line, increasing=increasing).x
    return pooled


class Bag(NamedTuple):
    """What one bag learned: the held-out loss and the tables after each of ``sweeps``."""

    intercept: float
    loss: list[float]
    tables: list[list[Floats]]


def log_loss(sample: Sample, log_odds: Floats) -> float:
    """The summed loss of log-odds on a sample."""
    return float((sample.weight * np.logaddexp(0.0, log_odds) - sample.positive * log_odds).sum())


def boost(
    learn: Sample,
    held_out: Sample,
    grids: Sequence[Grid],
    rule: Rule,
    sweeps: Sequence[int],
    starts: tuple[Floats, Floats] | None = None,
) -> Bag:
    """Grow one bag's tables, keeping them after each of ``sweeps`` (rising) until the held-out loss has long risen.

    ``starts`` are log-odds to begin from for both samples; without them it is the share of the outcome.
    """
    intercept = float(logit(_share(learn))) if starts is None else 0.0
    log_odds, base = starts or (np.full(len(learn.weight), intercept), np.full(len(held_out.weight), intercept))
    log_odds = log_odds.copy()
    terms, held_out_at = [_term(grid, learn) for grid in grids], [grid.locate(held_out.cells) for grid in grids]
    tables: list[Floats] = [np.zeros(grid.shape) for grid in grids]
    bag = Bag(intercept, [], [])
    least = 0.0
    for sweep in range(1, sweeps[-1] + 1):
        least = rule.greed * _sweep(learn, log_odds, terms, tables, rule, least)
        if sweep in sweeps:
            bag.tables.append([table.copy() for table in tables])
            bag.loss.append(log_loss(held_out, base + values_at(tables, held_out_at)))
            if sweep > PATIENCE * sweeps[int(np.argmin(bag.loss))]:
                break
    return bag


def values_at(tables: Sequence[Floats], indices: Sequence[Ints]) -> Floats:
    """The sum of the tables' values in each row."""
    total = np.zeros(len(indices[0]))
    for table, index in zip(tables, indices, strict=True):
        total += table.ravel()[index]
    return total


class _Term(NamedTuple):
    """A grid and where the rows learned from lie in it."""

    grid: Grid
    at: Ints
    weight: Floats


def _term(grid: Grid, learn: Sample) -> _Term:
    at = grid.locate(learn.cells)
    return _Term(grid, at, summed(at, learn.weight, grid.shape))


def _sweep(
    learn: Sample, log_odds: Floats, terms: Sequence[_Term], tables: Sequence[Floats], rule: Rule, least: float
) -> float:
    """Visit each term once and give the best gain; terms that gain less than ``least`` stay as they are.

    Within a sweep the gradient follows each step along its tangent, which is cheap and near enough.
    """
    probability = expit(log_odds)
    gradient = learn.positive - learn.weight * probability
    hessian = learn.weight * probability * (1.0 - probability)
    best = 0.0
    for term, table in zip(terms, tables, strict=True):
        histogram = Histogram(
            summed(term.at, gradient, table.shape), summed(term.at, hessian, table.shape), term.weight
        )
        step = rule.learning_rate * newton_tree(histogram, term.grid, rule)
        gain = float((histogram.gradient * step).sum())
        best = max(best, gain)
        if gain < least:
            continue
        table += step
        moved = step.ravel()[term.at]
        log_odds += moved
        gradient -= hessian * moved
    return best


def _share(sample: Sample) -> float:
    """The share of the outcome, kept off 0 and 1."""
    return float((sample.positive.sum() + 0.5) / (sample.weight.sum() + 1.0))
