"""Rooms and what is in them, loaded and authorised in one step."""

import uuid
from typing import Any, NamedTuple

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.gate import ENTER, KNOW, MANAGE, OWN, Entry, attempt, deny, enter
from api.listings.dependencies import WRITERS
from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.dataroom import questions
from marketplace.dataroom.models import Document, Folder, Group, Nda, Question, Room, Visitor
from marketplace.dataroom.ndas import nda_of
from marketplace.errors import Forbidden, only
from marketplace.people.models import Organisation

AnyRequest = Request[Any, Any, Any]


class InRoom(NamedTuple):
    """A thing (folder, document, group, visitor or question) with its room."""

    thing: Any
    room: Room


def may_write(actor: Actor) -> bool:
    return actor.kind == "key" or bool(WRITERS & actor.roles)


async def room_owner(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Organisation:
    """The verified organisation that the caller may make rooms and agreements for."""
    actor = actor_of(request)
    found = await session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if found is None or found.state != "verified" or not may_write(actor):
        raise Forbidden("verified-only", "This is for members of verified organisations.", "仅限已核验机构的成员。")
    return found


async def own_nda(request: AnyRequest, nda_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> Nda:
    """An agreement of the caller's organisation."""
    found: Nda = only(await nda_of(session, nda_id, organisation_id=actor_of(request).organisation_id), "nda")
    return found


async def changeable_nda(request: AnyRequest, own_nda: NamedDependency[Nda]) -> Nda:
    if not may_write(actor_of(request)):
        raise Forbidden("no-writer", "You may look at this, not change it.", "您只能查看，不能修改。")
    return own_nda


async def known_room(
    request: AnyRequest, room_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Entry:
    """A room that the caller owns, visits or supervises."""
    return await enter(request, session, room_id, KNOW)


async def entered_room(
    request: AnyRequest, room_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Entry:
    """A room whose content is open to the caller: the owner, or a visitor who accepted the agreement."""
    return await enter(request, session, room_id, ENTER)


async def own_room(request: AnyRequest, room_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> Room:
    """A room of the caller's organisation."""
    return (await enter(request, session, room_id, OWN)).room


async def managed_room(
    request: AnyRequest, room_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Room:
    """A room that the caller may change."""
    return (await enter(request, session, room_id, MANAGE)).room


async def _managed(request: AnyRequest, session: AsyncSession, model: Any, id_: uuid.UUID, kind: str) -> InRoom:
    found = only(await session.get(model, id_), kind)
    entry = await enter(request, session, found.room_id, MANAGE, kind=kind)
    return InRoom(found, entry.room)


async def managed_folder(
    request: AnyRequest, folder_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    return await _managed(request, session, Folder, folder_id, "folder")


async def managed_document(
    request: AnyRequest, document_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    """A document that the caller may change."""
    return await document_to_manage(request, session, document_id)


async def own_document(
    request: AnyRequest, document_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    """A document in a room of the caller's organisation."""
    return await _document(request, session, document_id, OWN)


async def document_to_manage(request: AnyRequest, session: AsyncSession, document_id: uuid.UUID) -> InRoom:
    return await _document(request, session, document_id, MANAGE)


async def _document(request: AnyRequest, session: AsyncSession, document_id: uuid.UUID, need: str) -> InRoom:
    query = select(Document).where(Document.id == document_id, Document.removed_at.is_(None))
    found: Document = only(await session.scalar(query), "document")
    entry = await enter(request, session, found.room_id, need, kind="document", document_id=found.id)
    return InRoom(found, entry.room)


async def managed_group(
    request: AnyRequest, group_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    return await _managed(request, session, Group, group_id, "group")


async def own_group(
    request: AnyRequest, group_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Group:
    """A group, for the owner's side."""
    found: Group = only(await session.get(Group, group_id), "group")
    await enter(request, session, found.room_id, OWN, kind="group")
    return found


async def managed_visitor(
    request: AnyRequest, visitor_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    return await _managed(request, session, Visitor, visitor_id, "visitor")


async def coordinated_question(
    request: AnyRequest, question_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> InRoom:
    """A question, for whoever coordinates the answers."""
    return await _managed(request, session, Question, question_id, "question")


async def answerable_question(
    request: AnyRequest, question_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Question:
    """A question, for a coordinator or for the expert it was given to."""
    question: Question = only(await session.get(Question, question_id), "question")
    entry = await enter(request, session, question.room_id, OWN, kind="question")
    actor = actor_of(request)
    if not entry.standing.writer and question.expert_id != actor.id:
        await deny(request, attempt(request, entry.room.id, "draft"), "no-writer")
    return question


async def own_question(
    request: AnyRequest, question_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Question:
    """A question that the caller's own group asked; of others a visitor does not even learn that they are there."""
    question: Question = only(await session.get(Question, question_id), "question")
    room, standing = await enter(request, session, question.room_id, ENTER, kind="question")
    if await session.scalar(questions.questions_for(room, standing).where(Question.id == question.id)) is None:
        await deny(request, attempt(request, room.id, "question"), "no-right", kind="question")
    if standing.group_id != question.group_id:
        await deny(request, attempt(request, room.id, "question"), "may-not-ask")
    return question


DEPENDENCIES = {
    "room_owner": room_owner,
    "own_nda": own_nda,
    "changeable_nda": changeable_nda,
    "known_room": known_room,
    "entered_room": entered_room,
    "own_room": own_room,
    "managed_room": managed_room,
    "managed_folder": managed_folder,
    "own_document": own_document,
    "managed_document": managed_document,
    "managed_group": managed_group,
    "own_group": own_group,
    "managed_visitor": managed_visitor,
    "coordinated_question": coordinated_question,
    "answerable_question": answerable_question,
    "own_question": own_question,
}
