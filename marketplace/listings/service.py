"""Writing a listing, moving it through its process, and what the public sees of it."""

import datetime
import uuid
from collections.abc import Sequence
from hashlib import sha256

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, Invalid
from marketplace.listings.content import FORMAL_CHECK_ONLY, Content, Effect, as_json, derived, faults
from marketplace.listings.jobs import schedule_reminders
from marketplace.listings.models import Listing, ListingVersion
from marketplace.listings.process import EDITABLE, PUBLISHED, VALID_FOR
from marketplace.listings.publication import publish, take_down
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Technology


async def draft_listing(session: AsyncSession, *, holder: Organisation, content: Content) -> Listing:
    """Begin a listing; a draft may still lack anything but a name."""
    listing = Listing(organisation_id=holder.id, version=1)
    _write(listing, content, session)
    await begin(session, listing)
    await _keep_version(session, listing)
    return listing


async def rewrite_listing(session: AsyncSession, *, listing: Listing, content: Content) -> None:
    """Replace what a draft says; the version before stays as it was."""
    if listing.state not in EDITABLE:
        raise Conflict("not-a-draft", "Only a draft can be changed; revise it first.", "仅草稿可修改，请先发起修订。")
    _write(listing, content, session)
    await session.flush()
    await _keep_version(session, listing)


def _write(listing: Listing, content: Content, session: AsyncSession) -> None:
    found = derived(content, clock_of(session).now().date())
    listing.name, listing.summary = content.technology.name, content.technology.summary
    listing.technology = as_json(content.technology)
    listing.effects = as_json(content.effects)
    listing.confidential = as_json(content.confidential)
    listing.industry_group, listing.chain_place = content.industry_group, content.chain_place
    for column, value in found._asdict().items():
        setattr(listing, column, value)


async def _keep_version(session: AsyncSession, listing: Listing) -> None:
    kept = msgspec.json.encode([listing.technology, listing.effects])
    session.add(
        ListingVersion(
            listing_id=listing.id,
            version=listing.version,
            technology=listing.technology,
            effects=listing.effects,
            sha256=sha256(kept).digest(),
            made_by=actor_of(session).id,
        )
    )


def content_of(listing: Listing) -> Content:
    """What the listing says, as the scoring library takes it."""
    return Content(
        technology=technology_of(listing),
        effects=tuple(msgspec.convert(listing.effects, list[Effect])),
        industry_group=listing.industry_group,
        chain_place=listing.chain_place,
        confidential=listing.confidential,
    )


def technology_of(listing: Listing) -> Technology:
    return msgspec.convert(listing.technology, Technology)


async def submit_listing(session: AsyncSession, *, listing: Listing) -> ProcessEvent:
    """Hand a draft in; what cannot be true or is too little stops it, all of it named at once."""
    if found := faults(content_of(listing)):
        raise Invalid(found, code="not-ready", message="The listing is not ready.", message_zh="条目尚不完整。")
    return await advance(session, listing, "submit", actor=actor_of(session).acting_as("holder"))


async def pass_formal_check(session: AsyncSession, *, listing: Listing) -> ProcessEvent:
    """After the formal check: awards and catalogue items enter at once, others go to the assessors."""
    if listing.state == "submitted":
        await advance(session, listing, "check")
    if listing.provenance in FORMAL_CHECK_ONLY:
        return await recommend_listing(session, listing=listing)
    return await advance(session, listing, "assess")


async def recommend_listing(
    session: AsyncSession, *, listing: Listing, note: str = "", assessed_until: datetime.date | None = None
) -> ProcessEvent:
    """Publish: from now on everybody can find it, for as long as a recommendation lasts.

    `assessed_until` comes from the decision of an assessment, without which none that needs one is published.
    """
    if assessed_until is None and (listing.state == "assessment" or listing.provenance not in FORMAL_CHECK_ONLY):
        raise Conflict("needs-assessment", "This technology is assessed first.", "该技术须先经专家评估。")
    now = clock_of(session).now()
    listing.assessed_until = assessed_until
    ends = _end(listing, now)
    event = await advance(session, listing, "recommend", note=note, due={"expire": ends})
    listing.published_at, listing.expires_at = now, ends
    await publish(session, listing)
    await schedule_reminders(session, listing)
    return event


def _end(listing: Listing, now: datetime.datetime) -> datetime.datetime:
    """When a recommendation that is given or renewed now ends: never after the assessment it rests on."""
    ends = now + VALID_FOR
    if listing.assessed_until is None:
        return ends
    return min(ends, datetime.datetime.combine(listing.assessed_until, datetime.time.max, datetime.UTC))


async def renew_listing(session: AsyncSession, *, listing: Listing) -> ProcessEvent:
    """Say that it is still true: the recommendation starts anew, for as long as its assessment holds."""
    ends = _end(listing, clock_of(session).now())
    if listing.assessed_until is not None and ends == listing.expires_at:
        message = f"Its assessment holds until {listing.assessed_until}: revise it to have it assessed again."
        zh = f"其评估有效期至 {listing.assessed_until}，请修订后重新申请评估。"
        raise Conflict("assessment-ends", message, zh)
    event = await advance(session, listing, "renew", actor=actor_of(session).acting_as("holder"), due={"expire": ends})
    listing.expires_at = ends
    await publish(session, listing)
    await schedule_reminders(session, listing)
    return event


async def move_listing(session: AsyncSession, *, listing: Listing, transition: str, note: str = "") -> ProcessEvent:
    """Any other step of the process; leaving the published state takes it out of the catalogue."""
    event = await advance(session, listing, transition, note=note)
    if event.from_state == PUBLISHED:
        await take_down(session, listing)
    return event


async def versions_of(session: AsyncSession, listing: Listing) -> Sequence[ListingVersion]:
    query = select(ListingVersion).where(ListingVersion.listing_id == listing.id)
    return (await session.scalars(query.order_by(ListingVersion.version.desc()))).all()


async def similar_listings(session: AsyncSession, *, listing: Listing, limit: int = 5) -> Sequence[Listing]:
    """Published listings for the same medium and at least one same pollutant, the readiest first."""
    query = select(Listing).where(
        Listing.state == PUBLISHED,
        Listing.id != listing.id,
        Listing.media.overlap(listing.media),
        Listing.pollutants.overlap(listing.pollutants or [""]),
    )
    ordered = query.order_by(Listing.trl_low.desc().nulls_last(), Listing.id).limit(limit)
    return (await session.scalars(ordered)).all()


async def listing_named(session: AsyncSession, listing_id: uuid.UUID) -> Listing | None:
    found: Listing | None = await session.get(Listing, listing_id)
    return found
