"""An introduction that the party takes part in, made for the table of roles and routes."""

import itertools
import uuid
from typing import Any

from marketplace.database import Sessions, transaction
from marketplace.introductions.interest import Interest
from marketplace.introductions.service import express_interest
from marketplace.people.models import Organisation
from scoring.technology import Text
from tests.marketplace.matching import world

HELLO = Interest(purpose="pilot", message=Text(en="Let us try it.", zh="希望试用。"))
numbers = itertools.count()


async def expressed_interest(sessions: Sessions, party: Any) -> uuid.UUID:
    """A holder was written to; everybody else wrote. The other one is nobody else in the test."""
    async with transaction(sessions, world.LOADING) as session:
        mine = await session.get_one(Organisation, party.organisation_id)
        holds = mine.kind == "holder"
        other = await world.organisation(session, "investor" if holds else "holder")
        holder, initiator = (mine, other) if holds else (other, mine)
        listing = await world.listing(session, holder, number=next(numbers) % len(world.AWARDED))
        made = await express_interest(session, initiator=initiator, listing=listing, interest=HELLO)
    return made.id
