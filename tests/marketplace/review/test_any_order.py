"""A round whose steps are taken by anybody in any order, with time passing in between."""

import datetime
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import system
from marketplace.applications import service as applications
from marketplace.applications.models import Application
from marketplace.database import transaction
from marketplace.errors import Forbidden, MarketplaceError
from marketplace.people.models import Membership
from marketplace.process import advance, possible
from marketplace.review import deciding, declaring, pack, placing, queries, reviewing, rounds
from marketplace.review.deciding import Verdict
from marketplace.review.declaring import Interest
from marketplace.review.models import Independence, ReviewAssignment, Reviewer, ReviewRound, SubmittedReview
from marketplace.review.process import ASSIGNMENT, HELD, ROUND
from tests.marketplace import any_order
from tests.marketplace.review.conftest import EVERYBODY, Panel, ratings

EXAMPLES, STEPS = 70, 30
ROLES = st.sampled_from(["organiser", "operator", "reviewer", "round", "time", "applicant", "stranger"])
FIRST_FEW = st.integers(0, 2)


class Ground(any_order.Ground):
    async def prepare(self) -> None:
        async with transaction(self.sessions, EVERYBODY) as session:
            panel = Panel(session)
            call, made = await panel.closed_call(applications=2)
            review_round = await panel.round(call, reviews_wanted=1, reviews_max=2)
            self.reviewers = [(await panel.reviewer(review_round)).id for _ in range(3)]
            self.round_id, self.applications = review_round.id, [one.id for one in made]
            self.applicants = [one.organisation_id for one in made]
            await session.execute(update(Membership).values(role="viewer"))  # nobody to write letters to


ground = any_order.ground_fixture(Ground)


class Anybody(any_order.Machine):
    """What changed nothing is not looked up again: that is what makes two thousand steps quick."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self._look()

    def _look(self) -> None:
        self.ground.run(self._load())

    async def _load(self) -> None:
        async with self.ground.sessions() as session:
            self.round = await session.get_one(ReviewRound, self.ground.round_id)
            self.held = list(await session.scalars(select(ReviewAssignment)))
            self.reviews = {one.assignment_id for one in await session.scalars(select(SubmittedReview))}
            ties = await session.scalars(select(Independence).where(Independence.independent))
            self.independent = {(one.reviewer_id, one.organisation_id) for one in ties}

    def _do(self, work: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> bool:
        """Whether it was done; whatever the marketplace refuses leaves everything as it was."""

        async def doing() -> bool:
            try:
                async with transaction(self.ground.sessions, EVERYBODY_BUT_OPERATOR) as session:
                    await work(session)
            except MarketplaceError:
                return False
            return True

        done: bool = self.ground.run(doing())
        if done:
            self._look()
        return done

    async def _round(self, session: AsyncSession) -> ReviewRound:
        query = select(ReviewRound).where(ReviewRound.id == self.ground.round_id).options(joinedload(ReviewRound.call))
        return (await session.scalars(query)).one()

    async def _reviewer(self, session: AsyncSession, number: int) -> Reviewer:
        query = select(Reviewer).where(Reviewer.id == self.ground.reviewers[number])
        return (await session.scalars(query.options(joinedload(Reviewer.round)))).one()

    async def _assignment(self, session: AsyncSession, number: int) -> ReviewAssignment | None:
        if not self.held:
            return None
        one = self.held[number % len(self.held)]
        reviewer = await session.get_one(Reviewer, one.reviewer_id)
        return await queries.own_assignment(session, one.id, reviewer.person_id)

    @initialize(far=st.integers(0, 3))
    def it_has_come_some_way(self, far: int) -> None:
        """So that late states are seen as often as early ones."""

        async def work(session: AsyncSession) -> None:
            review_round = await self._round(session)
            await rounds.open_round(session, review_round=review_round)
            for number in range(3):
                await declaring.declare(session, reviewer=await self._reviewer(session, number), interests=[])
            if far > 1:
                await placing.place(session, review_round=review_round)
            if far > 2:
                for one in list(await session.scalars(select(ReviewAssignment))):
                    reviewer = await session.get_one(Reviewer, one.reviewer_id)
                    assignment = await queries.own_assignment(session, one.id, reviewer.person_id)
                    assert assignment is not None
                    await reviewing.submit(session, assignment=assignment, ratings=ratings(review_round, 2))

        if far:
            assert self._do(work)

    @rule(step=st.sampled_from(["open", "place", "place", "close", "cancel"]))
    def the_organiser_does_something(self, step: str) -> None:
        async def work(session: AsyncSession) -> None:
            review_round = await self._round(session)
            match step:
                case "open":
                    await rounds.open_round(session, review_round=review_round)
                case "place":
                    await placing.place(session, review_round=review_round)
                case "close":
                    await pack.close_round(session, review_round=review_round)
                case _:
                    await rounds.cancel_round(session, review_round=review_round, note="again")

        before = self.round.state
        if self._do(work):
            assert before == {"open": "setup", "place": "reviewing", "close": "reviewing"}.get(step, before)
            assert not ROUND.state(before).final

    @rule(who=FIRST_FEW, against=st.sampled_from([None, None, 0, 1]))
    def a_reviewer_declares(self, who: int, against: int | None) -> None:
        async def work(session: AsyncSession) -> None:
            reviewer = await self._reviewer(session, who)
            interests = (
                [] if against is None else [Interest(organisation_id=self.ground.applicants[against], kind="family")]
            )
            await declaring.declare(session, reviewer=reviewer, interests=interests)

        if self._do(work):
            assert self.round.state == "reviewing"

    @rule(number=st.integers(0, 5), place=st.integers(0, 3))
    def a_reviewer_submits(self, number: int, place: int) -> None:
        async def work(session: AsyncSession) -> None:
            if assignment := await self._assignment(session, number):
                given = ratings(assignment.round, place)
                await reviewing.submit(session, assignment=assignment, ratings=given)

        self._do(work)

    @rule(number=st.integers(0, 5))
    def a_reviewer_recuses(self, number: int) -> None:
        async def work(session: AsyncSession) -> None:
            if assignment := await self._assignment(session, number):
                interest = Interest(organisation_id=assignment.organisation_id, kind="dispute", note="seen it")
                await declaring.recuse(session, assignment=assignment, interest=interest)

        self._do(work)

    @rule(who=FIRST_FEW)
    def a_reviewer_leaves(self, who: int) -> None:
        async def work(session: AsyncSession) -> None:
            await rounds.leave_pool(session, reviewer=await self._reviewer(session, who), note="no time")

        self._do(work)

    @rule(which=st.integers(0, 1))
    def an_applicant_withdraws(self, which: int) -> None:
        async def work(session: AsyncSession) -> None:
            application = await session.get_one(Application, self.ground.applications[which])
            await applications.withdraw_application(session, application=application)

        self._do(work)

    @rule(which=st.integers(0, 1), outcome=st.sampled_from(["accepted", "rejected", "waitlisted", "invited"]))
    def the_committee_decides(self, which: int, outcome: str) -> None:
        async def work(session: AsyncSession) -> None:
            reason = "below-the-bar" if outcome == "rejected" else None
            verdict = Verdict(outcome=outcome, reason=reason, note="We heard them.")
            application_id: uuid.UUID = self.ground.applications[which]
            await deciding.decide(
                session, review_round=await self._round(session), application_id=application_id, verdict=verdict
            )

        before = self.round.state
        if self._do(work):
            assert before == "committee"

    @rule(
        role=ROLES,
        step=st.sampled_from([way.name for way in (*ROUND.transitions, *ASSIGNMENT.transitions)]),
        on=st.integers(0, 5),
    )
    def somebody_tries_a_step_that_is_not_theirs(self, role: str, step: str, on: int) -> None:
        """Straight at the engine, past every service: only roles that may are not forbidden."""
        subjects = [self.round, *self.held]
        subject = subjects[on % len(subjects)]
        way = next((one for one in possible(subject, system("x").acting_as(role)) if one.name == step), None)
        if way is not None:
            return
        with pytest.raises(MarketplaceError) as refused:
            self.ground.run(self._advance(subject, step, role))
        offered = (ROUND if subject is self.round else ASSIGNMENT).find(step, subject.state)
        assert isinstance(refused.value, Forbidden) == (offered is not None)

    async def _advance(self, subject: Any, step: str, role: str) -> None:
        async with transaction(self.ground.sessions, system("x")) as session:
            await advance(session, subject, step, actor=system("x").acting_as(role), note="try")

    @rule(days=st.integers(1, 25))
    def time_passes(self, days: int) -> None:
        if self.ground.let_pass(datetime.timedelta(days=days)):
            self._look()

    @invariant()
    def only_the_independent_hold_anything(self) -> None:
        for one in self.held:
            if one.state in HELD:
                assert (one.reviewer_id, one.organisation_id) in self.independent
            assert (one.state == "submitted") == (one.id in self.reviews)

    @invariant()
    def nobody_has_more_reviews_than_are_allowed(self) -> None:
        for application in self.ground.applications:
            assert sum(one.application_id == application and one.state in HELD for one in self.held) <= 2

    @invariant()
    def nothing_is_pending_once_the_round_is_closed(self) -> None:
        if self.round.state != "reviewing":
            assert "assigned" not in {one.state for one in self.held}

    @invariant()
    def the_operator_has_a_way_out_until_it_has_ended(self) -> None:
        ways = {way.name for way in possible(self.round, system("x").acting_as("operator"))}
        assert ways == (set() if ROUND.state(self.round.state).final else {"cancel"})


EVERYBODY_BUT_OPERATOR = system("test").acting_as("applicant", "poster", "reviewer")


def test_no_order_of_steps_strands_a_round_or_lets_a_conflict_review(ground: Ground) -> None:
    any_order.walk(Anybody, ground, examples=EXAMPLES, steps=STEPS)
