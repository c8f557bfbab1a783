"""The two sides of a match: what a call or an investor asks for, and what is known of a technology."""

import uuid
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from marketplace.calls.facts import FIELDS
from marketplace.errors import FieldError
from scoring.portfolio.deal import Estimate, Instrument
from scoring.technology import Level, Medium, Text

AmountMinor = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Number = Annotated[float, Meta(ge=0, le=1e15)]
Word = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00\r\n]+$")]
Region = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]

# What a call's conditions may be about, too, and is read the same way there and here.
NUMBERS = (
    "trl-claimed", "completeness", "evidence-grade", "cases", "cases-full-scale", "months-in-operation",
    "patents-granted",
)  # fmt: skip
WORDS = ("pollutant", "industry", "provenance", "technology-class")


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call or an investor asks for. Whatever is absent is no limit.

    `regions` are ISO 3166 codes of countries ("CN") or of parts of them ("CN-JS"); amounts are in minor units of
    `currency`; `loss_share_max` is the largest expected loss, as a share of the money, that is still acceptable.
    `at_least` and `at_most` are by the names in `NUMBERS`, `any_of` by those in `WORDS`.
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
    term_months_max: Annotated[float, Meta(gt=0, le=600)] | None = None
    at_least: Annotated[dict[str, Number], Meta(max_length=len(NUMBERS))] = {}
    at_most: Annotated[dict[str, Number], Meta(max_length=len(NUMBERS))] = {}
    any_of: Annotated[dict[str, Annotated[tuple[Word, ...], Meta(max_length=100)]], Meta(max_length=len(WORDS))] = {}


class LevelRange(Struct, frozen=True):
    """A readiness level to act on, and the interval around it."""

    low: int
    level: int
    high: int


class Profile(Struct, frozen=True, kw_only=True):
    """What is known of one technology. None, or nothing in a tuple, is unknown.

    `regions` holds every region it counts as being in, a part of a country and the country itself. The amount it
    asks for and its revenue are in minor units of their own currency. `numbers` and `words` are further facts by name.
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
    numbers: dict[str, float] = {}
    words: dict[str, tuple[str, ...]] = {}


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
    yield from _unknown_names(terms, at)
    for name in terms.at_least.keys() & terms.at_most.keys():
        if terms.at_least[name] > terms.at_most[name]:
            yield _order(f"{at}.at_least.{name}", terms.at_least[name], terms.at_most[name])


def _unknown_names(terms: Terms, at: str) -> Iterator[FieldError]:
    for part, known in (("at_least", NUMBERS), ("at_most", NUMBERS), ("any_of", WORDS)):
        for name in getattr(terms, part):
            if name not in known:
                listed = ", ".join(known)
                expected, expected_zh = f"one of {listed}", f"须为以下之一：{listed}"
                yield FieldError(field=f"{at}.{part}", value=name[:80], expected=expected, expected_zh=expected_zh)
    for name, words in terms.any_of.items():
        vocabulary = FIELDS[name].vocabulary if name in WORDS else ()
        if vocabulary and not set(words) <= set(vocabulary):
            listed = ", ".join(vocabulary)
            yield FieldError(
                field=f"{at}.any_of.{name}", value=", ".join(words)[:200],
                expected=f"words out of {listed}", expected_zh=f"须取自：{listed}",
            )  # fmt: skip


def _order(field: str, low: float, high: float) -> FieldError:
    return FieldError(field=field, value=f"{low} > {high}", expected="least <= most", expected_zh="下限不得大于上限")
