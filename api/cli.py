"""The commands that need a database. `scoring.cli` finds them as entry points of the group "greenhatch.commands"."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from marketplace import migrate
from marketplace.actors import system
from marketplace.capabilities import import_capabilities
from marketplace.checks import CHECKS, anchor_file
from marketplace.database import WORKER, Addresses, make_engine, make_sessions, open_database, transaction
from marketplace.embedded import EmbeddedError, EmbeddedPostgres
from marketplace.embedded.backup import back_up, restore
from marketplace.errors import Conflict, Invalid
from marketplace.people.operators import make_operator
from marketplace.search.analysis import warm
from marketplace.search.library import Library
from marketplace.search.upkeep import Kept, rebuild
from marketplace.settings import Settings

OK, FOUND_SOMETHING, BAD_INPUT = 0, 1, 2


def tell(message: str) -> None:
    print(message, file=sys.stderr)


def db(arguments: Sequence[str]) -> int:
    """`greenhatch db upgrade|backup|restore|check|reindex|operator`."""
    parser = argparse.ArgumentParser(prog="greenhatch db", description="Look after the database.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in _DB_COMMANDS.items():
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if name == "restore":
            command.add_argument("--to", type=_moment, metavar="TIME", help="such as 2026-11-21T09:30:00+08:00")
        if name == "operator":
            command.add_argument("email", metavar="EMAIL")
    chosen = parser.parse_args(arguments)
    return with_settings(lambda settings: chosen.run(settings, chosen))


def with_settings(run: Callable[[Settings], int]) -> int:
    """Run a command with the settings of the environment, telling what is wrong with them or with the server."""
    try:
        return run(Settings.from_environment())
    except Invalid as error:
        for field in error.fields:
            tell(f"{field.field}={field.value}: expected {field.expected}")
        return BAD_INPUT
    except EmbeddedError as error:
        tell(str(error))
        return BAD_INPUT


def roles_of(addresses: Addresses) -> migrate.Roles:
    return migrate.Roles(addresses.owner, addresses.app, addresses.reader)


def _upgrade(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the schema to what this version expects."""
    with open_database(settings, tell=tell) as addresses:
        asyncio.run(migrate.upgrade(roles_of(addresses)))
    print("The database is current.")
    return OK


def _backup(settings: Settings, _: argparse.Namespace) -> int:
    """Copy the embedded database; from then on it can be restored to any moment."""
    with open_database(settings, tell=tell) as addresses:
        if addresses.embedded is None:
            return _not_ours()
        made = back_up(addresses.embedded, tell=tell)
    print(f"{made.folder} ({made.size_bytes / 1e6:.1f} MB)")
    return OK


def _restore(settings: Settings, chosen: argparse.Namespace) -> int:
    """Bring the embedded database back, as late as possible or as it was at a moment."""
    if settings.database_url is not None:
        return _not_ours()
    server = EmbeddedPostgres(settings.home, durable=settings.embedded_durable, archive=True, tell=tell)
    last = restore(server, to=chosen.to, tell=tell)
    # They vouch for entries that may be gone now, on purpose.
    if (anchors := anchor_file(settings)).exists():
        anchors.rename(anchors.with_stem(f"{anchors.stem}-before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
    print(f"Restored; the last change is of {last:%Y-%m-%d %H:%M:%S} UTC." if last else "Restored.")
    print("What was there before is kept beside it: remove it when all is well.")
    return OK


def _check(settings: Settings, _: argparse.Namespace) -> int:
    """Verify what the database promises: the audit chain, the rights, and what each capability adds."""
    import_capabilities("models")
    import_capabilities("checks")
    with open_database(settings, tell=tell) as addresses:
        if not asyncio.run(migrate.is_current(addresses.owner)):
            print("schema: not current, run greenhatch db upgrade")
            return FOUND_SOMETHING
        return asyncio.run(_run_checks(settings, addresses))


async def _run_checks(settings: Settings, addresses: Addresses) -> int:
    engine = make_engine(addresses.app, timeouts=WORKER, pool_size=1)
    failed = 0
    try:
        for name, run in CHECKS.items():
            async with transaction(make_sessions(engine), system("db check")) as session:
                finding = await run(session, settings)
            failed += not finding.ok
            print(f"{'ok  ' if finding.ok else 'FAIL'} {name}: {finding.said}")
    finally:
        await engine.dispose()
    return FOUND_SOMETHING if failed else OK


def _reindex(settings: Settings, _: argparse.Namespace) -> int:
    """Build the search index anew from the database; searches go on in the old one until it is done."""
    import_capabilities("models")
    warm()
    with open_database(settings, tell=tell) as addresses:
        kept = asyncio.run(_rebuild_index(settings, addresses))
    print(f"{kept.documents} documents, through change {kept.sequence}.")
    return OK


async def _rebuild_index(settings: Settings, addresses: Addresses) -> Kept:
    engine, library = make_engine(addresses.app, timeouts=WORKER, pool_size=1), Library(settings.home)
    try:
        async with library.writing(), transaction(make_sessions(engine), system("db reindex")) as session:
            return await rebuild(session, library)
    finally:
        await engine.dispose()


def _operator(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make an account that operates the platform; its password is printed this once."""
    import_capabilities("models")
    import_capabilities("jobs")
    if "@" not in chosen.email:
        tell(f"{chosen.email}: expected an e-mail address")
        return BAD_INPUT
    with open_database(settings, tell=tell) as addresses:
        try:
            password = asyncio.run(_make_operator(addresses, chosen.email))
        except Conflict as error:
            tell(error.message)
            return BAD_INPUT
    print(password)
    return OK


async def _make_operator(addresses: Addresses, email: str) -> str:
    engine = make_engine(addresses.app, pool_size=1)
    try:
        async with transaction(make_sessions(engine), system("db operator")) as session:
            return await make_operator(session, email=email)
    finally:
        await engine.dispose()


def _not_ours() -> int:
    tell("DATABASE_URL names a server that is not ours: back it up with the means of whoever runs it")
    return BAD_INPUT


def _moment(given: str) -> datetime:
    moment = datetime.fromisoformat(given)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_DB_COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "upgrade": _upgrade,
    "backup": _backup,
    "restore": _restore,
    "check": _check,
    "reindex": _reindex,
    "operator": _operator,
}
