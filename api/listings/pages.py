"""The catalogue and the page of one technology."""

import asyncio
import datetime
import uuid
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.introductions.dependencies import PARTIES
from api.listings import words as listing_words
from api.listings.desk_pages import DESK_PAGES
from api.listings.schemas import CardOut, DetailOut
from api.listings.words import INSTRUMENTS
from api.paging import Cursor, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, get
from api.site import words
from api.site.render import is_fragment, page
from marketplace.actors import Actor
from marketplace.assessments.queries import published_decision
from marketplace.errors import only
from marketplace.listings.catalogue import CatalogueFilter, Position, catalogue_page, facets, public_detail
from marketplace.screening.facts import reference_scorers
from scoring.readiness.framework import FRAMEWORKS
from scoring.report.view import page as report_of
from scoring.screening.screen import screen
from scoring.technology import Medium, Technology

SHOWN = 20
SIMILAR_SHOWN = 3
REPORTS_KEPT = 500
Filter = Annotated[str | None, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")]
Level = Annotated[str, QueryParameter(pattern="^[1-9]?$", description="A level, or nothing for any")]

_FACETS = {
    "medium": words.MEDIA,
    "industry_group": words.INDUSTRY_GROUPS,
    "chain_place": words.CHAIN_PLACES,
    "provenance": words.PROVENANCES,
}


@get("/technologies", access=PUBLIC, problems=(), include_in_schema=False)
async def show_catalogue(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    medium: FromQuery[Medium | None] = None,
    pollutant: Filter = None,
    industry_group: Filter = None,
    chain_place: Filter = None,
    provenance: Filter = None,
    trl_min: Level = "",
    cursor: Cursor = None,
) -> Response[bytes]:
    """Recommended technologies, the readiest first."""
    chosen = {
        "medium": medium.value if medium else None,
        "pollutant": pollutant or None,
        "industry_group": industry_group or None,
        "chain_place": chain_place or None,
        "provenance": provenance or None,
        "trl_min": int(trl_min) if trl_min else None,
    }
    wanted = CatalogueFilter(**chosen)  # type: ignore[arg-type]
    after = decode_cursor(cursor, Position) if cursor else None
    found = await catalogue_page(session, wanted, after=after, limit=SHOWN)
    return page(
        request,
        "listings/_results.html" if is_fragment(request) else "listings/catalogue.html",
        cards=[msgspec.json.decode(card, type=CardOut) for card in found.cards],
        total=found.total,
        following=encode_cursor(found.last) if found.last else None,
        chosen={name: value for name, value in chosen.items() if value is not None},
        counts=await facets(session, wanted),
        facets=_FACETS,
        words=words.MEDIA,
        levels=[(level, level) for level in range(1, 10)],
    )


@get("/technologies/{listing_id:uuid}", access=PUBLIC, include_in_schema=False)
async def show_technology_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], listing_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """Everything that is public about one technology."""
    found = msgspec.json.decode(only(await public_detail(session, listing_id), "technology"), type=DetailOut)
    near = CatalogueFilter(medium=found.media[0] if found.media else None)
    others = await catalogue_page(session, near, after=None, limit=SIMILAR_SHOWN + 1)
    decision = await published_decision(session, listing_id)
    today = platform_of(request).clock.now().date()
    report = await asyncio.to_thread(_report, msgspec.json.encode(found.technology), today)
    return page(
        request,
        "listings/technology.html",
        found=found,
        technology=found.technology,
        report=report,
        decision=decision,
        similar=[card for raw in others.cards if (card := msgspec.json.decode(raw, type=CardOut)).id != listing_id][
            :SIMILAR_SHOWN
        ],
        words=words.MEDIA,
        provenances=words.PROVENANCES,
        frameworks=FRAMEWORKS,
        choices=listing_words,
        instruments=INSTRUMENTS,
        may_approach=_may_approach(actor_of(request), found.holder.id),
    )


def _may_approach(actor: Actor, holder_id: uuid.UUID) -> bool:
    """Visitors may, once they have signed in; assessors, operators and the holder are no counterparty."""
    if actor.organisation_id is None:
        return actor.kind != "operator"
    return bool(PARTIES & actor.roles) and actor.organisation_id != holder_id


@lru_cache(maxsize=REPORTS_KEPT)
def _report(technology: bytes, today: datetime.date) -> dict[str, Any]:
    """What scoring says; the same for everybody, so it is worked out once a day."""
    scorers = reference_scorers()
    known = msgspec.json.decode(technology, type=Technology)
    return report_of(screen([known], as_of=today, cards=scorers.cards, propose=scorers.propose).rows[0])


PAGES = [show_catalogue, show_technology_page, *DESK_PAGES]
