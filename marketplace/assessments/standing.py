"""Where an assessment stands: who was asked, what was said, whether somebody else must be asked."""

import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.assessments import letters
from marketplace.assessments.models import Assignment, ListingAssessment, Score
from marketplace.assessments.panel import PanelView, Said, view
from marketplace.assessments.process import PENDING
from marketplace.monitoring.records import track_records
from marketplace.process import advance
from scoring.technology import Rating, Technology

# How many of the latest scores teach how harsh everybody is.
SCORES_REMEMBERED = 400
# Weights are published with what they led to: as short as they can be without moving a level.
WEIGHT_DIGITS = 3


async def locked(session: AsyncSession, assessment_id: uuid.UUID) -> ListingAssessment:
    """The assessment as it is now, nobody else moving it: of two last scores at once, the later must see the other."""
    query = (
        select(ListingAssessment)
        .where(ListingAssessment.id == assessment_id)
        .options(joinedload(ListingAssessment.listing), joinedload(ListingAssessment.listing_version))
        .with_for_update(of=ListingAssessment)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).one()


def technology_judged(assessment: ListingAssessment) -> Technology:
    """The version of the technology that is judged, whatever its holder has changed since."""
    return msgspec.convert(assessment.listing_version.technology, Technology)


def ratings_of(score: Score) -> list[Rating]:
    return msgspec.convert(score.ratings, list[Rating])


async def scores_of(session: AsyncSession, assessment: ListingAssessment) -> Sequence[Score]:
    """In the order in which they came."""
    query = select(Score).where(Score.assessment_id == assessment.id).order_by(Score.id)
    return (await session.scalars(query)).all()


async def pending_of(session: AsyncSession, assessment: ListingAssessment) -> Sequence[Assignment]:
    query = select(Assignment).where(Assignment.assessment_id == assessment.id, Assignment.state.in_(PENDING))
    return (await session.scalars(query)).all()


async def said_so_far(session: AsyncSession, framework: str, assessment: ListingAssessment | None = None) -> list[Said]:
    """What everybody said in assessments that are decided, and in this one, with what their forecasts have earned."""
    known = ListingAssessment.state == "decided"
    if assessment is not None:
        known = or_(known, ListingAssessment.id == assessment.id)
    query = (
        select(Score.assessment_id, Score.assessor_id, Score.low, Score.high)
        .join(ListingAssessment, ListingAssessment.id == Score.assessment_id)
        .where(ListingAssessment.framework == framework, known)
        .order_by(Score.id.desc())
        .limit(SCORES_REMEMBERED)
    )
    rows, earned = await session.execute(query), await track_records(session)
    weights = {forecaster: round(record.weight, WEIGHT_DIGITS) for forecaster, record in earned.items()}
    return [
        Said(str(subject), str(rater), low, high, weights.get(str(rater), 1.0)) for subject, rater, low, high in rows
    ]


async def panel_of(session: AsyncSession, assessment: ListingAssessment) -> PanelView | None:
    """What the panel says together so far; None before anybody has scored."""
    said = await said_so_far(session, assessment.framework, assessment)
    if not any(score.subject == str(assessment.id) for score in said):
        return None
    return view(assessment.framework, assessment.bar, str(assessment.id), said)


async def settle(session: AsyncSession, assessment: ListingAssessment) -> None:
    """After every answer: once nobody is pending, ask for a further assessor only if the interval crosses the bar."""
    if assessment.state not in ("scoring", "further-review") or await pending_of(session, assessment):
        return
    scored = len(await scores_of(session, assessment))
    if scored < assessment.assessors_wanted:
        await letters.tell_operators(session, "assessor-missing", assessment)
        return
    found = await panel_of(session, assessment)
    if found is None or not found.crosses_bar or scored >= assessment.assessors_max:
        await letters.tell_operators(session, "ready-to-decide", assessment)
        return
    data = {"low": found.low, "level": found.level, "high": found.high, "bar": found.bar}
    await advance(session, assessment, "ask-further", actor=actor_of(session).acting_as("panel"), data=data)
    await letters.tell_operators(session, "further-review", assessment)
