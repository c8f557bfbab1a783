"""What everybody sees of a published listing: two JSON texts, made when it changes, read by every list and page."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from marketplace.people.models import Organisation
from marketplace.search.jobs import refresh_soon

# Processes that keep answers in memory drop them when this is announced, which happens with the commit.
CHANNEL = "catalogue_changed"


async def publish(session: AsyncSession, listing: Listing) -> None:
    """Write what the public sees; nothing confidential is in it."""
    await session.flush()
    holder = await session.get_one(Organisation, listing.organisation_id)
    card = _card(listing, holder)
    listing.public_card = msgspec.json.encode(card)
    listing.public_detail = msgspec.json.encode(
        card | {"technology": listing.technology, "effects": listing.effects, "version": listing.version}
    )
    await announce(session)


async def take_down(session: AsyncSession, listing: Listing) -> None:
    listing.public_card = listing.public_detail = b""
    listing.published_at = listing.expires_at = None
    await announce(session)


async def announce(session: AsyncSession) -> None:
    await session.execute(text(f"NOTIFY {CHANNEL}"))
    await refresh_soon(session)


def _card(listing: Listing, holder: Organisation) -> dict[str, Any]:
    return {
        "id": str(listing.id),
        "name": msgspec.to_builtins(listing.name),
        "summary": msgspec.to_builtins(listing.summary),
        "holder": {"id": str(holder.id), "name": msgspec.to_builtins(holder.name)},
        "media": listing.media,
        "pollutants": listing.pollutants,
        "industries": listing.industries,
        "industry_group": listing.industry_group,
        "chain_place": listing.chain_place,
        "provenance": listing.provenance,
        "trl": {"low": listing.trl_low, "high": listing.trl_high},
        "completeness": listing.completeness,
        "published_at": listing.published_at.isoformat() if listing.published_at else None,
        "expires_at": listing.expires_at.isoformat() if listing.expires_at else None,
    }
