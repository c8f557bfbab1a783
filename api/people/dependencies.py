"""Loading and authorising in one step; what a caller may not know of does not exist for them."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from marketplace.errors import Forbidden, only
from marketplace.people.models import LoginSession, Organisation, Person
from marketplace.people.organisations import MANAGERS


async def login(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> LoginSession:
    """The browser's own session, with its person loaded in this transaction."""
    held = request.scope.get("auth")
    if not isinstance(held, LoginSession):
        raise Forbidden("browser-only", "This is for people who signed in, not for API keys.", "仅限登录用户操作。")
    found = await session.get_one(LoginSession, held.id)
    found.person = await session.get_one(Person, held.person_id)
    return found


async def own_organisation(
    request: Request[Any, Any, Any], organisation_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Organisation:
    """The organisation the caller acts for; operators see all."""
    actor = actor_of(request)
    if actor.organisation_id != organisation_id and "operator" not in actor.roles:
        only(None, "organisation")
    found: Organisation = only(await session.get(Organisation, organisation_id), "organisation")
    return found


async def shown_organisation(
    request: Request[Any, Any, Any], organisation_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Organisation:
    """Everybody knows the verified ones; the others are known to themselves and to operators."""
    actor = actor_of(request)
    found: Organisation = only(await session.get(Organisation, organisation_id), "organisation")
    if found.state != "verified" and actor.organisation_id != found.id and "operator" not in actor.roles:
        only(None, "organisation")
    return found


async def any_organisation(
    organisation_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Organisation:
    """For routes that are the operator's alone."""
    found: Organisation = only(await session.get(Organisation, organisation_id), "organisation")
    return found


async def managed_organisation(
    request: Request[Any, Any, Any], own_organisation: NamedDependency[Organisation]
) -> Organisation:
    """The same for its owners and administrators."""
    actor = actor_of(request)
    if actor.organisation_id != own_organisation.id or not any(f"member:{role}" in actor.roles for role in MANAGERS):
        raise Forbidden("managers-only", "This is for the organisation's administrators.", "仅限机构管理员操作。")
    return own_organisation


async def acting_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The organisation that the caller acts for now."""
    actor = actor_of(request)
    if actor.organisation_id is None:
        raise Forbidden("no-organisation", "Choose in your account for whom you act.", "请先在账户中选择所代表的机构。")
    return await session.get_one(Organisation, actor.organisation_id)


async def administered_organisation(
    request: Request[Any, Any, Any], acting_organisation: NamedDependency[Organisation]
) -> Organisation:
    """The same for its owners and administrators."""
    return await managed_organisation(request, acting_organisation)
