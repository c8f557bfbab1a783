"""Opening deals and reading them; what organisations allow themselves to commit."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import version_tag
from api.deals import schemas
from api.deals.cap_tables import CAP_TABLES
from api.deals.dependencies import NAMED, PROVIDED
from api.deals.limits import LIMITS
from api.deals.steps import STEPS
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.deals import queries
from marketplace.deals.course import acting
from marketplace.deals.differences import Change, differences
from marketplace.deals.models import Deal, Offer
from marketplace.deals.negotiation import open_deal
from marketplace.deals.paper import pdf_of
from marketplace.deals.schedule import design_for
from marketplace.deals.terms import read_terms
from marketplace.deals.trial import standing_of
from marketplace.errors import FieldError, Invalid, NotFound, only
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history, possible
from scoring import Refusal, TrancheDesign

_DEAL = "/deals/{deal_id:uuid}"


@post("/deals", access=SIGNED_IN)
async def begin_deal(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.DealIn],
    session: NamedDependency[AsyncSession],
    dealing_organisation: NamedDependency[Organisation],
) -> schemas.DealOut:
    """Sit down at a table with the other side of a published technology."""
    listing = await session.get(Listing, data.listing_id)
    if listing is None or listing.state != PUBLISHED:
        raise _wrong("listing_id", data.listing_id, "a recommended technology", "须为已推荐技术")
    financier = dealing_organisation
    if listing.organisation_id == dealing_organisation.id:
        named = await session.get(Organisation, data.financier_id) if data.financier_id else None
        if named is None:
            expected, zh = "the organisation to deal with", "请指明交易对方"
            raise _wrong("financier_id", data.financier_id or "", expected, zh)
        financier = named
    call_id = await _call_of(session, data.application_id, listing, financier)
    deal = await open_deal(
        session,
        listing=listing,
        financier=financier,
        link=data.link,
        instrument=data.instrument,
        call_id=call_id,
        application_id=data.application_id,
    )
    return schemas.DealOut.of(await _named(session, deal.id))


def _wrong(field: str, value: object, expected: str, expected_zh: str) -> Invalid:
    return Invalid([FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)])


async def _call_of(
    session: AsyncSession, application_id: uuid.UUID | None, listing: Listing, financier: Organisation
) -> uuid.UUID | None:
    """The call that an application was made to; it must be this technology's, to a call of this financier."""
    if application_id is None:
        return None
    application = await session.get(Application, application_id)
    call = await session.get(Call, application.call_id) if application else None
    fits = application and application.listing_id == listing.id and application.submitted_at is not None
    if application is None or call is None or not fits or call.organisation_id != financier.id:
        expected = "a submitted application of this technology to a call of this financier"
        raise _wrong("application_id", application_id, expected, "须为该技术向该出资方征集提交的申请")
    return call.id


async def _named(session: AsyncSession, deal_id: uuid.UUID) -> Deal:
    return await session.get_one(Deal, deal_id, options=NAMED, populate_existing=True)


@get("/deals", access=SIGNED_IN, problems=())
async def list_deals(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    in_state: Annotated[str | None, QueryParameter(name="state", max_length=40, pattern=r"^[a-z-]+$")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.DealOut]:
    """Deals of one's own, the newest first; for operators all of them."""
    query = queries.deals_visible_to(actor_of(request)).options(*NAMED)
    if in_state is not None:
        query = query.where(Deal.state == in_state)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Deal), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.DealOut.of(deal) for deal in found.items], following, await count(session, query))


@get(_DEAL, access=SIGNED_IN)
async def show_deal(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> Response[schemas.DealDetail]:
    """One deal with its terms, milestones, conditions, consents, and what the caller can do now."""
    deal, plain = visible_deal, schemas.DealOut.of(visible_deal)
    offer = await queries.offer_at_hand(session, deal)
    shared = {name: getattr(plain, name) for name in schemas.DealOut.__struct_fields__}
    detail = schemas.DealDetail(
        **shared,
        steps=[schemas.StepOut.of(way) for way in possible(deal, await acting(session, deal))],
        offer=schemas.OfferOut.of(offer, deal) if offer else None,
        milestones=[schemas.MilestoneOut.of(found) for found in await queries.milestones_of(session, deal)],
        conditions=[schemas.ConditionOut.of(found) for found in await queries.conditions_of(session, deal)],
        consents=[schemas.ConsentOut.of(found) for found in await queries.consents_to(session, offer)] if offer else [],
        trial=await standing_of(session, deal),
    )
    return Response(detail, headers={"ETag": version_tag(deal.version)})


@get(f"{_DEAL}/history", access=SIGNED_IN, operation_id="deal_history")
async def show_history(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> list[schemas.HistoryOut]:
    """Every step the deal took, and which side took it."""
    return schemas.histories(await history(session, visible_deal), visible_deal)


@get(f"{_DEAL}/offers", access=SIGNED_IN)
async def list_offers(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> list[schemas.OfferOut]:
    """Every offer that was ever on the table, in order."""
    return [schemas.OfferOut.of(found, visible_deal) for found in await queries.offers_of(session, visible_deal)]


async def _offer(session: AsyncSession, deal: Deal, number: int | None) -> Offer:
    """The offer with this number, or the one at hand."""
    found: Offer = only(
        await (
            queries.offer_at_hand(session, deal) if number is None else queries.offer_numbered(session, deal, number)
        ),
        "offer",
    )
    return found


Number = Annotated[int, QueryParameter(ge=1, le=10_000)]


@get(f"{_DEAL}/differences", access=SIGNED_IN)
async def show_differences(
    session: NamedDependency[AsyncSession],
    visible_deal: NamedDependency[Deal],
    before: Number = 1,
    after: Annotated[int | None, QueryParameter(ge=1, le=10_000)] = None,
) -> list[Change]:
    """What differs between two offers, clause by clause: from the first to the one at hand unless said otherwise."""
    first, second = await _offer(session, visible_deal, before), await _offer(session, visible_deal, after)
    return differences(read_terms(first.terms), read_terms(second.terms))


@get(f"{_DEAL}/offers/{{offer_number:int}}/document", access=SIGNED_IN)
async def show_document(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal], offer_number: FromPath[int]
) -> Response[bytes]:
    """The canonical document of an offer, byte for byte: its SHA-256 is what is accepted and signed."""
    offer = await _offer(session, visible_deal, _in_range(offer_number))
    return Response(offer.document, media_type="application/json", headers={"ETag": f'"{offer.sha256.hex()}"'})


@get(f"{_DEAL}/offers/{{offer_number:int}}/terms.pdf", access=SIGNED_IN)
async def show_paper(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal], offer_number: FromPath[int]
) -> Response[bytes]:
    """The terms of an offer with everybody who said yes to them, as a PDF in both languages."""
    offer = await _offer(session, visible_deal, _in_range(offer_number))
    paper = pdf_of(visible_deal, offer, await queries.consents_to(session, offer))
    name = f"deal-{visible_deal.id}-{offer_number}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(paper, media_type="application/pdf", headers=headers)


def _in_range(number: int) -> int:
    if not 1 <= number <= 10_000:
        raise NotFound("offer")
    return number


@get(f"{_DEAL}/tranches", access=SIGNED_IN)
async def show_tranches(
    session: NamedDependency[AsyncSession],
    visible_deal: NamedDependency[Deal],
    offer: FromQuery[int | None] = None,
    milestones_max: Annotated[int, QueryParameter(ge=1, le=12)] = 6,
    holdback_max: Annotated[float, QueryParameter(ge=0, le=0.3)] = 0.2,
) -> TrancheDesign | Refusal:
    """Milestone sizes, holdbacks and stop rules from the stage hazards, beside the offer's own schedule."""
    chosen = await _offer(session, visible_deal, None if offer is None else _in_range(offer))
    return await design_for(
        session, deal=visible_deal, offer=chosen, milestones_max=milestones_max, holdback_max=holdback_max
    )


DEPENDENCIES = PROVIDED
ROUTES = [
    begin_deal,
    list_deals,
    show_deal,
    show_history,
    list_offers,
    show_differences,
    show_document,
    show_paper,
    show_tranches,
    *STEPS,
    *CAP_TABLES,
    *LIMITS,
]
