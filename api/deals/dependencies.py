"""Deals, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.deals.course import side_of
from marketplace.deals.models import Deal, DealCondition
from marketplace.deals.queries import conditions_of, deals_visible_to
from marketplace.errors import Forbidden, only
from marketplace.people.models import Organisation

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})
NAMED = (joinedload(Deal.listing), joinedload(Deal.holder), joinedload(Deal.financier))


def _require_writer(actor: Actor) -> None:
    if actor.kind != "key" and not WRITERS & actor.roles:
        raise Forbidden("viewers-only-look", "Viewers only look.", "仅查看权限不能执行此操作。")


async def visible_deal(
    request: Request[Any, Any, Any], deal_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Deal:
    """A deal of the caller's organisation; operators see all. For others it does not exist."""
    query = deals_visible_to(actor_of(request)).where(Deal.id == deal_id).options(*NAMED)
    deal: Deal = only(await session.scalar(query), "deal")
    return deal


async def own_deal(request: Request[Any, Any, Any], visible_deal: NamedDependency[Deal]) -> Deal:
    """The same for the members of a party who do more than look."""
    actor = actor_of(request)
    if side_of(visible_deal, actor) is None:
        raise Forbidden("parties-only", "This is for the deal's parties.", "仅限交易双方操作。")
    _require_writer(actor)
    return visible_deal


async def movable_deal(request: Request[Any, Any, Any], visible_deal: NamedDependency[Deal]) -> Deal:
    """The same, for a party or the operator."""
    _require_writer(actor_of(request))
    return visible_deal


async def condition_of_deal(
    movable_deal: NamedDependency[Deal], condition_key: FromPath[str], session: NamedDependency[AsyncSession]
) -> DealCondition:
    """One condition precedent of a deal that the caller may move."""
    found: DealCondition = only(
        next((one for one in await conditions_of(session, movable_deal) if one.key == condition_key), None), "condition"
    )
    return found


async def dealing_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The verified organisation that the caller acts for."""
    actor = actor_of(request)
    _require_writer(actor)
    if actor.organisation_id is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    organisation = await session.get_one(Organisation, actor.organisation_id)
    if organisation.state != "verified":
        raise Forbidden("not-verified", "Your organisation is verified first.", "请先完成机构核验。")
    return organisation


PROVIDED = {
    provider.__name__: provider
    for provider in (visible_deal, own_deal, movable_deal, condition_of_deal, dealing_organisation)
}
