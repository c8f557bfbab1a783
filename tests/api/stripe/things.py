"""A page at Stripe that was asked for, for the table of roles and routes."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.stripe.models import StripeLink


async def wanted_link(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        link = StripeLink(organisation_id=party.organisation_id, kind="onboarding")
        session.add(link)
    return link.id
