"""The two sides of a match: what a call or an investor asks for, and what is known of a technology."""

import uuid
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from marketplace.errors import FieldError
from scoring.portfolio.deal import Estimate, Instrument
from scoring.technology import Level, Medium, Text

AmountMinor = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Region = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call or an investor asks for. Whatever is absent is no limit.

    `regions` are ISO 3166 codes of countries ("CN") or of parts of them ("CN-JS"); amounts are in minor units of
    `currency`; `loss_share_max` is the largest expected loss, as a share of the money, that is still acceptable.
    """

    fields: Annotated[tuple[Medium, ...], Meta(max_length=20)] = ()
    regions: Annotated[tuple[Region, ...], Meta(max_length=100)] = ()
    instruments: Annotated[tuple[Instrument, ...], Meta(max_length=10)] = ()
    trl_min: Level | None = None
    trl_max: Level | None = None
    ticket_low_minor: AmountMinor | None = None
    ticket_high_minor: AmountMinor | None = None
    currency: Currency | None = None
    loss_share_max: Annotated[float, Meta(gt=0, le=1)] | None = None
    revenue_min_minor: AmountMinor | None = None
    cases_min: Annotated[int, Meta(ge=1, le=1000)] | None = None
    term_months_max: Annotated[float, Meta(gt=0, le=600)] | None = None


class LevelRange(Struct, frozen=True):
    """A readiness level to act on, and the interval around it."""

    low: int
    level: int
    high: int


class Profile(Struct, frozen=True, kw_only=True):
    """What is known of one technology. None, or nothing in a tuple, is unknown.

    `regions` holds every region it counts as being in, a part of a country and the country itself. The amount it
    asks for and its revenue are in minor units of their own currency.
    """

    id: uuid.UUID
    holder_id: uuid.UUID
    name: Text
    fields: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    instrument: str | None = None
    asks_minor: int | None = None
    asks_currency: str | None = None
    term_months: float | None = None
    trl: LevelRange | None = None
    loss_share: Estimate | None = None
    revenue_minor: int | None = None
    revenue_currency: str | None = None
    cases: int | None = None


def impossible(terms: Terms, *, at: str = "terms") -> Iterator[FieldError]:
    """What no technology could ever keep, all of it."""
    if terms.trl_min is not None and terms.trl_max is not None and terms.trl_min > terms.trl_max:
        yield _order(f"{at}.trl_min", terms.trl_min, terms.trl_max)
    low, high = terms.ticket_low_minor, terms.ticket_high_minor
    if low is not None and high is not None and low > high:
        yield _order(f"{at}.ticket_low_minor", low, high)
    amounts = (low, high, terms.revenue_min_minor)
    if terms.currency is None and any(amount is not None for amount in amounts):
        expected = "a currency, as there are amounts"
        yield FieldError(field=f"{at}.currency", expected=expected, expected_zh="填写金额时须填写币种")


def _order(field: str, low: int, high: int) -> FieldError:
    return FieldError(field=field, value=f"{low} > {high}", expected="least <= most", expected_zh="下限不得大于上限")
