"""Reading rounds: what each side may see of them."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, false, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.people.models import Organisation
from marketplace.review.decision_models import ReviewDecision
from marketplace.review.models import (
    Independence,
    ReferenceApplication,
    ReferenceRating,
    ReviewAssignment,
    Reviewer,
    ReviewRound,
)
from marketplace.review.process import HELD


def organised_rounds(actor: Actor) -> Select[Any]:
    """The rounds of one's own calls; operators get everybody's."""
    query = select(ReviewRound).options(joinedload(ReviewRound.call))
    if "operator" in actor.roles:
        return query
    if actor.organisation_id is None:
        return query.where(false())
    return query.where(exists().where(Call.id == ReviewRound.call_id, Call.organisation_id == actor.organisation_id))


async def locked_round(session: AsyncSession, round_id: uuid.UUID) -> ReviewRound:
    """The round as it is now, nobody else moving it or placing reviews in it."""
    query = (
        select(ReviewRound)
        .where(ReviewRound.id == round_id)
        .options(joinedload(ReviewRound.call))
        .with_for_update(of=ReviewRound)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).one()


async def applications_in(session: AsyncSession, review_round: ReviewRound) -> list[Application]:
    """What the round judges: submitted to its stage, and still waiting."""
    query = (
        select(Application)
        .where(
            Application.call_id == review_round.call_id,
            Application.stage == review_round.stage,
            Application.state == "submitted",
        )
        .options(
            joinedload(Application.organisation),
            joinedload(Application.listing),
            joinedload(Application.listing_version),
        )
        .order_by(Application.id)
        .execution_options(populate_existing=True)  # with the version it was submitted with
    )
    return list(await session.scalars(query))


async def applicants_in(session: AsyncSession, review_round: ReviewRound) -> list[Organisation]:
    """Who applied, without what with: all a reviewer is shown before the declaration."""
    applied = exists().where(
        Application.organisation_id == Organisation.id,
        Application.call_id == review_round.call_id,
        Application.stage == review_round.stage,
        Application.state == "submitted",
    )
    return list(await session.scalars(select(Organisation).where(applied).order_by(Organisation.id)))


async def pool_of(session: AsyncSession, review_round: ReviewRound) -> list[Reviewer]:
    query = select(Reviewer).where(Reviewer.round_id == review_round.id).options(joinedload(Reviewer.person))
    return list(await session.scalars(query.order_by(Reviewer.id)))


async def independence_of(session: AsyncSession, reviewers: Sequence[uuid.UUID]) -> list[Independence]:
    query = select(Independence).where(Independence.reviewer_id.in_(reviewers))
    return list(await session.scalars(query.options(joinedload(Independence.organisation)).order_by(Independence.id)))


async def assignments_in(session: AsyncSession, review_round: ReviewRound) -> list[ReviewAssignment]:
    query = select(ReviewAssignment).where(ReviewAssignment.round_id == review_round.id)
    return list(await session.scalars(query.order_by(ReviewAssignment.id)))


async def references_of(session: AsyncSession, round_id: uuid.UUID) -> list[ReferenceApplication]:
    query = select(ReferenceApplication).where(ReferenceApplication.round_id == round_id)
    return list(await session.scalars(query.order_by(ReferenceApplication.id)))


async def references_open_to(session: AsyncSession, reviewer: Reviewer) -> list[ReferenceApplication]:
    """Those that the reviewer has not rated yet."""
    rated = exists().where(
        ReferenceRating.reference_id == ReferenceApplication.id, ReferenceRating.reviewer_id == reviewer.id
    )
    query = select(ReferenceApplication).where(ReferenceApplication.round_id == reviewer.round_id, ~rated)
    return list(await session.scalars(query.order_by(ReferenceApplication.id)))


def reviewing_as(person_id: uuid.UUID | None) -> Select[Any]:
    """A person's places in pools, those of rounds being set up among them."""
    return (
        select(Reviewer)
        .where(Reviewer.person_id == person_id, Reviewer.left_at.is_(None))
        .options(joinedload(Reviewer.round).joinedload(ReviewRound.call))
    )


def own_assignments(reviewer: Reviewer) -> Select[Any]:
    """What a reviewer was asked to review and has not given up."""
    return select(ReviewAssignment).where(ReviewAssignment.reviewer_id == reviewer.id, ReviewAssignment.state.in_(HELD))


async def own_assignment(
    session: AsyncSession, assignment_id: uuid.UUID, person_id: uuid.UUID | None
) -> ReviewAssignment | None:
    """An assignment of this person, with what is to be reviewed."""
    application = joinedload(ReviewAssignment.application)
    query = (
        select(ReviewAssignment)
        .join(Reviewer, Reviewer.id == ReviewAssignment.reviewer_id)
        .where(ReviewAssignment.id == assignment_id, Reviewer.person_id == person_id, ReviewAssignment.state.in_(HELD))
        .options(
            joinedload(ReviewAssignment.round).joinedload(ReviewRound.call),
            joinedload(ReviewAssignment.reviewer).joinedload(Reviewer.round),
            application.joinedload(Application.organisation),
            application.joinedload(Application.listing_version),
            application.joinedload(Application.call),
        )
        .execution_options(populate_existing=True)
    )
    found: ReviewAssignment | None = await session.scalar(query)
    return found


async def decision_about(session: AsyncSession, application: Application) -> ReviewDecision | None:
    """The latest: a call may have several stages."""
    query = select(ReviewDecision).where(ReviewDecision.application_id == application.id)
    found: ReviewDecision | None = await session.scalar(query.order_by(ReviewDecision.id.desc()).limit(1))
    return found
