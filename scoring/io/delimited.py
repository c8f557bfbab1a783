"""CSV and its relatives: commas, semicolons, tabs or bars between the cells."""

import csv
import io
from collections.abc import Iterator

from scoring.io.grid import Grid, build
from scoring.io.limits import CELL_CHARS_MAX
from scoring.io.problems import Problems
from scoring.io.source import decoded

DELIMITERS = ",;\t|"


def read_delimited(data: bytes, problems: Problems) -> Grid:
    text = decoded(data, problems)
    delimiter = _delimiter(text)
    return build(_rows(text, delimiter, problems), problems, short_rows=False, comma=delimiter == ";")


def _delimiter(text: str) -> str:
    """The one that cuts the first line into the most cells."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    # Only the part outside quotes counts: a quoted header may hold commas.
    bare = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _rows(text: str, delimiter: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows: a line break inside quotes does not start a new row, as in a spreadsheet."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        wanted = f"closed quotes and cells of at most {CELL_CHARS_MAX:,} characters ({error})"
        problems.stop(wanted, row=number + 1)
