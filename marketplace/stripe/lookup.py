"""What became of an order at Stripe, found by the order's id among what bears its transfer group."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import stripe

from marketplace.payments.holding import Absent, Accepted, Confirmed, Found, Instruction, Outcome, Refused
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.requests import ORDER

PAGE = 100


def order_of(found: Any) -> uuid.UUID | None:
    """The order that something at Stripe belongs to; None if it is not one of ours."""
    metadata = getattr(found, "metadata", None)
    try:
        return uuid.UUID(metadata[ORDER]) if metadata and ORDER in metadata else None
    except ValueError:
        return None


async def find(gate: StripeGate, order: Instruction) -> Found:
    """Raises stripe.StripeError if Stripe does not say."""
    if order.kind == "fund":
        return await _find_payment(gate, order)
    async for found in _candidates(gate, order):
        if order_of(found) == order.order_id:
            return of_refund(found) if order.kind == "refund" else Confirmed(reference=found.id)
    return Absent()


async def _candidates(gate: StripeGate, order: Instruction) -> AsyncIterator[Any]:
    source = order.source_reference or ""
    if order.kind == "release":
        listed: Any = await gate.v1.transfers.list_async({"transfer_group": order.transfer_group, "limit": PAGE})
    elif order.kind == "refund":
        listed = await gate.v1.refunds.list_async({"charge": source, "limit": PAGE})
    else:
        listed = await gate.v1.transfers.reversals.list_async(source, {"limit": PAGE})
    async for found in listed.auto_paging_iter():
        yield found


async def _find_payment(gate: StripeGate, order: Instruction) -> Found:
    """A charge of the deal's group first: once there is one, the page it was paid on is of no interest."""
    group: Any = await gate.v1.charges.list_async({"transfer_group": order.transfer_group, "limit": PAGE})
    async for charge in group.auto_paging_iter():
        if order_of(charge) == order.order_id and charge.status == "succeeded":
            return Confirmed(reference=charge.id)
    session = await _session(gate, order)
    return Absent() if session is None else of_session(session)


async def _session(gate: StripeGate, order: Instruction) -> stripe.checkout.Session | None:
    if order.reference is not None and order.reference.startswith("cs_"):
        return await gate.v1.checkout.sessions.retrieve_async(order.reference)
    since = int(order.first_sent_at.timestamp()) - 60 if order.first_sent_at else 0
    listed = await gate.v1.checkout.sessions.list_async({"created": {"gte": since}, "limit": PAGE})
    async for session in listed.auto_paging_iter():
        if order_of(session) == order.order_id:
            return session
    return None


def of_session(session: stripe.checkout.Session) -> Outcome:
    """Open or being paid: neither done nor refused. The charge says when it is paid."""
    if session.status == "expired":
        return Refused(code="not-paid", message="the time to pay ran out", again=True)
    return Accepted(reference=session.id, pay_url=session.url)


def of_refund(refund: stripe.Refund) -> Outcome:
    if refund.status == "succeeded":
        return Confirmed(reference=refund.id)
    if refund.status in ("failed", "canceled"):
        return Refused(code="refund-failed", message=refund.failure_reason or str(refund.status), again=True)
    return Accepted(reference=refund.id)
