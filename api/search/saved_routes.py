"""Searches that an organisation keeps, with alerts by mail."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, delete, get, post, put
from api.screening.dependencies import reader_of
from api.search.saving import saved
from api.search.schemas import AlertsIn, SavedSearchIn, SavedSearchOut
from marketplace.paging import count, newest_first, page
from marketplace.search.models import SavedSearch
from marketplace.search.saving import close_search, searches_of, set_alerts


@post("/searches", access=SIGNED_IN, problems=())
async def keep_search(
    request: Request[Any, Any, Any], data: JSONBody[SavedSearchIn], session: NamedDependency[AsyncSession]
) -> SavedSearchOut:
    """Keep a search; who asks for alerts gets a mail once for each thing that newly answers it."""
    return SavedSearchOut.of(await saved(session, actor_of(request), data))


@get("/searches", access=SIGNED_IN, problems=())
async def list_searches(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[SavedSearchOut]:
    """The searches that your organisation keeps, the newest first."""
    query = searches_of(actor_of(request).organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(SavedSearch), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([SavedSearchOut.of(one) for one in found.items], following, await count(session, query))


@put("/searches/{saved_search_id:uuid}/alerts", access=SIGNED_IN)
async def set_search_alerts(
    request: Request[Any, Any, Any],
    data: JSONBody[AlertsIn],
    session: NamedDependency[AsyncSession],
    changeable_search: NamedDependency[SavedSearch],
) -> SavedSearchOut:
    """Pause the mails of a search, or have them sent to you from now on."""
    await set_alerts(session, saved=changeable_search, alerts_to=reader_of(actor_of(request), data.alerts))
    return SavedSearchOut.of(changeable_search)


@delete("/searches/{saved_search_id:uuid}", access=SIGNED_IN, status_code=204)
async def remove_search(
    session: NamedDependency[AsyncSession], changeable_search: NamedDependency[SavedSearch]
) -> None:
    """Stop asking."""
    await close_search(session, saved=changeable_search)


SAVED = [keep_search, list_searches, set_search_alerts, remove_search]
