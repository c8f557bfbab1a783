"""What an interest says, and what can be wrong with it."""

import datetime
from collections.abc import Iterator

from msgspec import Struct

from marketplace.errors import FieldError
from marketplace.introductions.process import PURPOSES
from marketplace.money import Money
from scoring.portfolio.deal import INSTRUMENTS
from scoring.technology import Text

START_WITHIN = datetime.timedelta(days=5 * 365)
MONEY_PURPOSES = frozenset({"invest", "incubate", "acquire"})


class Interest(Struct, frozen=True, kw_only=True):
    """What one wants (`purpose`), how much of it, by which instrument, to begin when; and a few words."""

    purpose: str
    instrument: str | None = None
    amount: Money | None = None
    start_from: datetime.date | None = None
    start_until: datetime.date | None = None
    message: Text = Text()


def faults_of(interest: Interest, today: datetime.date) -> Iterator[FieldError]:
    """All that is wrong with it, by itself."""
    if interest.purpose not in PURPOSES:
        yield one_of("purpose", interest.purpose, tuple(PURPOSES))
    if interest.instrument is not None and interest.instrument not in INSTRUMENTS:
        yield one_of("instrument", interest.instrument, INSTRUMENTS)
    if interest.purpose in MONEY_PURPOSES:
        if interest.amount is None:
            yield FieldError(field="amount", expected="how much is meant", expected_zh="请填写意向金额")
        if interest.instrument is None and interest.purpose != "acquire":
            yield FieldError(field="instrument", expected="by which instrument", expected_zh="请选择融资工具")
    if interest.amount is not None and interest.amount.amount_minor <= 0:
        seen = str(interest.amount.amount_minor)
        yield FieldError(
            field="amount.amount_minor", value=seen, expected="more than nothing", expected_zh="金额须大于零"
        )
    yield from _wrong_days(interest, today)
    if not interest.message:
        yield FieldError(field="message", expected="a few words", expected_zh="请填写说明")


def _wrong_days(interest: Interest, today: datetime.date) -> Iterator[FieldError]:
    first, last = interest.start_from, interest.start_until
    for field, day in (("start_from", first), ("start_until", last)):
        if day is not None and not today <= day <= today + START_WITHIN:
            expected = "a day from today on, within five years"
            yield FieldError(
                field=field, value=day.isoformat(), expected=expected, expected_zh="须为今天起五年内的日期"
            )
    if first is not None and last is not None and first > last:
        expected = "a day not after start_until"
        yield FieldError(
            field="start_from", value=first.isoformat(), expected=expected, expected_zh="不得晚于最迟开始日期"
        )


def one_of(field: str, value: str, known: tuple[str, ...]) -> FieldError:
    """A value that is none of those there are."""
    listed = ", ".join(known)
    return FieldError(field=field, value=value, expected=f"one of {listed}", expected_zh=f"须为以下之一：{listed}")
