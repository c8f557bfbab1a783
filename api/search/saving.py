"""Kept searches, loaded and authorised in one step: only their own organisation knows of them."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from api.screening.dependencies import organisation_of, reader_of
from api.search.schemas import SavedSearchIn
from marketplace.actors import Actor
from marketplace.errors import Conflict, FieldError, Invalid, only
from marketplace.paging import count
from marketplace.search.models import SavedSearch
from marketplace.search.saving import SEARCHES_MAX, save_search, searches_of


async def own_search(
    request: Request[Any, Any, Any], saved_search_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> SavedSearch:
    mine = searches_of(actor_of(request).organisation_id).where(SavedSearch.id == saved_search_id)
    found: SavedSearch = only(await session.scalar(mine), "saved-search")
    return found


async def changeable_search(request: Request[Any, Any, Any], own_search: NamedDependency[SavedSearch]) -> SavedSearch:
    organisation_of(actor_of(request))
    return own_search


async def saved(session: AsyncSession, actor: Actor, wish: SavedSearchIn) -> SavedSearch:
    """Keep a search for the caller's organisation; its mails go to the caller."""
    organisation_id = organisation_of(actor)
    filters = wish.filters.given() if wish.filters else {}
    if not wish.q.strip() and not filters:
        expected = "some words to look for, or a filter"
        raise Invalid([FieldError(field="q", expected=expected, expected_zh="请输入要查找的内容或选择筛选条件")])
    if await count(session, searches_of(organisation_id)) >= SEARCHES_MAX:
        message = f"You keep {SEARCHES_MAX} searches; remove one first."
        raise Conflict("too-many-searches", message, f"已保存{SEARCHES_MAX}个搜索，请先删除。")
    return await save_search(
        session, organisation_id=organisation_id, name=wish.name, text=wish.q, filters=filters,
        alerts_to=reader_of(actor, wish.alerts),
    )  # fmt: skip


PROVIDED = {provider.__name__: provider for provider in (own_search, changeable_search)}
