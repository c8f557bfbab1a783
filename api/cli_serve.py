"""`greenhatch serve` and `greenhatch worker`."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec.structs import replace

from api import serving
from api.cli import BAD_INPUT, OK, roles_of, tell, with_settings
from marketplace import migrate
from marketplace.database import Addresses, open_database
from marketplace.embedded.locks import locked
from marketplace.logs import configure_logs
from marketplace.settings import Settings

Run = Callable[[Settings, Addresses], Coroutine[Any, Any, None]]


def serve(arguments: Sequence[str]) -> int:
    """`greenhatch serve`: answer requests and do the jobs, in one process."""
    parser = argparse.ArgumentParser(prog="greenhatch serve", description="Serve the API and the pages.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen at (8000)")
    parser.add_argument("--no-worker", action="store_true", help="leave the jobs to `greenhatch worker`")
    parser.add_argument("--demo", action="store_true", help="put the demo data into a database that has none")
    chosen = parser.parse_args(arguments)
    if not serving.is_free(chosen.host, chosen.port):
        tell(f"{chosen.host}:{chosen.port} is taken, or not an address of this machine; choose another with --port")
        return BAD_INPUT

    async def run(settings: Settings, addresses: Addresses) -> None:
        if chosen.demo:
            await serving.load_demo_data(addresses)
            _tell_logins()
        await serving.serve(settings, addresses, host=chosen.host, port=chosen.port, worker=not chosen.no_worker)

    return with_settings(lambda settings: _over_a_current_database(at_port(settings, chosen.port), run))


def at_port(settings: Settings, port: int) -> Settings:
    """Links in mails and pages lead to where this process listens, unless somebody said where the site is."""
    if settings.public_url != Settings().public_url:
        return settings
    return replace(settings, public_url=f"http://127.0.0.1:{port}")


def _tell_logins() -> None:
    """One login for each kind of organisation; they are invented, and so is everything they can see."""
    from fixtures.people import PASSWORD, parties

    tell(f"Demo logins, all with the password {PASSWORD!r}:")
    for kind, email in {party.kind: party.email for party in reversed(parties())}.items():
        tell(f"  {kind:<10}{email}")


def worker(arguments: Sequence[str]) -> int:
    """`greenhatch worker`: do the jobs; as many processes as one likes."""
    parser = argparse.ArgumentParser(prog="greenhatch worker", description="Do the jobs that wait in the database.")
    parser.parse_args(arguments)
    return with_settings(lambda settings: _over_a_current_database(settings, serving.run_worker))


def _over_a_current_database(settings: Settings, run: Run) -> int:
    configure_logs(settings)
    with open_database(settings, tell=tell) as addresses:
        if not _make_current(settings, addresses):
            tell("The database's schema is not the one of this version: run greenhatch db upgrade.")
            return BAD_INPUT
        asyncio.run(run(settings, addresses))
    return OK


def _make_current(settings: Settings, addresses: Addresses) -> bool:
    """Bring our own database to this version; when to change somebody else's is for them to say."""
    if addresses.embedded is None:
        return asyncio.run(migrate.is_current(addresses.owner))
    with locked(settings.home / "migrate.lock"):
        if not asyncio.run(migrate.is_current(addresses.owner)):
            tell("Preparing the database …")
            asyncio.run(migrate.upgrade(roles_of(addresses)))
    return True
