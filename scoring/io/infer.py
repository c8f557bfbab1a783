"""The type of a column from its cells: numbers, dates, yes or no, or text."""

from typing import Any

from scoring.io.grid import Cell
from scoring.io.problems import Problems, Unexpected
from scoring.io.values import A_FINITE_NUMBER, day, number, plain

NUMERIC_SHARE_MIN = 0.95
"""From this share of numbers among the filled cells on, the others are mistakes and not categories."""

_BOOLEANS = {"true": True, "false": False}


def inferred(
    name: str, cells: list[Cell], rows: list[int], problems: Problems, *, comma_is_ambiguous: bool = False
) -> list[Any]:
    """The cells of one column, all of one type: float or int, date, bool, or str; None where unknown.

    A column is of numbers if at least `NUMERIC_SHARE_MIN` of its filled cells are; the cells that are not are noted.
    """
    quick = _quick(cells)
    if quick is not None:
        return quick
    values, failed = _numbers(cells, comma_is_ambiguous)
    filled = sum(bool(plain(cell)) for cell in cells)
    if filled and len(failed) <= (1 - NUMERIC_SHARE_MIN) * filled:
        for index, expected in failed:
            share = 1 - len(failed) / filled
            hint = f"{expected}, as in {share:.1%} of this column"
            problems.add(hint, row=rows[index], column=name, value=cells[index])
        return _narrowed(values)
    for index, expected in failed:
        if expected == A_FINITE_NUMBER and isinstance(cells[index], float):
            problems.add(expected, row=rows[index], column=name, value=cells[index])
    return _booleans(cells) or _dates(cells) or [None if cell is None else str(cell) for cell in cells]


def _quick(cells: list[Cell]) -> list[Any] | None:
    """Plain numbers in one pass: most columns of most files."""
    try:
        values = [None if cell is None else float(cell) for cell in cells if not isinstance(cell, bool)]  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if len(values) < len(cells) or any("_" in cell for cell in cells if isinstance(cell, str)):
        return None
    finite = all(value is None or abs(value) < 2**53 for value in values)
    return _narrowed(values) if finite else None


def _numbers(cells: list[Cell], comma_is_ambiguous: bool) -> tuple[list[float | None], list[tuple[int, str]]]:
    values: list[float | None] = []
    failed: list[tuple[int, str]] = []
    for index, cell in enumerate(cells):
        try:
            values.append(_number(cell, comma_is_ambiguous))
        except Unexpected as error:
            values.append(None)
            failed.append((index, str(error)))
    return values, failed


def _number(cell: Cell, comma_is_ambiguous: bool) -> float | None:
    """A number, where a percentage is a share of one."""
    text = plain(cell) if isinstance(cell, str) else ""
    if text.endswith("%"):
        value = number(text[:-1], comma_is_ambiguous=comma_is_ambiguous)
        return None if value is None else value / 100
    return number(cell, comma_is_ambiguous=comma_is_ambiguous)


def _narrowed(values: list[float | None]) -> list[Any]:
    """Whole numbers as integers, if all are and a double has kept their digits."""
    whole = all(value is None or (abs(value) < 2**53 and value.is_integer()) for value in values)
    return [None if value is None else int(value) for value in values] if whole else list(values)


def _booleans(cells: list[Cell]) -> list[Any] | None:
    names = [None if cell is None else str(cell).strip().lower() for cell in cells]
    if not any(names) or any(name is not None and name not in _BOOLEANS for name in names):
        return None
    return [None if name is None else _BOOLEANS[name] for name in names]


def _dates(cells: list[Cell]) -> list[Any] | None:
    """Dates, if every filled cell is one; a bare year is a number, and never gets here alone."""
    try:
        values = [day(cell) for cell in cells]
    except Unexpected:
        return None
    return values if any(value is not None for value in values) else None
