"""Bad cells are collected, all of them, before anything is refused."""

from types import TracebackType
from typing import Any, NoReturn

from scoring.errors import CellError, InputError
from scoring.io.limits import ERRORS_MAX

SEEN_CHARS_MAX = 80


class Unexpected(ValueError):
    """A cell is not what its column asks for; the message says what was expected."""


def shown(value: Any) -> str:
    """The value as it is quoted in an error: short, and on one line."""
    text = "" if value is None else str(value)
    text = "".join(char if char.isprintable() else "·" for char in text[: SEEN_CHARS_MAX + 1])
    return text if len(text) <= SEEN_CHARS_MAX else f"{text[:SEEN_CHARS_MAX]}…"


class Problems:
    """The bad cells of one file; leaving the ``with`` block raises them together."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[CellError] = []
        self.uncounted = 0

    def __bool__(self) -> bool:
        return bool(self.errors)

    def add(self, expected: str, *, row: int | None = None, column: str | None = None, value: Any = None) -> None:
        if len(self.errors) >= ERRORS_MAX:
            self.uncounted += 1
            return
        error = CellError(file=self.file, row=row, column=column, value=shown(value), expected=expected)
        self.errors.append(error)

    def stop(self, expected: str, *, row: int | None = None, column: str | None = None, value: Any = None) -> NoReturn:
        """Add what makes reading on impossible, and raise."""
        self.add(expected, row=row, column=column, value=value)
        raise InputError(self.listed())

    def listed(self) -> list[CellError]:
        if not self.uncounted:
            return self.errors
        rest = CellError(
            file=self.file,
            row=None,
            column=None,
            value="",
            expected=f"fewer errors: {self.uncounted} more are not listed",
        )
        return [*self.errors, rest]

    def raise_any(self) -> None:
        if self.errors:
            raise InputError(self.listed())

    def __enter__(self) -> "Problems":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.raise_any()
