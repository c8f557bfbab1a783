"""Rows of cells with their places, whatever the format they came from."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct

from scoring.io.limits import CELL_CHARS_MAX, CELLS_MAX, COLUMNS_MAX
from scoring.io.problems import Problems, Unexpected

Cell = str | int | float | bool | date | datetime | None


class Broken(Struct, frozen=True):
    """A cell that its own format already says is unusable: a formula, an error, a number out of range."""

    value: str
    expected: str


class Grid(Struct, frozen=True, kw_only=True):
    """A table in memory: the header, and column by column what stands under it.

    ``row_numbers`` are those of the file, its header row being 1. ``comma_is_ambiguous`` is true of files that
    separate their cells by semicolons, where a comma in a number may be the decimal mark.
    """

    file: str
    header: tuple[str, ...]
    columns: tuple[list[Cell], ...]
    row_numbers: tuple[int, ...]
    comma_is_ambiguous: bool = False

    def column(self, name: str) -> list[Cell]:
        return self.columns[self.header.index(name)]


def build(
    rows: Iterable[tuple[int, Sequence[Cell | Broken]]], problems: Problems, *, short_rows: bool, comma: bool = False
) -> Grid:
    """A grid from numbered rows, the first of which is the header.

    Parameters
    ----------
    rows : iterable of (int, sequence)
        Row numbers and cells. Rows without any content are skipped.
    problems : Problems
        Receives every bad cell; raised before a grid is returned.
    short_rows : bool
        Whether a row may end before the header does, as in a spreadsheet.
    comma : bool
        Whether a comma in a number is ambiguous.
    """
    filled = ((number, cells) for number, cells in rows if any(cell not in (None, "") for cell in cells))
    header_row = next(filled, None)
    if header_row is None:
        problems.stop("a header and at least one row; this file has no content")
    header = _header(*header_row, problems)
    shortest = 0 if short_rows else max((n for n, name in enumerate(header, start=1) if name), default=0)
    kept: list[Sequence[Cell | Broken]] = []
    numbers: list[int] = []
    for number, cells in filled:
        _check_length(number, cells, shortest, len(header), problems)
        kept.append(cells)
        numbers.append(number)
        if len(kept) * len(header) > CELLS_MAX:
            problems.stop(f"at most {CELLS_MAX:,} cells; larger tables are read from Parquet", row=number)
    if not kept:
        problems.stop("at least one row under the header", row=header_row[0])
    columns = [_column(kept, numbers, position, name, problems) for position, name in enumerate(header)]
    problems.raise_any()
    named = [position for position, name in enumerate(header) if name]
    return Grid(
        file=problems.file,
        header=tuple(header[position] for position in named),
        columns=tuple(columns[position] for position in named),
        row_numbers=tuple(numbers),
        comma_is_ambiguous=comma,
    )


def _header(number: int, cells: Sequence[Cell | Broken], problems: Problems) -> list[str]:
    if len(cells) > COLUMNS_MAX:
        problems.stop(f"at most {COLUMNS_MAX:,} columns", row=number, value=len(cells))
    names = [_header_name(number, cell, problems) for cell in cells]
    for position, name in enumerate(names):
        if name and name in names[:position]:
            problems.add("each column header once", row=number, column=name, value=name)
    return names


def _header_name(number: int, cell: Cell | Broken, problems: Problems) -> str:
    if isinstance(cell, Broken):
        problems.add(cell.expected, row=number, value=cell.value)
        return ""
    name = "" if cell is None else str(cell).strip()
    if len(name) > 500:
        problems.add("a column header of at most 500 characters", row=number, value=name)
    return name


def _check_length(number: int, cells: Sequence[Cell | Broken], shortest: int, longest: int, problems: Problems) -> None:
    too_long = any(cell not in (None, "") for cell in cells[longest:])
    if too_long or len(cells) < shortest:
        problems.add(f"as many cells as the header has, {longest}", row=number, value=f"{len(cells)} cells")


def _column(
    rows: list[Sequence[Cell | Broken]], numbers: list[int], position: int, name: str, problems: Problems
) -> list[Cell]:
    column: list[Cell] = []
    for number, cells in zip(numbers, rows, strict=True):
        cell = cells[position] if position < len(cells) else None
        try:
            column.append(_usable(cell))
        except Unexpected as error:
            seen = cell.value if isinstance(cell, Broken) else cell
            problems.add(str(error), row=number, column=name or None, value=seen)
            column.append(None)
    if not name and any(cell is not None for cell in column):
        row = next(number for number, cell in zip(numbers, column, strict=True) if cell is not None)
        problems.add(f"a header for column {position + 1}, which has content", row=row)
    return column


def _usable(cell: Cell | Broken) -> Cell:
    if isinstance(cell, Broken):
        raise Unexpected(cell.expected)
    if not isinstance(cell, str):
        return cell
    if len(cell) > CELL_CHARS_MAX:
        raise Unexpected(f"at most {CELL_CHARS_MAX:,} characters in a cell")
    return unguarded(cell.strip()) or None


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def unguarded(text: str) -> str:
    """Text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text
