"""A card made ready for scoring: every feature is placed once, however many tables ask for it.

The axes of a feature (in its own term, in pairs, in the test of novelty) may cut it at different places. Their edges
are merged, so that one search finds one *cell*, and each table is re-indexed by these cells.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

from scoring.scorecard.place import category, number

if TYPE_CHECKING:
    from scoring.scorecard.card import Axis, Scorecard, Term


@dataclass(frozen=True, slots=True)
class Column:
    """One feature and its cells: numeric where ``edges`` is there, else by category."""

    feature: str
    edges: tuple[float, ...] | None
    categories: tuple[str, ...]

    @property
    def size(self) -> int:
        return 2 + len(self.categories if self.edges is None else self.edges)

    @property
    def missing(self) -> int:
        return self.size - 1

    @property
    def unseen(self) -> int:
        return self.size - 2

    def cells_on(self, axis: "Axis") -> tuple[int, ...]:
        """For each cell of this column the cell of ``axis`` it lies in."""
        if hasattr(axis, "cell_of"):
            cell_of: dict[str, int] = axis.cell_of
            inner = [cell_of.get(name, axis.size - 2) for name in self.categories]
        else:
            inner = [bisect_left(axis.edges, edge) for edge in self.edges or ()]
        return (*inner, axis.size - 2, axis.size - 1)


@dataclass(frozen=True, slots=True)
class Table:
    """A term by cells: value ``values[offsets[0][cell 0] + offsets[1][cell 1]]``; one column has no offsets."""

    columns: tuple[int, ...]
    offsets: tuple[tuple[int, ...], ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns, the terms over them, and per column the novelty of its cells (infinite outside the range)."""

    columns: tuple[Column, ...]
    tables: tuple[Table, ...]
    novelty: tuple[tuple[int, tuple[float, ...]], ...]
    segment: tuple[int, tuple[int, ...]] | None


def plan(card: "Scorecard") -> Plan:
    """Merge the axes of ``card`` (which must be valid) into columns and re-index its tables."""
    columns = _columns(card)
    index = {column.feature: number for number, column in enumerate(columns)}
    segment = card.bands.segment if card.bands else None
    return Plan(
        columns=columns,
        tables=tuple(_table(term, columns, index) for term in card.terms),
        novelty=_novelty(card, columns, index),
        segment=None if segment is None else (i := index[segment.feature], columns[i].cells_on(segment)),
    )


def place(column: Column, value: Any) -> tuple[Any, int]:
    """The value as Python has it and its cell.

    Raises
    ------
    Unexpected
        Where it is neither missing nor of the column's kind.
    """
    if column.edges is None:
        name = category(value)
        if name is None:
            return None, column.missing
        return name, column.categories.index(name) if name in column.categories else column.unseen
    place = number(value)
    if place is None:
        return None, column.missing
    return (value if isinstance(value, bool) else place), bisect_left(column.edges, place)


def axes_of(card: "Scorecard") -> list["Axis"]:
    """Every axis of the card, those of its terms first."""
    axes = [axis for term in card.terms for axis in term.axes]
    if card.applicability:
        axes += [table.axis for table in card.applicability.tables]
    if card.bands and card.bands.segment:
        axes.append(card.bands.segment)
    return axes


def _columns(card: "Scorecard") -> tuple[Column, ...]:
    axes_by_feature: dict[str, list[Axis]] = {}
    for axis in axes_of(card):
        axes_by_feature.setdefault(axis.feature, []).append(axis)
    limits = _range_edges(card)
    for feature in limits:
        axes_by_feature.setdefault(feature, [])
    return tuple(merged(feature, axes, limits.get(feature, ())) for feature, axes in axes_by_feature.items())


def merged(feature: str, axes: Sequence["Axis"], limits: tuple[float, ...] = ()) -> Column:
    """One column for axes of one feature and kind, cut wherever one of them is, and at ``limits``."""
    if axes and hasattr(axes[0], "categories"):
        names = dict.fromkeys(name for axis in axes for name in getattr(axis, "categories", ()))
        return Column(feature, None, tuple(names))
    edges = {edge + 0.0 for axis in axes for edge in getattr(axis, "edges", ())}
    return Column(feature, tuple(sorted(edges.union(limits))), ())


def _range_edges(card: "Scorecard") -> dict[str, tuple[float, ...]]:
    """Edges that set apart the numbers outside a range: the largest number below it, and its upper end."""
    ranges = card.applicability.ranges if card.applicability else ()
    return {r.feature: (nextafter(r.low, -inf) + 0.0, r.high + 0.0) for r in ranges}


def _table(term: "Term", columns: Sequence[Column], index: dict[str, int]) -> Table:
    numbers = tuple(index[axis.feature] for axis in term.axes)
    cells = [columns[number].cells_on(axis) for number, axis in zip(numbers, term.axes, strict=True)]
    if len(cells) == 1:
        return Table(numbers, (), tuple(term.log_odds[cell] for cell in cells[0]))
    width = term.axes[1].size
    return Table(numbers, (tuple(cell * width for cell in cells[0]), cells[1]), term.log_odds)


def _novelty(
    card: "Scorecard", columns: Sequence[Column], index: dict[str, int]
) -> tuple[tuple[int, tuple[float, ...]], ...]:
    if card.applicability is None:
        return ()
    limits = _range_edges(card)
    axis_tables = {table.axis.feature: table for table in card.applicability.tables}
    result = []
    for feature in dict.fromkeys([*axis_tables, *limits]):
        column = columns[index[feature]]
        values = [0.0] * column.size
        if feature in axis_tables:
            table = axis_tables[feature]
            values = [table.novelty[cell] for cell in column.cells_on(table.axis)]
        result.append((index[feature], _outside_is_infinite(column, values, limits.get(feature))))
    return tuple(result)


def _outside_is_infinite(column: Column, values: list[float], limits: tuple[float, ...] | None) -> tuple[float, ...]:
    if limits is None:
        return tuple(values)
    below, high = limits
    ends = (*(column.edges or ()), inf)
    inside = [below < end and (end <= high) for end in ends]
    return (*(value if kept else inf for value, kept in zip(values, inside, strict=False)), values[-1])
