"""A report whose steps are tried by anybody in any order, while its days pass."""

import datetime
import uuid
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import delete, select

from marketplace.actors import system
from marketplace.database import transaction
from marketplace.errors import MarketplaceError
from marketplace.monitoring.models import MilestoneOutcome, MilestoneReport
from marketplace.monitoring.process import REPORT, SETTLED
from marketplace.monitoring.schedule import report_is_in
from marketplace.people.models import Membership
from marketplace.process import advance, possible
from tests.api.monitoring.things import TESTING, final_report, running_deal
from tests.marketplace import any_order

EXAMPLES, STEPS = 80, 26
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


class Ground(any_order.Ground):
    async def prepare(self) -> None:
        async with transaction(self.sessions, TESTING) as session:
            report = await final_report(session, await running_deal(session))
            await session.execute(delete(Membership))  # nobody to write letters to
            self.report: uuid.UUID = report.id


ground = any_order.ground_fixture(Ground)


class Anybody(any_order.Machine):
    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self._look()

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
        if self.ground.let_pass(datetime.timedelta(days=days)):
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
    any_order.walk(Anybody, ground, examples=EXAMPLES, steps=STEPS)
