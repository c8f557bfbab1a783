"""Items, events and registrations, each loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings.dependencies import WRITERS
from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.errors import Forbidden, only
from marketplace.knowledge.models import EventRegistration, KnowledgeItem, KnowledgePublication
from marketplace.people.models import Organisation


def _may_write(actor: Actor) -> bool:
    return actor.kind == "key" or bool(WRITERS & actor.roles)


async def own_knowledge_item(
    request: Request[Any, Any, Any], knowledge_item_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> KnowledgeItem:
    """An item that the caller's organisation writes; operators see all. For others it does not exist."""
    actor = actor_of(request)
    found: KnowledgeItem | None = await session.get(KnowledgeItem, knowledge_item_id)
    if found is not None and found.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        found = None
    item: KnowledgeItem = only(found, "knowledge-item")
    return item


async def editable_knowledge_item(
    request: Request[Any, Any, Any], own_knowledge_item: NamedDependency[KnowledgeItem]
) -> KnowledgeItem:
    """The same for whoever may change it: members of its author who do more than look."""
    actor = actor_of(request)
    if own_knowledge_item.organisation_id != actor.organisation_id or not _may_write(actor):
        raise Forbidden("author-only", "Only its author's members may change an item.", "仅作者机构成员可修改。")
    return own_knowledge_item


async def topic(topic_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> KnowledgeItem:
    """A topic, whatever its state, for routes that only operators are let into."""
    found: KnowledgeItem | None = await session.get(KnowledgeItem, topic_id)
    item: KnowledgeItem = only(found if found is not None and found.kind == "zone" else None, "knowledge-item")
    return item


async def editable_topic(request: Request[Any, Any, Any], topic: NamedDependency[KnowledgeItem]) -> KnowledgeItem:
    """The same for members of the operator that wrote it."""
    return await editable_knowledge_item(request, topic)


async def knowledge_author(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The organisation that the caller writes for; what it may write about is decided by the kind of the item."""
    actor = actor_of(request)
    if actor.organisation_id is None or not _may_write(actor):
        raise Forbidden("authors-only", "This is for an organisation's active members.", "仅限机构成员操作。")
    return await session.get_one(Organisation, actor.organisation_id)


async def published_event(
    matching_event_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> KnowledgeItem:
    """An event that everybody can see."""
    published = await session.get(KnowledgePublication, matching_event_id)
    if published is not None and published.kind != "event":
        published = None
    only(published, "event")
    return await session.get_one(KnowledgeItem, matching_event_id)


async def managed_event_registration(
    request: Request[Any, Any, Any], registration_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> EventRegistration:
    """A registration by the caller's organisation."""
    actor = actor_of(request)
    found: EventRegistration | None = await session.get(EventRegistration, registration_id)
    if found is not None and found.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        found = None
    registration: EventRegistration = only(found, "registration")
    if not _may_write(actor) and registration.person_id != actor.id:
        raise Forbidden("own-only", "You may cancel your own registration only.", "仅可取消本人的报名。")
    return registration


DEPENDENCIES = {
    "own_knowledge_item": own_knowledge_item,
    "editable_knowledge_item": editable_knowledge_item,
    "topic": topic,
    "editable_topic": editable_topic,
    "knowledge_author": knowledge_author,
    "published_event": published_event,
    "managed_event_registration": managed_event_registration,
}
