"""The convolution set up for one portfolio: the factors' values, each sector's losses on one lattice, the total."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.portfolio.convolution import (
    Floats,
    Indices,
    LossGroup,
    Sector,
    conditional_laws,
    log_moments,
    tilts,
    window_units,
)
from scoring.portfolio.exposures import LossEvents
from scoring.portfolio.factors import FactorGrid, factor_grid, stage_probabilities
from scoring.portfolio.lattice import on_lattice

_SPACING_MIN = 0.02


class Model(NamedTuple):
    """A portfolio's losses by sector, and the law of their sum."""

    grid: FactorGrid
    sectors: tuple[Sector, ...]
    members: tuple[Indices, ...]  # indices of the deals of each sector, in the order of its groups
    sector_laws: tuple[Floats, ...]  # (nodes, lattice points), given the sector's factor
    law: Floats  # (size,), of the portfolio's loss in lattice units
    unit: float  # minor units per lattice unit


def build_model(
    events: LossEvents,
    sectors: Sequence[Indices],
    correlations: Sequence[float],
    between: float,
    *,
    bins: int,
    spacing: float | None = None,
) -> Model:
    """Put every loss on the lattice, convolve given the factors, and integrate the factors out.

    Parameters
    ----------
    events : LossEvents
    sectors : sequence of index arrays
        The deals of each sector.
    correlations : sequence of float
        Between two deals of each sector.
    between : float
        Correlation of two sectors' factors.
    bins : int
        Lattice points up to the sum of all largest losses.
    spacing : float, optional
        Distance of two values of a factor; chosen to suit the portfolio where it is not given.
    """
    unit = (float(events.largest.sum()) or 1.0) / bins
    between = 1.0 if len(sectors) == 1 else between
    grid = factor_grid(between, spacing or _spacing(events, sectors, correlations))
    parts = [
        _groups(events, rows, stage_probabilities(events.cumulative[rows], rho, grid.values), unit)
        for rows, rho in zip(sectors, correlations, strict=True)
    ]
    groups = tuple(part[0] for part in parts)
    tilt = tilts(groups)
    moments = [log_moments(group, tilt) for group in groups]
    size = int(window_units(_total_log_moment(grid, moments), tilt))
    laws = tuple(
        conditional_laws(group, window_units(moment, tilt), size) for group, moment in zip(groups, moments, strict=True)
    )
    return Model(grid, groups, tuple(part[1] for part in parts), laws, _total(grid, laws, size), unit)


def _spacing(events: LossEvents, sectors: Sequence[Indices], correlations: Sequence[float]) -> float:
    """How far apart the factor's values may be.

    From one value to the next a sector's mean loss moves by less than 1.6 standard deviations: the trapezium rule
    then errs by less than 1e-3 of a density, and by far less of a probability, which adds over many steps.
    """
    y = np.linspace(-4.5, 3.5, 33)
    spacing = 0.25
    for rows, rho in zip(sectors, correlations, strict=True):
        p = stage_probabilities(events.cumulative[rows], rho, y)
        mean = np.einsum("nyk,nk->ny", p, events.first[rows])
        variance = np.maximum((np.einsum("nyk,nk->ny", p, events.second[rows]) - mean**2).sum(axis=0), 0)
        slope = np.abs(np.gradient(mean.sum(axis=0), y))
        steps = 1.6 * np.sqrt(variance[slope > 0]) / slope[slope > 0]
        spacing = min(spacing, float(steps.min(initial=spacing)))
    return max(spacing, _SPACING_MIN)


def _groups(events: LossEvents, rows: Indices, probability: Floats, unit: float) -> tuple[Sector, Indices]:
    """A sector's losses on the lattice, deals of about the same reach together, widest first."""
    width = np.ceil(events.largest[rows] / unit).astype(np.intp) + 2
    classes = np.ceil(np.log2(width) * 2).astype(np.intp)
    groups, order = [], []
    for one in np.unique(classes)[::-1]:
        inside = np.flatnonzero(classes == one)
        groups.append(LossGroup(probability[inside], _laws(events, rows[inside], unit, int(width[inside].max()))))
        order.append(rows[inside])
    return tuple(groups), np.concatenate(order)


def _laws(events: LossEvents, rows: Indices, unit: float, width: int) -> Floats:
    """For each deal and stage, the law of the loss mixed over the stage's exits, ``(n, stages, width)``."""
    weight = events.weight[rows]
    used = np.nonzero(weight > 0)
    shapes = [events.shapes[rows[i]][exit_] for i, exit_ in zip(used[0], used[2], strict=True)]
    flat = on_lattice(events.scale[rows][used] / unit, events.mean[rows][used], shapes, width)
    law = np.zeros((len(rows), weight.shape[1], width))
    law[:, :, 0] = 1 - weight.sum(axis=2)  # a stage that cannot fail
    np.add.at(law, used[:2], flat * weight[used][:, None])
    return law


def _total_log_moment(grid: FactorGrid, moments: Sequence[Floats]) -> Floats:
    """``log E[exp(tilt x loss)]`` of the whole portfolio, the factors integrated out; ``(tilts,)``."""
    total: Floats = np.zeros((len(grid.weight), moments[0].shape[1]))
    for moment in moments:
        total += _log_average(grid.mixing, moment)
    return _log_average(grid.weight[None, :], total).ravel()


def _log_average(weight: Floats, logs: Floats) -> Floats:
    """``log(weight @ exp(logs))`` without overflow."""
    top = logs.max(axis=0)
    average: NDArray[np.float64] = top + np.log(np.maximum(weight @ np.exp(logs - top), 1e-300))
    return average


def _total(grid: FactorGrid, laws: Sequence[Floats], size: int) -> Floats:
    """The law of the portfolio's loss: sectors are independent once the global factor is given."""
    if len(laws) == 1:
        total = (grid.weight @ grid.mixing) @ laws[0]
        total = np.pad(total, (0, size - len(total)))
    else:
        product = np.ones((len(grid.weight), size // 2 + 1), dtype=np.complex128)
        for law in laws:
            product *= np.fft.rfft(grid.mixing @ law, n=size, axis=1)
        total = np.maximum(np.fft.irfft(grid.weight @ product, n=size), 0)
    law_of_sum: Floats = total / total.sum()
    return law_of_sum
