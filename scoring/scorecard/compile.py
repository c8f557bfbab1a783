"""From averaged tables to the terms of a card: pairs purified, terms centred, cells that say the same merged."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from scoring.scorecard.boosting import Floats, Grid, Ints, Sample, summed
from scoring.scorecard.card import Axis, CategoricalAxis, NumericAxis, Term
from scoring.scorecard.merge import groups, runs

REFERENCE_DECIMALS = 6
# About what a file spends on an edge, and on a value of a feature's own table and of a pair's.
EDGE_BYTES, VALUE_BYTES, PAIR_VALUE_BYTES = 8.0, 7.0, 3.5


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


class Cut(NamedTuple):
    """A table on its way to be a term."""

    grid: Grid
    axes: tuple[Axis, ...]
    table: Floats
    weight: Floats


def cuts_of(model: Model, axes: Sequence[Axis]) -> list[Cut]:
    """The tables as fine as they were learned."""
    return [
        Cut(grid, tuple(_axis(axes[i], cells) for i, cells in zip(grid.features, grid.cell_of, strict=True)), *table)
        for grid, *table in zip(model.grids, model.tables, model.weights, strict=True)
    ]


def merged(cuts: Sequence[Cut], tolerance: float) -> list[Cut]:
    """Join cells along each axis where that moves the score of all rows by little for what it saves.

    ``tolerance`` is the root mean square, over all rows, by which the log-odds may move for the bytes of a bin. A
    constrained feature that is part of a pair keeps its bins: joined differently here and there they would break its
    promise.
    """
    bound = {
        feature
        for cut in cuts
        for feature, sign in zip(cut.grid.features, cut.grid.monotonic, strict=True)
        if sign and len(cut.axes) == 2
    }
    return [_merged(cut, tolerance, bound) for cut in cuts]


def terms_of(cuts: Sequence[Cut], decimals: int) -> tuple[Term, ...]:
    """The terms of a card, in so many decimals and pairs in one less; pairs that have come to nothing are left out."""
    rounded = [cut._replace(table=np.round(cut.table, decimals + 1 - len(cut.axes)) + 0.0) for cut in cuts]
    in_pairs = {feature for cut in cuts if len(cut.axes) == 2 for feature in cut.grid.features}
    for number, cut in enumerate(rounded):
        if len(cut.axes) == 1 and cut.grid.monotonic[0] and cut.grid.features[0] in in_pairs:
            rounded[number] = cut._replace(table=_certified(cut, rounded, decimals))
    return tuple(_term(cut) for cut in rounded if len(cut.axes) == 1 or cut.table.any())


def _merged(cut: Cut, tolerance: float, bound: Collection[int]) -> Cut:
    for position, feature in enumerate(cut.grid.features):
        ordered = isinstance(cut.axes[position], NumericAxis)
        if feature not in bound and (ordered or len(cut.axes) == 2):
            cut = _merged_along(cut, position, tolerance)
    return cut


def _merged_along(cut: Cut, position: int, tolerance: float) -> Cut:
    """The cut with lines across one axis joined at their weighted mean, the most alike first (Ward 1963)."""
    axis = cut.axes[position]
    lines, heavy = np.moveaxis(cut.table, position, 0), np.moveaxis(cut.weight, position, 0)
    mass, across = heavy.reshape(len(heavy), -1).sum(axis=1), heavy.sum(axis=0) / heavy.sum()
    ordered = isinstance(axis, NumericAxis)
    inner = len(lines) - (1 if ordered else 2)
    value_bytes = VALUE_BYTES if len(cut.axes) == 1 else PAIR_VALUE_BYTES
    saved = (EDGE_BYTES * ordered + value_bytes * lines[0].size) / (EDGE_BYTES + VALUE_BYTES)
    join = runs if ordered else groups
    found = join(lines[:inner], mass[:inner] / heavy.sum(), across, tolerance**2 * saved)
    joined = [np.average(lines[group], axis=0, weights=mass[group] + 1e-9) for group in found]
    heavier = [heavy[group].sum(axis=0) for group in found]
    table, weight = np.array([*joined, *lines[inner:]]), np.array([*heavier, *heavy[inner:]])
    axes = list(cut.axes)
    axes[position] = _coarser(axis, found)
    return Cut(cut.grid, tuple(axes), np.moveaxis(table, 0, position), np.moveaxis(weight, 0, position))


def _coarser(axis: Axis, found: Sequence[Ints]) -> Axis:
    """The axis whose cells are ``found``, each several of the old ones."""
    if isinstance(axis, NumericAxis):
        return NumericAxis(axis.feature, tuple(axis.edges[group[0] - 1] for group in found[1:]))
    if len(found) == axis.size - 2:
        return axis
    cell_of = {int(old): new for new, group in enumerate(found) for old in group}
    return CategoricalAxis(axis.feature, axis.categories, tuple(cell_of[cell] for cell in axis.cell_of.values()))


def _certified(own: Cut, cuts: Sequence[Cut], decimals: int) -> Floats:
    """The own table of a constrained feature, raised by what rounding took from the sum's order.

    The other sides of its pairs vary freely, so the worst case of the sum is the sum of the worst cases.
    """
    feature, sign = own.grid.features[0], own.grid.monotonic[0]
    rise = sign * np.diff(own.table[:-1])
    for grid, _, table, _ in cuts:
        if len(grid.features) == 2 and feature in grid.features:
            position = grid.features.index(feature)
            lines = np.moveaxis(table, position, 0)[grid.cell_of[position]][:-1]
            rise = rise + (sign * np.diff(lines, axis=0)).min(axis=1)
    lifted = own.table.copy()
    lifted[1:-1] += sign * np.maximum(-rise, 0.0).cumsum()
    rounded: Floats = np.round(lifted, decimals) + 0.0
    return rounded


def _term(cut: Cut) -> Term:
    return Term(
        axes=cut.axes,
        log_odds=tuple(cut.table.ravel().tolist()),
        reference=round(float(np.average(cut.table, weights=cut.weight)), REFERENCE_DECIMALS) + 0.0,
        monotonic=cut.grid.monotonic[0] if len(cut.axes) == 1 else 0,
    )


def _axis(axis: Axis, cell_of: Ints) -> Axis:
    """The axis of a term, whose cells are several of the feature's own where it is a pair's."""
    if isinstance(axis, NumericAxis):
        return NumericAxis(axis.feature, tuple(np.array(axis.edges)[np.diff(cell_of[:-1]) > 0].tolist()))
    rest = int(cell_of[-2])
    kept = (name for name, cell in zip(axis.categories, cell_of, strict=False) if cell != rest)
    return CategoricalAxis(axis.feature, tuple(kept))
