"""The ground of tests in which anybody takes steps in any order: one connection; each example is a savepoint of it."""

import abc
import asyncio
import datetime
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from marketplace.clock import SetClock
from marketplace.database import Sessions, make_engine, make_sessions
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.jobs import Context, drain

START = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
Result = TypeVar("Result")


class Ground(abc.ABC):
    """What all examples begin with. A machine is synchronous, so the loop is the ground's own."""

    def __init__(self, url: URL | str) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock(START)
        self.engine = make_engine(url)
        self.connection: AsyncConnection = self.run(self.engine.connect())
        self.outer = self.run(self.connection.begin())
        self.sessions: Sessions = make_sessions(self.engine, clock=self.clock)
        self.sessions.configure(bind=self.connection, join_transaction_mode="create_savepoint")
        self.run(self.prepare())

    @abc.abstractmethod
    async def prepare(self) -> None:
        """Write what every example finds."""

    def run(self, work: Awaitable[Result]) -> Result:
        return self.loop.run_until_complete(work)

    def begin_example(self) -> None:
        self.clock = SetClock(START)
        self.sessions.kw["info"]["clock"] = self.clock
        self.savepoint = self.run(self._savepoint())

    async def _savepoint(self) -> Any:
        return await self.connection.begin_nested()

    def end_example(self) -> None:
        self.run(self.savepoint.rollback())

    def let_pass(self, time: datetime.timedelta) -> bool:
        """Whether anything was due in that time; it is done then."""
        self.clock.advance(time)
        return bool(self.run(drain(Context(sessions=self.sessions, clock=self.clock))))

    def close(self) -> None:
        self.run(self.outer.rollback())
        self.run(self.connection.close())
        self.run(self.engine.dispose())
        self.loop.close()


AnyGround = TypeVar("AnyGround", bound=Ground)


def ground_fixture(kind: type[AnyGround]) -> Callable[..., Iterator[AnyGround]]:
    """The fixture `ground` of a test module."""

    @pytest.fixture
    def ground(cluster: EmbeddedPostgres, database: str) -> Iterator[AnyGround]:
        made = kind(cluster.url(Role.APP, database))
        yield made
        made.close()

    return ground


class Machine(RuleBasedStateMachine):
    """Each example begins from the ground as it was prepared, on the day it was prepared."""

    ground: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.ground.begin_example()

    def teardown(self) -> None:
        self.ground.end_example()


def walk(machine: type[Machine], ground: Ground, *, examples: int, steps: int, **more: Any) -> None:
    """Take `examples` × `steps` steps from the ground."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    grounded = type(machine.__name__, (machine,), {"ground": ground})
    run_state_machine_as_test(grounded, settings=chosen)  # type: ignore[no-untyped-call]
