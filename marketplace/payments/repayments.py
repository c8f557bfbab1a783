"""Money between a payee and the platform outside of releases: one side says sent, the other received, and it is booked.

A claim is repaid by the payee; what was settled of a claim whose chargeback was won in the end is paid back by the
platform. Both pass through the deal's clearing account, which shows what only one side has said so far.
"""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.ledger.service import move, post, reverse
from marketplace.money import Money
from marketplace.payments import approvals, letters, netting
from marketplace.payments.approvals import Signer
from marketplace.payments.bookings import receivable_of
from marketplace.payments.claim_models import PayeeClaim
from marketplace.payments.claims import CODE, account_named, book, overclaimed_minor
from marketplace.payments.models import PaymentOrder
from marketplace.payments.netting import locked_claim
from marketplace.payments.process import CLAIM
from marketplace.payments.setup import payment_of
from marketplace.process import ProcessEvent, advance, effect


async def say_repaid(session: AsyncSession, *, claim: PayeeClaim, amount_minor: int, reference: str) -> PayeeClaim:
    """The payee says that it has sent some of what it owes, or all."""
    claim = await locked_claim(session, claim.id)
    if not 0 < amount_minor <= claim.outstanding_minor:
        expected, zh = f"1 to {claim.outstanding_minor}", f"须为1至{claim.outstanding_minor}"
        raise Invalid([FieldError(field="amount", value=str(amount_minor), expected=expected, expected_zh=zh)])
    await advance(session, claim, "say-repaid", actor=actor_of(session).acting_as("payee"))
    await _send(session, claim, amount_minor, reference, source=await account_named(session, claim, "payee"))
    payment = await payment_of(session, claim.deal_id)
    await letters.tell(session, payment, "claim-repaid", to="operator", amount=_said(claim), note=reference)
    return claim


async def confirm_repaid(session: AsyncSession, *, claim: PayeeClaim, signer: Signer) -> PayeeClaim:
    """An operator has seen the money come; from the deal's limit on two have: else one alone could forgive it."""
    claim = await locked_claim(session, claim.id)
    payment, minor = await payment_of(session, claim.deal_id), claim.said_minor or 0
    if claim.state == "repaying" and approvals.needs_two(payment, minor):
        subject = _key(claim, claim.state_entry, "seen")
        await approvals.approve(session, payment=payment, subject=subject, amount_minor=minor, signer=signer)
        if not await approvals.enough(session, payment=payment, subject=subject, amount_minor=minor):
            await letters.tell(session, payment, "second-approval", to="operator", amount=_said(claim))
            return claim
    return await answer_repaid(session, claim=claim, received=True)


async def answer_repaid(session: AsyncSession, *, claim: PayeeClaim, received: bool) -> PayeeClaim:
    """The operator has seen the money come, or has not."""
    claim = await locked_claim(session, claim.id)
    entry, minor = claim.state_entry, claim.said_minor or 0
    step = "confirm-repaid" if received else "deny-repaid"
    await advance(session, claim, step, actor=actor_of(session))
    owed = await receivable_of(session, claim.payee_id, claim.currency)
    await _arrive(session, claim, entry, owed if received else None)
    if received:
        claim.settled_minor += minor
        await netting.finish(session, claim)
    return claim


async def say_paid_back(session: AsyncSession, *, claim: PayeeClaim, reference: str) -> PayeeClaim:
    """The operator says that what was settled of an overturned claim has been sent back."""
    claim = await locked_claim(session, claim.id)
    if await netting.under_way(session, claim):
        message = "A release that settles some of it is under way: wait for its end."
        raise Conflict("netting-under-way", message, "有抵扣该款项的放款在途，请待其完成。")
    await advance(session, claim, "say-paid-back", actor=actor_of(session))
    source = await receivable_of(session, claim.payee_id, claim.currency)
    await _send(session, claim, claim.settled_minor, reference, source=source)
    payment = await payment_of(session, claim.deal_id)
    await letters.tell(session, payment, "claim-paid-back", to="payee", amount=_said(claim), note=reference)
    return claim


async def answer_paid_back(session: AsyncSession, *, claim: PayeeClaim, received: bool) -> PayeeClaim:
    """The payee has seen it come, or has not."""
    claim = await locked_claim(session, claim.id)
    entry, step = claim.state_entry, "confirm-paid-back" if received else "deny-paid-back"
    await advance(session, claim, step, actor=actor_of(session).acting_as("payee"))
    await _arrive(session, claim, entry, await account_named(session, claim, "payee") if received else None)
    if received:
        claim.settled_minor = 0
        await session.flush()
    return claim


async def _send(session: AsyncSession, claim: PayeeClaim, minor: int, reference: str, *, source: uuid.UUID) -> None:
    claim.said_minor, claim.said_reference = minor, reference
    await session.flush()
    clearing, key = await account_named(session, claim, "clearing"), _key(claim, claim.state_entry, "left")
    entry = move(key, _said(claim), debit=source, credit=clearing, code=CODE, subject_id=claim.id)
    await post(session, entry)


async def _arrive(session: AsyncSession, claim: PayeeClaim, entry: int, target: uuid.UUID | None) -> None:
    """At its target; without one it never left."""
    amount = _said(claim)
    if target is None:
        key, of = _key(claim, entry, "undone"), _key(claim, entry, "left")
        await post(session, reverse(key, amount, of=of, code=CODE, subject_id=claim.id))
    else:
        clearing, key = await account_named(session, claim, "clearing"), _key(claim, entry, "arrived")
        await post(session, move(key, amount, debit=clearing, credit=target, code=CODE, subject_id=claim.id))
    claim.said_minor, claim.said_reference = None, ""
    await session.flush()


def _key(claim: PayeeClaim, entry: int, leg: str) -> str:
    return f"claim:{claim.id}:{entry}:{leg}"


def _said(claim: PayeeClaim) -> Money:
    return Money(claim.said_minor or 0, claim.currency)


async def overturn(session: AsyncSession, *, order: PaymentOrder) -> None:
    """A chargeback of a pay-in was won in the end: claims for more than is lost still were for nothing.

    The last one made goes first.
    """
    live = PayeeClaim.state.in_(("proposed", "open", "repaying", "doubtful", "settled", "written-off"))
    query = select(PayeeClaim).where(PayeeClaim.order_id == order.id, live).order_by(PayeeClaim.id.desc())
    found = await session.scalars(query.with_for_update(), execution_options={"populate_existing": True})
    for claim in found.all():
        if await overclaimed_minor(session, order) > 0:
            await _overturn(session, claim, actor_of(session).acting_as("course"))


async def _overturn(session: AsyncSession, claim: PayeeClaim, course: Actor) -> None:
    if claim.state == "proposed":
        await advance(session, claim, "drop", actor=course, note="the chargeback was won")
        return
    if claim.state == "repaying":
        await _arrive(session, claim, claim.state_entry, None)
    await advance(session, claim, "overturn", actor=course)
    await book(session, claim, "overturned", claim.amount_minor - claim.lost_minor, back=True)
    payment, settled = await payment_of(session, claim.deal_id), Money(claim.settled_minor, claim.currency)
    await letters.tell(session, payment, "claim-overturned", to="both", amount=settled)
    if not claim.settled_minor:
        await advance(session, claim, "close", actor=course, note="nothing had been settled")


@effect(CLAIM.name, "close")
async def on_closed(session: AsyncSession, claim: Any, event: ProcessEvent) -> None:
    """The way out of every state is open only where nobody owes anybody anything."""
    owed_back = event.from_state in ("owed-back", "paying-back")
    left = claim.settled_minor if owed_back else claim.outstanding_minor
    if left or claim.said_minor or await netting.under_way(session, claim):
        raise Conflict("claim-open", "Something is still owed, or under way.", "尚有未结清或在途的款项。")


async def close(session: AsyncSession, *, claim: PayeeClaim, note: str) -> PayeeClaim:
    """The operator ends by hand what is even."""
    claim = await locked_claim(session, claim.id)
    await advance(session, claim, "close", actor=actor_of(session), note=note)
    return claim
