"""Money that goes back: a record first, which the other side approves, and only then an order.

What has reached the payee already is taken back first, out of one release; then all of it goes to the payer.
"""

import datetime
import uuid
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.ledger.service import balance
from marketplace.money import Money
from marketplace.payments import approvals, letters, releases
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder, Refund
from marketplace.payments.orders import Wanted, order_money
from marketplace.payments.process import ENDED, PAYMENT_ORDER, REFUND
from marketplace.payments.setup import locked, now_of, payment_of
from marketplace.process import ProcessEvent, advance, begin, effect

ANSWER_WITHIN = datetime.timedelta(days=14)


class RefundWish(Struct, frozen=True, kw_only=True):
    """What is to go back, and why; `released_minor` of it has been paid out already."""

    amount_minor: int
    reason: str
    kind: str = "agreed"
    released_minor: int = 0


async def propose(session: AsyncSession, *, paid: MilestonePayment, wish: RefundWish) -> Refund:
    """Put a refund on record; nothing moves before it is approved."""
    await locked(session, paid)
    await _check(session, paid, wish)
    refund = Refund(
        deal_id=paid.deal_id,
        milestone_payment_id=paid.id,
        payer_id=paid.payer_id,
        payee_id=paid.payee_id,
        kind=wish.kind,
        amount_minor=wish.amount_minor,
        released_minor=wish.released_minor,
        reason=wish.reason,
        proposed_by=actor_of(session).organisation_id,
    )
    await begin(session, refund)
    payment = await payment_of(session, paid.deal_id)
    amount, due = Money(refund.amount_minor, payment.currency), now_of(session) + ANSWER_WITHIN
    await letters.tell(session, payment, "refund-proposed", to="both", amount=amount, due=due)
    return refund


async def _check(session: AsyncSession, paid: MilestonePayment, wish: RefundWish) -> None:
    held = (await balance(session, paid.held_account_id)).amount_minor
    back = wish.amount_minor - wish.released_minor
    source = await _release_to_reverse(session, paid, wish.released_minor) if wish.released_minor else None
    wrong = []
    if wish.amount_minor <= 0 or not 0 <= back <= held:
        expected = f"what is held ({held}) and what was released, at most"
        zh = f"不得超过已托付的{held}与已放款之和"
        wrong.append(FieldError(field="amount", value=str(wish.amount_minor), expected=expected, expected_zh=zh))
    if wish.released_minor and source is None:
        expected, zh = "no more than one release paid out", "不得超过单次放款金额"
        wrong.append(FieldError(field="released", value=str(wish.released_minor), expected=expected, expected_zh=zh))
    if wrong:
        raise Invalid(wrong)


async def _release_to_reverse(session: AsyncSession, paid: MilestonePayment, minor: int) -> PaymentOrder | None:
    """The latest release of which as much is left to take back."""
    done = PaymentOrder.state == "confirmed"
    query = select(PaymentOrder).where(PaymentOrder.milestone_id == paid.milestone_id, done)
    orders = (await session.scalars(query.order_by(PaymentOrder.id.desc()))).all()
    taken: dict[uuid.UUID, int] = {}
    for order in orders:
        if order.kind == "reverse" and order.source_order_id is not None:
            taken[order.source_order_id] = taken.get(order.source_order_id, 0) + order.amount_minor
    fitting = (o for o in orders if o.kind == "release" and o.amount_minor - taken.get(o.id, 0) >= minor)
    return next(fitting, None)


async def approve(session: AsyncSession, *, refund: Refund, signer: Signer) -> Refund:
    """A person of the other side says yes; above the limit a second one has to, too. Then it is ordered."""
    paid = await session.get_one(MilestonePayment, refund.milestone_payment_id)
    await locked(session, paid)
    if refund.state not in ("proposed", "unanswered"):
        raise Conflict("not-in-this-state", "This refund is not waiting for approval.", "该退款不在待批准状态。")
    payment, subject = await payment_of(session, refund.deal_id), f"refund:{refund.id}"
    amount = refund.amount_minor
    await approvals.approve(session, payment=payment, subject=subject, amount_minor=amount, signer=signer)
    if await approvals.enough(session, payment=payment, subject=subject, amount_minor=amount):
        await carry_out(session, refund=refund, paid=paid, by=actor_of(session).acting_as("approver"))
    elif refund.kind == "dispute":
        await letters.tell(session, payment, "second-approval", to="operator", amount=Money(amount, payment.currency))
    return refund


async def reject(session: AsyncSession, *, refund: Refund) -> Refund:
    """The other side says no; what stays possible is a dispute."""
    await advance(session, refund, "reject", actor=actor_of(session).acting_as("approver"))
    return refund


@effect(REFUND.name, "reject")
async def on_rejected(session: AsyncSession, refund: Any, event: ProcessEvent) -> None:
    """A decision that no second operator bore out is none: work goes on, and may be disputed again."""
    if refund.kind != "dispute":
        return
    paid = await session.get_one(MilestonePayment, refund.milestone_payment_id)
    await locked(session, paid)
    if paid.state == "disputed":
        paid.release_minor = None
        await advance(session, paid, "resume", actor=releases.course(session))


async def carry_out(session: AsyncSession, *, refund: Refund, paid: MilestonePayment, by: Actor) -> None:
    """Approved: what was paid out is taken back first, else the money goes back at once."""
    await advance(session, refund, "approve", actor=by)
    if paid.state not in ENDED:
        await advance(session, paid, "order-refund", actor=releases.course(session))
    if refund.kind != "dispute":
        paid.release_minor = None  # what was accepted was accepted out of more than there is now
    payment = await payment_of(session, refund.deal_id)
    if refund.released_minor:
        await _order_reversal(session, payment, refund, paid)
    else:
        await _order_refund(session, payment, refund, paid)


async def _order_reversal(session: AsyncSession, payment: DealPayment, refund: Refund, paid: MilestonePayment) -> None:
    source = await _release_to_reverse(session, paid, refund.released_minor)
    if payment.frozen_at is not None:
        message = "While the deal is frozen nothing that was paid out is taken back: it could not go on to the payer."
        raise Conflict("frozen", message, "交易冻结期间不能追回已放款项。")
    if source is None:
        raise Conflict("released-changed", "Less of it is left to be taken back.", "可追回的放款已不足。")
    order = await order_money(
        session,
        payment=payment,
        wanted=Wanted(
            kind="reverse",
            subject=str(refund.id),
            amount=Money(refund.released_minor, payment.currency),
            fee=Money(0, payment.currency),
            milestone_id=paid.milestone_id,
            source_order_id=source.id,
        ),
    )
    refund.reverse_order_id = order.id


async def _order_refund(session: AsyncSession, payment: DealPayment, refund: Refund, paid: MilestonePayment) -> None:
    order = await order_money(
        session,
        payment=payment,
        wanted=Wanted(
            kind="refund",
            subject=str(refund.id),
            amount=Money(refund.amount_minor, payment.currency),
            fee=Money(0, payment.currency),
            milestone_id=paid.milestone_id,
            source_order_id=paid.fund_order_id,
        ),
    )
    refund.refund_order_id = order.id


@effect(PAYMENT_ORDER.name, "confirm")
async def on_sent_back(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """What was taken back goes on to the payer; what has reached the payer ends the refund."""
    if order.kind not in ("reverse", "refund"):
        return
    paid = await releases.milestone_of(session, order)
    refund = await _refund_of(session, order)
    payment = await payment_of(session, order.deal_id)
    if order.kind == "reverse" and await _is_there(session, paid, refund):
        await _order_refund(session, payment, refund, paid)
        return
    if order.kind == "reverse":
        await _fail(session, refund, paid, order, note="less is held than is to go back")
        return
    await advance(session, refund, "finish", actor=releases.course(session))
    if paid.state == "refunding":
        await releases.go_on_after_refund(session, paid)
    await letters.tell(session, payment, "refunded", to="both", amount=order.amount)
    await releases.follow(session, payment)


@effect(PAYMENT_ORDER.name, "refuse")
async def on_not_sent_back(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """The refund failed; what is held stays held, and the operator is told."""
    if order.kind not in ("reverse", "refund"):
        return
    paid = await releases.milestone_of(session, order)
    await _fail(session, await _refund_of(session, order), paid, order, note=str(order.problem))


async def _is_there(session: AsyncSession, paid: MilestonePayment, refund: Refund) -> bool:
    """A chargeback may have taken some of it meanwhile."""
    return (await balance(session, paid.held_account_id)).amount_minor >= refund.amount_minor


async def _fail(
    session: AsyncSession, refund: Refund, paid: MilestonePayment, order: PaymentOrder, *, note: str
) -> None:
    await advance(session, refund, "fail", actor=releases.course(session), note=note)
    if paid.state == "refunding":
        await releases.go_on_after_refund(session, paid)
    await letters.tell(
        session, await payment_of(session, order.deal_id), "release-failed", to="operator", amount=order.amount
    )


async def _refund_of(session: AsyncSession, order: PaymentOrder) -> Refund:
    return await session.get_one(Refund, uuid.UUID(order.subject))


@effect(REFUND.name, "fall-silent")
async def on_no_answer(session: AsyncSession, refund: Any, event: ProcessEvent) -> None:
    """Who abandoned the work does not stop the refund by silence; elsewhere silence is a no."""
    if refund.kind != "abandoned":
        await advance(session, refund, "reject", actor=releases.course(session), note="silence")
        return
    paid = await session.get_one(MilestonePayment, refund.milestone_payment_id)
    await locked(session, paid)
    await carry_out(session, refund=refund, paid=paid, by=releases.course(session))


async def refunded_minor(session: AsyncSession, deal_id: uuid.UUID) -> int:
    """What has gone back to the payer of a deal so far."""
    mine = (PaymentOrder.deal_id == deal_id, PaymentOrder.kind == "refund", PaymentOrder.state == "confirmed")
    return int(await session.scalar(select(func.coalesce(func.sum(PaymentOrder.amount_minor), 0)).where(*mine)) or 0)
