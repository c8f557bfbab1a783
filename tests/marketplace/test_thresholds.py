"""Four eyes are asked for less often only late, after a second factor, and with everybody told."""

import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.caps import service
from marketplace.caps.models import ApprovalRule
from marketplace.clock import SetClock
from marketplace.errors import Forbidden
from marketplace.mail import Mail
from marketplace.money import Money
from tests.marketplace.deals.table import Party, make_party


def yuan(amount: int) -> Money:
    return Money(amount, "CNY")


async def ruled(session: AsyncSession, threshold: int) -> Party:
    fund = await make_party(session, "investor")
    await service.set_approval_rule(session, organisation_id=fund.organisation.id, threshold=yuan(threshold))
    return fund


async def test_raising_takes_a_second_factor(session: AsyncSession, clock: SetClock) -> None:
    fund = await ruled(session, 1_000)
    stale = clock.now() - datetime.timedelta(minutes=16)
    for shown in (None, stale):
        with pytest.raises(Forbidden) as refused:
            async with session.begin_nested():
                await service.set_approval_rule(
                    session, organisation_id=fund.organisation.id, threshold=yuan(9_000), stepped_up_at=shown
                )
        assert refused.value.code == "step-up-needed"
    rule = (await session.scalars(select(ApprovalRule).execution_options(populate_existing=True))).one()
    assert (rule.threshold_minor, rule.counts_from) == (1_000, None)


async def test_what_is_raised_counts_late_and_everybody_is_told(session: AsyncSession, clock: SetClock) -> None:
    fund = await ruled(session, 100_000)
    own = fund.organisation.id
    await service.set_approval_rule(session, organisation_id=own, threshold=yuan(900_000), stepped_up_at=clock.now())
    # Raising it once more does not begin with what was never in force.
    rule = await service.set_approval_rule(
        session, organisation_id=own, threshold=yuan(950_000), stepped_up_at=clock.now()
    )
    assert (rule.before_minor, rule.counts_from) == (100_000, clock.now() + service.COOL_OFF)
    mails = (await session.scalars(select(Mail).where(Mail.kind == "account-threshold-raised"))).all()
    assert {mail.to for mail in mails} == {person.email for person in fund.people[:2]}
    assert "1,000.00 CNY to 9,500.00 CNY" in mails[-1].text
    assert await service.needs_second_person(session, own, yuan(100_000))
    clock.advance(service.COOL_OFF - datetime.timedelta(seconds=1))
    assert await service.needs_second_person(session, own, yuan(100_000))
    clock.advance(datetime.timedelta(seconds=1))
    assert not await service.needs_second_person(session, own, yuan(100_000))
    assert await service.needs_second_person(session, own, yuan(950_000))


async def test_lowering_and_setting_back_count_at_once(session: AsyncSession, clock: SetClock) -> None:
    own = (await ruled(session, 1_000)).organisation.id
    await service.set_approval_rule(session, organisation_id=own, threshold=yuan(9_000), stepped_up_at=clock.now())
    rule = await service.set_approval_rule(session, organisation_id=own, threshold=yuan(1_000))
    assert (rule.threshold_minor, rule.before_minor, rule.counts_from) == (1_000, None, None)
    await service.set_approval_rule(session, organisation_id=own, threshold=yuan(10))
    assert await service.needs_second_person(session, own, yuan(10))


async def test_another_currency_is_a_raise_from_nothing(session: AsyncSession, clock: SetClock) -> None:
    own, dollars = (await ruled(session, 1_000)).organisation.id, Money(1_000, "USD")
    with pytest.raises(Forbidden):
        async with session.begin_nested():
            await service.set_approval_rule(session, organisation_id=own, threshold=dollars)
    await service.set_approval_rule(session, organisation_id=own, threshold=dollars, stepped_up_at=clock.now())
    assert await service.needs_second_person(session, own, Money(1, "USD"))
    clock.advance(service.COOL_OFF)
    assert not await service.needs_second_person(session, own, Money(999, "USD"))
