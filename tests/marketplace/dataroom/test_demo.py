"""The demo's room, told as the demo tells it."""

from sqlalchemy import select

from fixtures.catalogue import technologies
from fixtures.dataroom import tell_dataroom
from fixtures.people import load_people
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.dataroom.models import RoomAccess
from marketplace.listings.content import Content
from marketplace.listings.service import draft_listing


async def test_the_demo_opens_what_may_be_opened_and_logs_what_may_not(sessions: Sessions) -> None:
    async with transaction(sessions, system("demo")) as session:
        people = await load_people(session)
        holder = next(found for found in people.values() if found.kind == "holder")
        await draft_listing(session, holder=holder, content=Content(technology=technologies()[0]))
    (line,) = [line async for line in tell_dataroom(sessions)]
    assert "2 PDFs opened, 2 with the reader's name" in line.said
    assert "Patent claims (name-only)" in line.said
    async with transaction(sessions, system("demo")) as session:
        assert sorted(await session.scalars(select(RoomAccess.granted))) == [False, True, True]
