"""Amounts in mail about money."""

import pytest

from marketplace.money import Money
from marketplace.payments.letters import shown


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        (Money(1_234_560, "CNY"), "12,345.60 CNY"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(100_000, "JPY"), "100,000 JPY"),
        (Money(1_500, "KWD"), "1.500 KWD"),
        (None, ""),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(money: Money | None, expected: str) -> None:
    assert shown(money) == expected
