"""Quantiles and tails of a law on the lattice ``0, 1, 2, …``."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def quantile(law: Floats, level: float) -> float:
    """The loss, in units, that is not exceeded with probability ``level``; mass at 0 stays at 0.

    A lattice point stands for losses around it, so the distribution function is joined between the midpoints of
    its steps.

    Examples
    --------
    >>> round(quantile(np.array([0.5, 0.0, 0.25, 0.25]), 0.9), 2)
    3.0
    """
    below = np.cumsum(law)
    if below[0] >= level:
        return 0.0
    middle = np.append(below - law / 2, 1.0)
    middle[0] = below[0]
    at = int(np.searchsorted(middle, level))
    if at >= len(law):
        return float(len(law) - 1)
    step = middle[at] - middle[at - 1]
    last = int(np.flatnonzero(law)[-1])
    return min(at - 1 + float((level - middle[at - 1]) / step), float(last))


def worst(law: Floats, level: float) -> Floats:
    """Weights that turn a law into the mean over its worst ``1 - level``: a point on the border counts in part."""
    above = np.cumsum(law[::-1])[::-1]
    at = max(int(np.searchsorted(-above, level - 1, side="right")) - 1, 0)
    beyond = above[at + 1] if at + 1 < len(law) else 0.0
    weight = np.zeros(len(law))
    weight[at + 1 :] = 1.0
    weight[at] = (1 - level - beyond) / law[at]
    return weight / (1 - level)


def tail_mean(law: Floats, level: float) -> float:
    """The mean of the worst ``1 - level``, in units.

    Examples
    --------
    >>> tail_mean(np.array([0.5, 0.0, 0.25, 0.25]), 0.5)
    2.5
    """
    return float((worst(law, level) * law) @ np.arange(len(law)))


def standard_deviation(law: Floats) -> float:
    """The spread of a law, in units."""
    points = np.arange(len(law))
    mean = float(law @ points)
    return float(np.sqrt(law @ (points - mean) ** 2))


def around(law: Floats, loss: float) -> Floats:
    """Weights of losses of about a size: a triangle, one per cent wide or as much as it takes to hold anything."""
    points = np.arange(len(law))
    half = max(1.0, 0.01 * loss)
    weight: Floats = np.maximum(1 - np.abs(points - loss) / half, 0)
    while weight @ law < 1e-12 and half < len(law):
        half *= 2
        weight = np.maximum(1 - np.abs(points - loss) / half, 0)
    return weight
