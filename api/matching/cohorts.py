"""Cohorts: wishes, rankings, and seats that are given out together."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.matching import cohort_schemas as schemas
from api.matching.cohort_schemas import CohortOut
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post, put
from marketplace.actors import Actor
from marketplace.listings.models import Listing
from marketplace.matching import cohorts
from marketplace.matching.models import Cohort
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation

_COHORT = "/cohorts/{cohort_id:uuid}"


async def _shown(session: AsyncSession, cohort: Cohort, actor: Actor) -> CohortOut:
    organising = cohort.organisation_id == actor.organisation_id or "operator" in actor.roles
    wishes = await cohorts.wishes_of(session, cohort, actor)
    return CohortOut.whole(cohort, await cohorts.tracks_of(session, cohort), wishes, organising=organising)


@get("/cohorts", access=SIGNED_IN, problems=())
async def list_cohorts(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.CohortCard]:
    """Those one runs, and those of whose calls one applied to, the newest first."""
    query = cohorts.visible_cohorts(actor_of(request))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Cohort), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.CohortCard.of(entry) for entry in found.items], following, await count(session, query))


@post("/cohorts", access=SIGNED_IN, problems=())
async def open_cohort(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.CohortIn],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> CohortOut:
    """Put several of your own calls together."""
    made = await cohorts.open_cohort(session, organiser=posting_organisation, content=data.content())
    return await _shown(session, made, actor_of(request))


@get(_COHORT, access=SIGNED_IN)
async def show_cohort(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], visible_cohort: NamedDependency[Cohort]
) -> CohortOut:
    """One cohort, as far as it is yours to read."""
    return await _shown(session, visible_cohort, actor_of(request))


@put(f"{_COHORT}/wishes/{{listing_id:uuid}}", access=SIGNED_IN)
async def wish(
    data: JSONBody[schemas.TiersIn],
    session: NamedDependency[AsyncSession],
    visible_cohort: NamedDependency[Cohort],
    applying_listing: NamedDependency[Listing],
) -> schemas.WishOut:
    """Say which of the calls this technology would like best; saying what you want is the best you can do."""
    said = await cohorts.wish(session, cohort=visible_cohort, listing=applying_listing, wishes=data.tiers)
    return schemas.WishOut.of(said)


@put(f"{_COHORT}/rankings/{{call_id:uuid}}", access=SIGNED_IN)
async def rank(
    request: Request[Any, Any, Any],
    call_id: FromPath[uuid.UUID],
    data: JSONBody[schemas.TiersIn],
    session: NamedDependency[AsyncSession],
    organised_cohort: NamedDependency[Cohort],
) -> CohortOut:
    """Say whom a call would take."""
    await cohorts.rank(session, cohort=organised_cohort, call_id=call_id, ranking=data.tiers)
    return await _shown(session, organised_cohort, actor_of(request))


@post(f"{_COHORT}/place", access=SIGNED_IN, status_code=200)
async def place(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], organised_cohort: NamedDependency[Cohort]
) -> CohortOut:
    """Give out the seats, once wishes are closed."""
    await cohorts.place(session, cohort=organised_cohort)
    return await _shown(session, organised_cohort, actor_of(request))


@post(f"{_COHORT}/cancel", access=SIGNED_IN, status_code=200, operation_id="cancel_cohort")
async def cancel(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], endable_cohort: NamedDependency[Cohort]
) -> CohortOut:
    """Give out nothing together."""
    await cohorts.cancel(session, cohort=endable_cohort)
    return await _shown(session, endable_cohort, actor_of(request))


COHORTS = [list_cohorts, open_cohort, show_cohort, wish, rank, place, cancel]
"""All routes."""
