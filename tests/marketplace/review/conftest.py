"""A call with applications, a round of reviews, and reviewers, made as a test needs them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import TIME, Actor, act_as, system
from marketplace.applications.models import Application
from marketplace.assessments import roster
from marketplace.calls.models import Call
from marketplace.database import clock_of
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import advance
from marketplace.review import declaring, placing, queries, reviewing, rounds
from marketplace.review.models import ReviewAssignment, Reviewer, ReviewRound
from marketplace.review.rounds import Expertise, Plan
from marketplace.review.rubric import Given, rubric_of
from tests.marketplace.applications.conftest import Market

EVERYBODY = system("test").acting_as("holder", "poster", "applicant", "operator", "organiser", "reviewer")
WATER = Expertise(media=("water",), languages=("zh", "en"))


def ratings(review_round: ReviewRound, place: int, **changed: int) -> list[Given]:
    """Every criterion at the anchor of this place, but for those changed by their ids."""
    return [
        Given(
            criterion=one.id,
            level=one.anchors[min(changed.get(one.id.replace("-", "_"), place), len(one.anchors) - 1)].level,
            rationale="seen",
        )
        for one in rubric_of(review_round.rubric).criteria
    ]


class Panel(Market):
    """A market whose calls are reviewed."""

    async def closed_call(self, applications: int = 2, **changed: Any) -> tuple[Call, list[Application]]:
        call = await self.call(**changed)
        made = [await self.submitted(call) for _ in range(applications)]
        await advance(self.session, call, "close", actor=TIME)
        return call, made

    async def round(self, call: Call, **plan: Any) -> ReviewRound:
        given = {"stage": "concept", "due_at": clock_of(self.session).now() + timedelta(days=21)} | plan
        return await rounds.make_round(self.session, call=call, plan=Plan(**given))

    async def person(self, organisation_id: uuid.UUID) -> Person:
        organisation = await self.session.get_one(Organisation, organisation_id)
        made = Person(
            email=f"p{next(self.numbers)}@{organisation.email_domain}", name="P", language="en", password_hash="none"
        )
        self.session.add(made)
        await self.session.flush()
        self.session.add(Membership(organisation_id=organisation_id, person_id=made.id, role="member"))
        await self.session.flush()
        return made

    async def reviewer(
        self, review_round: ReviewRound, expertise: Expertise = WATER, of: uuid.UUID | None = None
    ) -> Reviewer:
        """An invited assessor, or a member of the organiser's."""
        if of is None:
            organisation = await self.organisation("assessor")
            person = await self.person(organisation.id)
            profile = roster.Profile(media=("water",))
            await roster.keep_profile(
                self.session, person_id=person.id, organisation_id=organisation.id, profile=profile
            )
        else:
            person = await self.person(of)
        return await rounds.add_reviewer(
            self.session, review_round=review_round, person_id=person.id, expertise=expertise
        )

    async def under_review(
        self, applications: int = 2, reviewers: int = 3, **plan: Any
    ) -> tuple[ReviewRound, list[Application], list[Reviewer]]:
        """Open, everybody declared, nobody asked yet."""
        call, made = await self.closed_call(applications)
        review_round = await self.round(call, **plan)
        pool = [await self.reviewer(review_round) for _ in range(reviewers)]
        await rounds.open_round(self.session, review_round=review_round)
        for reviewer in pool:
            await declaring.declare(self.session, reviewer=reviewer, interests=[])
        return review_round, made, pool

    async def assignments(self, review_round: ReviewRound, state: str = "assigned") -> list[ReviewAssignment]:
        """As their reviewers would load them."""
        found = []
        for one in await queries.assignments_in(self.session, review_round):
            if one.state == state:
                reviewer = await self.session.get_one(Reviewer, one.reviewer_id)
                loaded = await queries.own_assignment(self.session, one.id, reviewer.person_id)
                assert loaded is not None
                found.append(loaded)
        return found

    async def review_all(self, review_round: ReviewRound, place: dict[uuid.UUID, int]) -> None:
        """Ask for what is wanted, and submit all of it at the place given for each application."""
        await placing.place(self.session, review_round=review_round)
        for assignment in await self.assignments(review_round):
            given = ratings(review_round, place[assignment.application_id])
            await reviewing.submit(self.session, assignment=assignment, ratings=given, comment="c", advice="Say more.")


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


@pytest.fixture
def panel(session: AsyncSession) -> Panel:
    act_as(session, EVERYBODY)
    return Panel(session)
