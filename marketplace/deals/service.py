"""What payments and the operator tell a deal. It ends at "signed, awaiting funds"; from there these steps go on."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of, system
from marketplace.deals.course import locked, move
from marketplace.deals.models import Deal
from marketplace.process import ProcessEvent

PAYMENTS = system("payments").acting_as("payments")


async def funded(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """The money that the terms ask for first is there. Conflict where the deal does not wait for funds."""
    await locked(session, deal)
    return await move(session, deal, "fund", actor=PAYMENTS, note=note)


async def completed(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """Every milestone is accepted and paid."""
    await locked(session, deal)
    return await move(session, deal, "complete", actor=PAYMENTS, note=note)


async def terminated(session: AsyncSession, *, deal: Deal, note: str) -> ProcessEvent:
    """It ends before its time (refunded, charged back, ended by a dispute); what its caps held is free again."""
    await locked(session, deal)
    return await move(session, deal, "terminate", actor=PAYMENTS, note=note)


async def end_by_operator(session: AsyncSession, *, deal: Deal, note: str) -> ProcessEvent:
    """The operator's way out of every state: terminates what is signed, ends what is not."""
    await locked(session, deal)
    leaving = {"offered": "withdraw", "cooling-off": "withdraw", "amending": "withdraw"}
    signed = deal.signed_at is not None
    transition = "terminate" if signed else leaving.get(deal.state, "lapse")
    return await move(session, deal, transition, actor=actor_of(session), note=note)
