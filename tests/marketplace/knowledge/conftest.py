"""An organisation that writes, one that comes to events, and drafts of both."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.knowledge.content import Draft
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Text

START = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "title": {"zh": "供需对接会", "en": "Matching day"},
    "summary": {"zh": "面对面。", "en": "Face to face."},
    "media": ["water"],
    "content": {
        "kind": "event",
        "starts_at": START.isoformat(),
        "ends_at": (START + timedelta(hours=6)).isoformat(),
        "registration_deadline": (START - timedelta(days=3)).isoformat(),
        "seats": 2,
        "place": {"en": "Hall 3"},
        "programme": {"en": "Pitches"},
        "joining_url": "https://meet.example/secret",
    },
}
MakePerson = Callable[..., Awaitable[Person]]


def event(**changed: Any) -> Draft:
    return msgspec.convert(EVENT | {"content": EVENT["content"] | changed}, Draft)


async def organisation(session: AsyncSession, kind: str) -> Organisation:
    made = Organisation(name=Text(en=kind), kind=kind, country="CN", email_domain=f"{kind}.example")
    await begin(session, made)
    return made


async def member(session: AsyncSession, of: Organisation, number: int) -> Person:
    person = Person(
        email=f"p{number}@{of.kind}.example",
        name=f"P{number}",
        password_hash="none",
        language="zh" if number % 2 else "en",
    )
    session.add(person)
    await session.flush()
    session.add(Membership(organisation_id=of.id, person_id=person.id, role="member"))
    await session.flush()
    return person


@pytest.fixture
def actor() -> Actor:
    """The platform's own: writes, reviews and publishes."""
    return Actor(kind="operator", name="test", roles=frozenset({"operator", "author"}))
