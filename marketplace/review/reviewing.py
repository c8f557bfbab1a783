"""What a reviewer does: rate the reference applications, read what is blind, submit once, then see the others."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.process import advance
from marketplace.review.blinding import shown
from marketplace.review.models import (
    ReferenceApplication,
    ReferenceRating,
    ReviewAssignment,
    Reviewer,
    SubmittedReview,
)
from marketplace.review.queries import locked_round, references_open_to
from marketplace.review.rubric import Given, faults_of_ratings, rubric_of


async def open_references(session: AsyncSession, reviewer: Reviewer) -> list[ReferenceApplication]:
    """What is still to be rated before any application opens."""
    _require_declared(reviewer)
    return await references_open_to(session, reviewer)


async def rate_reference(
    session: AsyncSession, *, reviewer: Reviewer, reference: ReferenceApplication, ratings: Sequence[Given]
) -> ReferenceRating:
    """Rate a reference application, once."""
    _require_declared(reviewer)
    if reviewer.round.state != "reviewing":
        raise Conflict("not-reviewing", "This round is not under review.", "该轮次不在评审中。")
    if faults := faults_of_ratings(rubric_of(reviewer.round.rubric), ratings):
        raise Invalid(faults)
    made = ReferenceRating(
        reference_id=reference.id, reviewer_id=reviewer.id, ratings=[msgspec.to_builtins(given) for given in ratings]
    )
    session.add(made)
    await session.flush()
    return made


async def read(session: AsyncSession, *, assignment: ReviewAssignment) -> dict[str, Any]:
    """The application as this reviewer may see it now: blind until the round is closed."""
    await _require_open(session, assignment)
    blind = assignment.round.blind_fields if assignment.round.state == "reviewing" else ()
    return shown(assignment.application, blind)


async def submit(
    session: AsyncSession,
    *,
    assignment: ReviewAssignment,
    ratings: Sequence[Given],
    comment: str = "",
    advice: str = "",
) -> SubmittedReview:
    """Submit once and for good; everything wrong with it is named at once."""
    await _require_open(session, assignment)
    if assignment.state == "submitted":
        raise Conflict("reviewed-already", "You have submitted your review.", "您已提交评审意见，不可更改。")
    if faults := faults_of_ratings(rubric_of(assignment.round.rubric), ratings):
        raise Invalid(faults)
    # Held, so that no review slips in beside the pack that the committee decides by.
    review_round = await locked_round(session, assignment.round_id)
    if review_round.state != "reviewing":
        raise Conflict("not-reviewing", "This round is not under review.", "该轮次不在评审中。")
    await advance(session, assignment, "submit", actor=actor_of(session).acting_as("reviewer"))
    made = SubmittedReview(
        assignment_id=assignment.id,
        reviewer_id=assignment.reviewer_id,
        application_id=assignment.application_id,
        ratings=[msgspec.to_builtins(given) for given in ratings],
        comment=comment,
        advice=advice,
    )
    session.add(made)
    await session.flush()
    return made


async def own_review(session: AsyncSession, assignment: ReviewAssignment) -> SubmittedReview | None:
    query = select(SubmittedReview).where(SubmittedReview.assignment_id == assignment.id)
    found: SubmittedReview | None = await session.scalar(query)
    return found


async def other_reviews(session: AsyncSession, *, assignment: ReviewAssignment) -> list[SubmittedReview]:
    """What others said of the same application, for whoever has said their own."""
    if assignment.state != "submitted":
        raise Forbidden("submit-first", "Submit your own review first.", "请先提交您的评审意见。")
    query = (
        select(SubmittedReview)
        .join(ReviewAssignment, ReviewAssignment.id == SubmittedReview.assignment_id)
        .where(
            SubmittedReview.application_id == assignment.application_id,
            SubmittedReview.assignment_id != assignment.id,
            ReviewAssignment.round_id == assignment.round_id,
        )
    )
    return list(await session.scalars(query.order_by(SubmittedReview.id)))


def _require_declared(reviewer: Reviewer) -> None:
    if reviewer.declared_at is None or reviewer.left_at is not None:
        raise Forbidden("declare-first", "Declare your interests first; then you can read it.", "请先声明利益关系。")


async def _require_open(session: AsyncSession, assignment: ReviewAssignment) -> None:
    _require_declared(assignment.reviewer)
    if await references_open_to(session, assignment.reviewer):
        message = "Rate the reference applications first."
        raise Forbidden("calibrate-first", message, "请先完成校准样本的评分。")
    if assignment.round.state == "cancelled":
        raise Forbidden("round-cancelled", "This round was cancelled.", "该轮评审已取消。")
