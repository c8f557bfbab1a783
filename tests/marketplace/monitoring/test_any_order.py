"""A report whose steps are tried by anybody in any order, while its days pass."""

import asyncio
import datetime
import uuid
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, make_engine, make_sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import MarketplaceError
from marketplace.jobs import Context, drain
from marketplace.monitoring.models import MilestoneOutcome, MilestoneReport
from marketplace.monitoring.process import REPORT, SETTLED
from marketplace.monitoring.schedule import report_is_in
from marketplace.people.models import Membership
from marketplace.process import advance, possible
from tests.api.monitoring.things import TESTING, final_report, running_deal

EXAMPLES, STEPS = 80, 26
START = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
ROLES = ("holder", "financier", "operator", "time", "course", "deal", "stranger")
# Who may do what, written down once more.
ALLOWED = {
    "submit": {"holder"},
    "return": {"financier"},
    "accept": {"financier", "operator", "course"},
    "waive": {"financier"},
    "end": {"operator", "deal"},
    "run-late": {"time"},
    "fall-silent": {"time"},
}


class Ground:
    """One connection for all examples; each is a savepoint of it."""

    def __init__(self, url: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock(START)
        self.engine = make_engine(url)
        self.connection: AsyncConnection = self.run(self.engine.connect())
        self.outer = self.run(self.connection.begin())
        self.sessions: Sessions = make_sessions(self.engine, clock=self.clock)
        self.sessions.configure(bind=self.connection, join_transaction_mode="create_savepoint")
        self.report: uuid.UUID = self.run(self.prepare())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def prepare(self) -> uuid.UUID:
        async with transaction(self.sessions, TESTING) as session:
            report = await final_report(session, await running_deal(session))
            await session.execute(delete(Membership))  # nobody to write letters to
            return report.id

    def close(self) -> None:
        self.run(self.outer.rollback())
        self.run(self.connection.close())
        self.run(self.engine.dispose())
        self.loop.close()


@pytest.fixture
def ground(cluster: EmbeddedPostgres, database: str) -> Iterator[Ground]:
    made = Ground(cluster.url(Role.APP, database))
    yield made
    made.close()


class Anybody(RuleBasedStateMachine):
    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self.ground.clock = SetClock(START)
        self.ground.sessions.kw["info"]["clock"] = self.ground.clock
        self.savepoint = self.ground.run(self._begin())
        self._look()

    async def _begin(self) -> Any:
        return await self.ground.connection.begin_nested()

    def teardown(self) -> None:
        self.ground.run(self.savepoint.rollback())

    def _look(self) -> None:
        self.report, self.is_in, self.outcomes = self.ground.run(self._load())

    async def _load(self) -> tuple[MilestoneReport, bool, list[bool]]:
        async with self.ground.sessions() as session:
            report = await session.get_one(MilestoneReport, self.ground.report)
            outcomes = list(await session.scalars(select(MilestoneOutcome.in_time)))
            return report, await report_is_in(session, milestone_id=report.milestone_id), outcomes

    @property
    def is_final(self) -> bool:
        return REPORT.state(self.report.state).final

    @rule(step=st.sampled_from(sorted(ALLOWED)), who=st.sampled_from(ROLES))
    def somebody_tries_something(self, step: str, who: str) -> None:
        refused = self.ground.run(self._is_refused(step, who))
        if who not in ALLOWED[step] or self.is_final:
            assert refused
        if not refused:
            self._look()

    async def _is_refused(self, step: str, who: str) -> bool:
        due = {"fall-silent": self.ground.clock.now() + datetime.timedelta(days=7)}
        try:
            async with transaction(self.ground.sessions, system("test")) as session:
                report = await session.get_one(MilestoneReport, self.ground.report)
                await advance(session, report, step, actor=system("test").acting_as(who), note="because", due=due)
        except MarketplaceError:
            return True
        return False

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        ended = self.report.state if self.is_final else None
        self.ground.clock.advance(datetime.timedelta(days=days))
        if self.ground.run(drain(Context(sessions=self.ground.sessions, clock=self.ground.clock))):
            self._look()
        assert ended is None or self.report.state == ended

    @invariant()
    def the_holdback_goes_only_with_a_settled_report(self) -> None:
        assert self.is_in == (self.report.state in SETTLED)

    @invariant()
    def nothing_waits_in_silence_and_lateness_is_known(self) -> None:
        age = self.ground.clock.now() - self.report.state_since
        assert self.report.state != "submitted" or age < datetime.timedelta(days=7)
        if self.report.state == "late":
            assert self.outcomes == [False]

    @invariant()
    def the_operator_has_a_way_out_until_it_has_ended(self) -> None:
        ways = {way.name for way in possible(self.report, system("x").acting_as("operator"))}
        assert ("end" in ways) != self.is_final


def test_nobody_takes_a_step_that_is_not_theirs_and_no_report_waits_for_ever(ground: Ground) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("Anybody", (Anybody,), {"ground": ground}),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
