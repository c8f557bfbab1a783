"""Numbers as people read them."""

PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e15
GROUPED_FROM = 10_000  # below it four digits stand together: a year is not 1,999


def numeral(value: float, digits: int = 6) -> str:
    """``value`` in ``digits`` digits that count, thousands apart, without an exponent where none is needed.

    Examples
    --------
    >>> numeral(1234567.0), numeral(-0.25), numeral(3.5e-9)
    ('1,234,570', '−0.25', '3.5e−09')
    """
    rounded = float(f"{value:.{digits}g}")
    if rounded and not PLAIN_FROM <= abs(rounded) < PLAIN_BELOW:
        return f"{rounded:.{digits}g}".replace("-", "−")
    grouped = "," if abs(rounded) >= GROUPED_FROM else ""
    whole, _, fraction = f"{rounded:{grouped}.12f}".partition(".")
    fraction = fraction.rstrip("0")
    return (f"{whole}.{fraction}" if fraction else whole).replace("-", "−")
