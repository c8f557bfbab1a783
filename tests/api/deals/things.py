"""An agreed deal with an open condition, for the table of roles and routes."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.cap_tables.service import hand_in
from marketplace.database import Sessions, transaction
from marketplace.deals import negotiation
from marketplace.people.models import Organisation, Person
from tests.marketplace.cap_tables.making import files
from tests.marketplace.deals.table import CONDITION, Party, acting, make_listing, make_party, terms

MAKING = system("test").acting_as("operator")


async def agreed_deal(sessions: Sessions, party: Any) -> uuid.UUID:
    """As its kind allows the party is holder or financier; they cool off, and a condition is open."""
    async with transaction(sessions, MAKING) as session:
        organisation = await session.get_one(Organisation, party.organisation_id)
        own = Party(organisation, [await session.get_one(Person, party.person_id)])
        other = await make_party(session, "investor" if party.kind == "holder" else "holder")
        holder, financier = (own, other) if party.kind == "holder" else (other, own)
        listing = await make_listing(session, holder)
        with acting(session, financier.actor()):
            deal = await negotiation.open_deal(
                session, listing=listing, financier=financier.organisation, link="co-development", instrument="grant"
            )
            offer = await negotiation.make_offer(session, deal=deal, terms=terms(conditions=[CONDITION]))
        with acting(session, holder.actor()):
            await negotiation.accept_offer(session, deal=deal, sha256=offer.sha256)
            await hand_in(session, deal=deal, files=files())
    return deal.id


async def condition_key(sessions: Sessions, party: Any) -> str:
    return str(CONDITION["key"])


async def offer_number(sessions: Sessions, party: Any) -> int:
    return 1
