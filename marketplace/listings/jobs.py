"""Holders are reminded before a recommendation runs out."""

import datetime
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.jobs import Context, job
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.people.models import Membership, Person
from marketplace.people.readers import readers

REMIND_DAYS_BEFORE = (30, 7)
REMINDED = ("owner", "admin", "member")


async def schedule_reminders(session: AsyncSession, listing: Listing) -> None:
    """Two mails before the present recommendation ends; they lapse when it is renewed or ends otherwise."""
    if listing.expires_at is None:
        return
    for days in REMIND_DAYS_BEFORE:
        at = listing.expires_at - datetime.timedelta(days=days)
        await remind.defer(session, at=at, listing_id=str(listing.id), entry=listing.state_entry, days=days)


@job("listing.remind-renewal", retry=(60, 600))
async def remind(context: Context, *, listing_id: str, entry: int, days: int) -> None:
    async with context.transaction() as session:
        listing = await session.get_one(Listing, uuid.UUID(listing_id))
        if listing.state != PUBLISHED or listing.state_entry != entry:
            return  # renewed, or gone
        members = (Membership.organisation_id == listing.organisation_id, Membership.role.in_(REMINDED))
        for person in await readers(session, *members):
            await _remind(session, listing, person, days, context.settings.public_url)


async def _remind(session: AsyncSession, listing: Listing, person: Person, days: int, public_url: str) -> None:
    zh, en = listing.name.in_language("zh"), listing.name.in_language("en")
    text = (
        f"“{zh}”的推荐将在 {days} 天后到期。如内容仍然属实，请续期：\n"
        f"The recommendation of “{en}” ends in {days} days. If all of it still holds, renew it:\n"
        f"{public_url}/desk/technologies/{listing.id}\n"
    )
    subject = f"推荐即将到期 · Renew in {days} days: {listing.name.in_language(person.language)}"
    await mail.send(session, to=person.email, subject=subject, text=text, kind="renewal-reminder")
