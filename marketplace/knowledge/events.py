"""Seats at an event: taken, waited for, given back. Whoever changes them holds the event's row in `event_seating`."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid, only
from marketplace.knowledge import jobs, letters
from marketplace.knowledge.jobs import locked_seating
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem, KnowledgePublication
from marketplace.people.models import Membership, Person
from marketplace.process import ProcessEvent, advance, begin


async def arrange_seats(session: AsyncSession, *, item: KnowledgeItem) -> None:
    """Open the registration as published, or change it; more seats go to those who wait, a new time is told."""
    if item.kind != "event":
        return
    event = jobs.event_of(item)
    seating = await locked_seating(session, item.id)
    if seating is None:
        seating = EventSeating(event_id=item.id, taken=0)
        session.add(seating)
    seating.seats = event.seats
    seating.starts_at, seating.ends_at = event.starts_at, event.ends_at
    seating.registration_deadline = event.registration_deadline
    await session.flush()
    await give_free_seats(session, item=item, seating=seating)
    await jobs.tell_new_time.defer(session, event_id=str(item.id))
    await jobs.remind.defer(session, at=event.starts_at - jobs.REMIND_BEFORE, event_id=str(item.id))


async def register(session: AsyncSession, *, event: KnowledgeItem, person: Person) -> EventRegistration:
    """A seat where there is one, otherwise a place on the waiting list; the person gets a letter either way."""
    seating: EventSeating = only(await locked_seating(session, event.id), "event")
    organisation_id = actor_of(session).organisation_id
    await _require_open(session, seating)
    registration = EventRegistration(
        event_id=event.id, organisation_id=organisation_id, person_id=person.id, told_starts_at=seating.starts_at
    )
    await begin(session, registration)
    if seating.taken < seating.seats:
        await _confirm(session, event, registration)
    else:
        await letters.waiting(session, event=event, said=jobs.event_of(event), person=person)
    return registration


async def _require_open(session: AsyncSession, seating: EventSeating) -> None:
    published = await session.get(KnowledgePublication, seating.event_id)
    if published is None or clock_of(session).now() >= seating.registration_deadline:
        raise Conflict("registration-closed", "The registration is closed.", "报名已截止。")


async def _confirm(session: AsyncSession, event: KnowledgeItem, registration: EventRegistration) -> None:
    await advance(session, registration, "confirm", actor=actor_of(session).acting_as("platform"))
    person = await session.get_one(Person, registration.person_id)
    await letters.confirmed(session, event=event, said=jobs.event_of(event), person=person)


async def give_free_seats(session: AsyncSession, *, item: KnowledgeItem, seating: EventSeating) -> None:
    """Those who wait move up in their order, as long as the event has not begun."""
    if clock_of(session).now() >= seating.starts_at:
        return
    await session.refresh(seating)
    waiting = select(EventRegistration).where(
        EventRegistration.event_id == item.id, EventRegistration.state == "waiting"
    )
    free = seating.seats - seating.taken
    for registration in await session.scalars(waiting.order_by(EventRegistration.id).limit(free)):
        await _confirm(session, item, registration)


async def cancel_registration(
    session: AsyncSession, *, registration: EventRegistration, note: str = ""
) -> ProcessEvent:
    """Give the seat back; the first who waits gets it."""
    seating: EventSeating = only(await locked_seating(session, registration.event_id), "event")
    if clock_of(session).now() >= seating.starts_at:
        raise Conflict("event-begun", "The event has begun.", "活动已开始，无法取消。")
    event = await advance(session, registration, "cancel", actor=actor_of(session).acting_as("attendee"), note=note)
    item = await session.get_one(KnowledgeItem, registration.event_id)
    if item.state != "archived":
        await give_free_seats(session, item=item, seating=seating)
    return event


async def call_off(session: AsyncSession, *, item: KnowledgeItem) -> None:
    """An archived event that has not begun does not take place; a job cancels what was registered."""
    seating = await locked_seating(session, item.id) if item.kind == "event" else None
    if seating is not None and clock_of(session).now() < seating.starts_at:
        await jobs.cancel_all.defer(session, event_id=str(item.id))


async def attendee(session: AsyncSession, *, person_id: uuid.UUID | None) -> Person:
    """Whoever is to come: the caller, or a colleague of theirs. Strangers are never written to."""
    actor = actor_of(session)
    wanted = person_id or (actor.id if actor.kind in ("person", "operator") else None)
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(Person.id == wanted, Membership.organisation_id == actor.organisation_id)
    found: Person | None = await session.scalar(query)
    if found is None:
        expected = "the id of a member of your organisation"
        shown = str(person_id or "")
        raise Invalid([FieldError(field="person_id", value=shown, expected=expected, expected_zh="须为本机构成员")])
    return found
