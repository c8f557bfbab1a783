"""Engine, sessions and the one way to open a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from marketplace.actors import Actor, act_as
from marketplace.base import Base
from marketplace.clock import Clock, SystemClock
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import translated
from marketplace.settings import Settings

Sessions = async_sessionmaker[AsyncSession]


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the database is, a role each. `embedded` is our own server; None behind DATABASE_URL."""

    owner: URL
    app: URL
    reader: URL
    embedded: EmbeddedPostgres | None = None


def _silent(_: str) -> None: ...


@contextmanager
def open_database(settings: Settings, *, tell: Callable[[str], None] = _silent) -> Iterator[Addresses]:
    """The database of the settings, running; the embedded one stops with its last user."""
    if settings.database_url is None:
        with EmbeddedPostgres(settings.home, durable=settings.embedded_durable, archive=True, tell=tell) as server:
            owner, app, reader = (server.url(role) for role in (Role.OWNER, Role.APP, Role.READER))
            yield Addresses(owner=owner, app=app, reader=reader, embedded=server)
        return
    given = (settings.database_owner_url, settings.database_url, settings.database_reader_url)
    owner, app, reader = (_with_our_driver((url or settings.database_url).reveal()) for url in given)
    yield Addresses(owner=owner, app=app, reader=reader)


def _with_our_driver(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


async def keep_running(server: EmbeddedPostgres, *, every_s: float = 1.0) -> None:
    """Watch the embedded server and start it again should it die under us; runs until cancelled."""
    while True:
        await asyncio.to_thread(server.ensure_running)
        await asyncio.sleep(every_s)


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """What a session may make others wait for. A worker gets longer ones than a request."""

    statement_ms: int = 15_000
    lock_ms: int = 5_000
    idle_in_transaction_ms: int = 30_000

    def options(self) -> str:
        return (
            f"-c statement_timeout={self.statement_ms} -c lock_timeout={self.lock_ms} "
            f"-c idle_in_transaction_session_timeout={self.idle_in_transaction_ms}"
        )


REQUEST = Timeouts()
WORKER = Timeouts(statement_ms=600_000, lock_ms=30_000, idle_in_transaction_ms=120_000)
# An index on a big table takes its time; waiting for a lock would make everybody else wait behind it.
MIGRATION = Timeouts(statement_ms=0, lock_ms=10_000, idle_in_transaction_ms=0)


def connect_options(timeouts: Timeouts) -> str:
    """Options of the connection rather than of the role, so that any server behind DATABASE_URL behaves the same.

    The queue's tables and functions live in the schema `jobs` and call one another without naming it.
    """
    return f"-c search_path=public,jobs -c timezone=UTC {timeouts.options()}"


def make_engine(url: URL | str, *, timeouts: Timeouts = REQUEST, pool_size: int = 10, **options: Any) -> AsyncEngine:
    pool = {} if "poolclass" in options else {"pool_size": pool_size, "max_overflow": pool_size}
    return create_async_engine(
        url,
        pool_pre_ping=True,  # after a crash of the server the first query of every connection would fail
        hide_parameters=True,  # an error is logged; what a statement was given is nobody's business
        connect_args={"options": connect_options(timeouts)},
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        **pool,
        **options,
    )


def make_sessions(engine: AsyncEngine, *, clock: Clock | None = None) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False, info={"clock": clock or SystemClock()})


def clock_of(session: AsyncSession) -> Clock:
    """The clock of whoever opened the session; business times come from it, never from the system directly."""
    return session.info["clock"]  # type: ignore[no-any-return]


@asynccontextmanager
async def transaction(sessions: Sessions, actor: Actor) -> AsyncIterator[AsyncSession]:
    """A session acting for `actor`, committed at the end, with the database's refusals as MarketplaceErrors.

    >>> async with transaction(sessions, actor) as session:  # doctest: +SKIP
    ...     await publish(session, listing)
    """
    try:
        async with sessions.begin() as session:
            act_as(session, actor)
            session.info["sessions"] = sessions
            yield session
    except DBAPIError as error:
        if refusal := translated(error, Base.metadata):
            raise refusal from error
        raise
