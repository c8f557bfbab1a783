"""Introductions, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.dependencies import require_writer
from api.platform import actor_of
from marketplace.errors import Forbidden, only
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import introduction_visible
from marketplace.people.models import Organisation

# Those who offer technologies, pay for them or use them.
PARTIES = frozenset({"kind:holder", "kind:investor", "kind:incubator", "kind:demand"})


async def introduced_organisation(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Organisation:
    """The verified holder, investor, incubator or demand side that the caller acts for."""
    actor = actor_of(request)
    if not PARTIES & actor.roles:
        raise Forbidden(
            "parties-only", "This is for those who offer, finance or use technologies.", "仅限技术供需及投资各方操作。"
        )
    require_writer(actor)
    organisation = await session.get_one(Organisation, actor.organisation_id)
    if organisation.state != "verified":
        raise Forbidden("not-verified", "Your organisation is verified first.", "请先完成机构核验。")
    return organisation


async def visible_introduction(
    request: Request[Any, Any, Any], introduction_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Introduction:
    """One that the caller's organisation takes part in; operators see all. For others it does not exist."""
    found = await introduction_visible(session, introduction_id=introduction_id, actor=actor_of(request))
    introduction: Introduction = only(found, "introduction")
    return introduction


async def joined_introduction(
    request: Request[Any, Any, Any], visible_introduction: NamedDependency[Introduction]
) -> Introduction:
    """The same for those of the two sides who do more than look."""
    actor = actor_of(request)
    if actor.organisation_id not in (visible_introduction.initiator_id, visible_introduction.recipient_id):
        raise Forbidden("sides-only", "This is for the two sides.", "仅限对接双方操作。")
    require_writer(actor)
    return visible_introduction


PROVIDED = {
    provider.__name__: provider for provider in (introduced_organisation, visible_introduction, joined_introduction)
}
