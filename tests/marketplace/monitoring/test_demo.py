"""The demo's monitoring, told as the demo tells it."""

from fixtures.deals import load_deals
from fixtures.listings import load_listings
from fixtures.monitoring import tell_monitoring
from fixtures.people import load_people
from marketplace.actors import system
from marketplace.database import Sessions, transaction


async def test_the_demo_tells_of_a_report_a_doubt_and_a_forecast(sessions: Sessions) -> None:
    async with transaction(sessions, system("demo")) as session:
        await load_people(session)
        await load_listings(session)
        await load_deals(session)
    watch, forecast = [line async for line in tell_monitoring(sessions)]
    assert "off its plan" in watch.said
    assert "come again as values" in watch.said
    assert "0 of 20 outcomes known" in forecast.said
    assert "%" in forecast.said
