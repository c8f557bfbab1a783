from fixtures.listings import load_listings
from fixtures.people import load_people
from fixtures.solutions import tell_solutions
from marketplace.actors import system
from marketplace.database import Sessions, transaction


async def test_the_story_tells_a_train_a_plan_and_a_refusal(sessions: Sessions) -> None:
    async with transaction(sessions, system("demo")) as session:
        await load_people(session)
        await load_listings(session)
    told = {line.step: line.said for line in [line async for line in tell_solutions(sessions)]}
    assert " → " in told["train"]
    assert "targets" in told["plan"]
    assert "0.35 m3" in told["refuse"]
