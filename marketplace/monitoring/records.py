"""Outcomes when they are known, and what they say about whoever made a forecast at entry."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.database import clock_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import Conflict
from marketplace.monitoring.forecasting import Record, Reliability, Scored, record_of, reliability
from marketplace.monitoring.models import MilestoneForecast, MilestoneOutcome, MilestoneReport


async def forecast(
    session: AsyncSession, *, milestone: DealMilestone, assessor: Assessor, probability: float
) -> MilestoneForecast:
    """An assessor says, before anything is reported, how likely the milestone is reported reached by its day."""
    begun = select(MilestoneReport.id).where(
        MilestoneReport.milestone_id == milestone.id, MilestoneReport.submitted_at.is_not(None)
    )
    if await session.scalar(begun.limit(1)) or await _outcome(session, milestone.id) is not None:
        raise Conflict("too-late", "Reports have come in: the time of forecasts is over.", "已有报告提交，预测已截止。")
    made = MilestoneForecast(
        milestone_id=milestone.id, assessor_id=assessor.id, probability=probability,
        made_on=clock_of(session).now().date(),
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def has_judged(session: AsyncSession, *, milestone: DealMilestone, assessor: Assessor) -> bool:
    """Whether the assessor has scored the technology of the deal: only they know enough to forecast."""
    query = (
        select(Assignment.id)
        .join(ListingAssessment, ListingAssessment.id == Assignment.assessment_id)
        .join(Deal, Deal.listing_id == ListingAssessment.listing_id)
        .where(Deal.id == milestone.deal_id, Assignment.assessor_id == assessor.id, Assignment.state == "scored")
    )
    return await session.scalar(query.limit(1)) is not None


async def _outcome(session: AsyncSession, milestone_id: uuid.UUID) -> MilestoneOutcome | None:
    query = select(MilestoneOutcome).where(MilestoneOutcome.milestone_id == milestone_id)
    found: MilestoneOutcome | None = await session.scalar(query)
    return found


async def note_outcome(session: AsyncSession, report: MilestoneReport) -> None:
    """Once the final report is accepted or its day has passed; what is known first stays."""
    if report.kind != "final":
        return
    in_time = report.submitted_at is not None and report.submitted_at.date() <= report.due_on
    values = {"milestone_id": report.milestone_id, "in_time": in_time, "known_on": clock_of(session).now().date()}
    await session.execute(
        insert(MilestoneOutcome).values(values).on_conflict_do_nothing(index_elements=["milestone_id"])
    )


async def _scored(session: AsyncSession) -> list[tuple[str, Scored]]:
    """Every forecast whose outcome is known, by its forecaster: an assessor's id, or the name of a model."""
    query = (
        select(
            MilestoneForecast.assessor_id, MilestoneForecast.model, MilestoneForecast.probability,
            MilestoneOutcome.in_time,
        )
        .join(MilestoneOutcome, MilestoneOutcome.milestone_id == MilestoneForecast.milestone_id)
        .order_by(MilestoneForecast.id)
    )  # fmt: skip
    return [
        (model or str(assessor), Scored(probability, in_time))
        for assessor, model, probability, in_time in await session.execute(query)
    ]


async def diagram(session: AsyncSession) -> Reliability:
    """All forecasts together, without saying whose they are."""
    return reliability([scored for _, scored in await _scored(session)])


async def track_records(session: AsyncSession) -> Mapping[str, Record]:
    """The record of every forecaster, with the weight it has earned."""
    by_forecaster: dict[str, list[Scored]] = {}
    for forecaster, scored in await _scored(session):
        by_forecaster.setdefault(forecaster, []).append(scored)
    outcomes = (await session.scalars(select(MilestoneOutcome.in_time))).all()
    rate = sum(outcomes) / len(outcomes) if outcomes else 0.5
    return {forecaster: record_of(scored, rate) for forecaster, scored in by_forecaster.items()}
