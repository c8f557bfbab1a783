"""A client that talks to the whole application over the test's own transaction, and parties to talk as."""

import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest
from litestar import Litestar

from api.app import create_app
from api.people.authentication import authenticate
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.people.models import ApiKey, Membership, Organisation, Person
from marketplace.people.tokens import key_hash, new_key
from marketplace.process import begin
from marketplace.settings import Settings
from scoring.technology import Text

SERVER_KEY = b"a key for tests"
NO_PASSWORD = "parties of tests call with keys"


@dataclass(frozen=True)
class Party:
    """An organisation with its owner, and a client that calls with an API key of theirs."""

    organisation_id: uuid.UUID
    person_id: uuid.UUID
    kind: str
    client: httpx.AsyncClient


@pytest.fixture
def app(sessions: Sessions, clock: SetClock) -> Litestar:
    platform = Platform(sessions=sessions, key=SERVER_KEY, settings=Settings(), clock=clock)
    return create_app(platform, authenticate=authenticate)


def client_of(app: Litestar, **options: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://greenhatch.test",
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor."""
    async with client_of(app) as visitor:
        yield visitor


MakeParty = Callable[..., Awaitable[Party]]


@pytest.fixture
async def party(app: Litestar, sessions: Sessions) -> AsyncIterator[MakeParty]:
    """``await party("holder")``: a new verified organisation; ``role=`` its person's, ``scopes=`` its key's."""
    numbers = itertools.count(1)
    async with contextlib.AsyncExitStack() as stack:

        async def make(kind: str, *, role: str = "owner", scopes: tuple[str, ...] = ("read", "write")) -> Party:
            number = next(numbers)
            async with transaction(sessions, system("test")) as session:
                organisation = Organisation(
                    name=Text(zh=f"机构{number}", en=f"Organisation {number}"),
                    kind=kind,
                    country="CN",
                    email_domain=f"org{number}.example",
                )
                person = Person(
                    email=f"{kind}{number}@org{number}.example",
                    name=f"Person {number}",
                    password_hash=NO_PASSWORD,
                    language="en",
                )
                session.add(person)
                await begin(session, organisation)
                organisation.state = "verified"
                session.add(Membership(organisation_id=organisation.id, person_id=person.id, role=role))
                made = new_key()
                session.add(
                    ApiKey(
                        organisation_id=organisation.id,
                        created_by=person.id,
                        name="test",
                        prefix=made.prefix,
                        secret_hash=key_hash(made.secret, SERVER_KEY),
                        scopes=list(scopes),
                        expires_at=organisation.state_since.replace(year=2100),
                    )
                )
            headers = {"authorization": f"Bearer {made.shown}"}
            client = await stack.enter_async_context(client_of(app, headers=headers))
            return Party(organisation.id, person.id, kind, client)

        yield make
