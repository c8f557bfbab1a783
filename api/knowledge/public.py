"""What everybody sees: lists, pages, topic zones. Answers are the texts that publication wrote, joined together."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import respond, respond_tagged
from api.knowledge import schemas
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, get
from marketplace.database import transaction
from marketplace.errors import only
from marketplace.knowledge import catalogue
from marketplace.knowledge.catalogue import KnowledgeFilter, Position, ZonePage
from scoring.technology import Medium

Read = Callable[[AsyncSession], Awaitable[bytes]]


async def _kept_or_read(request: Request[Any, Any, Any], key: str, read: Read) -> Response[bytes]:
    """The answer from memory where it still holds, otherwise from the database."""
    platform = platform_of(request)
    if kept := platform.catalogue.get(key):
        return respond_tagged(request, kept.content, kept.tag)
    epoch = platform.catalogue.epoch
    async with transaction(platform.sessions, actor_of(request)) as session:
        answer = await read(session)
    platform.catalogue.put(key, answer, epoch=epoch)
    return respond(request, answer)


@get(
    "/knowledge",
    access=PUBLIC,
    problems=(),
    responses={200: ResponseSpec(Page[schemas.CardOut], description="One page, the newest first")},
)
async def list_knowledge(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    kind: FromQuery[schemas.Kind | None] = None,
    medium: FromQuery[Medium | None] = None,
    zone_id: FromQuery[uuid.UUID | None] = None,
    listing_id: FromQuery[uuid.UUID | None] = None,
    need_id: FromQuery[uuid.UUID | None] = None,
    upcoming: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response[bytes]:
    """Published items; `upcoming` gives events that have not begun, the next one first."""
    wanted = KnowledgeFilter(
        kind=kind,
        medium=medium,
        zone_id=zone_id,
        listing_id=listing_id,
        need_id=need_id,
        starting_after=platform_of(request).clock.now() if upcoming else None,
    )
    after = decode_cursor(cursor, Position) if cursor else None
    found = await catalogue.knowledge_page(session, wanted, after=after, limit=limit)
    following = f'"{encode_cursor(found.last)}"' if found.last else "null"
    answer = b'{"items":%b,"next":%b,"total":%d}' % (_array(found.cards), following.encode(), found.total)
    return respond(request, answer)


@get("/knowledge/facets", access=PUBLIC, problems=())
async def list_knowledge_facets(session: NamedDependency[AsyncSession]) -> schemas.Facets:
    """How many published items there are of each kind and for each medium."""
    return schemas.Facets(**await catalogue.facets(session))


@get(
    "/knowledge/{knowledge_id:uuid}",
    access=PUBLIC,
    responses={200: ResponseSpec(schemas.DetailOut, description="The published item")},
)
async def show_knowledge(request: Request[Any, Any, Any], knowledge_id: FromPath[uuid.UUID]) -> Response[bytes]:
    """One published item."""

    async def read(session: AsyncSession) -> bytes:
        answer: bytes = only(await catalogue.public_item(session, knowledge_id), "knowledge-item")
        return answer

    return await _kept_or_read(request, f"knowledge/{knowledge_id}", read)


@get(
    "/knowledge/{knowledge_id:uuid}/links",
    access=PUBLIC,
    responses={200: ResponseSpec(schemas.LinksOut, description="Technologies and needs")},
)
async def show_links(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], knowledge_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """The technologies and needs that an item is about, as far as they are public now."""
    found = await catalogue.subjects_of(session, knowledge_id)
    answer = b'{"technologies":%b,"needs":%b}' % (_array(found.technologies), msgspec.json.encode(found.needs))
    return respond(request, answer)


@get(
    "/zones/{zone_id:uuid}",
    access=PUBLIC,
    responses={200: ResponseSpec(schemas.ZoneOut, description="The topic with all that belongs to it")},
)
async def show_zone(
    request: Request[Any, Any, Any], zone_id: FromPath[uuid.UUID], limit: Limit = 20
) -> Response[bytes]:
    """A topic: its technologies, policies and further items, how many there are of each, and its team."""

    async def read(session: AsyncSession) -> bytes:
        return _zone_json(only(await catalogue.zone_page(session, zone_id, limit=limit), "zone"))

    return await _kept_or_read(request, f"zone/{zone_id}/{limit}", read)


def _zone_json(found: ZonePage) -> bytes:
    return b'{"zone":%b,"technologies":%b,"policies":%b,"related":%b,"team":%b}' % (
        found.zone,
        _counted(found.technologies, found.technology_count),
        _counted(found.policies, found.policy_count),
        _counted(found.related, found.related_count),
        found.team or b"null",
    )


def _counted(cards: Sequence[bytes], total: int) -> bytes:
    return b'{"items":%b,"total":%d}' % (_array(cards), total)


def _array(items: Sequence[bytes]) -> bytes:
    return b"[%b]" % b",".join(items)


PUBLIC_ROUTES = [list_knowledge, list_knowledge_facets, show_knowledge, show_links, show_zone]
