"""Changing what was agreed, and facts that changed: proposed, accepted or not, reconfirmed by both."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.deals.agreement import agree
from marketplace.deals.consents import consent
from marketplace.deals.course import acting, agreed_offer, go_on, locked, move, open_offer
from marketplace.deals.differences import differences, is_material
from marketplace.deals.models import Deal, Offer
from marketplace.deals.negotiation import faults_in, next_number, put_on_table
from marketplace.deals.process import ANSWER_CHANGE_WITHIN
from marketplace.deals.terms import Terms, read_terms
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.process import ProcessEvent


async def propose_change(session: AsyncSession, *, deal: Deal, terms: Terms, message: str = "") -> Offer:
    """Offer other terms instead of the agreed ones, which stand until the other side says yes to the new."""
    await locked(session, deal)
    if faults := await faults_in(session, deal, terms):
        raise Invalid(faults)
    ends = clock_of(session).now() + ANSWER_CHANGE_WITHIN
    await move(session, deal, "amend", due_at=ends, data={"offer": await next_number(session, deal)})
    if not differences(read_terms((await agreed_offer(session, deal)).terms), terms):
        raise Invalid([FieldError(field="terms", expected="something that differs", expected_zh="与现行条款无差异")])
    return await put_on_table(session, deal, terms, message=message, expires_at=ends)


async def accept_change(session: AsyncSession, *, deal: Deal, sha256: bytes) -> ProcessEvent:
    """Say yes to the new terms. After a material change everybody cools off once more, and approves where asked."""
    await locked(session, deal)
    offer = await open_offer(session, deal)
    event = await move(session, deal, "accept-change", actor=await acting(session, deal))
    if offer is None:
        raise Conflict("no-offer", "There is no offer on the table.", "当前没有待答复的要约。")
    before = await agreed_offer(session, deal)
    await consent(session, deal, offer, "accepted", sha256=sha256)
    if is_material(differences(read_terms(before.terms), read_terms(offer.terms))):
        deal.cooling_off_until = None
    await agree(session, deal, offer)
    await go_on(session, deal)
    return event


async def keep_terms(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """Refuse or take back a proposed change: what was agreed stands."""
    await locked(session, deal)
    return await move(session, deal, "keep-terms", note=note)


async def report_change(session: AsyncSession, *, deal: Deal, note: str) -> ProcessEvent:
    """A fact that the agreement rests on has changed: both reconfirm in time, or the deal lapses."""
    await locked(session, deal)
    event = await move(session, deal, "report-change", note=note)
    deal.round += 1
    await session.flush()
    return event


async def reconfirm(session: AsyncSession, *, deal: Deal, sha256: bytes) -> ProcessEvent:
    """Stand by the agreed terms in spite of what was reported."""
    await locked(session, deal)
    event = await move(session, deal, "reconfirm", due_at=deal.due_at)
    await consent(session, deal, await agreed_offer(session, deal), "reconfirmed", sha256=sha256)
    await go_on(session, deal)
    return event
