"""Each deal's share of the portfolio's value at risk and expected shortfall (Euler allocation).

A deal's share of the expected shortfall is its own expected loss in the portfolio's worst cases, and its share of
the value at risk its expected loss where the portfolio loses about that much. Both are read from characteristic
functions: in the product, the deal's own factor is replaced by that of its loss.
"""

from itertools import accumulate

import numpy as np

from scoring.portfolio.convolution import Complex, Floats, Room, Sector, blocks, mixture, transform
from scoring.portfolio.factors import FactorGrid
from scoring.portfolio.model import Model
from scoring.portfolio.tail import around, worst

_SMALL = 1e-9  # of the tail: values of the factor that hardly ever lead there
_FAINT = 1e-11  # frequencies that add nothing


def tail_shares(model: Model, level: float, figures: Floats, count: int) -> Floats:
    """Each deal's shares of VaR and of ES.

    Parameters
    ----------
    model : Model
    level : float
    figures : ndarray of shape (2,)
        VaR and ES at the level, in minor units.
    count : int
        Number of deals.

    Returns
    -------
    ndarray of shape (2, count)
        Minor units, not yet rounded; each row sums to its figure.
    """
    tests = np.stack([around(model.law, figures[0] / model.unit), worst(model.law, level)])
    spectra = np.conj(np.fft.rfft(tests, axis=1)).astype(np.complex128) / len(model.law)
    spectra[:, 1:-1] *= 2  # the other half of the spectrum is its mirror image
    shares = np.zeros((2, count))
    for sector, members, tail in zip(model.sectors, model.members, _tail_spectra(model), strict=True):
        shares[:, members] = _sector_shares(sector, tail, spectra, len(model.law))
    total = shares.sum(axis=1, keepdims=True)
    scaled: Floats = shares * np.divide(figures[:, None], total, out=np.zeros_like(total), where=total > 0)
    return scaled


def _tail_spectra(model: Model) -> list[Complex]:
    """For each sector and value of its factor: its probability times the spectrum of the whole portfolio's loss."""
    grid = model.grid
    own = [np.fft.rfft(law, n=len(model.law), axis=1) for law in model.sector_laws]
    if len(own) == 1:
        return [(grid.weight @ grid.mixing)[:, None] * own[0]]
    joint = (grid.weight[:, None] * grid.mixing).T
    return [(joint @ others) * spectrum for others, spectrum in zip(_leave_one_out(grid, own), own, strict=True)]


def _leave_one_out(grid: FactorGrid, own: list[Complex]) -> list[Complex]:
    """Given the global factor, the product of all sectors' spectra but one, for each one."""
    mixed = [grid.mixing @ spectrum for spectrum in own]
    one = np.ones_like(mixed[0])
    before = list(accumulate(mixed[:-1], np.multiply, initial=one))
    after = list(accumulate(mixed[:0:-1], np.multiply, initial=one))[::-1]
    return [left * right for left, right in zip(before, after, strict=True)]


def _sector_shares(sector: Sector, tail: Complex, spectra: Complex, size: int) -> Floats:
    """``E[test(portfolio loss) x own loss]`` for both tests and each deal of the sector, in lattice units."""
    reached = np.abs((tail @ spectra.T).real).max(axis=1)
    nodes = np.flatnonzero(reached > _SMALL * reached.max())
    tail = tail[nodes]
    alive = np.flatnonzero((np.abs(tail).max(axis=0) * np.abs(spectra).max(axis=0)) > _FAINT)
    tail, spectra = np.ascontiguousarray(tail[:, alive]), spectra[:, alive]
    parts = []
    for probability, law in blocks(sector, Room(tail.size)):
        own = np.ascontiguousarray(probability[:, nodes])
        moments = transform(law * np.arange(law.shape[2]), alive, size)
        factor = mixture(own, transform(law, alive, size))
        # The portfolio's spectrum holds this factor already; where it is zero, so is what it multiplies.
        rest = np.divide(tail, factor, out=np.zeros_like(factor), where=np.abs(factor) > 1e-9)
        by_stage = np.matmul(own.swapaxes(1, 2), rest.view(np.float64)).view(np.complex128)
        parts.append(((moments * by_stage).sum(axis=1) @ spectra.T).real)
    return np.concatenate(parts).T
