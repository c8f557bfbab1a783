"""One row: a function written for the card, so that a score with its reasons takes microseconds.

The source of that function is made of numbers only: names, categories and values of the card reach it as objects in
its namespace, so no text of a file can become code.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scoring.io.problems import Problems, Unexpected
from scoring.scorecard.logistic import logistic
from scoring.scorecard.place import quoted
from scoring.scorecard.plan import Column, Plan, Table, place, plan
from scoring.scorecard.reasons import Reason, picker
from scoring.scorecard.scale import points_line

if TYPE_CHECKING:
    from scoring.scorecard.card import BandTable, ScoreBands, Scorecard

LARGE = 2.0**53  # whole numbers beyond it must be rounded to a double first


class Score(Struct, frozen=True):
    """What a card says of one row.

    Attributes
    ----------
    probability : float
        Of the card's outcome.
    low, high : float or None
        The interval of the probability; None for a card without bands.
    log_odds, points : float
        The same on the scales of the model and of the card.
    grade : str or None
        On the master scale; None for a card without one.
    reasons : tuple of Reason
        What speaks against the row, largest effect first, at most four.
    strengths : tuple of Reason
        What speaks for it.
    contributions : tuple of float
        Log-odds of each term; with the intercept they add up to ``log_odds``.
    applicable : bool or None
        Whether the card learned from rows like this one; None where the card cannot tell.
    unusual : tuple of str
        The features that make it unlike them.
    """

    probability: float
    low: float | None
    high: float | None
    log_odds: float
    points: float
    grade: str | None
    reasons: tuple[Reason, ...]
    strengths: tuple[Reason, ...]
    contributions: tuple[float, ...]
    applicable: bool | None
    unusual: tuple[str, ...]


class _MisfitError(Exception):
    """The row is not one for this card; what is wrong with it is worked out afterwards."""


Row = Mapping[str, Any]


class RowScorer:
    """Scores rows on one card."""

    def __init__(self, card: "Scorecard") -> None:
        self._plan = plan(card)
        self._fast = {ignore: _compiled(card, self._plan, ignore) for ignore in (False, True)}

    def __call__(self, row: Row, extra: str) -> Score:
        try:
            return self._fast[extra == "ignore"](row)
        except (_MisfitError, AttributeError, TypeError):
            self._explain(row, extra)
            raise

    def _explain(self, row: Row, extra: str) -> None:
        if not isinstance(row, Mapping):
            raise TypeError(f"a row is a mapping from feature to value, not {type(row).__name__}") from None
        names = {column.feature: column for column in self._plan.columns}
        with Problems("row") as problems:
            for key in row if extra != "ignore" else ():
                if key not in names:
                    problems.add(_known(key, names), column=quoted(key), value=quoted(row[key]))
            for name, column in names.items():
                try:
                    place(column, row.get(name))
                except Unexpected as error:
                    problems.add(str(error), column=name, value=quoted(row.get(name)))


def _known(key: object, names: Mapping[str, Column]) -> str:
    close = get_close_matches(str(key), names, n=1)
    return f"a feature of the card (did you mean {close[0]!r}?)" if close else "a feature of the card"


def _placer(column: Column) -> Callable[[Any], tuple[Any, int]]:
    def placed(value: Any) -> tuple[Any, int]:
        try:
            return place(column, value)
        except Unexpected:
            raise _MisfitError from None

    return placed


def _compiled(card: "Scorecard", ready: Plan, ignore_extra: bool) -> Callable[[Row], Score]:
    """The function for this card. Only numbers are formatted into its source."""
    names: dict[str, Any] = {"bisect": bisect_left, "logistic": logistic, "MisfitError": _MisfitError, "Score": Score}
    lines = ["def score(row):"]
    if not ignore_extra:
        names["FEATURES"] = frozenset(column.feature for column in ready.columns)
        lines.append("    if not row.keys() <= FEATURES: raise MisfitError")
    lines.append("    get = row.get")
    for i, column in enumerate(ready.columns):
        lines += _place_lines(i, column, names)
    lines += [f"    a{k} = {_value_code(k, table, names)}" for k, table in enumerate(ready.tables)]
    lines += _sum_lines(card, ready, names)
    lines += _band_lines(card, ready, names)
    lines += _novelty_lines(card, ready, names)
    lines += _result_lines(card, ready, names)
    # Integers, the fixed texts of this module and nothing else are in these lines.
    exec(compile("\n".join(lines), "<scorecard>", "exec"), names)  # noqa: S102
    function: Callable[[Row], Score] = names["score"]
    return function


def _place_lines(i: int, column: Column, names: dict[str, Any]) -> list[str]:
    names |= {f"N{i}": column.feature, f"place{i}": _placer(column)}
    lines = [f"    x{i} = get(N{i}); t = type(x{i})"]
    if column.edges is None:
        names[f"D{i}"] = {name: cell for cell, name in enumerate(column.categories)}.get
        lines.append(f"    if t is str: c{i} = D{i}(x{i}, {column.unseen})")
    else:
        names[f"E{i}"] = column.edges
        inside = f"-{LARGE!r} < x{i} < {LARGE!r}"
        lines.append(f"    if (t is float or t is int) and {inside}: c{i} = bisect(E{i}, x{i})")
    return [*lines, f"    else: x{i}, c{i} = place{i}(x{i})"]


def _value_code(k: int, table: Table, names: dict[str, Any]) -> str:
    names[f"T{k}"] = table.values
    if not table.offsets:
        return f"T{k}[c{table.columns[0]}]"
    names |= {f"R{k}": table.offsets[0], f"S{k}": table.offsets[1]}
    first, second = table.columns
    return f"T{k}[R{k}[c{first}] + S{k}[c{second}]]"


def _sum_lines(card: "Scorecard", ready: Plan, names: dict[str, Any]) -> list[str]:
    names |= {f"M{k}": term.reference for k, term in enumerate(card.terms)}
    names["intercept"] = card.intercept
    numbers = range(len(card.terms))
    values = [f"({', '.join(f'x{i}' for i in table.columns)},)" for table in ready.tables]
    return [
        f"    z = intercept + {' + '.join(f'a{k}' for k in numbers)}",
        "    p = logistic(z)",
        f"    a = ({', '.join(f'a{k}' for k in numbers)},)",
        f"    e = ({', '.join(f'a{k} - M{k}' if card.terms[k].reference else f'a{k}' for k in numbers)},)",
        f"    v = ({', '.join(values)},)",
    ]


def _band_lines(card: "Scorecard", ready: Plan, names: dict[str, Any]) -> list[str]:
    if card.bands is None:
        return ["    low = high = None"]
    tables: list[BandTable | ScoreBands] = [card.bands]
    pick = "0"
    if ready.segment is not None:
        column, cells = ready.segment
        tables = [card.bands.by_segment[cell] or card.bands for cell in cells]
        pick = f"c{column}"
    names |= {"EDGES": [t.edges for t in tables], "LOW": [t.low for t in tables], "HIGH": [t.high for t in tables]}
    return [
        f"    b = bisect(EDGES[{pick}], z); low = LOW[{pick}][b]; high = HIGH[{pick}][b]",
        "    if p < low: low = p",
        "    if p > high: high = p",
    ]


def _novelty_lines(card: "Scorecard", ready: Plan, names: dict[str, Any]) -> list[str]:
    if card.applicability is None:
        return ["    applicable = None; unusual = ()"]
    threshold = card.applicability.threshold
    features = [ready.columns[i].feature for i, _ in ready.novelty]
    lowest = [min(values) for _, values in ready.novelty]
    names |= {f"V{i}": values for i, values in ready.novelty}
    names |= {"threshold": threshold, "blame": lambda novelty: to_blame(novelty, lowest, features, threshold)}
    cells = [f"V{i}[c{i}]" for i, _ in ready.novelty]
    return [
        f"    applicable = {' + '.join(cells) or '0.0'} <= threshold",
        f"    unusual = () if applicable else blame(({''.join(f'{cell}, ' for cell in cells)}))",
    ]


def to_blame(novelty: tuple[float, ...], lowest: list[float], features: list[str], threshold: float) -> tuple[str, ...]:
    """The fewest features that would have to be usual (as usual as they can be) for the row to pass, worst first."""
    excess = [value - least for value, least in zip(novelty, lowest, strict=True)]
    order = sorted(range(len(excess)), key=excess.__getitem__, reverse=True)
    remaining = list(novelty)
    blamed: list[str] = []
    for table in order:
        if sum(remaining) <= threshold or not excess[table] > 0:
            break
        remaining[table] = lowest[table]
        blamed.append(features[table])
    return tuple(blamed)


def _result_lines(card: "Scorecard", ready: Plan, names: dict[str, Any]) -> list[str]:
    at_zero, per_log_odds = points_line(card.scale)
    names |= {"at_zero": at_zero, "per_log_odds": per_log_odds, "pick": picker(card, per_log_odds)}
    grade = "None"
    if card.grades:
        names["GRADE_MAX"] = [grade.probability_max for grade in card.grades]
        names["GRADE"] = [grade.name for grade in card.grades]
        grade = "GRADE[bisect(GRADE_MAX, p)]"
    return [
        "    reasons, strengths = pick(e, a, v)",
        "    points = at_zero + per_log_odds * z",
        f"    return Score(p, low, high, z, points, {grade}, reasons, strengths, a, applicable, unusual)",
    ]
