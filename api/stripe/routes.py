"""Stripe's events in; pages at Stripe for our users; what of the money is explained, for the operator."""

import uuid
from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import platform_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get, post
from api.stripe import schemas
from api.transaction import provide_session
from marketplace.errors import only
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.stripe import inbox, links, plans, reconciliation
from marketplace.stripe.accounts import account_of
from marketplace.stripe.gate import webhook_keys
from marketplace.stripe.models import StripeChargeback, StripeLink

Signature = Annotated[
    str | None, HeaderParameter(name="Stripe-Signature", max_length=2_000, description="Stripe's, of the raw body.")
]
_OURS = "/organisations/{organisation_id:uuid}/stripe"


# Events are some kilobytes; nobody is made to hash more by whoever pretends to be Stripe.
EVENT_BYTES_MAX = 1_000_000


@post("/stripe/webhooks", access=PUBLIC, problems=(403,), status_code=200, request_max_body_size=EVENT_BYTES_MAX)
async def receive_event(request: Request[Any, Any, Any], signature: Signature = None) -> schemas.Received:
    """Stripe's own door: the signature over the raw body is the only thing believed. Answered once it is stored.

    The general limit of requests does not hold here, so a size and the signature are checked before anything else.
    """
    event = inbox.signed_event(await request.body(), signature, webhook_keys(platform_of(request).settings))
    return schemas.Received(new=await inbox.store(await provide_session(request), event, source="webhook"))


async def stripe_link(
    stripe_link_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> StripeLink:
    mine = (StripeLink.id == stripe_link_id, StripeLink.organisation_id == managed_organisation.id)
    found: StripeLink = only(await session.scalar(select(StripeLink).where(*mine)), "link")
    return found


@get(_OURS, access=SIGNED_IN)
async def show_standing(
    session: NamedDependency[AsyncSession], managed_organisation: NamedDependency[Organisation]
) -> schemas.StandingOut:
    """Whether the organisation can be paid by Stripe, what its plan entitles it to, and its invoices."""
    organisation_id = managed_organisation.id
    account, customer = await account_of(session, organisation_id), await plans.customer_of(session, organisation_id)
    return schemas.StandingOut(
        transfers=account.transfers if account else None,
        checked_at=account.checked_at if account else None,
        features=list(customer.features) if customer else [],
        subscriptions=[schemas.SubscriptionOut.of(s) for s in await plans.subscriptions_of(session, organisation_id)],
        invoices=[schemas.InvoiceOut.of(found) for found in await plans.invoices_of(session, organisation_id)],
    )


@post(f"{_OURS}/links", access=SIGNED_IN)
async def ask_for_link(
    data: JSONBody[schemas.LinkIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> schemas.LinkOut:
    """Have a page at Stripe prepared: to complete an account, to take a plan, to change it. Read its address a moment

    later from the link itself.
    """
    link = await links.ask_for_link(session, organisation=managed_organisation, kind=data.kind, plan=data.plan)
    return schemas.LinkOut.of(link)


@get(f"{_OURS}/links/{{stripe_link_id:uuid}}", access=SIGNED_IN)
async def show_link(stripe_link: NamedDependency[StripeLink]) -> schemas.LinkOut:
    """The page's address, once it is prepared."""
    return schemas.LinkOut.of(stripe_link)


@get("/stripe/reconciliation", access=OPERATOR, problems=())
async def show_reconciliation(session: NamedDependency[AsyncSession]) -> schemas.ReconciliationOut:
    """How much of the money at Stripe is explained by orders, and what is not, since when."""
    return schemas.ReconciliationOut.of(await reconciliation.report(session))


@get("/stripe/chargebacks", access=OPERATOR, problems=())
async def list_chargebacks(
    session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.ChargebackOut]:
    """Money that payers' banks took back, the newest first."""
    query = select(StripeChargeback)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(StripeChargeback), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.ChargebackOut.of(row) for row in found.items], following, await count(session, query))


DEPENDENCIES = {"stripe_link": stripe_link}
ROUTES = [receive_event, show_standing, ask_for_link, show_link, show_reconciliation, list_chargebacks]
