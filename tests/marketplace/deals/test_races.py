"""What many people do at the same moment: the last offer and the last unit of a cap have exactly one winner."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from marketplace.actors import Actor, system
from marketplace.caps import service as caps
from marketplace.caps.checks import caps_are_sums
from marketplace.caps.models import Cap, CapUse
from marketplace.database import Sessions, transaction
from marketplace.deals import negotiation
from marketplace.deals.models import Consent, Deal
from marketplace.errors import MarketplaceError
from marketplace.money import Money
from marketplace.settings import Settings
from tests.marketplace.deals.table import Table, acting, make_listing, make_party, sit_down, terms

MANY = 50
OPEN = system("test").acting_as("operator")


async def at_once(works: list[Callable[[], Awaitable[None]]]) -> Counter[str]:
    """Run everything at the same time; how often it went well ("done"), and the codes of what was refused."""

    async def outcome(work: Callable[[], Awaitable[None]]) -> str:
        try:
            await work()
        except MarketplaceError as refused:
            return refused.code
        return "done"

    return Counter(await asyncio.gather(*map(outcome, works)))


def accepting(sessions: Sessions, actor: Actor, deal_id: uuid.UUID, sha256: bytes) -> Callable[[], Awaitable[None]]:
    async def accept() -> None:
        async with transaction(sessions, actor) as session:
            deal = await session.get_one(Deal, deal_id)
            await negotiation.accept_offer(session, deal=deal, sha256=sha256)

    return accept


async def test_fifty_acceptances_of_one_offer_have_one_winner(committed: Sessions) -> None:
    async with transaction(committed, OPEN) as session:
        table = await sit_down(session)
        offer = await table.offer()
    actors = [table.holder.actor(number % 3) for number in range(MANY)]
    counted = await at_once([accepting(committed, actor, table.deal.id, offer.sha256) for actor in actors])
    assert counted == {"done": 1, "not-in-this-state": MANY - 1}
    async with transaction(committed, OPEN) as session:
        assert await session.scalar(select(func.count(Consent.id)).where(Consent.side == "holder")) == 1


async def crowd(sessions: Sessions, count: int, amount: int) -> list[tuple[Table, bytes]]:
    """One investor with many offers open."""
    async with transaction(sessions, OPEN) as session:
        holder = await make_party(session, "holder")
        investor = await make_party(session, "investor", category="professional")
        tables = []
        for _ in range(count):
            listing = await make_listing(session, holder)
            with acting(session, investor.actor()):
                deal = await negotiation.open_deal(
                    session, listing=listing, financier=investor.organisation, link="co-development", instrument="grant"
                )
            table = Table(session, holder, investor, deal)
            tables.append((table, (await table.offer(terms(amount))).sha256))
    return tables


async def test_the_last_unit_of_a_cap_has_one_winner(committed: Sessions) -> None:
    tables = await crowd(committed, MANY, 1_000)
    investor = tables[0][0].financier.organisation.id
    async with transaction(committed, OPEN) as session:
        await caps.set_cap(session, organisation_id=investor, kind="fund", limit=Money(1_999, "CNY"))
    counted = await at_once(
        [accepting(committed, table.holder.actor(), table.deal.id, sha256) for table, sha256 in tables]
    )
    assert counted == {"done": 1, "cap-reached": MANY - 1}
    async with transaction(committed, OPEN) as session:
        assert [cap.committed_minor for cap in await caps.caps_of(session, investor)] == [1_000]
        assert (await caps_are_sums(session, Settings())).ok


async def test_two_that_fit_only_alone_do_not_both_get_in(committed: Sessions) -> None:
    """No write skew: each would fit beside what it sees, were it to look before the other commits."""
    tables = await crowd(committed, 2, 600)
    investor = tables[0][0].financier.organisation.id
    async with transaction(committed, OPEN) as session:
        await caps.set_cap(session, organisation_id=investor, kind="fund", limit=Money(1_000, "CNY"))
        await caps.set_cap(session, organisation_id=investor, kind="exposure", limit=Money(5_000, "CNY"))
    counted = await at_once(
        [accepting(committed, table.holder.actor(), table.deal.id, sha256) for table, sha256 in tables]
    )
    assert counted == {"done": 1, "cap-reached": 1}


async def test_what_is_given_up_can_be_taken_again(committed: Sessions) -> None:
    (first, first_sha), (second, second_sha) = await crowd(committed, 2, 600)
    investor = first.financier
    async with transaction(committed, OPEN) as session:
        await caps.set_cap(session, organisation_id=investor.organisation.id, kind="fund", limit=Money(1_000, "CNY"))
    await accepting(committed, first.holder.actor(), first.deal.id, first_sha)()
    async with transaction(committed, first.holder.actor()) as session:
        await negotiation.leave(session, deal=await session.get_one(Deal, first.deal.id))
    await accepting(committed, second.holder.actor(), second.deal.id, second_sha)()
    async with transaction(committed, OPEN) as session:
        released = (await session.scalars(select(CapUse.released_at).order_by(CapUse.id))).all()
        assert [found is None for found in released] == [False, True]
        assert await session.scalar(select(Cap.committed_minor)) == 600


async def test_a_cap_in_another_currency_is_not_walked_around(committed: Sessions) -> None:
    ((table, sha256),) = await crowd(committed, 1, 600)
    async with transaction(committed, OPEN) as session:
        investor = table.financier.organisation.id
        await caps.set_cap(session, organisation_id=investor, kind="fund", limit=Money(10_000, "EUR"))
    counted = await at_once([accepting(committed, table.holder.actor(), table.deal.id, sha256)])
    assert counted == {"cap-currency": 1}


async def test_a_limit_cannot_fall_below_what_is_committed(committed: Sessions) -> None:
    ((table, sha256),) = await crowd(committed, 1, 600)
    investor = table.financier.organisation.id
    async with transaction(committed, OPEN) as session:
        await caps.set_cap(session, organisation_id=investor, kind="fund", limit=Money(1_000, "CNY"))
    await accepting(committed, table.holder.actor(), table.deal.id, sha256)()

    async def lower() -> None:
        async with transaction(committed, OPEN) as session:
            await caps.set_cap(session, organisation_id=investor, kind="fund", limit=Money(599, "CNY"))

    assert await at_once([lower]) == {"cap-reached": 1}
    with pytest.raises(DBAPIError, match="counted by the uses"):
        async with transaction(committed, OPEN) as session:
            await session.execute(text("UPDATE cap SET committed_minor = 0"))
