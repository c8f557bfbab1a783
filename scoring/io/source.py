"""The file itself: is it there, is it a file, is it what its name says, what is its text."""

import os
import stat
from enum import StrEnum
from pathlib import Path

from scoring.io.limits import FILE_BYTES_MAX
from scoring.io.problems import Problems


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"
    JSON_LINES = "jsonl"


EXTENSIONS = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".json": Format.JSON,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
}
MAGIC = {Format.XLSX: b"PK\x03\x04", Format.PARQUET: b"PAR1"}
KNOWN_BY_FIRST_BYTES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}
SAVE_AS = "an Excel workbook without a password, saved as .xlsx (not .xls)"


def format_of(path: Path, problems: Problems) -> Format:
    """The format by the file's extension."""
    known = EXTENSIONS.get(path.suffix.lower())
    if known is None:
        wanted = SAVE_AS if path.suffix.lower() == ".xls" else "a file named " + ", ".join(EXTENSIONS)
        problems.stop(wanted, value=path.suffix)
    return known


def read_bytes(path: Path, problems: Problems) -> bytes:
    """The whole file, or an error: nothing but an ordinary file within the limit is read."""
    try:
        # Opening a pipe would wait for its writer, so it must not block.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                problems.stop("an ordinary file, not a directory or a device")
            if status.st_size > FILE_BYTES_MAX:
                problems.stop(f"a file of at most {FILE_BYTES_MAX // 2**20} MiB", value=f"{status.st_size} bytes")
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        problems.stop("a file that exists")
    except (OSError, ValueError) as error:
        problems.stop("a file that can be read", value=getattr(error, "strerror", None) or error)
    return checked(data, problems)


def checked(data: bytes, problems: Problems) -> bytes:
    if not data:
        problems.stop("a file with a header and at least one row; this one is empty")
    if len(data) > FILE_BYTES_MAX:
        problems.stop(f"a file of at most {FILE_BYTES_MAX // 2**20} MiB")
    return data


def check_first_bytes(data: bytes, kind: Format, problems: Problems) -> None:
    """Refuse a file whose content is not what its extension says."""
    seen = next((name for magic, name in KNOWN_BY_FIRST_BYTES.items() if data.startswith(magic)), None)
    magic = MAGIC.get(kind)
    if magic is not None and not data.startswith(magic):
        wanted = SAVE_AS if kind is Format.XLSX else "a Parquet file"
        problems.stop(f"{wanted}, as its extension says", value=seen or data[:16])
    if magic is None and seen is not None:
        problems.stop(f"text ({kind.value}), as its extension says", value=seen)


def decoded(data: bytes, problems: Problems) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030."""
    text = _decoded(data)
    if text is None:
        problems.stop("text in UTF-8 or GB18030", value=data[:16])
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        problems.stop("text without NUL bytes", row=row)
    return text


def _decoded(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _try(data, "utf-16")
    text = _try(data, "utf-8-sig")
    if text is not None:
        return text
    text = _try(data, "gb18030")
    return text if text is not None and _is_chinese(text) else None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def _is_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 was written so.

    Western 8-bit text decodes too, into rare characters whose second byte is an ASCII letter. Chinese text has few of
    those: everything in the older GB 2312, which holds the common characters, has two high bytes.
    """
    marks = [char for char in text[:2_000_000] if char > "\x7f"]
    rare = sum(char.encode("gb18030")[1] < 0x80 for char in marks)
    return rare <= 0.3 * len(marks)
