"""Bring money in: the whole deal, as far as it lies within ninety days, or stage by stage."""

import datetime
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.deals.process import ENDED
from marketplace.errors import Conflict
from marketplace.money import Money
from marketplace.payments import letters
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.orders import Wanted, order_money
from marketplace.payments.process import PAYMENT_ORDER
from marketplace.payments.setup import CHARGED_AHEAD, now_of, payment_of, stages_of
from marketplace.process import ProcessEvent, advance, effect

Stage = tuple[MilestonePayment, DealMilestone]


async def fund(session: AsyncSession, *, payment: DealPayment) -> PaymentOrder:
    """Order the pay-in of what is due now. The payer's doing, or the platform's when a stage starts."""
    stages = await stages_of(session, payment.deal_id, for_update=True)
    due = due_now(stages, by_stage=payment.by_stage, today=now_of(session).date())
    if not due:
        raise Conflict("nothing-to-fund", "There is nothing to be paid in now.", "目前没有待支付的款项。")
    amount = Money(sum(terms.amount_minor for _, terms in due), payment.currency)
    subject = str(due[0][1].id) if len(due) == 1 else f"{payment.deal_id}:{due[0][1].position}"
    order = await order_money(
        session,
        payment=payment,
        wanted=Wanted(
            kind="fund",
            subject=subject,
            amount=amount,
            fee=Money(0, payment.currency),
            milestone_id=due[0][1].id if len(due) == 1 else None,
        ),
    )
    for paid, _ in due:
        paid.fund_order_id = order.id
        await advance(session, paid, "order-funds", actor=actor_of(session).acting_as("course"))
    await letters.tell(session, payment, "pay-in-due", to="payer", amount=order.amount)
    return order


def due_now(stages: Sequence[Stage], *, by_stage: bool, today: datetime.date) -> list[Stage]:
    """What is to be paid in now: the next stage, and, unless it goes by stage, all that ends within ninety days."""
    ahead = [(paid, terms) for paid, terms in stages if paid.state == "unfunded"]
    if by_stage:
        return ahead[:1]
    near = [stage for stage in ahead if stage[1].due_on <= today + CHARGED_AHEAD]
    return near or ahead[:1]


@effect(PAYMENT_ORDER.name, "confirm")
async def on_paid_in(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """What was paid in is held; the deal is under way."""
    if order.kind != "fund":
        return
    for paid in await _covered(session, order):
        await advance(session, paid, "fund", actor=actor_of(session).acting_as("course"))
    payment = await payment_of(session, order.deal_id)
    deal = await session.get_one(Deal, order.deal_id)
    if deal.state == "awaiting-funds":
        await advance(session, deal, "fund", actor=actor_of(session).acting_as("payments"))
    elif deal.state in ENDED:
        await _hold_for_refund(session, payment, f"the deal was {deal.state} when the money came")
    await letters.tell(session, payment, "paid-in", to="both", amount=order.amount)


async def _hold_for_refund(session: AsyncSession, payment: DealPayment, reason: str) -> None:
    """Money for a deal that has ended: it is held, refunded and never released."""
    payment.frozen_at, payment.frozen_reason = now_of(session), reason
    await letters.tell(session, payment, "frozen", to="both", note=reason)
    await letters.tell(session, payment, "frozen", to="operator", note=reason)


@effect(PAYMENT_ORDER.name, "refuse")
async def on_not_paid_in(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """It can be tried again, as another attempt."""
    if order.kind != "fund":
        return
    for paid in await _covered(session, order):
        await advance(session, paid, "fail-funding", actor=actor_of(session).acting_as("course"))
    payment = await payment_of(session, order.deal_id)
    await letters.tell(session, payment, "pay-in-failed", to="payer", amount=order.amount)


async def _covered(session: AsyncSession, order: PaymentOrder) -> Sequence[MilestonePayment]:
    query = select(MilestonePayment).where(MilestonePayment.fund_order_id == order.id)
    return (await session.scalars(query.order_by(MilestonePayment.id).with_for_update())).all()
