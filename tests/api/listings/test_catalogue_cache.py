"""What one process publishes, no other goes on hiding."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from api.app import create_app
from api.people.authentication import authenticate
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.listings import service
from marketplace.listings.content import Content
from marketplace.people.models import Organisation
from marketplace.process import begin
from marketplace.settings import Settings
from scoring.technology import Medium, Parameter, Provenance, Technology, Text
from tests.api.conftest import SERVER_KEY, client_of

CONTENT = Content(
    technology=Technology(
        id="T-1",
        name=Text(en="Step-feed"),
        summary=Text(en="Nitrogen removal"),
        provenance=Provenance.AWARD,
        media=(Medium.WATER,),
        parameters=(Parameter(name="removal.TN", unit="share", value=0.8),),
    )
)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen")


@pytest.fixture
async def process(
    committed: Sessions, cluster: EmbeddedPostgres, database: str, clock: SetClock
) -> AsyncIterator[tuple[Platform, httpx.AsyncClient]]:
    """A second process as far as the cache is concerned: a platform of its own that hears the database."""
    platform = Platform(sessions=committed, key=SERVER_KEY, settings=Settings(requests_per_minute=0), clock=clock)
    listening = asyncio.create_task(platform.catalogue.listen(cluster.url(Role.APP, database)))
    await until(lambda: platform.catalogue.listening)
    async with client_of(create_app(platform, authenticate=authenticate)) as client:
        yield platform, client
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


async def test_a_publication_drops_what_another_process_kept(
    process: tuple[Platform, httpx.AsyncClient], committed: Sessions
) -> None:
    platform, client = process
    assert (await client.get("/api/v1/catalogue")).json()["total"] == 0
    kept = platform.catalogue.get("/api/v1/catalogue?")
    assert kept is not None  # without this the test would prove nothing
    async with transaction(committed, system("test").acting_as("holder", "operator")) as session:
        holder = Organisation(name=Text(en="Holder"), kind="holder", country="CN", email_domain="holder.example")
        await begin(session, holder)
        listing = await service.draft_listing(session, holder=holder, content=CONTENT)
        await service.submit_listing(session, listing=listing)
        await service.pass_formal_check(session, listing=listing)
        assert platform.catalogue.get("/api/v1/catalogue?") == kept  # nothing is published before the commit
    await until(lambda: platform.catalogue.get("/api/v1/catalogue?") is None)
    assert (await client.get("/api/v1/catalogue")).json()["total"] == 1


async def test_what_is_kept_is_given_at_the_door_with_its_etag_and_counted(
    process: tuple[Platform, httpx.AsyncClient],
) -> None:
    _, client = process
    first = await client.get("/api/v1/catalogue")
    again = await client.get("/api/v1/catalogue")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    seen = await client.get("/api/v1/catalogue", headers={"If-None-Match": first.headers["etag"]})
    assert (seen.status_code, seen.content) == (304, b"")
    counted = (await client.get("/metrics")).text
    assert 'greenhatch_requests_total{method="GET",route="/api/v1/catalogue",status="304"} 1.0' in counted


async def test_a_wrong_key_is_refused_although_the_answer_is_kept(
    process: tuple[Platform, httpx.AsyncClient],
) -> None:
    _, client = process
    await client.get("/api/v1/catalogue")
    refused = await client.get("/api/v1/catalogue", headers={"Authorization": "Bearer gh_wrong"})
    assert refused.status_code == 401
