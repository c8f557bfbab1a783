"""Where a round stands: all its reviews read together, each application with its margin and what comes next."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications.models import Application
from marketplace.review.agreement import Apart, agreement, apart, opposition
from marketplace.review.merits import Judged, Merit, Review, Scale, judge
from marketplace.review.models import (
    ReferenceApplication,
    ReferenceRating,
    ReviewAssignment,
    ReviewRound,
    SubmittedReview,
)
from marketplace.review.queries import applications_in, assignments_in
from marketplace.review.rubric import Given, places_of, rubric_of, scales_of
from marketplace.review.stopping import Reviews, Saving, Stand, saving, stand_of


class Placed(Struct, frozen=True, kw_only=True):
    """One application: its merit once somebody reviewed it, what comes next, and where its reviewers differ."""

    application: Application
    merit: Merit | None
    stand: Stand
    reviews: Reviews
    apart: list[Apart]
    opposition: float


class Standing(Struct, frozen=True, kw_only=True):
    """A round as a whole. `agreement` is Krippendorff's ordinal alpha by criterion; None where it says nothing yet."""

    scales: list[Scale]
    judged: Judged | None
    placed: list[Placed]
    saving: Saving
    agreement: dict[str, float | None]
    by_application: dict[uuid.UUID, list[Review]]


async def standing_of(session: AsyncSession, review_round: ReviewRound) -> Standing:
    """Everything known now; reference applications teach severities and are not placed themselves."""
    applications, held = await applications_in(session, review_round), await _counts(session, review_round)
    scales = scales_of(rubric_of(review_round.rubric))
    real, references = await _reviews(session, review_round), await _reference_reviews(session, review_round)
    # Other requests go on meanwhile: a round of thousands takes seconds.
    judged = await asyncio.to_thread(judge, [*real, *references], scales) if real or references else None
    by_application: dict[uuid.UUID, list[Review]] = defaultdict(list)
    for review in real:
        by_application[review.application].append(review)  # type: ignore[index]
    placed = [_placed(one, judged, held[one.id], review_round, scales, by_application[one.id]) for one in applications]
    stands = {one.application.id: one.stand for one in placed}
    return Standing(
        scales=scales,
        judged=judged,
        placed=sorted(placed, key=_order),
        saving=saving(stands, held, review_round.reviews_max),  # type: ignore[arg-type]
        agreement={scale.id: agreement(real, scale) for scale in scales},
        by_application=dict(by_application),
    )


def _placed(
    application: Application,
    judged: Judged | None,
    reviews: Reviews,
    review_round: ReviewRound,
    scales: Sequence[Scale],
    own: Sequence[Review],
) -> Placed:
    merit = judged.merits.get(application.id) if judged else None
    found = apart(own, scales)
    return Placed(
        application=application,
        merit=merit,
        stand=stand_of(merit, reviews, wanted=review_round.reviews_wanted, most=review_round.reviews_max),
        reviews=reviews,
        apart=found,
        opposition=opposition(found, scales),
    )


def _order(placed: Placed) -> tuple[bool, float, str]:
    """The best margin first, what nobody has reviewed last."""
    value = placed.merit.margin.value if placed.merit else 0.0
    return placed.merit is None, -value, str(placed.application.id)


async def _counts(session: AsyncSession, review_round: ReviewRound) -> dict[uuid.UUID, Reviews]:
    counts: dict[uuid.UUID, Reviews] = defaultdict(lambda: Reviews(0, 0))
    for assignment in await assignments_in(session, review_round):
        before = counts[assignment.application_id]
        submitted, pending = assignment.state == "submitted", assignment.state == "assigned"
        counts[assignment.application_id] = Reviews(before.submitted + submitted, before.pending + pending)
    return counts


async def _reviews(session: AsyncSession, review_round: ReviewRound) -> list[Review]:
    query = (
        select(SubmittedReview)
        .join(ReviewAssignment, ReviewAssignment.id == SubmittedReview.assignment_id)
        .where(ReviewAssignment.round_id == review_round.id)
        .order_by(SubmittedReview.id)
    )
    return [
        _review(review_round, found.application_id, found.reviewer_id, found.ratings)
        for found in await session.scalars(query)
    ]


async def _reference_reviews(session: AsyncSession, review_round: ReviewRound) -> list[Review]:
    query = (
        select(ReferenceRating)
        .join(ReferenceApplication, ReferenceApplication.id == ReferenceRating.reference_id)
        .where(ReferenceApplication.round_id == review_round.id)
        .order_by(ReferenceRating.id)
    )
    return [
        _review(review_round, found.reference_id, found.reviewer_id, found.ratings)
        for found in await session.scalars(query)
    ]


def _review(
    review_round: ReviewRound, subject: uuid.UUID, reviewer: uuid.UUID, ratings: list[dict[str, Any]]
) -> Review:
    given = msgspec.convert(ratings, list[Given])
    return Review(application=subject, reviewer=reviewer, levels=places_of(rubric_of(review_round.rubric), given))
