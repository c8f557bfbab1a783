"""The plan of one's organisation: what each entitles to, what is used so far, and the way to Stripe's own pages."""

import uuid
from typing import Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.stripe import schemas, words
from marketplace.entitlements import API_VOLUME_TIMES, free_use_in
from marketplace.people.models import Organisation
from marketplace.people.organisations import MANAGERS
from marketplace.stripe import links, plans
from marketplace.stripe.usage import use_of

_PLAN = "/account/plan"


class PlanForm(Struct, frozen=True):
    """Take a plan, or with `portal` change and end the one that runs."""

    kind: Literal["plan", "portal"]
    plan: Literal["investor-basic", "investor-team", "investor-api"] | None = None


@get(_PLAN, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_plan(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """The plan that runs, what it entitles to, what is used, and the others."""
    return page(request, "stripe/plan.html", **await _view(request, session, acting_organisation.id, None))


@post(_PLAN, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_plan_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Have the page at Stripe prepared on which a plan is taken, changed or ended."""
    form, own_id = await read_form(request, PlanForm), administered_organisation.id

    async def act(given: PlanForm) -> None:
        await links.ask_for_link(session, organisation=administered_organisation, kind=given.kind, plan=given.plan)

    if await carried_out(session, form, act):
        return see_other(f"{_PLAN}#stripe")
    return page(request, "stripe/plan.html", status=422, **await _view(request, session, own_id, form))


async def _view(
    request: Request[Any, Any, Any], session: AsyncSession, organisation_id: uuid.UUID, form: Form[PlanForm] | None
) -> dict[str, Any]:
    own = await session.get_one(Organisation, organisation_id, populate_existing=True)
    customer = await plans.customer_of(session, organisation_id)
    subscriptions = await plans.subscriptions_of(session, organisation_id)
    running = await plans.standing_subscription(session, organisation_id)
    manages = any(f"member:{role}" in actor_of(request).roles for role in MANAGERS)
    kinds = ("portal",) if running else ("plan",)
    link = await links.open_link(session, organisation_id=organisation_id, kinds=kinds) if manages else None
    return {
        "form": form,
        "manages": manages,
        "at_stripe": platform_of(request).settings.stripe_key is not None,
        "plans": plans.PLANS,
        "features": plans.FEATURES,
        "entitled": customer.features if customer else [],
        "running": schemas.SubscriptionOut.of(running) if running else None,
        "before": [schemas.SubscriptionOut.of(one) for one in subscriptions if one is not running],
        "used": await use_of(session, own),
        "free": free_use_in(platform_of(request).settings)._asdict(),
        "per_minute": platform_of(request).settings.requests_per_minute,
        "times": API_VOLUME_TIMES,
        "link": schemas.LinkOut.of(link) if link else None,
        "words": words,
    }


PAGES = [show_plan, take_plan_step]
