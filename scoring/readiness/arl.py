"""The look-up table of the DOE adoption readiness assessment.

Source: U.S. Department of Energy, Office of Technology Commercialization, *Adoption Readiness Assessment*,
April 2025, p. 13: rows count the dimensions of Medium risk, columns those of High risk, both up to "8 or more".
"""

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


def arl_of_risks(levels: Sequence[int]) -> int:
    """The adoption readiness level of dimensions given as 1 for High, 2 for Medium and 3 for Low risk."""
    return arl_level(levels.count(MEDIUM_RISK), levels.count(HIGH_RISK))


def arl_band(level: int) -> str:
    """The source's own bands: 1–3 low, 4–6 medium, 7–9 high readiness."""
    return ("low", "medium", "high")[(level - 1) // 3]
