"""The chance of a rating between two cut points on the logistic scale, and its derivatives, without overflow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


class Slopes(NamedTuple):
    """Of the log-likelihood in both cut points: first derivatives, and the three parts of the curvature."""

    upper: Floats
    lower: Floats
    bend_upper: Floats
    bend_lower: Floats
    bend_gap: Floats


def slopes(a: Floats, b: Floats) -> Slopes:
    """Derivatives of `log(F(a) - F(b))` for the logistic F; `a` may be inf and `b` -inf."""
    upper, lower, gap = expit(a), expit(b), a - b
    apart = 1.0 / np.expm1(np.minimum(gap, 700.0))
    bend = np.where(np.isfinite(gap), apart + apart**2, 0.0)
    apart = np.where(np.isfinite(gap), apart, 0.0)
    return Slopes(1 - upper + apart, -lower - apart, upper * (1 - upper), lower * (1 - lower), bend)


def log_chance(a: Floats, b: Floats) -> Floats:
    """`log(F(a) - F(b))`; minus infinity where the cut points are out of order."""
    gap = a - b
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(gap > 0, np.log1p(-np.exp(-np.maximum(gap, 0.0))), -np.inf)
    result: Floats = -np.logaddexp(0, -a) - np.logaddexp(0, b) + apart
    return result
