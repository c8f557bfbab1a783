"""A plan as it is shown: each measure, each target, what one does for the other, and why."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from marketplace.needs.specification import Stream
from marketplace.numbers import grouped
from marketplace.solutions.balance import Interval
from marketplace.solutions.brief import Brief, Goal
from marketplace.solutions.describing import ASSUMPTIONS, Yearly, total_of
from marketplace.solutions.economics import GRID_KG_CO2E_PER_KWH, throughput_of
from marketplace.solutions.measures import MONTHS_BY_TRL, MONTHS_OTHERWISE, Option
from scoring.technology import Text


class Needed(NamedTuple):
    """kg a year: all that there is, and how much less there has to be."""

    load: float
    reduction: float


class Response(Struct, frozen=True, kw_only=True):
    """What a measure does for a target: kg a year, and as a share of what the target needs."""

    goal: int
    pollutant: str
    removed_kg_per_year: Interval
    share_of_needed: Interval
    in_time: bool


class PlannedMeasure(Struct, frozen=True, kw_only=True):
    source: int
    technologies: tuple[uuid.UUID, ...]
    names: tuple[Text, ...]
    responses: tuple[Response, ...]
    capex_minor: int
    opex_minor_per_year: int
    annual_minor: int
    power_kg_co2e_per_year: Yearly
    avoided_kg_co2e_per_year: Yearly
    in_operation_year: int
    months: int
    reason: Text


class Outcome(Struct, frozen=True, kw_only=True):
    """One target. `uncovered_kg_per_year` is what is surely, typically and at best still too much."""

    goal: int
    pollutant: str
    year: int
    load_kg_per_year: float
    needed_kg_per_year: float
    reached_kg_per_year: Interval
    uncovered_kg_per_year: Interval
    met: bool
    reason: Text


class Plan(Struct, frozen=True, kw_only=True):
    """`proved`: no other set of the considered measures is better in the order of aims."""

    currency: str
    measures: tuple[PlannedMeasure, ...]
    outcomes: tuple[Outcome, ...]
    capex_minor: int
    annual_minor: int
    considered: int
    proved: bool
    assumptions: tuple[Text, ...]


_TIMING = Text(
    en="Months until operation by the least readiness in a measure: "
    + ", ".join(f"TRL {trl}: {months}" for trl, months in MONTHS_BY_TRL.items())
    + f", else {MONTHS_OTHERWISE}.",
    zh="投运所需月数按所用技术的最低成熟度："
    + "，".join(f"TRL {trl}为{months}" for trl, months in MONTHS_BY_TRL.items())
    + f"，其余{MONTHS_OTHERWISE}。",
)
_LOADS = Text(
    en="Loads are of the highest concentration given, all year; at most one measure of one or two steps a source.",
    zh="负荷按所给最高浓度全年计；每个污染源最多一项措施（一至两级）。",
)


def report(brief: Brief, needed: Sequence[Needed], chosen: Sequence[Option], *, considered: int, proved: bool) -> Plan:
    """The plan of these choices."""
    measures = tuple(_measure(brief, needed, option) for option in chosen)
    outcomes = tuple(_outcome(brief, at, needed[at], measures, considered) for at in range(len(brief.goals)))
    return Plan(
        currency=brief.currency,
        measures=measures,
        outcomes=outcomes,
        capex_minor=sum(measure.capex_minor for measure in measures),
        annual_minor=sum(measure.annual_minor for measure in measures),
        considered=considered,
        proved=proved,
        assumptions=(*ASSUMPTIONS, _LOADS, _TIMING),
    )


def _measure(brief: Brief, needed: Sequence[Needed], option: Option) -> PlannedMeasure:
    through = throughput_of(Stream(flow=brief.sources[option.source].flow))
    if through is None:
        raise ValueError("a source whose flow the brief's check lets through")
    energy = total_of([(solver, solver.energy) for solver in option.solvers], through)
    responses = tuple(
        _response(brief, at, goal, needed[at], option)
        for at, goal in enumerate(brief.goals)
        if goal.pollutant in option.removed
    )
    return PlannedMeasure(
        source=option.source,
        technologies=tuple(solver.id for solver in option.solvers),
        names=tuple(solver.name for solver in option.solvers),
        responses=responses,
        capex_minor=option.capex_minor,
        opex_minor_per_year=sum(price.opex_minor_per_year for price in option.prices),
        annual_minor=option.annual_minor,
        power_kg_co2e_per_year=Yearly(
            low=energy.low * GRID_KG_CO2E_PER_KWH, typical=energy.typical * GRID_KG_CO2E_PER_KWH,
            high=energy.high * GRID_KG_CO2E_PER_KWH, unknown=energy.unknown,
        ),
        avoided_kg_co2e_per_year=total_of([(solver, solver.carbon_avoided) for solver in option.solvers], through),
        in_operation_year=brief.from_year + max(0, option.months - 1) // 12,
        months=option.months,
        reason=_why(responses),
    )  # fmt: skip


def _response(brief: Brief, at: int, goal: Goal, need: Needed, option: Option) -> Response:
    removed = option.removed[goal.pollutant]
    share = [end / need.reduction if need.reduction > 0 else 0.0 for end in removed]
    return Response(
        goal=at, pollutant=goal.pollutant, removed_kg_per_year=removed, share_of_needed=Interval(*share),
        in_time=option.months <= 12 * (goal.year - brief.from_year + 1),
    )  # fmt: skip


def _why(responses: Sequence[Response]) -> Text:
    parts = [(one.pollutant, one.share_of_needed) for one in responses if one.removed_kg_per_year.high > 0]
    english = "; ".join(f"{name}: {share.low:.0%}–{share.high:.0%} of what is needed" for name, share in parts)
    chinese = "；".join(f"{name}：完成所需削减量的{share.low:.0%}–{share.high:.0%}" for name, share in parts)
    return Text(en=english, zh=chinese)


def _outcome(brief: Brief, at: int, need: Needed, measures: Sequence[PlannedMeasure], considered: int) -> Outcome:
    found = [one for measure in measures for one in measure.responses if one.goal == at and one.in_time]
    ends = zip(*(one.removed_kg_per_year for one in found), strict=True) if found else ((0.0,), (0.0,), (0.0,))
    reached = Interval(*(sum(end) for end in ends))
    surely, typically, best = (max(0.0, need.reduction - end) for end in reached)
    met = surely <= need.reduction * 1e-6
    return Outcome(
        goal=at, pollutant=brief.goals[at].pollutant, year=brief.goals[at].year, load_kg_per_year=need.load,
        needed_kg_per_year=need.reduction, reached_kg_per_year=reached,
        uncovered_kg_per_year=Interval(best, typically, surely), met=met,
        reason=_told(need, reached, met, considered),
    )  # fmt: skip


def _told(need: Needed, reached: Interval, met: bool, considered: int) -> Text:
    if need.reduction <= 0:
        return Text(en="The load is within the target already.", zh="现有负荷已满足目标。")
    low, high, needed = (grouped(kilograms / 1000, 3) for kilograms in (reached.low, reached.high, need.reduction))
    removed = low if low == high else f"{low}–{high}"
    zh, en = f"削减{removed} t/a，需{needed} t/a", f"{removed} t/a removed, {needed} t/a needed"
    if met:
        return Text(en=f"Surely reached: {en}.", zh=f"可确保达到：{zh}。")
    if not considered:
        return Text(en="Nothing published treats these sources.", zh="已发布的技术均不适用于这些污染源。")
    return Text(
        en=f"Not surely reached: {en}; nothing considered does more within budget and time.",
        zh=f"不能确保达到：{zh}；在预算和期限内没有更好的措施组合。",
    )
