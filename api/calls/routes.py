"""Calls for everybody, the feed of them, and what their posters do."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import schemas
from api.calls.dependencies import PROVIDED, named_listing
from api.calls.feed import ATOM_FEED, ENTRIES_MAX, JSON_FEED, atom_feed, json_feed
from api.calls.requests import REQUEST_ROUTES
from api.conditional import require_version, respond, version_tag
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post, put
from api.steps import StepOut
from marketplace.applications import decisions
from marketplace.applications.forgetting import Statistics, statistics_of
from marketplace.applications.service import check_eligibility
from marketplace.calls import queries, service
from marketplace.calls.content import CallContent, Instrument
from marketplace.calls.models import Call
from marketplace.calls.templates import templates
from marketplace.errors import Forbidden
from marketplace.paging import Key, count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring.technology import Medium

Language = Literal["zh", "en"]
RegionFilter = Annotated[str | None, QueryParameter(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
TrlFilter = Annotated[int | None, QueryParameter(ge=1, le=9)]
_CALL = "/calls/{call_id:uuid}"
_SOONEST_FIRST = (Key(Call.deadline), Key(Call.id))


@get("/calls", access=PUBLIC, problems=())
async def list_calls(
    session: NamedDependency[AsyncSession],
    call_state: Annotated[schemas.State, QueryParameter(name="state")] = "published",
    medium: FromQuery[Medium | None] = None,
    instrument: FromQuery[Instrument | None] = None,
    region: RegionFilter = None,
    trl: TrlFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.CallCard]:
    """Calls, the one that closes first first; by field, instrument, region and readiness."""
    wanted = queries.CallFilter(state=call_state, medium=medium, region=region, instrument=instrument, trl=trl)
    query = queries.public_calls(wanted)
    after = decode_cursor(cursor, tuple[datetime.datetime, uuid.UUID]) if cursor else None
    found = await page(session, query, order=_SOONEST_FIRST, after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.CallCard.of(call) for call in found.items], following, await count(session, query))


@get("/calls/own", access=SIGNED_IN, problems=())
async def list_own_calls(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.CallCard]:
    """The calls of one's own organisation, drafts among them, the newest first; operators get everybody's."""
    query = queries.own_calls(actor_of(request))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Call), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.CallCard.of(call) for call in found.items], following, await count(session, query))


@get("/calls/templates", access=PUBLIC, problems=())
async def list_templates(request: Request[Any, Any, Any]) -> list[schemas.TemplateOut]:
    """Complete calls to start from."""
    return [schemas.TemplateOut.of(found) for found in templates(platform_of(request).clock.now())]


async def _feed(
    request: Request[Any, Any, Any], session: AsyncSession, language: Language, kind: str
) -> Response[bytes]:
    platform = platform_of(request)
    now, base = platform.clock.now(), f"{platform.settings.public_url}/api/v1"
    calls = await queries.open_calls(session, now=now, most=ENTRIES_MAX)
    if kind == JSON_FEED:
        return respond(request, json_feed(calls, base=base, language=language), media_type=JSON_FEED)
    return respond(request, atom_feed(calls, base=base, language=language, now=now), media_type=ATOM_FEED)


@get(
    "/calls/feed.json",
    access=PUBLIC,
    problems=(),
    responses={200: ResponseSpec(dict[str, Any], description="JSON Feed 1.1", media_type=JSON_FEED)},
)
async def read_json_feed(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], language: FromQuery[Language] = "en"
) -> Response[bytes]:
    """Open calls, the newest first, as a JSON feed."""
    return await _feed(request, session, language, JSON_FEED)


@get(
    "/calls/feed.atom",
    access=PUBLIC,
    problems=(),
    responses={200: ResponseSpec(str, description="Atom", media_type=ATOM_FEED)},
)
async def read_atom_feed(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], language: FromQuery[Language] = "en"
) -> Response[bytes]:
    """Open calls, the newest first, as an Atom feed."""
    return await _feed(request, session, language, ATOM_FEED)


@get(_CALL, access=PUBLIC)
async def show_call(visible_call: NamedDependency[Call]) -> Response[schemas.CallOut]:
    """One call: what it is for, every condition, how it is judged, what is asked."""
    return _versioned(visible_call, 200)


def _versioned(call: Call, status: int) -> Response[schemas.CallOut]:
    return Response(schemas.CallOut.of(call), status_code=status, headers={"ETag": version_tag(call.version)})


@get(f"{_CALL}/editions", access=PUBLIC)
async def list_editions(
    session: NamedDependency[AsyncSession], visible_call: NamedDependency[Call]
) -> list[schemas.EditionOut]:
    """What the call said and says: each edition with what changed and why, the newest first."""
    return [schemas.EditionOut.of(found) for found in await service.editions_of(session, visible_call)]


@get(f"{_CALL}/statistics", access=PUBLIC, problems=(403, 404))
async def show_statistics(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], visible_call: NamedDependency[Call]
) -> Statistics:
    """What became of the applications, small groups left out; for everybody once the call is completed."""
    actor = actor_of(request)
    insider = visible_call.organisation_id == actor.organisation_id or "operator" in actor.roles
    if visible_call.state != "completed" and not insider:
        raise Forbidden("not-completed", "Statistics are published once the call is completed.", "征集完成后公布统计。")
    return await statistics_of(session, visible_call)


@post("/calls", access=SIGNED_IN, problems=())
async def draft_call(
    data: JSONBody[CallContent],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[schemas.CallOut]:
    """Begin a call."""
    made = await service.draft_call(session, poster=posting_organisation, content=data)
    made.organisation = posting_organisation
    return _versioned(made, 201)


@put(_CALL, access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_call(
    request: Request[Any, Any, Any],
    data: JSONBody[CallContent],
    session: NamedDependency[AsyncSession],
    posted_call: NamedDependency[Call],
) -> Response[schemas.CallOut]:
    """Replace what a draft says; If-Match names the version that was changed."""
    require_version(request, posted_call.version)
    await service.rewrite_call(session, call=posted_call, content=data)
    return _versioned(posted_call, 200)


@post(f"{_CALL}/publish", access=SIGNED_IN)
async def publish_call(session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]) -> StepOut:
    """Open a draft to applications; all that is missing is named at once."""
    return StepOut.of(await service.publish_call(session, call=posted_call))


@post(f"{_CALL}/amend", access=SIGNED_IN)
async def amend_call(
    data: JSONBody[schemas.AmendmentIn], session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]
) -> schemas.EditionOut:
    """Change an open call in the open: applicants are told, and agree anew or withdraw."""
    made = await service.amend_call(session, call=posted_call, content=data.content, note=data.note)
    return schemas.EditionOut.of(made)


@post(f"{_CALL}/complete", access=SIGNED_IN)
async def complete_call(session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]) -> StepOut:
    """End a closed call once every application has its answer."""
    waiting = await decisions.undecided(session, posted_call)
    return StepOut.of(await service.complete_call(session, call=posted_call, undecided=waiting))


@post(f"{_CALL}/cancel", access=SIGNED_IN)
async def cancel_call(
    data: JSONBody[schemas.CancelIn], session: NamedDependency[AsyncSession], endable_call: NamedDependency[Call]
) -> StepOut:
    """Take a call back, with a reason; applications that wait end with it."""
    return StepOut.of(await service.cancel_call(session, call=endable_call, note=data.note))


@get(f"{_CALL}/history", access=SIGNED_IN)
async def list_call_steps(session: NamedDependency[AsyncSession], own_call: NamedDependency[Call]) -> list[StepOut]:
    """What has happened to the call."""
    return [StepOut.of(event) for event in await history(session, own_call)]


@post(f"{_CALL}/eligibility", access=SIGNED_IN, status_code=200)
async def check_conditions(
    data: JSONBody[schemas.EligibilityIn],
    session: NamedDependency[AsyncSession],
    visible_call: NamedDependency[Call],
    applying_organisation: NamedDependency[Organisation],
) -> schemas.EligibilityOut:
    """How one's own technology stands against every condition, before one applies; nothing of it is kept."""
    listing = await named_listing(session, applying_organisation, data.listing_id)
    asked = data.asked.money() if data.asked else None
    findings = await check_eligibility(session, call=visible_call, listing=listing, asked=asked)
    return schemas.EligibilityOut(eligible=not any(finding.blocks for finding in findings), findings=findings)


DEPENDENCIES = PROVIDED
ROUTES = [
    list_calls,
    list_own_calls,
    list_templates,
    read_json_feed,
    read_atom_feed,
    show_call,
    list_editions,
    show_statistics,
    draft_call,
    rewrite_call,
    publish_call,
    amend_call,
    complete_call,
    cancel_call,
    list_call_steps,
    check_conditions,
    *REQUEST_ROUTES,
]
