"""How much of what plans are about an organisation has used so far."""

import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.people.models import ApiKey, Membership, Organisation
from marketplace.screening.models import Screen, ScreeningRun


class Use(Struct, frozen=True, kw_only=True):
    """`runs` counts from `since`, the month's first day; `keys` are those that work now."""

    since: datetime.datetime
    screens: int
    runs: int
    seats: int
    keys: int


async def use_of(session: AsyncSession, organisation: Organisation) -> Use:
    now = clock_of(session).now()
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    screens = select(func.count()).where(Screen.organisation_id == organisation.id, Screen.closed_at.is_(None))
    runs = select(func.count()).select_from(ScreeningRun).join(Screen, Screen.id == ScreeningRun.screen_id)
    mine = (Screen.organisation_id == organisation.id, ScreeningRun.created_at >= since)
    seats = select(func.count()).where(Membership.organisation_id == organisation.id)
    works = (ApiKey.organisation_id == organisation.id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
    counts = (screens, runs.where(*mine), seats, select(func.count()).where(*works))
    counted = [int(await session.scalar(query) or 0) for query in counts]
    return Use(since=since, screens=counted[0], runs=counted[1], seats=counted[2], keys=counted[3])
