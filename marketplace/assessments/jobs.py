"""Reminders, and what follows by itself when a time runs out or a listing leaves."""

import datetime
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.assessments import letters
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.assessments.process import ANSWER_WITHIN, ASSIGNMENT, LIVE, PENDING, REMIND_BEFORE, SCORE_WITHIN
from marketplace.assessments.standing import locked, pending_of, settle
from marketplace.errors import Conflict
from marketplace.jobs import Context, job
from marketplace.listings.process import LISTING
from marketplace.process import ProcessEvent, advance, effect

_WITHIN = {"invited": ANSWER_WITHIN, "declared": SCORE_WITHIN}


async def remind_in_time(session: AsyncSession, assignment: Assignment, due: datetime.datetime) -> None:
    """A reminder before `due`, unless the assessor has answered by then."""
    await remind.defer(session, at=due - REMIND_BEFORE, assignment_id=str(assignment.id), entry=assignment.state_entry)


@job("assessment.remind", retry=(60, 600))
async def remind(context: Context, *, assignment_id: str, entry: int) -> None:
    """Write to an assessor who has not answered; the outbox remembers that it was done."""
    async with context.transaction() as session:
        assignment = await session.get_one(Assignment, uuid.UUID(assignment_id))
        if assignment.state_entry != entry or assignment.state not in PENDING:
            return
        assessor = await session.get_one(Assessor, assignment.assessor_id)
        due = assignment.state_since + _WITHIN[assignment.state]
        await letters.tell_assessor(session, f"remind-{assignment.state}", assignment, assessor, due)


@effect(ASSIGNMENT.name, "expire")
async def _go_on_without(session: AsyncSession, assignment: Any, event: ProcessEvent) -> None:
    await go_on_without(session, assignment)


async def go_on_without(session: AsyncSession, assignment: Assignment) -> None:
    """Somebody will not judge: the others may have been waiting for them, and a seat may be empty."""
    assessment = await locked(session, assignment.assessment_id)
    if assessment.state == "assigned":
        await letters.tell_operators(session, "assessor-missing", assessment)
    await settle(session, assessment)


@effect(LISTING.name, "recommend")
async def _not_before_the_decision(session: AsyncSession, listing: Any, event: ProcessEvent) -> None:
    if await _live(session, listing.id) is not None:
        raise Conflict(
            "being-assessed", "This listing is being assessed; decide that first.", "该条目正在评估，请先作出决定。"
        )


@effect(LISTING.name, "return")
@effect(LISTING.name, "withdraw")
async def _end_with_the_listing(session: AsyncSession, listing: Any, event: ProcessEvent) -> None:
    assessment = await _live(session, listing.id)
    if assessment is None:
        return
    pending = await pending_of(session, assessment)
    by = actor_of(session)
    await advance(session, assessment, "cancel", actor=by.acting_as("listing"), note=f"listing: {event.transition}")
    for assignment in pending:
        await advance(session, assignment, "release", actor=by.acting_as("panel"))


async def _live(session: AsyncSession, listing_id: uuid.UUID) -> ListingAssessment | None:
    query = select(ListingAssessment).where(
        ListingAssessment.listing_id == listing_id, ListingAssessment.state.in_(LIVE)
    )
    found: ListingAssessment | None = await session.scalar(query)
    return found
