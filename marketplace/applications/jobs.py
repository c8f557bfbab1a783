"""What follows for applications when their call is amended, closes or ends, and when their time has passed."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import system
from marketplace.applications import letters
from marketplace.applications.forgetting import forget_some
from marketplace.applications.models import Application
from marketplace.applications.process import LIVE, WAITING
from marketplace.applications.seats import free_seat
from marketplace.calls.models import Call
from marketplace.jobs import Context, job
from marketplace.process import ProcessEvent, advance, effect

CLOSING = system("closing").acting_as("closing")
RETRIES_S = (10, 60, 600)
# One transaction's worth of letters or steps.
BATCH = 50


@effect("call", "amend")
async def tell_of_amendment(session: AsyncSession, call: Call, event: ProcessEvent) -> None:
    """Who has a stake hears of it; after an immaterial change they have agreed as they had before."""
    if not event.data["material"]:
        await session.execute(
            update(Application)
            .where(Application.call_id == call.id, Application.call_edition == call.edition - 1)
            .values(call_edition=call.edition)
            .execution_options(synchronize_session=False)
        )
    await send_amendment.defer(
        session, call_id=str(call.id), edition=event.data["edition"], fields=event.data["fields"], after=None
    )


@effect("call", "close")
async def lapse_drafts(session: AsyncSession, call: Call, event: ProcessEvent) -> None:
    await end_some.defer(session, call_id=str(call.id), states=["draft"], transition="lapse")


@effect("call", "complete")
@effect("call", "cancel")
async def end_those_who_wait(session: AsyncSession, call: Call, event: ProcessEvent) -> None:
    await end_some.defer(session, call_id=str(call.id), states=["draft"], transition="lapse")
    await end_some.defer(session, call_id=str(call.id), states=list(WAITING), transition="end")


@effect("application", "lapse")
@effect("application", "end")
async def tell_of_end(session: AsyncSession, application: Application, event: ProcessEvent) -> None:
    await letters.tell_applicant(session, event.transition, application)


@effect("application", "withdraw")
async def give_seat_back(session: AsyncSession, application: Application, event: ProcessEvent) -> None:
    if event.from_state == "accepted":
        await free_seat(session, application)
        await letters.tell_poster(session, "seat-free", application)
    elif application.submitted_at is not None:
        await letters.tell_poster(session, "withdrawn", application)


@job("applications.amended", retry=RETRIES_S)
async def send_amendment(context: Context, *, call_id: str, edition: int, fields: list[str], after: str | None) -> None:
    """Tell some of the applicants, and leave the rest to another job."""
    async with context.transaction() as session:
        some = await _some(session, call_id, LIVE, after=after)
        for application in some:
            said = {"edition": str(edition), "fields": ", ".join(fields)}
            await letters.tell_applicant(session, "amended", application, **said)
        if len(some) == BATCH:
            await send_amendment.defer(session, call_id=call_id, edition=edition, fields=fields, after=str(some[-1].id))


@job("applications.end", retry=RETRIES_S)
async def end_some(context: Context, *, call_id: str, states: list[str], transition: str) -> None:
    """End some of the applications, and leave the rest to another job."""
    async with context.transaction(CLOSING) as session:
        some = await _some(session, call_id, states)
        for application in some:
            await advance(session, application, transition)
        if len(some) == BATCH:
            await end_some.defer(session, call_id=call_id, states=states, transition=transition)


async def _some(
    session: AsyncSession, call_id: str, states: Sequence[str], *, after: str | None = None
) -> Sequence[Application]:
    """Locked, so that whoever acts on one at the same moment is first or second."""
    query = select(Application).where(Application.call_id == uuid.UUID(call_id), Application.state.in_(states))
    if after is not None:
        query = query.where(Application.id > uuid.UUID(after))
    return (await session.scalars(query.order_by(Application.id).limit(BATCH).with_for_update())).all()


@job("applications.forget", retry=RETRIES_S, every="40 3 * * *")
async def forget(context: Context) -> None:
    """Forget what has been kept long enough, some at a time."""
    while True:
        async with context.transaction() as session:
            if await forget_some(session, most=BATCH) < BATCH:
                return
