"""Amounts of a technology as people write them (12.50) and as they are kept (whole minor units)."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

USUAL_CURRENCY = "CNY"
Row = dict[str, Any]


def rows_in(value: Any) -> list[Row]:
    """The rows of a list, or of a form's numbered parts."""
    found = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [row for row in found if isinstance(row, dict)]


def _amounts(technology: Row) -> Iterator[tuple[Row, str, str]]:
    """Each amount: its row, its name, its currency."""
    for row in (*rows_in(technology.get("costs")), *rows_in(technology.get("funding"))):
        yield row, "amount_minor", str(row.get("currency", USUAL_CURRENCY))
    financing = technology.get("financing")
    if isinstance(financing, dict):
        currency = str(financing.get("currency", USUAL_CURRENCY))
        yield financing, "amount_minor", currency
        yield financing, "collateral_minor", currency
        for stage in rows_in(financing.get("stages")):
            yield stage, "cost_minor", currency


def to_minor(technology: Row) -> None:
    """A text that is no amount stays as it is, to be named beside its field."""
    for row, name, currency in _amounts(technology):
        with contextlib.suppress(ArithmeticError, KeyError, TypeError, ValueError):
            minor = Decimal(row[name]).scaleb(get_currency_precision(currency))
            row[name] = int(minor) if minor == int(minor) else str(minor)


def to_major(technology: Row) -> None:
    """What stands in the fields of a form."""
    for row, name, currency in _amounts(technology):
        if row.get(name) is not None:
            row[name] = format(Decimal(row[name]).scaleb(-get_currency_precision(currency)), "f")
