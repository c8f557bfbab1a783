"""From averaged tables to the terms of a card: pairs purified, terms centred, bins that say the same merged."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, CategoricalAxis, NumericAxis, Term

REFERENCE_DECIMALS = 6


class Model(NamedTuple):
    """An additive model over grids: log-odds are the intercept and one value of each table."""

    grids: tuple[Grid, ...]
    intercept: float
    tables: list[Floats]
    weights: list[Floats]


def purified(grids: Sequence[Grid], intercept: float, tables: Sequence[Floats], sample: Sample) -> Model:
    """Move what belongs to one feature alone out of the pairs, and what belongs to none into the intercept.

    A line in which nothing was seen (missing, where nothing was missing) becomes neutral: 0.

    Notes
    -----
    The functional ANOVA of Hooker (2007) under the product of the features' own distributions: with one weight a
    line, a sum that rises along an axis leaves a main effect that rises too.
    """
    weights = [summed(grid.locate(sample.cells), sample.weight, grid.shape) for grid in grids]
    tables = [table.copy() for table in tables]
    mains = {grid.features[0]: number for number, grid in enumerate(grids) if len(grid.features) == 1}
    for grid, table, weight in zip(grids, tables, weights, strict=True):
        for axis, line in _lines_taken_out(table, weight):
            tables[mains[grid.features[axis]]] += line[grid.cell_of[axis]]
    for number in mains.values():
        seen = weights[number] > 0
        mean = float(np.average(tables[number], weights=weights[number]))
        tables[number] = np.where(seen, tables[number] - mean, 0.0)
        intercept += mean
    return Model(tuple(grids), intercept, tables, weights)


def _lines_taken_out(table: Floats, weight: Floats) -> Iterator[tuple[int, Floats]]:
    """Take the mean over the other axis out of a pair's table, in place, and give it with its axis."""
    if table.ndim == 1:
        return
    for axis in (0, 1):
        line = np.average(table, axis=1 - axis, weights=weight.sum(axis=axis))
        table -= np.expand_dims(line, 1 - axis)
        seen = weight.sum(axis=1 - axis) > 0
        table *= np.expand_dims(seen, 1 - axis)
        yield axis, line


def scaled(model: Model, slope: float, shift: float) -> Model:
    """Calibration as part of the model: ``slope * log_odds + shift`` in its tables and intercept."""
    tables = [slope * table for table in model.tables]
    return model._replace(intercept=slope * model.intercept + shift, tables=tables)


def terms_of(model: Model, axes: Sequence[Axis], tolerance: float, decimals: int) -> tuple[Term, ...]:
    """The card's terms; neighbouring bins become one where that moves the score of all rows by little.

    ``tolerance`` is the root mean square, over all rows, by which one such merger may move the log-odds. A constrained
    feature that is part of a pair keeps its bins: joined differently here and there they would break its promise.
    """
    merged = [_merged_term(number, model, axes, tolerance) for number in range(len(model.grids))]
    merged = [cut._replace(table=np.round(cut.table, decimals) + 0.0) for cut in merged]
    for number, grid in enumerate(model.grids):
        if len(grid.features) == 1 and _bound_by_pair(grid.features[0], model):
            merged[number] = merged[number]._replace(table=_certified(number, model, merged, decimals))
    return tuple(_term(cut, grid) for cut, grid in zip(merged, model.grids, strict=True))


class _Cut(NamedTuple):
    """A table on its way to be a term."""

    axes: list[Axis]
    table: Floats
    weight: Floats


def _bound_by_pair(feature: int, model: Model) -> bool:
    """Whether a promise about the feature has to hold across several tables."""
    return any(
        feature in grid.features and grid.monotonic[grid.features.index(feature)]
        for grid in model.grids
        if len(grid.features) == 2
    )


def _merged_term(number: int, model: Model, axes: Sequence[Axis], tolerance: float) -> _Cut:
    grid, table, weight = model.grids[number], model.tables[number], model.weights[number]
    cut = [_coarse_axis(axes[feature], which) for feature, which in zip(grid.features, grid.cell_of, strict=True)]
    for position, axis in enumerate(cut):
        if isinstance(axis, NumericAxis) and not _bound_by_pair(grid.features[position], model):
            cut[position], table, weight = _merged(axis, table, weight, position, tolerance)
    return _Cut(cut, table, weight)


def _certified(number: int, model: Model, cuts: Sequence[_Cut], decimals: int) -> Floats:
    """The own table of a constrained feature, raised by what rounding took from the sum's order.

    The other sides of its pairs vary freely, so the worst case of the sum is the sum of the worst cases.
    """
    feature, sign, own = model.grids[number].features[0], model.grids[number].monotonic[0], cuts[number].table
    rise = sign * np.diff(own[:-1])
    for grid, cut in zip(model.grids, cuts, strict=True):
        if len(grid.features) == 2 and feature in grid.features:
            position = grid.features.index(feature)
            lines = np.moveaxis(cut.table, position, 0)[grid.cell_of[position]][:-1]
            rise = rise + (sign * np.diff(lines, axis=0)).min(axis=1)
    lifted = own.copy()
    lifted[1:-1] += sign * np.maximum(-rise, 0.0).cumsum()
    rounded: Floats = np.round(lifted, decimals) + 0.0
    return rounded


def _term(cut: _Cut, grid: Grid) -> Term:
    return Term(
        axes=tuple(cut.axes),
        log_odds=tuple(cut.table.ravel().tolist()),
        reference=round(float(np.average(cut.table, weights=cut.weight)), REFERENCE_DECIMALS) + 0.0,
        monotonic=grid.monotonic[0] if len(cut.axes) == 1 else 0,
    )


def _coarse_axis(axis: Axis, cell_of: Ints) -> Axis:
    """The axis of a pair's side, whose cells are several of the feature's own."""
    if isinstance(axis, NumericAxis):
        return NumericAxis(axis.feature, tuple(np.array(axis.edges)[np.diff(cell_of[:-1]) > 0].tolist()))
    rest = int(cell_of[-2])
    kept = (name for name, cell in zip(axis.categories, cell_of, strict=False) if cell != rest)
    return CategoricalAxis(axis.feature, tuple(kept))


def _merged(
    axis: NumericAxis, table: Floats, weight: Floats, position: int, tolerance: float
) -> tuple[NumericAxis, Floats, Floats]:
    """Join neighbouring lines of a table at their weighted mean, the most alike first (Ward 1963)."""
    lines, heavy = np.moveaxis(table, position, 0), np.moveaxis(weight, position, 0)
    across = heavy.reshape(len(heavy), -1).sum(axis=1), heavy.sum(axis=0) / heavy.sum()
    runs = _runs(lines[:-1].copy(), across[0][:-1] / heavy.sum(), across[1], tolerance**2)
    groups = np.split(np.arange(len(lines) - 1), runs)
    joined = [np.average(lines[run], axis=0, weights=across[0][run] + 1e-9) for run in groups]
    heavier = [heavy[run].sum(axis=0) for run in groups]
    edges = tuple(axis.edges[run - 1] for run in runs)
    table, weight = np.array([*joined, lines[-1]]), np.array([*heavier, heavy[-1]])
    return NumericAxis(axis.feature, edges), np.moveaxis(table, 0, position), np.moveaxis(weight, 0, position)


def _runs(lines: Floats, share: Floats, across: Floats, cost_max: float) -> list[int]:
    """Where runs of lines begin (the first one's 0 left out), once none can be joined at ``cost_max`` or less."""
    means, starts = lines.reshape(len(lines), -1), np.arange(len(lines), dtype=np.intp)
    while len(starts) > 1:
        joint = share[:-1] * share[1:] / (share[:-1] + share[1:] + 1e-12)
        costs = joint * (np.diff(means, axis=0) ** 2 @ across.ravel())
        least = int(np.argmin(costs))
        if costs[least] > cost_max:
            break
        pair, mass = slice(least, least + 2), share[least] + share[least + 1]
        if mass > 0:
            means[least] = share[pair] @ means[pair] / mass
        share[least] = mass
        means, share = np.delete(means, least + 1, axis=0), np.delete(share, least + 1)
        starts = np.delete(starts, least + 1)
    return [int(start) for start in starts[1:]]
