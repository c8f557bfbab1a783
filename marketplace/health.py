"""Whether this process can do its work: the database answers, its schema is ours, and somebody does the jobs."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from functools import cache

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.migrate import newest_revision

# Workers say every ten seconds that they live.
WORKER_SILENT = datetime.timedelta(seconds=60)
ANSWER_WITHIN_S = 5.0

_WORKER_SEEN = text("SELECT clock_timestamp() - max(last_heartbeat) FROM jobs.procrastinate_workers")
_JOBS = text("SELECT status::text, count(*) AS number FROM jobs.procrastinate_jobs GROUP BY 1")


class Check(Struct, frozen=True, kw_only=True):
    ok: bool
    said: str = ""


async def health(sessions: Sessions) -> dict[str, Check]:
    """Each check by its name. Those behind the first are not asked while the database is away."""
    checks: dict[str, Check] = {}
    for name, ask in (("database", _database), ("migrations", _migrations), ("worker", _worker)):
        checks[name] = await _asked(sessions, ask)
        if not checks["database"].ok:
            break
    return checks


async def _asked(sessions: Sessions, ask: Callable[[AsyncSession], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), transaction(sessions, system("health")) as session:
            return await ask(session)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return Check(ok=False, said=f"no answer ({type(error).__name__})")


async def _database(session: AsyncSession) -> Check:
    await session.execute(text("SELECT 1"))
    return Check(ok=True)


async def _migrations(session: AsyncSession) -> Check:
    present = await session.scalar(text("SELECT version_num FROM alembic_version"))
    expected = _expected()
    return Check(ok=present == expected, said="" if present == expected else f"at {present}, expected {expected}")


_expected = cache(newest_revision)


async def _worker(session: AsyncSession) -> Check:
    silent: datetime.timedelta | None = await session.scalar(_WORKER_SEEN)
    if silent is None:
        return Check(ok=False, said="no worker is there")
    return Check(ok=silent < WORKER_SILENT, said=f"seen {silent.total_seconds():.0f} s ago")


async def jobs_by_status(session: AsyncSession) -> dict[str, int]:
    return {row.status: row.number for row in await session.execute(_JOBS)}
