"""Questions of visitors, and the owner's answers."""

import uuid

from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom import question_schemas as schemas
from api.dataroom.dependencies import InRoom
from api.dataroom.gate import AnyRequest, Entry, attempt, deny
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.dataroom import documents, questions
from marketplace.dataroom.models import Document, Question
from marketplace.dataroom.rights import NONE
from marketplace.paging import count, newest_first, page
from marketplace.process import history


@get("/rooms/{room_id:uuid}/questions", access=SIGNED_IN)
async def list_questions(
    session: NamedDependency[AsyncSession],
    entered_room: NamedDependency[Entry],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.QuestionOut]:
    """The owner sees all; a group its own, and those that were answered for all. The newest first."""
    query = questions.questions_for(entered_room.room, entered_room.standing)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Question), after=after, limit=limit)
    items = [schemas.QuestionOut.of(question, entered_room.standing) for question in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


@post("/rooms/{room_id:uuid}/questions", access=SIGNED_IN)
async def ask(
    request: AnyRequest,
    data: JSONBody[schemas.QuestionIn],
    session: NamedDependency[AsyncSession],
    entered_room: NamedDependency[Entry],
) -> schemas.QuestionOut:
    """Put a question to the room's owner."""
    room, standing = entered_room
    if not standing.may_ask:
        await deny(request, attempt(request, room.id, "ask"), "may-not-ask")
    document = None
    if data.document_id is not None:
        tree = await documents.tree_of(session, room)
        levels = await documents.levels_for(session, tree, standing)
        if levels.get(data.document_id, NONE) == NONE:
            await deny(request, attempt(request, room.id, "ask"), "no-right", kind="document")
        document = await session.get_one(Document, data.document_id)
    made = await questions.ask(session, room=room, standing=standing, text=data.text, document=document)
    return schemas.QuestionOut.of(made, standing)


@post("/room-questions/{question_id:uuid}/assign", access=SIGNED_IN)
async def assign_question(
    data: JSONBody[schemas.ExpertIn],
    session: NamedDependency[AsyncSession],
    coordinated_question: NamedDependency[InRoom],
) -> StepOut:
    """Give the question to one of the owner's people."""
    question, room = coordinated_question
    return StepOut.of(await questions.assign(session, room=room, question=question, expert_id=data.expert_id))


@post("/room-questions/{question_id:uuid}/draft", access=SIGNED_IN)
async def draft_answer(
    request: AnyRequest,
    data: JSONBody[schemas.DraftIn],
    session: NamedDependency[AsyncSession],
    answerable_question: NamedDependency[Question],
) -> StepOut:
    """Draft an answer, as the expert it was given to or as a coordinator. Visitors do not see drafts."""
    by = actor_of(request)
    return StepOut.of(await questions.draft_answer(session, question=answerable_question, answer=data.answer, by=by))


@post("/room-questions/{question_id:uuid}/publish", access=SIGNED_IN)
async def publish_answer(
    data: JSONBody[schemas.AnswerIn],
    session: NamedDependency[AsyncSession],
    coordinated_question: NamedDependency[InRoom],
) -> StepOut:
    """Answer the group that asked, or all groups without saying who asked."""
    question, room = coordinated_question
    return StepOut.of(
        await questions.publish_answer(session, room=room, question=question, answer=data.answer, readers=data.readers)
    )


@post("/room-questions/{question_id:uuid}/decline", access=SIGNED_IN)
async def decline_question(
    data: JSONBody[schemas.ReasonIn],
    session: NamedDependency[AsyncSession],
    coordinated_question: NamedDependency[InRoom],
) -> StepOut:
    """Say, with a reason, that there will be no answer."""
    return StepOut.of(await questions.decline(session, question=coordinated_question.thing, note=data.note))


@post("/room-questions/{question_id:uuid}/withdraw", access=SIGNED_IN)
async def withdraw_question(session: NamedDependency[AsyncSession], own_question: NamedDependency[Question]) -> StepOut:
    """Take a question of one's own group back."""
    return StepOut.of(await questions.withdraw(session, question=own_question))


@get("/room-questions/{question_id:uuid}/history", access=SIGNED_IN)
async def list_question_steps(
    session: NamedDependency[AsyncSession], coordinated_question: NamedDependency[InRoom]
) -> list[StepOut]:
    """For the owner: who did what with the question."""
    return [StepOut.of(event) for event in await history(session, coordinated_question.thing)]


QUESTION_ROUTES = [
    list_questions,
    ask,
    assign_question,
    draft_answer,
    publish_answer,
    decline_question,
    withdraw_question,
    list_question_steps,
]
