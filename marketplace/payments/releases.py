"""Pay what was accepted, as soon as nothing stands against it, and go on with what is left."""

import datetime
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.jobs import Context, job
from marketplace.ledger.service import balance
from marketplace.money import Money
from marketplace.payments import approvals, funding, holdbacks, letters, netting, payees
from marketplace.payments.models import DealPayment, Dispute, MilestonePayment, PaymentOrder
from marketplace.payments.orders import Wanted, order_money
from marketplace.payments.process import ENDED, PAYMENT_ORDER
from marketplace.payments.setup import locked, now_of, payment_of
from marketplace.people.models import DORMANT, Organisation
from marketplace.people.process import ORGANISATION
from marketplace.process import ProcessEvent, advance, effect

# Twice as long after each refusal: what is not put right at once takes its time, and the operator hears of each.
RETRY_AFTER, RETRY_WITHIN = datetime.timedelta(minutes=10), datetime.timedelta(hours=12)
ACCEPTING = ("accept", "accept-by-silence", "resolve")


def course(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("course")


def subject_of(paid: MilestonePayment) -> str:
    """What exactly an approval is for: this release of this amount for this work, and no other."""
    return f"release:{paid.milestone_id}:{paid.releases + 1}:{paid.submission}:{paid.release_minor}"


def fee_of(payment: DealPayment, release_minor: int) -> int:
    """What the platform keeps of a release."""
    return release_minor * payment.fee_basis_points // 10_000


async def proceed(session: AsyncSession, paid: MilestonePayment) -> PaymentOrder | None:
    """Order the release of what was accepted; None if something still stands against it (it goes on by itself)."""
    if paid.state != "accepted" or paid.release_minor is None:
        return None
    payment = await payment_of(session, paid.deal_id)
    how = await accepted_how(session, paid)
    if await _is_suspended(session, payment.payee_id):
        return None
    if payment.frozen_at is not None or (how != "resolve" and await _waits_for_report(session, paid)):
        return None
    if (await balance(session, paid.held_account_id)).amount_minor < paid.release_minor:
        return None  # a chargeback took some of it: the sides agree on what is left, or dispute it
    if not await _approved(session, payment, paid, how):
        return None
    if (free_at := await payees.blocked_until(session, payment)) is not None:
        await retry.defer(session, at=free_at, paid_id=str(paid.id))
        return None
    return await _order_release(session, payment, paid)


async def _is_suspended(session: AsyncSession, organisation_id: uuid.UUID) -> bool:
    """Nobody acts for an organisation that the platform has suspended or closed, and nothing is paid to it."""
    state = await session.scalar(select(Organisation.state).where(Organisation.id == organisation_id))
    return state in DORMANT


@effect(ORGANISATION.name, "reinstate")
async def on_reinstated(session: AsyncSession, organisation: Any, event: ProcessEvent) -> None:
    """What was accepted meanwhile goes on."""
    waiting = (MilestonePayment.payee_id == organisation.id, MilestonePayment.state == "accepted")
    for paid in (await session.scalars(select(MilestonePayment).where(*waiting).order_by(MilestonePayment.id))).all():
        await locked(session, paid)
        await proceed(session, paid)


async def _waits_for_report(session: AsyncSession, paid: MilestonePayment) -> bool:
    """Only a settlement or a decision pays a holdback without its report."""
    terms = await session.get_one(DealMilestone, paid.milestone_id)
    return await holdbacks.waits(session, paid, terms)


async def _approved(session: AsyncSession, payment: DealPayment, paid: MilestonePayment, how: str) -> bool:
    """Silence that accepts by the contract's rule counts as the first yes, a settlement by both sides as both."""
    minor = await weight_of(session, payment, paid)
    by_rule = int(how == "accept-by-silence")
    if how == "resolve" and await _settled(session, paid):
        by_rule = 2
    if await approvals.enough(session, payment=payment, subject=subject_of(paid), amount_minor=minor, besides=by_rule):
        return True
    wanted = Money(paid.release_minor or 0, payment.currency)
    await letters.tell(session, payment, "second-approval", to="payer", amount=wanted)
    return False


async def weight_of(session: AsyncSession, payment: DealPayment, paid: MilestonePayment) -> int:
    """What the limit is held against: the release, and the parts below the limit that went out before it."""
    gross = PaymentOrder.amount_minor + PaymentOrder.fee_minor + PaymentOrder.netted_minor
    mine = (PaymentOrder.milestone_id == paid.milestone_id, PaymentOrder.kind == "release")
    small = (PaymentOrder.state == "confirmed", gross < payment.four_eyes_from_minor)
    before = await session.scalar(select(func.coalesce(func.sum(gross), 0)).where(*mine, *small))
    return (paid.release_minor or 0) + int(before or 0)


async def accepted_how(session: AsyncSession, paid: MilestonePayment) -> str:
    """By which step it was accepted last: by the payer, by silence, or by the end of a dispute."""
    mine = (ProcessEvent.subject_type == paid.__tablename__, ProcessEvent.subject_id == paid.id)
    query = select(ProcessEvent.transition).where(*mine, ProcessEvent.transition.in_(ACCEPTING))
    return await session.scalar(query.order_by(ProcessEvent.entry.desc()).limit(1)) or ""


async def _settled(session: AsyncSession, paid: MilestonePayment) -> bool:
    query = select(Dispute.state).where(Dispute.milestone_payment_id == paid.id).order_by(Dispute.id.desc()).limit(1)
    return await session.scalar(query) == "settled"


async def _order_release(session: AsyncSession, payment: DealPayment, paid: MilestonePayment) -> PaymentOrder:
    whole = Money(paid.release_minor or 0, payment.currency)
    fee = Money(fee_of(payment, whole.amount_minor), payment.currency)
    claim, netted_minor = await netting.share_of(session, payment, whole.amount_minor - fee.amount_minor)
    number = paid.releases + 1
    order = await order_money(
        session,
        payment=payment,
        wanted=Wanted(
            kind="release",
            subject=str(paid.milestone_id) if number == 1 else f"{paid.milestone_id}:{number}",
            amount=whole - fee - Money(netted_minor, payment.currency),
            fee=fee,
            milestone_id=paid.milestone_id,
            source_order_id=paid.fund_order_id,
            netted_minor=netted_minor,
            claim_id=claim.id if claim else None,
        ),
    )
    await advance(session, paid, "order-release", actor=course(session))
    return order


@job("payments.proceed", retry=(5, 60, 600))
async def retry(context: Context, *, paid_id: str) -> None:
    """What stood against a release may be gone."""
    async with context.transaction() as session:
        paid = await session.get_one(MilestonePayment, uuid.UUID(paid_id))
        await locked(session, paid)
        await proceed(session, paid)


@effect(PAYMENT_ORDER.name, "confirm")
async def on_released(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """It is paid: what is still held decides how the milestone goes on."""
    if order.kind != "release":
        return
    paid = await milestone_of(session, order)
    paid.releases += 1
    paid.release_minor = None
    await _go_on(session, paid, done="release", rest="go-on")
    payment = await payment_of(session, order.deal_id)
    await letters.tell(session, payment, "released", to="both", amount=order.amount)
    await follow(session, payment)


async def milestone_of(session: AsyncSession, order: PaymentOrder) -> MilestonePayment:
    """The milestone's payment that an order belongs to, locked."""
    query = select(MilestonePayment).where(MilestonePayment.milestone_id == order.milestone_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one()


async def _go_on(session: AsyncSession, paid: MilestonePayment, *, done: str, rest: str) -> None:
    terms = await session.get_one(DealMilestone, paid.milestone_id)
    held = (await balance(session, paid.held_account_id)).amount_minor
    if held == 0:
        await advance(session, paid, done, actor=course(session))
    elif held <= terms.holdback_minor:
        await advance(session, paid, "keep-holdback", actor=course(session))
    else:
        await advance(session, paid, rest, actor=course(session))


async def go_on_after_refund(session: AsyncSession, paid: MilestonePayment) -> None:
    """After money went back: what a decision left for the payee is released, the rest goes on as work does."""
    if paid.release_minor is not None:
        await advance(session, paid, "resolve", actor=course(session))
        await proceed(session, paid)
        return
    await _go_on(session, paid, done="refund", rest="resume")


@effect(PAYMENT_ORDER.name, "refuse")
async def on_release_refused(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """The milestone stays accepted: another attempt is another order, soon, or when the operator has looked."""
    if order.kind != "release":
        return
    paid = await milestone_of(session, order)
    await advance(session, paid, "fail-release", actor=course(session))
    await letters.tell(
        session, await payment_of(session, order.deal_id), "release-failed", to="operator", amount=order.amount
    )
    if order.problem and order.problem.get("again"):
        wait = min(RETRY_AFTER * 2 ** min(order.attempt - 1, 10), RETRY_WITHIN)
        await retry.defer(session, at=now_of(session) + wait, paid_id=str(paid.id))


async def follow(session: AsyncSession, payment: DealPayment) -> None:
    """After a milestone ended: the next stage is charged as it starts, and the last one ends the deal."""
    query = select(MilestonePayment.state).where(MilestonePayment.deal_id == payment.deal_id)
    states = set((await session.scalars(query)).all())
    deal = await session.get_one(Deal, payment.deal_id)
    if deal.state == "funded" and states <= set(ENDED):
        how = "complete" if "released" in states else "terminate"
        await advance(session, deal, how, actor=actor_of(session).acting_as("payments"), note="payments have ended")
        return
    under_way = bool(states - {*ENDED, "unfunded"})
    if deal.state == "funded" and payment.frozen_at is None and not under_way:
        await funding.fund(session, payment=payment)
