"""The interviewer, published needs for everybody, and a seeker's own."""

import uuid
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import require_version, version_tag
from api.needs import schemas
from api.needs.consultations import CONSULTATIONS
from api.needs.dependencies import PROVIDED
from api.needs.solutions import SOLUTIONS
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import Platform, actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post, put
from api.steps import StepOut
from marketplace.errors import only
from marketplace.needs import queries, service
from marketplace.needs.envelopes import Envelope, published_envelopes
from marketplace.needs.interview import interview
from marketplace.needs.margins import relaxations
from marketplace.needs.models import Need
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring.technology import Medium

REMAINING_SHOWN = 50
_ENVELOPES = "needs/envelopes"
_NEED = "/needs/{need_id:uuid}"


async def kept_envelopes(platform: Platform, session: AsyncSession) -> list[Envelope]:
    """All published envelopes, kept until something is published."""
    if kept := platform.catalogue.get(_ENVELOPES):
        return msgspec.msgpack.decode(kept.content, type=list[Envelope])
    epoch = platform.catalogue.epoch
    found = await published_envelopes(session)
    platform.catalogue.put(_ENVELOPES, msgspec.msgpack.encode(found), epoch=epoch)
    return found


@post("/needs/interview", access=PUBLIC, problems=(), status_code=200)
async def hold_interview(
    request: Request[Any, Any, Any], data: JSONBody[schemas.InterviewIn], session: NamedDependency[AsyncSession]
) -> schemas.InterviewOut:
    """Turn plain words into a typed need: what was understood, and the question that leaves the fewest technologies."""
    technologies = await kept_envelopes(platform_of(request), session)
    held = interview(data.text, [entry.answer() for entry in data.answers], technologies)
    return schemas.InterviewOut.of(held, shown=REMAINING_SHOWN)


@get("/published-needs", access=PUBLIC, problems=())
async def list_published_needs(
    session: NamedDependency[AsyncSession],
    medium: FromQuery[Medium | None] = None,
    pollutant: schemas.Filter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.PublicNeed]:
    """Needs that wait for solutions, the newest first; nobody is told who seeks."""
    query = queries.open_needs(medium=medium, pollutant=pollutant)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Need), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.PublicNeed.of(need) for need in found.items], following, await count(session, query))


@get("/published-needs/{need_id:uuid}", access=PUBLIC)
async def show_published_need(
    need_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> schemas.PublicNeed:
    """One need that waits for solutions."""
    return schemas.PublicNeed.of(only(await queries.open_need(session, need_id), "need"))


@get("/needs", access=SIGNED_IN, problems=())
async def list_own_needs(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.OwnNeed]:
    """The needs of one's own organisation, the newest first; operators get everybody's."""
    actor = actor_of(request)
    query = select(Need)
    if "operator" not in actor.roles:
        query = query.where(Need.organisation_id == actor.organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Need), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.OwnNeed.of(need) for need in found.items], following, await count(session, query))


@post("/needs", access=SIGNED_IN, problems=())
async def draft_need(
    data: JSONBody[schemas.NeedIn],
    session: NamedDependency[AsyncSession],
    seeking_organisation: NamedDependency[Organisation],
) -> Response[schemas.OwnNeed]:
    """Begin a need."""
    return _versioned(await service.draft_need(session, seeker=seeking_organisation, content=data.content()), 201)


@get(_NEED, access=SIGNED_IN)
async def show_own_need(own_need: NamedDependency[Need]) -> Response[schemas.OwnNeed]:
    """One's own need."""
    return _versioned(own_need, 200)


@put(_NEED, access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_need(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.NeedIn],
    session: NamedDependency[AsyncSession],
    editable_need: NamedDependency[Need],
) -> Response[schemas.OwnNeed]:
    """Replace what a draft says; If-Match names the version that was changed."""
    require_version(request, editable_need.version)
    await service.rewrite_need(session, need=editable_need, content=data.content())
    return _versioned(editable_need, 200)


def _versioned(need: Need, status: int) -> Response[schemas.OwnNeed]:
    return Response(schemas.OwnNeed.of(need), status_code=status, headers={"ETag": version_tag(need.version)})


@post(f"{_NEED}/publish", access=SIGNED_IN)
async def publish_need(
    data: JSONBody[schemas.PublishIn], session: NamedDependency[AsyncSession], editable_need: NamedDependency[Need]
) -> StepOut:
    """Show a draft to everybody, without a name; all that is missing or would name the seeker is told at once."""
    event = await service.publish_need(
        session, need=editable_need, open_until=data.open_until, embargo_until=data.embargo_until
    )
    return StepOut.of(event)


@post(f"{_NEED}/extend", access=SIGNED_IN)
async def extend_need(
    data: JSONBody[schemas.ExtendIn], session: NamedDependency[AsyncSession], editable_need: NamedDependency[Need]
) -> StepOut:
    """Change until when it is open."""
    return StepOut.of(await service.extend_need(session, need=editable_need, open_until=data.open_until))


@post(f"{_NEED}/withdraw", access=SIGNED_IN, operation_id="withdraw_need")
async def withdraw_need(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], endable_need: NamedDependency[Need]
) -> StepOut:
    """Take a need back for good."""
    return StepOut.of(await service.withdraw_need(session, need=endable_need, note=data.note))


@get(f"{_NEED}/matches", access=SIGNED_IN)
async def list_matches(
    session: NamedDependency[AsyncSession], own_need: NamedDependency[Need], limit: Limit = 20
) -> schemas.MatchesOut:
    """Published technologies beside the need: signed margins, the limit that binds, what is unknown, what to relax."""
    found = await service.matches_of(session, need=own_need)
    return schemas.MatchesOut(
        items=[schemas.MatchOut.of(entry) for entry in found[:limit]],
        total=len(found),
        relaxations=[schemas.RelaxationOut.of(entry) for entry in relaxations(found)],
    )


@get(f"{_NEED}/history", access=SIGNED_IN)
async def list_need_steps(session: NamedDependency[AsyncSession], own_need: NamedDependency[Need]) -> list[StepOut]:
    """What has happened to the need."""
    return [StepOut.of(event) for event in await history(session, own_need)]


DEPENDENCIES = PROVIDED
ROUTES = [
    hold_interview,
    list_published_needs,
    show_published_need,
    list_own_needs,
    draft_need,
    show_own_need,
    rewrite_need,
    publish_need,
    extend_need,
    withdraw_need,
    list_matches,
    list_need_steps,
    *SOLUTIONS,
    *CONSULTATIONS,
]
