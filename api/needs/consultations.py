"""One matter, one consultation: handed to staff and experts with its results."""

import uuid
from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.needs import schemas_answers as schemas
from api.needs.schemas import NoteIn
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.errors import FieldError, Invalid
from marketplace.needs import consultations
from marketplace.needs.consultations import ResponseTimes
from marketplace.needs.models import Consultation, Need
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation

InState = Annotated[schemas.ConsultationState | None, QueryParameter(name="state")]
_CONSULTATION = "/consultations/{consultation_id:uuid}"


@get("/consultations/response-times", access=PUBLIC, problems=())
async def show_response_times(session: NamedDependency[AsyncSession]) -> ResponseTimes:
    """How many days askers wait for an answer: median and quartiles, and how many wait now."""
    return await consultations.response_times(session)


@post("/needs/{need_id:uuid}/consultation", access=SIGNED_IN)
async def hand_over_need(
    data: JSONBody[schemas.ConsultNeedIn],
    session: NamedDependency[AsyncSession],
    editable_need: NamedDependency[Need],
) -> schemas.ConsultationOut:
    """Hand a need with its matches to staff and experts."""
    made = await consultations.hand_over_need(session, need=editable_need, question=data.question)
    return schemas.ConsultationOut.of(made)


@post("/consultations", access=SIGNED_IN, problems=())
async def hand_over_query(
    data: JSONBody[schemas.ConsultQueryIn],
    session: NamedDependency[AsyncSession],
    asking_organisation: NamedDependency[Organisation],
) -> schemas.ConsultationOut:
    """Hand a query with its results to staff and experts."""
    answers = [entry.answer() for entry in data.answers]
    made = await consultations.hand_over_query(
        session, asker=asking_organisation, text=data.text, answers=answers, question=data.question
    )
    return schemas.ConsultationOut.of(made)


@get("/consultations", access=SIGNED_IN, problems=())
async def list_consultations(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    in_state: InState = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.ConsultationOut]:
    """Matters that one asked or is to answer, the newest first; staff get all."""
    query = select(Consultation).where(consultations.consultation_visible_to(actor_of(request)))
    if in_state is not None:
        query = query.where(Consultation.state == in_state)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Consultation), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    items = [schemas.ConsultationOut.of(item) for item in found.items]
    return Page(items, following, await count(session, query))


@get(_CONSULTATION, access=SIGNED_IN)
async def show_consultation(
    session: NamedDependency[AsyncSession], visible_consultation: NamedDependency[Consultation]
) -> schemas.ConsultationDetail:
    """One matter with its answers."""
    answers = await consultations.answers_of(session, visible_consultation)
    shown = [schemas.ConsultationAnswerOut.of(answer) for answer in answers]
    return schemas.ConsultationDetail.with_answers(visible_consultation, shown)


@post(f"{_CONSULTATION}/assign", access=OPERATOR)
async def assign_consultation(
    data: JSONBody[schemas.AssignIn],
    session: NamedDependency[AsyncSession],
    visible_consultation: NamedDependency[Consultation],
) -> StepOut:
    """Give a matter to staff or experts."""
    assignee = await session.get(Organisation, data.organisation_id)
    if assignee is None:
        expected = "an organisation on the platform"
        field = FieldError(
            field="organisation_id", value=str(data.organisation_id), expected=expected, expected_zh="须为平台上的机构"
        )
        raise Invalid([field])
    event = await consultations.assign_consultation(session, consultation=visible_consultation, assignee=assignee)
    return StepOut.of(event)


@post(f"{_CONSULTATION}/answer", access=SIGNED_IN)
async def answer_consultation(
    data: JSONBody[schemas.AnswerConsultationIn],
    session: NamedDependency[AsyncSession],
    assigned_consultation: NamedDependency[Consultation],
) -> schemas.ConsultationAnswerOut:
    """Answer a matter, perhaps with published technologies to look at."""
    answer = await consultations.answer_consultation(
        session, consultation=assigned_consultation, text=data.text.text(), listing_ids=data.listing_ids
    )
    return schemas.ConsultationAnswerOut.of(answer)


@post(f"{_CONSULTATION}/return", access=SIGNED_IN, operation_id="return_consultation")
async def return_consultation(
    data: JSONBody[NoteIn],
    session: NamedDependency[AsyncSession],
    assigned_consultation: NamedDependency[Consultation],
) -> StepOut:
    """Give a matter back that is for somebody else."""
    event = await consultations.move_consultation(
        session, consultation=assigned_consultation, transition="return", role="expert", note=data.note
    )
    return StepOut.of(event)


def _asker_step(transition: str, says: str) -> Any:
    @post(f"{_CONSULTATION}/{transition}", access=SIGNED_IN, operation_id=f"{transition}_consultation", summary=says)
    async def step(
        data: JSONBody[NoteIn],
        session: NamedDependency[AsyncSession],
        asked_consultation: NamedDependency[Consultation],
    ) -> StepOut:
        event = await consultations.move_consultation(
            session, consultation=asked_consultation, transition=transition, role="asker", note=data.note
        )
        return StepOut.of(event)

    return step


@post(f"{_CONSULTATION}/archive", access=OPERATOR)
async def archive_consultation(
    data: JSONBody[NoteIn],
    session: NamedDependency[AsyncSession],
    visible_consultation: NamedDependency[Consultation],
) -> StepOut:
    """Put a matter away for good."""
    event = await consultations.move_consultation(
        session, consultation=visible_consultation, transition="archive", role="operator", note=data.note
    )
    return StepOut.of(event)


CONSULTATIONS = [
    show_response_times,
    hand_over_need,
    hand_over_query,
    list_consultations,
    show_consultation,
    assign_consultation,
    answer_consultation,
    return_consultation,
    _asker_step("close", "Close a matter that is settled"),
    _asker_step("reopen", "Open a matter again"),
    archive_consultation,
]
