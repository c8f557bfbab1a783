"""What two people do at the same moment: the database lets one of them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.catalogue import technologies
from marketplace.actors import Actor, system
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.listings.models import Listing
from marketplace.needs import consultations, service, solutions
from marketplace.needs.models import Consultation, Need, Solution
from marketplace.needs.service import NeedContent
from marketplace.needs.specification import Pollutant, Specification, Stream
from marketplace.people.models import Organisation
from marketplace.process import begin
from scoring.technology import Medium, Text

BOTH = Text(zh="总氮提标", en="Nitrogen upgrade")
STREAM = Stream(pollutants=(Pollutant(name="TN", unit="mg/L", low=30, high=40, limit=10),))
CONTENT = NeedContent(title=BOTH, summary=BOTH, specification=Specification(medium=Medium.WATER, streams=(STREAM,)))
EVERYTHING = system("test").acting_as("holder", "operator", "seeker", "expert")


class World(NamedTuple):
    seeker: uuid.UUID
    need: uuid.UUID
    holders: list[uuid.UUID]
    listings: list[uuid.UUID]


async def organisation(session: AsyncSession, kind: str) -> Organisation:
    made = Organisation(
        name=Text(en=uuid.uuid4().hex), kind=kind, country="CN", email_domain=f"{uuid.uuid4().hex}.example"
    )
    await begin(session, made)
    made.state = "verified"
    return made


async def world(sessions: Sessions, *, holders: int) -> World:
    waters = [entry for entry in technologies() if entry.provenance and entry.provenance != "self-nominated"]
    async with transaction(sessions, EVERYTHING) as session:
        seeker = await organisation(session, "demand")
        need = await service.draft_need(session, seeker=seeker, content=CONTENT)
        await service.publish_need(session, need=need)
        offering, offered = [], []
        for entry in waters[:holders]:
            holder = await organisation(session, "holder")
            listing = await listings.draft_listing(session, holder=holder, content=Content(technology=entry))
            await listings.submit_listing(session, listing=listing)
            await listings.pass_formal_check(session, listing=listing)
            offering.append(holder.id)
            offered.append(listing.id)
    return World(seeker.id, need.id, offering, offered)


async def propose(sessions: Sessions, made: World, number: int) -> uuid.UUID:
    async with transaction(sessions, EVERYTHING) as session:
        solution = await solutions.propose_solution(
            session,
            need=await session.get_one(Need, made.need),
            proposer=await session.get_one(Organisation, made.holders[number]),
            listing=await session.get_one(Listing, made.listings[number]),
            text=BOTH,
        )
    return solution.id


async def outcome(doing: Awaitable[Any]) -> str:
    try:
        await doing
    except Conflict:
        return "refused"
    return "done"


async def all_at_once(*doing: Awaitable[Any]) -> list[str]:
    return sorted(await asyncio.gather(*(outcome(entry) for entry in doing)))


async def test_of_several_solutions_accepted_at_once_one_is(committed: Sessions) -> None:
    made = await world(committed, holders=4)
    offers = [await propose(committed, made, number) for number in range(4)]
    seeker = Actor(kind="person", organisation_id=made.seeker)
    async with transaction(committed, seeker) as session:
        for offer in offers:
            await solutions.shortlist_solution(session, solution=await session.get_one(Solution, offer))

    async def accept(offer: uuid.UUID) -> None:
        async with transaction(committed, seeker) as session:
            solution = await session.get_one(Solution, offer)
            need = await session.get_one(Need, made.need)
            await solutions.accept_solution(session, solution=solution, need=need)

    assert await all_at_once(*(accept(offer) for offer in offers)) == ["done", "refused", "refused", "refused"]
    async with transaction(committed, seeker) as session:
        states = (await session.scalars(select(Solution.state).order_by(Solution.state))).all()
        assert list(states) == ["accepted", "declined", "declined", "declined"]


async def test_the_database_itself_keeps_a_need_from_being_solved_twice(committed: Sessions) -> None:
    made = await world(committed, holders=2)
    offers = [await propose(committed, made, number) for number in range(2)]

    async def force(offer: uuid.UUID) -> None:
        async with transaction(committed, EVERYTHING) as session:
            (await session.get_one(Solution, offer)).state = "accepted"

    assert await all_at_once(*(force(offer) for offer in offers)) == ["done", "refused"]


async def test_everybody_who_proposes_at_once_is_heard_once(committed: Sessions) -> None:
    made = await world(committed, holders=3)
    results = await all_at_once(*(propose(committed, made, number) for number in (0, 1, 2, 0)))
    assert results == ["done", "done", "done", "refused"]


async def test_one_matter_handed_over_twice_at_once_is_one_consultation(committed: Sessions) -> None:
    made = await world(committed, holders=1)

    def hand_over(kind: str) -> Callable[[AsyncSession], Awaitable[Any]]:
        async def need(session: AsyncSession) -> None:
            found = await session.get_one(Need, made.need)
            await consultations.hand_over_need(session, need=found, question="How?")

        async def query(session: AsyncSession) -> None:
            asker = await session.get_one(Organisation, made.seeker)
            await consultations.hand_over_query(session, asker=asker, text="总氮", answers=(), question="How?")

        return need if kind == "need" else query

    async def run(kind: str) -> None:
        async with transaction(committed, EVERYTHING) as session:
            await hand_over(kind)(session)

    for kind in ("need", "query"):
        assert await all_at_once(*(run(kind) for _ in range(4))) == ["done", "refused", "refused", "refused"]
    async with transaction(committed, EVERYTHING) as session:
        assert await session.scalar(select(func.count(Consultation.id))) == 2


async def test_a_proposal_meets_a_withdrawal(committed: Sessions) -> None:
    """Either the solution came first and is told that the need ended, or it is refused: never left waiting."""
    made = await world(committed, holders=3)

    async def withdraw() -> None:
        async with transaction(committed, EVERYTHING) as session:
            need = await session.get_one(Need, made.need, with_for_update=True)
            await service.withdraw_need(session, need=need)

    await all_at_once(withdraw(), *(propose(committed, made, number) for number in range(3)))
    async with transaction(committed, EVERYTHING) as session:
        assert (await session.get_one(Need, made.need)).state == "withdrawn"
        assert set((await session.scalars(select(Solution.state))).all()) <= {"declined"}
