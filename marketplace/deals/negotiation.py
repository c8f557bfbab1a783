"""Opening a deal and bargaining: offers, counter-offers, and the yes that ends it."""

import datetime
import uuid

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals import letters
from marketplace.deals.agreement import agree
from marketplace.deals.consents import consent
from marketplace.deals.course import acting, go_on, locked, move, open_offer, own_side, side_of
from marketplace.deals.models import LINKS, Deal, Offer
from marketplace.deals.process import NEGOTIATE_WITHIN
from marketplace.deals.protection import check_reflected, cooling_off_days_min
from marketplace.deals.rules import faults_of_terms
from marketplace.deals.terms import Terms, document_of, sha256_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, begin

OPEN_FOR = datetime.timedelta(days=14)
# Nobody is made to decide within the hour.
OPEN_AT_LEAST = datetime.timedelta(hours=24)
OPEN_AT_MOST = datetime.timedelta(days=90)
FINANCIERS = ("investor", "incubator", "demand")


async def open_deal(
    session: AsyncSession,
    *,
    listing: Listing,
    financier: Organisation,
    link: str,
    instrument: str,
    call_id: uuid.UUID | None = None,
    application_id: uuid.UUID | None = None,
) -> Deal:
    """Sit down at a table: either side of a published technology may, once at a time for each link."""
    holder = await session.get_one(Organisation, listing.organisation_id)
    if faults := _wrong_parties(listing, holder, financier, link):
        raise Invalid(faults)
    deal = Deal(
        listing_id=listing.id,
        holder_organisation_id=holder.id,
        financier_organisation_id=financier.id,
        call_id=call_id,
        application_id=application_id,
        link=link,
        instrument=instrument,
        version=1,
    )
    if side_of(deal, actor_of(session)) is None:
        raise Forbidden("parties-only", "This is for the deal's parties.", "仅限交易双方操作。")
    await begin(session, deal)
    deal.due_at = deal.state_since + NEGOTIATE_WITHIN
    await letters.tell_of_opening(session, deal, by=actor_of(session).organisation_id)
    return deal


def _wrong_parties(listing: Listing, holder: Organisation, financier: Organisation, link: str) -> list[FieldError]:
    wrong = []
    if listing.state != PUBLISHED:
        expected, zh = "a recommended technology", "须为已推荐技术"
        wrong.append(FieldError(field="listing_id", value=str(listing.id), expected=expected, expected_zh=zh))
    if financier.kind not in FINANCIERS or financier.state != "verified" or financier.id == holder.id:
        expected, zh = "a verified investor, incubator or buyer", "须为已核验的投资方、孵化机构或需求方"
        wrong.append(FieldError(field="financier_id", value=str(financier.id), expected=expected, expected_zh=zh))
    if link not in LINKS:
        wrong.append(FieldError(field="link", value=link, expected=" | ".join(LINKS), expected_zh="请选择列出的环节"))
    return wrong


async def make_offer(
    session: AsyncSession,
    *,
    deal: Deal,
    terms: Terms,
    message: str = "",
    expires_at: datetime.datetime | None = None,
) -> Offer:
    """Put terms on the table, or counter the other side's; whoever offers has accepted them."""
    await locked(session, deal)
    now = clock_of(session).now()
    ends = expires_at or now + OPEN_FOR
    if faults := [*await faults_in(session, deal, terms), *_wrong_end(now, ends)]:
        raise Invalid(faults)
    transition = "counter" if deal.state == "offered" else "offer"
    await move(session, deal, transition, due_at=ends, data={"offer": await next_number(session, deal)})
    return await put_on_table(session, deal, terms, message=message, expires_at=ends)


async def faults_in(session: AsyncSession, deal: Deal, terms: Terms) -> list[FieldError]:
    today, days = clock_of(session).now().date(), await cooling_off_days_min(session, deal)
    return faults_of_terms(terms, link=deal.link, today=today, cooling_off_days_min=days)


def _wrong_end(now: datetime.datetime, ends: datetime.datetime) -> list[FieldError]:
    if now + OPEN_AT_LEAST <= ends <= now + OPEN_AT_MOST:
        return []
    expected, zh = "a time one to ninety days from now", "须为自现在起1至90天内的时间"
    return [FieldError(field="expires_at", value=ends.isoformat(), expected=expected, expected_zh=zh)]


async def next_number(session: AsyncSession, deal: Deal) -> int:
    last = await session.scalar(select(func.max(Offer.number)).where(Offer.deal_id == deal.id))
    return (last or 0) + 1


async def put_on_table(
    session: AsyncSession, deal: Deal, terms: Terms, *, message: str, expires_at: datetime.datetime
) -> Offer:
    """Keep the terms with their document for good; the deal is locked and has taken the step already."""
    actor, number = actor_of(session), await next_number(session, deal)
    listing = await session.get_one(Listing, deal.listing_id)
    parties = {
        "holder": await session.get_one(Organisation, deal.holder_organisation_id),
        "financier": await session.get_one(Organisation, deal.financier_organisation_id),
    }
    document = document_of(deal, number=number, listing=listing, parties=parties, terms=terms)
    side = own_side(session, deal)
    offer = Offer(
        deal_id=deal.id,
        number=number,
        side=side,
        organisation_id=parties[side].id,
        person_id=actor.id if actor.kind == "person" else None,
        terms=msgspec.to_builtins(terms),
        document=document,
        sha256=sha256_of(document),
        message=message,
        made_at=clock_of(session).now(),
        expires_at=expires_at,
    )
    session.add(offer)
    await session.flush()
    await consent(session, deal, offer, "accepted", sha256=offer.sha256)
    deal.open_offer_id = offer.id
    await session.flush()
    return offer


async def decline_offer(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    await locked(session, deal)
    return await move(session, deal, "decline", note=note)


async def retract_offer(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """Take one's own offer back, as long as it has not been accepted."""
    await locked(session, deal)
    return await move(session, deal, "retract", note=note)


async def accept_offer(session: AsyncSession, *, deal: Deal, sha256: bytes) -> ProcessEvent:
    """Say yes to the document with this hash. What it commits is counted against the financier's caps at once.

    Raises
    ------
    Conflict
        Somebody was first, the hash is of other terms, it is too early, or a cap does not allow the amount.
    """
    await locked(session, deal)
    offer = await open_offer(session, deal)
    event = await move(session, deal, "accept", actor=await acting(session, deal))
    if offer is None:
        raise Conflict("no-offer", "There is no offer on the table.", "当前没有待答复的要约。")
    await check_reflected(session, deal, offer)
    await consent(session, deal, offer, "accepted", sha256=sha256)
    await agree(session, deal, offer)
    await go_on(session, deal)
    return event


async def leave(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """Get up from the table. Once the time to cool off is over, that takes a reason."""
    await locked(session, deal)
    transition = "break-off" if deal.state in ("conditions", "signing") else "withdraw"
    return await move(session, deal, transition, note=note)
