"""What happens at the same moment, on connections of their own."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications import decisions, queries, service
from marketplace.applications.models import Application
from marketplace.calls import service as calls
from marketplace.calls.models import Call
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict
from marketplace.listings.models import Listing
from tests.marketplace.applications.conftest import ASKED, CONCEPT, EVERYBODY, Market

AT_ONCE = 50
Act = Callable[[AsyncSession, Any], Awaitable[Any]]


async def at_once(sessions: Sessions, subjects: list[Any], act: Act) -> Counter[str]:
    """How often each came out: "ok", or the code of the conflict."""

    async def one(subject: Any) -> str:
        try:
            async with transaction(sessions, EVERYBODY) as session:
                await act(session, subject)
        except Conflict as conflict:
            return conflict.code
        return "ok"

    return Counter(await asyncio.gather(*(one(subject) for subject in subjects)))


async def _application(session: AsyncSession, application_id: uuid.UUID) -> Application:
    found = await queries.application_visible(session, application_id, EVERYBODY)
    assert found is not None
    return found


async def accept(session: AsyncSession, application_id: uuid.UUID) -> None:
    await decisions.accept_application(session, application=await _application(session, application_id))


async def test_of_fifty_who_are_given_the_last_seat_one_gets_it(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        market = Market(session)
        call, holder = await market.call(seats=1), await market.organisation("holder")
        ids = [(await market.submitted(call, await market.listing(holder))).id for _ in range(AT_ONCE)]
    assert await at_once(committed, ids, accept) == {"ok": 1, "no-seat-left": AT_ONCE - 1}
    async with transaction(committed, EVERYBODY) as session:
        states = Counter(await session.scalars(select(Application.state)))
        assert states == {"accepted": 1, "submitted": AT_ONCE - 1}
        assert await session.scalar(select(Call.seats_taken)) == 1


async def test_one_application_accepted_fifty_times_takes_one_seat(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        market = Market(session)
        application = await market.submitted(await market.call(seats=100))
    found = await at_once(committed, [application.id] * AT_ONCE, accept)
    assert found["ok"] == 1
    async with transaction(committed, EVERYBODY) as session:
        assert await session.scalar(select(Call.seats_taken)) == 1


async def test_of_fifty_drafts_for_one_technology_one_is_made(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        market = Market(session)
        call, listing = await market.call(), await market.listing()

    async def draft(session: AsyncSession, _: int) -> None:
        await service.draft_application(
            session,
            call=await session.get_one(Call, call.id),
            listing=await session.get_one(Listing, listing.id),
        )

    assert await at_once(committed, list(range(AT_ONCE)), draft) == {"ok": 1, "applied-already": AT_ONCE - 1}


async def test_a_call_that_is_cancelled_meanwhile_takes_no_more(committed: Sessions, clock: SetClock) -> None:
    async with transaction(committed, EVERYBODY) as session:
        market = Market(session)
        call = await market.call()
        drafts = [(await market.draft(call)).id for _ in range(10)]

    async def submit_or_cancel(session: AsyncSession, application_id: uuid.UUID | None) -> None:
        if application_id is None:
            found = await session.get_one(Call, call.id)
            await calls.cancel_call(session, call=found, note="no money")
            return
        application = await session.get_one(Application, application_id)
        await session.refresh(application, ["call", "listing", "organisation"])
        await service.save_application(session, application=application, answers=CONCEPT, asked=ASKED)
        await service.submit_application(session, application=application, edition=1)

    found = await at_once(committed, [*drafts[:5], None, *drafts[5:]], submit_or_cancel)
    async with transaction(committed, EVERYBODY) as session:
        submitted = await session.scalar(select(func.count(Application.id)).where(Application.state == "submitted"))
        cancelled_at = await session.scalar(select(Call.state_since))
        # Whatever was submitted was so before the cancelling could commit, and is ended by the job that follows it.
        assert found["ok"] == 1 + (submitted or 0)
        assert found["ok"] + found["call-closed"] == 11
        assert cancelled_at == clock.now()
