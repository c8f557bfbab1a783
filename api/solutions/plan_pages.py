"""A plan for a city or a park as pages: the question as a form, the answer in tables, kept and found again."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.call_form import rows_of
from api.needs.dependencies import may_write
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.solutions.answering import planned
from api.solutions.figures import significant, whole_money
from api.solutions.plan_form import FLOW_UNITS, UNITS, PlanForm, as_form, prepared, tidied
from marketplace.errors import MarketplaceError
from marketplace.people.models import Organisation
from marketplace.solutions.keeping import brief_of, keep_plan, plan_of, plans_of, put_away
from marketplace.solutions.models import CityPlan

_PLAN = "/plans/{city_plan_id:uuid}"
POLLUTANT_ROWS = 3


@get("/plans", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_plans(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """The plans that one's organisation keeps."""
    actor = actor_of(request)
    found = await listed(session, plans_of(actor.organisation_id), CityPlan, cursor)
    return page(request, "solutions/plans.html", list=found, may_plan=_may_plan(request))


def _may_plan(request: Request[Any, Any, Any]) -> bool:
    actor = actor_of(request)
    return actor.organisation_id is not None and may_write(actor)


@get("/plans/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_plan(
    request: Request[Any, Any, Any], planning_organisation: NamedDependency[Organisation]
) -> Response[bytes]:
    """An empty question."""
    year = str(platform_of(request).clock.now().year + 1)
    return _form_page(request, Form({"from_year": year}))


def _form_page(request: Request[Any, Any, Any], form: Form[PlanForm]) -> Response[bytes]:
    return page(
        request,
        "solutions/plan-form.html",
        status=422 if form.wrong else 200,
        form=form,
        shown=lambda place, least: max(len(rows_of(form.given, place)) + (form.typed("more") == place), least),
        pollutant_rows=POLLUTANT_ROWS,
        media=words.MEDIA,
        flow_units=[(unit, unit) for unit in FLOW_UNITS],
        units=[(unit, unit) for unit in UNITS],
    )


@post("/plans/new", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_new_plan(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    planning_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Make the plan and keep it; or show one row more, of which nothing is said yet."""
    form = await read_form(request, PlanForm, tidy=tidied, prepare=prepared)
    if form.typed("more"):
        form.errors.clear()
        return _form_page(request, form)
    if form.value is None:
        return _form_page(request, form)
    brief = form.value.brief()
    try:
        made = await planned(platform_of(request), session, brief)
    except MarketplaceError as error:
        return _form_page(request, form.refuse(error))
    kept = await keep_plan(
        session, organisation_id=planning_organisation.id, title=form.value.title, brief=brief, plan=made
    )
    return see_other(f"/plans/{kept.id}")


@get(_PLAN, access=SIGNED_IN, include_in_schema=False)
async def show_plan(request: Request[Any, Any, Any], own_city_plan: NamedDependency[CityPlan]) -> Response[bytes]:
    """What to do, what each measure does for each target, and what stays uncovered."""
    return page(
        request,
        "solutions/plan.html",
        kept=own_city_plan,
        brief=brief_of(own_city_plan),
        plan=plan_of(own_city_plan),
        media=words.MEDIA,
        may_plan=_may_plan(request),
        sig=significant,
        cost=whole_money,
    )


@get(f"{_PLAN}/change", access=SIGNED_IN, include_in_schema=False)
async def show_changed_plan(
    request: Request[Any, Any, Any], changeable_city_plan: NamedDependency[CityPlan]
) -> Response[bytes]:
    """The same question, to be changed and asked anew; the plan stays as it is."""
    return _form_page(request, as_form(changeable_city_plan, brief_of(changeable_city_plan)))


@post(f"{_PLAN}/again", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_plan_again(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    changeable_city_plan: NamedDependency[CityPlan],
) -> Response[bytes]:
    """Ask the same of what is published today; both answers are kept."""
    brief = brief_of(changeable_city_plan)
    made = await planned(platform_of(request), session, brief)
    kept = await keep_plan(
        session,
        organisation_id=changeable_city_plan.organisation_id,
        title=changeable_city_plan.title,
        brief=brief,
        plan=made,
    )
    return see_other(f"/plans/{kept.id}")


@post(f"{_PLAN}/remove", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_plan_away(
    session: NamedDependency[AsyncSession], changeable_city_plan: NamedDependency[CityPlan]
) -> Response[bytes]:
    """Out of the list for good."""
    await put_away(session, kept=changeable_city_plan)
    return see_other("/plans")


PLAN_PAGES = [show_plans, show_new_plan, take_new_plan, show_plan, show_changed_plan, take_plan_again, take_plan_away]
