import asyncio
import collections
import contextlib
import itertools
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import process, process_definition
from marketplace.actors import Actor, system
from marketplace.audit import AuditEntry
from marketplace.base import Base, Record
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import Conflict, Forbidden, Invalid, MarketplaceError
from marketplace.jobs import Context, drain
from marketplace.process import InProcess, Process, ProcessError, State, Timer, Transition

HOLDER = Actor(kind="person", id=uuid.uuid4(), roles=frozenset({"holder"}))
OPERATOR = Actor(kind="operator", roles=frozenset({"operator"}))


def a_process(version: int = 1, **changed: Any) -> Process:
    parts: dict[str, Any] = {
        "states": (State("draft"), State("open"), State("taken", final=True), State("gone", final=True)),
        "transitions": (
            Transition("publish", ("draft",), "open", by={"holder"}),
            Transition("take", ("open",), "taken", by={"holder"}),
            Transition("remove", ("draft", "open"), "gone", by={"operator"}, needs_note=True),
            Transition("expire", ("open",), "gone", by={"time"}),
        ),
        "timers": (Timer("open", "expire", after=timedelta(days=30)),),
    }
    return Process(name="offer-in-tests", version=version, initial="draft", **(parts | changed))


process.define(a_process())


@pytest.fixture(scope="module")
def offer_table(cluster: EmbeddedPostgres, database: str) -> Iterator[type[Any]]:
    class Offer(InProcess, Record):
        __tablename__ = "offer_in_tests"
        __process__: ClassVar[str] = "offer-in-tests"

    with cluster.connect(Role.OWNER, database) as owner:
        owner.execute(
            "CREATE TABLE offer_in_tests (id uuid PRIMARY KEY DEFAULT uuidv7(), created_at timestamptz DEFAULT now(), "
            "state text NOT NULL, process_version bigint NOT NULL, state_entry bigint NOT NULL, "
            "state_since timestamptz NOT NULL)"
        )
        yield Offer
        owner.execute("DROP TABLE offer_in_tests")
    Base.metadata.remove(Base.metadata.tables["offer_in_tests"])
    Base.registry._dispose_cls(Offer)


@pytest.fixture
async def offer(offer_table: type[Any], session: AsyncSession) -> Any:
    offer = offer_table()
    await process.begin(session, offer)
    return offer


async def test_a_step_leaves_state_event_audit_entry_and_timer(session: AsyncSession, offer: Any) -> None:
    event = await process.advance(session, offer, "publish", actor=HOLDER)
    assert (offer.state, offer.state_entry) == ("open", 1)
    assert (event.from_state, event.to_state, event.actor_id) == ("draft", "open", HOLDER.id)
    assert [step.transition for step in await process.history(session, offer)] == ["begin", "publish"]
    entry = (await session.scalars(select(AuditEntry).filter_by(action="offer_in_tests.publish"))).one()
    assert entry.changes == {"state": ["draft", "open"]}
    assert entry.actor_id == HOLDER.id
    timers = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'process.timer'"))
    assert timers == 1


async def test_wrong_actor_wrong_state_and_missing_reason_are_refused(session: AsyncSession, offer: Any) -> None:
    with pytest.raises(Forbidden):
        await process.advance(session, offer, "publish", actor=OPERATOR)
    with pytest.raises(Conflict, match="not possible"):
        await process.advance(session, offer, "take", actor=HOLDER)
    with pytest.raises(Invalid, match="reason"):
        await process.advance(session, offer, "remove", actor=OPERATOR)
    assert offer.state == "draft"
    assert [way.name for way in process.possible(offer, HOLDER)] == ["publish"]


async def test_timer_goes_off_when_its_time_has_come(
    sessions: Sessions, offer_table: type[Any], context: Context, clock: SetClock
) -> None:
    async with transaction(sessions, HOLDER) as session:
        offer = offer_table()
        await process.begin(session, offer)
        await process.advance(session, offer, "publish")
    clock.advance(timedelta(days=29))
    assert await drain(context) == 0
    clock.advance(timedelta(days=1))
    assert await drain(context) == 1
    async with sessions() as session:
        found = await session.get_one(offer_table, offer.id)
        assert found.state == "gone"
        assert (await process.history(session, found))[-1].actor_kind == "time"


async def test_timer_of_a_state_that_was_left_does_nothing(
    sessions: Sessions, offer_table: type[Any], context: Context, clock: SetClock
) -> None:
    async with transaction(sessions, HOLDER) as session:
        offer = offer_table()
        await process.begin(session, offer)
        await process.advance(session, offer, "publish")
        await process.advance(session, offer, "take")
    clock.advance(timedelta(days=31))
    assert await drain(context) == 1
    async with sessions() as session:
        assert (await session.get_one(offer_table, offer.id)).state == "taken"


async def test_of_fifty_at_once_one_wins(committed: Sessions, offer_table: type[Any]) -> None:
    async with transaction(committed, HOLDER) as session:
        offer = offer_table()
        await process.begin(session, offer)
        await process.advance(session, offer, "publish")

    async def take() -> bool:
        try:
            async with transaction(committed, HOLDER) as session:
                await process.advance(session, await session.get_one(offer_table, offer.id), "take")
        except MarketplaceError:
            return False
        return True

    assert sum(await asyncio.gather(*(take() for _ in range(50)))) == 1


async def test_timer_and_person_at_the_same_moment_make_one_step(
    committed: Sessions, offer_table: type[Any], clock: SetClock
) -> None:
    context = Context(sessions=committed, clock=clock)
    for _ in range(5):
        async with transaction(committed, HOLDER) as session:
            offer = offer_table()
            await process.begin(session, offer)
            await process.advance(session, offer, "publish")

        async def take(offer: Any = offer) -> None:
            with contextlib.suppress(MarketplaceError):
                async with transaction(committed, HOLDER) as session:
                    await process.advance(session, await session.get_one(offer_table, offer.id), "take")

        due = {"subject_type": "offer_in_tests", "subject_id": str(offer.id), "entry": 1, "transition": "expire"}
        await asyncio.gather(take(), process.go_off(context, **due))
        async with committed() as session:
            found = await session.get_one(offer_table, offer.id)
            assert len(await process.history(session, found)) == 3
            assert found.state in ("taken", "gone")


async def test_timer_without_a_duration_is_set_by_whoever_takes_the_step(
    session: AsyncSession, offer: Any, clock: SetClock
) -> None:
    name = "offer-with-deadline"
    process.define(msgspec.structs.replace(a_process(), name=name, timers=(Timer("open", "expire"),)))
    type(offer).__process__ = name
    try:
        with pytest.raises(ValueError, match="when 'expire' is due"):
            await process.advance(session, offer, "publish", actor=HOLDER)
        await session.refresh(offer)
        await process.begin(session, other := type(offer)())
        await process.advance(session, other, "publish", actor=HOLDER, due={"expire": clock.now() + timedelta(days=9)})
    finally:
        type(offer).__process__ = "offer-in-tests"
    due = await session.scalar(text("SELECT max(scheduled_at) FROM procrastinate_jobs"))
    assert due == clock.now() + timedelta(days=9)


async def test_effects_go_with_the_step_or_it_does_not_happen(
    sessions: Sessions, offer_table: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def refuse(session: AsyncSession, subject: Any, event: process.ProcessEvent) -> None:
        seen.append(event.to_state)
        raise Conflict("no", "The effect refused.")

    monkeypatch.setitem(process._EFFECTS, ("offer-in-tests", "publish"), [refuse])
    async with transaction(sessions, HOLDER) as session:
        offer = offer_table()
        await process.begin(session, offer)
    with pytest.raises(Conflict, match="effect refused"):
        await _publish(sessions, offer_table, offer.id)
    async with sessions() as session:
        found = await session.get_one(offer_table, offer.id)
        assert (found.state, len(await process.history(session, found)), seen) == ("draft", 1, ["open"])


async def _publish(sessions: Sessions, offer_table: type[Any], id: uuid.UUID) -> None:
    async with transaction(sessions, HOLDER) as session:
        await process.advance(session, await session.get_one(offer_table, id), "publish")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "take", "remove", "expire", "nonsense"]), st.sampled_from([HOLDER, OPERATOR])
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_steps_by_anybody_leave_what_the_definition_allows(
    session: AsyncSession, offer_table: type[Any], steps: list[tuple[str, Actor]]
) -> None:
    offer = offer_table()
    await process.begin(session, offer)
    expected = ["draft"]
    for name, actor in steps:
        way = a_process().find(name, expected[-1])
        try:
            await process.advance(session, offer, name, actor=actor, note="because")
        except (Conflict, Forbidden):
            assert way is None or not way.by & actor.roles
        else:
            assert way is not None
            assert way.by & actor.roles
            expected.append(way.target)
        assert offer.state == expected[-1]
    assert [event.to_state for event in await process.history(session, offer)] == expected


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Four states in a row with the operator's way out of each; now and then something is missing or too much."""
    names = ("a", "b", "c", "d")
    final = draw(st.sampled_from([("d",), ("c", "d"), ("b", "c", "d")]))
    row = [Transition(f"to-{y}", (x,), y, by={"holder"}) for x, y in itertools.pairwise(names) if x not in final]
    row += [Transition(f"end-{y}", ("a",), y, by={"holder"}) for y in final[1:]]
    outs = [Transition("give-up", (x,), draw(st.sampled_from(final)), by={"operator"}) for x in names]
    more = st.builds(
        Transition, st.sampled_from("uvw"), st.sampled_from(names).map(lambda x: (x,)), st.sampled_from(names),
        st.sets(st.sampled_from(["holder", "operator"]), min_size=1),
    )  # fmt: skip
    ways = [*row, *(way for way in outs if way.sources[0] not in final), *draw(st.lists(more, max_size=2))]
    missing = draw(st.sampled_from([None, None, None, *range(len(ways))]))
    return {
        "states": tuple(State(name, final=name in final) for name in names),
        "transitions": tuple(way for index, way in enumerate(ways) if index != missing),
    }


def test_in_an_accepted_definition_the_operator_can_always_end_it() -> None:
    verdicts: collections.Counter[bool] = collections.Counter()

    @settings(max_examples=300, deadline=None, database=None)
    @given(drawn=definitions())
    def judge(drawn: dict[str, Any]) -> None:
        try:
            accepted = Process(name="p", version=1, initial="a", **drawn)
        except ProcessError:
            verdicts[False] += 1
            return
        verdicts[True] += 1
        walk_everywhere(accepted)

    judge()
    assert min(verdicts[True], verdicts[False]) > 20


def walk_everywhere(accepted: Process) -> None:
    """Each state met is final and without exit, or has a step of the operator to an end; and all are met."""
    met, new = set(), {"a"}
    while new:
        name = new.pop()
        met.add(name)
        ways = accepted.leaving(name)
        assert accepted.state(name).final == (not ways)
        assert not ways or any("operator" in way.by and accepted.state(way.target).final for way in ways)
        new |= {way.target for way in ways} - met
    assert met == {state.name for state in accepted.states}


async def test_what_runs_stays_on_its_version(session: AsyncSession, offer: Any) -> None:
    transitions = tuple(way for way in a_process().transitions if way.name != "publish")
    newer = (*transitions, Transition("submit", ("draft",), "open", by={"holder"}))
    process.define(a_process(version=2, transitions=newer))
    try:
        young = type(offer)()
        await process.begin(session, young)
        assert (offer.process_version, young.process_version) == (1, 2)
        await process.advance(session, offer, "publish", actor=HOLDER)
        await process.advance(session, young, "submit", actor=HOLDER)
    finally:
        process_definition._DEFINED["offer-in-tests"].pop(2)


FAULTY = {
    "reached": {"states": (*a_process().states, State("island", final=True))},
    "leads to no end": {
        "transitions": (*a_process().transitions, Transition("trap", ("draft",), "limbo", by={"holder"})),
        "states": (*a_process().states, State("limbo")),
    },
    "no escape": {"transitions": tuple(way for way in a_process().transitions if way.name != "remove")},
    "no state 'nowhere'": {"transitions": (Transition("go", ("draft",), "nowhere", by={"holder"}),)},
    "final and can be left": {
        "transitions": (*a_process().transitions, Transition("back", ("gone",), "draft", by={"operator"}))
    },
    "nobody may": {"transitions": (*a_process().transitions, Transition("hide", ("draft",), "gone", by=set()))},
    "no timer does": {"timers": ()},
    "that time may do": {"timers": (*a_process().timers, Timer("draft", "publish", after=timedelta(days=1)))},
    "more than no time": {"timers": (Timer("open", "expire", after=timedelta(0)),)},
    "defined twice": {"states": (*a_process().states, State("open"))},
}


@pytest.mark.parametrize(("complaint", "change"), FAULTY.items(), ids=FAULTY.keys())
def test_definition_that_could_strand_somebody_is_refused(complaint: str, change: dict[str, Any]) -> None:
    with pytest.raises(ProcessError, match=complaint):
        a_process(**change)


def test_same_version_cannot_be_two_processes() -> None:
    with pytest.raises(ProcessError, match="add a version"):
        process.define(a_process(timers=(Timer("open", "expire", after=timedelta(days=1)),)))


async def test_session_of_the_system_cannot_take_a_step_of_a_role(session: AsyncSession, offer: Any) -> None:
    with pytest.raises(Forbidden):
        await process.advance(session, offer, "publish", actor=system("job"))
