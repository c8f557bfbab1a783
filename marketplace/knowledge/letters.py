"""What people are written about events, in their own language."""

import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.knowledge.content import Event
from marketplace.knowledge.models import KnowledgeItem
from marketplace.mail import send
from marketplace.people.models import Person
from scoring.technology import Text


async def confirmed(session: AsyncSession, *, event: KnowledgeItem, said: Event, person: Person) -> None:
    subject = Text(zh="报名成功：{title}", en="You have a seat: {title}")
    body = Text(
        zh="您已获得席位。\n{facts}\n如不能参加，请取消报名，以便候补人员参加。",
        en="You have a seat.\n{facts}\nIf you cannot come, please cancel: somebody may be waiting for it.",
    )
    await _write(session, "event-confirmed", person, subject, body, event, _facts(said, person.language))


async def waiting(session: AsyncSession, *, event: KnowledgeItem, said: Event, person: Person) -> None:
    subject = Text(zh="您已列入候补：{title}", en="You are on the waiting list: {title}")
    body = Text(
        zh="席位已满，您已列入候补名单；有空位时将按顺序递补并通知您。\n{facts}",
        en="All seats are taken. You will be told as soon as one becomes free for you.\n{facts}",
    )
    facts = _facts(said, person.language, joining=False)
    await _write(session, "event-waiting", person, subject, body, event, facts)


async def reminder(session: AsyncSession, *, event: KnowledgeItem, said: Event, person: Person) -> None:
    subject = Text(zh="活动提醒：{title}", en="Soon: {title}")
    body = Text(zh="活动即将开始。\n{facts}", en="The event is about to begin.\n{facts}")
    await _write(session, "event-reminder", person, subject, body, event, _facts(said, person.language))


async def moved(session: AsyncSession, *, event: KnowledgeItem, starts_at: datetime.datetime, person: Person) -> None:
    subject = Text(zh="活动时间变更：{title}", en="New time: {title}")
    body = Text(
        zh="活动改于以下时间开始：{facts}\n您的报名仍然有效；如不能参加，请取消报名。",
        en="The event now begins at {facts}\nYour registration stands; if you cannot come, please cancel it.",
    )
    await _write(session, "event-moved", person, subject, body, event, _moment(starts_at))


async def called_off(session: AsyncSession, *, event: KnowledgeItem, person: Person) -> None:
    subject = Text(zh="活动取消：{title}", en="Called off: {title}")
    body = Text(zh="该活动已取消，您的报名已随之取消。{facts}", en="The event does not take place.{facts}")
    await _write(session, "event-called-off", person, subject, body, event, "")


async def _write(
    session: AsyncSession, kind: str, person: Person, subject: Text, body: Text, event: KnowledgeItem, facts: str
) -> None:
    language = person.language
    title = event.title.in_language(language)
    # Replaced, not formatted: a title may hold braces.
    await send(
        session,
        to=person.email,
        subject=subject.in_language(language).replace("{title}", title),
        text=f"{title}\n\n" + body.in_language(language).replace("{facts}", facts),
        kind=kind,
    )


def _facts(said: Event, language: str, *, joining: bool = True) -> str:
    lines = [f"{_moment(said.starts_at)} – {_moment(said.ends_at)}", said.place.in_language(language)]
    return "\n".join([*lines, said.joining_url] if joining and said.joining_url else lines)


def _moment(at: datetime.datetime) -> str:
    return f"{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"
