"""Things of a party's own, for the table of who may do what."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.listings.content import Content
from marketplace.listings.service import draft_listing
from marketplace.people.models import Organisation
from marketplace.screening import service
from marketplace.screening.models import Screen, Watch
from scoring.technology import Technology, Text


async def saved_screen(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        screen = Screen(organisation_id=party.organisation_id, name=uuid.uuid4().hex, wanted={})
        session.add(screen)
        await session.flush()
        return screen.id


async def waiting_run(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        screen = Screen(organisation_id=party.organisation_id, name=uuid.uuid4().hex, wanted={})
        session.add(screen)
        await session.flush()
        return (await service.start_run(session, screen=screen)).id


async def drafted_listing(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        holder = await session.get_one(Organisation, party.organisation_id)
        name = Text(en=uuid.uuid4().hex)
        return (
            await draft_listing(session, holder=holder, content=Content(technology=Technology(id="T", name=name)))
        ).id


async def watched(sessions: Sessions, party: Any) -> uuid.UUID:
    listing_id = await drafted_listing(sessions, party)
    async with transaction(sessions, system("test")) as session:
        made = Watch(organisation_id=party.organisation_id, listing_id=listing_id)
        session.add(made)
        await session.flush()
        return made.id
