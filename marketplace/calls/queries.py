"""Lists of calls and financing requests: what a caller may not see is left out by the database."""

import datetime
import uuid
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.calls.models import Call, FinancingRequest
from marketplace.calls.process import PUBLIC_STATES
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation

FINANCIERS = ("investor", "incubator")


class CallFilter(Struct, frozen=True, kw_only=True):
    """What is wanted; whatever is None does not matter. A call without regions is open to every region."""

    state: str = "published"
    medium: str | None = None
    region: str | None = None
    instrument: str | None = None
    trl: int | None = None


def public_calls(wanted: CallFilter) -> Select[Any]:
    """Calls that everybody may read, with their posters."""
    state = wanted.state if wanted.state in PUBLIC_STATES else "published"
    query = select(Call).where(Call.state == state).options(joinedload(Call.organisation))
    if wanted.medium is not None:
        query = query.where(Call.media.contains([wanted.medium]))
    if wanted.region is not None:
        query = query.where(or_(Call.regions == [], Call.regions.overlap([wanted.region, wanted.region[:2]])))
    if wanted.instrument is not None:
        query = query.where(Call.instrument == wanted.instrument)
    if wanted.trl is not None:
        query = query.where(Call.trl_low <= wanted.trl, Call.trl_high >= wanted.trl)
    return query


async def open_calls(session: AsyncSession, *, now: datetime.datetime, most: int) -> list[Call]:
    """What the feed shows: calls one can still apply to, the newest first."""
    query = public_calls(CallFilter()).where(Call.deadline > now).order_by(Call.published_at.desc(), Call.id.desc())
    return list(await session.scalars(query.limit(most)))


def own_calls(actor: Actor) -> Select[Any]:
    """An organisation's own, drafts among them; operators get everybody's."""
    query = select(Call).options(joinedload(Call.organisation))
    return query if "operator" in actor.roles else query.where(Call.organisation_id == actor.organisation_id)


async def call_visible(session: AsyncSession, call_id: uuid.UUID, actor: Actor) -> Call | None:
    """A call that is public, or one's own."""
    may = or_(Call.state.in_(PUBLIC_STATES), and_(Call.state == "cancelled", Call.published_at.is_not(None)))
    if "operator" not in actor.roles:
        mine = Call.organisation_id == actor.organisation_id if actor.organisation_id else false()
        query = select(Call).where(Call.id == call_id, or_(may, mine))
    else:
        query = select(Call).where(Call.id == call_id)
    found: Call | None = await session.scalar(query.options(joinedload(Call.organisation)))
    return found


def requests_visible(actor: Actor) -> ColumnElement[bool]:
    """One's own requests, and published ones where one is a verified financier whom its holder lets read."""
    if "operator" in actor.roles:
        return FinancingRequest.id.is_not(None)
    if actor.organisation_id is None:
        return false()
    verified = exists().where(
        Organisation.id == actor.organisation_id,
        Organisation.state == "verified",
        Organisation.kind.in_(FINANCIERS),
    )
    meant = or_(FinancingRequest.readers == [], FinancingRequest.readers.contains([str(actor.organisation_id)]))
    published = FinancingRequest.state == "published"
    return or_(FinancingRequest.organisation_id == actor.organisation_id, and_(published, meant, verified))


def visible_requests(
    actor: Actor, *, instrument: str | None = None, medium: str | None = None, own: bool = False
) -> Select[Any]:
    query = (
        select(FinancingRequest)
        .where(requests_visible(actor))
        .options(joinedload(FinancingRequest.organisation), joinedload(FinancingRequest.listing))
    )
    if own:
        query = query.where(FinancingRequest.organisation_id == actor.organisation_id)
    if instrument is not None:
        query = query.where(FinancingRequest.instrument == instrument)
    if medium is not None:
        query = query.where(FinancingRequest.listing.has(Listing.media.contains([medium])))
    return query
