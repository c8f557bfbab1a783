"""What an investment does to a cap table: price, new shares, dilution; for a convertible the range it may come to.

Shares are counted exactly, with fractions; percentages are rounded only when they are shown.
"""

import datetime
from fractions import Fraction

from msgspec import Struct

from marketplace.cap_tables.ocf import Table
from marketplace.deals.terms import Terms
from marketplace.money import Money
from scoring import Refusal

MONTHS_TO_CONVERSION_MAX = 36


class Share(Struct, frozen=True, kw_only=True):
    """One stakeholder's part of all shares and options, as 0 to 1, before and after; after is a range."""

    stakeholder: str
    held: str
    shares: int
    before: float
    after_low: float
    after_high: float


class Effect(Struct, frozen=True, kw_only=True, tag="cap-table-effect"):
    """`new_shares_…` are those of the financier. Low and high are equal where nothing is uncertain."""

    pre_money: Money | None
    post_money: Money | None
    price_low: str
    price_high: str
    new_shares_low: int
    new_shares_high: int
    investor_low: float
    investor_high: float
    shares: tuple[Share, ...]
    assumptions: tuple[str, ...]


def effect_of(
    table: Table,
    terms: Terms,
    *,
    today: datetime.date,
    next_low_minor: int | None = None,
    next_high_minor: int | None = None,
) -> Effect | Refusal:
    """The effect of the terms on the table; a refusal where the instrument has none or its range is unknown.

    `next_low_minor` and `next_high_minor` are pre-money valuations of the next round, at which a convertible converts;
    without them they are half and twice its cap.
    """
    if terms.equity is not None:
        return _equity(table, terms, terms.equity.pre_money_minor)
    if terms.convertible is None:
        return Refusal(
            reason="no-shares",
            missing=("terms.equity", "terms.convertible"),
            message="This instrument brings no shares.",
            message_zh="该工具不涉及股份。",
        )
    cap = terms.convertible.cap_minor
    low = next_low_minor or (cap // 2 if cap else None)
    high = next_high_minor or (2 * cap if cap else None)
    if not low or not high or low > high:
        return Refusal(
            reason="next-round-unknown",
            missing=("next_low_minor", "next_high_minor"),
            message="Without a cap the shares depend on the next round's valuation: say between which it may lie.",
            message_zh="无估值上限时，转股数取决于下一轮估值，请给出其区间。",
        )
    return _convertible(table, terms, today, low, high)


def _equity(table: Table, terms: Terms, pre_money_minor: int) -> Effect:
    price = Fraction(pre_money_minor, table.fully_diluted)
    new = int(terms.amount.amount_minor / price)
    return _effect(
        table, prices=(price, price), new=(new, new),
        pre_money=Money(pre_money_minor, terms.amount.currency),
        post_money=Money(pre_money_minor, terms.amount.currency) + terms.amount,
        assumptions=("price: pre-money valuation over all shares and options", "new shares are rounded down"),
    )  # fmt: skip


def _convertible(table: Table, terms: Terms, today: datetime.date, low: int, high: int) -> Effect:
    """Fewest shares: the highest valuation, at once. Most: the lowest one, with all the interest there can be."""
    note = terms.convertible
    assert note is not None, "asked for convertibles alone"  # noqa: S101
    months = MONTHS_TO_CONVERSION_MAX
    if note.matures_on is not None:
        months = min(max((note.matures_on - today).days * 12 // 365, 0), months)
    grown = 1 + Fraction(note.interest_bps_per_year, 10_000) * Fraction(months, 12)

    def price(valuation: int) -> Fraction:
        discounted = Fraction(valuation * (10_000 - note.discount_bps), 10_000)
        return min(discounted, Fraction(note.cap_minor or discounted)) / table.fully_diluted

    prices = (price(low), price(high))
    new = (int(terms.amount.amount_minor / prices[1]), int(terms.amount.amount_minor * grown / prices[0]))
    return _effect(
        table, prices=prices, new=new, pre_money=None, post_money=None,
        assumptions=(
            f"converts at a next round's pre-money valuation of {low} to {high} minor units {terms.amount.currency}",
            f"interest of none to {months} months is converted, too",
            "shares of the next round's own investors are not counted",
        ),
    )  # fmt: skip


def _effect(
    table: Table, *, prices: tuple[Fraction, Fraction], new: tuple[int, int],
    pre_money: Money | None, post_money: Money | None, assumptions: tuple[str, ...],
) -> Effect:  # fmt: skip
    old = table.fully_diluted
    shares = tuple(
        Share(
            stakeholder=position.stakeholder,
            held=position.held,
            shares=position.shares,
            before=position.shares / old,
            after_low=position.shares / (old + new[1]),
            after_high=position.shares / (old + new[0]),
        )
        for position in table.positions
    )
    return Effect(
        pre_money=pre_money,
        post_money=post_money,
        price_low=_shown(prices[0]),
        price_high=_shown(prices[1]),
        new_shares_low=new[0],
        new_shares_high=new[1],
        investor_low=new[0] / (old + new[0]),
        investor_high=new[1] / (old + new[1]),
        shares=shares,
        assumptions=(*assumptions, *_left_out(table)),
    )


def _left_out(table: Table) -> tuple[str, ...]:
    return (f"{table.convertibles} convertibles outstanding are not converted",) if table.convertibles else ()


def _shown(price: Fraction) -> str:
    """Minor units a share, to four places."""
    ten_thousandths = round(price * 10_000)
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"
