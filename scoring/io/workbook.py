"""Excel workbooks: judged by the archive's directory first, read second, and only as values."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from scoring.errors import InputError
from scoring.io.grid import Broken, Cell, Grid, build
from scoring.io.limits import (
    ARCHIVE_MEMBERS_MAX,
    COLUMNS_MAX,
    RATIO_FROM_BYTES,
    SHEET_ROWS_MAX,
    UNPACKED_BYTES_MAX,
    UNPACKED_RATIO_MAX,
)
from scoring.io.optional import MissingExtra, needed
from scoring.io.problems import Problems
from scoring.io.source import SAVE_AS

SHEET_NAMES = ("technologies", "技术", "技术清单", "data", "数据")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell [^>]*?ref=\"([A-Z]{1,3}(\d+)[^\"]*)\"")
DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def read_workbook(data: bytes, problems: Problems) -> Grid:
    """The one sheet of data in a workbook.

    It is the sheet named as in `SHEET_NAMES`, or else the only one with content.
    """
    _check_archive(data, problems)
    try:
        return _grid(data, problems)
    except (InputError, MissingExtra):
        raise
    # The library raises whatever its XML parser, its types or its arithmetic stumble over.
    except Exception as error:
        problems.stop(SAVE_AS, value=f"{type(error).__name__}: {error}")


def _check_archive(data: bytes, problems: Problems) -> None:
    """Refuse a bomb by what the directory claims: unpacking stops at these claims, so they bound the cost."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_claims(members, problems)
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names:
                problems.stop(SAVE_AS, value="another kind of zip archive")
            for member in members:
                _check_markup(archive, member, problems)
    except InputError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as error:
        problems.stop(SAVE_AS, value=error)


def _check_claims(members: list[zipfile.ZipInfo], problems: Problems) -> None:
    if len(members) > ARCHIVE_MEMBERS_MAX:
        problems.stop(f"a workbook of at most {ARCHIVE_MEMBERS_MAX:,} parts", value=len(members))
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED_BYTES_MAX:
        limit = f"a workbook of at most {UNPACKED_BYTES_MAX // 2**20} MiB when unpacked"
        problems.stop(limit, value=f"claims {unpacked / 2**20:,.0f} MiB")
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > RATIO_FROM_BYTES and ratio > UNPACKED_RATIO_MAX:
            problems.stop(
                f"parts that unpack to at most {UNPACKED_RATIO_MAX} times their size", value=f"{ratio:,.0f} times"
            )


def _check_markup(archive: zipfile.ZipFile, member: zipfile.ZipInfo, problems: Problems) -> None:
    """Refuse a document type declaration, which workbooks never have and entity bombs need."""
    if not member.filename.lower().endswith((".xml", ".rels")):
        return
    with archive.open(member) as part:
        if any(mark in part.read(4096) for mark in DOCTYPES):
            problems.stop("a workbook without document type declarations", value=member.filename)


def _grid(data: bytes, problems: Problems) -> Grid:
    openpyxl = needed("openpyxl", "to read Excel workbooks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which do not concern the values
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            sheet = _sheet(book, problems)
            _refuse_merged(data, sheet, problems)
            return build(_rows(sheet, problems), problems, short_rows=True)
        finally:
            book.close()


def _sheet(book: Any, problems: Problems) -> Any:
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    for title in hidden:
        problems.add(
            "no hidden sheets: show or delete it, so that what is scored can be seen", value=f"sheet {title!r}"
        )
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in visible:
        sheet.reset_dimensions()  # the claimed size may be a lie, and empty rows would be made up to fill it
    named = [sheet for sheet in visible if sheet.title.strip().lower() in SHEET_NAMES]
    filled = named[:1] or [sheet for sheet in visible if _has_content(sheet)]
    if len(filled) > 1:
        wanted = "one sheet with content, or one named " + " or ".join(SHEET_NAMES)
        problems.stop(wanted, value=", ".join(sheet.title for sheet in filled))
    if not filled:
        problems.stop("a sheet with a header and at least one row")
    return filled[0]


def _has_content(sheet: Any) -> bool:
    rows = zip(range(1_000), sheet.iter_rows(), strict=False)
    return any(cell.value is not None for _, row in rows for cell in row[:COLUMNS_MAX])


def _refuse_merged(data: bytes, sheet: Any, problems: Problems) -> None:
    """Name every merged range; the library's reader for large files does not tell of them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(sheet._worksheet_path)
    for match in MERGED.finditer(xml):
        span, row = match.group(1).decode(), int(match.group(2))
        problems.add("no merged cells: one value in each cell", row=row, value=span)


def _rows(sheet: Any, problems: Problems) -> Iterator[tuple[int, list[Cell | Broken]]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > SHEET_ROWS_MAX:
            problems.stop(f"at most {SHEET_ROWS_MAX:,} rows")
        if len(row) > COLUMNS_MAX:
            problems.stop(f"at most {COLUMNS_MAX:,} columns", row=number)
        yield number, [_value(cell) for cell in row]


def _value(cell: Any) -> Cell | Broken:
    kind, value = cell.data_type, cell.value
    if kind == "f":
        return Broken(str(getattr(value, "text", value)), "a value, not a formula (copy, then paste as values)")
    if kind == "e":
        return Broken(str(value), "a value, not a spreadsheet error")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if hasattr(value, "year"):
        return value  # type: ignore[no-any-return]
    return Broken(str(value), "a text, a number or a date")
