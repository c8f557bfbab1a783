import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from marketplace.errors import Invalid
from marketplace.needs.specification import Cap, Flow, Pollutant, Specification, Stream
from marketplace.solutions.balance import balances
from marketplace.solutions.candidates import pool_of, stages_of
from marketplace.solutions.economics import throughput_of
from marketplace.solutions.kinds import ALONE, kind_of, places
from marketplace.solutions.search import STEPS_MAX, undominated
from marketplace.solutions.technologies import Solver
from marketplace.solutions.trains import trains
from scoring.technology import Medium, Text
from tests.marketplace.solutions.needs import asked, catalogue, solver

POLLUTANTS = ("COD", "SS", "TDS")
KINDS = ("oil-removal", "clarification", "biology", "adsorption", "desalination", ALONE)

technology = st.builds(
    lambda kind, shares, low, price, trl: (kind, dict(zip(POLLUTANTS, shares, strict=True)), low, price, trl),
    st.sampled_from(KINDS),
    st.tuples(*[st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.9])] * 3),
    st.sampled_from([0.0, 10.0, 60.0]),
    st.integers(1, 60),
    st.integers(3, 9),
)


def made(rows: list[tuple[str, dict[str, float], float, int, int]]) -> list[Solver]:
    return [
        solver(
            number, kind, removes={name: share for name, share in shares.items() if share} or {"COD": 0.1},
            takes={"COD": (low, 400.0)}, price=price, trl=trl,
        )
        for number, (kind, shares, low, price, trl) in enumerate(rows, start=1)
    ]  # fmt: skip


def cheapest_by_trying_all(need: Specification, solvers: list[Solver], room: float, trl: int) -> int | None:
    stream = need.streams[0]
    through = throughput_of(stream)
    assert through is not None
    pool = pool_of(stream, solvers, medium="water", climate=need.climate, through=through, currency="CNY")
    stages = stages_of(pool, "worst")
    limits = [(1 - room) * (one.limit if one.limit is not None else np.inf) for one in stream.pollutants]
    best: int | None = None
    for length in range(STEPS_MAX + 1):
        for chain in itertools.combinations(stages, length):
            if length > 1 and chain[-1].place.kind == ALONE:
                continue
            for rows in itertools.product(*(range(len(stage.solvers)) for stage in chain)):
                water, cost, ready = [one.high or 0.0 for one in stream.pollutants], 0, True
                for stage, row in zip(chain, rows, strict=True):
                    ready &= bool((np.array(water) <= stage.bears[row]).all()) and stage.maturity[row] >= trl
                    water = [
                        max(amount * keep, min(amount, floor))
                        for amount, keep, floor in zip(water, stage.keeps[row], stage.floors[row], strict=True)
                    ]
                    cost += stage.prices[row].annual_minor
                if ready and all(amount <= limit for amount, limit in zip(water, limits, strict=True)):
                    best = cost if best is None else min(best, cost)
    return best


@settings(max_examples=60, deadline=None)
@given(st.lists(technology, min_size=1, max_size=9))
def test_the_cheapest_train_is_the_one_that_trying_all_finds(rows: list[tuple[str, dict[str, float], float, int, int]]):
    need, solvers = asked(("COD", 300.0, 60.0), ("SS", 80.0, 30.0), ("TDS", 900.0, None)), made(rows)
    answer = trains(need, solvers).streams[0]
    best = cheapest_by_trying_all(need, solvers, 0.0, 0)
    assert (answer.trains[0].annual_minor if answer.basis == "worst" and answer.trains else None) == best
    mature = cheapest_by_trying_all(need, solvers, 0.25, 7)
    if mature is not None:
        # Some offer is as good as the cheapest that is mature and has a quarter to spare.
        assert any(
            train.annual_minor <= mature and (train.trl or 0) >= 7
            and min(margin.low or 0.0 for margin in train.margins) >= 0.25 - 1e-9
            for train in answer.trains
        )  # fmt: skip
    front = [
        (train.annual_minor, -min(margin.low or 0.0 for margin in train.margins), -(train.trl or 0))
        for train in answer.trains
        if answer.basis == "worst"
    ]
    for one, other in itertools.permutations(front, 2):
        assert not all(a <= b for a, b in zip(one, other, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(technology, min_size=1, max_size=4), st.floats(0, 1000), st.floats(0, 1))
def test_mass_is_kept_at_every_step(
    rows: list[tuple[str, dict[str, float], float, int, int]], high: float, part: float
):
    flow = Flow(amount=240, unit="m3/d")
    pollutants = [Pollutant(name=name, unit="mg/L", low=high * part, high=high) for name in POLLUTANTS]
    steps = balances(pollutants, flow, made(rows))
    for column in range(len(POLLUTANTS)):
        masses = [step[column].mass_kg_per_day for step in steps]
        for mass in masses:
            assert mass is not None
            for enters, removed, leaves in zip(mass.enters, mass.removed, mass.leaves, strict=True):
                assert removed >= -1e-9
                assert enters == pytest.approx(removed + leaves)
            assert mass.leaves.low <= mass.leaves.typical + 1e-9
            assert mass.leaves.typical <= mass.leaves.high + 1e-9
        first, last = masses[0], masses[-1]
        assert first is not None
        assert last is not None
        assert first.enters.high == pytest.approx(high * 240 / 1000)
        assert sum(mass.removed.high for mass in masses if mass) == pytest.approx(first.enters.high - last.leaves.high)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=30))
def test_dominance_drops_only_what_another_covers(rows: list[tuple[int, int, int]]) -> None:
    kept = undominated(np.array(rows, float), block=4).tolist()
    assert sorted({rows[at] for at in kept}) == sorted(rows[at] for at in kept)
    for at, row in enumerate(rows):
        others = [rows[other] for other in kept if other != at]
        covered = any(all(a <= b for a, b in zip(other, row, strict=True)) for other in others)
        assert (at in kept) != covered


def test_solids_go_before_the_membrane_because_it_bears_none() -> None:
    membrane = solver(1, "desalination", removes={"TDS": 0.95})
    clarifier = solver(2, "clarification", removes={"SS": 0.95})
    found = trains(asked(("TDS", 2000.0, 300.0), ("SS", 100.0, None)), [membrane, clarifier]).streams[0]
    assert [step.kind for step in found.trains[0].steps] == ["clarification", "desalination"]
    assert all(step.reason.zh and step.reason.en for step in found.trains[0].steps)
    alone = trains(asked(("TDS", 2000.0, 300.0), ("SS", 100.0, None)), [membrane]).streams[0]
    assert alone.refusal is not None
    assert alone.refusal.missing == ("TDS",)


def test_what_comes_in_below_a_range_is_credited_no_further() -> None:
    """Half of 10 mg/L is not 5 for a technology that begins at 40: it is known to leave 20."""
    polisher = solver(1, "adsorption", removes={"TP": 0.5}, takes={"TP": (40.0, 100.0)})
    found = trains(asked(("TP", 10.0, 6.0)), [polisher]).streams[0]
    assert found.refusal is not None
    assert "leaves 10" in found.refusal.message


def test_the_limit_that_nothing_keeps_is_named() -> None:
    found = trains(asked(("COD", 300.0, 30.0), ("氟化物", 40.0, 1.0)), catalogue()).streams[0]
    assert found.trains == ()
    assert found.refusal is not None
    assert found.refusal.reason == "limit-unreachable"
    assert found.refusal.missing == ("氟化物",)
    assert "限值" not in found.refusal.message
    assert "氟化物 1 mg/L" in found.refusal.message_zh


def test_two_limits_that_exclude_each_other_are_named_together() -> None:
    either = [
        solver(1, ALONE, removes={"COD": 0.9}),
        solver(2, ALONE, removes={"TP": 0.9}),
    ]
    found = trains(asked(("COD", 100.0, 30.0), ("TP", 10.0, 2.0)), either).streams[0]
    assert found.refusal is not None
    assert (found.refusal.reason, found.refusal.missing) == ("not-together", ("COD", "TP"))


def test_caps_are_limits_too() -> None:
    need = asked(("COD", 300.0, 60.0), capex=Cap(amount_minor=9_000, currency="CNY", per_unit="m3/d"))
    dear = solver(1, "biology", removes={"COD": 0.9}, price=100)
    cheap = solver(2, "biology", removes={"COD": 0.9}, price=80)
    assert trains(need, [dear]).streams[0].refusal.reason == "caps"  # type: ignore[union-attr]
    assert trains(need, [dear, cheap]).streams[0].trains[0].steps[0].technology == cheap.id


def test_where_the_worst_case_is_not_met_the_likely_one_is_offered_as_such() -> None:
    found = trains(asked(("COD", 300.0, 31.0)), [solver(1, "biology", removes={"COD": 0.9})]).streams[0]
    assert (found.basis, found.trains[0].verdict) == ("typical", "likely")


def test_clean_water_needs_nothing() -> None:
    found = trains(asked(("COD", 20.0, 30.0)), catalogue()).streams[0]
    assert found.trains[0].steps == ()
    assert (found.trains[0].annual_minor, found.trains[0].verdict) == (0, "met")


def test_energy_and_carbon_of_a_train_add_up() -> None:
    (train,) = trains(asked(("COD", 300.0, 60.0)), [solver(1, "biology", removes={"COD": 0.9})]).streams[0].trains
    year = 1000 * 365
    assert train.energy_kwh_per_year.low == pytest.approx(0.4 * year)
    assert train.power_kg_co2e_per_year.high == pytest.approx(0.6 * year * 0.57)
    assert train.avoided_kg_co2e_per_year.unknown == (train.steps[0].technology,)
    assert (train.capex_minor, train.opex_minor_per_year) == (100 * 100 * 1000, 100 * year)


def test_everything_that_is_lacking_is_told_at_once() -> None:
    stream = Stream(flow=Flow(amount=3, unit="kW"), pollutants=(Pollutant(name="COD", unit="mg/L"),))
    with pytest.raises(Invalid) as refused:
        trains(Specification(streams=(stream,)), [])
    assert [fault.field.removeprefix("specification.") for fault in refused.value.fields] == [
        "medium", "streams.0.flow", "streams.0.pollutants", "streams.0.pollutants.0.high",
    ]  # fmt: skip


def test_the_demo_catalogue_cleans_the_gas_of_a_kiln_in_the_order_of_the_field() -> None:
    rows = (("PM", 30_000.0, 5.0), ("SO2", 1200.0, 35.0), ("NOx", 400.0, 50.0))
    pollutants = tuple(
        Pollutant(name=name, unit="mg/Nm3", low=high, high=high, limit=limit) for name, high, limit in rows
    )
    stream = Stream(flow=Flow(amount=300_000, unit="Nm3/h"), pollutants=pollutants)
    found = trains(Specification(medium=Medium.AIR, streams=(stream,)), catalogue()).streams[0]
    kinds = [step.kind for step in found.trains[0].steps]
    order = [place.kind for place in places("air")]
    assert kinds[0] == "dedusting"
    assert kinds[-1] in ("denitrification", "wet-electrostatic")
    assert sorted(kinds, key=order.index) == kinds


def test_a_kind_is_what_the_holder_says_or_the_name_shows() -> None:
    assert kind_of("water", Text(zh="分段进水多级AO工艺")) == "biology"
    assert kind_of("water", Text(en="Chaos engine")) == ALONE
    assert kind_of("water", Text(en="Chaos engine"), "biology") == "biology"
    assert kind_of("noise", Text(en="Barrier")) == ALONE


def test_who_claims_the_impossible_stands_in_no_train() -> None:
    honest = solver(1, "biology", removes={"COD": 0.9})
    wonder = structs.replace(solver(2, "biology", removes={"COD": 0.95}, price=1), possible=False)
    found = trains(asked(("COD", 300.0, 60.0)), [honest, wonder]).streams[0]
    assert [step.technology for train in found.trains for step in train.steps] == [honest.id]
    assert found.left_out == {"impossible": 1}


def test_a_question_that_would_take_too_long_is_refused_at_once() -> None:
    rows = [(f"P{number}", 10.0, 1.0) for number in range(9)]
    with pytest.raises(Invalid) as refused:
        trains(asked(*rows), [])
    assert [fault.expected for fault in refused.value.fields] == ["at most 8 pollutants", "at most 5 limits"]
