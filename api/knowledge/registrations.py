"""Registering for an event, and giving a seat back."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.knowledge.schemas import AttendeeOut, RegistrationIn, RegistrationOut, SeatsOut
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.steps import StepIn
from marketplace.errors import only
from marketplace.knowledge import events
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem
from marketplace.paging import Slice, count, newest_first, page
from marketplace.people.models import Organisation


@get("/matching-events/{matching_event_id:uuid}/seats", access=PUBLIC)
async def show_seats(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    published_event: NamedDependency[KnowledgeItem],
) -> SeatsOut:
    """How full a published event is."""
    seating: EventSeating = only(await session.get(EventSeating, published_event.id), "event")
    return SeatsOut.of(seating, platform_of(request).clock.now())


@post("/matching-events/{matching_event_id:uuid}/registrations", access=SIGNED_IN)
async def register_for_event(
    data: JSONBody[RegistrationIn],
    session: NamedDependency[AsyncSession],
    published_event: NamedDependency[KnowledgeItem],
    knowledge_author: NamedDependency[Organisation],
) -> RegistrationOut:
    """Take a seat for oneself or a colleague; when all are taken, a place on the waiting list."""
    person = await events.attendee(session, person_id=data.person_id)
    return RegistrationOut.of(await events.register(session, event=published_event, person=person))


@get("/knowledge-items/{knowledge_item_id:uuid}/registrations", access=SIGNED_IN)
async def list_attendees(
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[AttendeeOut]:
    """Who registered for one's own event, the newest first."""
    named = joinedload(EventRegistration.person), joinedload(EventRegistration.organisation)
    query = select(EventRegistration).where(EventRegistration.event_id == own_knowledge_item.id)
    found = await _slice(session, query.options(*named), cursor, limit)
    items = [AttendeeOut.of(registration) for registration in found.items]
    return Page(items, _next(found), await count(session, query))


@get("/registrations", access=SIGNED_IN, problems=())
async def list_own_registrations(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[RegistrationOut]:
    """What one's own organisation registered for, the newest first."""
    query = select(EventRegistration).where(EventRegistration.organisation_id == actor_of(request).organisation_id)
    found = await _slice(session, query, cursor, limit)
    items = [RegistrationOut.of(registration) for registration in found.items]
    return Page(items, _next(found), await count(session, query))


@post("/registrations/{registration_id:uuid}/cancel", access=SIGNED_IN)
async def cancel_registration(
    data: JSONBody[StepIn],
    session: NamedDependency[AsyncSession],
    managed_event_registration: NamedDependency[EventRegistration],
) -> RegistrationOut:
    """Give the seat back; the first who waits gets it."""
    await events.cancel_registration(session, registration=managed_event_registration, note=data.note)
    return RegistrationOut.of(managed_event_registration)


async def _slice(
    session: AsyncSession, query: Select[EventRegistration], cursor: str | None, limit: int
) -> Slice[EventRegistration]:
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    return await page(session, query, order=newest_first(EventRegistration), after=after, limit=limit)


def _next(found: Slice[Any]) -> str | None:
    return encode_cursor(found.position) if found.position else None


REGISTRATION_ROUTES = [show_seats, register_for_event, list_attendees, list_own_registrations, cancel_registration]
