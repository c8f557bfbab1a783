"""Keep a share of a payee's release for what the payee owes, where the claim says which clause or law allows it."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.payments import letters
from marketplace.payments.claim_models import PayeeClaim
from marketplace.payments.models import DealPayment, PaymentOrder
from marketplace.payments.process import OPEN_ORDER, PAYMENT_ORDER
from marketplace.payments.record_only import NAME as RECORD_ONLY
from marketplace.payments.setup import payment_of
from marketplace.process import ProcessEvent, advance, effect

# Of what a release would bring: the work has to go on, and its maker has to live.
NETTED_AT_MOST_PERCENT = 50


async def share_of(session: AsyncSession, payment: DealPayment, net_minor: int) -> tuple[PayeeClaim | None, int]:
    """The claim that a release helps to settle, and how much of it is kept; the claim is locked and counts it at once.

    Where the platform moves no money, there is none that it could keep.
    """
    if payment.provider == RECORD_ONLY:
        return None, 0
    owed = (PayeeClaim.payee_id == payment.payee_id, PayeeClaim.currency == payment.currency)
    open_ = (PayeeClaim.state == "open", PayeeClaim.netting_basis != "")
    left = PayeeClaim.amount_minor > PayeeClaim.settled_minor + PayeeClaim.lost_minor
    query = select(PayeeClaim).where(*owed, *open_, left).order_by(PayeeClaim.id).limit(1).with_for_update()
    claim = await session.scalar(query.execution_options(populate_existing=True))
    share_minor = 0 if claim is None else min(claim.outstanding_minor, net_minor * NETTED_AT_MOST_PERCENT // 100)
    if claim is None or share_minor == 0:
        return None, 0
    claim.settled_minor += share_minor
    await session.flush()
    return claim, share_minor


@effect(PAYMENT_ORDER.name, "confirm")
async def on_kept(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """The release is done, and so is what was kept of it."""
    if order.claim_id is None:
        return
    claim = await locked_claim(session, order.claim_id)
    payment = await payment_of(session, order.deal_id)
    await letters.tell(session, payment, "claim-netted", to="payee", amount=order.netted)
    await finish(session, claim)


@effect(PAYMENT_ORDER.name, "refuse")
async def on_not_kept(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """Nothing was released, so nothing was kept."""
    if order.claim_id is not None:
        claim = await locked_claim(session, order.claim_id)
        claim.settled_minor -= order.netted_minor
        await session.flush()


async def locked_claim(session: AsyncSession, claim_id: Any) -> PayeeClaim:
    query = select(PayeeClaim).where(PayeeClaim.id == claim_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one()


async def under_way(session: AsyncSession, claim: PayeeClaim) -> bool:
    """Whether a release that keeps something for the claim is not settled yet."""
    orders = (PaymentOrder.claim_id == claim.id, PaymentOrder.state.in_(OPEN_ORDER))
    return bool(await session.scalar(select(exists().where(*orders))))


async def finish(session: AsyncSession, claim: PayeeClaim) -> None:
    """Nothing is owed any more, and all of it is there."""
    await session.flush()
    if claim.state == "open" and claim.outstanding_minor == 0 and not await under_way(session, claim):
        await advance(session, claim, "settle", actor=actor_of(session).acting_as("course"))
