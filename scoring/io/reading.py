"""`read_technologies` and `read_table`: any file to a portfolio, or to columns."""

import os
from pathlib import Path
from typing import Any

from scoring.io.delimited import read_delimited
from scoring.io.grid import Cell, Grid
from scoring.io.importers import importer_for
from scoring.io.infer import inferred
from scoring.io.jsonfile import Record, read_json, read_json_lines
from scoring.io.limits import CELLS_MAX, COLUMNS_MAX, TECHNOLOGIES_MAX
from scoring.io.optional import needed
from scoring.io.parquet import grid_of, read_parquet
from scoring.io.problems import Problems, Unexpected
from scoring.io.source import Format, check_first_bytes, format_of, read_bytes
from scoring.io.technologies import from_grid, from_records
from scoring.io.values import check_text
from scoring.io.workbook import read_workbook
from scoring.technology import Technology


def read_technologies(path: str | os.PathLike[str]) -> list[Technology]:
    r"""Read a portfolio from CSV, XLSX, Parquet, JSON or JSON lines.

    Columns are known by their headers in English or Chinese (see ``docs/input.md``); columns that are not known
    become features of the technology. JSON may hold the whole structure of `Technology`. Some public data sets are
    recognised by their columns. What is not stated stays unknown.

    Parameters
    ----------
    path : path-like
        The file; its extension names its format.

    Returns
    -------
    list of Technology
        In the order of the file. Without a column of ids, a technology is named by its row: ``row-2``, ``row-3``, …

    Raises
    ------
    InputError
        With every bad cell of the file; nothing is kept of it then.
    MissingExtra
        If the format needs a library that is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "portfolio.csv")
    >>> _ = file.write_text("技术名称,自评TRL,处理规模(m3/d)\nSCR脱硝技术,7,1200\n", encoding="gb18030")
    >>> technology = read_technologies(file)[0]
    >>> technology.id, technology.name.zh, technology.claimed_trl, technology.parameters[0].value
    ('row-2', 'SCR脱硝技术', 7, 1200.0)
    """
    problems = Problems(str(path))
    kind, data = _opened(Path(path), problems)
    if kind in (Format.JSON, Format.JSON_LINES):
        records = _json(kind, data, problems)
        _check_count(len(records), problems)
        keys = set().union(*(record.fields for record in records))
        importer = importer_for(keys)
        return from_records(records, problems) if importer is None else importer.read(records, problems)
    grid = _grid(kind, data, problems)
    _check_count(len(grid.row_numbers), problems)
    importer = importer_for(set(grid.header))
    return from_grid(grid, problems) if importer is None else importer.read(_records_of(grid), problems)


def read_table(path: str | os.PathLike[str]) -> Any:
    """Read the columns of a file, to train on, to score or to lint.

    Each column has one type, found from its cells: whole or decimal numbers, yes or no, dates, or text. A column of
    numbers with a few cells that are none is an error, and names them.

    Parameters
    ----------
    path : path-like
        CSV, XLSX, Parquet, JSON or JSON lines; its extension names its format.

    Returns
    -------
    pyarrow.Table
        One column for each header, in order; null where a cell is blank.

    Raises
    ------
    InputError
        With every bad cell of the file.
    MissingExtra
        If a library that is needed is not installed.
    """
    problems = Problems(str(path))
    arrow = needed("pyarrow", "to hold tables")
    kind, data = _opened(Path(path), problems)
    if kind is Format.PARQUET:
        return read_parquet(data, problems)
    if kind in (Format.JSON, Format.JSON_LINES):
        grid = _grid_of(_json(kind, data, problems), problems)
    else:
        grid = _grid(kind, data, problems)
    rows, comma = list(grid.row_numbers), grid.comma_is_ambiguous
    columns = {
        name: inferred(name, cells, rows, problems, comma_is_ambiguous=comma)
        for name, cells in zip(grid.header, grid.columns, strict=True)
    }
    problems.raise_any()
    return arrow.table({name: _array(arrow, values) for name, values in columns.items()})


def _array(arrow: Any, values: list[Any]) -> Any:
    """A column of nothing is text, so that it has a type at all."""
    array = arrow.array(values)
    return array.cast(arrow.string()) if arrow.types.is_null(array.type) else array


def _opened(path: Path, problems: Problems) -> tuple[Format, bytes]:
    data = read_bytes(path, problems)
    kind = format_of(path, problems)
    check_first_bytes(data, kind, problems)
    return kind, data


def _json(kind: Format, data: bytes, problems: Problems) -> list[Record]:
    return read_json(data, problems) if kind is Format.JSON else read_json_lines(data, problems)


def _grid(kind: Format, data: bytes, problems: Problems) -> Grid:
    if kind is Format.CSV:
        return read_delimited(data, problems)
    if kind is Format.XLSX:
        return read_workbook(data, problems)
    return grid_of(read_parquet(data, problems), problems)


def _check_count(count: int, problems: Problems) -> None:
    if count > TECHNOLOGIES_MAX:
        problems.stop(f"at most {TECHNOLOGIES_MAX:,} technologies", value=f"{count:,}")


def _records_of(grid: Grid) -> list[Record]:
    rows = zip(grid.row_numbers, *grid.columns, strict=True)
    return [Record(number, dict(zip(grid.header, cells, strict=True))) for number, *cells in rows]


def _grid_of(records: list[Record], problems: Problems) -> Grid:
    """Objects as a table: every field a column."""
    names = list(dict.fromkeys(name for record in records for name in record.fields))
    if len(names) > COLUMNS_MAX or len(names) * len(records) > CELLS_MAX:
        problems.stop(f"at most {COLUMNS_MAX:,} fields and {CELLS_MAX:,} values")
    columns = tuple([_cell(record, name, problems) for record in records] for name in names)
    rows = tuple(record.row for record in records)
    return Grid(file=problems.file, header=tuple(names), columns=columns, row_numbers=rows)


def _cell(record: Record, name: str, problems: Problems) -> Cell:
    value = record.fields.get(name)
    if isinstance(value, dict | list):
        problems.add("text, a number, true or false", row=record.row, column=name, value=value)
        return None
    try:
        check_text(value if isinstance(value, str) else "")
    except Unexpected as error:
        problems.add(str(error), row=record.row, column=name, value=value)
    return value
