"""Estimates as they are read: with as many digits as they deserve."""

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_precision

from api.site.language import CURRENT

_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def significant(value: float, digits: int = 3) -> str:
    """Three digits that count: 0.0312, 4.57, 12,300.

    Examples
    --------
    >>> significant(12345.6), significant(0.031234), significant(0)
    ('12,300', '0.0312', '0')
    """
    if not value:
        return "0"
    plain = Decimal(f"{value:.{digits - 1}e}")
    return format_decimal(plain, format="#,##0.##########", locale=_LOCALES[CURRENT.get()], decimal_quantization=False)


def whole_money(amount_minor: int, currency: str) -> str:
    """An estimated amount with four digits that count."""
    units = Decimal(f"{Decimal(amount_minor).scaleb(-get_currency_precision(currency)):.3e}")
    return format_currency(units, currency, locale=_LOCALES[CURRENT.get()], currency_digits=False, format="¤#,##0")
