"""The glossary of headers: which column of a portfolio a header means, and what its unit is."""

import re
import tomllib
import unicodedata
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from msgspec import Struct, convert


class Column(Struct, frozen=True, kw_only=True):
    """One column of a portfolio; see ``glossary.toml``."""

    name: str
    kind: str
    headers: tuple[str, ...]
    label_en: str = ""
    label_zh: str = ""
    meaning_en: str = ""
    meaning_zh: str = ""
    example: str = ""
    low: int = 0
    high: int = 2**63 - 1


class Header(Struct, frozen=True):
    """A header understood: the column it means (None: none that is known), its language and its unit."""

    text: str
    column: Column | None = None
    language: str | None = None
    unit: str | None = None

    @property
    def name(self) -> str:
        """The header without its unit."""
        return _split_unit(self.text)[0] if self.unit else self.text


def key(text: str) -> str:
    """A header or a name as it is compared."""
    return re.sub(r"[\s_\-.*·:]+", "", unicodedata.normalize("NFKC", text).casefold())


_DATA: dict[str, Any] = tomllib.loads(files("scoring.io").joinpath("glossary.toml").read_text("utf-8"))
COLUMNS: tuple[Column, ...] = convert(_DATA["column"], tuple[Column, ...])
VALUES: dict[str, dict[str, str]] = {
    column: {name.casefold(): value for value, names in values.items() for name in names}
    for column, values in _DATA["values"].items()
}
VALUES["financing_currency"] |= {code.lower(): code for code in _DATA["currencies"].split()}
CURRENCIES = VALUES["financing_currency"]
_BY_KEY = {key(header): column for column in COLUMNS for header in (column.name, *column.headers)}
_UNITS = """
percent pct mg g kg t tonne tonnes ton l m m2 m3 nm3 km kw mw kwh mwh gj mj h hour hours d day days month months
year years ppm ppb celsius degc k pa kpa bar cny rmb usd eur gbp jpy hkd yuan wan
"""
_UNIT_WORDS = frozenset(_UNITS.split())


def understand(header: str) -> Header:
    """What a header means.

    >>> understand("处理规模（m³/d）").unit
    'm3/d'
    >>> understand("capex_cny_per_m3").column.name, understand("capex_cny_per_m3").unit
    ('capex', 'cny/m3')
    >>> understand("技术名称").column.name
    'name'
    """
    for line in (header, *header.splitlines()):
        column, language = _known(line)
        if column is not None:
            return Header(header, column, language)
    bare, unit = _split_unit(header)
    if unit is None:
        return Header(header)
    return Header(header, *_known(bare), unit)


_WITH_LANGUAGE = re.compile(r"(?P<name>.+?)\(?(?P<language>zh|cn|中文|chinese|en|英文|english)\)?")


def _known(header: str) -> tuple[Column | None, str | None]:
    text = key(header)
    column = _BY_KEY.get(text)
    if column is not None:
        return column, None
    match = _WITH_LANGUAGE.fullmatch(text)
    column = _BY_KEY.get(match["name"]) if match else None
    if match is None or column is None or column.kind != "localised":
        return None, None
    return column, "en" if match["language"] in ("en", "英文", "english") else "zh"


_BRACKETED = re.compile(r"(?P<name>.+?)\s*[(\[【](?P<unit>.+)[)\]】]\s*\*?")
_SNAKE = re.compile(r"(?P<name>[A-Za-z]\w*?)_(?P<unit>[a-z0-9]+(?:_[a-z0-9]+)*)")


def _split_unit(header: str) -> tuple[str, str | None]:
    """``处理规模(m3/d)`` → ``处理规模``, ``m3/d``; ``capacity_m3_per_day`` → ``capacity``, ``m3/day``."""
    text = unicodedata.normalize("NFKC", header).strip()
    match = _BRACKETED.fullmatch(text)
    if match:
        return match["name"].strip(), match["unit"].strip()
    words = text.split("_")
    for position in range(1, len(words)):
        if _are_units(words[position:]):
            return "_".join(words[:position]), _joined(words[position:])
    return text, None


def _are_units(words: list[str]) -> bool:
    lower = [word.lower() for word in words]
    known = [word in _UNIT_WORDS or word == "per" for word in lower]
    # "per" makes a unit of whatever follows it, so long as one stands before it.
    if "per" in lower[1:-1]:
        return all(known[: lower.index("per")])
    return all(known) and lower[0] != "per"


def _joined(words: list[str]) -> str:
    unit = " ".join(words).replace(" per ", "/").lower()
    return unit.replace("wan cny", "万元").replace("wan ", "万").replace("percent", "%").replace("pct", "%")


def suggestion(name: str, known: list[str]) -> str:
    """``; did you mean 'holder'?``, or nothing."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
