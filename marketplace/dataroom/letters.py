"""Mail about rooms, in the language of whoever reads it. No letter names a document or repeats a question."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.dataroom.models import Group, Question, Room, Visitor
from marketplace.people.models import Membership, Person
from marketplace.people.readers import readers

_LETTERS = {
    "room-open": {
        "zh": ("资料室已向您开放", "资料室（编号 {id}）已向您开放。登录后请先阅读并接受保密协议。"),
        "en": ("A data room is open to you", "Data room {id} is open to you. Sign in and accept its agreement first."),
    },
    "question": {
        "zh": ("资料室有新提问", "资料室（编号 {id}）有新的提问，请登录查看。"),
        "en": ("A question in your data room", "Somebody asked a question in data room {id}; sign in to read it."),
    },
    "assigned": {
        "zh": ("请答复资料室提问", "资料室（编号 {id}）有一个提问分派给您，请登录拟答。"),
        "en": ("Please draft an answer", "A question in data room {id} was given to you; sign in to draft an answer."),
    },
    "answered": {
        "zh": ("资料室提问已有答复", "资料室（编号 {id}）有新的答复，请登录查看。"),
        "en": ("An answer in the data room", "There is an answer in data room {id}; sign in to read it."),
    },
}


async def tell_visitor(session: AsyncSession, kind: str, room: Room, visitor: Visitor) -> None:
    await _send_to(session, kind, room, _of_visitor(visitor))


async def tell_group(session: AsyncSession, kind: str, room: Room, question: Question) -> None:
    """The group that asked, or all of them."""
    wanted = Visitor.room_id == room.id if question.readers == "all" else Visitor.group_id == question.group_id
    for visitor in await session.scalars(select(Visitor).join(Group, Group.id == Visitor.group_id).where(wanted)):
        await tell_visitor(session, kind, room, visitor)


async def tell_owner(session: AsyncSession, kind: str, room: Room) -> None:
    writers = Membership.role.in_(("owner", "admin"))
    await _send_to(session, kind, room, (Membership.organisation_id == room.organisation_id) & writers)


async def tell_person(session: AsyncSession, kind: str, room: Room, person: Person) -> None:
    await _send(session, kind, room, person)


def _of_visitor(visitor: Visitor) -> ColumnElement[bool]:
    of_organisation = Membership.organisation_id == visitor.organisation_id
    return of_organisation if visitor.person_id is None else of_organisation & (Person.id == visitor.person_id)


async def _send_to(session: AsyncSession, kind: str, room: Room, whom: ColumnElement[bool]) -> None:
    for person in await readers(session, whom):
        await _send(session, kind, room, person)


async def _send(session: AsyncSession, kind: str, room: Room, person: Person) -> None:
    subject, text = _LETTERS[kind]["zh" if person.language == "zh" else "en"]
    await mail.send(session, to=person.email, subject=subject, text=text.format(id=room.id), kind=f"room-{kind}")
