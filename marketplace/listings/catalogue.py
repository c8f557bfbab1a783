"""The public catalogue: filtered, sorted, a page at a time, read from the texts that publication wrote."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED


class CatalogueFilter(Struct, frozen=True, kw_only=True):
    """What to look for; everything given must hold."""

    medium: str | None = None
    pollutant: str | None = None
    industry: str | None = None
    industry_group: str | None = None
    chain_place: str | None = None
    provenance: str | None = None
    trl_min: int | None = None
    holder_id: uuid.UUID | None = None


class Position(Struct, frozen=True):
    """Where the page before ended."""

    trl: int
    published_at: datetime.datetime
    id: uuid.UUID


class CataloguePage(NamedTuple):
    cards: Sequence[bytes]
    last: Position | None
    total: int


def conditions_of(wanted: CatalogueFilter) -> list[ColumnElement[bool]]:
    """What a published listing must fulfil to be found."""
    contained = {
        Listing.media: wanted.medium,
        Listing.pollutants: wanted.pollutant,
        Listing.industries: wanted.industry,
    }
    equal = {
        Listing.industry_group: wanted.industry_group,
        Listing.chain_place: wanted.chain_place,
        Listing.provenance: wanted.provenance,
        Listing.organisation_id: wanted.holder_id,
    }
    conditions: list[ColumnElement[bool]] = [Listing.state == PUBLISHED]
    conditions += [column.contains([value]) for column, value in contained.items() if value is not None]
    conditions += [column == value for column, value in equal.items() if value is not None]
    if wanted.trl_min is not None:
        conditions.append(Listing.trl_low >= wanted.trl_min)
    return conditions


async def catalogue_page(
    session: AsyncSession, wanted: CatalogueFilter, *, after: Position | None, limit: int
) -> CataloguePage:
    """The readiest first, then the newest; `last` is None on the last page."""
    trl = func.coalesce(Listing.trl_low, 0)
    conditions = conditions_of(wanted)
    query = select(Listing.public_card, trl, Listing.published_at, Listing.id).where(*conditions)
    if after is not None:
        query = query.where(tuple_(trl, Listing.published_at, Listing.id) < (after.trl, after.published_at, after.id))
    query = query.order_by(trl.desc(), Listing.published_at.desc(), Listing.id.desc()).limit(limit + 1)
    rows = (await session.execute(query)).all()
    total = await session.scalar(select(func.count()).select_from(Listing).where(*conditions)) or 0
    last = Position(*rows[limit - 1][1:]) if len(rows) > limit else None  # type: ignore[arg-type]  # published: it has a date
    return CataloguePage([row[0] for row in rows[:limit]], last, total)


async def public_detail(session: AsyncSession, listing_id: uuid.UUID) -> bytes | None:
    query = select(Listing.public_detail).where(Listing.id == listing_id, Listing.state == PUBLISHED)
    found: bytes | None = await session.scalar(query)
    return found


async def facets(session: AsyncSession, wanted: CatalogueFilter) -> dict[str, dict[str, int]]:
    """How many published listings there are by medium, industry group, place in the chain and provenance."""
    conditions = conditions_of(wanted)
    found: dict[str, dict[str, int]] = {}
    medium = func.unnest(Listing.media)
    columns: dict[str, Any] = {
        "medium": medium,
        "industry_group": Listing.industry_group,
        "chain_place": Listing.chain_place,
        "provenance": Listing.provenance,
    }
    for name, column in columns.items():
        counted = select(column, func.count()).select_from(Listing).where(*conditions).group_by(column)
        rows = (await session.execute(counted)).all()
        found[name] = {value: count for value, count in sorted(rows, key=lambda row: -row[1]) if value is not None}
    return found
