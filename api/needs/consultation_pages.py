"""Asking staff and experts, and answering."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Prose
from api.needs.schemas import Question_
from api.needs.schemas_answers import ConsultationAnswerOut, ConsultationOut
from api.paging import Cursor
from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, get, post
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs import consultations
from marketplace.needs.models import Consultation
from marketplace.needs.process import CONSULTATION
from marketplace.people.models import Organisation
from marketplace.texts import LongText

EXPERTS_MAX = 200
STATES = {state.name: state.label for state in CONSULTATION.states}
About = Annotated[uuid.UUID | None, QueryParameter(name="listing")]


class QuestionForm(Struct, frozen=True):
    """What it is about, in plain words, and what one wants to know."""

    text: Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"^[^\x00]*\S[^\x00]*$")]
    question: Question_


@get("/consultations/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_consultation(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], listing: About = None
) -> Response[bytes]:
    """Ask; about a technology where the link says which."""
    found: Any = None
    if listing is not None:
        query = select(Listing.name).where(Listing.id == listing, Listing.state == PUBLISHED)
        found = await session.scalar(query)
    return page(request, "needs/ask.html", form=None, technology=found)


@post("/consultations", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_consultation(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    asking_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Hand a question to staff and experts."""
    form = await read_form(request, QuestionForm)
    if form.value is None:
        return page(request, "needs/ask.html", status=422, form=form, technology=None)
    try:
        async with attempt(session):
            made = await consultations.hand_over_query(
                session, asker=asking_organisation, text=form.value.text, answers=(), question=form.value.question
            )
    except MarketplaceError as error:
        return page(request, "needs/ask.html", status=422, form=form.refuse(error), technology=None)
    return see_other(f"/consultations/{made.id}")


@get("/desk/consultations", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_consultations(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """Matters that one asked or is to answer; staff get all."""
    query = select(Consultation).where(consultations.consultation_visible_to(actor_of(request)))
    found = await listed(session, query, Consultation, cursor)
    return page(
        request, "needs/consultations.html", items=found.items, following=found.following, states=STATES,
        times=await consultations.response_times(session),
    )  # fmt: skip


@get("/consultations/{consultation_id:uuid}", access=SIGNED_IN, include_in_schema=False)
async def show_consultation_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_consultation: NamedDependency[Consultation],
) -> Response[bytes]:
    """One matter with its answers."""
    return await _page(request, session, visible_consultation)


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    matter: Consultation,
    *,
    status: int = 200,
    form: Form[Any] | None = None,
) -> Response[bytes]:
    actor = actor_of(request)
    experts: Any = []
    if "operator" in actor.roles:
        able = (Organisation.kind.in_(consultations.EXPERT_KINDS), Organisation.state == "verified")
        experts = (await session.scalars(select(Organisation).where(*able).limit(EXPERTS_MAX))).all()
    answers = await consultations.answers_of(session, matter)
    return page(
        request,
        "needs/consultation.html",
        status=status,
        form=form,
        matter=ConsultationOut.of(matter),
        answers=[ConsultationAnswerOut.of(answer) for answer in answers],
        states=STATES,
        asker=matter.organisation_id == actor.organisation_id,
        assignee=matter.assignee_id == actor.organisation_id and matter.state == "assigned",
        experts=experts,
    )


class AnswerForm(Struct, frozen=True):
    text: LongText


@post("/consultations/{consultation_id:uuid}/answer", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_answer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assigned_consultation: NamedDependency[Consultation],
) -> Response[bytes]:
    """Answer a matter."""
    form = await read_form(request, AnswerForm)
    if form.value is None:
        return await _page(request, session, assigned_consultation, status=422, form=form)
    await consultations.answer_consultation(
        session, consultation=assigned_consultation, text=form.value.text.text(), listing_ids=[]
    )
    return see_other(f"/consultations/{assigned_consultation.id}")


class AssignForm(Struct, frozen=True):
    organisation_id: uuid.UUID


@post("/consultations/{consultation_id:uuid}/assign", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_assignment(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_consultation: NamedDependency[Consultation],
) -> Response[bytes]:
    """Give a matter to staff or experts."""
    form = await read_form(request, AssignForm)
    if form.value is None:
        return await _page(request, session, visible_consultation, status=422, form=form)
    try:
        expert = await session.get(Organisation, form.value.organisation_id)
        if expert is None:
            raise Invalid([FieldError(field="organisation_id", expected="an organisation", expected_zh="请选择机构")])
        await consultations.assign_consultation(session, consultation=visible_consultation, assignee=expert)
    except MarketplaceError as error:
        return await _page(request, session, visible_consultation, status=422, form=form.refuse(error))
    return see_other(f"/consultations/{visible_consultation.id}")


class NoteForm(Struct, frozen=True):
    note: Prose = ""


@post("/consultations/{consultation_id:uuid}/return", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_return(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assigned_consultation: NamedDependency[Consultation],
) -> Response[bytes]:
    """Give a matter back that is for somebody else."""
    form = await read_form(request, NoteForm)
    note = form.value.note if form.value else ""
    await consultations.move_consultation(
        session, consultation=assigned_consultation, transition="return", role="expert", note=note
    )
    return see_other("/desk/consultations")


@post("/consultations/{consultation_id:uuid}/close", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_closing(
    session: NamedDependency[AsyncSession], asked_consultation: NamedDependency[Consultation]
) -> Response[bytes]:
    """Close what is settled."""
    return await _asker_step(session, asked_consultation, "close")


@post("/consultations/{consultation_id:uuid}/reopen", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_reopening(
    session: NamedDependency[AsyncSession], asked_consultation: NamedDependency[Consultation]
) -> Response[bytes]:
    """Open it again."""
    return await _asker_step(session, asked_consultation, "reopen")


async def _asker_step(session: AsyncSession, matter: Consultation, transition: str) -> Response[bytes]:
    await consultations.move_consultation(session, consultation=matter, transition=transition, role="asker")
    return see_other(f"/consultations/{matter.id}")


CONSULTATION_PAGES = [
    show_new_consultation,
    take_consultation,
    show_consultations,
    show_consultation_page,
    take_answer,
    take_assignment,
    take_return,
    take_closing,
    take_reopening,
]
