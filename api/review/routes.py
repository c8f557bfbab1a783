"""Rounds of reviews for organisers, and their outcome for applicants."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import respond
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.review import decision_schemas, schemas
from api.review.dependencies import PROVIDED, may_write
from api.review.reviewer_routes import REVIEWER_ROUTES
from api.routing import SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.calls.models import Call
from marketplace.errors import FieldError, Forbidden, Invalid, only
from marketplace.paging import count, newest_first, page
from marketplace.process import history
from marketplace.review import deciding, pack, placing, queries, rounds
from marketplace.review.candidates import candidates_for
from marketplace.review.decision_models import ReviewDecision
from marketplace.review.models import ReviewAssignment, ReviewRound
from marketplace.review.standing import standing_of

_ROUND = "/review-rounds/{review_round_id:uuid}"


@get("/review-rounds", access=SIGNED_IN, problems=())
async def list_rounds(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.RoundOut]:
    """The rounds of one's own calls, the newest first; operators get everybody's."""
    query = queries.organised_rounds(actor_of(request))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(ReviewRound), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    total = await count(session, query.with_only_columns(ReviewRound.id))
    return Page([schemas.RoundOut.of(one) for one in found.items], following, total)


@post("/review-rounds", access=SIGNED_IN, problems=())
async def make_round(
    request: Request[Any, Any, Any], data: JSONBody[schemas.RoundIn], session: NamedDependency[AsyncSession]
) -> schemas.RoundOut:
    """Set up the reviews of one stage of one's own call."""
    actor = actor_of(request)
    if not may_write(actor):
        raise Forbidden("viewers-only-look", "Viewers only look.", "仅查看权限不能执行此操作。")
    query = select(Call).where(Call.id == data.call_id, Call.organisation_id == actor.organisation_id)
    call = await session.scalar(query) if actor.organisation_id else None
    if call is None:
        value, expected = str(data.call_id), "a call of your own"
        raise Invalid([FieldError(field="call_id", value=value, expected=expected, expected_zh="须为本机构的征集")])
    return schemas.RoundOut.of(await rounds.make_round(session, call=call, plan=data.plan()))


@get(_ROUND, access=SIGNED_IN)
async def show_round(visible_round: NamedDependency[ReviewRound]) -> schemas.RoundOut:
    """One round."""
    return schemas.RoundOut.of(visible_round)


@get(f"{_ROUND}/history", access=SIGNED_IN)
async def list_round_steps(
    session: NamedDependency[AsyncSession], visible_round: NamedDependency[ReviewRound]
) -> list[StepOut]:
    """What has happened to the round."""
    return [StepOut.of(event) for event in await history(session, visible_round)]


@get(f"{_ROUND}/candidates", access=SIGNED_IN)
async def list_candidates(
    session: NamedDependency[AsyncSession], organised_round: NamedDependency[ReviewRound]
) -> list[schemas.CandidateOut]:
    """Who could be asked into the pool: one's own members, and available assessors, those of its fields first."""
    return [
        schemas.CandidateOut.of(one.person, one.organisation, one.media, one.languages, member=one.member)
        for one in await candidates_for(session, organised_round)
    ]


@get(f"{_ROUND}/reviewers", access=SIGNED_IN)
async def list_reviewers(
    session: NamedDependency[AsyncSession], visible_round: NamedDependency[ReviewRound]
) -> list[schemas.ReviewerOut]:
    """The pool."""
    return [schemas.ReviewerOut.of(one) for one in await queries.pool_of(session, visible_round)]


@post(f"{_ROUND}/reviewers", access=SIGNED_IN)
async def add_reviewer(
    data: JSONBody[schemas.ReviewerIn],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> schemas.ReviewerOut:
    """Put a member, or an available assessor, into the pool; they get a mail."""
    made = await rounds.add_reviewer(
        session, review_round=organised_round, person_id=data.person_id, expertise=data.expertise()
    )
    return schemas.ReviewerOut.of(made)


@post(f"{_ROUND}/removals", access=SIGNED_IN, status_code=204)
async def remove_reviewer(
    data: JSONBody[schemas.RemovalIn],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> None:
    """Take somebody out of the pool; what they submitted stays."""
    known = {one.id: one for one in await queries.pool_of(session, organised_round)}
    await rounds.leave_pool(session, reviewer=only(known.get(data.reviewer_id), "reviewer"), note=data.note)


@get(f"{_ROUND}/references", access=SIGNED_IN)
async def list_references(
    session: NamedDependency[AsyncSession], visible_round: NamedDependency[ReviewRound]
) -> list[schemas.ReferenceOut]:
    """The reference applications that everybody rates first."""
    return [schemas.ReferenceOut.of(one) for one in await queries.references_of(session, visible_round.id)]


@post(f"{_ROUND}/references", access=SIGNED_IN)
async def add_reference(
    data: JSONBody[schemas.ReferenceIn],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> schemas.ReferenceOut:
    """Add one, before the round opens."""
    made = await rounds.add_reference(
        session, review_round=organised_round, title=data.title.text(), content=data.content.text()
    )
    return schemas.ReferenceOut.of(made)


@post(f"{_ROUND}/open", access=SIGNED_IN, status_code=200)
async def open_round(session: NamedDependency[AsyncSession], organised_round: NamedDependency[ReviewRound]) -> StepOut:
    """Begin: reviewers are asked to declare their interests."""
    return StepOut.of(await rounds.open_round(session, review_round=organised_round))


@get(f"{_ROUND}/proposal", access=SIGNED_IN, problems=(400, 404, 409))
async def show_proposal(
    session: NamedDependency[AsyncSession], organised_round: NamedDependency[ReviewRound]
) -> schemas.ProposalOut:
    """Who would be asked for what now; nobody is asked yet. Where somebody is short, they are named."""
    return schemas.ProposalOut.of(await placing.propose(session, organised_round))


@get(f"{_ROUND}/assignments", access=SIGNED_IN)
async def list_round_assignments(
    session: NamedDependency[AsyncSession],
    visible_round: NamedDependency[ReviewRound],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.AssignmentOut]:
    """Everybody who was asked, the newest first."""
    query = select(ReviewAssignment).where(ReviewAssignment.round_id == visible_round.id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(ReviewAssignment), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.AssignmentOut.of(one) for one in found.items], following, await count(session, query))


@post(f"{_ROUND}/assignments", access=SIGNED_IN)
async def place_reviews(
    session: NamedDependency[AsyncSession], organised_round: NamedDependency[ReviewRound]
) -> schemas.ProposalOut:
    """Ask for all reviews that are wanted now: first ones, and further ones where the interval crosses the bar."""
    return schemas.ProposalOut.of(await placing.place(session, review_round=organised_round))


@get(f"{_ROUND}/standing", access=SIGNED_IN)
async def show_standing(
    session: NamedDependency[AsyncSession], readable_standing: NamedDependency[ReviewRound]
) -> schemas.StandingOut:
    """Scores that allow for severity, with intervals; what comes next; who disagrees; how many reviews were saved."""
    return schemas.StandingOut.of(await standing_of(session, readable_standing))


@post(f"{_ROUND}/close", access=SIGNED_IN, status_code=200)
async def close_round(session: NamedDependency[AsyncSession], organised_round: NamedDependency[ReviewRound]) -> StepOut:
    """End the blind pass and make the committee's pack."""
    return StepOut.of(await pack.close_round(session, review_round=organised_round))


@post(f"{_ROUND}/cancel", access=SIGNED_IN, status_code=200)
async def cancel_round(
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    cancellable_round: NamedDependency[ReviewRound],
) -> StepOut:
    """End it without decisions."""
    return StepOut.of(await rounds.cancel_round(session, review_round=cancellable_round, note=data.note))


@get(f"{_ROUND}/pack", access=SIGNED_IN, responses={200: ResponseSpec(dict[str, Any], description="Canonical JSON")})
async def download_pack(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Everything the committee needs, as it was when the round closed; decisions name its SHA-256."""
    kept = only(await pack.pack_of(session, visible_round), "pack")
    return respond(request, kept.content)


@get(f"{_ROUND}/decisions", access=SIGNED_IN)
async def list_decisions(
    session: NamedDependency[AsyncSession], visible_round: NamedDependency[ReviewRound]
) -> list[decision_schemas.DecisionOut]:
    """What was decided, in order."""
    return [decision_schemas.DecisionOut.of(one) for one in await deciding.decisions_in(session, visible_round)]


@post(f"{_ROUND}/decisions", access=SIGNED_IN)
async def decide(
    data: JSONBody[decision_schemas.DecisionIn],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> decision_schemas.DecisionOut:
    """Record the committee's decision about one application; the applicant hears of it."""
    made = await deciding.decide(
        session, review_round=organised_round, application_id=data.application_id, verdict=data.verdict()
    )
    return decision_schemas.DecisionOut.of(made)


@get("/review-feedback/{application_id:uuid}", access=SIGNED_IN)
async def show_feedback(
    session: NamedDependency[AsyncSession], own_decision: NamedDependency[ReviewDecision]
) -> decision_schemas.FeedbackOut:
    """For the applicant: why, criterion by criterion, and what would have crossed the bar."""
    review_round = await session.get_one(ReviewRound, own_decision.round_id)
    return decision_schemas.FeedbackOut.of(
        own_decision, review_round, await deciding.advice_about(session, own_decision)
    )


DEPENDENCIES = PROVIDED
ROUTES = [
    list_rounds,
    make_round,
    show_round,
    list_round_steps,
    list_candidates,
    list_reviewers,
    add_reviewer,
    remove_reviewer,
    list_references,
    add_reference,
    open_round,
    show_proposal,
    list_round_assignments,
    place_reviews,
    show_standing,
    close_round,
    cancel_round,
    download_pack,
    list_decisions,
    decide,
    show_feedback,
    *REVIEWER_ROUTES,
]
