"""What a cell says: numbers, amounts, dates, yes or no, lists, as people write them in Chinese and English.

Every function takes one cell and returns its value, None where the cell says "unknown", or raises `Unexpected`.
"""

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from scoring.io.grid import Cell
from scoring.io.limits import CELL_CHARS_MAX, INTEGER_MAX
from scoring.io.problems import Unexpected

_UNKNOWN = "- -- --- — —— / \\ n/a na #n/a null none nil unknown tbd 未知 不详 不明 暂无 待定 无数据 无资料"
_YES = "yes y true t 1 是 有 对 √ ✓ ✔"
_NO = "no n false f 0 否 无 没有 不 × ✗ x"
UNKNOWN, YES, NO = (frozenset(words.split()) for words in (_UNKNOWN, _YES, _NO))
MAGNITUDES = {"": 1, "十": 10, "百": 100, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
MAGNITUDES |= {"k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}
NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d{1,4})?", re.IGNORECASE)
A_NUMBER = "a number such as 1234.5"
A_FINITE_NUMBER = "a finite number, or an empty cell where it is unknown"
A_SHORTER_NUMBER = "a whole number between -2^63 and 2^63 - 1"
A_DATE = "a date such as 2024-05-31, 2024/5/31 or 2024年5月"
FIRST_YEAR, LAST_YEAR = 1900, 2200
A_DATE_IN_RANGE = f"a date from {FIRST_YEAR} to {LAST_YEAR}"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def check_text(text: str) -> None:
    """Refuse what JSON can say and no database or file can hold."""
    if len(text) > CELL_CHARS_MAX:
        raise Unexpected(f"at most {CELL_CHARS_MAX:,} characters")
    if _UNSTORABLE.search(text):
        raise Unexpected("text without NUL bytes and halves of characters")


def plain(cell: Cell) -> str:
    """The cell as half-width text; blank where it says that the value is unknown."""
    if cell is None:
        return ""
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    return "" if text.lower() in UNKNOWN else text


def decimal(cell: Cell, *, comma_is_ambiguous: bool = False) -> Decimal | None:
    """A finite number: ``1,234.5``, ``１２３４``, ``3.5万``, ``1.2 million``."""
    if isinstance(cell, bool):
        raise Unexpected(A_NUMBER)
    if isinstance(cell, float) and not math.isfinite(cell):
        raise Unexpected(A_FINITE_NUMBER)
    if isinstance(cell, int) and not -INTEGER_MAX - 1 <= cell <= INTEGER_MAX:
        raise Unexpected(A_SHORTER_NUMBER)
    if isinstance(cell, int | float):
        return Decimal(str(cell))
    if isinstance(cell, date):
        raise Unexpected(A_NUMBER)
    text = plain(cell).replace("\u2212", "-")
    return None if not text else _from_text(text, comma_is_ambiguous)


def _from_text(text: str, comma_is_ambiguous: bool) -> Decimal:
    match = NUMBER.match(text)
    if match is None or not (match[2] or match[3]):
        finite = text.lower().lstrip("+-") in ("nan", "inf", "infinity")
        raise Unexpected(A_FINITE_NUMBER if finite else A_NUMBER)
    magnitude = MAGNITUDES.get(text[match.end() :].strip().lower())
    if magnitude is None:
        raise Unexpected(A_NUMBER)
    if comma_is_ambiguous and "," in match[0]:
        raise Unexpected("a number without commas, which may be decimal marks in a file separated by semicolons")
    try:
        value = _bounded(Decimal(match[0].replace(",", "")) * magnitude)
    except (InvalidOperation, OverflowError):
        raise Unexpected(A_FINITE_NUMBER) from None
    # A double would silently change the last digits of a longer integer, which is an identifier or a mistake.
    if not match[3] and not match[4] and not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
        raise Unexpected(A_SHORTER_NUMBER)
    return value


def _bounded(value: Decimal) -> Decimal:
    """The value, if a double can hold it."""
    if not math.isfinite(float(value)):
        raise Unexpected(A_FINITE_NUMBER)
    return value


def number(cell: Cell, *, comma_is_ambiguous: bool = False) -> float | None:
    value = decimal(cell, comma_is_ambiguous=comma_is_ambiguous)
    return None if value is None else float(value)


def whole(cell: Cell, low: int = 0, high: int = INTEGER_MAX, *, comma_is_ambiguous: bool = False) -> int | None:
    """A whole number within bounds, both included."""
    span = f"from {low:,} to {high:,}" if high < INTEGER_MAX else f"of at least {low:,} and at most 2^63 - 1"
    expected = f"a whole number {span}"
    try:
        value = decimal(cell, comma_is_ambiguous=comma_is_ambiguous)
    except Unexpected as error:
        raise Unexpected(expected if str(error) == A_NUMBER else f"{expected}: {error}") from None
    if value is None:
        return None
    if value.adjusted() > 20 or value != value.to_integral_value() or not low <= value <= high:
        raise Unexpected(expected)
    return int(value)


def share(cell: Cell, *, comma_is_ambiguous: bool = False) -> float | None:
    """A share from 0 to 1, or a percentage."""
    expected = "a share from 0 to 1, or a percentage such as 80%"
    text = plain(cell)
    scale = Decimal(1)
    if text.endswith("%"):
        text, scale = text[:-1], Decimal("0.01")
    try:
        value = decimal(text, comma_is_ambiguous=comma_is_ambiguous)
    except Unexpected:
        raise Unexpected(expected) from None
    if value is None:
        return None
    if not 0 <= value * scale <= 1:
        raise Unexpected(expected)
    return float(value * scale)


def yes_no(cell: Cell) -> bool | None:
    if isinstance(cell, bool):
        return cell
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell)).strip().lower()
    if text in YES | NO:
        return text in YES
    if not plain(cell):
        return None
    raise Unexpected("yes or no (是 or 否)")


def day(cell: Cell) -> date | None:
    """A date. Where the day, or the month too, is not given, the first one is meant."""
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    text = plain(cell)
    if not text:
        return None
    parts = _date_parts(text)
    if parts is None:
        raise Unexpected(A_DATE)
    try:
        return _in_range(date(*parts))
    except ValueError:
        raise Unexpected(A_DATE) from None


def _in_range(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Unexpected(A_DATE_IN_RANGE)
    return value


_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
_DATE_FORMS = (
    re.compile(rf"(?P<y>\d{{4}})(?P<mark>[-/.])(?P<m>\d{{1,2}})(?:(?P=mark)(?P<d>\d{{1,2}})){_TIME}"),
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    re.compile(r"(?P<y>\d{4})\s*年(?:\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号]?)?)?"),
    re.compile(r"(?P<y>\d{4})"),
    re.compile(r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+)?(?P<month>[a-z]{3,9})\.?,?\s+(?P<y>\d{4})", re.IGNORECASE),
    re.compile(r"(?P<month>[a-z]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})", re.IGNORECASE),
)


def _date_parts(text: str) -> tuple[int, int, int] | None:
    for form in _DATE_FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        month = _month(parts.get("month")) if parts.get("month") else int(parts.get("m") or 1)
        return None if month is None else (int(parts["y"]), month, int(parts.get("d") or 1))
    return None


def _month(name: str | None) -> int | None:
    start = (name or "")[:3].lower()
    return MONTHS.index(start) + 1 if start in MONTHS else None


_SEPARATORS = re.compile(r"[;；、|\n]+|(?<!\d)[,，]|[,，](?!\d)")


def items(cell: Cell) -> tuple[str, ...]:
    """The entries of a list in one cell: ``COD; 氨氮``, ``COD、氨氮``; a comma between digits is part of a name."""
    if not plain(cell):
        return ()
    parts = (part.strip() for part in _SEPARATORS.split(str(cell)))
    return tuple(dict.fromkeys(part for part in parts if part))


def text(cell: Cell) -> str | None:
    """The cell as text; a number that a spreadsheet stored for a text such as an id loses its ``.0``."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        cell = int(cell)
    if isinstance(cell, datetime | date):
        cell = cell.isoformat()
    if not plain(cell):
        return None
    return str(cell).strip()


def any_of(cell: Cell, names: dict[str, Any], expected: str) -> Any:
    """The value that one of its names stands for."""
    key = plain(cell).lower()
    if not key:
        return None
    if key not in names:
        raise Unexpected(expected)
    return names[key]
