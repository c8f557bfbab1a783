"""The server under measurement: the whole application, a bare route with the same bytes, and the plain ORM way.

``python -m benchmarks.marketplace_peers PORT DATABASE LISTING``
"""

import asyncio
import sys
import uuid
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Response, Router, get
from msgspec import Struct, convert
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, load_only

from api.app import create_app
from api.listings.schemas import CardOut, DetailOut, HolderOut, TrlOut
from api.people.authentication import authenticate
from api.platform import Platform
from marketplace.capabilities import import_capabilities
from marketplace.database import Sessions, make_engine, make_sessions
from marketplace.listings.content import Effect
from marketplace.listings.models import Listing
from marketplace.logs import configure_logs
from marketplace.settings import Settings
from scoring.technology import Technology


class Answer(Struct):
    items: list[CardOut]
    next: str | None
    total: int


_SAME = ("id", "name", "summary", "media", "pollutants", "industries", "industry_group", "chain_place")
_MORE = ("provenance", "completeness", "published_at", "expires_at")
# No more than a card shows: whole rows would make the peer slower than whoever writes it would let it be.
_ON_CARD = load_only(*(getattr(Listing, name) for name in (*_SAME, *_MORE, "trl_low", "trl_high", "organisation_id")))


def _card(listing: Listing) -> dict[str, Any]:
    return {
        **{name: getattr(listing, name) for name in (*_SAME, *_MORE)},
        "holder": HolderOut(listing.organisation.id, listing.organisation.name),
        "trl": TrlOut(listing.trl_low, listing.trl_high),
    }


def peers(sessions: Sessions, one: uuid.UUID, kept: dict[str, bytes]) -> Litestar:
    """What is compared with: constants, and loaded objects turned into structs."""

    @get("/list")
    async def orm_list() -> Answer:
        published = select(Listing).where(Listing.state == "recommended")
        order = (func.coalesce(Listing.trl_low, 0).desc(), Listing.published_at.desc(), Listing.id.desc())
        async with sessions() as session:
            query = published.options(_ON_CARD, joinedload(Listing.organisation)).order_by(*order).limit(20)
            found = (await session.scalars(query)).all()
            total = await session.scalar(
                select(func.count()).select_from(Listing).where(Listing.state == "recommended")
            )
        return Answer([CardOut(**_card(listing)) for listing in found], None, total or 0)

    @get("/detail")
    async def orm_detail() -> DetailOut:
        async with sessions() as session:
            query = select(Listing).where(Listing.id == one).options(joinedload(Listing.organisation))
            found = (await session.scalars(query)).one()
        technology, effects = convert(found.technology, Technology), convert(found.effects, list[Effect])
        return DetailOut(**_card(found), technology=technology, effects=effects, version=found.version)

    @get("/{name:str}")
    async def bare(name: str) -> Response[bytes]:
        return Response(kept[name], media_type="application/json")

    routers = [Router("/orm", route_handlers=[orm_list, orm_detail]), Router("/bare", route_handlers=[bare])]
    # Its own log handler would write every line of ours a second time.
    return Litestar(routers, logging_config=None)


async def serve(port: int, database: str, one: uuid.UUID) -> None:
    """Ours and the peers in one process, each request to whom its path names."""
    engine = make_engine(database)
    settings = Settings(requests_per_minute=0)
    platform = Platform(sessions=make_sessions(engine), key=b"benchmark", settings=settings, engine=engine)
    app = create_app(platform, authenticate=authenticate)
    listening = asyncio.create_task(platform.catalogue.listen(engine.url))
    while not platform.catalogue.listening:  # noqa: ASYNC110 - once, before anything is measured
        await asyncio.sleep(0.05)
    compared = peers(platform.sessions, one, await _answers(app, one))

    async def by_path(scope: Any, receive: Any, send: Any) -> None:
        chosen = compared if scope.get("path", "").startswith(("/bare/", "/orm/")) else app
        await chosen(scope, receive, send)

    server = Server(by_path, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    await server.serve()
    listening.cancel()


async def _answers(app: Litestar, one: uuid.UUID) -> dict[str, bytes]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        paths = {"list": "/api/v1/catalogue", "detail": f"/api/v1/catalogue/{one}"}
        return {name: (await client.get(path)).content for name, path in paths.items()}


if __name__ == "__main__":
    import_capabilities("models")
    configure_logs(Settings())  # a line for each request of ours, as in production
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], uuid.UUID(sys.argv[3])))
