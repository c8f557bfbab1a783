"""Which reports a deal owes, and on which day; made once the deal is signed, and ended with it."""

import datetime
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.jobs import Context, job
from marketplace.listings.models import Listing
from marketplace.monitoring import letters
from marketplace.monitoring.models import MilestoneForecast, MilestoneReport
from marketplace.monitoring.process import SETTLED, WRITABLE
from marketplace.monitoring.warning import Progress, chance_on_time
from marketplace.process import advance, begin
from scoring.errors import Refusal

PROGRESS_EVERY = datetime.timedelta(days=91)
REMIND_BEFORE = datetime.timedelta(days=14)
MODEL = "stage-hazard-prior"


def progress_days(began_on: datetime.date, due_on: datetime.date) -> list[datetime.date]:
    """Every quarter, the last one at least half a quarter before the milestone's own report."""
    days = []
    day = began_on + PROGRESS_EVERY
    while day + PROGRESS_EVERY / 2 <= due_on:
        days.append(day)
        day += PROGRESS_EVERY
    return days


async def milestones_of(session: AsyncSession, deal: Deal) -> Sequence[DealMilestone]:
    query = select(DealMilestone).where(DealMilestone.deal_id == deal.id).order_by(DealMilestone.position)
    return (await session.scalars(query)).all()


async def begin_monitoring(session: AsyncSession, *, deal: Deal) -> list[MilestoneReport]:
    """Make the schedule of a signed deal, and keep what the library forecasts; nothing where there is one already."""
    if await session.scalar(select(MilestoneReport.id).where(MilestoneReport.deal_id == deal.id).limit(1)):
        return []
    listing = await session.get_one(Listing, deal.listing_id)
    began_on = (deal.signed_at or deal.state_since).date()
    made = []
    for milestone in await milestones_of(session, deal):
        wanted = [("progress", day) for day in progress_days(began_on, milestone.due_on)]
        made += [await _await(session, milestone, *one) for one in (*wanted, ("final", milestone.due_on))]
        await _keep_forecast(session, milestone, progress_of(listing, milestone, began_on, began_on))
        began_on = milestone.due_on
    return made


async def _await(session: AsyncSession, milestone: DealMilestone, kind: str, day: datetime.date) -> MilestoneReport:
    report = MilestoneReport(deal_id=milestone.deal_id, milestone_id=milestone.id, kind=kind, due_on=day)
    ends = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), datetime.UTC)
    await begin(session, report, due={"run-late": ends})
    await remind.defer(session, at=ends - REMIND_BEFORE, report_id=str(report.id))
    return report


def progress_of(listing: Listing, milestone: DealMilestone, began_on: datetime.date, today: datetime.date) -> Progress:
    low, high = listing.trl_low, listing.trl_high
    level = None if low is None or high is None else (low + high) // 2
    return Progress(
        level=level, level_low=low, level_high=high, began_on=began_on, due_on=milestone.due_on, today=today
    )


async def _keep_forecast(session: AsyncSession, milestone: DealMilestone, entered: Progress) -> None:
    found = chance_on_time(entered)
    if not isinstance(found, Refusal):
        session.add(
            MilestoneForecast(milestone_id=milestone.id, model=MODEL, probability=found.value, made_on=entered.began_on)
        )
        await session.flush()


async def end_monitoring(session: AsyncSession, *, deal: Deal, note: str) -> None:
    """The deal is over: nothing more is owed."""
    waiting = (*WRITABLE, "submitted", "unanswered")
    query = select(MilestoneReport).where(MilestoneReport.deal_id == deal.id, MilestoneReport.state.in_(waiting))
    for report in (await session.scalars(query)).all():
        await advance(session, report, "end", actor=actor_of(session).acting_as("deal"), note=note)


async def final_report(session: AsyncSession, *, milestone_id: uuid.UUID) -> MilestoneReport | None:
    """The report that says that a milestone is reached; None where the milestone is not monitored."""
    mine = (MilestoneReport.milestone_id == milestone_id, MilestoneReport.kind == "final")
    return await session.scalar(select(MilestoneReport).where(*mine))


async def report_is_in(session: AsyncSession, *, milestone_id: uuid.UUID) -> bool:
    """Whether what was held back until the report may go: the milestone's report is accepted, or was waived.

    A milestone that is not monitored owes no report.
    """
    report = await final_report(session, milestone_id=milestone_id)
    return report is None or report.state in SETTLED


@job("monitoring.remind", retry=(60, 600))
async def remind(context: Context, *, report_id: str) -> None:
    """Two weeks before the day."""
    async with context.transaction() as session:
        query = select(MilestoneReport).where(MilestoneReport.id == uuid.UUID(report_id))
        report = (await session.scalars(query.options(joinedload(MilestoneReport.deal)))).one()
        if report.state == "awaited":
            await letters.tell_side(session, "due-soon", report, "holder")
