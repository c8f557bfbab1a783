"""A client that talks to the whole application over the test's own transaction, and parties to talk as."""

import contextlib
import functools
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from api.app import create_app, furnish
from api.csrf import csrf_token
from api.people.authentication import authenticate, cookie_name
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.people.models import ApiKey, LoginSession, Membership, Organisation, Person
from marketplace.people.tokens import key_hash, new_key, new_token, token_hash
from marketplace.process import begin
from marketplace.settings import Settings
from scoring.technology import Text

SERVER_KEY = b"a key for tests"
NO_PASSWORD = "parties of tests do not sign in with a password"


@dataclass(frozen=True)
class Party:
    """An organisation with one of its people. `client` is a program with an API key of theirs, `browser` the person,

    signed in: what is for people alone (keys, second factors, everything of the operator's) takes `browser`.
    """

    organisation_id: uuid.UUID
    person_id: uuid.UUID
    kind: str
    client: httpx.AsyncClient
    browser: httpx.AsyncClient


@pytest.fixture
def platform(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Platform:
    settings = Settings(requests_per_minute=0, home=tmp_path)
    return Platform(sessions=sessions, key=SERVER_KEY, settings=settings, clock=clock)


@functools.cache
def built() -> Litestar:
    """Putting hundreds of routes together takes a second, and they are the same for every test."""
    return create_app(Platform(sessions=None, key=b""), authenticate=authenticate)  # type: ignore[arg-type]


@pytest.fixture
def app(platform: Platform) -> Litestar:
    furnish(built(), platform)
    return built()


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
async def party(app: Litestar, platform: Platform, sessions: Sessions, clock: SetClock) -> AsyncIterator[MakeParty]:
    """``await party("holder")``: a new organisation, verified unless ``verified=False``, with one person.

    ``role=`` is the person's, ``scopes=`` the key's; ``of=`` puts the person into the organisation of another party.
    """
    numbers = itertools.count(1)
    async with contextlib.AsyncExitStack() as stack:

        async def make(
            kind: str,
            *,
            role: str = "owner",
            scopes: tuple[str, ...] = ("read", "write"),
            verified: bool = True,
            of: Party | None = None,
        ) -> Party:
            number = next(numbers)
            async with transaction(sessions, system("test")) as session:
                if of is None:
                    organisation = _organisation(kind, number)
                    await begin(session, organisation)
                    if verified:
                        organisation.state = "verified"
                else:
                    organisation = await session.get_one(Organisation, of.organisation_id)
                person = _person(kind, number)
                session.add(person)
                await session.flush()
                session.add(Membership(organisation_id=organisation.id, person_id=person.id, role=role))
                made, token = new_key(), new_token()
                key = ApiKey(
                    organisation_id=organisation.id, created_by=person.id, name="test",
                    prefix=made.prefix, secret_hash=key_hash(made.secret, SERVER_KEY), scopes=list(scopes),
                    expires_at=clock.now() + timedelta(days=30_000),
                )  # fmt: skip
                login = LoginSession(
                    token_hash=token_hash(token), person_id=person.id, organisation_id=organisation.id,
                    last_seen_at=clock.now(), expires_at=clock.now() + timedelta(days=30_000),
                )  # fmt: skip
                session.add_all([key, login])
            headers = {"authorization": f"Bearer {made.shown}"}
            client = await stack.enter_async_context(client_of(app, headers=headers))
            signed_in = {
                "headers": {"x-csrf-token": csrf_token(platform, login)},
                "cookies": {cookie_name(platform): token},
            }
            browser = await stack.enter_async_context(client_of(app, **signed_in))
            return Party(organisation.id, person.id, organisation.kind, client, browser)

        yield make


def _organisation(kind: str, number: int) -> Organisation:
    return Organisation(
        name=Text(zh=f"机构{number}", en=f"Organisation {number}"),
        kind=kind,
        country="CN",
        email_domain=f"org{number}.example",
    )


def _person(kind: str, number: int) -> Person:
    return Person(
        email=f"{kind}{number}@org{number}.example",
        name=f"Person {number}",
        password_hash=NO_PASSWORD,
        language="en",
    )
