"""A published call, an application and a financing request, made through the services for the table of roles."""

import uuid
from typing import Any

from marketplace.calls import requests
from marketplace.calls import service as calls
from marketplace.calls.content import Amount
from marketplace.calls.requests import Milestone, RequestContent, Use
from marketplace.database import Sessions, clock_of, transaction
from marketplace.people.models import Organisation
from marketplace.texts import LongText, ShortText
from tests.marketplace.applications.conftest import EVERYBODY, Market, grant

BOTH = {"zh": "中试放大", "en": "From pilot to full scale"}
REQUEST = RequestContent(
    title=ShortText(**BOTH),
    project=LongText(**BOTH),
    instrument="convertible",
    budget=Amount(3_000_000, "CNY"),
    milestones=(
        Milestone(name=ShortText(**BOTH), measure=LongText(**BOTH), months=6, cost_minor=1_000_000, target_level=6),
        Milestone(name=ShortText(**BOTH), measure=LongText(**BOTH), months=9, cost_minor=2_000_000, target_level=7),
    ),
    use_of_funds=(Use(purpose="equipment", amount_minor=2_500_000), Use(purpose="testing", amount_minor=500_000)),
    terms=LongText(**BOTH),
)


async def published_call(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        poster = await session.get_one(Organisation, party.organisation_id)
        call = await calls.draft_call(session, poster=poster, content=grant(clock_of(session).now()))
        await calls.publish_call(session, call=call)
    return call.id


async def submitted_application(sessions: Sessions, party: Any) -> uuid.UUID:
    """By the party, to a call of an organisation that nobody else in the test is."""
    async with transaction(sessions, EVERYBODY) as session:
        market = Market(session)
        holder = await session.get_one(Organisation, party.organisation_id)
        made = await market.submitted(await market.call(), await market.listing(holder))
    return made.id


async def published_request(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        holder = await session.get_one(Organisation, party.organisation_id)
        listing = await Market(session).listing(holder)
        made = await requests.draft_request(session, listing=listing, content=REQUEST)
        await requests.publish_request(session, request=made)
    return made.id
