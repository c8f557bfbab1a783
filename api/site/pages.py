"""The start page, the choice of language, and static files."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings.schemas import CardOut
from api.routing import PUBLIC, get, post
from api.site.assets import serve_asset
from api.site.forms import read_form
from api.site.language import COOKIE, Language
from api.site.render import page, see_other
from api.site.words import MEDIA
from marketplace.knowledge.catalogue import KnowledgeFilter, knowledge_page
from marketplace.listings.catalogue import CatalogueFilter, catalogue_page, facets

READIEST_SHOWN = 6
ZONES_SHOWN = 6
_YEAR_S = 365 * 24 * 3600


class Card(Struct, frozen=True):
    """What the start page shows of a topic."""

    id: str
    title: Any
    summary: Any


@get("/", access=PUBLIC, problems=(), include_in_schema=False)
async def show_home(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """What there is, and where to begin."""
    everything = CatalogueFilter()
    readiest = await catalogue_page(session, everything, after=None, limit=READIEST_SHOWN)
    zones = await knowledge_page(session, KnowledgeFilter(kind="zone"), after=None, limit=ZONES_SHOWN)
    return page(
        request,
        "site/home.html",
        readiest=[msgspec.json.decode(card, type=CardOut) for card in readiest.cards],
        total=readiest.total,
        media=(await facets(session, everything))["medium"],
        words=MEDIA,
        zones=[msgspec.json.decode(card) for card in zones.cards],
        zone_count=zones.total,
    )


class LanguageIn(Struct, frozen=True):
    """The language wanted, and the page to come back to."""

    language: Language
    back: Annotated[str, Meta(max_length=2000)] = "/"


@post("/language", access=PUBLIC, problems=(), status_code=303, include_in_schema=False)
async def choose(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Remember the language; it holds for a year."""
    form = await read_form(request, LanguageIn)
    answer = see_other(inside(form.value.back) if form.value else "/")
    if form.value:
        answer.set_cookie(Cookie(key=COOKIE, value=form.value.language, max_age=_YEAR_S, samesite="lax", path="/"))
    return answer


def inside(address: str) -> str:
    """The address, if it leads to a page of ours; the start page otherwise."""
    parts = urlsplit(address)
    ours = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return address if ours and "\\" not in address and "\n" not in address and "\r" not in address else "/"


PAGES = [show_home, choose, serve_asset]
