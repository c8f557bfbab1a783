"""What happens to the people registered for an event, without anybody asking: each job may run twice and acts once."""

import datetime
import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.jobs import Context, job
from marketplace.knowledge import letters
from marketplace.knowledge.content import Event
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem
from marketplace.process import advance

REMIND_BEFORE = datetime.timedelta(days=1)


def event_of(item: KnowledgeItem) -> Event:
    return msgspec.convert(item.content, Event)


async def locked_seating(session: AsyncSession, event_id: uuid.UUID) -> EventSeating | None:
    """The event's seats, held until this transaction ends: whatever happens to registrations happens in turn."""
    query = select(EventSeating).where(EventSeating.event_id == event_id).with_for_update()
    found: EventSeating | None = await session.scalar(query.execution_options(populate_existing=True))
    return found


@job("knowledge.remind-attendees", retry=(60, 600))
async def remind(context: Context, *, event_id: str) -> None:
    """Write to everybody who has a seat, a day before; an event put off since is reminded of in its own time."""
    now = context.clock.now()
    async with context.transaction() as session:
        seating, item = await _event(session, event_id)
        if item.state == "archived" or not seating.starts_at - REMIND_BEFORE <= now < seating.starts_at:
            return
        for registration in await _registered(session, item, ("confirmed",)):
            if registration.reminded_at is None:
                registration.reminded_at = now
                await letters.reminder(session, event=item, said=event_of(item), person=registration.person)


@job("knowledge.tell-new-time", retry=(60, 600))
async def tell_new_time(context: Context, *, event_id: str) -> None:
    """Write to everybody who was told another beginning than the published one."""
    async with context.transaction() as session:
        seating, item = await _event(session, event_id)
        if item.state == "archived":
            return
        for registration in await _registered(session, item, ("waiting", "confirmed")):
            if registration.told_starts_at != seating.starts_at:
                registration.told_starts_at, registration.reminded_at = seating.starts_at, None
                await letters.moved(session, event=item, starts_at=seating.starts_at, person=registration.person)


@job("knowledge.cancel-registrations", retry=(60, 600))
async def cancel_all(context: Context, *, event_id: str) -> None:
    """The event does not take place: every registration ends, and everybody is told."""
    async with context.transaction() as session:
        _, item = await _event(session, event_id)
        for registration in await _registered(session, item, ("waiting", "confirmed")):
            await advance(session, registration, "cancel", actor=context.actor.acting_as("operator"))
            await letters.called_off(session, event=item, person=registration.person)


async def _event(session: AsyncSession, event_id: str) -> tuple[EventSeating, KnowledgeItem]:
    named = uuid.UUID(event_id)
    seating = await locked_seating(session, named)
    if seating is None:
        raise LookupError(f"event {event_id} has no seats")
    return seating, await session.get_one(KnowledgeItem, named)


async def _registered(session: AsyncSession, item: KnowledgeItem, states: Sequence[str]) -> Sequence[EventRegistration]:
    query = select(EventRegistration).options(joinedload(EventRegistration.person))
    query = query.where(EventRegistration.event_id == item.id, EventRegistration.state.in_(states))
    return (await session.scalars(query.order_by(EventRegistration.id))).all()
