"""A call's seats, each taken or freed by one statement: of fifty who want the last one, one gets it."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.errors import Conflict

# One can be accepted while a call still runs, or after.
_DECIDING = ("published", "closed")


async def take_seat(session: AsyncSession, application: Application) -> None:
    """Take one of the call's seats, under the edition that the applicant agreed to."""
    taken = await session.execute(
        update(Call)
        .where(
            Call.id == application.call_id,
            Call.seats_taken < Call.seats,
            Call.edition == application.call_edition,
            Call.state.in_(_DECIDING),
        )
        .values(seats_taken=Call.seats_taken + 1)
        .returning(Call.id)
        .execution_options(synchronize_session=False)
    )
    if taken.first() is None:
        raise await _why_not(session, application)


async def _why_not(session: AsyncSession, application: Application) -> Conflict:
    columns = select(Call.edition, Call.state).where(Call.id == application.call_id)
    edition, state = (await session.execute(columns)).one()
    if state not in _DECIDING:
        return Conflict("call-over", "The call is over.", "该征集已结束。")
    if edition != application.call_edition:
        return Conflict(
            "not-agreed",
            "The call was amended, and the applicant has not agreed to it yet.",
            "征集已修改，申报方尚未确认新版本。",
        )
    return Conflict("no-seat-left", "All seats of this call are taken.", "该征集名额已满。")


async def free_seat(session: AsyncSession, application: Application) -> None:
    """Give a seat back."""
    await session.execute(
        update(Call)
        .where(Call.id == application.call_id)
        .values(seats_taken=Call.seats_taken - 1)
        .execution_options(synchronize_session=False)
    )
