"""Sums of independent losses by characteristic functions, with as few frequencies as the answer needs.

Three things keep the work small, none of which moves a probability by more than about 1e-12:
a law that lies within a window needs only the frequencies of that window (Chernoff's bound says how long it is);
a product of characteristic functions can only shrink, so a frequency that has vanished is dropped for the rest of the
product; and losses of a few units are transformed by a small matrix product instead of a long FFT.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Indices = NDArray[np.intp]

_VANISHED = 1e-14
_LOG_TAIL = 30.0  # probabilities below exp(-30) = 1e-13 may lie outside a window
_BLOCK_MAX, _CELLS_MAX = 32, 2**16  # deals at a time, so that what is computed of them stays in the cache
_NODES = 16  # neighbouring values of the factor, whose laws are about equally wide
_TILTS = np.geomspace(0.03, 60.0, 14)  # trial values of Chernoff's parameter, in units of 1 / the largest loss


class LossGroup(NamedTuple):
    """Deals whose losses reach about equally far: how likely a loss is in each stage, and how large it is then."""

    probability: Floats  # (n, nodes, stages), given the factor
    law: Floats  # (n, stages, width), rows sum to 1, in lattice units


Sector = Sequence[LossGroup]  # widest first: these make frequencies vanish soonest


def tilts(sectors: Sequence[Sector]) -> Floats:
    """Chernoff parameters to try, fitting the largest single loss."""
    largest = max(group.law.shape[2] - 1 for sector in sectors for group in sector)
    return np.asarray(_TILTS / largest)


def log_moments(sector: Sector, tilt: Floats) -> Floats:
    """``log E[exp(tilt x loss)]`` of the sector given the factor, ``(nodes, tilts)``."""
    total: Floats = np.zeros((sector[0].probability.shape[1], len(tilt)))
    for probability, law in sector:
        grown = law @ np.exp(np.arange(law.shape[2])[:, None] * tilt) - 1
        total += np.log1p(probability @ grown).sum(axis=0)
    return total


def window_units(log_moment: Floats, tilt: Floats) -> Indices:
    """Lattice points that hold a loss up to a probability of 1e-13, rounded up to a good length for an FFT."""
    reach = ((log_moment + _LOG_TAIL) / tilt).min(axis=-1) + 1
    power = 2.0 ** np.ceil(np.log2(np.maximum(reach, 16)))
    shorter = np.where(reach <= 0.625 * power, 0.625, np.where(reach <= 0.75 * power, 0.75, 1.0))
    windows: Indices = (shorter * power).astype(np.intp)
    return windows


def conditional_laws(sector: Sector, windows: Indices, size: int) -> Floats:
    """The law of the sector's loss for each value of the factor.

    Parameters
    ----------
    sector : sequence of LossGroup
    windows : ndarray of shape (nodes,)
        Lattice points needed at each value of the factor.
    size : int
        Lattice points of the whole portfolio; what lies beyond wraps around.

    Returns
    -------
    ndarray of shape (nodes, at most size)
    """
    windows = np.minimum(windows, size)
    out = np.zeros((len(windows), int(windows.max())))
    for start in range(0, len(windows), _NODES):
        nodes = slice(start, start + _NODES)
        window = int(windows[nodes].max())
        out[nodes, :window] = np.fft.irfft(_product(sector, nodes, window), n=window, axis=1)
    return np.maximum(out, 0)


def _product(sector: Sector, nodes: slice, window: int) -> Complex:
    """The characteristic function of the sector's loss at some nodes and all frequencies of a window."""
    alive = np.arange(window // 2 + 1)
    product = np.ones((sector[0].probability[:, nodes].shape[1], len(alive)), dtype=np.complex128)
    room = Room(product.size)
    for probability, law in blocks(sector, room):
        product *= mixture(probability[:, nodes], transform(law, alive, window)).prod(axis=0)
        kept = np.flatnonzero(np.abs(product).max(axis=0) > _VANISHED)
        if len(kept) < 0.9 * len(alive):
            alive, product = alive[kept], np.ascontiguousarray(product[:, kept])
            room.cells = product.size
    out = np.zeros((len(product), window // 2 + 1), dtype=np.complex128)
    out[:, alive] = product
    return out


class Room:
    """How many cells (values of the factor times frequencies) one deal takes; it shrinks as frequencies vanish."""

    def __init__(self, cells: int) -> None:
        self.cells = cells


def blocks(sector: Sector, room: Room) -> Iterator[LossGroup]:
    """The sector's deals, a few at a time so that what is computed of them stays in the cache."""
    for probability, law in sector:
        start = 0
        while start < len(law):
            size = min(max(_CELLS_MAX // max(room.cells, 1), 1), _BLOCK_MAX)
            yield LossGroup(probability[start : start + size], law[start : start + size])
            start += size


def transform(law: Floats, frequencies: Indices, window: int) -> Complex:
    """``E[exp(-i w loss)]`` of each law at some frequencies of a window, ``(n, stages, frequencies)``."""
    n, stages, width = law.shape
    if width * len(frequencies) > 20 * window:
        return np.ascontiguousarray(np.fft.rfft(law, n=window, axis=2)[:, :, frequencies])
    # Real times complex as one real product: half the work of a complex one.
    waves = _waves(width, np.asarray(-2 * np.pi / window * frequencies, dtype=np.float64)).view(np.float64)
    return (law.reshape(-1, width) @ waves).view(np.complex128).reshape(n, stages, len(frequencies))


def _waves(width: int, angles: Floats) -> Complex:
    """``exp(i angle j)`` for ``j < width``, each row from the one before and restarted now and then to stay exact."""
    waves = np.empty((width, len(angles)), dtype=np.complex128)
    step = np.exp(1j * angles)
    for j in range(width):
        if j % 32 == 0:
            np.exp(1j * angles * j, out=waves[j])
        else:
            np.multiply(waves[j - 1], step, out=waves[j])
    return waves


def mixture(probability: Floats, transformed: Complex) -> Complex:
    """Characteristic functions of deals, ``1 - sum_k p_k + sum_k p_k g_k``, ``(n, nodes, frequencies)``."""
    result: Complex = np.matmul(probability, transformed.view(np.float64)).view(np.complex128)
    result += 1.0 - probability.sum(axis=2, keepdims=True)
    return result
