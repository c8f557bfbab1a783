"""Pages at Stripe that people ask for: completing an account, taking a plan, changing it. A job fetches the address."""

import datetime
import uuid

import stripe
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from stripe.params.checkout import SessionCreateParams
from stripe.params.v2.core import AccountLinkCreateParams

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.jobs import Context, job
from marketplace.people.models import Organisation, Person
from marketplace.stripe.accounts import account_of, account_wanted, keep_account, standing
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.models import StripeLink
from marketplace.stripe.plans import PLANS, customer_of, keep_customer, standing_subscription

# Stripe's own are good for some minutes or a day; who comes later asks for another.
GOOD_FOR = {
    "onboarding": datetime.timedelta(minutes=5),
    "plan": datetime.timedelta(hours=23),
    "portal": datetime.timedelta(minutes=5),
}

# What is not prepared by then will not be: its job gave up.
PREPARED_IN = datetime.timedelta(minutes=10)


class NoSuchPrice(Exception):
    """The plan's price has not been made at Stripe."""


async def ask_for_link(
    session: AsyncSession, *, organisation: Organisation, kind: str, plan: str | None = None
) -> StripeLink:
    """Have a page at Stripe prepared; its address stands in the link a moment later."""
    if (kind == "plan") != (plan in PLANS) or (kind != "plan" and plan is not None):
        expected = f"one of {', '.join(PLANS)}" if kind == "plan" else "nothing: this page is for no plan"
        expected_zh = f"{'、'.join(PLANS)}之一" if kind == "plan" else "留空"
        raise Invalid([FieldError(field="plan", value=plan or "", expected=expected, expected_zh=expected_zh)])
    if kind == "portal" and await customer_of(session, organisation.id) is None:
        raise Conflict("no-plan", "There is no plan yet to look after.", "尚未订阅方案。")
    if kind == "plan" and await standing_subscription(session, organisation.id) is not None:
        raise Conflict("plan-runs", "A plan runs already: change that one.", "已有订阅在使用中，请更改该订阅。")
    link = StripeLink(organisation_id=organisation.id, kind=kind, plan=plan)
    session.add(link)
    await session.flush()
    person_id = actor_of(session).id
    await make_link.defer(session, link_id=str(link.id), person_id=str(person_id) if person_id else "")
    return link


async def open_link(session: AsyncSession, *, organisation_id: uuid.UUID, kinds: tuple[str, ...]) -> StripeLink | None:
    """The page at Stripe that was asked for last, if it is being prepared or still good."""
    mine = (StripeLink.organisation_id == organisation_id, StripeLink.kind.in_(kinds))
    found: StripeLink | None = await session.scalar(
        select(StripeLink).where(*mine).order_by(StripeLink.id.desc()).limit(1)
    )
    if found is None:
        return None
    until = found.expires_at or found.created_at + PREPARED_IN
    return found if until > clock_of(session).now() else None


@job("stripe.make-link", retry=(2, 5, 30))
async def make_link(context: Context, *, link_id: str, person_id: str) -> None:
    """Fetch the address, outside any transaction; made twice, the second one counts."""
    async with context.transaction() as session:
        link = await session.get_one(StripeLink, uuid.UUID(link_id))
        organisation = await session.get_one(Organisation, link.organisation_id)
        person = await session.get(Person, uuid.UUID(person_id)) if person_id else None
    gate, email = context.tools.get(StripeGate), person.email if person else ""
    if gate is None:
        await _note(context, link_id, problem="nothing is held at Stripe here")
        return
    try:
        url = await _MAKERS[link.kind](context, gate, link, organisation, email)
    except (stripe.InvalidRequestError, NoSuchPrice) as error:
        # Asking again in the same words would be refused again.
        await _note(context, link_id, problem=str(error))
        return
    await _note(context, link_id, url=url)


async def _note(context: Context, link_id: str, *, url: str | None = None, problem: str = "") -> None:
    async with context.transaction() as session:
        link = await session.get_one(StripeLink, uuid.UUID(link_id))
        link.url, link.problem = url, problem
        link.expires_at = clock_of(session).now() + GOOD_FOR[link.kind]


async def _onboarding(
    context: Context, gate: StripeGate, link: StripeLink, organisation: Organisation, email: str
) -> str:
    account_id = await _account(context, gate, organisation, email)
    back = f"{context.settings.public_url}/account/payout"
    wanted: AccountLinkCreateParams = {
        "account": account_id,
        "use_case": {
            "type": "account_onboarding",
            "account_onboarding": {"refresh_url": f"{back}?again=1", "return_url": back},
        },
    }
    return (await gate.v2.core.account_links.create_async(wanted)).url


async def _account(context: Context, gate: StripeGate, organisation: Organisation, email: str) -> str:
    async with context.transaction() as session:
        found = await account_of(session, organisation.id)
    if found is not None:
        return found.account_id
    wanted = account_wanted(organisation, email)
    made = await gate.v2.core.accounts.create_async(wanted, {"idempotency_key": f"account:{organisation.id}"})
    async with context.transaction() as session:
        await keep_account(session, organisation_id=organisation.id, account_id=made.id, transfers=standing(made))
    return made.id


async def _plan(context: Context, gate: StripeGate, link: StripeLink, organisation: Organisation, email: str) -> str:
    customer_id = await _customer(context, gate, organisation, email)
    prices = await gate.v1.prices.list_async({"lookup_keys": [str(link.plan)], "active": True, "limit": 1})
    if not prices.data:
        raise NoSuchPrice(f"there is no price {link.plan} at Stripe")
    back = f"{context.settings.public_url}/account/plan"
    wanted: SessionCreateParams = {
        "mode": "subscription",
        "customer": customer_id,
        "client_reference_id": str(organisation.id),
        "line_items": [{"price": prices.data[0].id, "quantity": 1}],
        "subscription_data": {"metadata": {"organisation": str(organisation.id)}},
        "success_url": f"{back}?taken=1",
        "cancel_url": back,
    }
    made = await gate.v1.checkout.sessions.create_async(wanted, {"idempotency_key": f"plan:{link.id}"})
    return str(made.url)


async def _customer(context: Context, gate: StripeGate, organisation: Organisation, email: str) -> str:
    async with context.transaction() as session:
        found = await customer_of(session, organisation.id)
    if found is not None:
        return found.customer_id
    name = organisation.name.en or organisation.name.zh or "—"
    made = await gate.v1.customers.create_async(
        {"name": name, "email": email, "metadata": {"organisation": str(organisation.id)}},
        {"idempotency_key": f"customer:{organisation.id}"},
    )
    async with context.transaction() as session:
        await keep_customer(session, organisation_id=organisation.id, customer_id=made.id)
    return made.id


async def _portal(context: Context, gate: StripeGate, link: StripeLink, organisation: Organisation, email: str) -> str:
    customer_id = await _customer(context, gate, organisation, email)
    back = f"{context.settings.public_url}/account/plan"
    return (await gate.v1.billing_portal.sessions.create_async({"customer": customer_id, "return_url": back})).url


_MAKERS = {"onboarding": _onboarding, "plan": _plan, "portal": _portal}
