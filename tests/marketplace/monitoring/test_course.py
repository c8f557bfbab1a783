"""A deal's reports from their schedule to what they say about a forecast."""

import datetime
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.jobs import Context, drain
from marketplace.listings.models import Listing
from marketplace.mail import Mail
from marketplace.monitoring import doubts, records, reports, schedule, watching
from marketplace.monitoring.models import EvidenceFlag, KpiValue, MilestoneForecast, MilestoneOutcome, MilestoneReport
from marketplace.monitoring.reports import Measured, ReportContent
from marketplace.monitoring.schedule import MODEL, progress_days, report_is_in
from marketplace.monitoring.warning import PlanPoint
from marketplace.monitoring.watching import KpiPlan
from scoring.technology import Text
from tests.api.monitoring.things import TESTING, attach, final_report, running_deal

DONE = ReportContent(summary="It runs.", progress_percent=100)
PLAN = KpiPlan(
    key="tn",
    name=Text(en="TN"),
    definition=Text(en="Daily mean of the effluent, by ISO 11905-1"),
    unit="mg/L",
    direction="at-most",
    plan=(PlanPoint(datetime.date(2026, 3, 1), 20.0), PlanPoint(datetime.date(2026, 3, 31), 10.0)),
    tolerance=1.0,
)


@pytest.fixture
def actor() -> Actor:
    return TESTING


@pytest.fixture
async def deal(session: AsyncSession) -> Deal:
    return await running_deal(session)


async def flags(session: AsyncSession, report: MilestoneReport) -> dict[str, EvidenceFlag]:
    found = await session.scalars(select(EvidenceFlag).where(EvidenceFlag.report_id == report.id))
    return {flag.kind: flag for flag in found}


def test_progress_is_reported_each_quarter_and_not_just_before_the_end() -> None:
    began = datetime.date(2026, 1, 1)
    assert progress_days(began, began + timedelta(days=90)) == []
    year = progress_days(began, began + timedelta(days=365))
    assert [(day - began).days for day in year] == [91, 182, 273]


async def test_the_holdback_goes_with_the_accepted_report(session: AsyncSession, deal: Deal) -> None:
    report = await final_report(session, deal)
    with pytest.raises(Invalid, match="at least one file"):
        await reports.submit_report(session, report=report, content=DONE)
    await attach(session, report, b"lab report")
    await reports.submit_report(session, report=report, content=DONE)
    assert not await report_is_in(session, milestone_id=report.milestone_id)
    with pytest.raises(Conflict, match="with the other side"):
        await attach(session, report, b"another")
    await reports.return_report(session, report=report, note="which lab?")
    await attach(session, report, b"another")
    await reports.submit_report(session, report=report, content=DONE)
    await reports.accept_report(session, report=report)
    assert await report_is_in(session, milestone_id=report.milestone_id)


async def test_silence_accepts_where_the_terms_say_so_and_nothing_is_doubted(
    sessions: Sessions, context: Context, clock: SetClock
) -> None:
    for doubted in (False, True):
        async with transaction(sessions, TESTING) as session:
            report = await final_report(session, await running_deal(session))
            await attach(session, report, b"doubted" if doubted else b"fine")
            if doubted:
                await attach(session, await final_report(session, await running_deal(session)), b"doubted")
            await reports.submit_report(session, report=report, content=DONE)
        clock.advance(timedelta(days=8))
        await drain(context)
        async with transaction(sessions, TESTING) as session:
            now = await session.get_one(MilestoneReport, report.id)
            assert now.state == ("unanswered" if doubted else "accepted")


async def test_a_late_report_is_reminded_of_and_settles_the_forecast(
    sessions: Sessions, context: Context, clock: SetClock
) -> None:
    async with transaction(sessions, TESTING) as session:
        deal = await running_deal(session)
        listing = await session.get_one(Listing, deal.listing_id)
        milestone = (await session.scalars(select(DealMilestone).where(DealMilestone.deal_id == deal.id))).one()
        listing.trl_low, listing.trl_high = 6, 7
        entered = schedule.progress_of(listing, milestone, clock.now().date(), clock.now().date())
        await schedule._keep_forecast(session, milestone, entered)
    clock.advance(timedelta(days=40))
    await drain(context)
    async with transaction(sessions, TESTING) as session:
        report = await final_report(session, deal)
        assert report.state == "late"
        outcome = (await session.scalars(select(MilestoneOutcome))).one()
        assert (outcome.in_time, outcome.milestone_id) == (False, milestone.id)
        forecast = (await session.scalars(select(MilestoneForecast))).one()
        record = (await records.track_records(session))[MODEL]
        assert record.brier == pytest.approx(forecast.probability**2)
        await attach(session, report, b"at last")
        await reports.submit_report(session, report=report, content=DONE)
        await reports.accept_report(session, report=report)
        assert (await session.scalars(select(MilestoneOutcome.in_time))).all() == [False], "known first stays"


async def test_copied_and_backdated_evidence_is_shown_to_a_person_and_punishes_nobody(session: AsyncSession) -> None:
    first, second = await running_deal(session), await running_deal(session)
    theirs, ours = await final_report(session, first), await final_report(session, second)
    await attach(session, theirs, b"the same report", author="Dr. Copy")
    await reports.submit_report(session, report=theirs, content=DONE)
    assert await flags(session, theirs) == {}
    early = datetime.date(2025, 1, 1)
    await attach(session, ours, b"the same report", author="Dr. Copy")
    await attach(session, ours, b"b", dated_on=early, created="2026-02-01T00:00:00Z", author=" dr. copy ")
    await attach(session, ours, b"c", dated_on=early, created="nonsense", author="Admin")
    await reports.submit_report(session, report=ours, content=DONE)
    found = await flags(session, ours)
    assert set(found) == {"reused-file", "made-after-its-date", "same-author"}
    assert found["reused-file"].finding["elsewhere"][0]["deal_id"] == str(first.id)
    assert ours.state == "submitted"
    await reports.accept_report(session, report=ours)
    await doubts.judge(session, flag=found["reused-file"], verdict="harmless", note="one lab, one test", by=None)
    with pytest.raises(Conflict, match="judged"):
        await doubts.judge(session, flag=found["reused-file"], verdict="misleading", note="x", by=None)


async def test_values_are_held_against_the_plan_and_a_copied_week_is_noted(
    session: AsyncSession, deal: Deal, clock: SetClock
) -> None:
    await watching.define_kpi(session, deal=deal, plan=PLAN)
    report = await final_report(session, deal)
    await attach(session, report, b"lab report")
    clock.advance(timedelta(days=25))
    week = [13.37, 12.91, 14.05, 13.66, 12.12, 13.04]
    values = [12.5, 13.1, 12.88, 13.52, 12.03, *week, 12.77, *week]
    measured = tuple(
        Measured(kpi="tn", measured_on=datetime.date(2026, 3, 2 + day), value=value) for day, value in enumerate(values)
    )
    wrong = (Measured(kpi="cod", measured_on=datetime.date(2027, 1, 1), value=float("nan")),)
    with pytest.raises(Invalid) as refused:
        await reports.submit_report(
            session, report=report, content=ReportContent(summary="x", progress_percent=50, values=wrong)
        )
    assert [fault.field for fault in refused.value.fields] == ["values.0.kpi", "values.0.measured_on", "values.0.value"]
    content = ReportContent(summary="x", progress_percent=20, values=measured)
    await reports.submit_report(session, report=report, content=content)
    assert "repeated-values" in await flags(session, report)
    (standing,) = await watching.kpi_standings(session, deal)
    assert standing.variance is not None
    assert (standing.variance.within_tolerance, standing.variance.off_by < 0) == (True, True)
    await reports.return_report(session, report=report, note="more")
    await reports.submit_report(session, report=report, content=content)
    assert len((await session.scalars(select(KpiValue))).all()) == len(values)


async def test_the_overview_warns_before_the_day_and_not_after_the_report(
    session: AsyncSession, deal: Deal, clock: SetClock
) -> None:
    listing = await session.get_one(Listing, deal.listing_id)
    listing.trl_low = listing.trl_high = 6
    (before,) = await watching.milestone_standings(session, deal, [])
    assert before.warning is not None
    assert before.warning.state == "on-track"
    assert before.warning.on_time is not None
    clock.advance(timedelta(days=60))
    (after,) = await watching.milestone_standings(session, deal, [])
    assert after.warning is not None
    assert after.warning.state == "late"
    await attach(session, after.report, b"lab report")
    await reports.submit_report(session, report=after.report, content=DONE)
    (told,) = await watching.milestone_standings(session, deal, [])
    assert told.warning is None


async def test_a_deal_that_ends_owes_nothing_more(session: AsyncSession, deal: Deal) -> None:
    assert await schedule.begin_monitoring(session, deal=deal) == [], "once"
    await schedule.end_monitoring(session, deal=deal, note="deal: terminate")
    report = await final_report(session, deal)
    assert report.state == "ended"
    assert not await report_is_in(session, milestone_id=report.milestone_id)
    with pytest.raises((Conflict, Forbidden)):
        await reports.submit_report(session, report=report, content=DONE)
    assert (await session.scalars(select(Mail))).all() == [], "nobody to write to"
