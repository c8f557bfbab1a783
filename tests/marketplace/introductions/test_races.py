"""What both sides, or the same side twice, do at the same moment."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from sqlalchemy import func, select

from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict
from marketplace.introductions import service
from marketplace.introductions.interest import Interest
from marketplace.introductions.models import Introduction, IntroductionContact
from marketplace.people.models import Organisation, Person
from scoring.technology import Text
from tests.marketplace.introductions.test_introductions import Sides, sides
from tests.marketplace.matching import world

HELLO = Interest(purpose="pilot", message=Text(en="Hello."))
AT_ONCE = 12


async def outcome(doing: Awaitable[Any]) -> str:
    try:
        await doing
    except Conflict as refused:
        return refused.code
    return "done"


async def express(sessions: Sessions, made: Sides) -> None:
    async with transaction(sessions, world.acting_for(made.investor)) as session:
        await service.express_interest(
            session,
            initiator=await session.get_one(Organisation, made.investor.id),
            listing=made.listing,
            interest=HELLO,
        )


async def consent(sessions: Sessions, made: Sides, who: Organisation) -> None:
    async with transaction(sessions, world.acting_for(who)) as session:
        introduction = (await session.scalars(select(Introduction))).one()
        person = await session.get_one(Person, (await world.person_of(session, who.id)).id)
        await service.consent(session, introduction=introduction, contact=person)


async def test_of_many_interests_at_once_one_is_made(committed: Sessions) -> None:
    async with transaction(committed, world.LOADING) as session:
        made = await sides(session)
    found = await asyncio.gather(*(outcome(express(committed, made)) for _ in range(AT_ONCE)))
    assert sorted(found) == ["done"] + ["introduction-exists"] * (AT_ONCE - 1)


async def test_two_consents_at_once_open_the_contacts_once(committed: Sessions) -> None:
    async with transaction(committed, world.LOADING) as session:
        made = await sides(session)
    await express(committed, made)
    async with transaction(committed, world.acting_for(made.holder)) as session:
        await service.reciprocate(session, introduction=(await session.scalars(select(Introduction))).one())
    found = await asyncio.gather(*(outcome(consent(committed, made, who)) for who in (made.investor, made.holder)))
    assert found == ["done", "done"]
    async with transaction(committed, world.LOADING) as session:
        assert (await session.scalars(select(Introduction.state))).all() == ["opened"]
        assert await session.scalar(select(func.count()).select_from(IntroductionContact)) == 2
