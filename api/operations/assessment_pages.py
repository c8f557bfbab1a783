"""The operator's assessments: open one, seat assessors, read the panel, decide."""

from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.assessments.desk_pages import STATES as SEAT_STATES
from api.assessments.schemas import (
    AssessmentOut,
    AssignIn,
    DecisionIn,
    DecisionOut,
    Level,
    PanelOut,
    ProposalOut,
    ReasonIn,
    ScoreOut,
    SeatOut,
)
from api.paging import Cursor
from api.routing import OPERATOR, get, post
from api.site.forms import read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.assessments import queries, roster, seating
from marketplace.assessments.decision import decide
from marketplace.assessments.models import ListingAssessment
from marketplace.assessments.process import ASSESSMENT, LIVE
from marketplace.assessments.seating import Plan
from marketplace.assessments.standing import panel_of, scores_of
from marketplace.errors import MarketplaceError
from marketplace.listings.models import Listing
from scoring.readiness.framework import FRAMEWORKS

_LIST = "/desk/operator/assessments"
_ONE = "/desk/operator/assessments/{assessment_id:uuid}"
STATES = {state.name: state.label for state in ASSESSMENT.states}
Seats = Annotated[int, Meta(ge=1, le=9)]


class PlanForm(Struct, frozen=True):
    """By what, with which bar, and how many judge."""

    framework: Literal["trl", "water-trl", "doe-arl", "cri", "kth-irl", "neett-entry"]
    bar: Level
    assessors_wanted: Seats = 2
    assessors_max: Seats = 4


@get(_LIST, access=OPERATOR, problems=(), include_in_schema=False)
async def show_assessments(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """All assessments, the newest first."""
    query = select(ListingAssessment).options(joinedload(ListingAssessment.listing))
    found = await listed(session, query, ListingAssessment, cursor)
    return page(
        request,
        "operations/assessments.html",
        assessments=[AssessmentOut.of(item) for item in found.items],
        following=found.following,
        states=STATES,
        frameworks=FRAMEWORKS,
    )


@get("/desk/operator/listings/{listing_id:uuid}/assessment", access=OPERATOR, include_in_schema=False)
async def show_plan(request: Request[Any, Any, Any], own_listing: NamedDependency[Listing]) -> Response[bytes]:
    """The form that opens an assessment."""
    return page(request, "operations/plan.html", form=None, listing=own_listing, frameworks=_frameworks())


def _frameworks() -> dict[str, Any]:
    return {name: framework.name for name, framework in FRAMEWORKS.items()}


@post("/desk/operator/listings/{listing_id:uuid}/assessment", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_plan(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> Response[bytes]:
    """Begin to assess."""
    form = await read_form(request, PlanForm)
    try:
        if form.value is not None:
            given = form.value
            plan = Plan(
                framework=given.framework,
                bar=given.bar,
                assessors_wanted=given.assessors_wanted,
                assessors_max=given.assessors_max,
            )
            made = await seating.open_assessment(session, listing=own_listing, plan=plan)
            return see_other(f"{_LIST}/{made.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return page(request, "operations/plan.html", status=422, form=form, listing=own_listing, frameworks=_frameworks())


@get(_ONE, access=OPERATOR, include_in_schema=False)
async def show_assessment_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    any_assessment: NamedDependency[ListingAssessment],
) -> Response[bytes]:
    """Who sits, what they said, and what can be decided."""
    return page(request, "operations/assessment.html", **await _known(session, any_assessment))


async def _known(session: AsyncSession, found: ListingAssessment) -> dict[str, Any]:
    """Read before anything is tried: after a refusal the session reads nothing."""
    scores = await scores_of(session, found)
    named = queries.names_of(scores)
    decision = await queries.decision_of(session, found)
    live = found.state in LIVE
    return {
        "seating": None,
        "deciding": None,
        "cancelling": None,
        "assessment": AssessmentOut.of(found),
        "live": live,
        "seats": [SeatOut.of(seat) for seat in await roster.taken_seats(session, [found])],
        "scores": [ScoreOut.of(score, named[score.id]) for score in scores],
        "panel": PanelOut.of(await panel_of(session, found)),
        "disagreements": await queries.disagreements_in(session, found),
        "decision": DecisionOut.of(decision, found) if decision else None,
        "proposals": [ProposalOut.of(one) for one in await seating.propose(session, [found])] if live else [],
        "states": STATES,
        "seat_states": SEAT_STATES,
        "framework": FRAMEWORKS[found.framework],
    }


def _step(address: str, kind: Any, name: str, act: Any) -> Any:
    """A form of the page: `act` does what it asks for; what is refused stands in the page under `name`."""

    @post(f"{_ONE}/{address}", access=OPERATOR, status_code=303, include_in_schema=False, name=f"page {address}")
    async def step(
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        any_assessment: NamedDependency[ListingAssessment],
    ) -> Response[bytes]:
        form, known = await read_form(request, kind), await _known(session, any_assessment)
        try:
            if form.value is not None:
                await act(session, any_assessment, form.value)
                return see_other(f"{_LIST}/{any_assessment.id}")
        except MarketplaceError as error:
            form.refuse(error)
        return page(request, "operations/assessment.html", status=422, **(known | {name: form}))

    return step


async def _seat(session: AsyncSession, assessment: ListingAssessment, given: AssignIn) -> None:
    await seating.assign(session, assessment=assessment, assessor_ids=given.assessor_ids)


async def _decide(session: AsyncSession, assessment: ListingAssessment, given: DecisionIn) -> None:
    await decide(session, assessment=assessment, verdict=given.verdict())


async def _cancel(session: AsyncSession, assessment: ListingAssessment, given: ReasonIn) -> None:
    await seating.cancel(session, assessment=assessment, note=given.note)


ASSESSMENT_PAGES = [
    show_assessments,
    show_plan,
    take_plan,
    show_assessment_page,
    _step("seats", AssignIn, "seating", _seat),
    _step("decision", DecisionIn, "deciding", _decide),
    _step("cancel", ReasonIn, "cancelling", _cancel),
]
