"""Questions of visitors and the owner's answers: asked, given to an expert, drafted, published to a group or to all."""

import datetime
import uuid

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.database import clock_of
from marketplace.dataroom import letters
from marketplace.dataroom.models import Document, Group, Question, Room
from marketplace.dataroom.standing import Standing, refusal_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Membership, Person
from marketplace.process import ProcessEvent, advance, begin

A_DAY = datetime.timedelta(days=1)


async def ask(
    session: AsyncSession, *, room: Room, standing: Standing, text: str, document: Document | None = None
) -> Question:
    """Put a question; a group puts only so many in 24 hours.

    Raises
    ------
    Forbidden, Conflict
    """
    if not standing.may_ask or standing.group_id is None:
        raise refusal_of("may-not-ask")
    await _keep_the_limit(session, room, standing.group_id)
    asker = actor_of(session)
    question = Question(
        room_id=room.id, group_id=standing.group_id, document_id=document.id if document else None,
        asked_by=asker.id, asker_organisation_id=asker.organisation_id, asked_at=clock_of(session).now(), text=text,
    )  # fmt: skip
    await begin(session, question)
    await letters.tell_owner(session, "question", room)
    return question


async def _keep_the_limit(session: AsyncSession, room: Room, group_id: uuid.UUID) -> None:
    # Locked, so that two who ask at once are counted one after the other.
    await session.execute(select(Group.id).where(Group.id == group_id).with_for_update())
    since = clock_of(session).now() - A_DAY
    recent = select(func.count(Question.id)).where(Question.group_id == group_id, Question.asked_at > since)
    if (await session.scalar(recent) or 0) >= room.questions_per_day:
        raise Conflict(
            "too-many-questions",
            f"Your group has put its {room.questions_per_day} questions of these 24 hours.",
            f"您所在访客组24小时内的{room.questions_per_day}个提问名额已用完。",
        )


def questions_for(room: Room, standing: Standing) -> Select[Question]:
    """What somebody may read: the owner all; a group its own, and what was answered for all."""
    query = select(Question).where(Question.room_id == room.id)
    if standing.side == "owner":
        return query
    for_all = (Question.state == "answered") & (Question.readers == "all")
    return query.where(or_(Question.group_id == standing.group_id, for_all))


async def assign(session: AsyncSession, *, room: Room, question: Question, expert_id: uuid.UUID) -> ProcessEvent:
    """Give a question to one of the owner's people."""
    mine = (Membership.organisation_id == room.organisation_id, Membership.person_id == expert_id)
    if await session.scalar(select(Membership.id).where(*mine)) is None:
        expected, expected_zh = "one of your organisation's people", "须为本机构成员"
        raise Invalid([FieldError(field="expert_id", value=str(expert_id), expected=expected, expected_zh=expected_zh)])
    question.expert_id = expert_id
    event = await advance(session, question, "assign", actor=actor_of(session).acting_as("coordinator"))
    await letters.tell_person(session, "assigned", room, await session.get_one(Person, expert_id))
    return event


async def draft_answer(session: AsyncSession, *, question: Question, answer: str, by: Actor) -> ProcessEvent:
    """By the expert it was given to, or by a coordinator; nobody of the visitors reads a draft."""
    question.answer = answer
    role = "expert" if question.expert_id is not None and by.id == question.expert_id else "coordinator"
    return await advance(session, question, "draft", actor=by.acting_as(role))


async def publish_answer(
    session: AsyncSession, *, room: Room, question: Question, answer: str | None, readers: str
) -> ProcessEvent:
    """Show the answer (the draft, unless another is given) to the group that asked or, without saying who, to all."""
    question.answer = answer or question.answer
    if question.answer is None:
        raise Invalid([FieldError(field="answer", expected="an answer, or a draft before", expected_zh="请填写答复")])
    question.readers = readers
    event = await advance(session, question, "publish", actor=actor_of(session).acting_as("coordinator"))
    await letters.tell_group(session, "answered", room, question)
    return event


async def decline(session: AsyncSession, *, question: Question, note: str) -> ProcessEvent:
    return await advance(session, question, "decline", actor=actor_of(session).acting_as("coordinator"), note=note)


async def withdraw(session: AsyncSession, *, question: Question) -> ProcessEvent:
    """By the group that asked."""
    return await advance(session, question, "withdraw", actor=actor_of(session).acting_as("asker"))
