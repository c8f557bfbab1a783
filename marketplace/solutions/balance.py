"""What of each pollutant comes in, is removed and is left at every step, at the worst, typically and at best."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from marketplace.needs.quantities import converted, dimension
from marketplace.needs.specification import Flow, Pollutant
from marketplace.solutions.candidates import Basis, concentration, effect_of
from marketplace.solutions.technologies import Solver

BASES: tuple[Basis, ...] = ("best", "typical", "worst")
# What a concentration is measured in → the flow it goes with, and kg a day of one of each.
_KG_PER_DAY = {"in-water": ("m3/d", 1e-3), "in-gas": ("Nm3/h", 24e-6), "in-solid": ("t/d", 1e-3)}
_FIRST_UNIT = {"in-water": "mg/L", "in-gas": "mg/Nm3", "in-solid": "mg/kg"}


class Interval(Struct, frozen=True):
    """From the least to the most, with what is typical."""

    low: float
    typical: float
    high: float

    def __iter__(self) -> Iterator[float]:
        return iter((self.low, self.typical, self.high))


class Mass(Struct, frozen=True, kw_only=True):
    """Kilograms a day at one step; `removed` leaves with sludge, concentrate, product or as what it became."""

    enters: Interval
    removed: Interval
    leaves: Interval


class Balance(Struct, frozen=True, kw_only=True):
    """One pollutant at one step; `mass_kg_per_day` is None for what is no mass (colour, noise)."""

    pollutant: str
    unit: str
    enters: Interval
    leaves: Interval
    mass_kg_per_day: Mass | None


def balances(pollutants: Sequence[Pollutant], flow: Flow | None, solvers: Sequence[Solver]) -> list[list[Balance]]:
    """Step by step; the flow passes unchanged, since what a step takes out of it is not said in an envelope."""
    now = {pollutant.name: _entering(pollutant) for pollutant in pollutants}
    steps = []
    for solver in solvers:
        step = []
        for pollutant in pollutants:
            enters = now[pollutant.name]
            leaves = Interval(
                *(
                    effect_of(solver, pollutant, basis).after(amount)
                    for basis, amount in zip(BASES, enters, strict=True)
                )
            )
            step.append(_balance(pollutant, flow, enters, leaves))
            now[pollutant.name] = leaves
        steps.append(step)
    return steps


def _entering(pollutant: Pollutant) -> Interval:
    return Interval(*(concentration(pollutant, basis) or 0.0 for basis in BASES))


def _balance(pollutant: Pollutant, flow: Flow | None, enters: Interval, leaves: Interval) -> Balance:
    factor = None if flow is None else kg_per_day(1.0, pollutant.unit, flow)
    mass = None
    if factor is not None:
        mass = Mass(
            enters=Interval(*(factor * amount for amount in enters)),
            removed=Interval(*(factor * (before - after) for before, after in zip(enters, leaves, strict=True))),
            leaves=Interval(*(factor * amount for amount in leaves)),
        )
    return Balance(pollutant=pollutant.name, unit=pollutant.unit, enters=enters, leaves=leaves, mass_kg_per_day=mass)


def kg_per_day(amount: float, unit: str, flow: Flow) -> float | None:
    """The load of a concentration in a flow; None where the two do not make a mass."""
    kind, _ = dimension(unit)
    if kind not in _KG_PER_DAY:
        return None
    per, factor = _KG_PER_DAY[kind]
    flowing, held = converted(flow.amount, flow.unit, per), converted(amount, unit, _FIRST_UNIT[kind])
    return None if flowing is None or held is None else flowing * held * factor
