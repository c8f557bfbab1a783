"""The card: one table per term, which is the probability, the points, the reasons and the file.

``log_odds = intercept + term 1 + term 2 + …``, added from left to right; ``probability = 1 / (1 + exp(-log_odds))``.
Calibration, prior correction and shrinkage are already inside the tables: nothing is applied after the sum.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from scoring.technology import Text

if TYPE_CHECKING:
    from scoring.scorecard.row import RowScorer, Score
    from scoring.scorecard.table import ScoreTable, TableScorer


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


class CategoricalAxis(Struct, frozen=True, tag="categorical", forbid_unknown_fields=True):
    """Categories by name, then any category not seen in training, then missing: ``len(categories) + 2`` cells.

    A whole number stands for its decimal digits (``3`` is ``"3"``), a truth value for ``"true"`` or ``"false"``.
    """

    feature: str
    categories: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.categories) + 2


Axis = NumericAxis | CategoricalAxis


class Term(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table: over one axis, or row by row over two. ``log_odds`` has one value for each cell.

    The values are rounded (to 1e-6, say) when the card is made, so that the file is short; the rounded values *are*
    the model. ``reference`` is the mean of the term over the rows it learned from: a reason says how far a row is
    from it. ``monotonic`` is the constraint the term was fitted under (-1, 0 or 1; for one axis).
    """

    axes: tuple[Axis, ...]
    log_odds: tuple[float, ...]
    reference: float = 0.0
    monotonic: int = 0

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


class Scorecard(Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
    """An additive model of a probability, as tables.

    Attributes
    ----------
    name, version : str
        What the card is called and which edition this is.
    outcome : Text
        What the probability is of, in Chinese and English.
    outcome_is_bad : bool
        True where a high probability is bad news (a default); it says which reasons are adverse.
    intercept : float
        Log-odds before any term.
    terms : tuple of Term
        One table each; no two over the same features.
    scale : Scale
        From log-odds to points.
    grades : tuple of Grade
        The master scale by rising probability; empty for a card without grades.
    bands : ScoreBands or None
        The interval of the probability.
    applicability : Applicability or None
        The test for rows unlike those learned from.
    features : tuple of Feature
        Names for people; a feature without an entry is called by its column.
    about : dict
        Where the card comes from, as JSON: data, protocol, figures, limits of use.
    """

    name: str
    version: str
    outcome: Text
    outcome_is_bad: bool
    intercept: float
    terms: tuple[Term, ...]
    scale: Scale = Scale()
    grades: tuple[Grade, ...] = ()
    bands: ScoreBands | None = None
    applicability: Applicability | None = None
    features: tuple[Feature, ...] = ()
    about: dict[str, Any] = {}

    @staticmethod
    def load(path: str | PathLike[str]) -> "Scorecard":
        """Read a card from a JSON file and check all of it; raises :class:`InputError` with every fault."""
        from scoring.scorecard.file import load

        return load(path)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the card as canonical JSON: the same card gives the same bytes."""
        from scoring.scorecard.file import save

        save(self, path)

    @cached_property
    def sha256(self) -> str:
        """The hash of the canonical JSON, in hexadecimal: the card's identity, whatever it is called."""
        from scoring.scorecard.file import sha256

        return sha256(self)

    @cached_property
    def _row_scorer(self) -> "RowScorer":
        from scoring.scorecard.check import check
        from scoring.scorecard.row import RowScorer

        check(self, self.name or "card")
        return RowScorer(self)

    def score(self, row: Mapping[str, Any], *, extra: Literal["error", "ignore"] = "error") -> "Score":
        """Probability, interval, points, grade and reasons of one row.

        Parameters
        ----------
        row : Mapping
            Feature to value. A feature that is not there is missing, as is None or NaN.
        extra : {"error", "ignore"}
            What to do about keys the card does not know. They are errors by default, because a misspelt feature
            would otherwise count as missing in silence.

        Raises
        ------
        InputError
            With every value that is neither missing nor of its feature's kind, and every unknown key.

        Examples
        --------
        >>> term = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2))
        >>> card = Scorecard(name="demo", version="1", outcome=Text(en="stalls"), outcome_is_bad=True, intercept=-1.0,
        ...                  terms=(term,))
        >>> score = card.score({"trl": 3})
        >>> round(score.probability, 4), score.reasons[0].text()
        (0.475, 'trl 3: −65 points against the average')
        """
        return self._row_scorer(row, extra)

    @cached_property
    def _table_scorer(self) -> "TableScorer":
        from scoring.scorecard.check import check
        from scoring.scorecard.table import TableScorer

        check(self, self.name or "card")
        return TableScorer(self)

    def score_table(self, table: Any, *, absent: Literal["error", "missing"] = "error") -> "ScoreTable":
        """Probability, interval, points, grade and every contribution of many rows.

        The numbers are those of :meth:`score`, to the last bit. Columns the card does not know are passed over.

        Parameters
        ----------
        table : pandas.DataFrame, polars.DataFrame, pyarrow.Table or mapping from feature to array
            A null, None or NaN is missing.
        absent : {"error", "missing"}
            What to do about features without a column. They are errors by default, because a misspelt column would
            otherwise count as missing in silence.

        Raises
        ------
        InputError
            With every absent column and every value that is neither missing nor of its feature's kind.

        Examples
        --------
        >>> term = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2))
        >>> card = Scorecard(name="demo", version="1", outcome=Text(en="stalls"), outcome_is_bad=True, intercept=-1.0,
        ...                  terms=(term,))
        >>> card.score_table({"trl": [3, 7, None]}).probability.round(4)
        array([0.475 , 0.168 , 0.31  ])
        """
        return self._table_scorer(table, absent)

    def to_sql(
        self,
        dialect: Literal["postgresql", "duckdb", "spark"],
        *,
        table: str | Sequence[str],
        keys: Sequence[str] = (),
    ) -> str:
        """One SELECT that gives each row's contributions, log-odds, probability, interval, points and grade.

        Parameters
        ----------
        dialect : {"postgresql", "duckdb", "spark"}
            The engine it is for.
        table : str or sequence of str
            The table to score, ``"schema.table"`` or its parts. It has a column for each feature: a number's of any
            numeric type, a category's of text, whole numbers or truth values.
        keys : sequence of str
            Columns of the table to carry along.

        Raises
        ------
        InputError
            Where a name cannot be written in the engine's SQL, or two columns of the result would have one name.
        """
        from scoring.scorecard.sql import to_sql

        return to_sql(self, dialect, table, keys)
