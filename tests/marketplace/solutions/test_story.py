from sqlalchemy import select

from fixtures.knowledge import load_knowledge
from fixtures.listings import load_listings
from fixtures.people import load_people
from fixtures.solutions import tell_solutions
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.listings.models import Listing
from marketplace.solutions.knowing import knowing


async def test_the_story_tells_a_train_a_plan_and_a_refusal(sessions: Sessions) -> None:
    async with transaction(sessions, system("demo")) as session:
        await load_people(session)
        await load_listings(session)
    told = {line.step: line.said for line in [line async for line in tell_solutions(sessions)]}
    assert " → " in told["train"]
    assert "targets" in told["plan"]
    assert "0.35 m3" in told["refuse"]


async def test_cases_and_experts_of_the_technologies_come_first(sessions: Sessions) -> None:
    async with transaction(sessions, system("demo")) as session:
        await load_people(session)
        await load_listings(session)
        await load_knowledge(session)
    async with transaction(sessions, system("demo")) as session:
        named = [listing.id for listing in await session.scalars(select(Listing))]
        found = await knowing(session, medium="water", technologies=named)
        none = await knowing(session, medium="water", technologies=[])
    assert found.experts
    assert found.cases[0].names_a_technology
    assert found.cases[0].title.zh
    assert not any(case.names_a_technology for case in none.cases)
