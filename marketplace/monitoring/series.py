"""Whether a series of measurements looks measured: three tests, each with the share of honest series it would doubt.

None of them proves anything; what they find is shown to a person.
"""

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

# Each test doubts at most about one honest series in a thousand.
CHANCE_MAX = 0.001
BLOCK = 5
SMOOTH_FROM = 27
DIGITS_FROM = 50


class Suspicion(Struct, frozen=True, kw_only=True):
    """`chance` bounds how often an honest series would look like this; `seen` says what was seen."""

    kind: str
    seen: str
    chance: float


def suspicions_of(values: Sequence[float]) -> list[Suspicion]:
    """What is odd about measured values, in the order in which they were measured."""
    found = (repeated_block(values), too_smooth(values), last_digits(values))
    return [suspicion for suspicion in found if suspicion is not None]


def resolution(values: Sequence[float]) -> Decimal:
    """The unit of the last digit that is written anywhere in the series."""
    exponents = [Decimal(repr(float(value))).normalize().as_tuple().exponent for value in values]
    return Decimal(1).scaleb(min((e for e in exponents if isinstance(e, int)), default=0))


def repeated_block(values: Sequence[float]) -> Suspicion | None:
    """A run of values that occurs again, value for value: what copying leaves behind.

    The chance is a bound: the number of pairs of places times the chance that a run of this length agrees, were the
    values drawn anew each time with the shares that they have.
    """
    n = len(values)
    if n < 2 * BLOCK:
        return None
    places: dict[tuple[float, ...], int] = {}
    for start in range(n - BLOCK + 1):
        block = tuple(values[start : start + BLOCK])
        first = places.setdefault(block, start)
        if start - first < BLOCK or len(set(block)) < BLOCK - 1:
            continue
        # Without the second block: it would count as a reason why values agree.
        others = [*values[:start], *values[start + BLOCK :]]
        same = sum((count / len(others)) ** 2 for count in Counter(others).values())
        chance = math.comb(n - BLOCK + 1, 2) * same**BLOCK
        if chance < CHANCE_MAX:
            seen = f"values {first + 1} to {first + BLOCK} come again as values {start + 1} to {start + BLOCK}"
            return Suspicion(kind="repeated-values", seen=seen, chance=chance)
    return None


def too_smooth(values: Sequence[float]) -> Suspicion | None:
    """A course without any scatter: every step differs from the one before by less than the last digit can show.

    A measured series has noise of at least its own rounding, which alone makes second differences vary. The chance
    takes each of them to vanish in three of four cases, independently, which is generous towards the series.
    """
    n = len(values)
    if n < SMOOTH_FROM:
        return None
    unit = float(resolution(values))
    if max(values) - min(values) < 2 * n * unit:
        return None  # too coarse to tell: most steps are zero or one unit
    bends = [abs(values[i] - 2 * values[i + 1] + values[i + 2]) for i in range(n - 2)]
    if any(bend > unit / 2 for bend in bends):
        return None
    seen = f"{n} values lie on a straight line to the last digit ({unit:g})"
    return Suspicion(kind="too-smooth", seen=seen, chance=0.75 ** (n - 2))


def last_digits(values: Sequence[float]) -> Suspicion | None:
    """Last digits that are not equally frequent, where the values range far enough for them to be.

    Only with 50 values or more that range over at least 100 units of their last digit. The chance is that of a
    chi-square of 9 degrees of freedom.
    """
    unit = resolution(values)
    if len(values) < DIGITS_FROM or Decimal(repr(max(values))) - Decimal(repr(min(values))) < 100 * unit:
        return None
    digits = Counter(int(abs(Decimal(repr(float(value))) / unit)) % 10 for value in values)
    expected = len(values) / 10
    statistic = sum((digits[digit] - expected) ** 2 / expected for digit in range(10))
    chance = _chi_square_tail_9(statistic)
    # Values that are rounded to halves or fives use few digits honestly: that is a habit of an instrument.
    if chance >= CHANCE_MAX or len(digits) <= 2:
        return None
    digit, count = digits.most_common(1)[0]
    seen = f"{count} of {len(values)} values end in {digit}"
    return Suspicion(kind="last-digits", seen=seen, chance=chance)


def _chi_square_tail_9(x: float) -> float:
    """The upper tail for 9 degrees of freedom, in closed form."""
    root = math.sqrt(x)
    series = root + root**3 / 3 + root**5 / 15 + root**7 / 105
    return math.erfc(root / math.sqrt(2)) + math.sqrt(2 / math.pi) * math.exp(-x / 2) * series
