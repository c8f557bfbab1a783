"""What counts as a number, as a category and as missing, for one value of a row or a column.

Missing: None, NaN, pandas' NA. A number is any real number that is finite, a truth value counting as 1 or 0.
A category is a text; a whole number stands for its digits, a truth value for ``"true"`` or ``"false"``.
Everything else is refused: a text is never read as a number.
"""

import sys
from decimal import Decimal
from math import inf
from numbers import Real
from typing import Any

from scoring.io.limits import INTEGER_MAX
from scoring.io.problems import Unexpected

NUMBER = "a finite number, or None where it is unknown"
INTEGER_EXACT = 2**53  # a double holds every whole number up to it
CATEGORY = "a category (text, whole number or truth value), or None where it is unknown"


def number(value: Any) -> float | None:
    """``value`` as a double, or None where it is missing.

    Raises
    ------
    Unexpected
        Where it is neither.
    """
    value = _plain(value)
    if value is None:
        return None
    if not isinstance(value, Real | Decimal):
        raise Unexpected(NUMBER)
    try:
        result = float(value)
    except (OverflowError, ValueError):
        raise Unexpected(NUMBER) from None
    if result in (inf, -inf):
        raise Unexpected(NUMBER)
    return None if result != result else result


def category(value: Any) -> str | None:
    """``value`` as a category's name, or None where it is missing.

    Raises
    ------
    Unexpected
        Where it is neither.
    """
    value = _plain(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -INTEGER_MAX <= value <= INTEGER_MAX:
        return str(value)
    return _whole(value)


def _whole(value: Any) -> str | None:
    """A whole number that came as a double (a column of codes with gaps does) in its digits."""
    try:
        double = number(value)
    except Unexpected:
        raise Unexpected(CATEGORY) from None
    if double is None:
        return None
    if not (double.is_integer() and -INTEGER_EXACT <= double <= INTEGER_EXACT):
        raise Unexpected(CATEGORY)
    return str(int(double))


def quoted(value: Any) -> str:
    """``value`` for an error message, whatever it is: an integer of 5,000 digits has no text."""
    try:
        return str(value)
    except Exception:
        return f"({type(value).__name__})"


def _plain(value: Any) -> Any:
    """A numpy scalar as Python's own, and the NaN of Decimal and pandas as None, without importing any of them."""
    if type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, Decimal) and value.is_nan()):
        return None
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    return value
