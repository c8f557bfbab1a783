"""Money: whole minor units of one currency. Never a float, never two currencies in one sum."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from msgspec import Struct
from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Composite, composite, mapped_column

MINOR_MAX = 2**63 - 1


class Money(Struct, frozen=True, gc=False):
    """`Money(12345, "CNY")` is 123.45 yuan.

    >>> Money(100, "CNY") + Money(25, "CNY")
    Money(amount_minor=125, currency='CNY')
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"money is counted in whole minor units, not {self.amount_minor!r}")
        if abs(self.amount_minor) > MINOR_MAX:
            raise ValueError("an amount of money must fit into 64 bits")
        if len(self.currency) != 3 or not (self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"a currency is an ISO 4217 code such as CNY, not {self.currency!r}")

    def __composite_values__(self) -> tuple[int, str]:
        return self.amount_minor, self.currency

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other).amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other).amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same(other).amount_minor

    def __le__(self, other: "Money") -> bool:
        return self.amount_minor <= self._same(other).amount_minor

    def __gt__(self, other: "Money") -> bool:
        return self.amount_minor > self._same(other).amount_minor

    def __ge__(self, other: "Money") -> bool:
        return self.amount_minor >= self._same(other).amount_minor

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other

    def split(self, weights: list[int]) -> list["Money"]:
        """Shares in proportion to `weights` that add up to the whole exactly.

        What rounding leaves over goes one unit each to the shares that lost most.

        >>> [share.amount_minor for share in Money(100, "CNY").split([1, 1, 1])]
        [34, 33, 33]
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights are non-negative and not all zero")
        shares = [self.amount_minor * weight // total for weight in weights]
        lost = [self.amount_minor * weight % total for weight in weights]
        by_loss = sorted(range(len(weights)), key=lambda index: (-lost[index], index))
        for index in by_loss[: self.amount_minor - sum(shares)]:
            shares[index] += 1
        return [Money(share, self.currency) for share in shares]


def in_units(minor: int, currency: str) -> Decimal:
    """12345 fen are 123.45 yuan: how many digits follow the point is the currency's to say (ISO 4217).

    >>> in_units(12345, "CNY"), in_units(12345, "JPY")
    (Decimal('123.45'), Decimal('12345'))
    """
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def _from_columns(amount_minor: int | None, currency: str | None) -> Money | None:
    return None if amount_minor is None or currency is None else Money(amount_minor, currency)


def money_column(name: str, *, nullable: bool = False) -> Composite[Any]:
    """Two columns, `<name>_minor` and `<name>_currency`, read and written as one Money.

    ``price: Mapped[Money] = money_column("price")``; the table also wants `*money_checks("price")`.
    """
    return composite(
        _from_columns,
        mapped_column(f"{name}_minor", BigInteger, nullable=nullable),
        mapped_column(f"{name}_currency", CHAR(3), nullable=nullable),
    )


def money_checks(name: str, *, minimum: int | None = 0) -> tuple[CheckConstraint, ...]:
    """The database's own say: a currency is three capitals, both columns stand or fall together, no amount below."""
    minor, currency = f"{name}_minor", f"{name}_currency"
    checks = [
        CheckConstraint(f"{currency} ~ '^[A-Z]{{3}}$'", name=f"{currency}_is_code"),
        CheckConstraint(f"({minor} IS NULL) = ({currency} IS NULL)", name=f"{name}_is_whole"),
    ]
    if minimum is not None:
        checks.append(CheckConstraint(f"{minor} >= {int(minimum)}", name=f"{name}_at_least"))
    return tuple(checks)
