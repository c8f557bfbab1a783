"""A call, its applications and a financing request whose steps come in any order, with time passing in between."""

import datetime
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from msgspec.structs import replace
from sqlalchemy import func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor, system
from marketplace.applications import decisions, service
from marketplace.applications.models import Application, ApplicationScore
from marketplace.applications.process import APPLICATION, WAITING
from marketplace.calls import requests
from marketplace.calls import service as calls
from marketplace.calls.models import Call, FinancingRequest
from marketplace.calls.process import CALL, FINANCING_REQUEST
from marketplace.database import clock_of, transaction
from marketplace.errors import MarketplaceError
from marketplace.listings.models import Listing
from marketplace.people.models import Person
from marketplace.process import advance, possible
from scoring.technology import Text
from tests.api.calls.things import REQUEST
from tests.marketplace import any_order
from tests.marketplace.applications.conftest import ASKED, BUDGET, CONCEPT, DOCUMENT, EVERYBODY, Market

EXAMPLES, STEPS = 52, 50
OPERATOR = system("test").acting_as("operator")
PROCESSES = (CALL, APPLICATION, FINANCING_REQUEST)
ROLES = sorted({role for process in PROCESSES for way in process.transitions for role in way.by} | {"stranger"})
WAYS = sorted({way.name for process in PROCESSES for way in process.transitions})
# The one call and the one request that there are.
BOTH = select(Call, FinancingRequest).join(FinancingRequest, true())
APPLIED = select(
    Application,
    select(func.count(ApplicationScore.id)).where(ApplicationScore.application_id == Application.id).scalar_subquery(),
).order_by(Application.id)
ANY_ROLE, ANY_WAY = st.sampled_from(ROLES), st.sampled_from(WAYS)
WHY = Text(zh="修改", en="Amended")
SEATS = 2


class Ground(any_order.Ground):
    async def prepare(self) -> None:
        async with transaction(self.sessions, EVERYBODY) as session:
            market = Market(session)
            holder = await market.organisation("holder")
            self.listings = [(await market.listing(holder)).id for _ in range(4)]
            self.call_id = (await market.call(seats=SEATS)).id
            listing = await session.get_one(Listing, self.listings[0])
            self.request_id = (await requests.draft_request(session, listing=listing, content=REQUEST)).id
            nobody_to_write_to = update(Person).values(disabled_at=any_order.START)  # thousands of letters tell nothing
            await session.execute(nobody_to_write_to)


ground = any_order.ground_fixture(Ground)


Act = Callable[[AsyncSession, Application], Coroutine[Any, Any, Any]]


async def write(session: AsyncSession, application: Application) -> None:
    if application.stage == "concept":
        await service.save_application(session, application=application, answers=CONCEPT, asked=ASKED)
    else:
        await service.save_application(
            session, application=application, answers={"milestones": "Three"}, documents=(DOCUMENT, BUDGET)
        )


async def submit(session: AsyncSession, application: Application) -> None:
    await write(session, application)
    await service.submit_application(session, application=application, edition=application.call.edition)


ACTS: dict[str, Act] = {
    "write": write,
    "submit": submit,
    "agree": lambda s, a: service.agree_to_edition(s, application=a, edition=a.call.edition),
    "withdraw": lambda s, a: service.withdraw_application(s, application=a),
    "invite": lambda s, a: decisions.invite_application(s, application=a),
    "waitlist": lambda s, a: decisions.waitlist_application(s, application=a),
    "accept": lambda s, a: decisions.accept_application(s, application=a),
    "reject": lambda s, a: decisions.reject_application(s, application=a, reason="no-fit"),
    "conclude": lambda s, a: decisions.conclude_application(s, application=a),
}
# What leads on comes more often, or few seats would ever be given.
EVERYTHING = [
    *["apply"] * 4,
    *(f"application {name}" for name in (*ACTS, "submit", "submit", "submit", "accept", "accept", "waitlist")),
    *("amend", "amend materially", "end"),
    *(f"request {name}" for name in ("publish", "publish", "extend", "fund", "withdraw")),
    *["try"] * 5,
    *(f"days {days}" for days in (1, 8, 31, 61)),
]


async def amend(session: AsyncSession, call: Call, *, material: bool) -> None:
    content = calls.content_of(call)
    later = replace(content, deadline=content.deadline + datetime.timedelta(days=1))
    changed = replace(later, trl_low=3 if content.trl_low == 4 else 4) if material else later
    await calls.amend_call(session, call=call, content=changed, note=WHY)


async def end_call(session: AsyncSession, call: Call, *, cancelling: bool) -> None:
    if cancelling:
        await calls.cancel_call(session, call=call, note="no money")
    else:
        await calls.complete_call(session, call=call, undecided=await decisions.undecided(session, call))


def machine(ground: Ground, reached: set[str], taken: list[str]) -> type[any_order.Machine]:  # noqa: C901 - methods
    class Anybody(any_order.Machine):
        call: Call
        request: FinancingRequest
        applications: Sequence[Application]

        @initialize()
        def open(self) -> None:
            ground.run(self._look())

        async def _look(self) -> None:
            async with ground.sessions() as session:
                self.call, self.request = (await session.execute(BOTH)).one()
                found = (await session.execute(APPLIED.where(Application.call_id == self.call.id))).all()
            self.applications = [application for application, _ in found]
            self.scores = {application.id for application, scores in found if scores}
            reached.update(f"application {one.state}" for one in self.applications)
            reached.update((f"call {self.call.state}", f"request {self.request.state}"))

        async def _try(self, act: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> bool:
            try:
                async with transaction(ground.sessions, EVERYBODY) as session:
                    await act(session)
            except MarketplaceError:
                return False
            return True

        def take(self, name: str, act: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> bool:
            taken.append(name)
            done: bool = ground.run(self._try(act))
            ground.run(self._look())
            return done

        # One rule for everything: Hypothesis leaves some rules of a machine out, and these belong together.
        @rule(step=st.sampled_from(EVERYTHING), number=st.integers(0, 11), role=ANY_ROLE, way=ANY_WAY)
        def somebody_does_something(self, step: str, number: int, role: str, way: str) -> None:
            kind, _, what = step.partition(" ")
            {
                "apply": lambda: self.apply(number),
                "application": lambda: self.do_with_an_application(number, what),
                "amend": lambda: self.amend_the_call(material=what == "materially"),
                "end": lambda: self.end_the_call(cancelling=number % 4 == 0),
                "request": lambda: self.do_with_the_request(what),
                "try": lambda: self.only_whom_the_process_names_can_take_a_step(role, way, number),
                "days": lambda: self.let_time_pass(int(what)),
            }[kind]()

        def apply(self, number: int) -> None:
            listing_id = ground.listings[number % len(ground.listings)]
            holding = [one for one in self.applications if one.listing_id == listing_id and one.state != "withdrawn"]

            async def act(session: AsyncSession) -> None:
                listing = await session.get_one(Listing, listing_id)
                call = await session.get_one(Call, ground.call_id)
                await service.draft_application(session, call=call, listing=listing)

            opened = self.call.state == "published" and self.call.deadline > ground.clock.now()
            assert self.take("apply", act) == (opened and not holding)

        def do_with_an_application(self, number: int, name: str) -> None:
            if not self.applications:
                self.apply(number)
                return
            before = self.applications[number % len(self.applications)]
            free, edition = self.call.seats - self.call.seats_taken, self.call.edition

            async def act(session: AsyncSession) -> None:
                query = select(Application).where(Application.id == before.id).options(joinedload("*"))
                await ACTS[name](session, (await session.scalars(query)).one())

            done = self.take(name, act)
            if name == "accept" and done:
                assert free > 0
                assert before.call_edition == edition
            if name == "accept" and before.state in ("submitted", "waitlisted") and before.call_edition == edition:
                assert done == (free > 0 and self.call.state in ("published", "closed"))

        def amend_the_call(self, *, material: bool) -> None:
            before = self.call

            async def act(session: AsyncSession) -> None:
                await amend(session, await session.get_one(Call, ground.call_id), material=material)

            if self.take("amend", act):
                assert (before.state, self.call.edition) == ("published", before.edition + 1)

        def end_the_call(self, *, cancelling: bool) -> None:
            waiting = [one for one in self.applications if one.state in WAITING]

            async def act(session: AsyncSession) -> None:
                await end_call(session, await session.get_one(Call, ground.call_id), cancelling=cancelling)

            if self.take("end", act) and not cancelling:
                assert not waiting

        def do_with_the_request(self, step: str) -> None:
            async def act(session: AsyncSession) -> None:
                found = await session.get_one(FinancingRequest, ground.request_id)
                ends = clock_of(session).now() + datetime.timedelta(days=20)
                await {
                    "publish": lambda: requests.publish_request(session, request=found, open_until=ends),
                    "extend": lambda: requests.extend_request(session, request=found, open_until=ends),
                    "fund": lambda: requests.mark_funded(session, request=found),
                    "withdraw": lambda: requests.withdraw_request(session, request=found),
                }[step]()

            self.take(f"request {step}", act)

        def only_whom_the_process_names_can_take_a_step(self, role: str, way: str, number: int) -> None:
            subjects: list[Any] = [self.call, self.request, *self.applications]
            subject = subjects[number % len(subjects)]
            taken.append("try")
            process = {Call: CALL, Application: APPLICATION, FinancingRequest: FINANCING_REQUEST}[type(subject)]
            found = process.find(way, subject.state)
            assert ground.run(self._may(subject, role, way)) == (found is not None and role in found.by)

        async def _may(self, subject: Any, role: str, way: str) -> bool:
            """Whether the step would be taken; nothing of it is kept."""
            async with ground.sessions() as session:
                session.info["actor"] = system("test")
                mine = await session.get_one(type(subject), subject.id)
                actor = Actor(kind="person", roles=frozenset({role}))
                due = dict.fromkeys(("close", "expire"), ground.clock.now())
                if isinstance(mine, Application):
                    # What the services would have written.
                    mine.reason_code, mine.submitted_at = "no-fit", any_order.START
                try:
                    await advance(
                        session,
                        mine,
                        way,
                        actor=actor,
                        note="why",
                        due=due,
                        data={"material": False, "edition": 1, "fields": []},
                    )
                except MarketplaceError:
                    return False
                finally:
                    await session.rollback()
            return True

        def let_time_pass(self, days: int) -> None:
            taken.append("time")
            ground.let_pass(datetime.timedelta(days=days))
            ground.run(self._look())
            assert self.call.state != "published" or self.call.deadline > ground.clock.now()
            for one in self.applications:
                assert one.state != "draft" or self.call.state == "published"
                assert one.state not in WAITING or self.call.state in ("published", "closed")

        @invariant()
        def seats_are_those_that_were_given(self) -> None:
            given = sum(one.state in ("accepted", "concluded") for one in self.applications)
            assert self.call.seats_taken == given <= SEATS

        @invariant()
        def what_was_submitted_has_its_score(self) -> None:
            for one in self.applications:
                submitted = one.state in ("submitted", "waitlisted", "accepted", "concluded", "rejected")
                assert (one.submitted_at is not None) or not submitted
                assert (one.id in self.scores) == (one.submitted_at is not None)

        @invariant()
        def nobody_is_stranded(self) -> None:
            for subject in (self.call, self.request, *self.applications):
                process = {Call: CALL, Application: APPLICATION, FinancingRequest: FINANCING_REQUEST}[type(subject)]
                ways = possible(subject, OPERATOR)
                if process.state(subject.state).final:
                    assert ways == []
                else:
                    assert any(process.state(way.target).final for way in ways)

    return Anybody


def test_whatever_anybody_does_the_rules_hold(ground: Ground) -> None:
    reached, taken = set[str](), list[str]()
    any_order.walk(machine(ground, reached, taken), ground, examples=EXAMPLES, steps=STEPS)
    assert len(taken) >= 2_000
    expected = ("draft", "submitted", "invited", "waitlisted", "accepted", "rejected", "withdrawn")
    assert reached >= {f"application {state}" for state in expected}
    assert reached >= {"call published", "call closed", "call cancelled", "request published", "request expired"}
