"""The card: one table per term, which is the probability, the points, the reasons and the file.

``log_odds = intercept + term 1 + term 2 + …``, added from left to right; ``probability = 1 / (1 + exp(-log_odds))``.
Calibration, prior correction and shrinkage are already inside the tables: nothing is applied after the sum.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from scoring.scorecard.parts import (
    Applicability,
    Axis,
    BandTable,
    CategoricalAxis,
    Feature,
    Grade,
    Novelty,
    NumericAxis,
    Range,
    Scale,
    ScoreBands,
    Term,
)
from scoring.technology import Text

if TYPE_CHECKING:
    from scoring.scorecard.difference import Change
    from scoring.scorecard.row import RowScorer, Score
    from scoring.scorecard.table import ScoreTable, TableScorer


__all__ = [
    "Applicability",
    "Axis",
    "BandTable",
    "CategoricalAxis",
    "Feature",
    "Grade",
    "Novelty",
    "NumericAxis",
    "Range",
    "Scale",
    "ScoreBands",
    "Scorecard",
    "Term",
    "Text",
]


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
    format : str
        Of the file; a card in a format this version does not know is not loaded.
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
    format: Literal["greenhatch-card/1"] = "greenhatch-card/1"

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
        array([0.475, 0.168, 0.31 ])
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

    def to_markdown(self, language: Literal["en", "zh"] = "en") -> str:
        """Every table of the card in points, for people."""
        from scoring.scorecard.show import to_markdown

        return to_markdown(self, language)

    def to_svg(self, term: str, language: Literal["en", "zh"] = "en") -> str:
        """The term called ``term`` as a picture; needs ``greenhatch[screen]``.

        Raises
        ------
        KeyError
            Where the card has no such term.
        """
        from scoring.scorecard.draw import draw

        terms = {known.name: known for known in self.terms}
        return draw(self, terms[term], language)

    def changes_to(self, newer: "Scorecard") -> "tuple[Change, ...]":
        """What is not the same in ``newer``, one line each."""
        from scoring.scorecard.difference import difference

        return difference(self, newer)

    def __str__(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        return f"<Scorecard {self.name!r} {self.version}: {len(self.terms)} terms>"
