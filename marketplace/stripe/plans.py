"""Plans of the platform by Stripe Billing. What an organisation may use is kept here: nobody asks Stripe in passing."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.stripe.models import StripeCustomer, StripeInvoice, StripeSubscription

# What Stripe's prices are called there (`lookup_key`), and the features that their products are to entitle to; what
# an organisation is entitled to is what Stripe says of it.
PLANS = {
    "investor-basic": ("screens",),
    "investor-team": ("screens", "seats"),
    "investor-api": ("screens", "seats", "api-volume"),
}
FEATURES = ("screens", "seats", "api-volume")
# A subscription that stands, even if its last payment did not go through.
STANDING = ("active", "trialing", "past_due", "unpaid", "paused")
INVOICES_SHOWN = 50
Body = Mapping[str, Any]


async def customer_of(session: AsyncSession, organisation_id: uuid.UUID) -> StripeCustomer | None:
    query = select(StripeCustomer).where(StripeCustomer.organisation_id == organisation_id)
    found: StripeCustomer | None = await session.scalar(query)
    return found


async def keep_customer(session: AsyncSession, *, organisation_id: uuid.UUID, customer_id: str) -> None:
    row = {"organisation_id": organisation_id, "customer_id": customer_id}
    await session.execute(insert(StripeCustomer).values(**row).on_conflict_do_nothing())


async def is_entitled(session: AsyncSession, *, organisation_id: uuid.UUID, feature: str) -> bool:
    """Whether the organisation's plan includes a feature, by what Stripe last said."""
    customer = await customer_of(session, organisation_id)
    return customer is not None and feature in customer.features


async def keep_features(session: AsyncSession, summary: Body, *, at: datetime.datetime) -> None:
    """The summary is the whole list: the youngest counts, whichever comes last."""
    query = select(StripeCustomer).where(StripeCustomer.customer_id == summary["customer"]).with_for_update()
    customer = await session.scalar(query)
    if customer is None or (customer.features_at is not None and customer.features_at > at):
        return
    customer.features = sorted(found["lookup_key"] for found in summary["entitlements"]["data"])
    customer.features_at = at


async def keep_subscription(session: AsyncSession, subscription: Body, *, at: datetime.datetime) -> None:
    organisation_id = await _organisation(session, subscription["customer"])
    if organisation_id is None:
        return
    item = subscription["items"]["data"][0]
    row = {
        "plan": item["price"].get("lookup_key") or item["price"]["id"],
        "status": subscription["status"],
        "ends_at": _time(subscription.get("ended_at") or item.get("current_period_end")),
        "told_at": at,
    }
    new = insert(StripeSubscription).values(organisation_id=organisation_id, subscription_id=subscription["id"], **row)
    # Cancelled is the end: an event of the same second that says otherwise is from before.
    newer = (StripeSubscription.told_at <= at) & (StripeSubscription.status != "canceled")
    await session.execute(new.on_conflict_do_update(index_elements=["subscription_id"], set_=row, where=newer))


async def keep_invoice(session: AsyncSession, invoice: Body) -> None:
    organisation_id = await _organisation(session, invoice["customer"])
    if organisation_id is None:
        return
    row = {
        "number": invoice.get("number") or "",
        "total_minor": invoice["total"],
        "tax_minor": sum(tax["amount"] for tax in invoice.get("total_taxes") or ()),
        "currency": invoice["currency"].upper(),
        "status": invoice["status"],
        "issued_at": _time(invoice["created"]),
        "url": invoice.get("hosted_invoice_url"),
    }
    new = insert(StripeInvoice).values(organisation_id=organisation_id, invoice_id=invoice["id"], **row)
    unpaid = StripeInvoice.status != "paid"
    await session.execute(new.on_conflict_do_update(index_elements=["invoice_id"], set_=row, where=unpaid))


async def _organisation(session: AsyncSession, customer_id: str) -> uuid.UUID | None:
    query = select(StripeCustomer.organisation_id).where(StripeCustomer.customer_id == customer_id)
    found: uuid.UUID | None = await session.scalar(query)
    return found


async def subscriptions_of(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[StripeSubscription]:
    query = select(StripeSubscription).where(StripeSubscription.organisation_id == organisation_id)
    return (await session.scalars(query.order_by(StripeSubscription.id.desc()))).all()


async def standing_subscription(session: AsyncSession, organisation_id: uuid.UUID) -> StripeSubscription | None:
    """The plan that runs now."""
    mine = (StripeSubscription.organisation_id == organisation_id, StripeSubscription.status.in_(STANDING))
    query = select(StripeSubscription).where(*mine).order_by(StripeSubscription.id.desc()).limit(1)
    found: StripeSubscription | None = await session.scalar(query)
    return found


async def invoices_of(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[StripeInvoice]:
    """The last ones; older ones stand at Stripe."""
    query = select(StripeInvoice).where(StripeInvoice.organisation_id == organisation_id)
    return (await session.scalars(query.order_by(StripeInvoice.id.desc()).limit(INVOICES_SHOWN))).all()


def _time(at: int | None) -> datetime.datetime | None:
    return None if at is None else datetime.datetime.fromtimestamp(at, datetime.UTC)
