"""What Stripe told of an order, settled; and what does not agree with the order, told to the operator instead."""

import uuid

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.money import Money
from marketplace.payments import orders
from marketplace.payments.holding import Outcome
from marketplace.payments.models import PaymentOrder
from marketplace.stripe.provider import StripeProvider

_log = structlog.get_logger("greenhatch.stripe")


async def settle_order(
    session: AsyncSession, order_id: uuid.UUID, outcome: Outcome, *, moved: Money | None = None
) -> None:
    """Settle an order of ours; what bears the name of another platform that shares the account is left alone."""
    if await session.get(PaymentOrder, order_id) is None:
        return
    order = await orders.locked(session, order_id)
    if order.provider != StripeProvider.name:
        return
    if moved is not None and moved != order.amount:
        said = f"Stripe moved {moved.amount_minor} {moved.currency}, not {order.amount_minor} {order.currency}"
        order.problem = {"code": "another-amount", "message": said}
        _log.error("an order and its payment do not agree", key=order.key, said=said)
        return
    await orders.settle(session, order=order, outcome=outcome)
