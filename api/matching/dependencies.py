"""Mandates and cohorts, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.dependencies import may_write
from api.platform import actor_of
from marketplace.errors import Forbidden, only
from marketplace.listings.models import Listing
from marketplace.matching.cohorts import visible_cohorts
from marketplace.matching.mandates import visible_mandates
from marketplace.matching.models import Cohort, Mandate


async def visible_mandate(
    request: Request[Any, Any, Any], mandate_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Mandate:
    """One's own, or for verified holders one that is open to them; operators see all."""
    found: Mandate = only(
        await session.scalar(visible_mandates(actor_of(request)).where(Mandate.id == mandate_id)), "mandate"
    )
    return found


async def own_mandate(request: Request[Any, Any, Any], visible_mandate: NamedDependency[Mandate]) -> Mandate:
    """The same for its organisation and for operators."""
    actor = actor_of(request)
    if visible_mandate.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        raise Forbidden("mandate-owner-only", "This is for those whose mandate it is.", "仅限该投资意向所属机构操作。")
    return visible_mandate


async def editable_mandate(request: Request[Any, Any, Any], own_mandate: NamedDependency[Mandate]) -> Mandate:
    """The same for its organisation's members who do more than look."""
    actor = actor_of(request)
    if own_mandate.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("mandate-owner-only", "This is for those whose mandate it is.", "仅限该投资意向所属机构操作。")
    return own_mandate


async def visible_cohort(
    request: Request[Any, Any, Any], cohort_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Cohort:
    """One's own, or one of whose calls one applied to; operators see all."""
    found: Cohort = only(
        await session.scalar(visible_cohorts(actor_of(request)).where(Cohort.id == cohort_id)), "cohort"
    )
    return found


async def organised_cohort(request: Request[Any, Any, Any], visible_cohort: NamedDependency[Cohort]) -> Cohort:
    """The same for its organiser's members who do more than look."""
    actor = actor_of(request)
    if visible_cohort.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("organiser-only", "This is for those who run the cohort.", "仅限批次组织方操作。")
    return visible_cohort


async def endable_cohort(request: Request[Any, Any, Any], visible_cohort: NamedDependency[Cohort]) -> Cohort:
    """The same, or for operators."""
    actor = actor_of(request)
    own = visible_cohort.organisation_id == actor.organisation_id and may_write(actor)
    if not own and "operator" not in actor.roles:
        raise Forbidden("organiser-only", "This is for those who run the cohort.", "仅限批次组织方操作。")
    return visible_cohort


async def applying_listing(request: Request[Any, Any, Any], own_listing: NamedDependency[Listing]) -> Listing:
    """A listing, for its holder's members who do more than look."""
    actor = actor_of(request)
    if own_listing.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("holder-only", "This is for its holder.", "仅限持有方操作。")
    return own_listing


PROVIDED = {
    provider.__name__: provider
    for provider in (
        visible_mandate,
        own_mandate,
        editable_mandate,
        visible_cohort,
        organised_cohort,
        endable_cohort,
        applying_listing,
    )
}
