"""The card as one SELECT, so that rows are scored where they lie.

The statement computes what :meth:`Scorecard.score_table` computes, in the same order: log-odds agree to the last bit,
probabilities to that of the engine's ``exp``. Names and texts of a card are quoted for the engine; all names inside
the statement are its own, so a column cannot be taken for one of them.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING

from scoring.io.problems import Problems
from scoring.scorecard.check import check
from scoring.scorecard.dialects import DIALECTS, Dialect
from scoring.scorecard.logistic import LOG_ODDS_MAX
from scoring.scorecard.plan import Column, Plan, plan
from scoring.scorecard.scale import points_line

if TYPE_CHECKING:
    from scoring.scorecard.card import Axis, BandTable, ScoreBands, Scorecard, Term

RESULTS = ("log_odds", "probability", "low", "high", "points", "grade", "applicable")
_OUTSIDE = 1e300  # the novelty of a number out of its range: infinite, written so that no engine overflows


def to_sql(card: "Scorecard", dialect: str, table: str | Sequence[str], keys: Sequence[str] = ()) -> str:
    """See :meth:`scoring.Scorecard.to_sql`."""
    check(card)
    if dialect not in DIALECTS:
        raise ValueError(f"dialect must be one of {', '.join(map(repr, DIALECTS))}, not {dialect!r}")
    return _Statement(card, DIALECTS[dialect], keys).text(table.split(".") if isinstance(table, str) else table)


class _Statement:
    def __init__(self, card: "Scorecard", dialect: Dialect, keys: Sequence[str]) -> None:
        self._card, self._dialect, self._keys = card, dialect, keys
        self._plan: Plan = plan(card)
        self._input = {column.feature: f"f{i}" for i, column in enumerate(self._plan.columns)}

    def text(self, table: Sequence[str]) -> str:
        # Every name and text in the steps went through the dialect's quotes.
        steps = {
            "features": f"{_select(self._features())}\n  FROM {'.'.join(map(self._dialect.name, table))}",
            "terms": f"{_select(self._terms())}\n  FROM features",
            "sums": f"    *, {self._log_odds()} AS z\n  FROM terms",
            "scores": f"    *, {self._probability()} AS p\n  FROM sums",
        }
        named = ",\n".join(f"{name} AS (\n  SELECT\n{step}\n)" for name, step in steps.items())
        return f"WITH {named}\nSELECT\n{_select(self._results())}\nFROM scores\n"

    def _features(self) -> Iterator[tuple[str, str]]:
        """Keys as k0, k1, … and features as f0, f1, …, each of the type its axis has."""
        name = self._dialect.name
        yield from ((name(key), f"k{i}") for i, key in enumerate(self._keys))
        for column in self._plan.columns:
            kind = self._dialect.text if column.edges is None else self._dialect.double
            yield f"CAST({name(column.feature)} AS {kind})", self._input[column.feature]

    def _terms(self) -> Iterator[tuple[str, str]]:
        yield from self._passed("k", len(self._keys))
        for i, term in enumerate(self._card.terms):
            yield self._term(term), f"c{i}"
        bands = self._card.bands
        if bands and bands.segment:
            cells = [str(cell) if table else "-1" for cell, table in enumerate(bands.by_segment)]
            yield self._on_axis(bands.segment, cells), "s"
        if self._card.applicability:
            yield self._novelty(), "n"

    @staticmethod
    def _passed(letter: str, count: int) -> Iterator[tuple[str, str]]:
        yield from ((f"{letter}{i}", f"{letter}{i}") for i in range(count))

    def _term(self, term: "Term") -> str:
        values = [self._dialect.number(value) for value in term.log_odds]
        if len(term.axes) == 1:
            return self._on_axis(term.axes[0], values)
        width = term.axes[1].size
        rows = [values[start : start + width] for start in range(0, len(values), width)]
        return self._on_axis(term.axes[0], [self._on_axis(term.axes[1], row) for row in rows])

    def _on_axis(self, axis: "Axis", values: Sequence[str]) -> str:
        column = Column(axis.feature, getattr(axis, "edges", None), getattr(axis, "categories", ()))
        return self._on_cells(column, [values[cell] for cell in column.cells_on(axis)])

    def _on_cells(self, column: Column, values: Sequence[str]) -> str:
        """The one of ``values`` that belongs to the row's cell."""
        subject, (*inner, last, missing) = self._input[column.feature], values
        if column.edges is None:
            absent = f"{subject} IS NULL"
            matches = [
                (f"{subject} IN ({texts})", value) for texts, value in self._texts(column, inner) if value != last
            ]
        else:
            absent = f"{subject} IS NULL OR {subject} = {self._dialect.nan}"
            matches = self._up_to(subject, column.edges, [*inner, last])
        return _case([(absent, missing), *matches], last)

    def _texts(self, column: Column, values: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Categories and their value, those of one value taken together."""
        texts: dict[str, list[str]] = {}
        for name, value in zip(column.categories, values, strict=True):
            if self._dialect.can_hold(name):
                texts.setdefault(value, []).append(self._dialect.literal(name))
        return ((", ".join(same), value) for value, same in texts.items())

    def _up_to(self, subject: str, edges: Sequence[float], values: Sequence[str]) -> list[tuple[str, str]]:
        """Conditions and values for ``subject`` by rising edges, neighbours of one value taken together."""
        ends = [*edges, inf]
        runs = [list(run) for _, run in groupby(zip(ends, values, strict=True), key=lambda pair: pair[1])]
        return [(f"{subject} <= {self._dialect.number(run[-1][0])}", run[-1][1]) for run in runs[:-1]]

    def _steps(self, subject: str, edges: Sequence[float], values: Sequence[str]) -> str:
        return _case(self._up_to(subject, edges, values), values[-1])

    def _novelty(self) -> str:
        parts = []
        for i, values in self._plan.novelty:
            numbers = [self._dialect.number(min(value, _OUTSIDE)) for value in values]
            parts.append(self._on_cells(self._plan.columns[i], numbers))
        return " + ".join(parts) or self._dialect.number(0.0)

    def _log_odds(self) -> str:
        terms = [f"c{i}" for i in range(len(self._card.terms))]
        return " + ".join([self._dialect.number(self._card.intercept), *terms])

    def _probability(self) -> str:
        low, high, one = map(self._dialect.number, (-LOG_ODDS_MAX, LOG_ODDS_MAX, 1.0))
        return f"{one} / ({one} + EXP(-LEAST(GREATEST(z, {low}), {high})))"

    def _results(self) -> Iterator[tuple[str, str]]:
        at_zero, per_log_odds = map(self._dialect.number, points_line(self._card.scale))
        for (expression, _), key in zip(self._passed("k", len(self._keys)), self._keys, strict=True):
            yield expression, self._dialect.name(key)
        for i, name in enumerate(self._contribution_names()):
            yield f"c{i}", self._dialect.name(name)
        yield "z", "log_odds"
        yield "p", "probability"
        if self._card.bands:
            yield f"LEAST(p, {self._band(lambda table: table.low)})", "low"
            yield f"GREATEST(p, {self._band(lambda table: table.high)})", "high"
        yield f"{at_zero} + {per_log_odds} * z", "points"
        if self._card.grades:
            limits = [grade.probability_max for grade in self._card.grades[:-1]]
            yield self._steps("p", limits, [self._dialect.literal(g.name) for g in self._card.grades]), "grade"
        if self._card.applicability:
            yield f"n <= {self._dialect.number(self._card.applicability.threshold)}", "applicable"

    def _band(self, side: Callable[["BandTable | ScoreBands"], Sequence[float]]) -> str:
        bands = self._card.bands
        if bands is None:
            raise AssertionError("asked for the interval of a card without bands")
        tables = {cell: table for cell, table in enumerate(bands.by_segment) if table}
        by_cell = [(f"s = {cell}", self._side(table, side)) for cell, table in tables.items()]
        return _case(by_cell, self._side(bands, side))

    def _side(
        self, table: "BandTable | ScoreBands", side: Callable[["BandTable | ScoreBands"], Sequence[float]]
    ) -> str:
        return self._steps("z", table.edges, [self._dialect.number(value) for value in side(table)])

    def _contribution_names(self) -> list[str]:
        """``contribution_<term>``, made short and unique where the engine or another column asks for it."""
        taken = {name.casefold() for name in (*self._keys, *RESULTS)}
        with Problems("sql") as problems:
            for name in _repeated_or_reserved(self._keys):
                problems.add(f"a key column once, and none named {', '.join(RESULTS)}", column=name)
        names = []
        for i, term in enumerate(self._card.terms, 1):
            name = self._dialect.short(f"contribution_{term.name}", "")
            if name.casefold() in taken:
                name = self._dialect.short(f"contribution_{term.name}", f"_{i}")
            taken.add(name.casefold())
            names.append(name)
        return names


def _repeated_or_reserved(keys: Sequence[str]) -> list[str]:
    folded = [key.casefold() for key in keys]
    return [key for key, fold in zip(keys, folded, strict=True) if fold in RESULTS or folded.count(fold) > 1]


def _select(columns: Iterator[tuple[str, str]]) -> str:
    return ",\n".join(f"    {expression} AS {name}" for expression, name in columns)


def _case(matches: Sequence[tuple[str, str]], otherwise: str) -> str:
    if not matches:
        return otherwise
    return f"CASE {' '.join(f'WHEN {test} THEN {value}' for test, value in matches)} ELSE {otherwise} END"
