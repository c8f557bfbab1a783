"""Claim from a payee what the platform had to put in for a lost chargeback: two operators, and the payee is told.

propose      one operator, with reasons; nothing is booked
approve      another one: from now on the payee owes it (`payee:…:receivable` in the ledger)
settled by   shares of the payee's next releases (`netting`), or money sent and confirmed (`repayments`)
write off    proposed by one operator, approved by another: the platform bears it after all
overturn     the chargeback is won in the end: nothing is owed, and what was settled is owed back
"""

import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.actors import actor_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.ledger.models import LedgerAccount, LedgerTransfer
from marketplace.ledger.service import move, post
from marketplace.money import Money
from marketplace.payments import approvals, letters, netting
from marketplace.payments.approvals import Signer
from marketplace.payments.bookings import receivable_of
from marketplace.payments.claim_models import PayeeClaim
from marketplace.payments.models import DealPayment, PaymentOrder
from marketplace.payments.netting import locked_claim
from marketplace.payments.setup import lock, payment_of
from marketplace.process import advance, begin

CODE = "claim"
NOT_CLAIMED = ("dropped", "closed")


class ClaimWish(Struct, frozen=True, kw_only=True):
    """How much is claimed and why; with a `netting_basis`, by which clause or law releases may be kept for it."""

    amount_minor: int
    reason: str
    netting_basis: str = ""


async def account_named(session: AsyncSession, claim: PayeeClaim | PaymentOrder, name: str) -> uuid.UUID:
    code = f"deal:{claim.deal_id}:{name}"
    query = select(LedgerAccount.id).where(LedgerAccount.code == code, LedgerAccount.currency == claim.currency)
    found: uuid.UUID = (await session.execute(query)).scalar_one()
    return found


async def claimable_minor(session: AsyncSession, order: PaymentOrder) -> int:
    """What may be claimed still for a pay-in: what the platform lost of it, and no more than reached the payee."""
    lost, reached = await _lost_minor(session, order), await _reached_minor(session, order)
    return max(0, min(lost, reached) - await _claimed_minor(session, order, NOT_CLAIMED))


async def overclaimed_minor(session: AsyncSession, order: PaymentOrder) -> int:
    """By how much the claims that stand are more than what the platform has lost by now; below zero if they are not."""
    undone = (*NOT_CLAIMED, "owed-back", "paying-back")
    return await _claimed_minor(session, order, undone) - await _lost_minor(session, order)


async def _claimed_minor(session: AsyncSession, order: PaymentOrder, but: Sequence[str]) -> int:
    await session.flush()
    claims = select(func.coalesce(func.sum(PayeeClaim.amount_minor), 0))
    claimed = await session.scalar(claims.where(PayeeClaim.order_id == order.id, PayeeClaim.state.not_in(but)))
    return int(claimed or 0)


async def _lost_minor(session: AsyncSession, order: PaymentOrder) -> int:
    """What the platform put in for chargebacks of a pay-in, beside their fees."""
    bearer, target = aliased(LedgerAccount), aliased(LedgerAccount)
    undone = aliased(LedgerTransfer)
    query = (
        select(func.coalesce(func.sum(LedgerTransfer.amount_minor), 0))
        .join(bearer, bearer.id == LedgerTransfer.debit_account_id)
        .join(target, target.id == LedgerTransfer.credit_account_id)
        .where(
            LedgerTransfer.subject_id == order.id,
            LedgerTransfer.code == "chargeback",
            bearer.code == f"deal:{order.deal_id}:platform",
            target.kind == "clearing",
            LedgerTransfer.reverses_id.is_(None),
            ~exists().where(undone.reverses_id == LedgerTransfer.id),
        )
    )
    return int(await session.scalar(query) or 0)


async def _reached_minor(session: AsyncSession, order: PaymentOrder) -> int:
    """What was released out of a pay-in, less what was taken back of it."""
    releases = (PaymentOrder.kind == "release", PaymentOrder.source_order_id == order.id)
    done = PaymentOrder.state == "confirmed"
    gross = func.coalesce(func.sum(PaymentOrder.amount_minor + PaymentOrder.netted_minor), 0)
    released = await session.scalar(select(gross).where(*releases, done))
    sources = select(PaymentOrder.id).where(*releases).scalar_subquery()
    back = select(func.coalesce(func.sum(PaymentOrder.amount_minor), 0))
    taken = await session.scalar(
        back.where(PaymentOrder.kind == "reverse", done, PaymentOrder.source_order_id.in_(sources))
    )
    return int(released or 0) - int(taken or 0)


async def pay_ins_of(session: AsyncSession, payment: DealPayment) -> Sequence[PaymentOrder]:
    mine = (PaymentOrder.deal_id == payment.deal_id, PaymentOrder.kind == "fund", PaymentOrder.state == "confirmed")
    return (await session.scalars(select(PaymentOrder).where(*mine).order_by(PaymentOrder.id))).all()


async def claimable_of(session: AsyncSession, payment: DealPayment) -> int:
    """The most that one claim about a deal can be for."""
    if payment.provider == "record-only":  # what nobody can charge back
        return 0
    return max([0, *[await claimable_minor(session, order) for order in await pay_ins_of(session, payment)]])


async def propose(session: AsyncSession, *, payment: DealPayment, wish: ClaimWish, signer: Signer) -> PayeeClaim:
    """An operator's proposal. The payee is told at once, and nothing is owed before another operator has approved."""
    await lock(session, payment)
    left = {order.id: await claimable_minor(session, order) for order in await pay_ins_of(session, payment)}
    fitting = next((order_id for order_id, most in left.items() if 0 < wish.amount_minor <= most), None)
    if fitting is None:
        expected, zh = f"1 to {max([0, *left.values()])}", f"须为1至{max([0, *left.values()])}"
        raise Invalid([FieldError(field="amount", value=str(wish.amount_minor), expected=expected, expected_zh=zh)])
    claim = PayeeClaim(
        deal_id=payment.deal_id,
        order_id=fitting,
        payer_id=payment.payer_id,
        payee_id=payment.payee_id,
        amount_minor=wish.amount_minor,
        currency=payment.currency,
        reason=wish.reason,
        netting_basis=wish.netting_basis.strip(),
    )
    await begin(session, claim)
    await _sign(session, payment, f"claim:{claim.id}", claim.amount_minor, signer)
    await letters.tell(session, payment, "claim-proposed", to="payee", amount=_all(claim), note=wish.reason)
    return claim


async def _sign(session: AsyncSession, payment: DealPayment, subject: str, amount_minor: int, signer: Signer) -> None:
    approvals.require_step_up(session, signer)
    await approvals.approve(session, payment=payment, subject=subject, amount_minor=amount_minor, signer=signer)


async def approve(session: AsyncSession, *, claim: PayeeClaim, signer: Signer) -> PayeeClaim:
    """A second operator's yes: the payee owes it now, and the platform no longer bears it."""
    claim, payment = await locked_claim(session, claim.id), await payment_of(session, claim.deal_id)
    await _sign(session, payment, f"claim:{claim.id}", claim.amount_minor, signer)
    await advance(session, claim, "approve", actor=actor_of(session))
    await book(session, claim, "claimed", claim.amount_minor, back=False)
    await letters.tell(session, payment, "claim-approved", to="both", amount=_all(claim), note=claim.reason)
    return claim


async def drop(session: AsyncSession, *, claim: PayeeClaim) -> PayeeClaim:
    """It is not claimed after all."""
    claim = await locked_claim(session, claim.id)
    await advance(session, claim, "drop", actor=actor_of(session))
    return claim


async def doubt(session: AsyncSession, *, claim: PayeeClaim, note: str, signer: Signer) -> PayeeClaim:
    """An operator proposes to write off what is still owed."""
    claim = await locked_claim(session, claim.id)
    await _require_quiet(session, claim)
    await advance(session, claim, "doubt", actor=actor_of(session), note=note)
    payment, subject = await payment_of(session, claim.deal_id), _write_off(claim)
    await _sign(session, payment, subject, claim.outstanding_minor, signer)
    return claim


def _write_off(claim: PayeeClaim) -> str:
    return f"claim:{claim.id}:write-off:{claim.state_entry}"


async def keep(session: AsyncSession, *, claim: PayeeClaim) -> PayeeClaim:
    """It is not written off: the payee still owes it."""
    claim = await locked_claim(session, claim.id)
    await advance(session, claim, "keep", actor=actor_of(session))
    return claim


async def write_off(session: AsyncSession, *, claim: PayeeClaim, signer: Signer) -> PayeeClaim:
    """A second operator's yes: the platform bears the rest for good."""
    claim, payment = await locked_claim(session, claim.id), await payment_of(session, claim.deal_id)
    rest = claim.outstanding_minor
    await _sign(session, payment, _write_off(claim), rest, signer)
    await advance(session, claim, "write-off", actor=actor_of(session))
    await book(session, claim, "written-off", rest, back=True)
    claim.lost_minor = rest
    await session.flush()
    amount = Money(rest, claim.currency)
    await letters.tell(session, payment, "claim-written-off", to="payee", amount=amount)
    return claim


async def _require_quiet(session: AsyncSession, claim: PayeeClaim) -> None:
    if await netting.under_way(session, claim):
        message = "A release that settles some of it is under way: wait for its end."
        raise Conflict("netting-under-way", message, "有抵扣该款项的放款在途，请待其完成。")


async def book(session: AsyncSession, claim: PayeeClaim, leg: str, minor: int, *, back: bool) -> None:
    """Between what the platform put in and what the payee owes."""
    owed = await receivable_of(session, claim.payee_id, claim.currency)
    ours = await account_named(session, claim, "platform")
    debit, credit = (ours, owed) if back else (owed, ours)
    amount, key = Money(minor, claim.currency), f"claim:{claim.id}:{leg}"
    await post(session, move(key, amount, debit=debit, credit=credit, code=CODE, subject_id=claim.id))


def _all(claim: PayeeClaim) -> Money:
    return Money(claim.amount_minor, claim.currency)
