"""Amounts as people type them, in yuan or kronor, and as the platform counts them, in whole minor units."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

MINOR_MAX = 2**53 - 1
_CURRENCY = re.compile(r"^[A-Z]{3}$")


def minor(typed: str, currency: str) -> int | str:
    """Whole minor units; what was typed where it is not an amount of this currency."""
    try:
        amount = Decimal(typed.strip().replace(",", "").replace("，", ""))
        found = amount.scaleb(get_currency_precision(currency))
        exact = found.is_finite() and 0 <= found <= MINOR_MAX and found == found.to_integral_value()
    except InvalidOperation:
        return typed
    return int(found) if exact else typed


def major(amount_minor: int, currency: str) -> str:
    """As it stands in a field: `1200000`, `12.50`."""
    digits = get_currency_precision(currency)
    amount = Decimal(amount_minor).scaleb(-digits)
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:.{digits}f}"


def known_currency(given: Any) -> str:
    return given if isinstance(given, str) and _CURRENCY.match(given) else "CNY"


def in_minor(part: Any, name: str, currency: str) -> None:
    """In a part of a form, the amount typed under `name` becomes minor units."""
    if isinstance(part, dict) and isinstance(part.get(name), str):
        part[name] = minor(part[name], currency)
