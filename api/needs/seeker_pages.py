"""One need with its margins, what its seeker does with it, and what solvers propose."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Prose
from api.needs.routes import kept_envelopes
from api.needs.schemas import PublicNeed, Question_
from api.needs.schemas_answers import Reason, SolutionIn
from api.needs.solutions import shown
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs import consultations, queries, service, solutions
from marketplace.needs.margins import match, relaxations
from marketplace.needs.models import Need, Solution
from marketplace.needs.process import NEED, REASONS, SOLUTION
from marketplace.needs.service import NeedContent, specification_of
from marketplace.people.models import Organisation
from marketplace.texts import LongText, ShortText
from scoring.technology import Text

MATCHES_SHOWN = 5
OFFERED_MAX = 100
STATES = {state.name: state.label for state in NEED.states}
SOLUTION_STATES = {state.name: state.label for state in SOLUTION.states}


async def needs_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    need: Need,
    *,
    seeker: bool = False,
    sees_all: bool = False,
    solver: bool = False,
    status: int = 200,
    form: Form[Any] | None = None,
    about: str = "",
) -> Response[bytes]:
    """The page of a need; `form` with `about` says which of its forms comes back with errors."""
    actor, public = actor_of(request), PublicNeed.of(need)
    found = match(public.specification, await kept_envelopes(platform_of(request), session))
    proposed: Any = []
    if actor.organisation_id is not None:
        query = select(Solution).where(Solution.need_id == public.id, solutions.visible_to(actor, session))
        proposed = await shown(session, (await session.scalars(query.order_by(Solution.id))).all(), actor)
    return page(
        request,
        "needs/need.html",
        status=status,
        need=public,
        state=need.state if sees_all else "",
        states=STATES,
        seeker=seeker,
        sees_all=sees_all,
        solver=solver,
        matches=found[:MATCHES_SHOWN],
        by_listing={one.technology.id: one for one in found},
        relaxed=relaxations(found),
        solutions=proposed,
        solution_states=SOLUTION_STATES,
        waiting=await queries.solutions_waiting(session, need) if sees_all else 0,
        embargoed=bool(public.embargo_until and public.embargo_until > platform_of(request).clock.now()),
        offered=await _offered(session, actor.organisation_id, "kind:holder" in actor.roles) if solver else [],
        reasons=REASONS,
        media=words.MEDIA,
        form=form,
        about=about,
    )


async def _offered(session: AsyncSession, organisation_id: Any, own_only: bool) -> list[tuple[Any, Text]]:
    """What a solver may propose: holders their own recommended technologies, experts any."""
    query = select(Listing.id, Listing.name).where(Listing.state == PUBLISHED).limit(OFFERED_MAX)
    if own_only:
        query = query.where(Listing.organisation_id == organisation_id)
    return [(row[0], row[1]) for row in await session.execute(query.order_by(Listing.id))]


class WriteForm(Struct, frozen=True):
    """What is public of a need, in both languages."""

    title: ShortText
    summary: LongText | None = None


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
            await service.publish_need(session, need=editable_need)
    except MarketplaceError as error:
        form.refuse(error)
        return await needs_page(request, session, editable_need, seeker=True, sees_all=True, status=422, form=form)
    return see_other(f"/needs/{editable_need.id}")


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
