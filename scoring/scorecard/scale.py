"""From log-odds to points: the arithmetic that one row, a table and SQL share."""

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.scorecard.card import Scale

LN_2 = 0.6931471805599453


def points_line(scale: "Scale") -> tuple[float, float]:
    """``(points at log-odds 0, points per unit of log-odds)``: ``points = at_zero + per_log_odds * log_odds``.

    Examples
    --------
    >>> from scoring.scorecard.card import Scale
    >>> points_line(Scale(pdo=20.0, base_points=500.0, base_odds=1.0))
    (500.0, -28.85390081777927)
    """
    factor = scale.pdo / LN_2
    ln_base_odds = float(Decimal(scale.base_odds).ln())  # math.log may differ in its last bit between machines
    at_zero = scale.base_points - factor * ln_base_odds
    return at_zero, factor if scale.points_rise_with == "outcome" else -factor
