"""Fixtures that need a database. The cluster, shared by all test processes, starts with the first test that asks."""

import asyncio
import atexit
import contextlib
import fcntl
import gc
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from marketplace.actors import Actor, act_as, system
from marketplace.capabilities import import_capabilities
from marketplace.clock import SetClock
from marketplace.database import Sessions, make_engine, make_sessions
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.embedded.locks import locked
from marketplace.jobs import Context
from marketplace.migrate import Roles, upgrade

ROOT = Path(__file__).parents[1]
PREFIX = "greenhatch-tests-"
TEMPLATE = "greenhatch_template"


def pytest_sessionstart() -> None:
    """While hundreds of modules are imported, all that is made is made to stay: nothing to collect."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()  # what is there now stays: no collection needs to walk through it once more
    gc.enable()
    atexit.register(gc.unfreeze)  # or libraries that count their objects would tell of leaks


# The longest first: one that begins last leaves every other process waiting for it.
LONGEST = (
    "tests/api/test_contract.py",
    "tests/api/test_access.py",
    "tests/browser/test_journeys.py",
    "tests/api/test_serve.py",
    "tests/fixtures/test_stripe_story.py",
    "tests/marketplace/stripe/test_faults.py",
    "tests/marketplace/deals/test_any_order.py",
    "tests/marketplace/applications/test_any_order.py",
    "tests/marketplace/payments/test_any_order.py",
    "tests/marketplace/review/test_any_order.py",
    "tests/marketplace/payments/test_races.py",
    "tests/fixtures/test_story.py",
    "tests/scoring/scorecard/test_sql.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def _place() -> Path:
    """Memory where there is enough of it: on a busy disk a throw-away cluster spends its time waiting for others."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2_000_000_000:
        return memory
    return Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def place_for_servers() -> Iterator[Path]:
    """A folder for servers of a test's own. Not pytest's: PostgreSQL's account could not enter it under root."""
    folder = Path(tempfile.mkdtemp(prefix="greenhatch-servers-", dir=_place()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(testrun_uid: str) -> Iterator[EmbeddedPostgres]:
    """One throw-away PostgreSQL for the whole run; the first process starts it, the last one stops it."""
    sweep_abandoned_clusters()
    home = _place() / f"{PREFIX}{testrun_uid[:12]}"
    server = EmbeddedPostgres(home, durable=False, archive=False)
    server.start()
    yield server
    server.stop()
    if server.pid() is None:
        shutil.rmtree(home, ignore_errors=True)


def sweep_abandoned_clusters() -> None:
    """What killed test runs left behind: old, and nobody holds the lock of its users."""
    for home in _place().glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - home.stat().st_ctime < 300:
                continue  # perhaps one that is being started
            with (home / "users.lock").open("rb") as users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                EmbeddedPostgres(home, durable=False, archive=False).shut_down(cleanly=False)
                shutil.rmtree(home)


@pytest.fixture(scope="session")
def database(cluster: EmbeddedPostgres) -> str:
    """The name of this process's own database, a copy of one that was migrated once."""
    import_capabilities("models")
    import_capabilities("jobs")
    name = f"test_{os.getpid()}"
    with locked(cluster.layout.home / "template.lock"), cluster.connect() as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            admin.execute("DROP DATABASE IF EXISTS draft")  # of a process whose migration failed
            cluster.create_database("draft")
            asyncio.run(upgrade(roles_of(cluster, "draft")))
            admin.execute(f"ALTER DATABASE draft RENAME TO {TEMPLATE}".encode())
        cluster.create_database(name, template=TEMPLATE)
    return name


def roles_of(cluster: EmbeddedPostgres, name: str) -> Roles:
    return Roles(*(cluster.url(role, name) for role in (Role.OWNER, Role.APP, Role.READER)))


@pytest.fixture(scope="session")
def lasting_engine(cluster: EmbeddedPostgres, database: str) -> AsyncEngine:
    """Knows from one test to the next how the statements read that it has put together once."""
    return make_engine(cluster.url(Role.APP, database), pool_size=20)


@pytest.fixture
async def engine(lasting_engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """As the application's role, as in production; with connections of the test's own."""
    yield lasting_engine
    await lasting_engine.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def actor() -> Actor:
    """Who acts in `session`, unless the test says otherwise."""
    return system("test")


@pytest.fixture
async def sessions(engine: AsyncEngine, clock: SetClock) -> AsyncIterator[Sessions]:
    """Sessions on one connection whose transaction is rolled back at the end: what the code "commits" is a savepoint.

    They are used one after another. Deferred constraints fire at each of these commits, as they would in earnest.
    """
    async with engine.connect() as connection:
        outer = await connection.begin()
        made = make_sessions(engine, clock=clock)
        made.configure(bind=connection, join_transaction_mode="create_savepoint", sync_session_class=_TestSession)
        yield made
        await outer.rollback()


class _TestSession(Session):
    """Tells its commits from those of production, so that the listener below is for tests alone."""


@event.listens_for(_TestSession, "before_commit")
def _fire_deferred_constraints(session: Session) -> None:
    session.flush()
    session.execute(text("DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; END $$"))


@pytest.fixture
async def session(sessions: Sessions, actor: Actor) -> AsyncIterator[AsyncSession]:
    """A session acting for `actor`, rolled back after the test."""
    async with sessions() as session:
        act_as(session, actor)
        yield session


@pytest.fixture
async def committed(
    cluster: EmbeddedPostgres, engine: AsyncEngine, database: str, clock: SetClock
) -> AsyncIterator[Sessions]:
    """Sessions of their own connections that really commit, for races; every table is emptied afterwards."""
    yield make_sessions(engine, clock=clock)
    await empty_tables(cluster, database)


# DELETE rather than TRUNCATE: on small tables it is many times faster.
EMPTY_TABLES = """
    DO $$
    DECLARE
        filled regclass;
    BEGIN
        SET LOCAL session_replication_role = replica;  -- no triggers that guard, no foreign keys that want an order
        FOR filled IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relname <> 'alembic_version'
            AND c.relnamespace IN ('public'::regnamespace, 'jobs'::regnamespace)
        LOOP
            EXECUTE format('DELETE FROM %s', filled);
        END LOOP;
    END $$
"""


async def empty_tables(cluster: EmbeddedPostgres, database: str) -> None:
    url = cluster.url(Role.ADMIN, database).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url) as admin:
        await admin.execute(EMPTY_TABLES)


@pytest.fixture
def context(sessions: Sessions, clock: SetClock) -> Context:
    """For running jobs: `await drain(context)` does what is due by `clock`, inside the test's transaction."""
    return Context(sessions=sessions, clock=clock)
