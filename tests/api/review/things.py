"""A round under review, a place in a pool and a review to write, made through the services."""

import uuid
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import TIME
from marketplace.assessments import roster
from marketplace.calls import service as calls
from marketplace.calls.models import Call
from marketplace.database import Sessions, clock_of, transaction
from marketplace.people.models import Organisation
from marketplace.process import advance
from marketplace.review import declaring, placing, queries, rounds
from marketplace.review.models import Reviewer, ReviewRound
from tests.marketplace.applications.conftest import grant
from tests.marketplace.review.conftest import EVERYBODY, WATER, Panel


async def closed_call(panel: Panel, poster: Organisation, applications: int = 1) -> Call:
    """A call of the poster's, with applications, that takes no more."""
    call = await calls.draft_call(panel.session, poster=poster, content=grant(clock_of(panel.session).now()))
    await calls.publish_call(panel.session, call=call)
    for _ in range(applications):
        await panel.submitted(call)
    await advance(panel.session, call, "close", actor=TIME)
    return call


async def profile_for(session: AsyncSession, party: Any) -> None:
    """Whoever judges has a profile."""
    await roster.keep_profile(
        session,
        person_id=party.person_id,
        organisation_id=party.organisation_id,
        profile=roster.Profile(media=("water",)),
    )


async def round_under_review(sessions: Sessions, party: Any) -> uuid.UUID:
    """The party's, with a reviewer who has declared and is not asked yet."""
    async with transaction(sessions, EVERYBODY) as session:
        panel = Panel(session)
        poster = await session.get_one(Organisation, party.organisation_id)
        review_round = await panel.round(await closed_call(panel, poster), reviews_wanted=1)
        reviewer = await panel.reviewer(review_round)
        await rounds.open_round(session, review_round=review_round)
        await declaring.declare(session, reviewer=reviewer, interests=[])
    return review_round.id


async def _opened(session: AsyncSession, party: Any) -> tuple[Reviewer, ReviewRound]:
    """The party's person in the pool of somebody else's round."""
    panel = Panel(session)
    await profile_for(session, party)
    poster = await panel.organisation("investor")
    review_round = await panel.round(await closed_call(panel, poster), reviews_wanted=1)
    reviewer = await rounds.add_reviewer(session, review_round=review_round, person_id=party.person_id, expertise=WATER)
    await rounds.open_round(session, review_round=review_round)
    return reviewer, review_round


async def place_in_a_pool(sessions: Sessions, party: Any) -> uuid.UUID:
    """Before the declaration."""
    async with transaction(sessions, EVERYBODY) as session:
        reviewer, _ = await _opened(session, party)
    return reviewer.id


async def review_to_write(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        reviewer, review_round = await _opened(session, party)
        await declaring.declare(session, reviewer=reviewer, interests=[])
        await placing.place(session, review_round=review_round)
        (assignment,) = await queries.assignments_in(session, review_round)
    return assignment.id


async def call_to_review(sessions: Sessions, party: Any, applications: int = 2) -> Call:
    async with transaction(sessions, EVERYBODY) as session:
        poster = await session.get_one(Organisation, party.organisation_id)
        return await closed_call(Panel(session), poster, applications)
