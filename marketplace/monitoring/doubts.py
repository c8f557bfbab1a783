"""What is odd about a report's evidence, noted for a person to judge; nothing follows from it by itself."""

import datetime
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals.models import Deal
from marketplace.errors import Conflict
from marketplace.files.models import StoredFile
from marketplace.monitoring import letters
from marketplace.monitoring.models import (
    DealKpi,
    EvidenceFlag,
    KpiValue,
    MilestoneReport,
    ReportEvidence,
)
from marketplace.monitoring.series import suspicions_of

# A file written a few days after the day it is of is how reports are written.
WRITTEN_WITHIN = datetime.timedelta(days=30)
# Names that programs fill in; they say nothing about who wrote a file.
NOBODY = frozenset({"", "anonymous", "user", "admin", "administrator", "unknown", "author", "microsoft office user"})


class Doubt(NamedTuple):
    kind: str
    subject: str
    finding: dict[str, Any]


async def look_at(session: AsyncSession, report: MilestoneReport, evidence: Sequence[ReportEvidence]) -> None:
    """Note every doubt about a report that was sent in."""
    found = [*await _reused(session, report, evidence), *_made_after_its_date(evidence)]
    found += [*await _same_author(session, report, evidence), *await _odd_series(session, report)]
    # Sent in again after it was returned: what was noted before is noted once.
    noted = set(
        (await session.execute(
            select(EvidenceFlag.kind, EvidenceFlag.subject).where(EvidenceFlag.report_id == report.id)
        )).all()
    )  # fmt: skip
    new = [doubt for doubt in found if (doubt.kind, doubt.subject) not in noted]
    session.add_all(EvidenceFlag(report_id=report.id, **doubt._asdict()) for doubt in new)
    await session.flush()
    if new:
        await letters.tell_operators(session, "doubt", report)


async def _reused(session: AsyncSession, report: MilestoneReport, evidence: Sequence[ReportEvidence]) -> list[Doubt]:
    """Files that another report has shown before, of this deal or of any other."""
    hashes = [item.sha256 for item in evidence]
    query = (
        select(ReportEvidence.sha256, ReportEvidence.report_id, MilestoneReport.deal_id)
        .join(MilestoneReport, MilestoneReport.id == ReportEvidence.report_id)
        .where(ReportEvidence.sha256.in_(hashes), ReportEvidence.report_id != report.id)
        .order_by(ReportEvidence.id)
    )
    elsewhere: dict[str, list[dict[str, str]]] = {}
    for sha256, report_id, deal_id in await session.execute(query):
        elsewhere.setdefault(sha256, []).append({"report_id": str(report_id), "deal_id": str(deal_id)})
    return [
        Doubt("reused-file", item.sha256, {"file_name": item.file_name, "elsewhere": elsewhere[item.sha256]})
        for item in evidence
        if item.sha256 in elsewhere
    ]


def _made_after_its_date(evidence: Sequence[ReportEvidence]) -> Iterator[Doubt]:
    """Files that say they are of a day long before the one on which they say they were made."""
    for item in evidence:
        made = _day(item.file.facts.get("created", ""))
        if item.dated_on is not None and made is not None and made > item.dated_on + WRITTEN_WITHIN:
            finding = {"file_name": item.file_name, "dated_on": str(item.dated_on), "made_on": str(made)}
            yield Doubt("made-after-its-date", item.sha256, finding)


def _day(said: str) -> datetime.date | None:
    try:
        return datetime.datetime.fromisoformat(said).date()
    except ValueError:
        return None


async def _same_author(
    session: AsyncSession, report: MilestoneReport, evidence: Sequence[ReportEvidence]
) -> list[Doubt]:
    """Files whose author also wrote files for another holder: one hand behind two who should not know each other."""
    holder = select(Deal.holder_organisation_id).where(Deal.id == report.deal_id).scalar_subquery()
    doubts = []
    author_of = func.lower(func.btrim(StoredFile.facts["author"].astext))
    for author in sorted({_author(item.file) for item in evidence} - NOBODY):
        query = (
            select(MilestoneReport.id, MilestoneReport.deal_id)
            .join(ReportEvidence, ReportEvidence.report_id == MilestoneReport.id)
            .join(StoredFile, StoredFile.sha256 == ReportEvidence.sha256)
            .join(Deal, Deal.id == MilestoneReport.deal_id)
            .where(author_of == author, Deal.holder_organisation_id != holder)
            .limit(5)
        )
        elsewhere = [{"report_id": str(one), "deal_id": str(deal)} for one, deal in await session.execute(query)]
        if elsewhere:
            doubts.append(Doubt("same-author", author, {"author": author, "elsewhere": elsewhere}))
    return doubts


def _author(file: StoredFile) -> str:
    return str(file.facts.get("author", "")).strip().lower()


async def _odd_series(session: AsyncSession, report: MilestoneReport) -> list[Doubt]:
    """Measures whose values, over all reports of the deal so far, do not look measured."""
    doubts = []
    for kpi in await session.scalars(select(DealKpi).where(DealKpi.deal_id == report.deal_id).order_by(DealKpi.id)):
        query = select(KpiValue.value).where(KpiValue.kpi_id == kpi.id)
        values = (await session.scalars(query.order_by(KpiValue.measured_on, KpiValue.id))).all()
        for suspicion in suspicions_of(values):
            finding = {"kpi": kpi.key, "seen": suspicion.seen, "chance": suspicion.chance, "values": len(values)}
            doubts.append(Doubt(suspicion.kind, kpi.key, finding))
    return doubts


async def judge(session: AsyncSession, *, flag: EvidenceFlag, verdict: str, note: str, by: uuid.UUID | None) -> None:
    """A person says what a doubt comes to. Nothing follows but the record."""
    if flag.verdict is not None:
        raise Conflict("judged-already", "This has been judged.", "已作出判断。")
    flag.verdict, flag.note, flag.decided_by = verdict, note, by or actor_of(session).id
    flag.decided_at = clock_of(session).now()
    await session.flush()
