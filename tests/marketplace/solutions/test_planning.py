import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.errors import Invalid
from marketplace.needs.specification import Flow, Pollutant
from marketplace.solutions.brief import Brief, Goal, Source
from marketplace.solutions.planning import plan
from marketplace.solutions.technologies import Solver
from scoring.technology import Medium
from tests.marketplace.solutions.needs import catalogue, solver


def source(name: str, flow: float, **loads: float) -> Source:
    pollutants = tuple(Pollutant(name=key, unit="mg/L", low=high, high=high) for key, high in loads.items())
    return Source(name=name, medium=Medium.WATER, flow=Flow(amount=flow, unit="m3/d"), pollutants=pollutants)


def brief(**changes: Any) -> Brief:
    whole: dict[str, Any] = {
        "from_year": 2026,
        "sources": (source("East works", 1000, COD=300, TP=5), source("West works", 500, COD=400)),
        "goals": (Goal(pollutant="COD", year=2030, reduction_share=0.5),),
    }
    return Brief(**(whole | changes))


BIOLOGY = solver(1, "biology", removes={"COD": 0.9}, price=50)
CLARIFIER = solver(2, "clarification", removes={"TP": 0.8, "COD": 0.3}, price=10)


def test_a_target_is_reached_at_least_cost_and_every_number_is_told() -> None:
    found = plan(brief(), [BIOLOGY])
    (outcome,) = found.outcomes
    # 300 + 200 kg a day, of which half has to go; what is removed surely is 89 % of the load at each works.
    assert outcome.load_kg_per_year == pytest.approx(500 * 365)
    assert outcome.needed_kg_per_year == pytest.approx(250 * 365)
    assert outcome.met
    assert outcome.uncovered_kg_per_year.high == 0
    (measure,) = found.measures
    assert measure.source == 0
    assert measure.responses[0].removed_kg_per_year.low == pytest.approx(0.89 * 300 * 365)
    assert measure.responses[0].removed_kg_per_year.high == pytest.approx(0.91 * 300 * 365)
    assert (measure.months, measure.in_operation_year) == (12, 2026)
    assert found.proved
    assert measure.reason.zh
    assert measure.reason.en


def test_two_cheap_measures_may_replace_a_dear_one() -> None:
    """The clarifier in the east and both steps in the west take 252 of the 250 kg a day for 40 instead of 50."""
    found = plan(brief(), [BIOLOGY, CLARIFIER])
    assert {measure.source: len(measure.technologies) for measure in found.measures} == {0: 1, 1: 2}
    assert found.capex_minor == 10 * 100 * 1000 + 60 * 100 * 500


def test_what_no_budget_pays_for_stays_uncovered_and_is_said() -> None:
    found = plan(brief(capex_budget_minor=1000), [BIOLOGY, CLARIFIER])
    assert found.measures == ()
    assert not found.outcomes[0].met
    assert found.outcomes[0].uncovered_kg_per_year.low == pytest.approx(250 * 365)
    assert "Not surely reached" in (found.outcomes[0].reason.en or "")


def test_what_comes_too_late_does_not_count() -> None:
    unready = [solver(1, "biology", removes={"COD": 0.9}, trl=6)]
    soon, late = (brief(goals=(Goal(pollutant="COD", year=year, reduction_share=0.5),)) for year in (2027, 2028))
    assert not plan(soon, unready).outcomes[0].met
    assert plan(late, unready).outcomes[0].met


def test_a_concentration_is_that_of_all_flows_together() -> None:
    """(300 · 1000 + 400 · 500) / 1500 = 333 mg/L now."""
    found = plan(
        brief(goals=(Goal(pollutant="COD", year=2030, concentration=100.0, unit="mg/L"),)), [BIOLOGY, CLARIFIER]
    )
    assert found.outcomes[0].needed_kg_per_year == pytest.approx((500 - 150) * 365)
    assert {measure.source for measure in found.measures} == {0, 1}


def test_an_unreachable_target_does_not_keep_the_others_from_being_reached() -> None:
    goals = (
        Goal(pollutant="TP", year=2030, reduction_share=0.5),
        Goal(pollutant="COD", year=2030, reduction_share=0.5),
    )
    found = plan(brief(goals=goals), [BIOLOGY])
    assert [outcome.met for outcome in found.outcomes] == [False, True]


def test_a_ready_technology_is_weighed_beside_many_cheaper_ones_that_come_too_late() -> None:
    unready = [solver(number, "biology", removes={"COD": 0.95}, trl=5, price=number) for number in range(1, 9)]
    ready = solver(9, "biology", removes={"COD": 0.9}, trl=9, price=90)
    soon = brief(goals=(Goal(pollutant="COD", year=2026, reduction_share=0.5),))
    found = plan(soon, [*unready, ready])
    assert found.outcomes[0].met
    assert {name for measure in found.measures for name in measure.technologies} == {ready.id}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.4, 0.7, 0.9]), st.sampled_from([0.2, 0.6, 0.9]), st.integers(1, 50)),
             min_size=1, max_size=3),
    st.integers(0, 60),
)  # fmt: skip
def test_no_other_set_of_measures_is_better(rows: list[tuple[float, float, int]], thousands: int) -> None:
    solvers: list[Solver] = [
        solver(number, "alone", removes={"TP": tp, "COD": cod} if tp else {"COD": cod}, price=price)
        for number, (tp, cod, price) in enumerate(rows, start=1)
    ]
    goals = (
        Goal(pollutant="COD", year=2030, reduction_share=0.6),
        Goal(pollutant="TP", year=2030, reduction_share=0.5),
    )
    asked = brief(goals=goals, capex_budget_minor=thousands * 100_000)
    found = plan(asked, solvers)
    assert found.capex_minor <= thousands * 100_000
    assert len({measure.source for measure in found.measures}) == len(found.measures)
    needed = {"COD": 500 * 0.6, "TP": 5 * 0.5}
    sure = [{"COD": 1 - (1 - cod) * 1.1, "TP": 1 - (1 - tp) * 1.1 if tp else 0.0} for tp, cod, _ in rows]
    loads, flows = ({"COD": 300, "TP": 5}, {"COD": 200, "TP": 0}), (1000, 500)
    helped = {name for name in needed if any(share[name] > 0 for share in sure)}
    best = (9.0, 9.0, float("inf"))
    for pick in itertools.product(range(-1, len(rows)), repeat=2):
        taken = [(at, row) for at, row in enumerate(pick) if row >= 0]
        if sum(rows[row][2] * 100 * flows[at] for at, row in taken) > thousands * 100_000:
            continue
        gone = {name: sum(max(0.0, sure[row][name]) * loads[at][name] for at, row in taken) for name in needed}
        short = [max(0.0, 1 - gone[name] / needed[name]) for name in helped]
        best = min(best, (round(max(short, default=0), 6), round(sum(short), 6), 0.0))
    short = [
        outcome.uncovered_kg_per_year.high / outcome.needed_kg_per_year
        for outcome in found.outcomes
        if outcome.pollutant in helped
    ]
    assert (max(short, default=0), sum(short)) == pytest.approx(best[:2], abs=2e-6)


def test_everything_wrong_with_a_brief_is_told_at_once() -> None:
    wrong = brief(
        sources=(
            Source(
                name="Stack", medium=Medium.AIR, flow=Flow(amount=1, unit="kW"),
                pollutants=(Pollutant(name="NOx", unit="mg/Nm3"),),
            ),
        ),
        goals=(Goal(pollutant="COD", year=2020), Goal(pollutant="NOx", year=2030, concentration=1.0)),
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        plan(wrong, [])
    assert [fault.field for fault in refused.value.fields] == [
        "sources.0.flow.unit", "sources.0.pollutants.0.high", "sources.0.pollutants.0.unit", "goals.0.pollutant",
        "goals.0", "goals.0.year", "goals.1.unit",
    ]  # fmt: skip


def test_the_demo_catalogue_makes_a_plan_for_a_park() -> None:
    park = brief(
        sources=(
            source("Municipal works", 30_000, COD=300, TN=45, TP=5),
            source("Food factory", 800, COD=8000, SS=900),
            source("Plating park", 400, Cu=60, Ni=40),
        ),
        goals=(
            Goal(pollutant="COD", year=2030, reduction_share=0.8),
            Goal(pollutant="TN", year=2030, reduction_share=0.6),
            Goal(pollutant="Ni", year=2030, reduction_share=0.9),
        ),
    )
    found = plan(park, catalogue())
    assert [outcome.met for outcome in found.outcomes] == [True, True, True]
    assert found.proved
    assert msgspec.json.decode(msgspec.json.encode(found))["measures"]
