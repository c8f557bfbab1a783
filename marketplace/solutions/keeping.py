"""Plans kept, read again, and put away."""

import uuid

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.database import clock_of
from marketplace.solutions.brief import Brief
from marketplace.solutions.models import CityPlan
from marketplace.solutions.reporting import Plan


async def keep_plan(
    session: AsyncSession, *, organisation_id: uuid.UUID, title: str, brief: Brief, plan: Plan
) -> CityPlan:
    """Keep a question with its answer."""
    kept = CityPlan(
        organisation_id=organisation_id, title=title.strip(), brief=msgspec.to_builtins(brief),
        plan=msgspec.to_builtins(plan, str_keys=True),
    )  # fmt: skip
    session.add(kept)
    await session.flush()
    await audit.record(session, "city-plan.kept", kept, data={"title": kept.title})
    return kept


def plans_of(organisation_id: uuid.UUID | None) -> Select[CityPlan]:
    """Those that an organisation has not put away."""
    return select(CityPlan).where(CityPlan.organisation_id == organisation_id, CityPlan.removed_at.is_(None))


async def put_away(session: AsyncSession, *, kept: CityPlan) -> None:
    """Out of all lists; the log still says that it was there."""
    kept.removed_at = clock_of(session).now()
    await audit.record(session, "city-plan.put-away", kept)


def brief_of(kept: CityPlan) -> Brief:
    return msgspec.convert(kept.brief, Brief)


def plan_of(kept: CityPlan) -> Plan:
    return msgspec.convert(kept.plan, Plan)
