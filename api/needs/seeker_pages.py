"""One need with its margins, what its seeker does with it, and what solvers propose."""

import datetime
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Prose
from api.needs.need_page import OFFERED_MAX, SOLUTION_STATES, STATES, needs_page
from api.needs.schemas import Question_
from api.needs.schemas_answers import Reason, SolutionIn
from api.needs.solutions import shown
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import attempt
from api.site.formats import end_of
from api.site.forms import read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.listings.models import Listing
from marketplace.needs import consultations, service, solutions
from marketplace.needs.models import Need, Solution
from marketplace.needs.service import NeedContent, specification_of
from marketplace.people.models import Organisation
from marketplace.texts import LongText, ShortText
from scoring.technology import Text


class WriteForm(Struct, frozen=True):
    """What is public of a need, in both languages; until when it is open, and when its solutions open."""

    title: ShortText
    summary: LongText | None = None
    open_until: datetime.date | None = None
    embargo_until: datetime.date | None = None


@post("/needs/{need_id:uuid}/publish", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_publish(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], editable_need: NamedDependency[Need]
) -> Response[bytes]:
    """Write a draft's words in both languages and show it to everybody, without a name."""
    form = await read_form(request, WriteForm)
    if form.value is None:
        return await needs_page(request, session, editable_need, seeker=True, sees_all=True, status=422, form=form)
    given = form.value
    content = NeedContent(
        title=given.title.text(),
        summary=given.summary.text() if given.summary else Text(),
        specification=specification_of(editable_need),
    )
    try:
        await service.rewrite_need(session, need=editable_need, content=content)
        if form.typed("then") != "keep":
            ends, opens = end_of(given.open_until), end_of(given.embargo_until)
            await service.publish_need(session, need=editable_need, open_until=ends, embargo_until=opens)
    except MarketplaceError as error:
        form.refuse(error)
        return await needs_page(request, session, editable_need, seeker=True, sees_all=True, status=422, form=form)
    return see_other(f"/needs/{editable_need.id}")


class ExtendForm(Struct, frozen=True):
    """The last day on which solutions are taken."""

    open_until: datetime.date


@post("/needs/{need_id:uuid}/extend", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_extension(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], editable_need: NamedDependency[Need]
) -> Response[bytes]:
    """Leave a need open for longer, or close it earlier."""
    form = await read_form(request, ExtendForm)
    try:
        if form.value is not None and (ends := end_of(form.value.open_until)):
            async with attempt(session):
                await service.extend_need(session, need=editable_need, open_until=ends)
            return see_other(f"/needs/{editable_need.id}")
    except MarketplaceError as error:
        form.refuse(error)
    shared: Any = {"seeker": True, "sees_all": True, "status": 422, "form": form, "about": "course"}
    return await needs_page(request, session, editable_need, **shared)


@post("/needs/{need_id:uuid}/withdraw", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_withdrawal(
    session: NamedDependency[AsyncSession], endable_need: NamedDependency[Need]
) -> Response[bytes]:
    """Take a need back for good."""
    await service.withdraw_need(session, need=endable_need)
    return see_other("/desk/needs")


class QuestionForm(Struct, frozen=True):
    question: Question_


@post("/needs/{need_id:uuid}/consultation", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_hand_over(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], editable_need: NamedDependency[Need]
) -> Response[bytes]:
    """Hand a need with its matches to staff and experts."""
    form = await read_form(request, QuestionForm)
    shared: Any = {"seeker": True, "sees_all": True, "status": 422, "form": form, "about": "question"}
    if form.value is None:
        return await needs_page(request, session, editable_need, **shared)
    try:
        async with attempt(session):
            made = await consultations.hand_over_need(session, need=editable_need, question=form.value.question)
    except MarketplaceError as error:
        form.refuse(error)
        return await needs_page(request, session, editable_need, **shared)
    return see_other(f"/consultations/{made.id}")


@post("/needs/{need_id:uuid}/solutions", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_solution(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    solving_organisation: NamedDependency[Organisation],
    answerable_need: NamedDependency[Need],
) -> Response[bytes]:
    """Propose a published technology."""
    form = await read_form(request, SolutionIn)
    shared: Any = {"solver": True, "status": 422, "form": form, "about": "solution"}
    if form.value is None:
        return await needs_page(request, session, answerable_need, **shared)
    try:
        listing = await session.get(Listing, form.value.listing_id)
        if listing is None:
            raise Invalid([FieldError(field="listing_id", expected="a technology", expected_zh="请选择技术")])
        text = form.value.text.text()
        async with attempt(session):
            await solutions.propose_solution(
                session, need=answerable_need, proposer=solving_organisation, listing=listing, text=text
            )
    except MarketplaceError as error:
        form.refuse(error)
        return await needs_page(request, session, answerable_need, **shared)
    return see_other(f"/needs/{answerable_need.id}#solutions")


class DeclineForm(Struct, frozen=True):
    reason: Reason = "other"
    note: Prose = ""


@post("/solutions/{solution_id:uuid}/withdraw", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_solution_back(
    session: NamedDependency[AsyncSession], proposed_solution: NamedDependency[Solution]
) -> Response[bytes]:
    """Take a solution of one's own back."""
    await solutions.withdraw_solution(session, solution=proposed_solution)
    return see_other("/desk/needs")


@post("/solutions/{solution_id:uuid}/shortlist", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_shortlisting(
    session: NamedDependency[AsyncSession], sought_solution: NamedDependency[Solution]
) -> Response[bytes]:
    """Look closer at a solution."""
    await solutions.shortlist_solution(session, solution=sought_solution)
    return see_other(f"/needs/{sought_solution.need_id}#solutions")


@post("/solutions/{solution_id:uuid}/accept", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_acceptance(
    session: NamedDependency[AsyncSession], sought_solution: NamedDependency[Solution]
) -> Response[bytes]:
    """Accept a solution: the need is solved, the others are told so."""
    need = await session.get_one(Need, sought_solution.need_id)
    await solutions.accept_solution(session, solution=sought_solution, need=need)
    return see_other(f"/needs/{need.id}#solutions")


@post("/solutions/{solution_id:uuid}/reveal", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_reveal(
    session: NamedDependency[AsyncSession], sought_solution: NamedDependency[Solution]
) -> Response[bytes]:
    """Agree to be known to a solution's proposer."""
    await solutions.reveal_seeker(session, solution=sought_solution)
    return see_other(f"/needs/{sought_solution.need_id}#solutions")


@post("/solutions/{solution_id:uuid}/decline", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_refusal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    sought_solution: NamedDependency[Solution],
) -> Response[bytes]:
    """Decline a solution with a reason."""
    form, need = await read_form(request, DeclineForm), await session.get_one(Need, sought_solution.need_id)
    try:
        if form.value is not None:
            given = form.value
            await solutions.decline_solution(session, solution=sought_solution, reason=given.reason, note=given.note)
            return see_other(f"/needs/{need.id}#solutions")
    except Invalid as error:
        form.refuse(error)
    return await needs_page(
        request, session, need, seeker=True, sees_all=True, status=422, form=form, about=f"decline {sought_solution.id}"
    )


@get("/desk/needs", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_needs(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """One's own needs, and the solutions that one proposed."""
    actor = actor_of(request)
    mine = select(Need).where(Need.organisation_id == actor.organisation_id)
    proposed = select(Solution).where(Solution.proposer_id == actor.organisation_id)
    found = await listed(session, mine, Need, cursor)
    latest = (await session.scalars(proposed.order_by(Solution.id.desc()).limit(OFFERED_MAX))).all()
    return page(
        request,
        "needs/desk.html",
        needs=found.items,
        following=found.following,
        states=STATES,
        solutions=await shown(session, latest, actor),
        solution_states=SOLUTION_STATES,
        seeks="kind:demand" in actor.roles,
    )


SEEKER_PAGES = [
    take_publish,
    take_extension,
    take_withdrawal,
    take_hand_over,
    take_solution,
    take_solution_back,
    take_shortlisting,
    take_acceptance,
    take_reveal,
    take_refusal,
    show_own_needs,
]
