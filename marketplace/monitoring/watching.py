"""A deal at a glance: each milestone with its warning, each measure beside its plan."""

import datetime
import uuid
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.monitoring.models import DealKpi, KpiValue, MilestoneForecast, MilestoneReport
from marketplace.monitoring.process import SETTLED
from marketplace.monitoring.reports import kpis_of
from marketplace.monitoring.schedule import MODEL, milestones_of, progress_of
from marketplace.monitoring.warning import PlanPoint, Progress, Variance, Warning, variance, warn
from scoring.technology import Text

POINTS_MAX = 400


class KpiStanding(Struct, frozen=True, kw_only=True):
    """A measure with its last value; `variance` is None on days that the plan says nothing about."""

    kpi: DealKpi
    measured_on: datetime.date | None
    variance: Variance | None


class MilestoneStanding(Struct, frozen=True, kw_only=True):
    milestone: DealMilestone
    report: MilestoneReport
    warning: Warning | None


class KpiPlan(Struct, frozen=True, kw_only=True):
    """`tolerance` is how far, in the measure's unit, a value may be worse than planned without a warning."""

    key: str
    name: Text
    definition: Text
    unit: str
    direction: str
    plan: tuple[PlanPoint, ...]
    tolerance: float


async def define_kpi(session: AsyncSession, *, deal: Deal, plan: KpiPlan) -> DealKpi:
    """A measure that both sides follow from now on."""
    if len({point.on for point in plan.plan}) < len(plan.plan):
        fault = FieldError(field="plan", expected="each day once", expected_zh="每个日期只能出现一次")
        raise Invalid([fault])
    points = sorted(plan.plan, key=lambda point: point.on)
    kpi = DealKpi(
        deal_id=deal.id, key=plan.key, name=plan.name, definition=plan.definition, unit=plan.unit,
        direction=plan.direction, plan=msgspec.to_builtins(points), tolerance=plan.tolerance,
    )  # fmt: skip
    session.add(kpi)
    await session.flush()
    return kpi


async def kpi_standings(session: AsyncSession, deal: Deal) -> list[KpiStanding]:
    return [await _standing(session, kpi) for kpi in await kpis_of(session, deal.id)]


async def _standing(session: AsyncSession, kpi: DealKpi) -> KpiStanding:
    query = select(KpiValue).where(KpiValue.kpi_id == kpi.id).order_by(KpiValue.measured_on.desc(), KpiValue.id.desc())
    last = await session.scalar(query.limit(1))
    if last is None:
        return KpiStanding(kpi=kpi, measured_on=None, variance=None)
    plan = msgspec.convert(kpi.plan, list[PlanPoint])
    found = variance(plan, last.measured_on, last.value, direction=kpi.direction, tolerance=kpi.tolerance)
    return KpiStanding(kpi=kpi, measured_on=last.measured_on, variance=found)


async def milestone_standings(
    session: AsyncSession, deal: Deal, kpis: Sequence[KpiStanding]
) -> list[MilestoneStanding]:
    """Every milestone that is monitored; warnings for those that are not reached yet."""
    listing, today = await session.get_one(Listing, deal.listing_id), clock_of(session).now().date()
    query = select(MilestoneReport).where(MilestoneReport.deal_id == deal.id)
    reports = (await session.scalars(query.order_by(MilestoneReport.due_on, MilestoneReport.id))).all()
    entered = await _forecasts_at_entry(session, deal)
    off_plan = [found.kpi.name for found in kpis if found.variance and not found.variance.within_tolerance]
    began_on, standings = (deal.signed_at or deal.state_since).date(), []
    for milestone in await milestones_of(session, deal):
        own = [report for report in reports if report.milestone_id == milestone.id]
        final = next((report for report in own if report.kind == "final"), None)
        if final is not None:
            progress = _with_report(progress_of(listing, milestone, began_on, today), own)
            told = None if _is_over(final) else warn(
                progress, at_entry=entered.get(milestone.id),
                off_plan=off_plan if began_on <= today else [],
                overdue=sum(report.state == "late" for report in own),
            )  # fmt: skip
            standings.append(MilestoneStanding(milestone=milestone, report=final, warning=told))
        began_on = milestone.due_on
    return standings


def _is_over(final: MilestoneReport) -> bool:
    """Nothing is left to warn of: the report is in, or none will come."""
    return final.state in (*SETTLED, "submitted", "unanswered", "ended")


def _with_report(progress: Progress, reports: Sequence[MilestoneReport]) -> Progress:
    sent = [report for report in reports if report.submitted_at is not None]
    if not sent:
        return progress
    last = max(sent, key=lambda report: report.submitted_at or report.created_at)
    on = (last.submitted_at or last.created_at).date()
    return replace(progress, done=(last.progress_percent or 0) / 100, reported_on=on)


async def _forecasts_at_entry(session: AsyncSession, deal: Deal) -> dict[uuid.UUID, float]:
    query = (
        select(MilestoneForecast.milestone_id, MilestoneForecast.probability)
        .join(DealMilestone, DealMilestone.id == MilestoneForecast.milestone_id)
        .where(DealMilestone.deal_id == deal.id, MilestoneForecast.model == MODEL)
    )
    return dict((await session.execute(query)).all())
