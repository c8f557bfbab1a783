"""What everybody sees of an item: two JSON texts, made when it is published, handed out as they are."""

import datetime
import uuid
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.knowledge.content import Content, Draft, Event, Zone
from marketplace.knowledge.models import KnowledgeItem, KnowledgeLink, KnowledgePublication
from marketplace.listings.publication import announce
from marketplace.people.models import Organisation

ITEM = "knowledge_item"


async def publish(session: AsyncSession, item: KnowledgeItem, draft: Draft) -> None:
    """Show this version to everybody, in place of the one before."""
    await take_down(session, item)
    author = await session.get_one(Organisation, item.organisation_id)
    now, starts_at = clock_of(session).now(), _starts_at(draft.content)
    card = _card(item, author, now, starts_at)
    detail = card | {"content": public_content(draft.content), "links": draft.links, "version": item.version}
    session.add(
        KnowledgePublication(
            item_id=item.id,
            kind=item.kind,
            media=item.media,
            published_at=now,
            starts_at=starts_at,
            version=item.version,
            card=msgspec.json.encode(card),
            detail=msgspec.json.encode(detail),
        )
    )
    await session.flush()
    linked = {(link.subject_type, link.subject_id) for link in draft.links} | _zone_links(draft.content)
    session.add_all(KnowledgeLink(item_id=item.id, subject_type=kind, subject_id=named) for kind, named in linked)
    await session.flush()


async def take_down(session: AsyncSession, item: KnowledgeItem) -> None:
    """Nobody finds it any longer; its links go with it."""
    await session.execute(delete(KnowledgePublication).where(KnowledgePublication.item_id == item.id))
    await announce(session)


def public_content(content: Content) -> Content:
    """The content without what only those concerned are told."""
    return structs.replace(content, joining_url=None) if isinstance(content, Event) else content


def _card(
    item: KnowledgeItem, author: Organisation, now: datetime.datetime, starts_at: datetime.datetime | None
) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "summary": item.summary,
        "media": item.media,
        "author": {"id": author.id, "name": author.name},
        "published_at": now,
        "starts_at": starts_at,
    }


def _starts_at(content: Content) -> datetime.datetime | None:
    return content.starts_at.astimezone(datetime.UTC) if isinstance(content, Event) else None


def _zone_links(content: Content) -> set[tuple[str, uuid.UUID]]:
    if not isinstance(content, Zone):
        return set()
    named = {*content.policies, *content.related, *([content.team] if content.team else [])}
    return {(ITEM, item_id) for item_id in named}
