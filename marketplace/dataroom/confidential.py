"""What a holder says about a technology only to whoever has accepted an agreement."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.dataroom.models import Room
from marketplace.listings.models import Listing


async def confidential_entries(session: AsyncSession, room: Room) -> dict[str, str]:
    """Those of the room's technology, by their names; none in a room without an agreement."""
    if room.nda_id is None or room.listing_id is None:
        return {}
    query = select(Listing.confidential).where(
        Listing.id == room.listing_id, Listing.organisation_id == room.organisation_id
    )
    return dict(await session.scalar(query) or {})
