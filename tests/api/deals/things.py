"""A deal with an offer on the table, for the table of roles and routes: its owner is the side that may answer."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.deals import negotiation
from marketplace.people.models import Organisation, Person
from tests.marketplace.deals.table import CONDITION, Party, acting, make_listing, make_party, terms

MAKING = system("test").acting_as("operator")


async def deal_at_the_table(sessions: Sessions, party: Any) -> uuid.UUID:
    """Made for the party as its kind allows: holders get an offer from an investor, others make one to a holder."""
    async with transaction(sessions, MAKING) as session:
        organisation = await session.get_one(Organisation, party.organisation_id)
        own = Party(organisation, [await session.get_one(Person, party.person_id)])
        other = await make_party(session, "investor" if party.kind == "holder" else "holder", category="professional")
        holder, financier = (own, other) if party.kind == "holder" else (other, own)
        listing = await make_listing(session, holder)
        with acting(session, financier.actor()):
            deal = await negotiation.open_deal(
                session, listing=listing, financier=financier.organisation, link="co-development", instrument="grant"
            )
        with acting(session, other.actor()):
            await negotiation.make_offer(session, deal=deal, terms=terms(conditions=[CONDITION]))
    return deal.id
