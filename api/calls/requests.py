"""Financing requests: written by holders, read by verified investors and incubators."""

import datetime
import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.dependencies import named_listing
from api.conditional import require_version, version_tag
from api.fields import Prose
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post, put
from api.steps import StepOut
from marketplace.calls import queries, requests
from marketplace.calls.content import Instrument
from marketplace.calls.models import FinancingRequest
from marketplace.calls.requests import RequestContent
from marketplace.money import Money
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring.technology import Medium, Text

_REQUEST = "/financing-requests/{financing_request_id:uuid}"
Time = Annotated[datetime.datetime, Meta(tz=True)]


class RequestIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for one of one's own technologies."""

    listing_id: uuid.UUID
    content: RequestContent


class OpenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when it can be read; half a year where nothing is said."""

    open_until: Time | None = None


class ExtendRequestIn(Struct, frozen=True, forbid_unknown_fields=True):
    open_until: Time


class RequestNoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose = ""


class RequestCard(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    title: Text
    holder: Text
    listing_id: uuid.UUID
    technology: Text
    media: list[str]
    instrument: str
    budget: Money
    state: str
    open_until: datetime.datetime | None
    published_at: datetime.datetime | None

    @classmethod
    def of(cls, found: FinancingRequest) -> "RequestCard":
        return cls(**_card(found))


class RequestOut(RequestCard, frozen=True, kw_only=True):
    """The whole request. Only its holder is told who else may read it."""

    content: RequestContent
    version: int

    @classmethod
    def shown_to(cls, found: FinancingRequest, *, holder: bool) -> "RequestOut":
        kept = dict(found.content) if holder else {**found.content, "readers": []}
        content = requests.content_from(kept)
        return cls(**_card(found), content=content, version=found.version)


def _card(found: FinancingRequest) -> dict[str, Any]:
    copied = ("id", "title", "listing_id", "instrument", "budget", "state", "open_until", "published_at")
    shown = {name: getattr(found, name) for name in copied}
    listing = found.listing
    return shown | {"holder": found.organisation.name, "technology": listing.name, "media": listing.media}


@get("/financing-requests", access=SIGNED_IN, problems=())
async def list_financing_requests(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    instrument: FromQuery[Instrument | None] = None,
    medium: FromQuery[Medium | None] = None,
    own: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[RequestCard]:
    """What one may read, the newest first; `own` leaves one's own."""
    query = queries.visible_requests(actor_of(request), instrument=instrument, medium=medium, own=own)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(FinancingRequest), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([RequestCard.of(item) for item in found.items], following, await count(session, query))


@post("/financing-requests", access=SIGNED_IN, problems=())
async def draft_financing_request(
    data: JSONBody[RequestIn],
    session: NamedDependency[AsyncSession],
    applying_organisation: NamedDependency[Organisation],
) -> Response[RequestOut]:
    """Begin a request; milestones and uses each add up to the budget."""
    listing = await named_listing(session, applying_organisation, data.listing_id)
    made = await requests.draft_request(session, listing=listing, content=data.content)
    made.listing, made.organisation = listing, applying_organisation
    return _versioned(made, 201, holder=True)


@get(_REQUEST, access=SIGNED_IN)
async def show_financing_request(
    request: Request[Any, Any, Any], visible_request: NamedDependency[FinancingRequest]
) -> Response[RequestOut]:
    """The project, its milestones and budget, and what is offered."""
    holder = visible_request.organisation_id == actor_of(request).organisation_id
    return _versioned(visible_request, 200, holder=holder)


def _versioned(found: FinancingRequest, status: int, *, holder: bool) -> Response[RequestOut]:
    shown = RequestOut.shown_to(found, holder=holder)
    return Response(shown, status_code=status, headers={"ETag": version_tag(found.version)})


@put(_REQUEST, access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_financing_request(
    request: Request[Any, Any, Any],
    data: JSONBody[RequestContent],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> Response[RequestOut]:
    """Replace what a draft says; If-Match names the version that was changed."""
    require_version(request, own_request.version)
    await requests.rewrite_request(session, request=own_request, content=data)
    return _versioned(own_request, 200, holder=True)


@post(f"{_REQUEST}/publish", access=SIGNED_IN)
async def publish_financing_request(
    data: JSONBody[OpenIn],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> StepOut:
    """Show it to verified investors and incubators, or to those it names."""
    return StepOut.of(await requests.publish_request(session, request=own_request, open_until=data.open_until))


@post(f"{_REQUEST}/extend", access=SIGNED_IN)
async def extend_financing_request(
    data: JSONBody[ExtendRequestIn],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> StepOut:
    """Change until when it can be read."""
    return StepOut.of(await requests.extend_request(session, request=own_request, open_until=data.open_until))


@post(f"{_REQUEST}/fund", access=SIGNED_IN)
async def mark_financing_request_funded(
    data: JSONBody[RequestNoteIn],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> StepOut:
    """Say that the money was found."""
    return StepOut.of(await requests.mark_funded(session, request=own_request, note=data.note))


@post(f"{_REQUEST}/withdraw", access=SIGNED_IN)
async def withdraw_financing_request(
    data: JSONBody[RequestNoteIn],
    session: NamedDependency[AsyncSession],
    endable_request: NamedDependency[FinancingRequest],
) -> StepOut:
    """Take it back for good."""
    return StepOut.of(await requests.withdraw_request(session, request=endable_request, note=data.note))


@get(f"{_REQUEST}/history", access=SIGNED_IN)
async def list_financing_request_steps(
    session: NamedDependency[AsyncSession], followed_request: NamedDependency[FinancingRequest]
) -> list[StepOut]:
    """What has happened to the request."""
    return [StepOut.of(event) for event in await history(session, followed_request)]


REQUEST_ROUTES = [
    list_financing_requests,
    draft_financing_request,
    show_financing_request,
    rewrite_financing_request,
    publish_financing_request,
    extend_financing_request,
    mark_financing_request_funded,
    withdraw_financing_request,
    list_financing_request_steps,
]
