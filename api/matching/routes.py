"""Mandates; technologies for a call, a mandate or any terms; calls and mandates for a technology."""

import asyncio
import uuid
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import require_version, version_tag
from api.matching import schemas
from api.matching.cohorts import COHORTS
from api.matching.dependencies import PROVIDED
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import Platform, actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post, put
from marketplace.calls.models import Call
from marketplace.calls.queries import CallFilter, public_calls
from marketplace.calls.service import content_of
from marketplace.database import clock_of
from marketplace.errors import Invalid
from marketplace.listings.models import Listing
from marketplace.matching import mandates, service
from marketplace.matching.asked import terms_of
from marketplace.matching.models import Mandate
from marketplace.matching.profiles import profiles_of, published_profiles
from marketplace.matching.service import Technologies, Viewing
from marketplace.matching.terms import Profile, Terms, impossible
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation

_PROFILES = "matching/profiles"
_MANDATE = "/mandates/{mandate_id:uuid}"
# Facts and financing requests change without a word: what is kept is at most this old.
KEPT_S = 300
COMPARED_MAX = 2_000


async def _profiles(platform: Platform, session: AsyncSession) -> list[Profile]:
    """All published profiles, kept for a few minutes or until something is published."""
    now = clock_of(session).now().timestamp()
    if kept := platform.catalogue.get(_PROFILES):
        read_at, profiles = msgspec.msgpack.decode(kept.content, type=tuple[float, list[Profile]])
        if now - read_at < KEPT_S:
            return profiles
    epoch = platform.catalogue.epoch
    found = await published_profiles(session)
    platform.catalogue.put(_PROFILES, msgspec.msgpack.encode((now, found)), epoch=epoch)
    return found


async def _technologies(
    request: Request[Any, Any, Any], session: AsyncSession, terms: Terms, cursor: str | None, limit: int
) -> schemas.TechnologiesOut:
    """A page for the caller, who is noted to have been shown it."""
    actor, today = actor_of(request), clock_of(session).now().date()
    viewer = actor.organisation_id or uuid.UUID(int=0)
    viewing = Viewing(viewer=viewer, day=today, shown=await service.impressions(session, before=today))
    start = max(0, decode_cursor(cursor, int)) if cursor else 0
    profiles = await _profiles(platform_of(request), session)
    found: Technologies = await asyncio.to_thread(
        service.technologies_for, terms, profiles, viewing=viewing, start=start, limit=limit
    )
    if actor.organisation_id is not None and "operator" not in actor.roles:
        shown = [entry.profile.id for entry in found.items]
        await service.note_impressions(session, viewer=viewer, day=today, listing_ids=shown)
    following = encode_cursor(start + limit) if start + limit < found.total else None
    return schemas.TechnologiesOut.of(found, following=following)


@get("/matching/limits", access=PUBLIC, problems=(), sync_to_thread=False)
def list_limits() -> schemas.LimitsOut:
    """What technologies are held to, each with its name in both languages."""
    return schemas.limit_names()


@get("/matching/calls/{call_id:uuid}/technologies", access=SIGNED_IN)
async def list_technologies_for_call(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_call: NamedDependency[Call],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> schemas.TechnologiesOut:
    """Published technologies that miss none of the call's limits, each with its margins; and what to relax."""
    return await _technologies(request, session, terms_of(content_of(own_call)), cursor, limit)


@get("/matching/mandates/{mandate_id:uuid}/technologies", access=SIGNED_IN)
async def list_technologies_for_mandate(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_mandate: NamedDependency[Mandate],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> schemas.TechnologiesOut:
    """The same for a mandate."""
    return await _technologies(request, session, mandates.terms_of_mandate(own_mandate), cursor, limit)


@post("/matching/technologies", access=SIGNED_IN, problems=(), status_code=200)
async def try_terms(
    request: Request[Any, Any, Any],
    data: JSONBody[Terms],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
    limit: Limit = 20,
) -> schemas.TechnologiesOut:
    """The same for any terms, which are not kept: what would come in if you asked for this."""
    del posting_organisation  # that there is one is what lets the caller ask
    if faults := list(impossible(data)):
        raise Invalid(faults)
    return await _technologies(request, session, data, None, limit)


@get("/matching/listings/{listing_id:uuid}/calls", access=SIGNED_IN)
async def list_calls_for_listing(
    session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing], limit: Limit = 20
) -> schemas.CallMatchesOut:
    """Open calls beside one's technology: fewest limits missed, fewest unknown, most room first."""
    open_now = public_calls(CallFilter()).where(Call.deadline > clock_of(session).now())
    calls = (await session.scalars(open_now.order_by(Call.id).limit(COMPARED_MAX))).all()
    profile = (await profiles_of(session, [own_listing.id]))[own_listing.id]
    asked = [(call, terms_of(content_of(call))) for call in calls]
    found = await asyncio.to_thread(service.askers_for, profile, asked, most=limit)
    return schemas.CallMatchesOut(items=[schemas.CallMatch.of(entry) for entry in found], total=len(calls))


@get("/matching/listings/{listing_id:uuid}/mandates", access=SIGNED_IN)
async def list_mandates_for_listing(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_listing: NamedDependency[Listing],
    limit: Limit = 20,
) -> schemas.MandateMatchesOut:
    """Mandates of investors and incubators that let holders see them, beside one's technology."""
    visible = mandates.visible_mandates(actor_of(request), running=True).order_by(Mandate.id).limit(COMPARED_MAX)
    running = (await session.scalars(visible)).all()
    profile = (await profiles_of(session, [own_listing.id]))[own_listing.id]
    asked = [(mandate, mandates.terms_of_mandate(mandate)) for mandate in running]
    found = await asyncio.to_thread(service.askers_for, profile, asked, most=limit)
    return schemas.MandateMatchesOut(items=[schemas.MandateMatch.of(entry) for entry in found], total=len(running))


@get("/mandates", access=SIGNED_IN, problems=())
async def list_mandates(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.MandateOut]:
    """One's own, and for verified holders those that are open to them, the newest first."""
    query = mandates.visible_mandates(actor_of(request), own=own)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Mandate), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.MandateOut.of(entry) for entry in found.items], following, await count(session, query))


@post("/mandates", access=SIGNED_IN, problems=())
async def open_mandate(
    data: JSONBody[schemas.MandateIn],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[schemas.MandateOut]:
    """Say what you look for at any time, call or no call."""
    made = await mandates.open_mandate(session, organisation=posting_organisation, content=data.content())
    await session.refresh(made, ["organisation"])
    return _versioned(made, 201)


@get(_MANDATE, access=SIGNED_IN, sync_to_thread=False)
def show_mandate(visible_mandate: NamedDependency[Mandate]) -> Response[schemas.MandateOut]:
    """One mandate."""
    return _versioned(visible_mandate, 200)


@put(_MANDATE, access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_mandate(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.MandateIn],
    session: NamedDependency[AsyncSession],
    editable_mandate: NamedDependency[Mandate],
) -> Response[schemas.MandateOut]:
    """Replace what it says; If-Match names the version that was changed."""
    require_version(request, editable_mandate.version)
    await mandates.rewrite_mandate(session, mandate=editable_mandate, content=data.content())
    return _versioned(editable_mandate, 200)


@post(f"{_MANDATE}/end", access=SIGNED_IN, status_code=200)
async def end_mandate(
    session: NamedDependency[AsyncSession], editable_mandate: NamedDependency[Mandate]
) -> Response[schemas.MandateOut]:
    """Look for this no more."""
    await mandates.end_mandate(session, mandate=editable_mandate)
    return _versioned(editable_mandate, 200)


def _versioned(mandate: Mandate, status: int) -> Response[schemas.MandateOut]:
    headers = {"ETag": version_tag(mandate.version)}
    return Response(schemas.MandateOut.of(mandate), status_code=status, headers=headers)


DEPENDENCIES = PROVIDED
ROUTES = [
    list_limits,
    list_technologies_for_call,
    list_technologies_for_mandate,
    try_terms,
    list_calls_for_listing,
    list_mandates_for_listing,
    list_mandates,
    open_mandate,
    show_mandate,
    rewrite_mandate,
    end_mandate,
    *COHORTS,
]
