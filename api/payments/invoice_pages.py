"""Invoices of one's organisation: for the platform's fee, and for its plan, which Stripe writes."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit
from api.payments import schemas
from api.payments.desk_routes import invoices_page
from api.routing import SIGNED_IN, get
from api.site.render import page
from api.stripe import schemas as stripe_schemas
from api.stripe import words as stripe_words
from marketplace.payments import queries
from marketplace.payments.models import FeeInvoice, PaymentOrder
from marketplace.people.models import Organisation
from marketplace.stripe import plans


@get("/account/invoices", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_invoices(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response[bytes]:
    """Both kinds, the newest first."""
    of_plans = await plans.invoices_of(session, acting_organisation.id)
    return page(
        request,
        "payments/invoices.html",
        fees=await invoices_page(session, acting_organisation, cursor, limit),
        plans=[stripe_schemas.InvoiceOut.of(one) for one in of_plans],
        words=stripe_words,
    )


@get("/account/invoices/{fee_invoice_id:uuid}", access=SIGNED_IN, include_in_schema=False)
async def show_invoice(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], fee_invoice: NamedDependency[FeeInvoice]
) -> Response[bytes]:
    """One invoice, as it is printed."""
    order = await session.get_one(PaymentOrder, fee_invoice.order_id)
    about = await queries.technologies_of(session, [order.deal_id])
    return page(
        request,
        "payments/invoice.html",
        invoice=schemas.InvoiceOut.of(fee_invoice),
        order=schemas.OrderOut.of(order),
        technology=about[order.deal_id],
    )


INVOICE_PAGES = [show_invoices, show_invoice]
