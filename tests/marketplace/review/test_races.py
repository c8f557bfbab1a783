"""What several do at the same moment is settled by constraints and locks."""

import asyncio
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from marketplace.database import Sessions, transaction
from marketplace.errors import MarketplaceError
from marketplace.process import begin
from marketplace.review import declaring, placing, queries, reviewing
from marketplace.review.declaring import Interest
from marketplace.review.models import Independence, ReviewAssignment, Reviewer, ReviewRound, SubmittedReview
from marketplace.review.process import HELD
from tests.marketplace.review.conftest import EVERYBODY, Panel, ratings


async def together(*tries: Any) -> list[str]:
    """What became of each: "done", or the code it was refused with."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    unexpected = [
        error for error in found if isinstance(error, BaseException) and not isinstance(error, MarketplaceError)
    ]
    assert not unexpected, unexpected
    return sorted(result.code if isinstance(result, MarketplaceError) else "done" for result in found)


async def test_reviews_are_placed_once_however_many_ask_at_once(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        review_round, _, _ = await Panel(session).under_review(applications=2, reviewers=3)

    async def attempt() -> None:
        async with transaction(committed, EVERYBODY) as session:
            await placing.place(session, review_round=await session.get_one(ReviewRound, review_round.id))

    assert await together(*(attempt() for _ in range(6))) == ["done"] * 6
    async with transaction(committed, EVERYBODY) as session:
        assert len(await queries.assignments_in(session, review_round)) == 4


async def test_of_fifty_submissions_of_one_review_one_stays(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        panel = Panel(session)
        review_round, _, _ = await panel.under_review(applications=1, reviewers=1, reviews_wanted=1)
        await placing.place(session, review_round=review_round)
        (assignment,) = await panel.assignments(review_round)
        person_id, assignment_id, given = assignment.reviewer.person_id, assignment.id, ratings(review_round, 2)

    async def attempt() -> None:
        async with transaction(committed, EVERYBODY) as session:
            found = await queries.own_assignment(session, assignment_id, person_id)
            assert found is not None
            await reviewing.submit(session, assignment=found, ratings=given)

    results = await together(*(attempt() for _ in range(50)))
    assert results.count("done") == 1
    assert set(results) <= {"done", "state-changed", "reviewed-already", "not-in-this-state", "try-again", "busy"}
    async with transaction(committed, EVERYBODY) as session:
        assert len((await session.scalars(select(SubmittedReview))).all()) == 1


async def test_a_conflict_declared_at_the_moment_of_assignment_wins_or_is_told(committed: Sessions) -> None:
    async with transaction(committed, EVERYBODY) as session:
        review_round, (application,), (pooled,) = await Panel(session).under_review(
            applications=1, reviewers=1, reviews_wanted=1
        )

    async def declare() -> None:
        async with transaction(committed, EVERYBODY) as session:
            query = select(Reviewer).where(Reviewer.id == pooled.id).options(joinedload(Reviewer.round))
            interest = Interest(organisation_id=application.organisation_id, kind="family", note="mine")
            await declaring.declare(session, reviewer=(await session.scalars(query)).one(), interests=[interest])
            await session.execute(text("SELECT pg_sleep(0.05)"))

    async def assign() -> None:
        """Past every check of the services, as a fault of theirs would."""
        async with transaction(committed, EVERYBODY) as session:
            made = ReviewAssignment(
                round_id=review_round.id, reviewer_id=pooled.id, application_id=application.id,
                organisation_id=application.organisation_id, independent=True, due_at=review_round.due_at,
            )  # fmt: skip
            await begin(session, made, due={"expire": review_round.due_at})
            await session.execute(text("SELECT pg_sleep(0.05)"))

    results = await together(declare(), assign())
    assert "done" in results
    assert set(results) <= {"done", "not-independent", "try-again", "busy"}
    async with transaction(committed, EVERYBODY) as session:
        held = (await session.scalars(select(ReviewAssignment).where(ReviewAssignment.state.in_(HELD)))).all()
        (row,) = (await session.scalars(select(Independence))).all()
        assert row.independent or not held
