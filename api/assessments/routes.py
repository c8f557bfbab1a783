"""Assessments for operators, their outcome for holders, and published scores for everybody."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.assessments import schemas
from api.assessments.assessor_routes import ASSESSOR_ROUTES
from api.assessments.dependencies import DEPENDENCIES as PROVIDERS
from api.conditional import respond
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.assessments import queries, roster, seating
from marketplace.assessments.decision import decide
from marketplace.assessments.models import Assessor, Decision, ListingAssessment
from marketplace.assessments.process import ASSESSMENT
from marketplace.assessments.standing import panel_of, scores_of
from marketplace.database import clock_of
from marketplace.errors import FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.listings.service import listing_named
from marketplace.paging import count, newest_first, page
from marketplace.process import history
from scoring.readiness.framework import FRAMEWORKS

Name = Annotated[str | None, QueryParameter(max_length=100, pattern=r"^[^\x00]+$")]


@get("/assessors", access=OPERATOR, problems=())
async def list_assessors(
    session: NamedDependency[AsyncSession], framework: Name = None, cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.AssessorOut]:
    """All assessors with their load; with `framework`, how harsh each is under it."""
    if framework is not None and framework not in FRAMEWORKS:
        expected = f"one of {', '.join(FRAMEWORKS)}"
        raise Invalid(
            [FieldError(field="framework", value=framework, expected=expected, expected_zh="须为已有的评价框架")]
        )
    query = select(Assessor).options(joinedload(Assessor.person), joinedload(Assessor.organisation))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Assessor), after=after, limit=limit)
    known = await queries.all_severities(session, framework) if framework else {}
    loads = await roster.loads_of(session, found.items)
    items = [
        schemas.AssessorOut(
            id=them.id,
            name=them.person.name,
            organisation=them.organisation.name,
            media=them.media,
            languages=them.languages,
            capacity=them.capacity,
            available=them.available,
            load=loads[them.id],
            severity=known.get(str(them.id)),
        )
        for them in found.items
    ]
    following = encode_cursor(found.position) if found.position else None
    return Page(items, following, await count(session, select(Assessor)))


@get("/assessments", access=OPERATOR, problems=())
async def list_assessments(
    session: NamedDependency[AsyncSession],
    process_state: Annotated[str | None, QueryParameter(name="state", max_length=40, pattern=r"^[a-z-]+$")] = None,
    listing_id: FromQuery[uuid.UUID | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.AssessmentOut]:
    """All assessments, the newest first."""
    query = select(ListingAssessment)
    if process_state is not None:
        _check_state(process_state)
        query = query.where(ListingAssessment.state == process_state)
    if listing_id is not None:
        query = query.where(ListingAssessment.listing_id == listing_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    shown = query.options(joinedload(ListingAssessment.listing))
    found = await page(session, shown, order=newest_first(ListingAssessment), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.AssessmentOut.of(item) for item in found.items], following, await count(session, query))


def _check_state(given: str) -> None:
    known = [state.name for state in ASSESSMENT.states]
    if given not in known:
        expected = f"one of {', '.join(known)}"
        raise Invalid([FieldError(field="state", value=given, expected=expected, expected_zh="须为评估的状态")])


@post("/assessments", access=OPERATOR, problems=())
async def open_assessment(
    data: JSONBody[schemas.AssessmentIn], session: NamedDependency[AsyncSession]
) -> schemas.AssessmentOut:
    """Begin to assess a listing."""
    listing = await listing_named(session, data.listing_id)
    if listing is None:
        value, expected = str(data.listing_id), "a listing"
        raise Invalid([FieldError(field="listing_id", value=value, expected=expected, expected_zh="须为已有的条目")])
    return schemas.AssessmentOut.of(await seating.open_assessment(session, listing=listing, plan=data.plan()))


@get("/assessments/proposals", access=OPERATOR, problems=())
async def propose_for_all(session: NamedDependency[AsyncSession]) -> list[schemas.ProposalOut]:
    """The best assessors for all open seats together; nobody is asked before an operator confirms."""
    live = await seating.live_assessments(session)
    return [schemas.ProposalOut.of(found) for found in await seating.propose(session, live)]


@get("/assessments/{assessment_id:uuid}", access=OPERATOR)
async def show_assessment(
    session: NamedDependency[AsyncSession], any_assessment: NamedDependency[ListingAssessment]
) -> schemas.DossierOut:
    """Everything about one assessment."""
    scores = await scores_of(session, any_assessment)
    named = queries.names_of(scores)
    decision = await queries.decision_of(session, any_assessment)
    return schemas.DossierOut(
        assessment=schemas.AssessmentOut.of(any_assessment),
        seats=[schemas.SeatOut.of(seat) for seat in await roster.taken_seats(session, [any_assessment])],
        scores=[schemas.ScoreOut.of(score, named[score.id]) for score in scores],
        disagreements=await queries.disagreements_in(session, any_assessment),
        panel=schemas.PanelOut.of(await panel_of(session, any_assessment)),
        decision=schemas.DecisionOut.of(decision, any_assessment) if decision else None,
    )


@get("/assessments/{assessment_id:uuid}/history", access=OPERATOR)
async def list_assessment_steps(
    session: NamedDependency[AsyncSession], any_assessment: NamedDependency[ListingAssessment]
) -> list[StepOut]:
    """What has happened to the assessment."""
    return [StepOut.of(event) for event in await history(session, any_assessment)]


@get("/assessments/{assessment_id:uuid}/proposals", access=OPERATOR)
async def propose_for_one(
    session: NamedDependency[AsyncSession], any_assessment: NamedDependency[ListingAssessment]
) -> list[schemas.ProposalOut]:
    """The best assessors for this assessment's open seats."""
    return [schemas.ProposalOut.of(found) for found in await seating.propose(session, [any_assessment])]


@post("/assessments/{assessment_id:uuid}/assignments", access=OPERATOR)
async def assign(
    data: JSONBody[schemas.AssignIn],
    session: NamedDependency[AsyncSession],
    any_assessment: NamedDependency[ListingAssessment],
) -> list[schemas.SeatOut]:
    """Invite assessors, all of them or none."""
    made = await seating.assign(session, assessment=any_assessment, assessor_ids=data.assessor_ids)
    ids = {assignment.id for assignment in made}
    seats = await roster.taken_seats(session, [any_assessment])
    return [schemas.SeatOut.of(seat) for seat in seats if seat.id in ids]


@post("/assessments/{assessment_id:uuid}/decision", access=OPERATOR)
async def decide_assessment(
    data: JSONBody[schemas.DecisionIn],
    session: NamedDependency[AsyncSession],
    any_assessment: NamedDependency[ListingAssessment],
) -> schemas.DecisionOut:
    """Decide: the listing is recommended, or returned to its holder."""
    made = await decide(session, assessment=any_assessment, verdict=data.verdict())
    return schemas.DecisionOut.of(made, any_assessment)


@post("/assessments/{assessment_id:uuid}/cancel", access=OPERATOR)
async def cancel_assessment(
    data: JSONBody[schemas.ReasonIn],
    session: NamedDependency[AsyncSession],
    any_assessment: NamedDependency[ListingAssessment],
) -> StepOut:
    """End an assessment without a decision."""
    return StepOut.of(await seating.cancel(session, assessment=any_assessment, note=data.note))


@get("/listings/{listing_id:uuid}/assessment", access=SIGNED_IN)
async def show_feedback(
    session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> schemas.FeedbackOut | None:
    """For the holder: how the latest assessment stands, and, once decided, why, and what would have passed."""
    assessment = await queries.latest_assessment(session, own_listing)
    if assessment is None:
        return None
    decision = await queries.decision_of(session, assessment)
    note = (await history(session, assessment))[-1].note if decision else ""
    return schemas.FeedbackOut.of(decision, assessment, note)


@get("/listings/{listing_id:uuid}/assessment/receipt", access=SIGNED_IN)
async def download_own_receipt(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """For the holder: the receipt of the latest decision, whatever it was."""
    decision = await queries.latest_decision(session, own_listing)
    return respond(request, decision.receipt)


@get("/catalogue/{listing_id:uuid}/assessment", access=PUBLIC)
async def show_published(
    session: NamedDependency[AsyncSession], published_decision: NamedDependency[Decision]
) -> schemas.PublishedOut:
    """The published score of a recommended technology."""
    today = clock_of(session).now().date()
    path = f"/api/v1/catalogue/{published_decision.assessment.listing_id}/assessment"
    return schemas.PublishedOut(
        decision=schemas.DecisionOut.of(published_decision, published_decision.assessment),
        valid=published_decision.valid_until is not None and today <= published_decision.valid_until,
        receipt=f"{path}/receipt",
        panel=f"{path}/panel",
    )


_FILE = {200: ResponseSpec(dict[str, Any], description="Canonical JSON")}


@get("/catalogue/{listing_id:uuid}/assessment/receipt", access=PUBLIC, responses=_FILE)
async def download_receipt(
    request: Request[Any, Any, Any], published_decision: NamedDependency[Decision]
) -> Response[bytes]:
    """The proof: all ratings under made-up names, and what the scoring library made of them. Compute it again with

    `scoring.Receipt.load(file).verify()`.
    """
    return respond(request, published_decision.receipt)


@get("/catalogue/{listing_id:uuid}/assessment/panel", access=PUBLIC, responses=_FILE)
async def download_panel(
    request: Request[Any, Any, Any], published_decision: NamedDependency[Decision]
) -> Response[bytes]:
    """What the model of harshness read and found, under made-up names: `scoring.readiness.latent.latent_levels`."""
    return respond(request, published_decision.panel)


DEPENDENCIES = PROVIDERS
ROUTES = [
    list_assessors,
    list_assessments,
    open_assessment,
    propose_for_all,
    show_assessment,
    list_assessment_steps,
    propose_for_one,
    assign,
    decide_assessment,
    cancel_assessment,
    show_feedback,
    download_own_receipt,
    show_published,
    download_receipt,
    download_panel,
    *ASSESSOR_ROUTES,
]
