"""A payer's bank takes money back: releases of the deal stop until that is decided, and the ledger follows."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.payments import endings
from marketplace.payments.models import DealPayment, PaymentOrder
from marketplace.stripe import chargeback_bookings
from marketplace.stripe.models import StripeChargeback

CLOSED = frozenset({"won", "lost", "warning_closed", "prevented"})
# The bank gave the money back, or never took it; only then do releases go on by themselves.
HARMLESS = frozenset({"won", "warning_closed", "prevented"})
REASON = "chargeback "


async def keep(session: AsyncSession, dispute: Mapping[str, Any]) -> None:
    """Note how it stands. Closed stays closed, as an event from before may come after; but lost may be won yet."""
    row = await _row(session, dispute)
    row.fee_minor = max(row.fee_minor, sum(line["fee"] for line in dispute.get("balance_transactions") or ()))
    if row.closed_at is None or (row.status, dispute["status"]) == ("lost", "won"):
        row.status = dispute["status"]
        row.closed_at = clock_of(session).now() if row.status in CLOSED else None
        await attach(session, charge_id=row.charge_id)


async def _row(session: AsyncSession, dispute: Mapping[str, Any]) -> StripeChargeback:
    due = (dispute.get("evidence_details") or {}).get("due_by")
    new = insert(StripeChargeback).values(
        dispute_id=dispute["id"],
        charge_id=dispute["charge"],
        amount_minor=dispute["amount"],
        currency=dispute["currency"].upper(),
        status=dispute["status"],
        reason=dispute["reason"],
        answer_by=datetime.datetime.fromtimestamp(due, datetime.UTC) if due else None,
    )
    await session.execute(new.on_conflict_do_nothing())
    query = select(StripeChargeback).where(StripeChargeback.dispute_id == dispute["id"]).with_for_update()
    return (await session.scalars(query)).one()


async def attach(session: AsyncSession, *, charge_id: str) -> None:
    """Book it, and freeze or free the deal that the charge pays for; the charge may be known after its chargeback."""
    known = select(StripeChargeback).where(StripeChargeback.charge_id == charge_id)
    back = (await session.scalars(known.order_by(StripeChargeback.id))).all()
    if not back:
        return
    paid = (PaymentOrder.kind == "fund", PaymentOrder.provider == "stripe", PaymentOrder.reference == charge_id)
    order = await session.scalar(select(PaymentOrder).where(*paid))
    if order is None:
        return
    for row in back:
        row.order_id = order.id
        if order.state == "confirmed":  # else there is nothing in the ledger yet; this is called again then
            await chargeback_bookings.book(session, row, order)
    payment = await session.scalar(select(DealPayment).where(DealPayment.deal_id == order.deal_id))
    if payment is not None:
        await _freeze(session, payment, back)


async def _freeze(session: AsyncSession, payment: DealPayment, back: Sequence[StripeChargeback]) -> None:
    """A freeze for another reason (a court, the operator) is left as it is."""
    harmful = [row for row in back if row.status not in HARMLESS]
    if harmful:
        await endings.freeze(session, payment=payment, reason=REASON + harmful[0].dispute_id)
    elif payment.frozen_reason.startswith(REASON):
        await endings.unfreeze(session, payment=payment)
