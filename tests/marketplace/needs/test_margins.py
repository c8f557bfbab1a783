import itertools
import time
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.catalogue import technologies
from marketplace.needs.envelopes import Envelope, envelope_of
from marketplace.needs.margins import margins_of, match, relaxations
from marketplace.needs.quantities import converted, price_converted
from marketplace.needs.specification import Cap, Climate, Flow, Pollutant, Site, Specification, Stream
from scoring.technology import Cost, Medium, Parameter, Technology, Text

numbers = itertools.count()


def technology(*parameters: Parameter, **changed: Any) -> Envelope:
    parts: dict[str, Any] = {"media": (Medium.WATER,), "pollutants": ("TN",)} | changed
    entry = Technology(id="t", name=Text(en="T"), parameters=parameters, **parts)
    return envelope_of(uuid.UUID(int=next(numbers)), entry)


def need(**changed: Any) -> Specification:
    pollutant = Pollutant(name="TN", unit="mg/L", low=30, high=40, limit=10)
    return Specification(**{"medium": Medium.WATER, "streams": (Stream(pollutants=(pollutant,)),)} | changed)


REMOVAL = Parameter(name="removal.TN", unit="share", low=0.7, value=0.8, high=0.9)
INFLUENT = Parameter(name="influent.TN", unit="mg/L", low=20, high=50)


def test_effluent_is_judged_at_the_highest_concentration_that_comes_in() -> None:
    margin = {m.limit: m for m in margins_of(need(), technology(REMOVAL, INFLUENT))}["streams.0.TN.effluent"]
    # 40 × 0.3 = 12, 40 × 0.2 = 8, 30 × 0.1 = 3 mg/L, where 10 mg/L is allowed
    assert (margin.low, margin.typical, margin.high) == pytest.approx((-0.2, 0.2, 0.7))
    assert margin.verdict == "likely"


def test_what_is_not_said_is_unknown_and_never_met() -> None:
    found = match(need(), [technology()])[0]
    assert (found.fit, found.unknown, found.missed, found.binding) == ("unknown", 2, 0, None)
    assert all(margin.low is None and margin.reason.zh and margin.reason.en for margin in found.margins)


def test_unknown_ranks_behind_known_and_missed_behind_unknown() -> None:
    fits = technology(Parameter(name="removal.TN", unit="share", low=0.8, high=0.9), INFLUENT)
    silent, fails = technology(INFLUENT), technology(Parameter(name="removal.TN", unit="share", value=0.1), INFLUENT)
    assert [m.technology.id for m in match(need(), [fails, silent, fits])] == [fits.id, silent.id, fails.id]


@pytest.mark.parametrize(
    ("changed", "entry", "margin"),
    [
        ({"streams": (Stream(flow=Flow(amount=1000, unit="m3/h")),)},
         technology(Parameter(name="scale", unit="m3/d", low=1000, high=30_000)), 0.2),
        ({"streams": (), "capex": Cap(amount_minor=1000, currency="CNY", per_unit="Nm3/h")},
         technology(costs=(Cost(kind="capex", amount_minor=1_200_000, currency="CNY", per_unit="1000 Nm3/h"),)), -0.2),
        ({"streams": (), "climate": Climate(temperature_low_c=-5)},
         technology(Parameter(name="temperature", unit="°C", low=5, high=35)), -1.0),
        ({"streams": (), "site": Site(footprint_m2=1000)},
         technology(Parameter(name="footprint", unit="mu", low=0.6, high=0.75)), 0.5),
    ],
)  # fmt: skip
def test_units_are_converted(changed: dict[str, Any], entry: Envelope, margin: float) -> None:
    (found,) = margins_of(need(**changed), entry)
    assert found.typical == pytest.approx(margin)


def test_prices_in_another_currency_are_unknown_rather_than_guessed() -> None:
    cap = Cap(amount_minor=1000, currency="EUR", per_unit="m3")
    costs = (Cost(kind="opex", amount_minor=100, currency="CNY", per_unit="m3"),)
    (found,) = margins_of(need(streams=(), opex=cap), technology(costs=costs))
    assert (found.verdict, found.reason.en) == ("unknown", "given in CNY per m3, not in EUR per m3")


def test_the_limit_to_relax_is_the_one_that_keeps_the_nearest_out() -> None:
    flow = (Stream(flow=Flow(amount=120, unit="m3/d")),)
    near = technology(Parameter(name="scale", unit="m3/d", low=10, high=100))
    far = technology(Parameter(name="scale", unit="m3/d", low=10, high=50))
    (found,) = relaxations(match(need(streams=flow), [far, near]))
    assert (found.limit, found.technology.id, found.share) == ("streams.0.flow", near.id, pytest.approx(0.2))


@given(
    st.floats(0.01, 1e4), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1e4), st.floats(1, 2)
)  # fmt: skip
def test_a_stricter_limit_never_leaves_more_room(
    inlet: float, one: float, other: float, limit: float, factor: float
) -> None:
    removal = Parameter(name="removal.TN", unit="share", low=min(one, other), high=max(one, other))
    entry = technology(removal)

    def room(allowed: float) -> Any:
        pollutant = Pollutant(name="TN", unit="mg/L", low=inlet, high=inlet * factor, limit=allowed)
        found = {m.limit: m for m in margins_of(need(streams=(Stream(pollutants=(pollutant,)),)), entry)}
        return found["streams.0.TN.effluent"]

    strict, loose = room(limit), room(limit * 2)
    assert strict.low <= strict.typical + 1e-12
    assert strict.typical <= strict.high + 1e-12
    assert strict.low <= loose.low + 1e-12
    assert strict.high <= loose.high + 1e-12


@given(st.floats(1e-6, 1e9), st.sampled_from(["mg/L", "g/L", "ug/L"]), st.sampled_from(["mg/L", "g/L", "ug/L"]))
def test_conversion_there_and_back_is_the_same(amount: float, unit: str, into: str) -> None:
    there = converted(amount, unit, into)
    assert there is not None
    assert converted(there, into, unit) == pytest.approx(amount)
    assert price_converted(amount, unit, unit) == pytest.approx(amount)


def test_five_thousand_technologies_are_compared_at_once() -> None:
    demo = [envelope_of(uuid.uuid4(), entry) for entry in technologies()]
    started = time.perf_counter()
    match(need(), demo * 41)
    assert time.perf_counter() - started < 2  # seen: 0.04 s; far above it, so that a busy machine does not fail
