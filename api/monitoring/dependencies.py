"""A monitored deal, a report or a doubt, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.dataroom.dependencies import may_write
from api.platform import actor_of
from marketplace.assessments.models import Assessor
from marketplace.assessments.roster import profile_of
from marketplace.deals.course import side_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import Conflict, Forbidden, only
from marketplace.monitoring.models import EvidenceFlag, MilestoneReport
from marketplace.monitoring.records import has_judged

AnyRequest = Request[Any, Any, Any]
# A plan can be made for these: before, nothing is agreed; afterwards, nothing is measured.
_RUNNING = ("in-trial", "judging", "awaiting-funds", "funded")


def _party_or_operator(request: AnyRequest, deal: Deal | None) -> bool:
    actor = actor_of(request)
    return deal is not None and (side_of(deal, actor) is not None or "operator" in actor.roles)


async def watched_deal(
    request: AnyRequest, deal_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Deal:
    """A deal of the caller's organisation; operators see all."""
    found: Deal | None = await session.get(Deal, deal_id)
    deal: Deal = only(found if _party_or_operator(request, found) else None, "deal")
    return deal


async def planned_deal(request: AnyRequest, watched_deal: NamedDependency[Deal]) -> Deal:
    """The same while it runs, for its parties' members who do more than look."""
    actor = actor_of(request)
    if side_of(watched_deal, actor) is None or not may_write(actor):
        raise Forbidden("parties-only", "This is for the parties of the deal.", "仅限交易双方操作。")
    if watched_deal.state not in _RUNNING:
        raise Conflict("not-running", "Measures are defined once a deal is signed.", "交易签署后方可设定指标。")
    return watched_deal


async def seen_report(
    request: AnyRequest, report_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> MilestoneReport:
    """A report of a deal of the caller's organisation; operators see all."""
    return await load_report(request, session, report_id)


async def load_report(request: AnyRequest, session: AsyncSession, report_id: uuid.UUID) -> MilestoneReport:
    query = select(MilestoneReport).where(MilestoneReport.id == report_id).options(joinedload(MilestoneReport.deal))
    found = await session.scalar(query)
    report: MilestoneReport = only(found if found and _party_or_operator(request, found.deal) else None, "report")
    return report


async def held_report(request: AnyRequest, seen_report: NamedDependency[MilestoneReport]) -> MilestoneReport:
    """The same for the holder, who writes it."""
    return as_side(request, seen_report, "holder")


async def financed_report(request: AnyRequest, seen_report: NamedDependency[MilestoneReport]) -> MilestoneReport:
    """The same for the financier, who accepts it."""
    return as_side(request, seen_report, "financier")


def as_side(request: AnyRequest, report: MilestoneReport, side: str) -> MilestoneReport:
    actor = actor_of(request)
    if side_of(report.deal, actor) != side or not may_write(actor):
        raise Forbidden("other-side", "This step is for the other side.", "此步骤由另一方操作。")
    return report


async def any_flag(flag_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> EvidenceFlag:
    """For routes that are the operator's alone."""
    found: EvidenceFlag = only(await session.get(EvidenceFlag, flag_id), "flag")
    return found


async def forecast_milestone(
    request: AnyRequest, milestone_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> DealMilestone:
    """A milestone whose technology the caller has assessed; for others it does not exist here."""
    milestone = await session.get(DealMilestone, milestone_id)
    assessor = await _assessor(request, session)
    known = milestone is not None and assessor is not None
    judged = known and await has_judged(session, milestone=milestone, assessor=assessor)  # type: ignore[arg-type]
    found: DealMilestone = only(milestone if judged else None, "milestone")
    return found


async def forecasting_assessor(request: AnyRequest, session: NamedDependency[AsyncSession]) -> Assessor:
    found: Assessor = only(await _assessor(request, session), "assessor")
    return found


async def _assessor(request: AnyRequest, session: AsyncSession) -> Assessor | None:
    actor = actor_of(request)
    if actor.kind != "person" or "kind:assessor" not in actor.roles or actor.id is None:
        return None
    return await profile_of(session, actor.id)


DEPENDENCIES = {
    "watched_deal": watched_deal,
    "planned_deal": planned_deal,
    "seen_report": seen_report,
    "held_report": held_report,
    "financed_report": financed_report,
    "any_flag": any_flag,
    "forecast_milestone": forecast_milestone,
    "forecasting_assessor": forecasting_assessor,
}
