"""Lists of needs; the public ones cannot name a seeker, because they never load one."""

import uuid
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from marketplace.needs.models import Need, Solution
from marketplace.needs.process import OPEN

_PUBLIC = (
    Need.title,
    Need.summary,
    Need.specification,
    Need.medium,
    Need.pollutants,
    Need.embargo_until,
    Need.open_until,
    Need.published_at,
)


def open_needs(*, medium: str | None = None, pollutant: str | None = None) -> Select[Any]:
    """Needs that take solutions. Reading any column that is not public raises."""
    query = select(Need).where(Need.state.in_(OPEN)).options(load_only(*_PUBLIC, raiseload=True))
    if medium is not None:
        query = query.where(Need.medium == medium)
    if pollutant is not None:
        query = query.where(Need.pollutants.contains([pollutant]))
    return query


async def open_need(session: AsyncSession, need_id: uuid.UUID) -> Need | None:
    found: Need | None = await session.scalar(open_needs().where(Need.id == need_id))
    return found


async def solutions_waiting(session: AsyncSession, need: Need) -> int:
    """How many there are, which is all that the seeker learns before the embargo ends."""
    query = select(func.count(Solution.id)).where(Solution.need_id == need.id, Solution.state != "withdrawn")
    return await session.scalar(query) or 0
