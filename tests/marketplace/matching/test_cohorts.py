import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import act_as
from marketplace.applications import service as applications
from marketplace.applications.models import Application
from marketplace.calls import service as calls
from marketplace.calls.models import Call
from marketplace.clock import SetClock
from marketplace.database import clock_of
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.jobs import Context, drain
from marketplace.listings.models import Listing
from marketplace.matching import cohorts
from marketplace.matching.cohorts import CohortContent
from marketplace.matching.models import Cohort
from marketplace.people.models import Organisation
from scoring.technology import Text
from tests.marketplace.applications.conftest import EVERYBODY, Market, grant
from tests.marketplace.matching import world

CLOSES = datetime.datetime(2026, 3, 10, tzinfo=datetime.UTC)


class Made(NamedTuple):
    organiser: Organisation
    calls: list[Call]
    listings: list[Listing]
    cohort: Cohort


async def cohort(session: AsyncSession, seats: tuple[int, ...] = (1, 1), applicants: int = 3) -> Made:
    """An organiser with a call for each number of seats, to all of which every technology applied."""
    act_as(session, EVERYBODY)
    market = Market(session)
    organiser = await market.organisation("incubator")
    posted = [await calls.draft_call(session, poster=organiser, content=grant(clock_of(session).now())) for _ in seats]
    for call in posted:
        await calls.publish_call(session, call=call)
    listings = [await market.listing() for _ in range(applicants)]
    for call in posted:
        for listing in listings:
            await market.submitted(call, listing)
    content = CohortContent(
        title=Text(en="C", zh="批"), wishes_until=CLOSES, seats=dict(zip([c.id for c in posted], seats, strict=True))
    )
    made = await cohorts.open_cohort(session, organiser=organiser, content=content)
    return Made(organiser, posted, listings, made)


async def test_seats_go_where_nobody_would_swap(context: Context, clock: SetClock) -> None:
    async with context.transaction() as session:
        made = await cohort(session)
        (x, y), (a, b, c) = [call.id for call in made.calls], [listing.id for listing in made.listings]
        for listing, wishes in zip(made.listings, ([[x], [y]], [[y], [x]], [[x], [y]]), strict=True):
            await cohorts.wish(session, cohort=made.cohort, listing=listing, wishes=wishes)
        await cohorts.wish(session, cohort=made.cohort, listing=made.listings[2], wishes=[[y], [x]])  # changed its mind
        await cohorts.rank(session, cohort=made.cohort, call_id=x, ranking=[[b], [a], [c]])
        await cohorts.rank(session, cohort=made.cohort, call_id=y, ranking=[[a], [b], [c]])
        act_as(session, world.acting_for(made.organiser))
        with pytest.raises(Conflict):
            await cohorts.place(session, cohort=made.cohort)
    clock.advance(datetime.timedelta(days=9))
    await drain(context)
    async with context.transaction(world.acting_for(made.organiser)) as session:
        found = await session.get_one(Cohort, made.cohort.id)
        assert found.state == "ranking"
        with pytest.raises(Conflict, match="closed"):
            await cohorts.wish(session, cohort=found, listing=made.listings[0], wishes=[])
        await cohorts.place(session, cohort=found)
        result: Any = cohorts.result_of(found)
    assert result.placed == {str(a): str(x), str(b): str(y)}
    assert (result.unplaced, result.blocking) == ((str(c),), ())


async def test_who_left_a_call_is_left_out(context: Context, clock: SetClock) -> None:
    async with context.transaction() as session:
        made = await cohort(session, seats=(1,), applicants=2)
        call = made.calls[0].id
        for listing in made.listings:
            await cohorts.wish(session, cohort=made.cohort, listing=listing, wishes=[[call]])
        first, second = (listing.id for listing in made.listings)
        await cohorts.rank(session, cohort=made.cohort, call_id=call, ranking=[[first], [second]])
        act_as(session, EVERYBODY)
        query = select(Application).where(Application.listing_id == first)
        await applications.withdraw_application(session, application=(await session.scalars(query)).one())
    clock.advance(datetime.timedelta(days=9))
    await drain(context)
    async with context.transaction(world.acting_for(made.organiser)) as session:
        found = await session.get_one(Cohort, made.cohort.id)
        await cohorts.place(session, cohort=found)
        result: Any = cohorts.result_of(found)
    assert result.placed == {str(second): str(call)}


async def test_lists_name_those_in_play_once(session: AsyncSession) -> None:
    made = await cohort(session, applicants=1)
    call, listing = made.calls[0].id, made.listings[0]
    with pytest.raises(Invalid) as refused:
        await cohorts.wish(session, cohort=made.cohort, listing=listing, wishes=[[call, call], [listing.id]])
    assert [fault.field for fault in refused.value.fields] == ["wishes.0.1", "wishes.1.0"]
    with pytest.raises(Invalid):
        await cohorts.rank(session, cohort=made.cohort, call_id=call, ranking=[[call]])
    with pytest.raises(Invalid):
        await cohorts.rank(session, cohort=made.cohort, call_id=listing.id, ranking=[])


async def test_a_cohort_is_of_ones_own_calls_and_closes_in_the_future(session: AsyncSession) -> None:
    made = await cohort(session, applicants=0)
    stranger = await world.organisation(session, "investor")
    content = CohortContent(
        title=Text(en="C"), wishes_until=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), seats={made.calls[0].id: 1}
    )
    with pytest.raises(Invalid) as refused:
        await cohorts.open_cohort(session, organiser=stranger, content=content)
    assert [fault.field.partition(".")[0] for fault in refused.value.fields] == ["wishes_until", "seats"]


async def test_only_the_organiser_places_and_only_holders_read_their_wishes(session: AsyncSession) -> None:
    made = await cohort(session, applicants=2)
    for listing in made.listings:
        await cohorts.wish(session, cohort=made.cohort, listing=listing, wishes=[[made.calls[0].id]])
    holder = await session.get_one(Organisation, made.listings[0].organisation_id)
    stranger = await world.organisation(session, "holder")

    async def seen(who: Organisation) -> tuple[int, int]:
        actor = world.acting_for(who)
        visible = (await session.scalars(cohorts.visible_cohorts(actor))).all()
        return len(visible), len(await cohorts.wishes_of(session, made.cohort, actor))

    assert (await seen(holder), await seen(made.organiser), await seen(stranger)) == ((1, 1), (1, 0), (0, 0))
    act_as(session, world.acting_for(holder))
    with pytest.raises(Forbidden):
        await cohorts.cancel(session, cohort=made.cohort)
    act_as(session, world.acting_for(made.organiser))
    await cohorts.cancel(session, cohort=made.cohort)
    assert made.cohort.state == "cancelled"
