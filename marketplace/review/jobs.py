"""Reminders, and what follows by itself when a time runs out or an application leaves."""

import datetime
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.applications.process import APPLICATION
from marketplace.jobs import Context, job
from marketplace.process import ProcessEvent, advance, effect
from marketplace.review import letters
from marketplace.review.models import ReviewAssignment, Reviewer, ReviewRound
from marketplace.review.process import ASSIGNMENT
from marketplace.review.queries import applications_in
from marketplace.review.rounds import release


@job("review.remind", retry=(60, 600))
async def remind(context: Context, *, reviewer_id: str, due: str) -> None:
    """Write to a reviewer who has not submitted everything that is due then."""
    due_at = datetime.datetime.fromisoformat(due)
    async with context.transaction() as session:
        query = select(func.count(ReviewAssignment.id)).where(
            ReviewAssignment.reviewer_id == uuid.UUID(reviewer_id),
            ReviewAssignment.state == "assigned",
            ReviewAssignment.due_at == due_at,
        )
        if count := await session.scalar(query):
            reviewer = await session.get_one(Reviewer, uuid.UUID(reviewer_id))
            await letters.tell_reviewer(session, "remind", reviewer, due=due_at, count=count)


@effect(ASSIGNMENT.name, "expire")
async def _let_go(session: AsyncSession, assignment: Any, event: ProcessEvent) -> None:
    """What is no longer held binds nobody's declaration."""
    assignment.independent = None
    await session.flush()


async def _go_on_without(session: AsyncSession, application: Any, event: ProcessEvent) -> None:
    """Nobody goes on reviewing it; a round whose last application it was is over."""
    query = select(ReviewAssignment).where(
        ReviewAssignment.application_id == application.id, ReviewAssignment.state == "assigned"
    )
    for assignment in (await session.scalars(query)).all():
        await release(session, assignment, note=f"application: {event.transition}")
    before = select(ReviewRound).where(ReviewRound.call_id == application.call_id, ReviewRound.state == "committee")
    for review_round in (await session.scalars(before.with_for_update())).all():
        if not await applications_in(session, review_round):
            await advance(session, review_round, "finish", actor=actor_of(session).acting_as("round"))


# However an application leaves the review.
for _transition in ("withdraw", "reject", "accept", "waitlist", "invite", "end"):
    effect(APPLICATION.name, _transition)(_go_on_without)
