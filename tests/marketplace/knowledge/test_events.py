import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as
from marketplace.base import Base
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict, Invalid, translated
from marketplace.jobs import Context, drain
from marketplace.knowledge import events, service
from marketplace.knowledge.jobs import remind
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem
from marketplace.mail import Mail
from marketplace.people.models import Organisation, Person
from tests.marketplace.knowledge.conftest import START, event, member, organisation

SEATS, CROWD = 7, 50


async def published(session: AsyncSession, **changed: Any) -> KnowledgeItem:
    item = await service.draft_item(session, author=await organisation(session, "operator"), draft=event(**changed))
    await service.submit_item(session, item=item)
    await service.publish_item(session, item=item)
    return item


async def registered(
    session: AsyncSession, item: KnowledgeItem, people: list[Person], of: Organisation
) -> list[EventRegistration]:
    made = []
    for person in people:
        act_as(session, Actor(kind="person", id=person.id, organisation_id=of.id, roles=frozenset({"operator"})))
        made.append(await events.register(session, event=item, person=person))
    return made


async def guests(session: AsyncSession, count: int) -> tuple[Organisation, list[Person]]:
    of = await organisation(session, "demand")
    return of, [await member(session, of, number) for number in range(count)]


async def letters(session: AsyncSession, kind: str) -> list[Mail]:
    return list(await session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)))


async def test_a_crowd_gets_exactly_the_seats_there_are(committed: Sessions, actor: Actor) -> None:
    async with transaction(committed, actor) as session:
        item = await published(session, seats=SEATS)
        of, crowd = await guests(session, CROWD)

    async def one(person: Person) -> str:
        come = Actor(kind="person", id=person.id, organisation_id=of.id)
        async with transaction(committed, come) as session:
            named = await session.get_one(KnowledgeItem, item.id)
            return (await events.register(session, event=named, person=person)).state

    states = Counter(await asyncio.gather(*(one(person) for person in crowd)))
    assert states == {"confirmed": SEATS, "waiting": CROWD - SEATS}
    async with transaction(committed, actor) as session:
        assert (await session.get_one(EventSeating, item.id)).taken == SEATS


async def test_even_a_statement_past_the_services_cannot_overbook(session: AsyncSession) -> None:
    item = await published(session, seats=1)
    of, people = await guests(session, 2)
    await registered(session, item, people, of)
    with pytest.raises(IntegrityError) as refused:
        await session.execute(update(EventRegistration).values(state="confirmed"))
    assert isinstance(translated(refused.value, Base.metadata), Invalid)


async def test_the_count_follows_rows_that_are_deleted(session: AsyncSession) -> None:
    item = await published(session)
    of, people = await guests(session, 2)
    await registered(session, item, people, of)
    await session.execute(text("DELETE FROM event_registration"))
    assert await session.scalar(select(EventSeating.taken).where(EventSeating.event_id == item.id)) == 0


async def test_who_waits_moves_up_in_order_and_is_told(session: AsyncSession) -> None:
    item = await published(session, seats=1)
    of, people = await guests(session, 3)
    first, second, third = await registered(session, item, people, of)
    assert [r.state for r in (first, second, third)] == ["confirmed", "waiting", "waiting"]
    await events.cancel_registration(session, registration=first)
    assert [r.state for r in (first, second, third)] == ["cancelled", "confirmed", "waiting"]
    told = await letters(session, "event-confirmed")
    assert [mail.to for mail in told] == [people[0].email, people[1].email]
    assert "https://meet.example/secret" in told[1].text
    assert "https://meet.example/secret" not in (await letters(session, "event-waiting"))[0].text
    again = (await registered(session, item, [people[0]], of))[0]
    assert again.state == "waiting"


async def test_nobody_registers_twice(session: AsyncSession) -> None:
    item = await published(session)
    of, (person,) = await guests(session, 1)
    await registered(session, item, [person], of)
    with pytest.raises(IntegrityError) as refused:
        await registered(session, item, [person], of)
    refusal = translated(refused.value, Base.metadata)
    assert isinstance(refusal, Conflict)
    assert refusal.code == "registered-already"


async def test_after_the_deadline_nobody_registers_and_after_the_beginning_nobody_cancels(
    session: AsyncSession, clock: SetClock
) -> None:
    item = await published(session)
    of, people = await guests(session, 2)
    (registration,) = await registered(session, item, people[:1], of)
    clock.advance(START - timedelta(days=3) - clock.now())
    with pytest.raises(Conflict, match="closed"):
        await registered(session, item, people[1:], of)
    clock.advance(timedelta(days=3))
    with pytest.raises(Conflict, match="begun"):
        await events.cancel_registration(session, registration=registration)


async def test_everybody_with_a_seat_is_reminded_once_a_day_before(
    sessions: Sessions, actor: Actor, clock: SetClock, context: Context
) -> None:
    async with transaction(sessions, actor) as session:
        item = await published(session, seats=2)
        of, people = await guests(session, 3)
        await registered(session, item, people, of)
    clock.advance(START - timedelta(days=2) - clock.now())
    await drain(context)
    async with transaction(sessions, actor) as session:
        assert await letters(session, "event-reminder") == []
    clock.advance(timedelta(days=1))
    await drain(context)
    await remind(context, event_id=str(item.id))
    async with transaction(sessions, actor) as session:
        reminded = await letters(session, "event-reminder")
    assert [mail.to for mail in reminded] == [people[0].email, people[1].email]
    assert reminded[0].subject.startswith("Soon")
    assert reminded[1].subject.startswith("活动提醒")


async def _republished(sessions: Sessions, actor: Actor, item: KnowledgeItem, **changed: Any) -> None:
    async with transaction(sessions, actor) as session:
        named = await session.get_one(KnowledgeItem, item.id)
        await service.revise_item(session, item=named)
        await service.rewrite_item(session, item=named, draft=event(**changed))
        await service.submit_item(session, item=named)
        await service.publish_item(session, item=named)


async def test_a_new_time_and_more_seats_reach_those_registered(
    sessions: Sessions, actor: Actor, context: Context
) -> None:
    async with transaction(sessions, actor) as session:
        item = await published(session, seats=1)
        of, people = await guests(session, 2)
        await registered(session, item, people, of)
    later = START + timedelta(days=10)
    ends = later + timedelta(hours=2)
    await _republished(sessions, actor, item, seats=2, starts_at=later.isoformat(), ends_at=ends.isoformat())
    await drain(context)
    async with transaction(sessions, actor) as session:
        assert len(await letters(session, "event-confirmed")) == 2
        assert [mail.to for mail in await letters(session, "event-moved")] == [person.email for person in people]


async def test_fewer_seats_than_people_who_have_one_are_refused(sessions: Sessions, actor: Actor) -> None:
    async with transaction(sessions, actor) as session:
        item = await published(session, seats=2)
        of, people = await guests(session, 2)
        await registered(session, item, people, of)
    with pytest.raises(Invalid) as refused:
        await _republished(sessions, actor, item, seats=1)
    assert [fault.field for fault in refused.value.fields] == ["content.seats"]
    async with transaction(sessions, actor) as session:
        assert (await session.get_one(KnowledgeItem, item.id)).state == "published"


async def test_an_event_called_off_ends_every_registration(sessions: Sessions, actor: Actor, context: Context) -> None:
    async with transaction(sessions, actor) as session:
        item = await published(session, seats=1)
        of, people = await guests(session, 2)
        await registered(session, item, people, of)
    async with transaction(sessions, actor) as session:
        await service.archive_item(session, item=await session.get_one(KnowledgeItem, item.id))
    await drain(context)
    async with transaction(sessions, actor) as session:
        open_ones = select(func.count()).select_from(EventRegistration).where(EventRegistration.state != "cancelled")
        assert await session.scalar(open_ones) == 0
        assert len(await letters(session, "event-called-off")) == 2
        assert len(await letters(session, "event-confirmed")) == 1
