"""From averaged tables to the terms of a card: pairs purified, terms centred, bins that say the same merged."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, CategoricalAxis, NumericAxis, Term

DECIMALS = 6


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


def terms_of(model: Model, axes: Sequence[Axis], tolerance: float) -> tuple[Term, ...]:
    """The card's terms; neighbouring bins that differ by no more than ``tolerance`` become one."""
    return tuple(_term(number, model, axes, tolerance) for number in range(len(model.grids)))


def _term(number: int, model: Model, axes: Sequence[Axis], tolerance: float) -> Term:
    grid, table, weight = model.grids[number], model.tables[number], model.weights[number]
    cut = [_coarse_axis(axes[feature], which) for feature, which in zip(grid.features, grid.cell_of, strict=True)]
    for position in range(len(cut)):
        cut[position], table, weight = _merged(cut[position], table, weight, position, tolerance)
    values = np.round(table, DECIMALS) + 0.0
    reference = float(np.average(values, weights=weight))
    monotonic = grid.monotonic[0] if len(cut) == 1 else 0
    return Term(
        axes=tuple(cut),
        log_odds=tuple(values.ravel().tolist()),
        reference=round(reference, DECIMALS) + 0.0,
        monotonic=monotonic,
    )


def _coarse_axis(axis: Axis, cell_of: Ints) -> Axis:
    """The axis of a pair's side, whose cells are several of the feature's own."""
    if isinstance(axis, NumericAxis):
        return NumericAxis(axis.feature, tuple(np.array(axis.edges)[np.diff(cell_of[:-1]) > 0].tolist()))
    rest = int(cell_of[-2])
    kept = (name for name, cell in zip(axis.categories, cell_of, strict=False) if cell != rest)
    return CategoricalAxis(axis.feature, tuple(kept))


def _merged(axis: Axis, table: Floats, weight: Floats, position: int, tolerance: float) -> tuple[Axis, Floats, Floats]:
    """Join runs of bins whose values all lie within ``tolerance`` of each other, at their weighted mean."""
    if not isinstance(axis, NumericAxis):
        return axis, table, weight
    lines, heavy = np.moveaxis(table, position, 0), np.moveaxis(weight, position, 0)
    runs = [*_runs(lines[:-1], tolerance), [len(lines) - 1]]
    mass = heavy.reshape(len(heavy), -1).sum(axis=1)
    joined = np.array([np.average(lines[run], axis=0, weights=mass[run] + 1e-12) for run in runs])
    edges = tuple(axis.edges[run[-1]] for run in runs[:-2])
    heavier = np.array([heavy[run].sum(axis=0) for run in runs])
    return NumericAxis(axis.feature, edges), np.moveaxis(joined, 0, position), np.moveaxis(heavier, 0, position)


def _runs(lines: Floats, tolerance: float) -> list[list[int]]:
    runs = [[0]]
    low = high = lines[0]
    for number in range(1, len(lines)):
        low, high = np.minimum(low, lines[number]), np.maximum(high, lines[number])
        if np.max(high - low) > tolerance:
            runs.append([])
            low = high = lines[number]
        runs[-1].append(number)
    return runs
