"""Losses on a lattice: continuous severities become probabilities of whole units, mean and variance kept."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]
Shape = tuple[float, float] | None  # a Beta distribution, or None for a fixed share

_KNOTS = 1025


def on_lattice(scale: Floats, mean: Floats, shape: Sequence[Shape], width: int) -> Floats:
    """Spread losses ``scale x share`` over the points ``0, 1, …, width - 1``.

    Parameters
    ----------
    scale : ndarray of shape (n,)
        The largest loss, in units of the lattice; at most ``width - 2``.
    mean : ndarray of shape (n,)
        The mean share, which is also the share where ``shape`` is None.
    shape : sequence of n
        Parameters of the share's Beta distribution.
    width : int
        Number of lattice points.

    Returns
    -------
    ndarray of shape (n, width)
        Rows that sum to 1. The mean is kept exactly; so is the variance wherever any law on the lattice has both,
        otherwise it is the smallest one possible on the lattice.

    Notes
    -----
    Splitting every loss between its two neighbours keeps the mean and adds variance. Mixing that law with the one
    that puts all of its mass beside the mean, in the right proportion, takes the excess away again (local moment
    matching after Gerber 1982, with weights that cannot turn negative).
    """
    points = np.arange(-1, width + 1, dtype=np.float64)
    law = np.empty((len(scale), width))
    alike: dict[Shape, list[int]] = {}
    for i, own in enumerate(shape):
        alike.setdefault(own, []).append(i)
    for shared, rows in alike.items():
        over = _expected_excess(points, scale[rows, None], mean[rows, None], shared)
        law[rows] = over[:, 2:] - 2 * over[:, 1:-1] + over[:, :-2]
    law = np.maximum(law, 0)
    law /= law.sum(axis=1, keepdims=True)
    return _with_variance(law, scale * mean, scale**2 * _share_variance(mean, shape))


def _share_variance(mean: Floats, shape: Sequence[Shape]) -> Floats:
    sizes = np.array([np.inf if own is None else own[0] + own[1] for own in shape])
    variance: Floats = mean * (1 - mean) / (1 + sizes)
    return variance


def _expected_excess(points: Floats, scale: Floats, mean: Floats, shape: Shape) -> Floats:
    """E[(loss - point)+] for every scale and point."""
    safe = np.where(scale > 0, scale, 1.0)
    x = np.clip(points / safe, 0.0, 1.0)
    beyond = np.maximum(mean - x, 0.0) if shape is None else _beta_excess(x, shape)
    return np.where(points < 0, scale * mean - points, np.where(scale > 0, scale * beyond, 0.0))


def _beta_excess(x: Floats, shape: tuple[float, float]) -> Floats:
    """E[(share - x)+] of a Beta share, read from a table: cubic between knots, whose slopes are known exactly."""
    value, slope = _beta_table(*shape)
    cell = np.minimum((x * (_KNOTS - 1)).astype(np.intp), _KNOTS - 2)
    t = x * (_KNOTS - 1) - cell
    rest = 1 - t
    left = rest * rest * ((1 + 2 * t) * value[cell] + t * slope[cell])
    excess: Floats = left + t * t * ((1 + 2 * rest) * value[cell + 1] - rest * slope[cell + 1])
    return excess


@lru_cache(maxsize=4096)
def _beta_table(a: float, b: float) -> tuple[Floats, Floats]:
    """E[(share - x)+] at the knots, and its slope times the distance of two knots."""
    knots = np.linspace(0, 1, _KNOTS)
    below = betainc(a, b, knots)
    value = a / (a + b) * (1 - betainc(a + 1, b, knots)) - knots * (1 - below)
    return value, (below - 1) / (_KNOTS - 1)


def _with_variance(law: Floats, mean: Floats, variance: Floats) -> Floats:
    """Mix each law with the narrowest one of the same mean until its variance is the wanted one."""
    j = np.arange(law.shape[1])
    spread = np.maximum(law @ (j * j) - mean**2, 0)
    floor = np.floor(mean + 1e-12).astype(np.intp)
    part = np.clip(mean - floor, 0, 1)
    narrowest = part * (1 - part)
    room = spread - narrowest
    share = np.clip(np.divide(spread - variance, room, out=np.zeros_like(room), where=room > 1e-12), 0, 1)
    mixed: Floats = law * (1 - share)[:, None]
    rows = np.arange(len(law))
    mixed[rows, floor] += share * (1 - part)
    mixed[rows, np.minimum(floor + 1, law.shape[1] - 1)] += share * part
    return mixed
