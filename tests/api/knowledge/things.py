"""Knowledge items and registrations, made through the services for the table of roles and routes."""

import uuid
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.database import Sessions, transaction
from marketplace.knowledge import events, service
from marketplace.knowledge.content import Draft
from marketplace.knowledge.models import KnowledgeItem
from marketplace.people.models import Organisation, Person
from tests.api.knowledge.test_knowledge import draft

EDITOR = Actor(kind="system", name="test", roles=frozenset({"operator", "author"}))


async def _drafted(session: AsyncSession, organisation_id: uuid.UUID, kind: str, **changed: Any) -> KnowledgeItem:
    author = await session.get_one(Organisation, organisation_id)
    said = msgspec.convert(draft(kind, **changed), Draft)
    return await service.draft_item(session, author=author, draft=said)


async def _published(session: AsyncSession, organisation_id: uuid.UUID, kind: str, **changed: Any) -> KnowledgeItem:
    item = await _drafted(session, organisation_id, kind, **changed)
    await service.submit_item(session, item=item)
    await service.publish_item(session, item=item)
    return item


async def drafted_showcase(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EDITOR) as session:
        return (await _drafted(session, party.organisation_id, "showcase")).id


async def drafted_topic(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EDITOR) as session:
        team = await _published(session, party.organisation_id, "team")
        content = {"filter": {"medium": "noise"}, "team": str(team.id)}
        return (await _drafted(session, party.organisation_id, "zone", content=content)).id


async def published_showcase(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EDITOR) as session:
        return (await _published(session, party.organisation_id, "showcase")).id


async def published_event(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EDITOR) as session:
        return (await _published(session, party.organisation_id, "event")).id


async def published_zone(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EDITOR) as session:
        team = await _published(session, party.organisation_id, "team")
        content = {"filter": {"medium": "water"}, "team": str(team.id)}
        return (await _published(session, party.organisation_id, "zone", content=content)).id


async def event_registration(sessions: Sessions, party: Any) -> uuid.UUID:
    """The party's person at an event of the platform's."""
    async with transaction(sessions, EDITOR) as session:
        ours = select(Organisation.id).where(Organisation.kind == "operator").limit(1)
        platform = (await session.scalars(ours)).one()
        event = await _published(session, platform, "event")
    come = Actor(kind="person", id=party.person_id, organisation_id=party.organisation_id)
    async with transaction(sessions, come) as session:
        person = await session.get_one(Person, party.person_id)
        named = await session.get_one(KnowledgeItem, event.id)
        return (await events.register(session, event=named, person=person)).id
