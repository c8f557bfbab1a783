"""The library: policies, cases, topics and teams, and events with their registration."""

import datetime
import uuid
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.knowledge.schemas import CardOut, DetailOut
from api.knowledge.topic_pages import TOPIC_PAGES
from api.knowledge.words import KINDS, POLICY_LEVELS, REGISTRATIONS, STANDARD_STATES
from api.knowledge.writing_pages import WRITING_PAGES
from api.listings.schemas import CardOut as TechnologyCard
from api.paging import Cursor, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.site import words
from api.site.attempt import attempt
from api.site.forms import Form
from api.site.language import CURRENT, choose_language
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError, only
from marketplace.knowledge import catalogue, events
from marketplace.knowledge.catalogue import KnowledgeFilter, Position, ZonePage
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem
from marketplace.people.models import Organisation

SHOWN = 20
IN_ZONE = 12
# A field left empty arrives as an empty text.
Code = Annotated[str, QueryParameter(max_length=40, pattern=r"^[a-z-]*$")]


@get("/knowledge", access=PUBLIC, problems=(), include_in_schema=False)
async def show_library(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    kind: Code = "",
    medium: Code = "",
    when: Code = "",
    cursor: Cursor = None,
) -> Response[bytes]:
    """Published items, the newest first; `when=upcoming` shows the events to come, the next one first."""
    after = platform_of(request).clock.now() if when == "upcoming" else None
    wanted = KnowledgeFilter(kind=kind or None, medium=medium or None, starting_after=after)
    position = decode_cursor(cursor, Position) if cursor else None
    found = await catalogue.knowledge_page(session, wanted, after=position, limit=SHOWN)
    return page(
        request,
        "knowledge/library.html",
        cards=_cards(found.cards),
        total=found.total,
        following=encode_cursor(found.last) if found.last else None,
        counts=await catalogue.facets(session),
        chosen={"kind": kind, "medium": medium, "when": when},
        kinds=KINDS,
        media=words.MEDIA,
    )


def _cards(cards: Any) -> list[CardOut]:
    return [msgspec.json.decode(card, type=CardOut) for card in cards]


def _technologies(cards: Any) -> list[TechnologyCard]:
    return [msgspec.json.decode(card, type=TechnologyCard) for card in cards]


@get("/knowledge/{knowledge_id:uuid}", access=PUBLIC, include_in_schema=False)
async def show_item(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], knowledge_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """One published item, of whatever kind."""
    return await _item_page(request, session, knowledge_id)


async def _item_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    item_id: uuid.UUID,
    *,
    status: int = 200,
    form: Form[Any] | None = None,
) -> Response[bytes]:
    found = msgspec.json.decode(only(await catalogue.public_item(session, item_id), "knowledge-item"), type=DetailOut)
    about = await catalogue.subjects_of(session, item_id)
    zone = await catalogue.zone_page(session, item_id, limit=IN_ZONE) if found.kind == "zone" else None
    return page(
        request,
        "knowledge/item.html",
        status=status,
        form=form,
        item=found,
        content=found.content,
        technologies=_technologies(zone.technologies if zone else about.technologies),
        needs=about.needs,
        zone=zone,
        zone_query={} if zone is None else _query_of(found),
        policies=_cards(zone.policies) if zone else [],
        related=_cards(zone.related) if zone else [],
        team=_team(zone),
        kinds=KINDS,
        media=words.MEDIA,
        words=words.MEDIA,
        standard_states=STANDARD_STATES,
        policy_levels=POLICY_LEVELS,
        registrations=REGISTRATIONS,
        **await _seats(request, session, found),
    )


def _query_of(found: DetailOut) -> dict[str, Any]:
    """The zone's filter, as the catalogue's page takes it."""
    said: dict[str, Any] = msgspec.to_builtins(found.content)["filter"]
    return {name: value for name, value in said.items() if value is not None}


def _team(zone: ZonePage | None) -> CardOut | None:
    return msgspec.json.decode(zone.team, type=CardOut) if zone and zone.team else None


async def _seats(request: Request[Any, Any, Any], session: AsyncSession, found: DetailOut) -> dict[str, Any]:
    """How full an event is, and whether the reader has a seat."""
    seating = await session.get(EventSeating, found.id) if found.kind == "event" else None
    now: datetime.datetime = platform_of(request).clock.now()
    actor, mine = actor_of(request), None
    if seating is not None and actor.id is not None:
        own = (EventRegistration.event_id == found.id, EventRegistration.person_id == actor.id)
        mine = await session.scalar(select(EventRegistration).where(*own, EventRegistration.state != "cancelled"))
    is_open = seating is not None and now < seating.registration_deadline
    return {
        "seating": seating,
        "registration": mine,
        "open": is_open,
        "begun": bool(seating and now >= seating.starts_at),
    }


@post("/knowledge/{matching_event_id:uuid}/registrations", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_registration(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    published_event: NamedDependency[KnowledgeItem],
    knowledge_author: NamedDependency[Organisation],
) -> Response[bytes]:
    """Take a seat for oneself, or a place on the waiting list."""
    CURRENT.set(choose_language(request))
    event_id = published_event.id
    try:
        person = await events.attendee(session, person_id=None)
        async with attempt(session):
            await events.register(session, event=published_event, person=person)
    except MarketplaceError as error:
        refused: Form[Any] = Form()
        return await _item_page(request, session, event_id, status=422, form=refused.refuse(error))
    return see_other(f"/knowledge/{event_id}")


@post("/registrations/{registration_id:uuid}/cancel", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_cancellation(
    session: NamedDependency[AsyncSession], managed_event_registration: NamedDependency[EventRegistration]
) -> Response[bytes]:
    """Give the seat back; the first who waits gets it."""
    await events.cancel_registration(session, registration=managed_event_registration)
    return see_other(f"/knowledge/{managed_event_registration.event_id}")


PAGES = [*WRITING_PAGES, *TOPIC_PAGES, show_library, show_item, take_registration, take_cancellation]
