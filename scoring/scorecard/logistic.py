"""The logistic function, the same to the last bit for one row, a table of them, and on every machine.

``exp`` differs in its last bit between the C libraries of operating systems and the vector code of numpy, so it is
computed here from additions, multiplications and divisions alone, which IEEE 754 fixes: the argument is reduced to
``k ln 2 + r`` and ``exp(r)`` is a rational function (Moshier, *Methods and Programs for Mathematical Functions*, 1989).
The relative error is below 4e-16.
"""

from math import ldexp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOG_ODDS_MAX = 700.0  # beyond it exp() leaves the range of a double; the probability is 0 or 1 long before
_LOG2_E = 1.4426950408889634
_ROUND = 6755399441055744.0  # adding and subtracting 1.5 * 2**52 rounds to a whole number
_LN2_HIGH, _LN2_LOW = 6.93145751953125e-1, 1.42860682030941723212e-6
_P0, _P1, _P2 = 1.26177193074810590878e-4, 3.02994407707441961300e-2, 9.99999999999999999910e-1
_Q0, _Q1, _Q2, _Q3 = 3.00198505138664455042e-6, 2.52448340349684104192e-3, 2.27265548208155028766e-1, 2.0


def logistic(log_odds: float) -> float:
    """The probability that belongs to ``log_odds``.

    Examples
    --------
    >>> logistic(0.0)
    0.5
    """
    x = -log_odds if -LOG_ODDS_MAX < log_odds < LOG_ODDS_MAX else (-LOG_ODDS_MAX if log_odds > 0 else LOG_ODDS_MAX)
    k = (x * _LOG2_E + _ROUND) - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    s = r * r
    p = ((_P0 * s + _P1) * s + _P2) * r
    q = ((_Q0 * s + _Q1) * s + _Q2) * s + _Q3
    return 1.0 / (1.0 + ldexp(1.0 + 2.0 * (p / (q - p)), int(k)))


def logistic_array(log_odds: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """:func:`logistic` of every element, in the same order of operations."""
    import numpy as np

    x = np.clip(-log_odds, -LOG_ODDS_MAX, LOG_ODDS_MAX)
    k = x * _LOG2_E
    k += _ROUND
    k -= _ROUND
    x -= k * _LN2_HIGH
    x -= k * _LN2_LOW
    s = x * x
    p = _horner(s, _P0, _P1, _P2)
    p *= x
    q = _horner(s, _Q0, _Q1, _Q2, _Q3)
    q -= p
    p /= q
    p *= 2.0
    p += 1.0
    exponential = np.ldexp(p, k.astype(np.int32))
    exponential += 1.0
    return np.divide(1.0, exponential, out=exponential)


def _horner(x: "NDArray[np.float64]", first: float, *rest: float) -> "NDArray[np.float64]":
    total = x * first
    for coefficient in rest[:-1]:
        total += coefficient
        total *= x
    total += rest[-1]
    return total
