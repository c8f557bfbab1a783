"""Writing rows that people open in a spreadsheet, without a text becoming a formula there."""

import csv
import io
import math
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from scoring.io.flat import flat
from scoring.io.grid import FORMULA_STARTS, Cell
from scoring.io.limits import CELL_CHARS_MAX
from scoring.io.optional import needed
from scoring.io.problems import Problems
from scoring.io.source import EXTENSIONS, Format
from scoring.technology import Technology

Rows = Sequence[Mapping[str, Any]]
# Control characters, and halves of surrogate pairs, which neither XML nor UTF-8 can hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_technologies(technologies: Sequence[Technology], path: str | os.PathLike[str]) -> None:
    """Write a portfolio to CSV, XLSX, Parquet, JSON or JSON lines; `read_technologies` reads it back unchanged.

    Parameters
    ----------
    technologies : sequence of Technology
    path : path-like
        The file, replaced as a whole; its extension names its format.

    Raises
    ------
    InputError
        If the extension is not known, or a text is longer than a spreadsheet's cell may be.
    """
    if _format(path) in (Format.JSON, Format.JSON_LINES):
        _write(path, _encoded(_format(path), technologies))
    else:
        write_rows([flat(technology) for technology in technologies], path)


def write_rows(rows: Rows, path: str | os.PathLike[str], *, sheet: str = "data") -> None:
    """Write rows, such as ranked technologies or scores; the columns are those of all rows, in order.

    Numbers, dates and booleans keep their types. A text that a spreadsheet could take for a formula gets an
    apostrophe in front, which `read_table` and `read_technologies` take away again.

    Parameters
    ----------
    rows : sequence of mappings
        Column names to texts, finite numbers, booleans, dates or None; lists and structures are written as JSON.
    path : path-like
        The file, replaced as a whole; its extension names its format.
    sheet : str
        The name of the sheet in a workbook.
    """
    kind = _format(path)
    if kind in (Format.JSON, Format.JSON_LINES):
        _write(path, _encoded(kind, rows))
        return
    problems = Problems(str(path))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    if kind is Format.PARQUET:
        _write(path, _parquet(columns, cells))
        return
    table: list[list[Cell]] = [[guarded(name) for name in columns]]
    table.extend([_guarded(cell) for cell in row] for row in cells)
    _check_lengths(table, problems)
    _write(path, _csv(table) if kind is Format.CSV else _workbook(table, sheet))


def write_json(document: Any, path: str | os.PathLike[str]) -> None:
    """Write one value as JSON, replacing the file as a whole."""
    _write(path, msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


def guarded(text: str) -> str:
    """The text with an apostrophe in front of what a spreadsheet might take for a formula.

    >>> guarded("=HYPERLINK(...)"), guarded("'=1"), guarded("a-b")
    ("'=HYPERLINK(...)", "''=1", 'a-b')
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def _guarded(cell: Cell) -> Cell:
    return guarded(cell) if isinstance(cell, str) else cell


def _format(path: str | os.PathLike[str]) -> Format:
    kind = EXTENSIONS.get(Path(path).suffix.lower())
    if kind is None:
        Problems(str(path)).stop("a file named " + ", ".join(EXTENSIONS), value=Path(path).suffix)
    return kind


def _cell(value: Any) -> Cell:
    """The value as a cell: numbers of other libraries as plain ones, structures as JSON."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that can be written; None stands for unknown")
    if value is None or isinstance(value, bool | int | float | date):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return _UNWRITABLE.sub("\ufffd", str(text).replace("\r\n", "\n").replace("\r", "\n"))


def _check_lengths(table: list[list[Cell]], problems: Problems) -> None:
    for number, row in enumerate(table, start=1):
        for name, cell in zip(table[0], row, strict=True):
            if isinstance(cell, str) and len(cell) > CELL_CHARS_MAX:
                expected = f"at most {CELL_CHARS_MAX:,} characters in a cell; JSON holds longer texts"
                problems.add(expected, row=number, column=str(name), value=cell)
    problems.raise_any()


def _encoded(kind: Format, values: Sequence[Any]) -> bytes:
    if kind is Format.JSON_LINES:
        return b"".join(msgspec.json.encode(value) + b"\n" for value in values)
    return msgspec.json.format(msgspec.json.encode(values), indent=1) + b"\n"


def _csv(table: list[list[Cell]]) -> bytes:
    """UTF-8 with a BOM, by which Excel knows that Chinese follows."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([[_csv_cell(cell) for cell in row] for row in table])
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _workbook(table: list[list[Cell]], title: str) -> bytes:
    openpyxl = needed("openpyxl", "to write Excel workbooks")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in table:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _parquet(columns: list[str], cells: list[list[Cell]]) -> bytes:
    arrow = needed("pyarrow", "to write Parquet")
    parquet = needed("pyarrow.parquet", "to write Parquet")
    arrays = {name: _array(arrow, [row[position] for row in cells]) for position, name in enumerate(columns)}
    file = io.BytesIO()
    parquet.write_table(arrow.table(arrays), file)
    return file.getvalue()


def _array(arrow: Any, values: list[Cell]) -> Any:
    """A column of one type; of text, if it has several."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return arrow.array(values, arrow.float64())
    if len(kinds) == 1:
        return arrow.array(values)
    return arrow.array([None if value is None else str(value) for value in values], arrow.string())


def _write(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one."""
    target = Path(path)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
