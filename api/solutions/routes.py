"""Trains for a need, for everybody; plans for a city or a park, for those who are signed in."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, delete, get, post
from api.solutions.answering import answered, planned, seen_need
from api.solutions.dependencies import PROVIDED
from api.solutions.schemas import CityPlanIn, CityPlanOut, CityPlanRow, TrainsIn, TrainsOut
from marketplace.errors import FieldError, Invalid
from marketplace.needs.models import Need
from marketplace.needs.service import specification_of
from marketplace.needs.specification import Specification
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.solutions.brief import Brief
from marketplace.solutions.keeping import keep_plan, plans_of, put_away
from marketplace.solutions.models import CityPlan
from marketplace.solutions.reporting import Plan


@post("/solutions/trains", access=PUBLIC, status_code=200)
async def find_trains(
    request: Request[Any, Any, Any], data: JSONBody[TrainsIn], session: NamedDependency[AsyncSession]
) -> TrainsOut:
    """Chains of published technologies that keep all limits of a need: the cheapest for each room and maturity."""
    need = await _need(request, data, session)
    specification = specification_of(need) if need else data.specification or Specification()
    return await answered(platform_of(request), session, specification, of=need)


@post("/solutions/plan", access=SIGNED_IN, problems=(), status_code=200)
async def make_plan(
    request: Request[Any, Any, Any], data: JSONBody[Brief], session: NamedDependency[AsyncSession]
) -> Plan:
    """Measures for sources and targets within a budget: what each does for every target, and what stays uncovered."""
    return await planned(platform_of(request), session, data)


async def _need(request: Request[Any, Any, Any], data: TrainsIn, session: AsyncSession) -> Need | None:
    """The need that was named, if the caller may see it; None where a specification was sent instead."""
    if (data.need_id is None) == (data.specification is None):
        expected = "either need_id or specification"
        raise Invalid([FieldError(field="need_id", expected=expected, expected_zh="need_id与specification须二选一")])
    return await seen_need(session, actor_of(request), data.need_id) if data.need_id else None


@post("/solutions/plans", access=SIGNED_IN, problems=())
async def keep_city_plan(
    request: Request[Any, Any, Any],
    data: JSONBody[CityPlanIn],
    session: NamedDependency[AsyncSession],
    planning_organisation: NamedDependency[Organisation],
) -> CityPlanOut:
    """Make a plan and keep it: nobody outside your organisation reads it."""
    made = await planned(platform_of(request), session, data.brief)
    return CityPlanOut.of(
        await keep_plan(
            session, organisation_id=planning_organisation.id, title=data.title, brief=data.brief, plan=made
        )
    )


@get("/solutions/plans", access=SIGNED_IN, problems=())
async def list_city_plans(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[CityPlanRow]:
    """The plans that your organisation keeps, the newest first."""
    query = plans_of(actor_of(request).organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(CityPlan), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([CityPlanRow.of(kept) for kept in found.items], following, await count(session, query))


@get("/solutions/plans/{city_plan_id:uuid}", access=SIGNED_IN)
async def show_city_plan(own_city_plan: NamedDependency[CityPlan]) -> CityPlanOut:
    """One plan with the question that it answers."""
    return CityPlanOut.of(own_city_plan)


@delete("/solutions/plans/{city_plan_id:uuid}", access=SIGNED_IN, status_code=204)
async def put_city_plan_away(
    session: NamedDependency[AsyncSession], changeable_city_plan: NamedDependency[CityPlan]
) -> None:
    """Take a plan out of the list for good."""
    await put_away(session, kept=changeable_city_plan)


DEPENDENCIES = PROVIDED
ROUTES = [find_trains, make_plan, keep_city_plan, list_city_plans, show_city_plan, put_city_plan_away]
