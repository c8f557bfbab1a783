"""Giving one's yes: by a person, to the document whose hash they name."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals.course import own_side
from marketplace.deals.models import Consent, Deal, Offer
from marketplace.errors import Conflict, Forbidden
from marketplace.people.models import Organisation, Person
from marketplace.people.organisations import MANAGERS


async def consent(session: AsyncSession, deal: Deal, offer: Offer, kind: str, *, sha256: bytes) -> Consent:
    """Record that whoever acts says yes to this document for their side."""
    actor, side = actor_of(session), own_side(session, deal)
    if actor.kind != "person" or actor.id is None:
        raise Forbidden(
            "person-only", "Only a person who signed in can bind a party.", "仅登录的自然人可代表一方确认。"
        )
    if sha256 != offer.sha256:
        message = "This is not the hash of the terms at hand; read them again."
        raise Conflict("other-terms", message, "所提交的哈希与当前条款不一致，请重新阅读。")
    await _speaks_for_one_side(session, deal, actor.id, side)
    person, organisation = await session.get_one(Person, actor.id), await _organisation(session, actor.organisation_id)
    given = Consent(
        deal_id=deal.id,
        offer_id=offer.id,
        sha256=offer.sha256,
        kind=kind,
        side=side,
        round=deal.round if kind in ("reconfirmed", "signed") else 0,
        organisation_id=organisation.id,
        person_id=person.id,
        person_name=person.name,
        organisation_name=organisation.name,
        given_at=clock_of(session).now(),
    )
    session.add(given)
    await session.flush()
    return given


async def _speaks_for_one_side(session: AsyncSession, deal: Deal, person_id: uuid.UUID, side: str) -> None:
    """Whoever belongs to both organisations binds one of them at the most. The deal is locked by whoever calls."""
    query = select(Consent.id).where(Consent.deal_id == deal.id, Consent.person_id == person_id, Consent.side != side)
    if await session.scalar(query.limit(1)) is not None:
        message = "You have spoken for the other side of this deal; somebody else has to do this for yours."
        raise Forbidden("both-sides", message, "您已代表交易对方作出确认，须由本方其他人员办理。")


async def _organisation(session: AsyncSession, organisation_id: object) -> Organisation:
    return await session.get_one(Organisation, organisation_id)


def managers_only(session: AsyncSession) -> None:
    """Approving and signing is for owners and administrators."""
    roles = actor_of(session).roles
    if not any(f"member:{role}" in roles for role in MANAGERS):
        raise Forbidden("managers-only", "This is for the organisation's administrators.", "仅限机构管理员操作。")
