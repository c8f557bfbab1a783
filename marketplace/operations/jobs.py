"""Background jobs as the operator sees them: what waits of each kind, what failed, and trying it again."""

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.actors import actor_of
from marketplace.errors import NotFound
from marketplace.people.models import Person

FAILED_SHOWN = 50

_KINDS = text(
    """
    SELECT task_name,
        count(*) FILTER (WHERE status = 'todo') AS waiting,
        count(*) FILTER (WHERE status = 'doing') AS running,
        count(*) FILTER (WHERE status = 'succeeded') AS done,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        min(scheduled_at) FILTER (WHERE status = 'todo') AS next_at
    FROM jobs.procrastinate_jobs GROUP BY task_name ORDER BY failed DESC, task_name
    """
)
_FAILED = text(
    """
    SELECT id, task_name, args, attempts,
        (SELECT max(at) FROM jobs.procrastinate_events WHERE job_id = procrastinate_jobs.id) AS failed_at
    FROM jobs.procrastinate_jobs WHERE status = 'failed' ORDER BY id DESC LIMIT :limit
    """
)
_AGAIN = text(
    """
    UPDATE jobs.procrastinate_jobs SET status = 'todo', scheduled_at = NULL
    WHERE id = :id AND status = 'failed' RETURNING task_name
    """
)


class Kind(NamedTuple):
    """How many jobs of one kind there are in each state."""

    name: str
    waiting: int
    running: int
    done: int
    failed: int
    next_at: datetime.datetime | None


class Failed(NamedTuple):
    """A job that was tried as often as it may be; its arguments are ids."""

    id: int
    name: str
    arguments: dict[str, Any]
    attempts: int
    failed_at: datetime.datetime | None


async def kinds_of_jobs(session: AsyncSession) -> Sequence[Kind]:
    """Those with failures first."""
    return [Kind(*row) for row in await session.execute(_KINDS)]


async def failed_jobs(session: AsyncSession) -> Sequence[Failed]:
    """The newest first."""
    return [Failed(*row) for row in await session.execute(_FAILED, {"limit": FAILED_SHOWN})]


async def run_again(session: AsyncSession, job_id: int) -> None:
    """Let a worker try a failed job anew; jobs are written so that doing them twice does nothing.

    Raises
    ------
    NotFound
        No failed job has this number.
    """
    name = await session.scalar(_AGAIN, {"id": job_id})
    if name is None:
        raise NotFound("job", "There is no such failed job.", "无此失败任务。")
    operator = await session.get_one(Person, actor_of(session).id)
    await audit.record(session, "job.again", operator, data={"job": name, "id": job_id})
