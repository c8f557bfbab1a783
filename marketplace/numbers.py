"""Numbers inside sentences."""

from decimal import Decimal


def plain(value: float, digits: int = 4) -> str:
    """So many digits that count and never an exponent: `200000` where ``%g`` says `2e+05`.

    Examples
    --------
    >>> plain(200000), plain(0.0312), plain(1234567)
    ('200000', '0.0312', '1235000')
    """
    return format(Decimal(f"{value:.{digits}g}"), "f")


def grouped(value: float, digits: int = 4) -> str:
    """The same with its thousands apart.

    Examples
    --------
    >>> grouped(200000), grouped(-0.5)
    ('200,000', '-0.5')
    """
    return format(Decimal(f"{value:.{digits}g}"), ",f")
