"""What is public, read from the texts that publication wrote: lists a page at a time, pages, and topic zones."""

import datetime
import uuid
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import only
from marketplace.knowledge.content import Zone
from marketplace.knowledge.models import KnowledgeLink, KnowledgePublication
from marketplace.knowledge.publication import ITEM
from marketplace.knowledge.rules import public_ones
from marketplace.listings.catalogue import CatalogueFilter, catalogue_page
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED

_PUBLIC = KnowledgePublication


class KnowledgeFilter(Struct, frozen=True, kw_only=True):
    """What to look for; everything given must hold. `starting_after` is for events: those to come, the next first."""

    kind: str | None = None
    medium: str | None = None
    zone_id: uuid.UUID | None = None
    listing_id: uuid.UUID | None = None
    need_id: uuid.UUID | None = None
    starting_after: datetime.datetime | None = None


class Position(Struct, frozen=True):
    """Where the page before ended."""

    at: datetime.datetime
    id: uuid.UUID


class KnowledgePage(NamedTuple):
    """`last` is None on the last page."""

    cards: Sequence[bytes]
    last: Position | None
    total: int


def _conditions(wanted: KnowledgeFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(_PUBLIC.kind == wanted.kind)
    if wanted.medium is not None:
        conditions.append(_PUBLIC.media.contains([wanted.medium]))
    if wanted.starting_after is not None:
        conditions.append(_PUBLIC.starts_at > wanted.starting_after)
    if wanted.zone_id is not None:
        named = select(KnowledgeLink.subject_id).where(
            KnowledgeLink.item_id == wanted.zone_id, KnowledgeLink.subject_type == ITEM
        )
        conditions.append(_PUBLIC.item_id.in_(named))
    for subject_type, subject_id in (("listing", wanted.listing_id), ("need", wanted.need_id)):
        if subject_id is not None:
            about = select(KnowledgeLink.item_id).where(
                KnowledgeLink.subject_type == subject_type, KnowledgeLink.subject_id == subject_id
            )
            conditions.append(_PUBLIC.item_id.in_(about))
    return conditions


async def knowledge_page(
    session: AsyncSession, wanted: KnowledgeFilter, *, after: Position | None, limit: int
) -> KnowledgePage:
    """The newest first; events to come in the order in which they take place."""
    conditions = _conditions(wanted)
    query = _ordered(wanted, after).where(*conditions).limit(limit + 1)
    rows = (await session.execute(query)).all()
    total = await session.scalar(select(func.count()).select_from(_PUBLIC).where(*conditions)) or 0
    last = Position(rows[limit - 1][1], rows[limit - 1][2]) if len(rows) > limit else None
    return KnowledgePage([row[0] for row in rows[:limit]], last, total)


def _ordered(wanted: KnowledgeFilter, after: Position | None) -> Select[bytes, Any, uuid.UUID]:
    forward = wanted.starting_after is not None
    at = _PUBLIC.starts_at if forward else _PUBLIC.published_at
    query = select(_PUBLIC.card, at, _PUBLIC.item_id)
    place = tuple_(at, _PUBLIC.item_id)
    if after is not None:
        query = query.where(place > (after.at, after.id) if forward else place < (after.at, after.id))
    if forward:
        return query.order_by(at, _PUBLIC.item_id)
    return query.order_by(at.desc(), _PUBLIC.item_id.desc())


async def offered(
    session: AsyncSession, kinds: Collection[str], *, named: Collection[uuid.UUID], limit: int
) -> Sequence[bytes]:
    """The newest published items of some kinds to choose from, and those that are named already."""
    newest = select(_PUBLIC.item_id).where(_PUBLIC.kind.in_(kinds))
    newest = newest.order_by(_PUBLIC.published_at.desc(), _PUBLIC.item_id.desc()).limit(limit)
    shown = or_(_PUBLIC.item_id.in_(newest), _PUBLIC.item_id.in_(named))
    query = select(_PUBLIC.card).where(_PUBLIC.kind.in_(kinds), shown)
    return (await session.scalars(query.order_by(_PUBLIC.published_at.desc(), _PUBLIC.item_id.desc()))).all()


async def public_item(session: AsyncSession, item_id: uuid.UUID) -> bytes | None:
    found: bytes | None = await session.scalar(select(_PUBLIC.detail).where(_PUBLIC.item_id == item_id))
    return found


async def facets(session: AsyncSession) -> dict[str, dict[str, int]]:
    """How many published items there are of each kind and for each medium."""
    columns: dict[str, Any] = {"kind": _PUBLIC.kind, "medium": func.unnest(_PUBLIC.media)}
    found: dict[str, dict[str, int]] = {}
    for name, column in columns.items():
        rows = await session.execute(select(column, func.count()).select_from(_PUBLIC).group_by(column))
        found[name] = dict(sorted(rows.all(), key=lambda row: (-row[1], row[0])))
    return found


class Subjects(NamedTuple):
    """What an item is about: the cards of its technologies, the ids of its needs; only those that are public now."""

    technologies: Sequence[bytes]
    needs: Sequence[uuid.UUID]


async def subjects_of(session: AsyncSession, item_id: uuid.UUID) -> Subjects:
    only(await public_item(session, item_id), "knowledge-item")
    query = select(KnowledgeLink.subject_type, KnowledgeLink.subject_id).where(KnowledgeLink.item_id == item_id)
    linked = (await session.execute(query)).all()
    listings = [named for kind, named in linked if kind == "listing"]
    cards = select(Listing.public_card).where(Listing.id.in_(listings), Listing.state == PUBLISHED)
    needs = await public_ones(session, "need", [named for kind, named in linked if kind == "need"])
    return Subjects((await session.scalars(cards.order_by(Listing.id))).all(), sorted(needs))


class ZonePage(NamedTuple):
    """A topic with the first of its technologies and policies, and how many of each there are."""

    zone: bytes
    technologies: Sequence[bytes]
    technology_count: int
    policies: Sequence[bytes]
    policy_count: int
    related: Sequence[bytes]
    related_count: int
    team: bytes | None


async def zone_page(session: AsyncSession, zone_id: uuid.UUID, *, limit: int) -> ZonePage | None:
    """None if there is no such zone in the open."""
    detail = await public_item(session, zone_id)
    zone = _zone_in(detail) if detail else None
    if detail is None or zone is None:
        return None
    technologies = await catalogue_page(session, catalogue_filter(zone), after=None, limit=limit)
    team = [zone.team] if zone.team else []
    cards = await _cards(session, {*zone.policies, *zone.related, *team})
    policies, related = _present(cards, zone.policies), _present(cards, zone.related)
    return ZonePage(
        zone=detail,
        technologies=technologies.cards,
        technology_count=technologies.total,
        policies=policies[:limit],
        policy_count=len(policies),
        related=related[:limit],
        related_count=len(related),
        team=cards.get(team[0]) if team else None,
    )


def catalogue_filter(zone: Zone) -> CatalogueFilter:
    return CatalogueFilter(**msgspec.to_builtins(zone.filter))


class _Detail(Struct, frozen=True):
    kind: str
    content: msgspec.Raw


def _zone_in(detail: bytes) -> Zone | None:
    found = msgspec.json.decode(detail, type=_Detail)
    return msgspec.json.decode(found.content, type=Zone) if found.kind == "zone" else None


async def _cards(session: AsyncSession, named: set[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    rows = await session.execute(select(_PUBLIC.item_id, _PUBLIC.card).where(_PUBLIC.item_id.in_(named)))
    return dict(rows.all())


def _present(cards: dict[uuid.UUID, bytes], named: Sequence[uuid.UUID]) -> list[bytes]:
    """In the order the zone names them; an item that is no longer public is left out."""
    return [cards[item_id] for item_id in dict.fromkeys(named) if item_id in cards]
