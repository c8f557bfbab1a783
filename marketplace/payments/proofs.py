"""Where money moves outside: each side says what it did or saw, with its proof, and both together confirm."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.errors import Conflict, Forbidden
from marketplace.payments import bookings, letters
from marketplace.payments.holding import Confirmed
from marketplace.payments.models import PaymentOrder, PaymentProof
from marketplace.payments.orders import settle
from marketplace.payments.process import OPEN_ORDER
from marketplace.payments.record_only import NAME
from marketplace.payments.setup import lock, now_of, payment_of

# Who has the money sent and who sees it come, order by order. Held money is at the institution that both chose.
SENDER = {"fund": "payer", "release": "payer", "refund": "payee", "reverse": "payee"}


class Said(Struct, frozen=True, kw_only=True):
    """`sent` by the sender, `received` or `not-received` by the receiver, with the bank's reference and a document."""

    said: str
    bank_reference: str = ""
    document_sha256: str | None = None
    note: str = ""


async def say(session: AsyncSession, *, order: PaymentOrder, side: str, said: Said) -> PaymentOrder:
    """One side's word on an order. What has left stands on the clearing account until the other side has it, too."""
    await lock(session, order)
    _check(order, side, said)
    proof = PaymentProof(
        order_id=order.id,
        said=said.said,
        organisation_id=order.payer_id if side == "payer" else order.payee_id,
        person_id=actor_of(session).id,
        bank_reference=said.bank_reference,
        document_sha256=said.document_sha256,
        note=said.note,
        at=now_of(session),
    )
    session.add(proof)
    if said.said == "sent":
        await bookings.book_departure(session, order)
    if said.said == "not-received":
        payment = await payment_of(session, order.deal_id)
        await letters.tell(session, payment, "release-failed", to="operator", amount=order.amount)
    return await _confirmed_by_both(session, order)


def _check(order: PaymentOrder, side: str, said: Said) -> None:
    if order.provider != NAME:
        raise Conflict("provider-says", "Here the payment provider confirms, not you.", "此单由支付机构确认。")
    if order.state not in OPEN_ORDER:
        raise Conflict("settled-already", "This order is settled.", "该款项已处理完毕。")
    sends = side == SENDER[order.kind]
    if sends != (said.said == "sent"):
        whose = "receiver" if sends else "sender"
        raise Forbidden("not-your-word", f"That is for the {whose} to say.", "应由对方确认。")


async def _confirmed_by_both(session: AsyncSession, order: PaymentOrder) -> PaymentOrder:
    found = await proofs_of(session, order)
    sent = [proof for proof in found if proof.said == "sent"]
    seen = [proof for proof in found if proof.said != "sent"]
    if sent and seen and seen[-1].said == "received":
        reference = sent[-1].bank_reference or f"proof:{sent[-1].id}"
        await settle(session, order=order, outcome=Confirmed(reference=reference))
    return order


async def proofs_of(session: AsyncSession, order: PaymentOrder) -> Sequence[PaymentProof]:
    query = select(PaymentProof).where(PaymentProof.order_id == order.id).order_by(PaymentProof.id)
    return (await session.scalars(query)).all()
