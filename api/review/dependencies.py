"""Rounds, places in pools and reviews, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.applications.models import Application
from marketplace.errors import Forbidden, only
from marketplace.review import queries
from marketplace.review.decision_models import ReviewDecision
from marketplace.review.models import ReviewAssignment, Reviewer, ReviewRound

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})


def may_write(actor: Actor) -> bool:
    return actor.kind == "key" or bool(WRITERS & actor.roles)


async def visible_round(
    request: Request[Any, Any, Any], review_round_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> ReviewRound:
    """A round of one's own call; operators see everybody's."""
    query = queries.organised_rounds(actor_of(request)).where(ReviewRound.id == review_round_id)
    found: ReviewRound = only(await session.scalar(query), "review-round")
    return found


async def organised_round(request: Request[Any, Any, Any], visible_round: NamedDependency[ReviewRound]) -> ReviewRound:
    """The same for the organiser's members who do more than look."""
    actor = actor_of(request)
    if visible_round.call.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("organiser-only", "This is for those who posted the call.", "仅限征集发布方操作。")
    return visible_round


async def readable_standing(
    request: Request[Any, Any, Any],
    visible_round: NamedDependency[ReviewRound],
    session: NamedDependency[AsyncSession],
) -> ReviewRound:
    """The same, but not for somebody who reviews in it: what others think would colour what they say."""
    reviewing = queries.reviewing_as(actor_of(request).id).where(Reviewer.round_id == visible_round.id)
    if visible_round.state == "reviewing" and await session.scalar(reviewing) is not None:
        message = "You review in this round yourself: you see the scores once it is closed."
        raise Forbidden("reviewers-wait", message, "您是本轮评审专家，评审截止后方可查看得分。")
    return visible_round


async def cancellable_round(
    request: Request[Any, Any, Any], visible_round: NamedDependency[ReviewRound]
) -> ReviewRound:
    """The same, and for operators."""
    if "operator" in actor_of(request).roles:
        return visible_round
    return await organised_round(request, visible_round)


async def own_place(
    request: Request[Any, Any, Any], reviewer_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Reviewer:
    """One's own place in a pool: reviewing is for people, not for programs."""
    actor = actor_of(request)
    query = queries.reviewing_as(actor.id).where(Reviewer.id == reviewer_id)
    found: Reviewer = only(await session.scalar(query) if actor.kind == "person" else None, "reviewer")
    return found


async def own_review_assignment(
    request: Request[Any, Any, Any], review_assignment_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> ReviewAssignment:
    """One's own, as long as one has not given it up; nobody else may know who reviews what."""
    actor = actor_of(request)
    mine = actor.kind == "person"
    found = await queries.own_assignment(session, review_assignment_id, actor.id) if mine else None
    assignment: ReviewAssignment = only(found, "review")
    return assignment


async def own_decision(
    request: Request[Any, Any, Any], application_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> ReviewDecision:
    """The decision about an application of one's own organisation."""
    actor = actor_of(request)
    query = (
        select(Application)
        .where(Application.id == application_id, Application.organisation_id == actor.organisation_id)
        .options(joinedload(Application.call))
    )
    application: Application = only(await session.scalar(query) if actor.organisation_id else None, "application")
    found: ReviewDecision = only(await queries.decision_about(session, application), "decision")
    return found


PROVIDED = {
    "visible_round": visible_round,
    "organised_round": organised_round,
    "readable_standing": readable_standing,
    "cancellable_round": cancellable_round,
    "own_place": own_place,
    "own_review_assignment": own_review_assignment,
    "own_decision": own_decision,
}
