"""Things of a party's own, for the table of who may do what."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.search.saving import save_search


async def saved_search(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        made = await save_search(
            session, organisation_id=party.organisation_id, name=uuid.uuid4().hex, text="water", filters={},
            alerts_to=None,
        )  # fmt: skip
        return made.id
