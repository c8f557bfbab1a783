import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from api.limits import Allowances
from api.people.authentication import authenticate
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.people.models import Organisation
from marketplace.process import begin
from marketplace.settings import Settings
from marketplace.stripe.models import StripeCustomer
from scoring.technology import Text

PER_MINUTE = 60


@pytest.fixture
async def strict(sessions: Sessions, clock: SetClock) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(requests_per_minute=PER_MINUTE)
    app = create_app(Platform(sessions=sessions, key=b"key", settings=settings, clock=clock), authenticate=authenticate)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        yield client


async def test_a_caller_is_told_when_to_come_back(strict: httpx.AsyncClient) -> None:
    answers = [await strict.get("/api/v1/session") for _ in range(PER_MINUTE * 2)]
    statuses = [answer.status_code for answer in answers]
    first = statuses.index(429)
    assert PER_MINUTE <= first <= PER_MINUTE + 10  # some come back while the test runs
    assert answers[first].json()["code"] == "too-many-requests"
    assert 1 <= int(answers[first].headers["retry-after"]) <= 3
    assert (await strict.get("/health")).status_code != 429


async def test_trying_keys_counts(strict: httpx.AsyncClient) -> None:
    strict.headers["authorization"] = "Bearer gh_abc.def"
    statuses = {(await strict.get("/api/v1/session")).status_code for _ in range(PER_MINUTE * 2)}
    assert statuses == {401, 429}


async def test_processes_share_the_allowance(sessions: Sessions) -> None:
    one, other = Allowances(PER_MINUTE), Allowances(PER_MINUTE)
    served = 0
    for process in (one, other) * PER_MINUTE:
        served += await process.spend(sessions, "somebody") == 0.0
    assert PER_MINUTE <= served <= PER_MINUTE + 10
    assert await one.spend(sessions, "somebody else") == 0.0


async def test_most_requests_ask_the_table_nothing(sessions: Sessions) -> None:
    asked = 0

    class Counting:
        def begin(self) -> object:
            nonlocal asked
            asked += 1
            return sessions.begin()

    allowances = Allowances(600)
    for _ in range(100):
        assert await allowances.spend(Counting(), "somebody") == 0.0  # type: ignore[arg-type]
    assert asked == 5


async def test_a_plan_with_api_volume_widens_the_allowance(sessions: Sessions) -> None:
    async with transaction(sessions, system("test")) as session:
        buyer = Organisation(name=Text(en="Buyer"), kind="investor", country="CN", email_domain="buyer.example")
        await begin(session, buyer)
        session.add(StripeCustomer(organisation_id=buyer.id, customer_id="cus_1", features=["api-volume"]))
    allowances, asked = Allowances(PER_MINUTE), PER_MINUTE * 3
    for buyer_id, served in ((buyer.id, asked), (uuid.uuid4(), PER_MINUTE)):
        who = f"requests:{buyer_id}"
        answers = [await allowances.spend(sessions, who, buyer_id) == 0.0 for _ in range(asked)]
        assert served <= sum(answers) <= served + 10
