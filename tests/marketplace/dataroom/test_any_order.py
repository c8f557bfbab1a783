"""A room and a question whose steps are tried by anybody in any order, while time passes."""

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
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.actors import Actor, act_as, system
from marketplace.clock import SetClock
from marketplace.database import Sessions, make_engine, make_sessions, transaction
from marketplace.dataroom import questions, rooms
from marketplace.dataroom.models import Question, Room
from marketplace.dataroom.process import QUESTION, ROOM
from marketplace.dataroom.rooms import RoomPlan
from marketplace.dataroom.standing import Standing
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import MarketplaceError
from marketplace.jobs import Context, drain
from marketplace.people.models import Membership, Organisation
from marketplace.process import advance, begin, possible
from scoring.technology import Text
from tests.api.dataroom.things import let_in

EXAMPLES, STEPS = 80, 26
START = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
ROLES = ("owner", "operator", "time", "coordinator", "expert", "asker", "stranger")
# Who may do what, written down once more.
ALLOWED = {
    ("room", "open"): {"owner"},
    ("room", "extend"): {"owner"},
    ("room", "freeze"): {"owner"},
    ("room", "reopen"): {"owner"},
    ("room", "close"): {"owner"},
    ("room", "suspend"): {"operator"},
    ("room", "release"): {"operator"},
    ("room", "end"): {"operator"},
    ("room", "expire"): {"time"},
    ("question", "assign"): {"coordinator"},
    ("question", "draft"): {"coordinator", "expert"},
    ("question", "publish"): {"coordinator"},
    ("question", "decline"): {"coordinator", "operator"},
    ("question", "withdraw"): {"asker"},
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
        self.run(self.prepare())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def prepare(self) -> None:
        async with transaction(self.sessions, system("test")) as session:
            owner = Organisation(name=Text(en="Owner"), kind="holder", country="CN", email_domain="owner.example")
            await begin(session, owner)
            room = await rooms.prepare_room(session, owner=owner, plan=RoomPlan(name=Text(en="Room")))
            member, group_id, _ = await let_in(session, room)
            act_as(session, Actor(kind="person", id=member.person_id, organisation_id=member.organisation_id))
            standing = Standing(side="visitor", group_id=group_id, may_ask=True, accepted=True)
            question = await questions.ask(session, room=room, standing=standing, text="Why?")
            question.answer = "Because."
            await session.execute(delete(Membership))  # nobody to write letters to
            self.ids: dict[str, uuid.UUID] = {"room": room.id, "question": question.id}

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
        self.subjects = self.ground.run(self._load())

    async def _load(self) -> dict[str, Any]:
        async with self.ground.sessions() as session:
            room = (await session.scalars(select(Room).where(Room.id == self.ground.ids["room"]))).one()
            query = select(Question).where(Question.id == self.ground.ids["question"])
            return {"room": room, "question": (await session.scalars(query)).one()}

    def _is_final(self, kind: str) -> bool:
        return (ROOM if kind == "room" else QUESTION).state(self.subjects[kind].state).final

    @rule(what=st.sampled_from(sorted(ALLOWED)), who=st.sampled_from(ROLES))
    def somebody_tries_something(self, what: tuple[str, str], who: str) -> None:
        refused = self.ground.run(self._is_refused(*what, who))
        if who not in ALLOWED[what] or self._is_final(what[0]):
            assert refused
        if not refused:
            self._look()

    async def _is_refused(self, kind: str, step: str, who: str) -> bool:
        try:
            async with transaction(self.ground.sessions, system("test")) as session:
                await self._step(session, kind, step, who)
        except MarketplaceError:
            return True
        return False

    async def _step(self, session: AsyncSession, kind: str, step: str, who: str) -> None:
        subject: Any = await session.get_one(Room if kind == "room" else Question, self.ground.ids[kind])
        now = self.ground.clock.now()
        if kind == "room" and step in ("open", "extend"):
            subject.closes_at = now + datetime.timedelta(days=90)
        due = {"expire": (kind == "room" and subject.closes_at) or now}
        await advance(session, subject, step, actor=system("test").acting_as(who), note="because", due=due)

    @rule(days=st.integers(1, 60))
    def time_passes(self, days: int) -> None:
        closed = self._is_final("room")
        self.ground.clock.advance(datetime.timedelta(days=days))
        if self.ground.run(drain(Context(sessions=self.ground.sessions, clock=self.ground.clock))):
            self._look()
        assert self._is_final("room") or not closed

    @invariant()
    def an_open_room_closes_on_its_day(self) -> None:
        room = self.subjects["room"]
        if room.state in ("open", "frozen") and room.closes_at is not None:
            assert room.closes_at > self.ground.clock.now()

    @invariant()
    def the_operator_has_a_way_out_until_it_has_ended(self) -> None:
        for kind, escape in (("room", "end"), ("question", "decline")):
            ways = {way.name for way in possible(self.subjects[kind], system("x").acting_as("operator"))}
            assert (escape in ways) != self._is_final(kind)


def test_nobody_takes_a_step_that_is_not_theirs_and_no_room_stays_open_for_ever(ground: Ground) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("Anybody", (Anybody,), {"ground": ground}),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
