"""Published needs, the interviewer, and the page of one need."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import structs
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line
from api.needs.consultation_pages import CONSULTATION_PAGES
from api.needs.dependencies import SOLVERS, may_write
from api.needs.interview_form import FLOW_UNITS, UNITS, InterviewForm
from api.needs.need_page import needs_page
from api.needs.routes import kept_envelopes
from api.needs.schemas import PublicNeed
from api.needs.seeker_pages import SEEKER_PAGES
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.language import CURRENT
from api.site.lists import listed
from api.site.render import is_fragment, page, see_other
from marketplace.errors import only
from marketplace.needs import queries, service
from marketplace.needs.interview import Interview, interview
from marketplace.needs.margins import match, relaxations
from marketplace.needs.models import Need
from marketplace.needs.service import NeedContent
from marketplace.people.models import Organisation
from scoring.technology import Text

SHOWN = 8
# A field left empty arrives as an empty text.
Pollutant = Annotated[str, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")]
MediumName = Annotated[str, QueryParameter(max_length=40, pattern=r"^[a-z-]*$")]


@get("/needs", access=PUBLIC, problems=(), include_in_schema=False)
async def show_needs(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    medium: MediumName = "",
    pollutant: Pollutant = "",
    cursor: Cursor = None,
) -> Response[bytes]:
    """Needs that wait for solutions; nobody is told who seeks."""
    query = queries.open_needs(medium=medium or None, pollutant=pollutant.strip() or None)
    found = await listed(session, query, Need, cursor)
    return page(
        request,
        "needs/needs.html",
        needs=[PublicNeed.of(need) for need in found.items],
        total=found.total,
        following=found.following,
        media=words.MEDIA,
        chosen={"medium": medium, "pollutant": pollutant},
    )


@get("/needs/interview", access=PUBLIC, problems=(), include_in_schema=False)
async def show_interview(request: Request[Any, Any, Any], text: Pollutant = "") -> Response[bytes]:
    """The interviewer, before anything was said."""
    form: Form[InterviewForm] = Form({"text": text} if text else None)
    return _interview_page(request, form, None)


def _interview_page(
    request: Request[Any, Any, Any],
    form: Form[Any],
    given: InterviewForm | None,
    held: Interview | None = None,
    **more: Any,
) -> Response[bytes]:
    """`given` is what the form says of the problem; `held`, what the interviewer made of it."""
    return page(
        request,
        "needs/_interview.html" if is_fragment(request) else "needs/interview.html",
        status=422 if form.wrong else 200,
        form=form,
        held=held,
        answers=given.answered() if given else [],
        media=words.MEDIA,
        units=[(unit, unit) for unit in UNITS],
        flow_units=[(unit, unit) for unit in FLOW_UNITS],
        may_seek="kind:demand" in actor_of(request).roles,
        **({"matches": [], "total": 0, "relaxed": []} | more),
    )


@post("/needs/interview", access=PUBLIC, problems=(), status_code=200, include_in_schema=False)
async def take_interview(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """What was understood, the next question, and the technologies that are left, with their margins."""
    form = await read_form(request, InterviewForm)
    return await _interviewed(request, session, form, form)


async def _interviewed(
    request: Request[Any, Any, Any], session: AsyncSession, spoken: Form[InterviewForm], form: Form[Any]
) -> Response[bytes]:
    """How far the interview in `spoken` has come; `form` is what was sent with it."""
    technologies = await kept_envelopes(platform_of(request), session)
    told: list[Interview] = []

    async def act(given: InterviewForm) -> None:
        told.append(interview(given.text, given.said(), technologies))

    if not await carried_out(session, spoken, act) or spoken.value is None:
        # Whatever was pressed cannot be carried on; what was typed stays.
        given = structs.replace(spoken.value, answers=[], choice="") if spoken.value else None
        return _interview_page(request, spoken, given)
    held = told[0]
    if spoken.value.is_blank:
        return _interview_page(request, form, spoken.value, held)
    left = set(held.remaining)
    found = match(held.specification, [one for one in technologies if one.id in left])
    everything = found if found else match(held.specification, technologies)
    relaxed = relaxations(everything)
    return _interview_page(
        request, form, spoken.value, held, matches=everything[:SHOWN], total=len(found), relaxed=relaxed
    )


class NewNeedForm(InterviewForm, frozen=True, kw_only=True):
    """The interview, and a title to keep it under."""

    title: Line


@post("/needs", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_need(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    seeking_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Keep what the interview brought as a draft of one's own."""
    form = await read_form(request, NewNeedForm)
    made: list[Need] = []

    async def act(given: NewNeedForm) -> None:
        held = interview(given.text, given.said(), ())
        language = CURRENT.get()
        content = NeedContent(
            title=Text(**{language: given.title}),
            summary=Text(**{language: given.text.strip() or None}),
            specification=held.specification,
        )
        made.append(await service.draft_need(session, seeker=seeking_organisation, content=content))

    if not await carried_out(session, form, act):
        return await _interviewed(request, session, await read_form(request, InterviewForm), form)
    return see_other(f"/needs/{made[0].id}")


@get("/needs/{need_id:uuid}", access=PUBLIC, include_in_schema=False)
async def show_need_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], need_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """One need: for everybody without its seeker, for its seeker with the solutions."""
    actor = actor_of(request)
    if actor.organisation_id is not None:
        whose = true() if "operator" in actor.roles else Need.organisation_id == actor.organisation_id
        own: Need | None = await session.scalar(select(Need).where(Need.id == need_id, whose))
        if own is not None:
            mine = own.organisation_id == actor.organisation_id and may_write(actor)
            return await needs_page(request, session, own, seeker=mine, sees_all=True)
    found: Need = only(await queries.open_need(session, need_id), "need")
    solver = bool(SOLVERS & actor.roles) and may_write(actor)
    return await needs_page(request, session, found, solver=solver)


PAGES = [
    show_needs,
    show_interview,
    take_interview,
    take_need,
    show_need_page,
    *SEEKER_PAGES,
    *CONSULTATION_PAGES,
]
