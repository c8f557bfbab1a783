"""Whose turn it is: the sides that something waits for, found for a whole list of deals at once."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import SIDES, Consent, Deal, DealCondition, Offer

_OTHER = {"holder": "financier", "financier": "holder"}
_CONSENTED = {"agreed": "approved", "reconfirming": "reconfirmed", "signing": "signed"}
_ALWAYS = {"negotiating": SIDES, "judging": ("financier",), "awaiting-funds": ("financier",)}
Turns = dict[uuid.UUID, frozenset[str]]


async def turns_of(session: AsyncSession, deals: Sequence[Deal]) -> Turns:
    """By deal, the sides that can bring it on now; nobody where time or the other parts of the platform do."""
    offers, given = await _offerers(session, deals), await _consents(session, deals)
    conditions = await _responsible(session, deals)
    return {deal.id: frozenset(_turn(deal, offers, given, conditions)) for deal in deals}


def _turn(
    deal: Deal, offerers: dict[uuid.UUID, str], given: set[tuple[object, ...]], conditions: dict[uuid.UUID, set[str]]
) -> Sequence[str]:
    if deal.open_offer_id is not None and deal.state in ("offered", "amending"):
        return (_OTHER[offerers[deal.open_offer_id]],)
    if kind := _CONSENTED.get(deal.state):
        asked = deal.approvals_needed if kind == "approved" else SIDES
        rounds = 0 if kind == "approved" else deal.round
        return [side for side in asked if (deal.agreed_offer_id, kind, side, rounds) not in given]
    if deal.state == "conditions":
        return sorted(conditions[deal.id])
    return _ALWAYS.get(deal.state, ())


async def _offerers(session: AsyncSession, deals: Sequence[Deal]) -> dict[uuid.UUID, str]:
    ids = [deal.open_offer_id for deal in deals if deal.open_offer_id]
    if not ids:
        return {}
    rows = (await session.execute(select(Offer.id, Offer.side).where(Offer.id.in_(ids)))).all()
    return {offer: side for offer, side in rows}  # noqa: C416 - rows are no pairs to mypy


async def _consents(session: AsyncSession, deals: Sequence[Deal]) -> set[tuple[object, ...]]:
    """Approvals hold for an offer whatever was reported since; the others for one round."""
    ids = [deal.agreed_offer_id for deal in deals if deal.agreed_offer_id and deal.state in _CONSENTED]
    if not ids:
        return set()
    query = select(Consent.offer_id, Consent.kind, Consent.side, Consent.round).where(Consent.offer_id.in_(ids))
    rows = (await session.execute(query)).all()
    return {(offer, kind, side, 0 if kind == "approved" else round_) for offer, kind, side, round_ in rows}


async def _responsible(session: AsyncSession, deals: Sequence[Deal]) -> dict[uuid.UUID, set[str]]:
    """Who brings an open condition about; once it is reported, whom it protects."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    ids = [deal.id for deal in deals if deal.state == "conditions"]
    if ids:
        open_ones = DealCondition.state.in_(("open", "reported"))
        for one in await session.scalars(select(DealCondition).where(DealCondition.deal_id.in_(ids), open_ones)):
            found[one.deal_id].add(one.responsible if one.state == "open" else one.beneficiary)
    return found
