"""A train as it is shown: its steps with their reasons, what each pollutant becomes, cost, energy and carbon."""

import uuid
from collections.abc import Iterator, Sequence

from msgspec import Struct

from marketplace.needs.margins import Margin, verdict_of
from marketplace.needs.specification import Pollutant, Stream
from marketplace.needs.vocabulary import POLLUTANTS
from marketplace.solutions.balance import Balance, Interval, balances
from marketplace.solutions.economics import (
    DAYS_PER_YEAR,
    DISCOUNT_RATE,
    GRID_KG_CO2E_PER_KWH,
    LIFE_YEARS,
    Price,
    Throughput,
    yearly,
)
from marketplace.solutions.kinds import ALONE, Bears, Place
from marketplace.solutions.technologies import PerUnit, Solver
from scoring.technology import Text


class Step(Struct, frozen=True, kw_only=True):
    """One technology at its place: `label` says which, `reason` why there, `bears` what may not come in and why.

    Energy and carbon are those of a year; None where the holder does not say them.
    """

    technology: uuid.UUID
    name: Text
    kind: str
    place: str
    label: Text
    reason: Text
    bears: tuple[Text, ...]
    trl: int | None
    capex_minor: int
    opex_minor_per_year: int
    energy_kwh_per_year: Interval | None
    power_kg_co2e_per_year: Interval | None
    avoided_kg_co2e_per_year: Interval | None
    balance: list[Balance]
    cases: tuple[Text, ...]


class Yearly(Struct, frozen=True, kw_only=True):
    """An amount a year; `unknown` names the technologies that do not say theirs and are not in it."""

    low: float
    typical: float
    high: float
    unknown: tuple[uuid.UUID, ...] = ()


class Train(Struct, frozen=True, kw_only=True):
    """A chain for one stream. `binding` is the limit with the least room at the worst."""

    steps: tuple[Step, ...]
    margins: tuple[Margin, ...]
    binding: str | None
    verdict: str
    trl: int | None
    currency: str
    capex_minor: int
    opex_minor_per_year: int
    annual_minor: int
    energy_kwh_per_year: Yearly
    power_kg_co2e_per_year: Yearly
    avoided_kg_co2e_per_year: Yearly
    assumptions: tuple[Text, ...]


ASSUMPTIONS = (
    Text(
        en=f"Capital is paid off in {LIFE_YEARS} years at {float(DISCOUNT_RATE):.0%}; {DAYS_PER_YEAR} days a year.",
        zh=f"投资按{LIFE_YEARS}年、{float(DISCOUNT_RATE):.0%}折算为年金；每年运行{DAYS_PER_YEAR}天。",
    ),
    Text(
        en=f"Power of the grid emits {GRID_KG_CO2E_PER_KWH} kg CO2e/kWh; what is avoided is as the holders say.",
        zh=f"电网排放因子取{GRID_KG_CO2E_PER_KWH} kg CO2e/kWh；减排量以持有方所述为准。",
    ),
    Text(
        en="Soil is treated once, within one year. Where its volume or mass follows from an area, a technology has to "
        "take all of it from the least to the most, and is priced for the most.",
        zh="土壤在一年内一次处理完。体积或质量由面积推算时，技术须适用于其全部区间，并按上限计价。",
    ),
    Text(
        en="The flow passes every step unchanged; below a holder's range no more is credited than at its beginning.",
        zh="流量逐级不变；进口低于持有方范围时，只按范围下限计算效果。",
    ),
)


def described(
    stream: Stream, steps: Sequence[tuple[Place, Solver, Price]], through: Throughput, currency: str
) -> Train:
    """The train of these steps, in their order."""
    solvers = [solver for _, solver, _ in steps]
    flowing = balances(stream.pollutants, stream.flow, solvers)
    margins = tuple(_margins(stream, flowing[-1]))
    known = [solver.trl for solver in solvers if solver.trl is not None]
    energy = total_of([(solver, solver.energy) for solver in solvers], through)
    return Train(
        steps=tuple(_step(*step, balance, through) for step, balance in zip(steps, flowing, strict=True)),
        margins=margins,
        binding=_binding(margins),
        verdict=_verdict(margins),
        trl=min(known) if len(known) == len(solvers) else None,
        currency=currency,
        capex_minor=sum(price.capex_minor for _, _, price in steps),
        opex_minor_per_year=sum(price.opex_minor_per_year for _, _, price in steps),
        annual_minor=sum(price.annual_minor for _, _, price in steps),
        energy_kwh_per_year=energy,
        power_kg_co2e_per_year=Yearly(
            low=energy.low * GRID_KG_CO2E_PER_KWH,
            typical=energy.typical * GRID_KG_CO2E_PER_KWH,
            high=energy.high * GRID_KG_CO2E_PER_KWH,
            unknown=energy.unknown,
        ),
        avoided_kg_co2e_per_year=total_of([(solver, solver.carbon_avoided) for solver in solvers], through),
        assumptions=ASSUMPTIONS,
    )


def none_needed(stream: Stream, currency: str) -> Train:
    """All limits are kept already."""
    nothing = Yearly(low=0.0, typical=0.0, high=0.0)
    margins = tuple(
        _margin(one, Interval(one.low or one.high or 0.0, one.high or one.low or 0.0, one.high or one.low or 0.0))
        for one in stream.pollutants
        if one.limit is not None
    )
    return Train(
        steps=(), margins=margins, binding=_binding(margins), verdict=_verdict(margins), trl=None, currency=currency,
        capex_minor=0, opex_minor_per_year=0, annual_minor=0, energy_kwh_per_year=nothing,
        power_kg_co2e_per_year=nothing, avoided_kg_co2e_per_year=nothing, assumptions=ASSUMPTIONS,
    )  # fmt: skip


def _step(place: Place, solver: Solver, price: Price, balance: list[Balance], through: Throughput) -> Step:
    energy = _interval(solver.energy, through)
    alone = place.kind == ALONE
    return Step(
        technology=solver.id, name=solver.name, kind=solver.kind, place=place.name,
        label=_ALONE if alone else place.label, reason=_WHY_ALONE if alone else place.reason,
        bears=tuple(_bound(rule) for rule in place.bears), trl=solver.trl, capex_minor=price.capex_minor,
        opex_minor_per_year=price.opex_minor_per_year, energy_kwh_per_year=energy,
        power_kg_co2e_per_year=None if energy is None else Interval(*(GRID_KG_CO2E_PER_KWH * end for end in energy)),
        avoided_kg_co2e_per_year=_interval(solver.carbon_avoided, through), balance=balance, cases=solver.cases,
    )  # fmt: skip


_ALONE = Text(en="Alone", zh="单独使用")
_WHY_ALONE = Text(en="Stands alone: its place among others is not known.", zh="单独使用：与其他工艺的先后关系未知。")


def _interval(said: PerUnit | None, through: Throughput) -> Interval | None:
    found = None if said is None else yearly(said, through)
    return None if found is None else Interval(*found)


def _bound(rule: Bears) -> Text:
    limit = f"≤ {rule.at_most:g} {rule.unit}"
    return Text(
        en=f"{_english(rule.pollutant)} {limit}: {rule.reason.en}", zh=f"{rule.pollutant} {limit}：{rule.reason.zh}"
    )


def _english(pollutant: str) -> str:
    """Symbols are the same everywhere; Chinese names have an English one in the vocabulary."""
    return (
        pollutant if pollutant.isascii() else next((w for w in POLLUTANTS.get(pollutant, ()) if w.isascii()), pollutant)
    )


def _margins(stream: Stream, last: Sequence[Balance]) -> Iterator[Margin]:
    left = {balance.pollutant: balance.leaves for balance in last}
    for pollutant in stream.pollutants:
        if pollutant.limit is not None:
            yield _margin(pollutant, left[pollutant.name])


def _margin(pollutant: Pollutant, leaves: Interval) -> Margin:
    limit = pollutant.limit or 0.0
    best, typical, worst = ((limit - end) / limit if limit > 0 else -float(end > 0) for end in leaves)
    between = f"{leaves.low:.4g}–{leaves.high:.4g} {pollutant.unit}"
    return Margin(
        limit=pollutant.name, low=worst, typical=typical, high=best, verdict=verdict_of(worst, typical, best),
        reason=Text(en=f"leaves {between}, allowed {limit:g}", zh=f"出口{between}，限值{limit:g}"),
    )  # fmt: skip


def _binding(margins: Sequence[Margin]) -> str | None:
    return min(margins, key=lambda margin: margin.low or 0.0).limit if margins else None


def _verdict(margins: Sequence[Margin]) -> str:
    order = ("missed", "unknown", "possible", "likely", "met")
    return next((word for word in order if any(margin.verdict == word for margin in margins)), "met")


def total_of(each: Sequence[tuple[Solver, PerUnit | None]], through: Throughput) -> Yearly:
    """The sum of a year, and who is not in it."""
    known = [(solver, None if said is None else yearly(said, through)) for solver, said in each]
    ends = [found for _, found in known if found is not None]
    low, typical, high = (sum(end[place] for end in ends) for place in range(3))
    return Yearly(
        low=low, typical=typical, high=high, unknown=tuple(solver.id for solver, found in known if found is None)
    )
