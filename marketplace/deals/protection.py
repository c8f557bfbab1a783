"""How a financier is protected: time to reflect before a yes, and time to cool off after it."""

import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.clock import to_the_minute
from marketplace.database import clock_of
from marketplace.deals.models import Deal, Offer
from marketplace.errors import Conflict
from marketplace.people.models import Organisation
from marketplace.people.organisations import classification

# By the class of the investor; without one an investor counts as retail. Four days are those of the European rules on
# crowdfunding, two days those of the American ones.
COOLING_OFF_DAYS = {"retail": 4, "qualified": 2, "professional": 0}
REFLECTION = {
    "retail": datetime.timedelta(hours=24),
    "qualified": datetime.timedelta(0),
    "professional": datetime.timedelta(0),
}


async def category_of(session: AsyncSession, organisation: Organisation) -> str:
    """The class of protection; who invests for a living or buys for its own use is a professional."""
    if organisation.kind not in ("investor", "incubator"):
        return "professional"
    found = await classification(session, organisation.id)
    return found.category if found else "retail"


async def cooling_off_days_min(session: AsyncSession, deal: Deal) -> int:
    financier = await session.get_one(Organisation, deal.financier_organisation_id)
    return COOLING_OFF_DAYS[await category_of(session, financier)]


async def check_reflected(session: AsyncSession, deal: Deal, offer: Offer) -> None:
    """A protected financier sleeps on the other side's offer before saying yes."""
    if offer.side == "financier":
        return
    financier = await session.get_one(Organisation, deal.financier_organisation_id)
    earliest = offer.made_at + REFLECTION[await category_of(session, financier)]
    if clock_of(session).now() < earliest:
        message = f"Reflect on it: this offer can be accepted from {to_the_minute(earliest)} on."
        raise Conflict("reflect-first", message, f"请充分考虑：自{to_the_minute(earliest)}起方可接受。")
