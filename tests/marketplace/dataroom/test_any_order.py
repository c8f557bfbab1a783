"""A room and a question whose steps are tried by anybody in any order, while time passes."""

import datetime
import uuid
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as, system
from marketplace.database import transaction
from marketplace.dataroom import questions, rooms
from marketplace.dataroom.models import Question, Room
from marketplace.dataroom.process import QUESTION, ROOM
from marketplace.dataroom.rooms import RoomPlan
from marketplace.dataroom.standing import Standing
from marketplace.errors import MarketplaceError
from marketplace.people.models import Membership, Organisation
from marketplace.process import advance, begin, possible
from scoring.technology import Text
from tests.api.dataroom.things import let_in
from tests.marketplace import any_order

EXAMPLES, STEPS = 80, 26
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


class Ground(any_order.Ground):
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


ground = any_order.ground_fixture(Ground)


class Anybody(any_order.Machine):
    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self._look()

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
        if self.ground.let_pass(datetime.timedelta(days=days)):
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
    any_order.walk(Anybody, ground, examples=EXAMPLES, steps=STEPS)
