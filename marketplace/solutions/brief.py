"""What a city or a park asks for: its sources, what it wants to reach until when, and what it may spend (一市一策)."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from marketplace.errors import FieldError
from marketplace.needs.quantities import dimension
from marketplace.needs.specification import AmountMinor, Currency, Flow, Name, Pollutant, Stream
from marketplace.solutions.balance import kg_per_day
from marketplace.solutions.economics import throughput_of
from scoring.technology import Medium

SOURCES_MAX, POLLUTANTS_MAX, TARGETS_MAX = 40, 8, 8
Year = Annotated[int, Meta(ge=2000, le=2100)]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One works, outfall or stack; `sector` is for people. A pollutant's limit is not read here."""

    name: Name
    medium: Medium
    flow: Flow
    pollutants: Annotated[tuple[Pollutant, ...], Meta(min_length=1, max_length=POLLUTANTS_MAX)]
    sector: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00\r\n]*$")] = ""


class Goal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pollutant: less by a share of the load of all sources, or at most a concentration in all flows together."""

    pollutant: Name
    year: Year
    reduction_share: Annotated[float, Meta(gt=0, le=1)] | None = None
    concentration: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    unit: Name | None = None


class Brief(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`capex_budget_minor` is for all measures together; work begins at the start of `from_year`."""

    from_year: Year
    sources: Annotated[tuple[Source, ...], Meta(min_length=1, max_length=SOURCES_MAX)]
    goals: Annotated[tuple[Goal, ...], Meta(min_length=1, max_length=TARGETS_MAX)]
    capex_budget_minor: AmountMinor | None = None
    currency: Currency = "CNY"


def faults(brief: Brief) -> Iterator[FieldError]:
    """All that a plan could not be made of."""
    for at, source in enumerate(brief.sources):
        yield from _source(f"sources.{at}", source)
    names = {pollutant.name for source in brief.sources for pollutant in source.pollutants}
    for at, goal in enumerate(brief.goals):
        yield from _goal(f"goals.{at}", goal, brief, names)


def _source(place: str, source: Source) -> Iterator[FieldError]:
    if throughput_of(Stream(flow=source.flow)) is None:
        yield _fault(
            f"{place}.flow.unit", source.flow.unit, "m3/d, m3/h, L/s, Nm3/h, t/d, t/h or t/a", "请用m3/d、Nm3/h或t/d等"
        )
    names = [pollutant.name for pollutant in source.pollutants]
    for number, pollutant in enumerate(source.pollutants):
        field = f"{place}.pollutants.{number}"
        if names.index(pollutant.name) != number:
            yield _fault(f"{field}.name", pollutant.name, "each pollutant once a source", "每种污染物只填一次")
        if pollutant.low is None and pollutant.high is None:
            yield _fault(f"{field}.high", "", "how much comes in", "请填写浓度")
        elif pollutant.low is not None and pollutant.high is not None and pollutant.low > pollutant.high:
            yield _fault(f"{field}.low", f"{pollutant.low:g} > {pollutant.high:g}", "low <= high", "下限不得大于上限")
        if kg_per_day(1.0, pollutant.unit, source.flow) is None:
            expected = f"a concentration that makes a load with a flow in {source.flow.unit}"
            yield _fault(f"{field}.unit", pollutant.unit, expected, "该单位与流量不能算出负荷")


def _goal(place: str, goal: Goal, brief: Brief, names: set[str]) -> Iterator[FieldError]:
    if goal.pollutant not in names:
        expected = "a pollutant of one of the sources: " + ", ".join(sorted(names))
        yield _fault(f"{place}.pollutant", goal.pollutant, expected, "须为某一污染源的污染物")
    if (goal.reduction_share is None) == (goal.concentration is None):
        yield _fault(place, "", "either reduction_share or concentration", "削减比例与浓度须二选一")
    if goal.concentration is not None and goal.unit is None:
        yield _fault(f"{place}.unit", "", "the unit of the concentration", "请填写浓度单位")
    if goal.year < brief.from_year:
        yield _fault(f"{place}.year", str(goal.year), f"{brief.from_year} or later", "目标年份不得早于起始年份")
    emitting = [source for source in brief.sources if any(entry.name == goal.pollutant for entry in source.pollutants)]
    mixed = len({dimension(source.flow.unit)[0] for source in emitting}) > 1
    if goal.concentration is not None and mixed:
        yield _fault(f"{place}.concentration", "", "sources that flow in units of one kind", "各污染源流量须为同类单位")
    wrong = goal.unit is not None and any(kg_per_day(1.0, goal.unit, source.flow) is None for source in emitting)
    if goal.concentration is not None and wrong and not mixed:
        yield _fault(f"{place}.unit", goal.unit or "", "a unit that fits the sources' flows", "单位须与流量相符")


def _fault(field: str, value: str, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=value, expected=expected, expected_zh=expected_zh)
