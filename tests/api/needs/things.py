"""A published need, a solution and a consultation, made through the services for the table of roles and routes."""

import uuid
from typing import Any

from fixtures.catalogue import technologies
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.needs import consultations, service, solutions
from marketplace.needs.models import Need
from marketplace.needs.service import NeedContent
from marketplace.needs.specification import Pollutant, Specification, Stream
from marketplace.people.models import Organisation
from marketplace.process import begin
from scoring.technology import Medium, Provenance, Text

EVERYBODY = system("test").acting_as("holder", "operator", "seeker")
BOTH = Text(zh="总氮提标", en="Nitrogen upgrade")
STREAM = Stream(pollutants=(Pollutant(name="TN", unit="mg/L", low=30, high=40, limit=10),))
CONTENT = NeedContent(title=BOTH, summary=BOTH, specification=Specification(medium=Medium.WATER, streams=(STREAM,)))


async def published_need(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        seeker = await session.get_one(Organisation, party.organisation_id)
        need = await service.draft_need(session, seeker=seeker, content=CONTENT)
        await service.publish_need(session, need=need)
    return need.id


async def proposed_solution(sessions: Sessions, party: Any) -> uuid.UUID:
    """By the party, for a need of an organisation that nobody else in the test is."""
    awarded = next(entry for entry in technologies() if entry.provenance is Provenance.AWARD)
    async with transaction(sessions, EVERYBODY) as session:
        seeker = Organisation(name=Text(en="Seeker"), kind="demand", country="CN", email_domain="seeker.example")
        await begin(session, seeker)
        need = await service.draft_need(session, seeker=seeker, content=CONTENT)
        await service.publish_need(session, need=need)
        proposer = await session.get_one(Organisation, party.organisation_id)
        listing = await listings.draft_listing(session, holder=proposer, content=Content(technology=awarded))
        await listings.submit_listing(session, listing=listing)
        await listings.pass_formal_check(session, listing=listing)
        solution = await solutions.propose_solution(
            session, need=await session.get_one(Need, need.id), proposer=proposer, listing=listing, text=BOTH
        )
    return solution.id


async def open_consultation(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        asker = await session.get_one(Organisation, party.organisation_id)
        made = await consultations.hand_over_query(session, asker=asker, text="总氮", answers=(), question="How?")
    return made.id
