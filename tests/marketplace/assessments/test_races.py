"""What several do at the same time is settled by constraints and locks."""

import asyncio
from typing import Any

from sqlalchemy import select, text

from marketplace.actors import system
from marketplace.assessments import queries, seating, work
from marketplace.assessments.models import Assignment, ListingAssessment, Score
from marketplace.database import Sessions, transaction
from marketplace.errors import MarketplaceError
from marketplace.listings.models import Listing
from tests.marketplace.assessments.conftest import OPERATOR, Town, said, technology


async def together(*tries: Any) -> list[str]:
    """What became of each: "done", or the code it was refused with."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    unexpected = [
        error for error in found if isinstance(error, BaseException) and not isinstance(error, MarketplaceError)
    ]
    assert not unexpected, unexpected
    return sorted(result.code if isinstance(result, MarketplaceError) else "done" for result in found)


async def test_one_live_assessment_a_listing(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        listing_id = (await Town(session).listing()).id

    async def attempt() -> None:
        async with transaction(committed, OPERATOR) as session:
            listing = await session.get_one(Listing, listing_id)
            await seating.open_assessment(session, listing=listing, plan=seating.Plan(framework="trl", bar=6))
            await session.execute(text("SELECT pg_sleep(0.05)"))

    assert await together(attempt(), attempt(), attempt()) == ["being-assessed", "being-assessed", "done"]


async def test_one_score_an_assignment_and_the_last_of_a_panel_settles_it(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        town = Town(session)
        assessment = await town.assessment()
        assessors = [await town.assessor(), await town.assessor()]
        seats = await town.seat(assessment, *assessors)
        for seat in seats:
            await town.declare(seat)
        keys = [(seat.id, assessor.person_id) for seat, assessor in zip(seats, assessors, strict=True)]
        assessment_id = assessment.id

    async def attempt(number: int, level: int) -> None:
        async with transaction(committed, system("test")) as session:
            seat = await queries.assignment_of(session, keys[number][0], person_id=keys[number][1])
            assert seat is not None
            await work.submit_score(session, assignment=seat, ratings=[said(level, "E4")])

    results = await together(attempt(0, 5), attempt(0, 5), attempt(1, 7), attempt(1, 7))
    assert results.count("done") == 2
    # "try-again" is the database's own answer where two of them waited for one another.
    assert set(results) <= {"done", "state-changed", "scored-already", "not-in-this-state", "try-again"}, results
    async with transaction(committed, OPERATOR) as session:
        assert len((await session.scalars(select(Score))).all()) == 2
        # Whoever came last has seen the other: the interval crosses the bar, and that was noticed once.
        found = await session.get_one(ListingAssessment, assessment_id)
        assert found.state == "further-review"


async def test_two_operators_cannot_fill_the_same_last_place(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        town = Town(session)
        assessor_id = (await town.assessor(capacity=1)).id
        ids = [(await town.assessment(await town.listing(technology(name)))).id for name in ("One", "Two")]

    async def attempt(assessment_id: Any) -> None:
        async with transaction(committed, OPERATOR) as session:
            (assessment,) = await seating.live_assessments(session, [assessment_id])
            await seating.assign(session, assessment=assessment, assessor_ids=[assessor_id])

    assert await together(*map(attempt, ids)) == ["cannot-assign", "done"]
    async with transaction(committed, OPERATOR) as session:
        assert len((await session.scalars(select(Assignment))).all()) == 1
