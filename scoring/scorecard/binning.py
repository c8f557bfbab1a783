"""Cutting features into the cells of their axes, and rows with the same cells into one."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, CategoricalAxis, NumericAxis
from scoring.scorecard.inputs import InputColumn

CATEGORIES_MAX = 250
BINS_OF_FEW, ROWS_IN_A_BIN, ROWS_FEW = 16, 32, 2000


def bins_for(rows: float, bins_max: int) -> tuple[int, float]:
    """How many bins a number has, and how many rows a category needs to have a cell of its own."""
    return min(bins_max, max(BINS_OF_FEW, int(rows / ROWS_IN_A_BIN))), 5.0 if rows < ROWS_FEW else 20.0


def axis_of(column: InputColumn, weight: Floats, bins_max: int, category_weight_min: float) -> Axis:
    """The axis of a feature: bins of equal weight, or the categories that are frequent enough.

    Rows of rarer categories share the cell of those never seen, so that its value is learned and not guessed.
    """
    if column.categorical:
        return CategoricalAxis(column.name, _frequent(column.values, weight, category_weight_min))
    return NumericAxis(column.name, _edges(column.values, weight, bins_max))


def _frequent(values: NDArray[Any], weight: Floats, weight_min: float) -> tuple[str, ...]:
    known = np.array([value is not None for value in values], dtype=np.bool_)
    names, which = np.unique(values[known].astype(str), return_inverse=True)
    total = np.bincount(which, weight[known], minlength=len(names))
    heaviest = np.argsort(-total, kind="stable")[:CATEGORIES_MAX]
    return tuple(sorted(names[heaviest[total[heaviest] >= weight_min]].tolist()))


def _edges(values: Floats, weight: Floats, bins_max: int) -> tuple[float, ...]:
    """Between neighbouring values, where the weight below first reaches each share of the whole."""
    known = ~np.isnan(values) & (weight > 0)
    numbers, which = np.unique(values[known], return_inverse=True)
    if len(numbers) < 2:
        return ()
    after = np.arange(len(numbers) - 1)
    if len(numbers) > bins_max:
        below = np.bincount(which, weight[known]).cumsum()
        shares = below[-1] * np.arange(1, bins_max) / bins_max
        after = np.unique(np.minimum(np.searchsorted(below, shares * (1 - 1e-12)), len(numbers) - 2))
    edges = map(short_between, numbers[after].tolist(), numbers[after + 1].tolist())
    return tuple(sorted(edges))


def short_between(low: float, high: float) -> float:
    """The number with the fewest digits near the middle of two, ``low`` included: a card is read, and its file small.

    Examples
    --------
    >>> short_between(11.0, 12.0), short_between(0.12345678, 0.12391234), short_between(1.0, 1.0000000000000002)
    (11.5, 0.1237, 1.0)
    """
    middle = low + (high - low) / 2
    for digits in range(1, 18):
        edge = float(f"{middle:.{digits}g}")
        if low <= edge < high:
            return edge
    return low


def coarser(axis: Axis, cells: Ints, weight: Floats, bins_max: int) -> tuple[Axis, Ints]:
    """The axis with at most ``bins_max`` bins of about equal weight, and for each of its cells the new one."""
    if not isinstance(axis, NumericAxis) or axis.size - 1 <= bins_max:
        return axis, np.arange(axis.size)
    mass = np.bincount(cells, weight, minlength=axis.size)[:-1]
    middle = np.cumsum(mass) - mass / 2
    bins = np.unique((middle * bins_max / mass.sum()).astype(np.intp), return_inverse=True)[1]
    edges = np.array(axis.edges)[np.diff(bins) > 0]
    return NumericAxis(axis.feature, tuple(edges.tolist())), np.append(bins, bins.max() + 1)


def cells_of(column: InputColumn, axis: Axis) -> Ints:
    """The cell of each value, as the card places it."""
    if isinstance(axis, NumericAxis):
        cells = np.searchsorted(np.array(axis.edges), column.values, side="left")
        cells[np.isnan(column.values)] = axis.size - 1
        return cells.astype(np.intp)
    cell_of: dict[str | None, int] = {name: cell for cell, name in enumerate(axis.categories)} | {None: axis.size - 1}
    return np.array([cell_of.get(value, axis.size - 2) for value in column.values], dtype=np.intp)


class Binned(NamedTuple):
    """Rows by their cells: each distinct row once, and which of them every original row is."""

    sample: Sample
    row: Ints


def gather(cells: Sequence[Ints], y: Floats, weight: Floats) -> Binned:
    """Take rows with the same cells together.

    What is learned then depends neither on the order of the rows nor on whether a row of weight 2 stands there twice.
    """
    kept = np.flatnonzero(weight > 0)
    stacked = np.stack(cells, axis=1).astype(np.uint16)
    _, first, which = np.unique(_as_keys(stacked[kept]), return_index=True, return_inverse=True)
    sample = Sample(
        np.ascontiguousarray(stacked[kept[first]].T.astype(np.intp)),
        summed(which, weight[kept] * y[kept], first.shape),
        summed(which, weight[kept], first.shape),
    )
    row = np.full(len(y), -1, dtype=np.intp)
    row[kept] = which
    return Binned(sample, row)


def _as_keys(rows: NDArray[np.uint16]) -> NDArray[np.void]:
    """Rows as single values that sort by their bytes."""
    keys: NDArray[np.void] = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * 2))).ravel()
    return keys


def main_grid(position: int, axis: Axis, monotonic: int) -> Grid:
    """The table of one feature's own effect."""
    return Grid((position,), (np.arange(axis.size),), (axis.size,), (isinstance(axis, NumericAxis),), (monotonic,))
