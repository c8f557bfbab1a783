"""Work for later: deferred in the transaction of the change that asks for it, done by a worker after the commit.

    @job("listing.remind", retry=(60, 600))
    async def remind(context: Context, *, listing_id: str) -> None: ...

    await remind.defer(session, listing_id=str(listing.id), at=tomorrow)

A job may run twice (a worker can die after the work and before saying so): write it so that the second time does
nothing. Arguments are ids, never contents: they are logged. Everything outside the database happens in jobs.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import procrastinate
import procrastinate.jobs
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.tasks import configure_task
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, system
from marketplace.clock import Clock, SystemClock
from marketplace.database import WORKER, Sessions, connect_options, transaction
from marketplace.settings import Settings

Tool = TypeVar("Tool")
Run = Callable[..., Awaitable[None]]
QUEUE = "default"
# What is due now is found before all that waits for its time: else every worker goes through years of timers each time.
NOW, LATER = 0, -1


@dataclass(frozen=True)
class Context:
    """What a job works with. `tools` are the ways out of the database (mail, payments), by their types."""

    sessions: Sessions
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=SystemClock)
    tools: Mapping[type, Any] = field(default_factory=dict)
    actor: Actor = field(default_factory=lambda: system("job"))

    def transaction(self, actor: Actor | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        return transaction(self.sessions, actor or self.actor)

    def tool(self, kind: type[Tool]) -> Tool:
        return self.tools[kind]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Job:
    """`retry` are the seconds to wait before the second, third, … try; `every` is a cron line."""

    name: str
    run: Run
    retry: tuple[int, ...] = ()
    every: str | None = None

    async def __call__(self, context: Context, **arguments: Any) -> None:
        await self.run(replace(context, actor=system(self.name)), **arguments)

    async def defer(
        self,
        session: AsyncSession,
        *,
        at: datetime.datetime | None = None,
        one_at_a_time: str | None = None,
        once: str | None = None,
        **arguments: Any,
    ) -> None:
        """Ask for the job: it exists if and only if this transaction commits.

        Jobs with the same `one_at_a_time` run one after another; while one with the same `once` waits, no other is
        added.
        """
        wish: dict[str, Any] = {"schedule_at": at, "lock": one_at_a_time, "queueing_lock": once}
        wish["priority"] = NOW if at is None else LATER
        if once is None:
            await _defer(session, self.name, wish, arguments)
            return
        try:
            async with session.begin_nested():
                await _defer(session, self.name, wish, arguments)
        except AlreadyEnqueued:
            return


async def _defer(session: AsyncSession, name: str, wish: dict[str, Any], arguments: dict[str, Any]) -> None:
    # Asked for here: it is the session's connection that begins the savepoint, if there is to be one.
    connection = (await (await session.connection()).get_raw_connection()).driver_connection
    deferring = configure_task(
        name=name, job_manager=_DEFERRING.job_manager, queue=QUEUE, connection=connection, **wish
    )
    await deferring.defer_async(**arguments)


JOBS: dict[str, Job] = {}
# Never opened: it only writes on connections it is given.
_DEFERRING = procrastinate.App(connector=procrastinate.PsycopgConnector())


def job(name: str, *, retry: Sequence[int] = (), every: str | None = None) -> Callable[[Run], Job]:
    """Declare a job under a name that stays, whatever becomes of the function: jobs wait in the database by name."""

    def declare(run: Run) -> Job:
        if name in JOBS:
            raise ValueError(f"there are two jobs named {name}")
        JOBS[name] = Job(name, run, tuple(retry), every)
        return JOBS[name]

    return declare


class _Retries(BaseRetryStrategy):
    def __init__(self, delays_s: tuple[int, ...]) -> None:
        self._delays_s = delays_s

    def get_retry_decision(self, *, exception: BaseException, job: procrastinate.jobs.Job) -> RetryDecision | None:
        if job.attempts >= len(self._delays_s):
            return None
        return RetryDecision(retry_in={"seconds": self._delays_s[job.attempts]})


def make_worker(context: Context, url: URL | str, *, pool_size: int = 4) -> procrastinate.App:
    """A worker that knows every declared job; run it with `work`."""
    connector = procrastinate.PsycopgConnector(conninfo=_conninfo(make_url(url)), min_size=1, max_size=pool_size)
    app = procrastinate.App(connector=connector)
    for declared in JOBS.values():
        task = app.task(name=declared.name, queue=QUEUE, retry=_Retries(declared.retry))(_runner(declared, context))
        if declared.every:
            app.periodic(cron=declared.every)(task)

    @app.periodic(cron="* * * * *")
    @app.task(name="jobs.recover", queue=QUEUE, queueing_lock="jobs.recover")
    async def recover(timestamp: int) -> None:
        """Give the jobs of workers that died to those that live."""
        for stalled in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(stalled)

    return app


async def work(app: procrastinate.App, *, concurrency: int = 4, **options: Any) -> None:
    """Work until stopped by a signal or cancelled; `wait=False` stops when nothing is due."""
    async with app.open_async():
        await app.run_worker_async(concurrency=concurrency, delete_jobs="successful", **options)


def _runner(declared: Job, context: Context) -> Run:
    async def run(timestamp: int | None = None, **arguments: Any) -> None:
        # `timestamp` is what periodic jobs are called with; ours ask the clock.
        await declared(context, **arguments)

    return run


def _conninfo(url: URL) -> str:
    return make_conninfo(
        **{key: str(value) for key, value in url.query.items()},
        **{key: str(value) for key, value in url.translate_connect_args(username="user", database="dbname").items()},
        options=connect_options(WORKER),
    )


_TAKE_DUE = text("""
    UPDATE jobs.procrastinate_jobs SET status = 'doing' WHERE id = (
        SELECT id FROM jobs.procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)
        ORDER BY scheduled_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, task_name, args
""")
_DONE = text("DELETE FROM jobs.procrastinate_jobs WHERE id = :id")


async def drain(context: Context, *, most: int = 10_000) -> int:
    """Do here and now what is due by the context's clock, until nothing is left: for the demo, and for tests.

    An error is raised, not retried.
    """
    for done in range(most):
        async with context.sessions.begin() as session:
            due = (await session.execute(_TAKE_DUE, {"now": context.clock.now()})).one_or_none()
        if due is None:
            return done
        await JOBS[due.task_name](context, **due.args)
        async with context.sessions.begin() as session:
            await session.execute(_DONE, {"id": due.id})
        await asyncio.sleep(0)
    raise RuntimeError(f"more than {most} jobs: they seem to ask for one another without end")
