"""Two parties at a table, for tests: made quickly, without the parts of the platform that a deal does not touch."""

import datetime
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as, actor_of
from marketplace.deals import agreement, negotiation
from marketplace.deals.models import Deal, Offer
from marketplace.deals.terms import Terms
from marketplace.listings.models import Listing
from marketplace.people.models import InvestorClassification, Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Text

TODAY = datetime.date(2026, 3, 2)
AN_HOUR_AGO = datetime.datetime(2026, 3, 2, 8, tzinfo=datetime.UTC)
MILESTONE = {"title": {"en": "Pilot"}, "deliverable": {"en": "A pilot that runs for 90 days"}}


def terms(amount: int = 1_000_000, *, currency: str = "CNY", **more: Any) -> Terms:
    """A grant in two milestones, unless something else is said."""
    half = amount // 2
    plain: dict[str, Any] = {
        "instrument": "grant",
        "amount": {"amount_minor": amount, "currency": currency},
        "milestones": [
            {**MILESTONE, "amount_minor": half, "due_on": "2026-09-01", "holdback_minor": half // 10},
            {**MILESTONE, "amount_minor": amount - half, "due_on": "2027-03-01"},
        ],
        "cooling_off_days": 4,
    }
    return msgspec.convert(plain | more, Terms)


CONDITION = {
    "key": "permit",
    "text": {"zh": "取得环评批复", "en": "The permit is granted"},
    "responsible": "holder",
    "beneficiary": "financier",
}
KPI = {"key": "tn", "name": {"en": "Total nitrogen"}, "unit": "mg/L", "direction": "at-most", "limit": 10}
TRIAL = {"days": 30, "insured": True, "kpis": [KPI]}


class Party:
    """An organisation with two administrators and somebody who only looks."""

    def __init__(self, organisation: Organisation, people: list[Person]) -> None:
        self.organisation, self.people = organisation, people

    def actor(self, place: int = 0) -> Actor:
        role = ("owner", "admin", "member")[place]
        return Actor(
            kind="person",
            id=self.people[place].id,
            organisation_id=self.organisation.id,
            roles=frozenset({f"member:{role}", f"kind:{self.organisation.kind}"}),
        )


async def make_party(session: AsyncSession, kind: str, *, category: str | None = None) -> Party:
    mark = uuid.uuid4().hex[:12]
    organisation = Organisation(name=Text(en=f"{kind} {mark}"), kind=kind, country="CN", email_domain=f"{mark}.example")
    await begin(session, organisation)
    organisation.state = "verified"
    people = [
        Person(email=f"{n}@{mark}.example", name=f"Person {n}", password_hash="-", language="en") for n in range(3)
    ]
    session.add_all(people)
    await session.flush()
    for person, role in zip(people, ("owner", "admin", "member"), strict=True):
        session.add(Membership(organisation_id=organisation.id, person_id=person.id, role=role))
    if category is not None:
        session.add(
            InvestorClassification(
                organisation_id=organisation.id, category=category, answers={}, effective_at=AN_HOUR_AGO,
                expires_at=AN_HOUR_AGO + datetime.timedelta(days=700),
            )
        )  # fmt: skip
    await session.flush()
    return Party(organisation, people)


async def make_listing(session: AsyncSession, holder: Party) -> Listing:
    mark = uuid.uuid4().hex
    listing = Listing(
        organisation_id=holder.organisation.id, name=Text(zh="厌氧膜", en="Anaerobic membrane"), summary=Text(en=mark),
        technology={"id": str(mark), "name": {"zh": "厌氧膜"}}, media=["water"], pollutants=[], industries=[],
        fingerprint=mark.encode(), version=1,
    )  # fmt: skip
    await begin(session, listing)
    listing.state = "recommended"
    await session.flush()
    return listing


@contextmanager
def acting(session: AsyncSession, actor: Actor) -> Iterator[None]:
    """Somebody else acts for a while."""
    before = actor_of(session)
    act_as(session, actor)
    try:
        yield
    finally:
        act_as(session, before)


class Table:
    """A deal with its parties; each method is a step by whoever usually takes it."""

    def __init__(self, session: AsyncSession, holder: Party, financier: Party, deal: Deal) -> None:
        self.session, self.holder, self.financier, self.deal = session, holder, financier, deal

    def as_holder(self, place: int = 0) -> Any:
        return acting(self.session, self.holder.actor(place))

    def as_financier(self, place: int = 0) -> Any:
        return acting(self.session, self.financier.actor(place))

    async def offer(self, offered: Terms | None = None) -> Offer:
        with self.as_financier():
            return await negotiation.make_offer(self.session, deal=self.deal, terms=offered or terms())

    async def agree(self, offered: Terms | None = None) -> Offer:
        """The financier offers, the holder accepts."""
        offer = await self.offer(offered)
        with self.as_holder():
            await negotiation.accept_offer(self.session, deal=self.deal, sha256=offer.sha256)
        return offer

    async def sign(self) -> None:
        """Both sign what is agreed."""
        assert self.deal.terms_sha256 is not None
        for side in (self.as_holder(), self.as_financier()):
            with side:
                await agreement.sign(self.session, deal=self.deal, sha256=self.deal.terms_sha256)


async def sit_down(
    session: AsyncSession,
    *,
    link: str = "co-development",
    category: str | None = "professional",
    kind: str = "investor",
) -> Table:
    holder, financier = await make_party(session, "holder"), await make_party(session, kind, category=category)
    listing = await make_listing(session, holder)
    with acting(session, financier.actor()):
        deal = await negotiation.open_deal(
            session, listing=listing, financier=financier.organisation, link=link, instrument="grant"
        )
    return Table(session, holder, financier, deal)
