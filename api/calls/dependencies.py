"""Calls and financing requests, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.calls.models import Call, FinancingRequest
from marketplace.calls.queries import FINANCIERS, call_visible, visible_requests
from marketplace.errors import FieldError, Forbidden, Invalid, only
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.people.models import Organisation

LISTINGS_SHOWN = 200
WRITERS = frozenset({"member:owner", "member:admin", "member:member"})


def may_write(actor: Actor) -> bool:
    return actor.kind == "key" or bool(WRITERS & actor.roles)


def require_writer(actor: Actor) -> None:
    if not may_write(actor):
        raise Forbidden("viewers-only-look", "Viewers only look.", "仅查看权限不能执行此操作。")


async def posting_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The verified investor or incubator that the caller acts for."""
    actor = actor_of(request)
    if not {f"kind:{kind}" for kind in FINANCIERS} & actor.roles:
        raise Forbidden("financiers-only", "This is for investors and incubators.", "仅限投资方和孵化机构操作。")
    return await _verified(session, actor)


async def applying_organisation(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Organisation:
    """The verified technology holder that the caller acts for."""
    actor = actor_of(request)
    if "kind:holder" not in actor.roles:
        raise Forbidden("holders-only", "This is for technology holders.", "仅限技术持有方操作。")
    return await _verified(session, actor)


async def _verified(session: AsyncSession, actor: Actor) -> Organisation:
    require_writer(actor)
    organisation = await session.get_one(Organisation, actor.organisation_id)
    if organisation.state != "verified":
        raise Forbidden("not-verified", "Your organisation is verified first.", "请先完成机构核验。")
    return organisation


async def named_listing(session: AsyncSession, holder: Organisation, listing_id: uuid.UUID) -> Listing:
    """One of the holder's technologies, as a field of a request names it."""
    query = select(Listing).where(Listing.id == listing_id, Listing.organisation_id == holder.id)
    found: Listing | None = await session.scalar(query)
    if found is None:
        expected = "one of your own technologies"
        fault = FieldError(field="listing_id", value=str(listing_id), expected=expected, expected_zh="须为本机构的技术")
        raise Invalid([fault])
    return found


async def own_listings(session: AsyncSession, holder_id: uuid.UUID) -> list[Listing]:
    """What a holder can apply with: the technologies not withdrawn, published ones first."""
    query = select(Listing).where(Listing.organisation_id == holder_id, Listing.state != "withdrawn")
    found = await session.scalars(query.order_by(Listing.state != PUBLISHED, Listing.id).limit(LISTINGS_SHOWN))
    return list(found)


def named_listing_or_none(listings: list[Listing], listing_id: uuid.UUID | None) -> Listing | None:
    """The one of them that is named; the first where none is."""
    if listing_id is None:
        return listings[0] if listings else None
    return next((one for one in listings if one.id == listing_id), None)


async def visible_call(
    request: Request[Any, Any, Any], call_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Call:
    """A call that is public, or one's own."""
    found: Call = only(await call_visible(session, call_id, actor_of(request)), "call")
    return found


async def own_call(request: Request[Any, Any, Any], visible_call: NamedDependency[Call]) -> Call:
    """The same for its poster and for operators: what only they see of it."""
    actor = actor_of(request)
    if visible_call.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        raise Forbidden("poster-only", "This is for those who posted the call.", "仅限征集发布方操作。")
    return visible_call


async def posted_call(request: Request[Any, Any, Any], visible_call: NamedDependency[Call]) -> Call:
    """The same for its poster's members who do more than look."""
    actor = actor_of(request)
    if visible_call.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("poster-only", "This is for those who posted the call.", "仅限征集发布方操作。")
    return visible_call


async def endable_call(request: Request[Any, Any, Any], own_call: NamedDependency[Call]) -> Call:
    """The same, for its poster or the operator."""
    require_writer(actor_of(request))
    return own_call


async def visible_request(
    request: Request[Any, Any, Any], financing_request_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> FinancingRequest:
    """One's own, or one that its holder lets one read."""
    query = visible_requests(actor_of(request)).where(FinancingRequest.id == financing_request_id)
    found: FinancingRequest = only(await session.scalar(query), "financing-request")
    return found


async def own_request(
    request: Request[Any, Any, Any], visible_request: NamedDependency[FinancingRequest]
) -> FinancingRequest:
    """The same for its holder's members who do more than look."""
    actor = actor_of(request)
    if visible_request.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("holder-only", "This is for its holder.", "仅限持有方操作。")
    return visible_request


async def followed_request(
    request: Request[Any, Any, Any], visible_request: NamedDependency[FinancingRequest]
) -> FinancingRequest:
    """The same for all of its holder's members, and for operators."""
    actor = actor_of(request)
    if visible_request.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        raise Forbidden("holder-only", "This is for its holder.", "仅限持有方操作。")
    return visible_request


async def endable_request(
    request: Request[Any, Any, Any], followed_request: NamedDependency[FinancingRequest]
) -> FinancingRequest:
    """The same for those of them who do more than look."""
    require_writer(actor_of(request))
    return followed_request


PROVIDED = {
    provider.__name__: provider
    for provider in (
        posting_organisation,
        applying_organisation,
        visible_call,
        own_call,
        posted_call,
        endable_call,
        visible_request,
        own_request,
        followed_request,
        endable_request,
    )
}
