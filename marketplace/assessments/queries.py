"""Reading assessments: what each side may see of them."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.assessments.models import Assessor, Assignment, Decision, ListingAssessment, Score
from marketplace.assessments.panel import Disagreement, disagreements, severities
from marketplace.assessments.standing import ratings_of, said_so_far, scores_of, technology_judged
from marketplace.errors import only
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED

_WITH_CONTENT = (
    joinedload(Assignment.assessment).joinedload(ListingAssessment.listing).joinedload(Listing.organisation),
    joinedload(Assignment.assessment).joinedload(ListingAssessment.listing_version),
)


async def assignment_of(
    session: AsyncSession, assignment_id: uuid.UUID, *, person_id: uuid.UUID | None
) -> Assignment | None:
    """An assignment of this person, with what is to be judged."""
    query = own_assignments(person_id).where(Assignment.id == assignment_id)
    found: Assignment | None = await session.scalar(query)
    return found


def own_assignments(person_id: uuid.UUID | None) -> Select[Assignment]:
    return (
        select(Assignment)
        .join(Assessor, Assessor.id == Assignment.assessor_id)
        .where(Assessor.person_id == person_id)
        .options(*_WITH_CONTENT)
    )


def own_assignment_ids(person_id: uuid.UUID | None) -> Select[uuid.UUID]:
    """For counting them."""
    return (
        select(Assignment.id)
        .join(Assessor, Assessor.id == Assignment.assessor_id)
        .where(Assessor.person_id == person_id)
    )


async def score_of(session: AsyncSession, assignment: Assignment) -> Score | None:
    found: Score | None = await session.scalar(select(Score).where(Score.assignment_id == assignment.id))
    return found


async def decision_of(session: AsyncSession, assessment: ListingAssessment) -> Decision | None:
    found: Decision | None = await session.scalar(select(Decision).where(Decision.assessment_id == assessment.id))
    return found


async def latest_assessment(session: AsyncSession, listing: Listing) -> ListingAssessment | None:
    query = select(ListingAssessment).where(ListingAssessment.listing_id == listing.id)
    found: ListingAssessment | None = await session.scalar(query.order_by(ListingAssessment.id.desc()).limit(1))
    return found


async def latest_decision(session: AsyncSession, listing: Listing) -> Decision:
    query = (
        select(Decision)
        .join(ListingAssessment, ListingAssessment.id == Decision.assessment_id)
        .where(ListingAssessment.listing_id == listing.id)
    )
    found: Decision = only(await session.scalar(query.order_by(Decision.id.desc()).limit(1)), "assessment")
    return found


async def published_decision(session: AsyncSession, listing_id: uuid.UUID) -> Decision | None:
    """The newest recommendation of a listing that is published now."""
    query = (
        select(Decision)
        .join(ListingAssessment, ListingAssessment.id == Decision.assessment_id)
        .join(Listing, Listing.id == ListingAssessment.listing_id)
        .where(Listing.id == listing_id, Listing.state == PUBLISHED, Decision.outcome == "recommended")
        .options(joinedload(Decision.assessment))
        .order_by(Decision.id.desc())
        .limit(1)
    )
    found: Decision | None = await session.scalar(query)
    return found


async def all_severities(session: AsyncSession, framework: str) -> dict[str, float]:
    """How harsh every assessor is under a framework, by their ids, from all decided assessments."""
    return severities(framework, await said_so_far(session, framework))


def names_of(scores: Sequence[Score]) -> Mapping[uuid.UUID, str]:
    """Made-up names, in the order in which the scores came; the receipt uses the same."""
    return {score.id: f"r{number}" for number, score in enumerate(scores, start=1)}


async def disagreements_in(session: AsyncSession, assessment: ListingAssessment) -> list[Disagreement]:
    """Where the panel stands apart, by made-up names."""
    scores = await scores_of(session, assessment)
    named = names_of(scores)
    ratings = {named[score.id]: ratings_of(score) for score in scores}
    return disagreements(technology_judged(assessment), assessment.framework, assessment.as_of, ratings)
