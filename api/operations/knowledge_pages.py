"""Articles that wait for the operator's eyes: read, then publish or return with a reason."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.knowledge.words import FIELDS
from api.paging import Cursor
from api.routing import OPERATOR, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.steps import StepIn
from marketplace.knowledge import service
from marketplace.knowledge.models import KnowledgeItem

_DESK = "/desk/operator/knowledge"
_ONE = f"{_DESK}/{{knowledge_item_id:uuid}}"


@get(_DESK, access=OPERATOR, problems=(), include_in_schema=False)
async def show_waiting_knowledge(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """What waits, the newest first."""
    waiting = select(KnowledgeItem).where(KnowledgeItem.state == "review")
    found = await listed(session, waiting, KnowledgeItem, cursor)
    return page(request, "operations/knowledge-list.html", items=found.items, following=found.following)


@get(_ONE, access=OPERATOR, include_in_schema=False)
async def show_knowledge_review(
    request: Request[Any, Any, Any], own_knowledge_item: NamedDependency[KnowledgeItem]
) -> Response[bytes]:
    """One article as its author hands it in."""
    if own_knowledge_item.kind == "zone":
        return see_other(f"/desk/topics/{own_knowledge_item.id}")
    return _shown(request, own_knowledge_item)


def _shown(request: Request[Any, Any, Any], item: KnowledgeItem, form: Form[StepIn] | None = None) -> Response[bytes]:
    return page(request, "operations/knowledge.html", status=422 if form else 200, item=item, form=form, fields=FIELDS)


@post(f"{_ONE}/publish", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_publication(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Publish it."""
    return await _step(request, session, own_knowledge_item, publish=True)


@post(f"{_ONE}/return", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_return(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Return it to its author, who reads the reason."""
    return await _step(request, session, own_knowledge_item, publish=False)


async def _step(
    request: Request[Any, Any, Any], session: AsyncSession, item: KnowledgeItem, *, publish: bool
) -> Response[bytes]:
    form = await read_form(request, StepIn)
    move = service.publish_item if publish else service.return_item
    if await carried_out(session, form, lambda given: move(session, item=item, note=given.note)):
        return see_other(_DESK)
    await session.refresh(item)
    return _shown(request, item, form)


KNOWLEDGE_PAGES = [show_waiting_knowledge, show_knowledge_review, take_publication, take_return]
