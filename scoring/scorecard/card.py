"""The card: one table per term, which is the probability, the points, the reasons and the file."""

from typing import Literal

from msgspec import Struct


class NumericAxis(Struct, frozen=True, tag="numeric"):
    """Bins of a number: ``x <= edges[0]``, ``edges[0] < x <= edges[1]``, …, above the last edge, missing.

    The axis has ``len(edges) + 2`` cells; the last one is the missing value's (None or NaN).
    """

    feature: str
    edges: tuple[float, ...]


class CategoricalAxis(Struct, frozen=True, tag="categorical"):
    """Categories by name, then any category not seen in training, then missing: ``len(categories) + 2`` cells."""

    feature: str
    categories: tuple[str, ...]


Axis = NumericAxis | CategoricalAxis


class Term(Struct, frozen=True, kw_only=True):
    """One table: over one axis, or row by row over two. ``log_odds`` has one value for each cell."""

    axes: tuple[Axis, ...]
    log_odds: tuple[float, ...]
    monotonic: int = 0

    @property
    def name(self) -> str:
        """The feature, or two features joined by `` × ``."""
        return " × ".join(axis.feature for axis in self.axes)


class Scale(Struct, frozen=True, kw_only=True):
    """Points: ``base_points`` at odds of ``base_odds`` to 1 for the good outcome, ``pdo`` points double them."""

    pdo: float = 50.0
    base_points: float = 600.0
    base_odds: float = 19.0
    points_rise_with: Literal["outcome", "its-absence"] = "its-absence"


class Grade(Struct, frozen=True, kw_only=True):
    """A grade of the master scale and the probability up to which (inclusive) it is given."""

    name: str
    probability_max: float
