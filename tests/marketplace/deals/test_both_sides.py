"""Who belongs to both organisations of a deal binds one of them; and programs bind nobody."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals import agreement, negotiation
from marketplace.errors import Forbidden
from marketplace.money import Money
from tests.marketplace.deals.table import acting, sit_down, terms

NOW = terms(cooling_off_days=0)


async def test_nobody_speaks_for_both_sides(session: AsyncSession) -> None:
    table = await sit_down(session)
    await agreement.limits.set_approval_rule(
        session, organisation_id=table.holder.organisation.id, threshold=Money(1, "CNY")
    )
    offer = await table.offer(NOW)
    both = msgspec.structs.replace(table.holder.actor(), id=table.financier.people[0].id)

    async def refused(step: Callable[..., Awaitable[object]], **given: object) -> None:
        with pytest.raises(Forbidden, match="other side") as no, acting(session, both):
            async with session.begin_nested():
                await step(session, deal=table.deal, **given)
        assert no.value.code == "both-sides"
        assert no.value.message_zh
        await session.refresh(table.deal)

    await refused(negotiation.accept_offer, sha256=offer.sha256)
    await refused(negotiation.make_offer, terms=terms(1_200_000))
    with table.as_holder():
        await negotiation.accept_offer(session, deal=table.deal, sha256=offer.sha256)
    await refused(agreement.approve, sha256=offer.sha256)
    with table.as_holder(1):
        await agreement.approve(session, deal=table.deal, sha256=offer.sha256)
    await refused(agreement.sign, sha256=offer.sha256)
    await table.sign()
    assert table.deal.signed_at


async def test_no_key_signs_or_approves(session: AsyncSession) -> None:
    table = await sit_down(session)
    await agreement.limits.set_approval_rule(
        session, organisation_id=table.holder.organisation.id, threshold=Money(1, "CNY")
    )
    offer = await table.agree(NOW)
    program = msgspec.structs.replace(table.holder.actor(1), kind="key")
    for step in (agreement.approve, agreement.sign):
        with pytest.raises(Forbidden, match="person"), acting(session, program):
            async with session.begin_nested():
                await step(session, deal=table.deal, sha256=offer.sha256)
        await session.refresh(table.deal)
        if table.deal.state == "agreed":
            with table.as_holder(1):
                await agreement.approve(session, deal=table.deal, sha256=offer.sha256)
