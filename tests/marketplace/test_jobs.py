import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.actors import system
from marketplace.clock import SetClock, SystemClock
from marketplace.database import Sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.jobs import JOBS, Context, Job, drain, job, make_worker, work

ME = system("test")


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def note(done: list[str]) -> Iterator[Job]:
    @job("tests.note", retry=(0, 0))
    async def note(context: Context, *, word: str) -> None:
        done.append(word)
        if word == "fails twice" and done.count(word) < 3:
            raise ValueError(word)
        if word == "always fails":
            raise ValueError(word)

    yield note
    del JOBS["tests.note"]


async def run_worker(committed: Sessions, cluster: EmbeddedPostgres, database: str) -> None:
    context = Context(sessions=committed, clock=SystemClock())
    await work(make_worker(context, cluster.url(Role.APP, database)), wait=False, install_signal_handlers=False)


async def test_job_exists_if_and_only_if_its_transaction_commits(
    committed: Sessions, cluster: EmbeddedPostgres, database: str, note: Job, done: list[str]
) -> None:
    async with transaction(committed, ME) as session:
        await note.defer(session, word="kept")
    async with committed() as session:
        await note.defer(session, word="rolled back")
        await session.rollback()
    await run_worker(committed, cluster, database)
    assert done == ["kept"]


async def test_worker_retries_as_often_as_declared_and_then_gives_up(
    committed: Sessions, cluster: EmbeddedPostgres, database: str, note: Job, done: list[str]
) -> None:
    async with transaction(committed, ME) as session:
        await note.defer(session, word="fails twice")
        await note.defer(session, word="always fails")
    await run_worker(committed, cluster, database)
    assert done.count("fails twice") == 3
    assert done.count("always fails") == 3
    async with committed() as session:
        status = await session.scalars(text("SELECT status FROM jobs.procrastinate_jobs"))
        assert status.all() == ["failed"]


async def test_later_jobs_wait_for_their_time(
    committed: Sessions, cluster: EmbeddedPostgres, database: str, note: Job, done: list[str]
) -> None:
    async with transaction(committed, ME) as session:
        await note.defer(session, word="tomorrow", at=SystemClock().now() + timedelta(days=1))
        await note.defer(session, word="due", at=SystemClock().now() - timedelta(seconds=1))
    await run_worker(committed, cluster, database)
    assert done == ["due"]


async def test_of_jobs_wanted_once_one_waits(sessions: Sessions, context: Context, note: Job, done: list[str]) -> None:
    async with transaction(sessions, ME) as session:
        await note.defer(session, word="first", once="x")
        await note.defer(session, word="second", once="x")
    assert await drain(context) == 1
    async with transaction(sessions, ME) as session:
        await note.defer(session, word="third", once="x")
    await drain(context)
    assert done == ["first", "third"]


async def test_drain_goes_by_the_clock_and_raises(
    sessions: Sessions, context: Context, clock: SetClock, note: Job, done: list[str]
) -> None:
    async with transaction(sessions, ME) as session:
        await note.defer(session, word="later", at=clock.now() + timedelta(hours=2))
        await note.defer(session, word="sooner", at=clock.now() + timedelta(hours=1))
    assert await drain(context) == 0
    clock.advance(timedelta(hours=3))
    assert await drain(context) == 2
    assert done == ["sooner", "later"]
    async with transaction(sessions, ME) as session:
        await note.defer(session, word="always fails")
    with pytest.raises(ValueError, match="always fails"):
        await drain(context)


DYING_WORKER = """
    import asyncio, os, sys
    from marketplace.database import make_engine, make_sessions
    from marketplace.jobs import Context, job, make_worker, work

    @job("tests.note")
    async def die(context, *, word):
        os.kill(os.getpid(), 9)

    async def main(url):
        context = Context(sessions=make_sessions(make_engine(url)))
        await work(make_worker(context, url), wait=False, install_signal_handlers=False)

    asyncio.run(main(sys.argv[1]))
"""


async def test_job_of_a_killed_worker_is_done_by_another(
    committed: Sessions, cluster: EmbeddedPostgres, database: str, note: Job, done: list[str], tmp_path: Path
) -> None:
    async with transaction(committed, ME) as session:
        await note.defer(session, word="survives")
    script = tmp_path / "worker.py"
    script.write_text(textwrap.dedent(DYING_WORKER))
    url = cluster.url(Role.APP, database).render_as_string(hide_password=False)
    died = await asyncio.to_thread(subprocess.run, [sys.executable, str(script), url], cwd=Path.cwd(), check=False)
    assert died.returncode == -9
    with cluster.connect(Role.ADMIN, database) as admin:  # half a minute passes
        admin.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = last_heartbeat - interval '40 seconds'")
    context = Context(sessions=committed)
    app = make_worker(context, cluster.url(Role.APP, database))
    async with app.open_async():
        await app.tasks["jobs.recover"].func(0)
    await run_worker(committed, cluster, database)
    assert done == ["survives"]


def test_names_are_unique(note: Job) -> None:
    with pytest.raises(ValueError, match="two jobs named"):
        job("tests.note")(note.run)
