"""A listing, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from marketplace.errors import Forbidden, only
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})


async def own_listing(
    request: Request[Any, Any, Any], listing_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Listing:
    """A listing of the caller's organisation; operators see all. For others it does not exist."""
    actor = actor_of(request)
    found: Listing | None = await session.get(Listing, listing_id)
    if found is not None and found.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        found = None
    listing: Listing = only(found, "listing")
    return listing


async def editable_listing(request: Request[Any, Any, Any], own_listing: NamedDependency[Listing]) -> Listing:
    """The same for whoever may change it: members of the holder who do more than look."""
    actor = actor_of(request)
    if own_listing.organisation_id != actor.organisation_id or not (actor.kind == "key" or WRITERS & actor.roles):
        raise Forbidden("holder-only", "Only its holder's members may change a listing.", "仅持有方成员可修改。")
    return own_listing


async def holder_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The technology holder that the caller acts for."""
    actor = actor_of(request)
    if "kind:holder" not in actor.roles or not (actor.kind == "key" or WRITERS & actor.roles):
        raise Forbidden("holders-only", "This is for technology holders.", "仅限技术持有方操作。")
    return await session.get_one(Organisation, actor.organisation_id)
