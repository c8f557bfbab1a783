"""`greenhatch demo`: the whole story once, on a database of its own that is thrown away afterwards."""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from api.cli import OK, roles_of, tell, with_settings
from fixtures import story
from marketplace import migrate
from marketplace.capabilities import import_capabilities
from marketplace.database import WORKER, Addresses, make_engine, make_sessions, open_database
from marketplace.settings import Settings

REPORT = Path("build/report.html")


def demo(arguments: Sequence[str]) -> int:
    """`greenhatch demo`: list, assess, screen, in one line a step."""
    parser = argparse.ArgumentParser(prog="greenhatch demo", description="Tell the whole story once.")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="OUT.html")
    chosen = parser.parse_args(arguments)
    return with_settings(lambda settings: _demo(settings, chosen.report))


def _demo(settings: Settings, report: Path) -> int:
    home = Path(tempfile.mkdtemp(prefix="greenhatch-demo-"))
    try:
        own = replace(settings, home=home, database_url=None, embedded_durable=False)
        with open_database(own, tell=tell) as addresses:
            asyncio.run(migrate.upgrade(roles_of(addresses)))
            asyncio.run(_tell(addresses, report, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return OK


async def _tell(addresses: Addresses, report: Path, home: Path) -> None:
    import_capabilities("models")
    import_capabilities("jobs")
    engine = make_engine(addresses.app, timeouts=WORKER)
    try:
        data = os.environ.get("GREENHATCH_DATA")
        async for line in story.tell(make_sessions(engine), report, home, Path(data) if data else None):
            print(f"{line.step:<11}{line.said}", flush=True)
        print("Now look for yourself: make serve, then http://127.0.0.1:8000 with one of the logins it prints.")
    finally:
        await engine.dispose()
