"""An application, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.dependencies import may_write, require_writer
from api.platform import actor_of
from marketplace.applications.models import Application
from marketplace.applications.queries import application_visible
from marketplace.errors import Forbidden, only


async def visible_application(
    request: Request[Any, Any, Any], application_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Application:
    """One's own, or one that was submitted to one's own call; operators see what was submitted."""
    found: Application = only(await application_visible(session, application_id, actor_of(request)), "application")
    return found


async def own_application(
    request: Request[Any, Any, Any], visible_application: NamedDependency[Application]
) -> Application:
    """The same for its applicant's members who do more than look."""
    actor = actor_of(request)
    if visible_application.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("applicant-only", "This is for its applicant.", "仅限申报方操作。")
    return visible_application


async def withdrawable_application(
    request: Request[Any, Any, Any], visible_application: NamedDependency[Application]
) -> Application:
    """The same, for its applicant or the operator."""
    actor = actor_of(request)
    require_writer(actor)
    if visible_application.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        raise Forbidden("applicant-only", "This is for its applicant.", "仅限申报方操作。")
    return visible_application


async def received_application(
    request: Request[Any, Any, Any], visible_application: NamedDependency[Application]
) -> Application:
    """The same for those who posted the call, who decide on it."""
    actor = actor_of(request)
    if visible_application.call.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("poster-only", "This is for those who posted the call.", "仅限征集发布方操作。")
    return visible_application


PROVIDED = {
    provider.__name__: provider
    for provider in (visible_application, own_application, withdrawable_application, received_application)
}
