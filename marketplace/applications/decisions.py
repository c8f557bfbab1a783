"""What those who called decide: the next stage, the waiting list, a seat, or no, with a reason."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.applications import letters
from marketplace.applications.models import Application
from marketplace.applications.process import NEXT_STAGE_WITHIN, REASONS, WAITING
from marketplace.applications.seats import take_seat
from marketplace.calls.models import Call
from marketplace.calls.service import content_of
from marketplace.clock import to_the_minute
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.process import ProcessEvent, advance


async def invite_application(session: AsyncSession, *, application: Application) -> ProcessEvent:
    """Ask for the next stage of the call; what was submitted so far stays as it is."""
    stages = content_of(application.call).stages
    following = stages[stages.index(application.stage) + 1 :]
    if not following:
        raise Conflict("last-stage", "This was the last stage; decide.", "已是最后阶段，请作出决定。")
    application.stage = following[0]
    event = await advance(session, application, "invite", actor=_posting(session), data={"stage": following[0]})
    due = to_the_minute(event.at + NEXT_STAGE_WITHIN)
    await letters.tell_applicant(session, "invite", application, stage=following[0], due=due)
    return event


async def waitlist_application(session: AsyncSession, *, application: Application) -> ProcessEvent:
    """Keep it for a seat that becomes free."""
    event = await advance(session, application, "waitlist", actor=_posting(session))
    await letters.tell_applicant(session, "waitlist", application)
    return event


async def accept_application(session: AsyncSession, *, application: Application) -> ProcessEvent:
    """Give it a seat. Of any number who want the last one at once, one gets it; the others hear that none is left."""
    await take_seat(session, application)
    event = await advance(session, application, "accept", actor=_posting(session))
    await letters.tell_applicant(session, "accept", application)
    return event


async def reject_application(
    session: AsyncSession, *, application: Application, reason: str, note: str = ""
) -> ProcessEvent:
    """Say no, with a reason out of the list, and more in words where that does not say it."""
    if faults := _faults_of_reason(reason, note):
        raise Invalid(faults)
    application.reason_code, application.reason_note = reason, note
    event = await advance(session, application, "reject", actor=_posting(session), data={"reason": reason})
    await letters.tell_applicant(session, "reject", application)
    return event


def _faults_of_reason(reason: str, note: str) -> list[FieldError]:
    if reason not in REASONS:
        known = ", ".join(REASONS)
        return [FieldError(field="reason", value=reason, expected=f"one of {known}", expected_zh="须为列出的理由之一")]
    if reason == "other" and not note.strip():
        return [FieldError(field="note", expected="the reason in words", expected_zh="请填写具体理由")]
    return []


async def conclude_application(session: AsyncSession, *, application: Application) -> ProcessEvent:
    """An accepted application has become a deal, or is over."""
    return await advance(session, application, "conclude", actor=_posting(session))


async def undecided(session: AsyncSession, call: Call) -> int:
    """How many applications wait for a decision."""
    query = select(func.count(Application.id)).where(Application.call_id == call.id, Application.state.in_(WAITING))
    return await session.scalar(query) or 0


def _posting(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("poster")
