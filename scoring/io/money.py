"""Amounts with their currency, in whole minor units, from cells and headers such as 500万元 or capex_cny_per_m3."""

import re
import unicodedata
from decimal import Decimal

from msgspec import Struct

from scoring.io.glossary import CURRENCIES
from scoring.io.grid import Cell
from scoring.io.limits import INTEGER_MAX
from scoring.io.problems import Unexpected
from scoring.io.values import A_NUMBER, MAGNITUDES, decimal, plain

_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3)
_CURRENCY_NAMES = sorted(CURRENCIES, key=len, reverse=True)
AN_AMOUNT = "an amount with its currency, such as 500万元 or USD 1.2 million"
A_COST = "a cost with its currency and unit, such as 4.05 元/吨 or 3200 CNY/(m3/d)"


class MoneyUnit(Struct, frozen=True):
    """What a header or a cell says of an amount: how often it is counted, in what, for what."""

    scale: int | None = None
    currency: str | None = None
    per: str | None = None


class Amount(Struct, frozen=True):
    minor: int
    currency: str
    per: str | None = None


def decimals(currency: str) -> int:
    """How many decimals the minor unit of a currency has."""
    return _DECIMALS.get(currency, 2)


def money_unit(unit: str | None) -> MoneyUnit:
    """``万元/吨`` → 10,000, CNY, ``吨``; a unit that is no money gives an empty one."""
    if not unit:
        return MoneyUnit()
    money, _, per = unicodedata.normalize("NFKC", unit).partition("/")
    currency, rest = _currency(money.strip().lower())
    scale = MAGNITUDES.get(rest.strip())
    if currency is None or scale is None:
        return MoneyUnit()
    return MoneyUnit(scale if rest.strip() else None, currency, bare(per) or None)


def amount(
    cell: Cell, unit: MoneyUnit, *, comma_is_ambiguous: bool = False, currency: str | None = None
) -> Amount | None:
    """An amount of money; what the cell says of its unit outweighs the header, and the header ``currency``."""
    text = plain(cell)
    if not text:
        return None
    figure, _, per = text.partition("/")
    own, figure = _currency(figure.strip().lower())
    try:
        value = decimal(figure if isinstance(cell, str) else cell, comma_is_ambiguous=comma_is_ambiguous)
    except Unexpected as error:
        raise Unexpected(AN_AMOUNT if str(error) == A_NUMBER else str(error)) from None
    known = own or unit.currency or currency
    if value is None or known is None:
        raise Unexpected(AN_AMOUNT)
    if own is None and not _has_magnitude(figure):
        value *= unit.scale or 1
    if value < 0:
        raise Unexpected("an amount that is not negative")
    return _in_minor_units(value, known, bare(per) or unit.per)


def bare(per: str) -> str:
    """``(m3/d)`` → ``m3/d``."""
    per = per.strip()
    return per[1:-1].strip() if per.startswith("(") and per.endswith(")") else per


def cost(cell: Cell, unit: MoneyUnit, *, comma_is_ambiguous: bool = False) -> Amount | None:
    """An amount per unit of something."""
    try:
        found = amount(cell, unit, comma_is_ambiguous=comma_is_ambiguous)
    except Unexpected as error:
        raise Unexpected(A_COST if str(error) == AN_AMOUNT else str(error)) from None
    if found is not None and found.per is None:
        raise Unexpected(A_COST)
    return found


def _has_magnitude(figure: str) -> bool:
    return bool(re.search(r"[a-z十百千万亿]", figure.strip().lower()))


def _currency(text: str) -> tuple[str | None, str]:
    """The currency that stands before or behind a figure, and the figure."""
    for name in _CURRENCY_NAMES:
        if text.startswith(name):
            return CURRENCIES[name], text[len(name) :].strip()
        if text.endswith(name):
            return CURRENCIES[name], text[: -len(name)].strip()
    return None, text


def _in_minor_units(value: Decimal, currency: str, per: str | None) -> Amount:
    """Whole minor units; a cost below one is stated for 1,000 units, so that nothing is rounded away."""
    minor = value.scaleb(decimals(currency))
    if minor != minor.to_integral_value() and per is not None:
        minor, per = minor * 1_000, f"1000 {per}"
    if minor > INTEGER_MAX:
        raise Unexpected("an amount below 9 × 10^16")
    if minor != minor.to_integral_value():
        raise Unexpected(f"an amount of {currency} in whole minor units")
    return Amount(int(minor), currency, per)
