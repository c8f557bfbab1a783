"""A mandate and a cohort, made for the table of roles and routes."""

import uuid
from typing import Any

from marketplace.database import Sessions, transaction
from marketplace.matching.cohorts import CohortContent, open_cohort
from marketplace.matching.terms import Terms
from marketplace.people.models import Organisation
from scoring.technology import Text
from tests.marketplace.matching import world


async def opened_mandate(sessions: Sessions, party: Any) -> uuid.UUID:
    """Not open to holders: others do not know of it."""
    async with transaction(sessions, world.LOADING) as session:
        investor = await session.get_one(Organisation, party.organisation_id)
        made = await world.mandate(session, investor, Terms(trl_min=4), shown=False)
    return made.id


async def opened_cohort(sessions: Sessions, party: Any) -> uuid.UUID:
    """With one call that nobody has applied to."""
    async with transaction(sessions, world.LOADING) as session:
        organiser = await session.get_one(Organisation, party.organisation_id)
        call = await world.call(session, organiser)
        content = CohortContent(title=Text(en="Cohort"), wishes_until=world.DEADLINE, seats={call.id: 1})
        made = await open_cohort(session, organiser=organiser, content=content)
    return made.id
