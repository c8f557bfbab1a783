"""Units that needs and technologies are written in, and what of them can be compared."""

import re

# Unit → (what is measured, factor to that dimension's first unit). Emission standards write mg/m3 for gas at standard
# conditions, so that it is the same as mg/Nm3; water is never given per m3 in the catalogue.
_UNITS: dict[str, tuple[str, float]] = {
    "mg/L": ("in-water", 1.0),
    "g/L": ("in-water", 1e3),
    "ug/L": ("in-water", 1e-3),
    "ng/L": ("in-water", 1e-6),
    "mg/Nm3": ("in-gas", 1.0),
    "mg/m3": ("in-gas", 1.0),
    "g/Nm3": ("in-gas", 1e3),
    "ug/Nm3": ("in-gas", 1e-3),
    "mg/kg": ("in-solid", 1.0),
    "g/kg": ("in-solid", 1e3),
    "%": ("share", 1.0),
    "ppm": ("ppm", 1.0),
    "ppb": ("ppm", 1e-3),
    "dB(A)": ("dB(A)", 1.0),
    "m3/d": ("water-flow", 1.0),
    "m3/h": ("water-flow", 24.0),
    "L/s": ("water-flow", 86.4),
    "Nm3/h": ("gas-flow", 1.0),
    "t/d": ("mass-flow", 1.0),
    "t/h": ("mass-flow", 24.0),
    "t/a": ("mass-flow", 1 / 365),
    "m2": ("area", 1.0),
    "mu": ("area", 10_000 / 15),
    "ha": ("area", 10_000.0),
    "km2": ("area", 1e6),
    "kW": ("power", 1.0),
    "MW": ("power", 1e3),
}
_COUNTED = re.compile(r"(?P<count>\d+(?:\.\d+)?) (?P<unit>.+)")


def dimension(unit: str) -> tuple[str, float]:
    """What a unit measures, and its factor; a unit of its own kind compares with itself alone."""
    return _UNITS.get(unit, (unit, 1.0))


def converted(amount: float, unit: str, into: str) -> float | None:
    """The same quantity in another unit; None where the two cannot be compared.

    >>> converted(2.0, "m3/h", "m3/d")
    48.0
    >>> converted(1.0, "t/d", "m3/d") is None
    True
    """
    (given, factor), (wanted, divisor) = dimension(unit), dimension(into)
    return amount * factor / divisor if given == wanted else None


def price_converted(amount: float, per: str, into: str) -> float | None:
    """A price per one unit as a price per another: ``5`` per ``1000 Nm3`` is ``0.005`` per ``Nm3``."""
    given, wanted = _counted(per), _counted(into)
    ratio = converted(wanted[0], wanted[1], given[1])
    return None if ratio is None else amount * ratio / given[0]


def _counted(unit: str) -> tuple[float, str]:
    found = _COUNTED.fullmatch(unit)
    return (float(found["count"]), found["unit"]) if found and float(found["count"]) > 0 else (1.0, unit)
