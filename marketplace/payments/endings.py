"""Ways for payments to end before the work does: cancelled by agreement, abandoned, charged back."""

import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.errors import Conflict
from marketplace.ledger.service import balance
from marketplace.payments import letters, refunds, releases
from marketplace.payments.models import DealPayment, MilestonePayment, Refund
from marketplace.payments.process import MILESTONE_PAYMENT
from marketplace.payments.refunds import RefundWish
from marketplace.payments.setup import lock, locked, now_of, payment_of, stages_of
from marketplace.process import ProcessEvent, advance, effect

# How long after its day nothing was handed in, before a milestone counts as abandoned.
ABANDONED_AFTER = datetime.timedelta(days=30)
_AT_WORK = ("funded", "changes-requested", "holdback")


async def cancel(session: AsyncSession, *, payment: DealPayment, reason: str) -> list[Refund]:
    """Cancel by stage. What is not paid in lapses; for what is held a refund is proposed; what is being inspected,

    paid or disputed goes on to its end.
    """
    proposed = []
    for paid, _ in await stages_of(session, payment.deal_id, for_update=True):
        if paid.state == "unfunded":
            await advance(session, paid, "cancel", actor=releases.course(session), note=reason)
        elif paid.state in _AT_WORK:
            held = (await balance(session, paid.held_account_id)).amount_minor
            wish = RefundWish(amount_minor=held, reason=reason, kind="cancelled")
            proposed.append(await refunds.propose(session, paid=paid, wish=wish))
    await releases.follow(session, payment)
    return proposed


async def claim_abandoned(session: AsyncSession, *, paid: MilestonePayment) -> Refund:
    """The payer's claim that nobody works any more: a refund that the payee's silence approves."""
    terms = await locked(session, paid)
    overdue = now_of(session).date() >= terms.due_on + ABANDONED_AFTER
    if paid.state not in ("funded", "changes-requested") or not overdue:
        raise Conflict(
            "not-abandoned",
            f"A milestone counts as abandoned {ABANDONED_AFTER.days} days after its day, if nothing was handed in.",
            f"里程碑到期{ABANDONED_AFTER.days}天后仍未提交方可主张放弃。",
        )
    held = (await balance(session, paid.held_account_id)).amount_minor
    wish = RefundWish(amount_minor=held, reason="abandoned / 已放弃", kind="abandoned")
    return await refunds.propose(session, paid=paid, wish=wish)


async def freeze(session: AsyncSession, *, payment: DealPayment, reason: str) -> None:
    """Stop further releases and pay-ins of a deal (a chargeback, a court); what is on its way is not called back."""
    await lock(session, payment)
    if payment.frozen_at is None:
        payment.frozen_at, payment.frozen_reason = now_of(session), reason
        await letters.tell(session, payment, "frozen", to="both", note=reason)
        await letters.tell(session, payment, "frozen", to="operator", note=reason)


async def unfreeze(session: AsyncSession, *, payment: DealPayment) -> None:
    """The operator lets payments go on: what was accepted meanwhile is released."""
    await lock(session, payment)
    payment.frozen_at, payment.frozen_reason = None, ""
    await session.flush()
    for paid, _ in await stages_of(session, payment.deal_id, for_update=True):
        await releases.proceed(session, paid)
    await releases.follow(session, payment)


@effect(MILESTONE_PAYMENT.name, "close")
async def on_closed(session: AsyncSession, paid: Any, event: ProcessEvent) -> None:
    """The operator's way out of every state is open only where no money is left behind."""
    if event.from_state == "funding":
        message = "Money is on its way: refuse the pay-in first, or let it expire."
        raise Conflict("money-on-its-way", message, "款项支付中，请先撤销支付指令或待其过期。")
    held = await balance(session, paid.held_account_id)
    if held.amount_minor:
        raise Conflict("money-held", "Release or refund what is held first.", "请先处理已托付的款项。")
    await releases.follow(session, await payment_of(session, paid.deal_id))


async def close(session: AsyncSession, *, paid: MilestonePayment, note: str) -> None:
    """The operator ends a milestone's payment by hand."""
    await locked(session, paid)
    await advance(session, paid, "close", actor=actor_of(session), note=note)
