"""Watch lists, and the link that stops mails."""

import html
import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, delete, get, post
from api.screening import schemas
from api.screening.dependencies import organisation_of, reader_of
from marketplace.errors import only
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.paging import count, newest_first, page
from marketplace.screening import alerts, service
from marketplace.screening.models import Watch

Token = Annotated[str, QueryParameter(min_length=10, max_length=200, pattern=r"^[\w-]+$")]


@post("/watches", access=SIGNED_IN)
async def watch(
    request: Request[Any, Any, Any], data: JSONBody[schemas.WatchIn], session: NamedDependency[AsyncSession]
) -> schemas.WatchOut:
    """Put a published technology on your organisation's list."""
    actor = actor_of(request)
    organisation_id = organisation_of(actor)
    query = select(Listing).where(Listing.id == data.listing_id, Listing.state == PUBLISHED)
    listing: Listing = only(await session.scalar(query), "technology")
    made = await service.watch(
        session, organisation_id=organisation_id, listing=listing, alerts_to=reader_of(actor, data.alerts)
    )
    await session.refresh(made, ["listing"])
    return schemas.WatchOut.of(made)


@get("/watches", access=SIGNED_IN, problems=())
async def list_watches(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.WatchOut]:
    """The technologies your organisation watches, with their present states."""
    query = select(Watch).where(Watch.organisation_id == actor_of(request).organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    listed = query.options(joinedload(Watch.listing))
    found = await page(session, listed, order=newest_first(Watch), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.WatchOut.of(item) for item in found.items], following, await count(session, query))


@delete("/watches/{watch_id:uuid}", access=SIGNED_IN, status_code=204)
async def unwatch(session: NamedDependency[AsyncSession], own_watch: NamedDependency[Watch]) -> None:
    """Take a technology off the list."""
    await service.unwatch(session, watched=own_watch)


@post("/alerts/stop", access=PUBLIC, problems=(), status_code=200, media_type="text/html")
async def stop_alerts(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], token: Token) -> str:
    """End the mails that the token came with. Mail programs call it from their own button (RFC 8058)."""
    await alerts.stop_alerts(session, token=token, key=platform_of(request).key)
    return _page("已停止发送此类邮件。· These mails have been stopped.")


@get("/alerts/stop", access=PUBLIC, problems=(), media_type="text/html")
async def ask_to_stop(token: Token) -> Response[str]:
    """The page behind the link in a mail: one click ends the mails.

    Opening it changes nothing, because mail filters open every link before a person does.
    """
    button = (
        f'<form method="post" action="?token={html.escape(token)}"><button autofocus>停止邮件 · Stop</button></form>'
    )
    return Response(_page(button), media_type="text/html")


def _page(body: str) -> str:
    return f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>Greenhatch</title><body>{body}</body></html>'


WATCHES = [watch, list_watches, unwatch, stop_alerts, ask_to_stop]
