"""What authors write, and how it gets into the open."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import require_version, version_tag
from api.knowledge import dependencies, schemas
from api.knowledge.public import PUBLIC_ROUTES
from api.knowledge.registrations import REGISTRATION_ROUTES
from api.knowledge.steps import STEPS
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post, put
from marketplace.knowledge import service
from marketplace.knowledge.content import Draft
from marketplace.knowledge.models import KnowledgeItem
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation

_ONE = "/knowledge-items/{knowledge_item_id:uuid}"


@get("/knowledge-items", access=SIGNED_IN, problems=())
async def list_own_knowledge(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    kind: FromQuery[schemas.Kind | None] = None,
    item_state: FromQuery[schemas.ItemState | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.ItemOut]:
    """What one's own organisation writes, the newest first; operators get everybody's."""
    actor = actor_of(request)
    query = select(KnowledgeItem)
    if "operator" not in actor.roles:
        query = query.where(KnowledgeItem.organisation_id == actor.organisation_id)
    if kind is not None:
        query = query.where(KnowledgeItem.kind == kind)
    if item_state is not None:
        query = query.where(KnowledgeItem.state == item_state)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(KnowledgeItem), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.ItemOut.of(item) for item in found.items], following, await count(session, query))


@post("/knowledge-items", access=SIGNED_IN)
async def draft_knowledge(
    data: JSONBody[Draft],
    session: NamedDependency[AsyncSession],
    knowledge_author: NamedDependency[Organisation],
) -> Response[schemas.ItemOut]:
    """Begin an item. Operators write every kind, holders showcases and cases, assessors reviews and teams."""
    made = await service.draft_item(session, author=knowledge_author, draft=data)
    return _versioned(made, 201)


@get(_ONE, access=SIGNED_IN)
async def show_own_knowledge(own_knowledge_item: NamedDependency[KnowledgeItem]) -> Response[schemas.ItemOut]:
    """One's own item with everything in it."""
    return _versioned(own_knowledge_item, 200)


@put(_ONE, access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_knowledge(
    request: Request[Any, Any, Any],
    data: JSONBody[Draft],
    session: NamedDependency[AsyncSession],
    editable_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[schemas.ItemOut]:
    """Replace what a draft says; If-Match names the version that was changed."""
    require_version(request, editable_knowledge_item.version)
    await service.rewrite_item(session, item=editable_knowledge_item, draft=data)
    return _versioned(editable_knowledge_item, 200)


def _versioned(item: KnowledgeItem, status: int) -> Response[schemas.ItemOut]:
    return Response(schemas.ItemOut.of(item), status_code=status, headers={"ETag": version_tag(item.version)})


@get(f"{_ONE}/versions", access=SIGNED_IN)
async def list_knowledge_versions(
    session: NamedDependency[AsyncSession], own_knowledge_item: NamedDependency[KnowledgeItem]
) -> list[schemas.VersionOut]:
    """Every version there was, the newest first, with the hash of what it said."""
    return [schemas.VersionOut.of(version) for version in await service.versions_of(session, own_knowledge_item)]


DEPENDENCIES = dependencies.DEPENDENCIES
ROUTES = [
    *PUBLIC_ROUTES,
    list_own_knowledge,
    draft_knowledge,
    show_own_knowledge,
    rewrite_knowledge,
    list_knowledge_versions,
    *STEPS,
    *REGISTRATION_ROUTES,
]
