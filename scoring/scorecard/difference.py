"""What changed between two cards, said in the terms of a card."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scoring.scorecard.card import CategoricalAxis, NumericAxis
from scoring.scorecard.plan import Column, merged
from scoring.scorecard.show import cell_labels
from scoring.technology import Text

if TYPE_CHECKING:
    from scoring.scorecard.card import Feature, Scorecard, Term

_PLAIN = ("name", "version", "outcome", "outcome_is_bad", "intercept", "scale", "grades", "bands", "applicability")


class Change(Struct, frozen=True):
    """One thing that is not the same: where, what it was and what it is; None where it was not there."""

    place: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.place}: new ({self.new})"
        if self.new is None:
            return f"{self.place}: gone (was {self.old})"
        return f"{self.place}: {self.old} → {self.new}"


def difference(old: "Scorecard", new: "Scorecard") -> tuple[Change, ...]:
    """Every change from ``old`` to ``new``; of a term's table, the cell that changed most."""
    return (*_fields(old, new), *_terms(old, new), *_entries(old, new))


def _fields(old: "Scorecard", new: "Scorecard") -> Iterator[Change]:
    for name in _PLAIN:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name, _said(name, before), _said(name, after))
    for key in dict.fromkeys([*old.about, *new.about]):
        before, after = old.about.get(key), new.about.get(key)
        if before != after:
            yield Change(f"about.{key}", _text(before), _text(after))


def _said(name: str, value: Any) -> str | None:
    match name, value:
        case _, None:
            return None
        case "bands", _:
            return f"{len(value.edges) + 1} steps by {value.method}, level {value.level:g}"
        case "applicability", _:
            return f"{len(value.tables)} tables, threshold {value.threshold:g}"
        case "grades", _:
            return ", ".join(f"{grade.name} ≤ {grade.probability_max:g}" for grade in value) or "none"
        case "outcome", _:
            return _both(value)
    return str(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _both(text: Text) -> str:
    return " / ".join(filter(None, (text.en, text.zh)))


def _entries(old: "Scorecard", new: "Scorecard") -> Iterator[Change]:
    before, after = ({entry.name: entry for entry in card.features} for card in (old, new))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(f"label of {name}", _entry(before.get(name)), _entry(after.get(name)))


def _entry(entry: "Feature | None") -> str | None:
    if entry is None:
        return None
    categories = f", {len(entry.categories)} categories" if entry.categories else ""
    return (_both(entry.label) or entry.name) + categories


def _terms(old: "Scorecard", new: "Scorecard") -> Iterator[Change]:
    before, after = ({_key(term): term for term in card.terms} for card in (old, new))
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield Change(f"term {before[key].name}", f"{len(before[key].log_odds)} cells", None)
        elif key not in before:
            yield Change(f"term {after[key].name}", None, f"{len(after[key].log_odds)} cells")
        elif before[key] != after[key]:
            yield _changed(new, before[key], after[key])
    if [*before] != [*after] and {*before} == {*after}:
        yield Change("order of terms", ", ".join(t.name for t in old.terms), ", ".join(t.name for t in new.terms))


def _key(term: "Term") -> tuple[tuple[str, type], ...]:
    return tuple((axis.feature, type(axis)) for axis in term.axes)


def _changed(new: "Scorecard", before: "Term", after: "Term") -> Change:
    """The cell, of both terms' cuts taken together, whose log-odds moved most."""
    columns = [merged(first.feature, (first, second)) for first, second in zip(before.axes, after.axes, strict=True)]
    old_values, new_values = _values(before, columns), _values(after, columns)
    worst = max(old_values, key=lambda cells: abs(new_values[cells] - old_values[cells]))
    if old_values[worst] == new_values[worst]:
        return Change(f"term {after.name} (cuts, reference or constraint)", _outline(before), _outline(after))
    where = ", ".join(_where(new, column, cell) for column, cell in zip(columns, worst, strict=True))
    return Change(f"term {after.name} ({where})", f"{old_values[worst]:+.6g}", f"{new_values[worst]:+.6g}")


def _values(term: "Term", columns: Sequence[Column]) -> dict[tuple[int, ...], float]:
    """The term's log-odds by the cells of ``columns``."""
    cells = [column.cells_on(axis) for column, axis in zip(columns, term.axes, strict=True)]
    width = term.axes[-1].size
    return {
        at: term.log_odds[sum(cells[i][cell] * (width if len(at) - i == 2 else 1) for i, cell in enumerate(at))]
        for at in product(*(range(column.size) for column in columns))
    }


def _where(card: "Scorecard", column: Column, cell: int) -> str:
    axis = CategoricalAxis(column.feature, column.categories) if column.edges is None else None
    return f"{column.feature} {cell_labels(card, axis or NumericAxis(column.feature, column.edges or ()), 'en')[cell]}"


def _outline(term: "Term") -> str:
    sizes = " × ".join(str(axis.size) for axis in term.axes)
    return f"{sizes} cells, reference {term.reference:g}, monotonic {term.monotonic}"
