import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import MINOR_MAX, Money, money_checks

amounts = st.integers(-(10**15), 10**15)


def test_as_json_it_is_what_the_interface_promises() -> None:
    assert msgspec.json.encode(Money(12345, "CNY")) == b'{"amount_minor":12345,"currency":"CNY"}'


@given(amounts, amounts)
def test_sums_and_order_are_those_of_whole_numbers(a: int, b: int) -> None:
    left, right = Money(a, "EUR"), Money(b, "EUR")
    assert (left + right).amount_minor == a + b
    assert (left - right) == -(right - left)
    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_shares_add_up_and_are_off_by_less_than_a_unit(amount: int, weights: list[int]) -> None:
    shares = [share.amount_minor for share in Money(amount, "CNY").split(weights)]
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - amount * weight) < sum(weights)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__ge__"])
def test_currencies_do_not_mix(operation: str) -> None:
    with pytest.raises(ValueError, match="do not mix"):
        getattr(Money(1, "CNY"), operation)(Money(1, "USD"))


@pytest.mark.parametrize(
    ("amount", "currency"), [(1.5, "CNY"), (True, "CNY"), (MINOR_MAX + 1, "CNY"), (1, "cny"), (1, "元"), (1, "CNYX")]
)
def test_what_is_no_money_is_refused(amount: object, currency: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        Money(amount, currency)


def test_nothing_is_split_by_no_weights() -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(1, "CNY").split([0, 0])


def test_database_checks_it_too() -> None:
    assert {check.name for check in money_checks("price")} == {
        "price_currency_is_code",
        "price_is_whole",
        "price_at_least",
    }
