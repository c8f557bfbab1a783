from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from marketplace.needs.specification import Flow, Stream
from marketplace.solutions.economics import price_of, throughput_of
from scoring.technology import Cost
from tests.marketplace.solutions.needs import solver


@given(st.integers(0, 10**9), st.fractions(min_value=Fraction(1, 1000), max_value=10**6, max_denominator=1000))
def test_a_price_is_rounded_once_to_the_nearest_minor_unit(amount_minor: int, flow: Fraction) -> None:
    through = throughput_of(Stream(flow=Flow(amount=float(flow), unit="m3/d")))
    assert through is not None
    costs = (
        Cost(kind="capex", amount_minor=amount_minor, currency="CNY", per_unit="m3/d"),
        Cost(kind="opex", amount_minor=amount_minor, currency="CNY", per_unit="1000 m3"),
    )
    made = solver(1, "biology", removes={"COD": 0.9})
    priced = price_of(replace(made, envelope=replace(made.envelope, costs=costs)), through, "CNY")
    assert priced is not None
    assert priced.capex_minor == round(amount_minor * through.capacity)
    assert priced.opex_minor_per_year == round(amount_minor * through.treated_per_year / 1000)


def test_what_is_said_in_another_currency_is_no_price() -> None:
    through = throughput_of(Stream(flow=Flow(amount=10, unit="m3/d")))
    assert through is not None
    assert price_of(solver(1, "biology", removes={"COD": 0.9}), through, "EUR") is None
