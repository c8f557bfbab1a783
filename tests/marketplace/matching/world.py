"""Organisations with somebody in each, published technologies, a call and a mandate, made through the services."""

import datetime
import uuid
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.catalogue import technologies
from marketplace.actors import Actor, act_as, actor_of, system
from marketplace.calls.content import Amount, Anchor, CallContent, Criterion, Rubric
from marketplace.calls.models import Call
from marketplace.calls.service import draft_call, publish_call
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.listings.models import Listing
from marketplace.matching.mandates import MandateContent, open_mandate
from marketplace.matching.models import Mandate
from marketplace.matching.terms import Terms
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from marketplace.texts import LongText, ShortText
from scoring.technology import FinancingRequest, Medium, Provenance, Technology, Text

LOADING = system("test").acting_as("holder", "operator", "poster", "organiser")
AWARDED = [entry for entry in technologies() if entry.provenance in (Provenance.AWARD, Provenance.CATALOGUE)]
ASKING = FinancingRequest(instrument="loan", amount_minor=500_000_000, currency="CNY", term_months=24)
DEADLINE = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


async def organisation(session: AsyncSession, kind: str, **changed: Any) -> Organisation:
    """A verified one with one person."""
    number = uuid.uuid4().hex
    made = Organisation(name=Text(en=number, zh=number), kind=kind, country="CN", email_domain=f"{number}.example")
    for name, value in changed.items():
        setattr(made, name, value)
    await begin(session, made)
    made.state = "verified"
    person = Person(email=f"{number}@x.example", name=f"Person {number}", password_hash="none", language="en")
    session.add(person)
    await session.flush()
    session.add(Membership(organisation_id=made.id, person_id=person.id, role="owner"))
    await session.flush()
    return made


async def person_of(session: AsyncSession, organisation_id: uuid.UUID) -> Person:
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    return (await session.scalars(query.where(Membership.organisation_id == organisation_id))).first()  # type: ignore[return-value]


def acting_for(organisation: Organisation) -> Actor:
    return Actor(kind="person", organisation_id=organisation.id, roles=frozenset({f"kind:{organisation.kind}"}))


async def listing(
    session: AsyncSession, holder: Organisation, *, number: int = 0, published: bool = True, **changed: Any
) -> Listing:
    """The catalogue's technology of that number, asking for a loan."""
    technology: Technology = replace(AWARDED[number], **{"financing": ASKING} | changed)
    before = actor_of(session)
    act_as(session, LOADING)
    made = await listings.draft_listing(session, holder=holder, content=Content(technology=technology))
    if published:
        await listings.submit_listing(session, listing=made)
        await listings.pass_formal_check(session, listing=made)
    act_as(session, before)
    return made


def call_content(**changed: Any) -> CallContent:
    text = {"zh": "演示", "en": "Demo"}
    anchors = tuple(Anchor(level=level, text=ShortText(**text)) for level in (0, 1))
    parts: dict[str, Any] = {
        "title": ShortText(**text),
        "thesis": LongText(**text),
        "media": tuple(Medium),
        "instrument": "loan",
        "trl_low": 1,
        "trl_high": 9,
        "ticket_min": Amount(100_000_000, "CNY"),
        "ticket_max": Amount(900_000_000, "CNY"),
        "deadline": DEADLINE,
        "rubric": Rubric(criteria=(Criterion(id="team", name=ShortText(**text), weight=1, anchors=anchors),)),
    }
    return CallContent(**parts | changed)


async def call(session: AsyncSession, poster: Organisation, *, published: bool = True, **changed: Any) -> Call:
    before = actor_of(session)
    act_as(session, LOADING)
    made = await draft_call(session, poster=poster, content=call_content(**changed))
    if published:
        await publish_call(session, call=made)
    act_as(session, before)
    return made


async def mandate(session: AsyncSession, investor: Organisation, terms: Terms, *, shown: bool = True) -> Mandate:
    content = MandateContent(title=Text(zh="意向", en="Mandate"), terms=terms, open_to_holders=shown)
    return await open_mandate(session, organisation=investor, content=content)
