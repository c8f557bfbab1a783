"""The file that a portfolio is filled into: headers in both languages, choices, and a dictionary of the columns."""

import csv
import os
from pathlib import Path
from typing import Any

from scoring.io.glossary import COLUMNS, VALUES, Column
from scoring.io.optional import needed

ROWS_WITH_CHOICES = 1_000
DICTIONARY = ("列 Column", "含义", "Meaning", "可选值 Choices", "示例 Example")


def write_template(path: str | os.PathLike[str]) -> None:
    """Write an empty portfolio: a workbook with a second sheet that explains every column, or a CSV of its header.

    Parameters
    ----------
    path : path-like
        The ``.xlsx`` or ``.csv`` file to write.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(f"{folder}/portfolio.csv")
    ...     Path(f"{folder}/portfolio.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    '"编号'
    """
    columns = [column for column in COLUMNS if column.label_en]
    if Path(path).suffix.lower() == ".csv":
        # The mark at the beginning tells spreadsheet programs that it is UTF-8.
        with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerow([header_of(column) for column in columns])
        return
    openpyxl = needed("openpyxl", "to write Excel workbooks")
    book = openpyxl.Workbook()
    _fill_portfolio(openpyxl, book.active, columns)
    _fill_dictionary(openpyxl, book.create_sheet("说明 Dictionary"), columns)
    book.save(Path(path))


def header_of(column: Column) -> str:
    """The header in both languages, one below the other; readers understand either line."""
    return f"{column.label_zh}\n{column.label_en}"


def _fill_portfolio(openpyxl: Any, sheet: Any, columns: list[Column]) -> None:
    sheet.title = "technologies"
    sheet.append([header_of(column) for column in columns])
    _style_header(openpyxl, sheet)
    for position, column in enumerate(columns, start=1):
        letter = openpyxl.utils.get_column_letter(position)
        sheet.column_dimensions[letter].width = max(12, 2 * len(column.label_zh) + 4, len(column.label_en) + 4)
        # A list of several cannot be chosen from a menu.
        if column.kind in ("name", "word"):
            sheet.add_data_validation(_menu(openpyxl, column, letter))


def _menu(openpyxl: Any, column: Column, letter: str) -> Any:
    choices = ",".join(choices_of(column))
    menu = openpyxl.worksheet.datavalidation.DataValidation("list", formula1=f'"{choices}"', allow_blank=True)
    menu.add(f"{letter}2:{letter}{ROWS_WITH_CHOICES + 1}")
    return menu


def choices_of(column: Column) -> list[str]:
    """What a cell of the column may say: the value and its Chinese name are both read."""
    return sorted(set(VALUES.get(column.name, {}).values()))


def _fill_dictionary(openpyxl: Any, sheet: Any, columns: list[Column]) -> None:
    sheet.append(list(DICTIONARY))
    for column in columns:
        choices = "; ".join(choices_of(column))
        sheet.append(
            [f"{column.label_zh} {column.label_en}", column.meaning_zh, column.meaning_en, choices, column.example]
        )
    _style_header(openpyxl, sheet)
    for letter, width in zip("ABCDE", (30, 50, 60, 40, 30), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="top")


def _style_header(openpyxl: Any, sheet: Any) -> None:
    sheet.freeze_panes = "A2"
    for cell in sheet[1]:
        cell.font = openpyxl.styles.Font(bold=True)
        cell.alignment = openpyxl.styles.Alignment(wrap_text=True, vertical="center")
