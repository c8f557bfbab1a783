"""The platform that is killed: a database, the fake Stripe, and the API and workers as processes of their own."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from api.cli import roles_of
from benchmarks import chaos_victims
from fixtures.stripe_fake.process import StripeFake
from marketplace import migrate
from marketplace.database import WORKER, Sessions, make_engine, make_sessions, open_database
from marketplace.settings import Secret, Settings

SECRET = "whsec_of_chaos"
AT_A_TIME = 4


class Wish(NamedTuple):
    releases: int
    faults: float
    kill_every: float
    workers: int
    jobs: int
    hurry_every_s: float
    within_s: float
    seed: int


class Place(NamedTuple):
    """The running platform: database, fake, and the processes that are killed."""

    home: Path
    settings: Settings
    sessions: Sessions
    fake: StripeFake
    port: int


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


class Victims:
    """Processes that are started again whenever they die, and die often.

    They are forked from one that has read all modules: what is tried is death, not the reading of modules.
    """

    def __init__(self, place: Place, wish: Wish) -> None:
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("GREENHATCH_")} | {
            "GREENHATCH_HOME": str(place.home),
            "GREENHATCH_EMBEDDED_DURABLE": "false",
            "GREENHATCH_STRIPE_KEY": "sk_test_chaos",
            "GREENHATCH_STRIPE_WEBHOOK_KEY": SECRET,
            "GREENHATCH_STRIPE_URL": place.fake.url,
            "GREENHATCH_WORKER_JOBS": str(wish.jobs),
            "GREENHATCH_LOG_LEVEL": "error",
        }
        self._log = place.home / "victims.log"
        api = ["serve", "--no-worker", "--port", str(place.port)]
        self._commands = [api] + [["worker"]] * wish.workers
        self._nursery = multiprocessing.get_context("forkserver")
        self._nursery.set_forkserver_preload([chaos_victims.__name__])
        self._running: list[ForkServerProcess] = []
        self._chance, self._every = random.Random(wish.seed), wish.kill_every
        self.kills = 0

    def start(self) -> None:
        self._running = [self._spawn(command) for command in self._commands]

    def _spawn(self, command: Sequence[str]) -> ForkServerProcess:
        given = (command, self._environment, self._log, os.getpid())
        born = self._nursery.Process(target=chaos_victims.live, args=given)
        born.start()
        return born

    async def kill_again_and_again(self, done: Callable[[], Awaitable[int]]) -> None:
        """One of them each time that so many more releases are done: as often on a slow machine as on a fast one."""
        due = 0.0
        while True:
            due += self._every * self._chance.uniform(0.5, 1.5)
            while await done() < due:  # noqa: ASYNC110  it stands in the database, which rings no bell
                await asyncio.sleep(1)
            index = self._chance.randrange(len(self._running))
            _kill(self._running[index])
            self._running[index] = self._spawn(self._commands[index])
            self.kills += 1

    def stop(self) -> None:
        for process in self._running:
            _kill(process)


def _kill(process: ForkServerProcess) -> None:
    process.kill()  # SIGKILL
    process.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def own_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="greenhatch-chaos-"))
    home.chmod(0o711)  # PostgreSQL's own account has to get through
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.asynccontextmanager
async def platform(home: Path, wish: Wish) -> AsyncIterator[Place]:
    settings = Settings(home=home, embedded_durable=False)
    state = home / "stripe.sqlite"
    with open_database(settings, tell=say) as addresses, StripeFake(state, seed=wish.seed) as fake:
        await migrate.upgrade(roles_of(addresses))
        engine = make_engine(addresses.app, timeouts=WORKER, pool_size=AT_A_TIME + 2)
        keys = {"stripe_key": Secret("sk_test_chaos"), "stripe_url": fake.url}
        try:
            yield Place(home, replace(settings, **keys), make_sessions(engine), fake, free_port())
        finally:
            await engine.dispose()
