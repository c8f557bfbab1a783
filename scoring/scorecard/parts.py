"""What a card is made of."""

from typing import Literal

from msgspec import Struct

from scoring.technology import Text


class NumericAxis(Struct, frozen=True, tag="numeric", forbid_unknown_fields=True):
    """Bins of a number: ``x <= edges[0]``, ``edges[0] < x <= edges[1]``, …, above the last edge, missing.

    The axis has ``len(edges) + 2`` cells; the last one is the missing value's (None or NaN).
    """

    feature: str
    edges: tuple[float, ...]

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.edges) + 2


class CategoricalAxis(Struct, frozen=True, tag="categorical", omit_defaults=True, forbid_unknown_fields=True):
    """Categories by name, then any category not seen in training, then missing: ``len(categories) + 2`` cells.

    Where several categories share a cell, ``cells`` has the cell of each, and the axis as many cells and two more.
    A whole number stands for its decimal digits (``3`` is ``"3"``), a truth value for ``"true"`` or ``"false"``.
    """

    feature: str
    categories: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The number of cells."""
        return (max(self.cells) + 1 if self.cells else len(self.categories)) + 2

    @property
    def cell_of(self) -> dict[str, int]:
        """The cell of each category."""
        return dict(zip(self.categories, self.cells or range(len(self.categories)), strict=False))


Axis = NumericAxis | CategoricalAxis


class Term(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One table: over one axis, or row by row over two. ``log_odds`` has one value for each cell.

    The values are rounded (to 1e-6, say) when the card is made, so that the file is short; the rounded values *are*
    the model. ``reference`` is the mean of the term over the rows it learned from: a reason says how far a row is
    from it. ``monotonic`` is the constraint the term was fitted under (-1, 0 or 1; for one axis). ``decimals`` is for
    files alone: there -123 with 3 decimals stands for -0.123.
    """

    axes: tuple[Axis, ...]
    log_odds: tuple[float, ...]
    reference: float = 0.0
    monotonic: int = 0
    decimals: int = 0

    @property
    def name(self) -> str:
        """The feature, or two features joined by `` × ``."""
        return " × ".join(axis.feature for axis in self.axes)


class Scale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points: ``base_points`` at odds of ``base_odds`` to 1 for the good outcome, ``pdo`` points double them."""

    pdo: float = 50.0
    base_points: float = 600.0
    base_odds: float = 19.0
    points_rise_with: Literal["outcome", "its-absence"] = "its-absence"


class Grade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grade of the master scale and the probability up to which (inclusive) it is given; the last one's is 1."""

    name: str
    probability_max: float


class BandTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An interval of the probability as a step function of the log-odds.

    ``low`` and ``high`` have ``len(edges) + 1`` values: for ``log_odds <= edges[0]``, ``edges[0] < log_odds <=
    edges[1]``, …, above the last edge.
    """

    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class ScoreBands(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How sure the probability is: a step function of the log-odds, for all rows or segment by segment.

    With ``segment``, ``by_segment`` has one entry for each of its cells; None there means the table for all rows.
    Where a step does not reach the probability itself, scoring widens the interval up to it.
    """

    method: Literal["logistic", "venn-abers"]
    level: float
    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    segment: Axis | None = None
    by_segment: tuple[BandTable | None, ...] = ()


class Novelty(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rare each cell of an axis was: ``-ln`` of its smoothed share of the rows learned from, one value a cell."""

    axis: Axis
    novelty: tuple[float, ...]


class Range(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of a feature, both ends included, beyond which nothing comparable was learned from."""

    feature: str
    low: float
    high: float


class Applicability(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a row is like those the card learned from.

    It is where its summed novelty is at most ``threshold`` and every number lies in its range. ``level`` is the share
    of rows *like* those learned from that the threshold flags all the same (the conformal p-value it was cut at).
    """

    tables: tuple[Novelty, ...]
    threshold: float
    level: float
    ranges: tuple[Range, ...] = ()


class Feature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person calls a feature, and its categories where their names alone would not do."""

    name: str
    label: Text = Text()
    unit: str = ""
    categories: dict[str, Text] = {}
