"""Cohorts: several calls whose seats are given out together, as their organiser and the holders see them."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.dependencies import may_write
from api.matching.cohort_form import (
    CohortForm,
    PlacesForm,
    Tiers,
    beside_its_field,
    places_given,
    rankings,
    wishes,
)
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.calls.queries import FINANCIERS
from marketplace.errors import Invalid, only
from marketplace.listings.models import Listing
from marketplace.matching import cohorts
from marketplace.matching.cohort_members import Member, joinable_calls, members_of
from marketplace.matching.models import Cohort, CohortTrack
from marketplace.matching.process import COHORT, RANK_WITHIN
from marketplace.people.models import Organisation

_LIST = "/desk/cohorts"
_ONE = "/desk/cohorts/{cohort_id:uuid}"
_RANKING = f"{_ONE}/rankings/{{call_id:uuid}}"
_WISHES = f"{_ONE}/wishes/{{listing_id:uuid}}"
STATES = {state.name: state.label for state in COHORT.states if state.label}


@get(_LIST, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_cohorts(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """Those one runs, and those of whose calls one applied to."""
    actor = actor_of(request)
    return page(
        request,
        "matching/cohorts.html",
        found=await listed(session, cohorts.visible_cohorts(actor), Cohort, cursor),
        organises=may_write(actor) and bool({f"kind:{kind}" for kind in FINANCIERS} & actor.roles),
        states=STATES,
    )


async def _new_page(
    request: Request[Any, Any, Any], session: AsyncSession, organiser: Organisation, form: Form[CohortForm] | None
) -> Response[bytes]:
    calls = await joinable_calls(session, organiser)
    return page(request, "matching/new-cohort.html", status=422 if form else 200, form=form, calls=calls)


@get(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), include_in_schema=False)
async def show_new_cohort(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """One's calls, to put together."""
    return await _new_page(request, session, posting_organisation, None)


@post(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_new_cohort(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Put them together."""
    form = await read_form(request, CohortForm)
    made: list[Cohort] = []

    async def act(given: CohortForm) -> None:
        made.append(await cohorts.open_cohort(session, organiser=posting_organisation, content=given.content()))

    if not await carried_out(session, form, act):
        return await _new_page(request, session, posting_organisation, form)
    return see_other(f"{_LIST}/{made[0].id}")


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_cohort_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], visible_cohort: NamedDependency[Cohort]
) -> Response[bytes]:
    """Its calls and technologies, and who got which seat; a holder sees their own."""
    return await _cohort_page(request, session, visible_cohort, None)


async def _cohort_page(
    request: Request[Any, Any, Any], session: AsyncSession, cohort: Cohort, form: Form[Any] | None
) -> Response[bytes]:
    actor = actor_of(request)
    organises = cohort.organisation_id == actor.organisation_id
    members = await members_of(session, cohort, actor)
    return page(
        request,
        "matching/cohort.html",
        status=422 if form else 200,
        form=form,
        cohort=cohort,
        organises=organises,
        sees_all=organises or "operator" in actor.roles,
        may_write=may_write(actor),
        ends="operator" in actor.roles or (organises and may_write(actor)),
        tracks=await cohorts.tracks_of(session, cohort),
        members=members,
        in_play=Counter(call for member in members for call in member.applications),
        wishes=wishes(await cohorts.wishes_of(session, cohort, actor)),
        result=cohorts.result_of(cohort),
        states=STATES,
        days_to_rank=RANK_WITHIN.days,
    )


@post(f"{_ONE}/place", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_placing(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], organised_cohort: NamedDependency[Cohort]
) -> Response[bytes]:
    """Give out the seats."""
    return await _step(request, session, organised_cohort, cohorts.place)


@post(f"{_ONE}/cancel", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_cohort_cancelling(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], endable_cohort: NamedDependency[Cohort]
) -> Response[bytes]:
    """Give out nothing together."""
    return await _step(request, session, endable_cohort, cohorts.cancel)


async def _step(
    request: Request[Any, Any, Any], session: AsyncSession, cohort: Cohort, step: Callable[..., Awaitable[Any]]
) -> Response[bytes]:
    form, address = await read_form(request, dict), f"{_LIST}/{cohort.id}"

    async def act(_: object) -> None:
        await step(session, cohort=cohort)

    if await carried_out(session, form, act):
        return see_other(address)
    await session.refresh(cohort)
    return await _cohort_page(request, session, cohort, form)


async def _said(session: AsyncSession, form: Form[PlacesForm], say: Callable[[Tiers], Awaitable[Any]]) -> bool:
    async def act(given: PlacesForm) -> None:
        tiers = given.tiers()
        try:
            await say(tiers)
        except Invalid as error:
            raise beside_its_field(error, tiers) from error

    return await carried_out(session, form, act)


@get(_RANKING, access=SIGNED_IN, include_in_schema=False)
async def show_ranking(
    request: Request[Any, Any, Any],
    call_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    organised_cohort: NamedDependency[Cohort],
) -> Response[bytes]:
    """Who applied to a call, to be ranked."""
    track = await _track(session, organised_cohort, call_id)
    return await _ranking_page(request, session, organised_cohort, track, Form(rankings([track])[call_id]))


async def _track(session: AsyncSession, cohort: Cohort, call_id: uuid.UUID) -> CohortTrack:
    tracks = await cohorts.tracks_of(session, cohort)
    found: CohortTrack = only(next((track for track in tracks if track.call_id == call_id), None), "call")
    return found


async def _ranking_page(
    request: Request[Any, Any, Any], session: AsyncSession, cohort: Cohort, track: CohortTrack, form: Form[Any]
) -> Response[bytes]:
    members = await members_of(session, cohort, actor_of(request))
    return page(
        request,
        "matching/ranking.html",
        status=422 if form.wrong else 200,
        form=form,
        cohort=cohort,
        track=track,
        members=[member for member in members if track.call_id in member.applications],
    )


@post(_RANKING, access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_ranking(
    request: Request[Any, Any, Any],
    call_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    organised_cohort: NamedDependency[Cohort],
) -> Response[bytes]:
    """Say whom a call would take."""
    track, form = await _track(session, organised_cohort, call_id), await read_form(request, PlacesForm)
    if await _said(
        session, form, lambda tiers: cohorts.rank(session, cohort=organised_cohort, call_id=call_id, ranking=tiers)
    ):
        return see_other(f"{_LIST}/{organised_cohort.id}")
    return await _ranking_page(request, session, organised_cohort, track, form)


@get(_WISHES, access=SIGNED_IN, include_in_schema=False)
async def show_wishes(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_cohort: NamedDependency[Cohort],
    applying_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """The calls that a technology applied to, to be put in order."""
    said = wishes(await cohorts.wishes_of(session, visible_cohort, actor_of(request)))
    form: Form[Any] = Form(said.get(applying_listing.id, places_given([])))
    return await _wishes_page(request, session, visible_cohort, applying_listing, form)


async def _wishes_page(
    request: Request[Any, Any, Any], session: AsyncSession, cohort: Cohort, listing: Listing, form: Form[Any]
) -> Response[bytes]:
    members = await members_of(session, cohort, actor_of(request))
    member: Member = only(next((one for one in members if one.listing_id == listing.id), None), "technology")
    return page(
        request,
        "matching/wishes.html",
        status=422 if form.wrong else 200,
        form=form,
        cohort=cohort,
        member=member,
        calls=[
            track.call for track in await cohorts.tracks_of(session, cohort) if track.call_id in member.applications
        ],
    )


@post(_WISHES, access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_wishes(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_cohort: NamedDependency[Cohort],
    applying_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """Say which calls this technology would like best."""
    form = await read_form(request, PlacesForm)
    if await _said(
        session,
        form,
        lambda tiers: cohorts.wish(session, cohort=visible_cohort, listing=applying_listing, wishes=tiers),
    ):
        return see_other(f"{_LIST}/{visible_cohort.id}")
    return await _wishes_page(request, session, visible_cohort, applying_listing, form)


COHORT_PAGES = [
    show_cohorts,
    show_new_cohort,
    take_new_cohort,
    show_cohort_page,
    take_placing,
    take_cohort_cancelling,
    show_ranking,
    take_ranking,
    show_wishes,
    take_wishes,
]
