"""Kept plans, loaded and authorised in one step: only their own organisation knows of them."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.needs.dependencies import may_write
from api.platform import actor_of
from marketplace.errors import Forbidden, only
from marketplace.people.models import Organisation
from marketplace.solutions.keeping import plans_of
from marketplace.solutions.models import CityPlan


async def planning_organisation(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Organisation:
    """The organisation that the caller may write for, whatever its kind."""
    actor = actor_of(request)
    if not may_write(actor):
        raise Forbidden("viewers-only-look", "Viewers only look.", "仅查看权限不能执行此操作。")
    if actor.organisation_id is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    return await session.get_one(Organisation, actor.organisation_id)


async def own_city_plan(
    request: Request[Any, Any, Any], city_plan_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> CityPlan:
    mine = plans_of(actor_of(request).organisation_id).where(CityPlan.id == city_plan_id)
    found: CityPlan = only(await session.scalar(mine), "city-plan")
    return found


async def changeable_city_plan(
    own_city_plan: NamedDependency[CityPlan], planning_organisation: NamedDependency[Organisation]
) -> CityPlan:
    return own_city_plan


PROVIDED = {provider.__name__: provider for provider in (planning_organisation, own_city_plan, changeable_city_plan)}
