"""What a technology costs at one flow: whole minor units, once for capacity and every year for operation."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from marketplace.needs.quantities import converted, dimension
from marketplace.needs.sizes import Size, sizes
from marketplace.needs.specification import Stream
from marketplace.solutions.technologies import PerUnit, Solver

DISCOUNT_RATE = Fraction(8, 100)
LIFE_YEARS = 15
DAYS_PER_YEAR = 365
# A kilowatt-hour of the Chinese grid, kg CO2e; the demo catalogue counts with the same.
GRID_KG_CO2E_PER_KWH = 0.57

# What is to be treated → (the unit it is counted in, the unit that is treated, treated units a year per counted unit).
# Soil is no flow: a volume, an area or a mass is treated once, and that is put into one year.
_TREATED = {
    "water-flow": ("m3/d", "m3", DAYS_PER_YEAR),
    "gas-flow": ("Nm3/h", "Nm3", 24 * DAYS_PER_YEAR),
    "mass-flow": ("t/d", "t", DAYS_PER_YEAR),
    "m3": ("m3", "m3", 1),
    "area": ("m2", "m2", 1),
    "t": ("t", "t", 1),
}


class Throughput(NamedTuple):
    """A flow in the unit that capacity is priced in, and what of it is treated in a year.

    `also` is the same soil as a volume or a mass: the upper end, for what it is not known better.
    """

    capacity: Fraction
    capacity_unit: str
    treated_per_year: Fraction
    treated_unit: str
    also: "tuple[Throughput, ...]" = ()

    def capacity_in(self, per: str) -> Fraction | None:
        """How many of `per` the capacity is, told in whichever way can be compared."""
        found = (units_of(one.capacity, one.capacity_unit, per) for one in (self, *self.also))
        return next((units for units in found if units is not None), None)

    def treated_in(self, per: str) -> Fraction | None:
        """How many of `per` are treated in a year."""
        found = (units_of(one.treated_per_year, one.treated_unit, per) for one in (self, *self.also))
        return next((units for units in found if units is not None), None)


class Price(NamedTuple):
    """In whole minor units; `annual_minor` is operation and the annuity of the capital."""

    capex_minor: int
    opex_minor_per_year: int
    annual_minor: int


def throughput_of(stream: Stream) -> Throughput | None:
    """None for what is no water, gas or mass per time, and no volume, area or mass of soil."""
    known = [made for size in sizes(stream) if (made := _throughput(size)) is not None]
    return known[0]._replace(also=tuple(known[1:])) if known else None


def _throughput(size: Size) -> Throughput | None:
    kind, _ = dimension(size.unit)
    if kind not in _TREATED:
        return None
    unit, treated, per_year = _TREATED[kind]
    amount = Fraction(converted(size.high, size.unit, unit) or 0)
    return Throughput(amount, unit, amount * per_year, treated)


@cache
def annuity() -> Fraction:
    """The share of the capital that is paid every year of its life."""
    growth = (1 + DISCOUNT_RATE) ** LIFE_YEARS
    return DISCOUNT_RATE * growth / (growth - 1)


def price_of(solver: Solver, through: Throughput, currency: str) -> Price | None:
    """None where the technology says no capital or no operating cost for this flow in this currency."""
    capex = _cost(solver, "capex", through.capacity_in, currency)
    opex = _cost(solver, "opex", through.treated_in, currency)
    if capex is None or opex is None:
        return None
    return Price(capex, opex, _times(capex, annuity()) + opex)


def _cost(solver: Solver, kind: str, units_in: Callable[[str], Fraction | None], currency: str) -> int | None:
    """The dearest that is said: a need should not be answered by the rosier of two prices."""
    found = [
        _times(cost.amount_minor, units)
        for cost in solver.envelope.costs
        if cost.kind == kind and cost.currency == currency
        if (units := units_in(cost.per_unit)) is not None
    ]
    return max(found, default=None)


def _times(amount_minor: int, units: Fraction) -> int:
    """``round(amount_minor * units)`` in whole numbers, of which thousands are wanted for every question."""
    whole, rest = divmod(amount_minor * units.numerator, units.denominator)
    twice = 2 * rest
    return whole + (twice > units.denominator or (twice == units.denominator and whole % 2 == 1))


@lru_cache(maxsize=1000)
def units_of(amount: Fraction, unit: str, per: str) -> Fraction | None:
    """How many of `per` (``"1000 Nm3"``, ``"m3/h"``) an amount is; None where the two cannot be compared."""
    if per == "installation":
        return Fraction(1)
    count, _, name = per.partition(" ") if per[:1].isdigit() else ("1", "", per)
    share = converted(1.0, unit, name)
    try:
        return None if share is None else amount * Fraction(share) / Fraction(count)
    except (ValueError, ZeroDivisionError):
        return None


def yearly(each: PerUnit, through: Throughput) -> tuple[float, float, float] | None:
    """Low, typical and high of a year; None where it is said per another unit."""
    units = through.treated_in(each.per_unit)
    return None if units is None else (each.low * float(units), each.typical * float(units), each.high * float(units))
