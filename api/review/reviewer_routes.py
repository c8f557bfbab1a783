"""What reviewers do, signed in as themselves."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.review import reviewer_schemas as schemas
from api.review.schemas import NoteIn, ReferenceOut
from api.routing import SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.errors import FieldError, Invalid
from marketplace.paging import count, newest_first, page
from marketplace.review import declaring, queries, reviewing, rounds
from marketplace.review.declaring import Interest
from marketplace.review.models import ReviewAssignment, Reviewer

_PLACE = "/reviewing/{reviewer_id:uuid}"
_REVIEW = "/reviews/{review_assignment_id:uuid}"


@get("/reviewing", access=SIGNED_IN, problems=())
async def list_places(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.PlaceOut]:
    """One's own places in pools of reviewers, the newest first."""
    actor = actor_of(request)
    query = queries.reviewing_as(actor.id if actor.kind == "person" else None)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Reviewer), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    total = await count(session, query.with_only_columns(Reviewer.id))
    return Page([schemas.PlaceOut.of(place) for place in found.items], following, total)


@get(f"{_PLACE}/declaration", access=SIGNED_IN)
async def show_declaration(
    session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> list[schemas.ApplicantOut]:
    """Who applied, and what one has declared about them; empty before the round opens."""
    if own_place.round.state == "setup":
        return []
    declared = {one.organisation_id: one for one in await queries.independence_of(session, [own_place.id])}
    applicants = await queries.applicants_in(session, own_place.round)
    return [schemas.ApplicantOut.of(one, declared.get(one.id)) for one in applicants]


@post(f"{_PLACE}/declaration", access=SIGNED_IN, status_code=200)
async def declare(
    data: JSONBody[schemas.DeclarationIn],
    session: NamedDependency[AsyncSession],
    own_place: NamedDependency[Reviewer],
) -> list[schemas.ApplicantOut]:
    """Declare one's interests in all applicants; nothing of any application opens before."""
    interests = [given.interest() for given in data.interests]
    await declaring.declare(session, reviewer=own_place, interests=interests)
    declared = {one.organisation_id: one for one in await queries.independence_of(session, [own_place.id])}
    applicants = await queries.applicants_in(session, own_place.round)
    return [schemas.ApplicantOut.of(one, declared.get(one.id)) for one in applicants]


@post(f"{_PLACE}/decline", access=SIGNED_IN, status_code=204)
async def decline(
    data: JSONBody[NoteIn], session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> None:
    """Leave the pool; what one has submitted stays."""
    await rounds.leave_pool(session, reviewer=own_place, note=data.note)


@get(f"{_PLACE}/references", access=SIGNED_IN)
async def list_open_references(
    session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> list[ReferenceOut]:
    """The reference applications that one has still to rate."""
    return [ReferenceOut.of(one) for one in await reviewing.open_references(session, own_place)]


@post(f"{_PLACE}/references", access=SIGNED_IN, status_code=204)
async def rate_reference(
    data: JSONBody[schemas.ReferenceRatingIn],
    session: NamedDependency[AsyncSession],
    own_place: NamedDependency[Reviewer],
) -> None:
    """Rate a reference application, once."""
    known = {one.id: one for one in await queries.references_of(session, own_place.round_id)}
    reference = known.get(data.reference_id)
    if reference is None:
        value, expected = str(data.reference_id), "a reference application of this round"
        raise Invalid([FieldError(field="reference_id", value=value, expected=expected, expected_zh="须为校准样本")])
    await reviewing.rate_reference(session, reviewer=own_place, reference=reference, ratings=data.ratings)


@get(f"{_PLACE}/assignments", access=SIGNED_IN)
async def list_own_assignments(
    session: NamedDependency[AsyncSession],
    own_place: NamedDependency[Reviewer],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.OwnAssignmentOut]:
    """What one was asked to review in this round, the newest first."""
    query = queries.own_assignments(own_place)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(ReviewAssignment), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.OwnAssignmentOut.of(one) for one in found.items], following, await count(session, query))


@get(_REVIEW, access=SIGNED_IN)
async def show_task(
    session: NamedDependency[AsyncSession], own_review_assignment: NamedDependency[ReviewAssignment]
) -> schemas.TaskOut:
    """What is to be reviewed: blind until the round is closed."""
    content = await reviewing.read(session, assignment=own_review_assignment)
    own = await reviewing.own_review(session, own_review_assignment)
    return schemas.TaskOut.of(own_review_assignment, content, own)


@post(f"{_REVIEW}/submit", access=SIGNED_IN)
async def submit_review(
    data: JSONBody[schemas.ReviewIn],
    session: NamedDependency[AsyncSession],
    own_review_assignment: NamedDependency[ReviewAssignment],
) -> schemas.ReviewOut:
    """Submit, once and for good."""
    made = await reviewing.submit(
        session, assignment=own_review_assignment, ratings=data.ratings, comment=data.comment, advice=data.advice
    )
    return schemas.ReviewOut.of(made)


@post(f"{_REVIEW}/recuse", access=SIGNED_IN)
async def recuse(
    data: JSONBody[schemas.RecusalIn],
    session: NamedDependency[AsyncSession],
    own_review_assignment: NamedDependency[ReviewAssignment],
) -> StepOut:
    """Give it up on seeing a conflict; it is assigned to somebody else."""
    interest = Interest(organisation_id=own_review_assignment.organisation_id, kind=data.kind, note=data.note)
    return StepOut.of(await declaring.recuse(session, assignment=own_review_assignment, interest=interest))


@get(f"{_REVIEW}/others", access=SIGNED_IN)
async def list_other_reviews(
    session: NamedDependency[AsyncSession], own_review_assignment: NamedDependency[ReviewAssignment]
) -> list[schemas.ReviewOut]:
    """What others said of the same application, nameless, once one's own review is in."""
    found = await reviewing.other_reviews(session, assignment=own_review_assignment)
    return [schemas.ReviewOut.of(review) for review in found]


REVIEWER_ROUTES = [
    list_places,
    show_declaration,
    declare,
    decline,
    list_open_references,
    rate_reference,
    list_own_assignments,
    show_task,
    submit_review,
    recuse,
    list_other_reviews,
]
