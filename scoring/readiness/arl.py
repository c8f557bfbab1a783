"""The look-up table of the DOE adoption readiness assessment.

Source: U.S. Department of Energy, Office of Technology Commercialization, *Adoption Readiness Assessment*,
April 2025, p. 13: rows count the dimensions of Medium risk, columns those of High risk, both up to "8 or more".

The table is the source's own, and it is not monotone: where seven or more dimensions are Medium or High, one of them
going from High to Medium can lower the level (one High and six Medium make 4, seven Medium make 3). So an interval is
the lowest and the highest level of *all* the ways in which its dimensions may turn out, not that of its two ends.
"""

from collections import Counter
from collections.abc import Sequence

HIGH_RISK, MEDIUM_RISK, LOW_RISK = 1, 2, 3  # as levels of readiness: the lower the risk, the higher the level

TABLE = (
    (9, 8, 7, 5, 3, 1, 1, 1, 1),
    (8, 7, 6, 4, 2, 1, 1, 1, 1),
    (8, 7, 6, 4, 2, 1, 1, 1, 1),
    (7, 6, 5, 3, 1, 1, 1, 1, 1),
    (7, 6, 5, 3, 1, 1, 1, 1, 1),
    (6, 5, 4, 2, 1, 1, 1, 1, 1),
    (5, 4, 3, 1, 1, 1, 1, 1, 1),
    (3, 2, 1, 1, 1, 1, 1, 1, 1),
    (1, 1, 1, 1, 1, 1, 1, 1, 1),
)
_CAP = len(TABLE) - 1


def arl_level(medium: int, high: int) -> int:
    """The adoption readiness level for so many dimensions of Medium and of High risk.

    Examples
    --------
    >>> arl_level(medium=0, high=0), arl_level(medium=3, high=2), arl_level(medium=1, high=11)
    (9, 5, 1)
    """
    return TABLE[min(medium, _CAP)][min(high, _CAP)]


def arl_interval(lows: Sequence[int], highs: Sequence[int]) -> tuple[int, int]:
    """The lowest and the highest adoption readiness level of dimensions known only to lie between two risks.

    Risks are levels of readiness: 1 for High, 2 for Medium, 3 for Low. The table falls along its rows and its columns,
    so that only the splits between High and Medium have to be tried.

    Examples
    --------
    >>> arl_interval([3] * 15 + [1, 2], [3] * 15 + [1, 3])
    (7, 8)
    >>> arl_interval([2] * 6 + [1], [2] * 7)
    (3, 4)
    """
    kinds = Counter(zip(lows, highs, strict=True))
    high, medium = kinds[HIGH_RISK, HIGH_RISK], kinds[MEDIUM_RISK, MEDIUM_RISK]
    high_or_medium, medium_or_low, any_risk = kinds[1, 2], kinds[2, 3], kinds[1, 3]
    bad = high + high_or_medium + any_risk
    worst_medium, worst_high = medium + medium_or_low, bad
    lowest = min(arl_level(worst_medium + k, worst_high - k) for k in range(high_or_medium + any_risk + 1))
    highest = max(arl_level(medium + k, high + high_or_medium - k) for k in range(high_or_medium + 1))
    return lowest, highest


def arl_band(level: int) -> str:
    """The source's own bands: 1–3 low, 4–6 medium, 7–9 high readiness."""
    return ("low", "medium", "high")[(level - 1) // 3]
