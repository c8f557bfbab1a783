"""Looking at deals: only their parties and the operator ever do."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.deals.models import Consent, Deal, DealCondition, DealMilestone, Offer


def deals_visible_to(actor: Actor) -> Select[Any]:
    if "operator" in actor.roles:
        return select(Deal)
    own = actor.organisation_id
    return select(Deal).where(or_(Deal.holder_organisation_id == own, Deal.financier_organisation_id == own))


async def deal_visible_to(session: AsyncSession, deal_id: uuid.UUID, actor: Actor) -> Deal | None:
    found: Deal | None = await session.scalar(deals_visible_to(actor).where(Deal.id == deal_id))
    return found


async def offers_of(session: AsyncSession, deal: Deal) -> Sequence[Offer]:
    return (await session.scalars(select(Offer).where(Offer.deal_id == deal.id).order_by(Offer.number))).all()


async def offer_numbered(session: AsyncSession, deal: Deal, number: int) -> Offer | None:
    found: Offer | None = await session.scalar(select(Offer).filter_by(deal_id=deal.id, number=number))
    return found


async def offer_at_hand(session: AsyncSession, deal: Deal) -> Offer | None:
    """The agreed one, else the one on the table, else the last."""
    chosen = deal.agreed_offer_id or deal.open_offer_id
    if chosen is not None:
        return await session.get_one(Offer, chosen)
    last = select(Offer).where(Offer.deal_id == deal.id).order_by(Offer.number.desc()).limit(1)
    found: Offer | None = await session.scalar(last)
    return found


async def milestones_of(session: AsyncSession, deal: Deal) -> Sequence[DealMilestone]:
    query = select(DealMilestone).where(DealMilestone.deal_id == deal.id).order_by(DealMilestone.position)
    return (await session.scalars(query)).all()


async def conditions_of(session: AsyncSession, deal: Deal) -> Sequence[DealCondition]:
    query = select(DealCondition).where(DealCondition.deal_id == deal.id).order_by(DealCondition.key)
    return (await session.scalars(query)).all()


async def consents_to(session: AsyncSession, offer: Offer) -> Sequence[Consent]:
    query = select(Consent).where(Consent.offer_id == offer.id).order_by(Consent.given_at, Consent.id)
    return (await session.scalars(query)).all()
