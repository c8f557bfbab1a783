"""A mandate, made for the table of roles and routes."""

import uuid
from typing import Any

from marketplace.database import Sessions, transaction
from marketplace.matching.terms import Terms
from marketplace.people.models import Organisation
from tests.marketplace.matching import world


async def opened_mandate(sessions: Sessions, party: Any) -> uuid.UUID:
    """Not open to holders: others do not know of it."""
    async with transaction(sessions, world.LOADING) as session:
        investor = await session.get_one(Organisation, party.organisation_id)
        made = await world.mandate(session, investor, Terms(trl_min=4), shown=False)
    return made.id
