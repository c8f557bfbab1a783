"""`greenhatch serve` and `greenhatch worker`: everything that runs as long as the platform does."""

import asyncio
import contextlib
import importlib
import importlib.util
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar import Litestar
from sqlalchemy import exists, select

from api.app import create_app
from api.people.authentication import authenticate
from api.platform import Platform
from marketplace import jobs
from marketplace.actors import system
from marketplace.capabilities import import_capabilities
from marketplace.database import WORKER, Addresses, keep_running, make_engine, make_sessions, transaction
from marketplace.embedded import EmbeddedPostgres
from marketplace.jobs import Context, make_worker
from marketplace.mail import Mailer, smtp_mailer
from marketplace.people.models import Person
from marketplace.search.library import Library
from marketplace.settings import Settings, signing_key
from marketplace.stripe.setup import payment_tools

AGAIN_AFTER_S = 2.0
STOP_WITHIN_S = 20

_log = structlog.get_logger("greenhatch.serve")


@contextlib.asynccontextmanager
async def application(settings: Settings, addresses: Addresses) -> AsyncIterator[Litestar]:
    """The API over a running database, with connections of its own."""
    engine = make_engine(addresses.app, pool_size=settings.database_pool_size)
    platform = Platform(sessions=make_sessions(engine), key=signing_key(settings), settings=settings, engine=engine)
    try:
        yield create_app(platform, authenticate=authenticate)
    finally:
        await engine.dispose()


async def serve(settings: Settings, addresses: Addresses, *, host: str, port: int, worker: bool) -> None:
    """Answer requests, and do the jobs unless another process does, until told to stop."""
    async with application(settings, addresses) as app:
        server = Server(
            # Whom to believe about the caller's own address; everybody else is taken for the caller.
            wrap_asgi_with_proxy_headers(app, settings.trusted_proxies),
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            websockets=False,
        )
        server.workers_kill_timeout = STOP_WITHIN_S
        parts = [app.state.platform.catalogue.listen(addresses.app)]
        parts += [keep_working(settings, addresses)] if worker else []
        async with _running(addresses, *parts):
            answering = asyncio.create_task(server.serve())
            stopped = asyncio.create_task(_told_to_stop())
            _log.info("serving", url=f"http://{host}:{port}", worker=worker)
            await asyncio.wait({answering, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            server.stop()  # type: ignore[no-untyped-call]
            await answering
    _log.info("stopped")


async def run_worker(settings: Settings, addresses: Addresses) -> None:
    """Do the jobs until told to stop."""
    async with _running(addresses, keep_working(settings, addresses)):
        _log.info("working")
        await _told_to_stop()
    _log.info("stopped")


@contextlib.asynccontextmanager
async def _running(addresses: Addresses, *parts: Awaitable[None]) -> AsyncIterator[None]:
    """Run the parts beside the body; when it ends, let them finish what they are at."""
    watched = [keep_running(addresses.embedded)] if addresses.embedded else []
    tasks = [asyncio.ensure_future(part) for part in (*parts, *watched)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                _log.error("a part had stopped", exc_info=ended)


async def keep_working(settings: Settings, addresses: Addresses) -> None:
    """A worker that begins anew when the database went away under it."""
    import_capabilities("models")
    import_capabilities("jobs")
    engine = make_engine(addresses.app, timeouts=WORKER, pool_size=settings.worker_jobs)
    sessions = make_sessions(engine)
    tools = _tools(settings, addresses) | payment_tools(settings, sessions)
    context = Context(sessions=sessions, settings=settings, tools=tools)
    Library(settings.home).begin()
    try:
        await _again_and_again(lambda: _work(context, addresses))
    finally:
        await engine.dispose()


async def _work(context: Context, addresses: Addresses) -> None:
    app = make_worker(context, addresses.app)
    concurrency = context.settings.worker_jobs
    await jobs.work(
        app, concurrency=concurrency, install_signal_handlers=False, shutdown_graceful_timeout=STOP_WITHIN_S
    )


async def _again_and_again(run: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await run()
        except Exception as error:
            _log.warning("the worker begins again", exc_info=error)
        await asyncio.sleep(AGAIN_AFTER_S)


def _tools(settings: Settings, addresses: Addresses) -> dict[type, object]:
    """The ways out of the database that jobs may take."""
    tools: dict[type, object] = {}
    if (mailer := smtp_mailer(settings)) is not None:
        tools[Mailer] = mailer
    if addresses.embedded is not None:
        tools[EmbeddedPostgres] = addresses.embedded
    return tools


async def _told_to_stop() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def is_free(host: str, port: int) -> bool:
    """Whether one can listen there; asked first, because the server's own answer is a stack trace."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


# In the order in which they stand on one another; each is there as soon as its capability brings demo content.
DEMO_PARTS = (
    "people",
    "listings",
    "assessments",
    "needs",
    "knowledge",
    "calls",
    "review",
    "matching",
    "cohorts",
    "dataroom",
    "deals",
    "payments",
    "disputes",
    "monitoring",
    "screening",
    "search",
    "solutions",
    "webhooks",
    "claims",
)


async def load_demo_data(addresses: Addresses) -> None:
    """Everything in `fixtures` that can be loaded, through the services; nothing where there are people already."""
    import_capabilities("models")
    import_capabilities("jobs")
    engine = make_engine(addresses.app, timeouts=WORKER, pool_size=1)
    try:
        async with transaction(make_sessions(engine), system("demo")) as session:
            if await session.scalar(select(exists(select(Person.id)))):
                return
            for part in DEMO_PARTS:
                if importlib.util.find_spec(f"fixtures.{part}"):
                    await getattr(importlib.import_module(f"fixtures.{part}"), f"load_{part}")(session)
    finally:
        await engine.dispose()
