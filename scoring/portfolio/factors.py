"""Common factors: one global, one for each sector, and what they make of each deal's chance of failing.

A deal fails in stage k when its hidden variable falls between two thresholds; the variable is
``sqrt(rho) Y + sqrt(1 - rho) e`` with the sector's factor ``Y = sqrt(g) G + sqrt(1 - g) S``. This is the Gaussian
copula on the time of failure (Vasicek's model where there is one stage): whatever the correlations, each deal keeps
its own probability of failing in each stage.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

_LOW, _HIGH = -6.5, 4.5  # bad times beyond have a probability of 4e-11; in times better still little is lost


class FactorGrid(NamedTuple):
    """Values of the factors, and how they hang together: ``mixing[g, y] = P(Y = y | G = g)``."""

    values: Floats  # (nodes,), of a sector's factor
    weight: Floats  # (outer,), of the global factor's values
    mixing: Floats  # (outer, nodes), rows sum to 1


def factor_grid(correlation: float, spacing: float) -> FactorGrid:
    """Equally spaced values: for smooth integrands under a Gaussian weight the trapezium rule converges fastest.

    Parameters
    ----------
    correlation : float
        Between two sectors' factors; 0 makes the sectors independent, 1 gives one common factor.
    spacing : float
        Wanted distance of two values; halved where the sector's own part of the factor is narrow.
    """
    own = np.sqrt(1 - correlation)
    if 0 < own < 1:
        spacing = min(spacing, 1.2 * own)
    values = _spread(spacing)
    density = np.exp(-(values**2) / 2)
    if own == 0:
        return FactorGrid(values, density / density.sum(), np.eye(len(values)))
    if own == 1:
        return FactorGrid(values, np.ones(1), (density / density.sum())[None, :])
    # What is left after mixing changes slowly with the global factor: its values may stand further apart.
    outer = _spread(min(0.5, 1.2 * own / np.sqrt(correlation)))
    mixing = np.exp(-(((values - np.sqrt(correlation) * outer[:, None]) / own) ** 2) / 2)
    weight = np.exp(-(outer**2) / 2)
    return FactorGrid(values, weight / weight.sum(), mixing / mixing.sum(axis=1, keepdims=True))


def _spread(spacing: float) -> Floats:
    return np.linspace(_LOW, _HIGH, int(np.ceil((_HIGH - _LOW) / spacing)) + 1)


def stage_probabilities(cumulative: Floats, correlation: float, values: Floats) -> Floats:
    """Probabilities of failing in each stage, given the sector's factor.

    Parameters
    ----------
    cumulative : ndarray of shape (n, stages)
        Probability of having failed by the end of each stage.
    correlation : float
        Between the hidden variables of two deals of the sector.
    values : ndarray of shape (nodes,)
        Values of the sector's factor; low ones are bad times.

    Returns
    -------
    ndarray of shape (n, nodes, stages)
    """
    threshold = ndtri(np.clip(cumulative, 0, 1))[:, None, :]
    failed = ndtr((threshold - np.sqrt(correlation) * values[None, :, None]) / np.sqrt(1 - correlation))
    return np.diff(failed, axis=2, prepend=0.0)
