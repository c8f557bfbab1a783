"""What both have agreed to: four eyes, conditions precedent, changes, and signing."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.caps import service as limits
from marketplace.deals.consents import consent, managers_only
from marketplace.deals.course import (
    agreed_offer,
    commitment_of,
    go_on,
    locked,
    move,
)
from marketplace.deals.models import SIDES, Deal, DealCondition, DealMilestone, Offer
from marketplace.deals.terms import ConditionTerms, MilestoneTerms, Terms, read_terms
from marketplace.money import Money
from marketplace.process import ProcessEvent


async def agree(session: AsyncSession, deal: Deal, offer: Offer) -> None:
    """Make an offer that both accepted the one in force: its amount, its milestones, its conditions, its caps."""
    terms = read_terms(offer.terms)
    await limits.release(session, deal.id)
    await limits.take(session, commitment_of(deal), terms.amount)
    await session.execute(delete(DealMilestone).where(DealMilestone.deal_id == deal.id))
    deal.agreed_offer_id, deal.open_offer_id, deal.terms_sha256 = offer.id, None, offer.sha256
    deal.amount_minor, deal.currency, deal.instrument = (
        terms.amount.amount_minor,
        terms.amount.currency,
        terms.instrument,
    )
    deal.approvals_needed = await _approvals_needed(session, deal, terms.amount)
    await session.flush()
    session.add_all(_milestones(deal, terms))
    await _keep_conditions(session, deal, terms.conditions)


async def _approvals_needed(session: AsyncSession, deal: Deal, amount: Money) -> list[str]:
    organisations = {"holder": deal.holder_organisation_id, "financier": deal.financier_organisation_id}
    return [side for side in SIDES if await limits.needs_second_person(session, organisations[side], amount)]


def _milestones(deal: Deal, terms: Terms) -> Iterable[DealMilestone]:
    for position, milestone in enumerate(terms.milestones, start=1):
        yield _milestone(deal, position, milestone, terms.amount.currency)


def _milestone(deal: Deal, position: int, milestone: MilestoneTerms, currency: str) -> DealMilestone:
    return DealMilestone(
        deal_id=deal.id,
        position=position,
        title=milestone.title.text(),
        deliverable=milestone.deliverable.text(),
        amount_minor=milestone.amount_minor,
        currency=currency,
        due_on=milestone.due_on,
        inspection_days=milestone.inspection_days,
        silence_rule=milestone.silence_rule,
        holdback_minor=milestone.holdback_minor,
        evidence=list(milestone.evidence),
    )


async def _keep_conditions(session: AsyncSession, deal: Deal, wanted: Iterable[ConditionTerms]) -> None:
    """A condition that says the same as before stays as far as it has come; all others begin anew."""
    query = select(DealCondition).where(DealCondition.deal_id == deal.id)
    standing = {condition.key: condition for condition in (await session.scalars(query)).all()}
    for terms in wanted:
        before = standing.get(terms.key)
        if before is not None and _says_the_same(before, terms):
            del standing[terms.key]
    for condition in standing.values():
        await session.delete(condition)
    await session.flush()
    kept = set((await session.scalars(select(DealCondition.key).where(DealCondition.deal_id == deal.id))).all())
    session.add_all(_condition(deal, terms) for terms in wanted if terms.key not in kept)
    await session.flush()


def _says_the_same(condition: DealCondition, terms: ConditionTerms) -> bool:
    said = (condition.text, condition.responsible, condition.beneficiary)
    return said == (terms.text.text(), terms.responsible, terms.beneficiary)


def _condition(deal: Deal, terms: ConditionTerms) -> DealCondition:
    return DealCondition(
        deal_id=deal.id,
        key=terms.key,
        text=terms.text.text(),
        responsible=terms.responsible,
        beneficiary=terms.beneficiary,
        state="open",
    )


async def approve(session: AsyncSession, *, deal: Deal, sha256: bytes) -> ProcessEvent:
    """The second person's yes; the database refuses it from whoever agreed in the first place."""
    managers_only(session)
    await locked(session, deal)
    event = await move(session, deal, "approve", due_at=deal.due_at)
    await consent(session, deal, await agreed_offer(session, deal), "approved", sha256=sha256)
    await go_on(session, deal)
    return event


async def refuse_approval(session: AsyncSession, *, deal: Deal, note: str) -> ProcessEvent:
    """The second person says no: back to the table, with nothing agreed."""
    managers_only(session)
    await locked(session, deal)
    event = await move(session, deal, "refuse", note=note)
    await limits.release(session, deal.id)
    await session.execute(delete(DealMilestone).where(DealMilestone.deal_id == deal.id))
    await session.execute(delete(DealCondition).where(DealCondition.deal_id == deal.id))
    deal.agreed_offer_id = deal.terms_sha256 = deal.amount_minor = deal.currency = deal.cooling_off_until = None
    deal.approvals_needed = []
    await session.flush()
    return event


async def sign(session: AsyncSession, *, deal: Deal, sha256: bytes) -> ProcessEvent:
    """Sign the agreed document; with the second signature the deal takes effect."""
    managers_only(session)
    await locked(session, deal)
    event = await move(session, deal, "sign", due_at=deal.due_at)
    await consent(session, deal, await agreed_offer(session, deal), "signed", sha256=sha256)
    await go_on(session, deal)
    return event
