"""Reports as their two sides handle them: evidence, sending in, accepting, returning, waiving."""

import datetime
import math
import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals.models import DealMilestone
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.files.service import Received
from marketplace.monitoring import doubts, letters, records
from marketplace.monitoring.models import DealKpi, EvidenceFlag, KpiValue, MilestoneReport, ReportEvidence
from marketplace.monitoring.process import WRITABLE
from marketplace.process import ProcessEvent, advance

EVIDENCE_MAX = 50


class Measured(Struct, frozen=True, kw_only=True):
    kpi: str
    measured_on: datetime.date
    value: float


class ReportContent(Struct, frozen=True, kw_only=True):
    """`progress_percent` is how much of the milestone is done."""

    summary: str
    progress_percent: int
    values: tuple[Measured, ...] = ()


async def add_evidence(
    session: AsyncSession, *, report: MilestoneReport, received: Received, dated_on: datetime.date | None
) -> ReportEvidence:
    """Attach a file that was taken in, while the report is not sent in."""
    _check_writable(report)
    if len(await evidence_of(session, report)) >= EVIDENCE_MAX:
        raise Conflict("evidence-full", f"A report has at most {EVIDENCE_MAX} files.", "证据文件数量已达上限。")
    evidence = ReportEvidence(
        report_id=report.id, sha256=received.sha256, file_name=received.name, dated_on=dated_on,
        sent_by=actor_of(session).id,
    )  # fmt: skip
    session.add(evidence)
    await session.flush()
    await session.refresh(evidence, ["file"])
    return evidence


def _check_writable(report: MilestoneReport) -> None:
    if report.state not in WRITABLE:
        raise Conflict(
            "report-sent", "This report is with the other side, or settled.", "报告已提交或已办结，不可更改。"
        )


async def evidence_of(session: AsyncSession, report: MilestoneReport) -> Sequence[ReportEvidence]:
    query = select(ReportEvidence).where(ReportEvidence.report_id == report.id).order_by(ReportEvidence.id)
    return (await session.scalars(query.options(joinedload(ReportEvidence.file)))).all()


async def submit_report(session: AsyncSession, *, report: MilestoneReport, content: ReportContent) -> ProcessEvent:
    """Send a report in; what looks odd about it is noted for a person, and changes nothing.

    Raises
    ------
    Invalid
        Values of measures that the deal does not have, or of days to come; a final report without evidence.
    """
    _check_writable(report)
    now = clock_of(session).now()
    kpis = {kpi.key: kpi for kpi in await kpis_of(session, report.deal_id)}
    faults = _faults(content.values, kpis, now.date())
    evidence = await evidence_of(session, report)
    if report.kind == "final" and not evidence:
        expected, expected_zh = "at least one file, sent before", "最终报告须附证据文件"
        faults.append(FieldError(field="evidence", expected=expected, expected_zh=expected_zh))
    if faults:
        raise Invalid(faults)
    report.summary, report.progress_percent = content.summary, content.progress_percent
    report.submitted_at, report.submitted_by = now, actor_of(session).id
    await _keep_values(session, report, kpis, content.values)
    milestone = await session.get_one(DealMilestone, report.milestone_id)
    due = {"fall-silent": now + datetime.timedelta(days=milestone.inspection_days)}
    event = await advance(session, report, "submit", actor=actor_of(session).acting_as("holder"), due=due)
    await letters.tell_side(session, "submitted", report, "financier")
    await doubts.look_at(session, report, evidence)
    return event


async def _keep_values(
    session: AsyncSession, report: MilestoneReport, kpis: dict[str, DealKpi], values: Sequence[Measured]
) -> None:
    """Sent in again after it was returned, a report repeats what it said before: that is kept once."""
    said = (KpiValue.kpi_id, KpiValue.measured_on, KpiValue.value)
    known = {tuple(row) for row in await session.execute(select(*said).where(KpiValue.report_id == report.id))}
    for given in values:
        value = (kpis[given.kpi].id, given.measured_on, given.value)
        if value not in known:
            session.add(KpiValue(kpi_id=value[0], report_id=report.id, measured_on=value[1], value=value[2]))
    await session.flush()


def _faults(values: Sequence[Measured], kpis: dict[str, DealKpi], today: datetime.date) -> list[FieldError]:
    faults = []
    for number, given in enumerate(values):
        place = f"values.{number}"
        if given.kpi not in kpis:
            known = ", ".join(sorted(kpis)) or "none is defined"
            faults.append(_fault(f"{place}.kpi", given.kpi, f"a measure of this deal ({known})", "须为本交易的指标"))
        if given.measured_on > today:
            faults.append(_fault(f"{place}.measured_on", given.measured_on, "a day that has come", "不得晚于今日"))
        if not math.isfinite(given.value):
            faults.append(_fault(f"{place}.value", given.value, "a number", "须为数值"))
    return faults


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value)[:80], expected=expected, expected_zh=expected_zh)


async def accept_report(session: AsyncSession, *, report: MilestoneReport) -> ProcessEvent:
    """The financier is satisfied; what was held back until the report may go."""
    event = await advance(session, report, "accept", actor=actor_of(session).acting_as("financier"))
    await after_acceptance(session, report)
    return event


async def after_acceptance(session: AsyncSession, report: MilestoneReport) -> None:
    await records.note_outcome(session, report)
    await letters.tell_side(session, "accepted", report, "holder")


async def return_report(session: AsyncSession, *, report: MilestoneReport, note: str) -> ProcessEvent:
    event = await advance(session, report, "return", actor=actor_of(session).acting_as("financier"), note=note)
    await letters.tell_side(session, "returned", report, "holder")
    return event


async def waive_report(session: AsyncSession, *, report: MilestoneReport, note: str) -> ProcessEvent:
    """The financier does without."""
    return await advance(session, report, "waive", actor=actor_of(session).acting_as("financier"), note=note)


async def open_flags_of(session: AsyncSession, report: MilestoneReport) -> Sequence[EvidenceFlag]:
    query = select(EvidenceFlag).where(EvidenceFlag.report_id == report.id, EvidenceFlag.verdict.is_(None))
    return (await session.scalars(query)).all()


async def kpis_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[DealKpi]:
    return (await session.scalars(select(DealKpi).where(DealKpi.deal_id == deal_id).order_by(DealKpi.id))).all()
