"""One cell of a portfolio, read as its column asks: the kinds that ``glossary.toml`` names."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from scoring.io import money, values
from scoring.io.glossary import VALUES, Column, Header, suggestion
from scoring.io.grid import Cell
from scoring.io.problems import Unexpected
from scoring.io.quantities import DIMENSIONLESS, parameters_in, quantity
from scoring.io.structured import localised
from scoring.technology import Case, Cost, Evidence, Medium, Parameter, Patent, Provenance, TechnologyClass, Text

ENUMS: dict[str, Callable[[str], Any]] = {
    "provenance": Provenance,
    "technology_class": TechnologyClass,
    "media": Medium,
}


class Place(Struct, frozen=True):
    """Where a cell stands: under which header, in a file of which habits."""

    header: Header
    column: Column
    comma_is_ambiguous: bool = False


def read(cell: Cell, place: Place) -> Any:
    """The cell's value; None where it is blank; `Unexpected` where it does not fit."""
    if isinstance(cell, str):
        values.check_text(cell)
    return READERS[place.column.kind](cell, place)


def _localised(cell: Cell, place: Place) -> Text | None:
    text = values.text(cell)
    if text is None:
        return None
    return Text(**({place.header.language: text} if place.header.language else localised(text)))


def _text(cell: Cell, _place: Place) -> str | None:
    return values.text(cell)


def _word(cell: Cell, place: Place) -> str | None:
    """A known word in its one form, and any other word as it is."""
    text = values.text(cell)
    return None if text is None else VALUES[place.column.name].get(values.plain(cell).casefold(), text)


def _name(cell: Cell, place: Place) -> Any:
    return _named(cell, place.column.name)


def _named(cell: Cell, column: str) -> Any:
    known = VALUES[column]
    names = sorted(set(known.values()))
    own = known | {name.casefold(): name for name in names}
    close = suggestion(values.plain(cell).casefold(), list(own))
    value = values.any_of(cell, own, f"one of {', '.join(names)}{close}")
    return None if value is None else ENUMS.get(column, str)(value)


def _names(cell: Cell, place: Place) -> tuple[Any, ...]:
    found = (_named(item, place.column.name) for item in values.items(cell))
    return tuple(dict.fromkeys(item for item in found if item is not None))


def _list(cell: Cell, _place: Place) -> tuple[str, ...]:
    return values.items(cell)


def _whole(cell: Cell, place: Place) -> int | None:
    # A ladder's level is often written with its name: TRL 7, TRL7, 7级.
    text = values.plain(cell).upper().removeprefix("TRL").removesuffix("级").strip() if isinstance(cell, str) else cell
    return values.whole(text, place.column.low, place.column.high, comma_is_ambiguous=place.comma_is_ambiguous)


def _number(cell: Cell, place: Place) -> float | None:
    value = values.number(cell, comma_is_ambiguous=place.comma_is_ambiguous)
    if value is not None and value < 0:
        raise Unexpected("a number that is not negative")
    years = (place.header.unit or "").lower() in ("年", "year", "years")
    return value * 12 if value is not None and years and place.column.name.endswith("_months") else value


def _date(cell: Cell, _place: Place) -> Any:
    return values.day(cell)


def _share(cell: Cell, place: Place) -> float | None:
    percent = place.header.unit == "%" and not str(cell).strip().endswith(("%", "％"))
    text = f"{values.plain(cell)}%" if percent and values.plain(cell) else cell
    return values.share(text, comma_is_ambiguous=place.comma_is_ambiguous)


class Unpriced(Struct, frozen=True):
    """An amount whose currency another cell of the row may give."""

    cell: Cell
    unit: money.MoneyUnit
    comma_is_ambiguous: bool


def _money(cell: Cell, place: Place) -> Unpriced | None:
    """The amount as a draft; it is tried in some currency, so that a bad figure is found here."""
    if not values.plain(cell):
        return None
    draft = Unpriced(cell, money.money_unit(place.header.unit), place.comma_is_ambiguous)
    priced(draft, "CNY")
    return draft


def priced(draft: Unpriced, currency: str | None) -> money.Amount:
    found = money.amount(draft.cell, draft.unit, comma_is_ambiguous=draft.comma_is_ambiguous, currency=currency)
    if found is None:
        raise Unexpected(money.AN_AMOUNT)
    return found


def _cost(cell: Cell, place: Place) -> Cost | None:
    found = money.cost(cell, money.money_unit(place.header.unit), comma_is_ambiguous=place.comma_is_ambiguous)
    if found is None:
        return None
    return Cost(kind=place.column.name, amount_minor=found.minor, currency=found.currency, per_unit=found.per or "")


def _parameters(cell: Cell, _place: Place) -> tuple[Parameter, ...]:
    return parameters_in(str(cell)) if values.plain(cell) else ()


def parameter(cell: Cell, name: str, unit: str, *, comma_is_ambiguous: bool) -> Parameter | None:
    """A cell under a header with a unit: a number, a bound or a range; None where it is neither."""
    try:
        value = values.number(cell, comma_is_ambiguous=comma_is_ambiguous)
    except Unexpected:
        return quantity(str(cell), name, unit)
    return None if value is None else Parameter(name=name, unit=unit or DIMENSIONLESS, value=value)


def _cases(cell: Cell, _place: Place) -> tuple[Case, ...]:
    return tuple(Case(name=Text(**localised(item))) for item in values.items(cell))


def _patents(cell: Cell, _place: Place) -> tuple[Patent, ...]:
    numbers = values.items(values.text(cell))
    if any(len(number) < 5 for number in numbers):
        raise Unexpected("patent numbers; how many there are goes into a column named 授权专利数 or patents granted")
    return tuple(Patent(number=number) for number in numbers)


def _evidence(cell: Cell, _place: Place) -> tuple[Evidence, ...]:
    titles = enumerate(values.items(cell), start=1)
    return tuple(Evidence(id=f"evidence-{number}", title=Text(**localised(title))) for number, title in titles)


READERS: dict[str, Callable[[Cell, Place], Any]] = {
    "id": _text,
    "localised": _localised,
    "text": _text,
    "word": _word,
    "name": _name,
    "names": _names,
    "list": _list,
    "whole": _whole,
    "number": _number,
    "count": _number,
    "date": _date,
    "share": _share,
    "money": _money,
    "cost": _cost,
    "parameters": _parameters,
    "cases": _cases,
    "patents": _patents,
    "evidence": _evidence,
}
