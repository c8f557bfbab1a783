"""Deals under way, for tests: with reports owed, evidence and doubts."""

import datetime
import hashlib
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.paid_deals import Sides, make_paid_deal, make_sides
from marketplace.actors import Actor, system
from marketplace.database import Sessions, clock_of, transaction
from marketplace.deals.models import Deal, DealMilestone
from marketplace.files.models import StoredFile
from marketplace.files.service import Received
from marketplace.monitoring.models import EvidenceFlag, MilestoneReport
from marketplace.monitoring.reports import add_evidence
from marketplace.monitoring.schedule import begin_monitoring
from marketplace.people.models import Membership, Organisation

TESTING = system("test").acting_as("holder", "financier", "operator")


async def running_deal(session: AsyncSession, *, sides: Sides | None = None, milestones: int = 1) -> Deal:
    """Its terms are agreed and its reports are owed; spared the signing."""
    sides = sides or await make_sides(session, uuid.uuid4().int % 10**9, role="viewer")
    payment = await make_paid_deal(session, sides=sides, milestones=milestones)
    deal = await session.get_one(Deal, payment.deal_id)
    await begin_monitoring(session, deal=deal)
    return deal


async def final_report(session: AsyncSession, deal: Deal) -> MilestoneReport:
    query = select(MilestoneReport).where(MilestoneReport.deal_id == deal.id, MilestoneReport.kind == "final")
    return (await session.scalars(query.order_by(MilestoneReport.due_on).limit(1))).one()


async def attach(
    session: AsyncSession,
    report: MilestoneReport,
    content: bytes,
    *,
    dated_on: datetime.date | None = None,
    **facts: str,
) -> None:
    """As if it had been sent and checked."""
    sha256 = hashlib.sha256(content).hexdigest()
    now = clock_of(session).now()
    file = StoredFile(sha256=sha256, size_bytes=len(content), media_type="text/plain", facts=facts, touched_at=now)
    await session.merge(file)
    await session.flush()
    received = Received("lab.txt", Path("lab.txt"), sha256, len(content))
    await add_evidence(session, report=report, received=received, dated_on=dated_on)


async def person_of(session: AsyncSession, organisation_id: uuid.UUID) -> Actor:
    query = select(Membership.person_id).where(Membership.organisation_id == organisation_id).limit(1)
    person_id = (await session.scalars(query)).one()
    return Actor(kind="person", id=person_id, organisation_id=organisation_id)


async def _deal_of(session: AsyncSession, party: Any) -> Deal:
    """The party is the holder, or whoever pays."""
    own = await session.get_one(Organisation, party.organisation_id)
    others = await make_sides(session, uuid.uuid4().int % 10**9)
    sides = Sides(others.payer, own) if party.kind == "holder" else Sides(own, others.payee)
    return await running_deal(session, sides=sides)


async def owed_report(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, TESTING) as session:
        report = await final_report(session, await _deal_of(session, party))
        await attach(session, report, uuid.uuid4().bytes)
        return report.id


async def noted_doubt(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, TESTING) as session:
        report = await final_report(session, await running_deal(session))
        flag = EvidenceFlag(report_id=report.id, kind="reused-file", subject="x", finding={})
        session.add(flag)
        await session.flush()
        return flag.id


async def unreached_milestone(sessions: Sessions, party: Any) -> uuid.UUID:
    """Of a technology that the party has not assessed."""
    async with transaction(sessions, TESTING) as session:
        deal = await running_deal(session)
        return (await session.scalars(select(DealMilestone.id).where(DealMilestone.deal_id == deal.id))).one()
