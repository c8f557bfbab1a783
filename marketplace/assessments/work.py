"""What an assessor does: declare interests, read, score once, or decline."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.assessments import roster
from marketplace.assessments.independence import worded
from marketplace.assessments.jobs import go_on_without, remind_in_time
from marketplace.assessments.judging import anonymous, faults_of_ratings, interval_of, receipt_of
from marketplace.assessments.models import Assignment, Score
from marketplace.assessments.process import SCORE_WITHIN
from marketplace.assessments.standing import locked, settle, technology_judged
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.process import ProcessEvent, advance
from scoring.errors import Refusal
from scoring.readiness.framework import FRAMEWORKS
from scoring.technology import Rating


class Declared(Struct, frozen=True, kw_only=True):
    """A conflict of interest that an assessor declares."""

    kind: str
    note: str


async def declare(session: AsyncSession, *, assignment: Assignment, conflicts: Sequence[Declared]) -> ProcessEvent:
    """Declare one's interests. With none of them the content opens; with any the seat is given up."""
    found = await _found_meanwhile(session, assignment)
    assignment.conflicts = [msgspec.to_builtins(conflict) for conflict in conflicts]
    assignment.declared_at = clock_of(session).now()
    if conflicts or found:
        note = "; ".join([*(f"{conflict.kind}: {conflict.note}" for conflict in conflicts), *found])
        return await decline(session, assignment=assignment, note=note)
    event = await advance(session, assignment, "declare", actor=_assessor(session))
    assessment = await locked(session, assignment.assessment_id)
    if assessment.state == "assigned":
        await advance(session, assessment, "start", actor=_assessor(session))
    await remind_in_time(session, assignment, assignment.state_since + SCORE_WITHIN)
    return event


async def _found_meanwhile(session: AsyncSession, assignment: Assignment) -> list[str]:
    """Conflicts that came up since the invitation (a new job, a relation stated later)."""
    assessment = assignment.assessment
    judged = await roster.judged_side(session, assessment.listing, technology_judged(assessment))
    known = await roster.known_assessors(session, [assignment.assessor_id])
    return [worded(found).en or "" for them in known if (found := roster.conflicts_of(session, them, judged))]


async def decline(session: AsyncSession, *, assignment: Assignment, note: str) -> ProcessEvent:
    """Give the seat up, with a reason."""
    event = await advance(session, assignment, "decline", actor=_assessor(session), note=note)
    await go_on_without(session, assignment)
    return event


async def submit_score(session: AsyncSession, *, assignment: Assignment, ratings: Sequence[Rating]) -> Score:
    """Score once and for good; everything wrong with the ratings is named at once."""
    if assignment.state == "scored":
        raise Conflict("scored-already", "You have submitted your score.", "您已提交评分，不可更改。")
    assessment, technology = assignment.assessment, technology_judged(assignment.assessment)
    if wrong := faults_of_ratings(ratings, FRAMEWORKS[assessment.framework], technology):
        raise Invalid(wrong)
    interval = interval_of(technology, assessment.framework, ratings, assessment.as_of)
    if isinstance(interval, Refusal):
        fault = FieldError(field="ratings", expected=interval.message, expected_zh=interval.message_zh)
        raise Invalid([fault], code=interval.reason)
    await advance(session, assignment, "score", actor=_assessor(session))
    proof = receipt_of(technology, assessment.framework, anonymous(ratings, "r1"), assessment.as_of)
    score = Score(
        assignment_id=assignment.id,
        assessment_id=assessment.id,
        assessor_id=assignment.assessor_id,
        ratings=[msgspec.to_builtins(rating) for rating in ratings],
        low=interval.low,
        high=interval.high,
        receipt_id=proof.id,
        receipt=proof.to_bytes(),
    )
    session.add(score)
    await session.flush()
    await settle(session, await locked(session, assessment.id))
    return score


def _assessor(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("assessor")
