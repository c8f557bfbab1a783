"""An introduction whose steps are taken by anybody in any order, with time passing in between."""

import datetime
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, system
from marketplace.database import transaction
from marketplace.errors import MarketplaceError
from marketplace.introductions import service
from marketplace.introductions.interest import Interest
from marketplace.introductions.models import Introduction, IntroductionContact
from marketplace.introductions.process import INTRODUCTION
from marketplace.people.models import Membership
from marketplace.process import possible
from scoring.technology import Text
from tests.marketplace import any_order
from tests.marketplace.matching import world

EXAMPLES, STEPS = 70, 30
WHO = st.sampled_from(["initiator", "recipient", "stranger", "operator"])
STEPS_OF = {  # who may do what, written down once more
    "reciprocate": {"recipient"},
    "decline": {"recipient"},
    "withdraw": {"initiator"},
    "conclude": {"initiator", "recipient"},
    "close": {"operator"},
    "consent": {"initiator", "recipient"},
    "take_back_consent": {"initiator", "recipient"},
}

MORE = {"decline": {"reason": "terms"}, "conclude": {"outcome": "talks"}, "close": {"note": "Spam."}}


class Ground(any_order.Ground):
    async def prepare(self) -> None:
        async with transaction(self.sessions, world.LOADING) as session:
            made = [await world.organisation(session, kind) for kind in ("investor", "holder", "investor")]
            await session.execute(update(Membership).values(role="viewer"))  # nobody to write letters to
            self.initiator, self.recipient, self.stranger = made
            self.listing = await world.listing(session, self.recipient)
            self.people = {who.id: await world.person_of(session, who.id) for who in made}
            await service.express_interest(
                session, initiator=self.initiator, listing=self.listing,
                interest=Interest(purpose="pilot", message=Text(en="Hello.")),
            )  # fmt: skip

    def actor(self, who: str) -> Actor:
        return system("x").acting_as("operator") if who == "operator" else world.acting_for(getattr(self, who))


ground = any_order.ground_fixture(Ground)


class Anybody(any_order.Machine):
    """What changed nothing is not looked up again: that is what makes two thousand steps quick."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self._look()

    def _look(self) -> None:
        self.introduction, self.contacts = self.ground.run(self._load())

    async def _load(self) -> tuple[Introduction, int]:
        async with self.ground.sessions() as session:
            introduction = (await session.scalars(select(Introduction))).one()
            return introduction, int(await session.scalar(select(func.count()).select_from(IntroductionContact)) or 0)

    @property
    def is_final(self) -> bool:
        return INTRODUCTION.state(self.introduction.state).final

    @rule(who=WHO, step=st.sampled_from(sorted(STEPS_OF)))
    def somebody_does_something(self, who: str, step: str) -> None:
        refused = self.ground.run(self._is_refused(who, step))
        if who not in STEPS_OF[step] or self.is_final:
            assert refused
        if not refused:
            self._look()

    async def _is_refused(self, who: str, step: str) -> bool:
        try:
            async with transaction(self.ground.sessions, self.ground.actor(who)) as session:
                await self._step(session, who, step)
        except MarketplaceError:
            return True
        return False

    async def _step(self, session: AsyncSession, who: str, step: str) -> None:
        introduction = await session.get_one(Introduction, self.introduction.id)
        more: dict[str, Any] = dict(MORE.get(step, {}))
        if step == "consent":
            organisation = getattr(self.ground, "stranger" if who == "operator" else who)
            more = {"contact": self.ground.people[organisation.id]}
        await getattr(service, step)(session, introduction=introduction, **more)

    @rule(days=st.integers(1, 60))
    def time_passes(self, days: int) -> None:
        ended = self.introduction.state if self.is_final else None
        if self.ground.let_pass(datetime.timedelta(days=days)):
            self._look()
        assert ended is None or self.introduction.state == ended

    @invariant()
    def contacts_are_there_if_and_only_if_both_agreed(self) -> None:
        state = self.introduction.state
        expected = {0, 2} if state == "closed" else {2} if state in ("opened", "concluded") else {0}
        assert self.contacts in expected
        assert self.introduction.contacts_open or not self.contacts

    @invariant()
    def the_operator_has_a_way_out_until_it_has_ended(self) -> None:
        ways = {way.name for way in possible(self.introduction, system("x").acting_as("operator"))}
        assert ways == (set() if self.is_final else {"close"})


def test_nobody_takes_a_step_that_is_not_theirs_and_no_contact_opens_early(ground: Ground) -> None:
    any_order.walk(Anybody, ground, examples=EXAMPLES, steps=STEPS)
