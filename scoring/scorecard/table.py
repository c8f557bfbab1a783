"""Many rows: the same numbers as row by row, to the last bit, in parts that fit the processor's cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from scoring.scorecard.buckets import Buckets
from scoring.scorecard.columns import Cells, Source, read, report_infinite
from scoring.scorecard.logistic import logistic_array
from scoring.scorecard.plan import Plan, plan
from scoring.scorecard.plan import Table as TermTable
from scoring.scorecard.scale import points_line

if TYPE_CHECKING:
    from scoring.scorecard.card import BandTable, ScoreBands, Scorecard
    from scoring.scorecard.row import Score

Floats = NDArray[np.float64]
ROWS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """What a card says of many rows: one array each, and any one row in full by :meth:`score`.

    Attributes
    ----------
    probability, log_odds, points : array of shape (n_rows,)
        The prediction on the scales of the outcome, the model and the card.
    low, high : array of shape (n_rows,) or None
        The interval of the probability; None for a card without bands.
    grade : array of str of shape (n_rows,) or None
        On the master scale; None for a card without one.
    contributions : array of shape (n_rows, n_terms)
        Log-odds of each term; with the intercept they add up to ``log_odds``.
    applicable : array of bool of shape (n_rows,) or None
        Whether the card learned from rows like this one; None where the card cannot tell.
    """

    probability: Floats
    low: Floats | None
    high: Floats | None
    log_odds: Floats
    points: Floats
    grade: NDArray[np.str_] | None
    contributions: Floats
    applicable: NDArray[np.bool_] | None
    _score_of: Callable[[int], "Score"] = field(repr=False)

    def __len__(self) -> int:
        return len(self.probability)

    def score(self, row: int) -> "Score":
        """The row in position ``row`` with its reasons, as :meth:`Scorecard.score` gives it."""
        return self._score_of(range(len(self))[row])


class TableScorer:
    """Scores tables on one card."""

    def __init__(self, card: "Scorecard") -> None:
        self._card, self._plan = card, plan(card)
        columns = self._plan.columns
        self._buckets = {c.feature: Buckets(c.edges) for c in columns if c.edges is not None}
        self._terms = [_Term(table) for table in self._plan.tables]
        self._novelty = [(column, np.array(values)) for column, values in self._plan.novelty]
        self._bands = _Bands(card.bands, self._plan) if card.bands else None
        self._grades = _Grades(card) if card.grades else None
        self._points = points_line(card.scale)

    def __call__(self, table: Any, absent: Literal["error", "missing"]) -> ScoreTable:
        rows, sources = read(table, self._plan.columns, self._buckets, absent)
        result = self._empty(rows, sources)
        cells = np.empty((len(sources) + 2, ROWS_AT_ONCE), dtype=np.intp)
        finite = True
        for start in range(0, rows, ROWS_AT_ONCE):
            part = slice(start, min(start + ROWS_AT_ONCE, rows))
            held = cells[:, : part.stop - start]
            for source, out in zip(sources, held, strict=False):
                finite &= source.cells(part, out, held[-1])
            self._score_part(result, part, held)
        if not finite:
            report_infinite(self._plan.columns, sources)
        return result

    def _empty(self, rows: int, sources: Sequence[Source]) -> ScoreTable:
        names = [column.feature for column in self._plan.columns]

        def score_of(row: int) -> "Score":
            return self._card.score({name: source.value(row) for name, source in zip(names, sources, strict=True)})

        return ScoreTable(
            probability=np.empty(rows),
            low=np.empty(rows) if self._bands else None,
            high=np.empty(rows) if self._bands else None,
            log_odds=np.empty(rows),
            points=np.empty(rows),
            grade=np.empty(rows, dtype=self._grades.names.dtype) if self._grades else None,
            contributions=np.empty((len(self._terms), rows)).T,  # a term's values side by side, as they are written
            applicable=np.empty(rows, dtype=np.bool_) if self._card.applicability else None,
            _score_of=score_of,
        )

    def _score_part(self, result: ScoreTable, part: slice, cells: Cells) -> None:
        scratch = cells[-2]
        log_odds = result.log_odds[part]
        log_odds.fill(self._card.intercept)
        for term, contribution in zip(self._terms, result.contributions.T, strict=True):
            term.take(cells, scratch, contribution[part])
            log_odds += contribution[part]
        probability = result.probability[part] = logistic_array(log_odds)
        at_zero, per_log_odds = self._points
        np.multiply(log_odds, per_log_odds, out=result.points[part])
        result.points[part] += at_zero
        if self._bands and result.low is not None and result.high is not None:
            self._bands.write(log_odds, probability, cells, result.low[part], result.high[part])
        if self._grades and result.grade is not None:
            result.grade[part] = self._grades.of(probability, scratch, cells[-1])
        if self._card.applicability and result.applicable is not None:
            result.applicable[part] = self._novelty_of(cells) <= self._card.applicability.threshold

    def _novelty_of(self, cells: Cells) -> Floats:
        total = np.zeros(cells.shape[1])
        taken = np.empty_like(total)
        for column, values in self._novelty:
            np.take(values, cells[column], out=taken, mode="clip")
            total += taken
        return total


class _Term:
    def __init__(self, table: TermTable) -> None:
        self._columns = table.columns
        self._offsets = [np.array(offsets, dtype=np.intp) for offsets in table.offsets]
        self._values = np.array(table.values)

    def take(self, cells: Cells, scratch: Cells, out: Floats) -> None:
        """Write the term's log-odds into ``out``."""
        if self._offsets:
            np.take(self._offsets[0], cells[self._columns[0]], out=scratch, mode="clip")
            scratch += self._offsets[1].take(cells[self._columns[1]], mode="clip")
        np.take(self._values, scratch if self._offsets else cells[self._columns[0]], out=out, mode="clip")


class _Bands:
    def __init__(self, bands: "ScoreBands", ready: Plan) -> None:
        self._segment = ready.segment[0] if ready.segment else None
        cells = ready.segment[1] if ready.segment else (0,)
        tables = [bands.by_segment[cell] if bands.by_segment else bands for cell in cells]
        self._steps = [_Steps(table or bands) for table in tables]

    def write(self, log_odds: Floats, probability: Floats, cells: Cells, low: Floats, high: Floats) -> None:
        """Write the interval, widened up to the probability."""
        if self._segment is None:
            low[:], high[:] = self._steps[0].at(log_odds)
        else:
            segment = cells[self._segment]
            for cell in np.unique(segment):
                rows = np.flatnonzero(segment == cell)
                low[rows], high[rows] = self._steps[cell].at(log_odds[rows])
        np.minimum(low, probability, out=low)
        np.maximum(high, probability, out=high)


class _Steps:
    def __init__(self, table: "BandTable | ScoreBands") -> None:
        self._buckets = Buckets(table.edges)
        self._low, self._high = np.array(table.low), np.array(table.high)

    def at(self, log_odds: Floats) -> tuple[Floats, Floats]:
        step, scratch = np.empty((2, len(log_odds)), dtype=np.intp)
        self._buckets.cells(log_odds, step, scratch)
        return self._low.take(step), self._high.take(step)


class _Grades:
    def __init__(self, card: "Scorecard") -> None:
        self.names = np.array([grade.name for grade in card.grades])
        self._buckets = Buckets([grade.probability_max for grade in card.grades])

    def of(self, probability: Floats, step: Cells, scratch: Cells) -> NDArray[np.str_]:
        self._buckets.cells(probability, step, scratch)
        return self.names.take(step)
