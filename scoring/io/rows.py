"""A row of a data set that an importer maps: its cells by name, each bad one noted in its place."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from scoring.io import values
from scoring.io.problems import Problems, Unexpected

Value = TypeVar("Value")


class Row:
    """Reads the cells of one row; a cell that does not fit is noted and reads as unknown."""

    def __init__(self, row: int, cells: Mapping[str, Any], problems: Problems) -> None:
        self.row = row
        self.cells = cells
        self.problems = problems

    def note(self, expected: str, value: Any = None, column: str | None = None) -> None:
        self.problems.add(expected, row=self.row, column=column, value=value)

    def text(self, name: str) -> str | None:
        return self._read(values.text, name)

    def required(self, name: str) -> str:
        """Text that a technology cannot do without."""
        found = self.text(name)
        if found is None and not isinstance(self.cells.get(name), dict | list):
            self.note("text", column=name)
        return found or ""

    def day(self, name: str) -> date | None:
        return self._read(values.day, name)

    def number(self, name: str) -> float | None:
        return self._read(values.number, name)

    def minor(self, name: str) -> int | None:
        """An amount in whole minor units, hundredths of the currency."""
        found = self._read(values.decimal, name)
        if found is not None and found < 0:
            self.note("an amount that is not negative", found, name)
            return None
        return None if found is None else int((found * 100).quantize(Decimal(1)))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.cells.get(name)
        if found is None:
            return ()
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return tuple(found)
        self.note("a list of texts", found, name)
        return ()

    def _read(self, read: Callable[[Any], Value | None], name: str) -> Value | None:
        cell = self.cells.get(name)
        try:
            if isinstance(cell, dict | list):
                raise Unexpected("a single value, not a list or an object")
            if isinstance(cell, str):
                values.check_text(cell)
            return read(cell)
        except Unexpected as error:
            self.note(str(error), cell, name)
            return None
