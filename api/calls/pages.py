"""Calls for everybody: browsing, one call with how one's own technology stands against it, and applying."""

import datetime
import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import words
from api.calls.amounts import major, minor
from api.calls.dependencies import named_listing, named_listing_or_none, own_listings
from api.calls.desk_pages import DESK_PAGES
from api.calls.request_pages import REQUEST_PAGES
from api.calls.schemas import ConditionOut, State
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import is_fragment, page, see_other
from api.site.words import MEDIA
from marketplace.applications.forgetting import statistics_of
from marketplace.applications.service import check_eligibility, draft_application
from marketplace.calls import queries
from marketplace.calls.content import all_rules
from marketplace.calls.models import Call
from marketplace.calls.service import content_of, editions_of
from marketplace.errors import MarketplaceError
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.paging import Key
from marketplace.people.models import Organisation

RegionFilter = Annotated[str | None, QueryParameter(pattern=r"^$|^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
TypedFilter = Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[^\x00]*$")]
_SOONEST_FIRST = (Key(Call.deadline), Key(Call.id))
_CALL = "/calls/{call_id:uuid}"


@get("/calls", access=PUBLIC, problems=(), include_in_schema=False)
async def show_calls(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    call_state: Annotated[State, QueryParameter(name="state")] = "published",
    medium: TypedFilter = None,
    instrument: TypedFilter = None,
    region: RegionFilter = None,
    trl: TypedFilter = None,
    cursor: Cursor = None,
) -> Response[bytes]:
    """Calls, the one that closes first first."""
    chosen = {
        "state": call_state if call_state != "published" else None,
        "medium": medium if medium in MEDIA else None,
        "instrument": instrument if instrument in words.INSTRUMENTS else None,
        "region": region or None,
        "trl": int(trl) if trl and trl in "123456789" else None,
    }
    wanted = queries.CallFilter(**(chosen | {"state": call_state}))  # type: ignore[arg-type]
    query, kind = queries.public_calls(wanted), tuple[datetime.datetime, uuid.UUID]
    return page(
        request,
        "calls/_results.html" if is_fragment(request) else "calls/browse.html",
        calls=await listed(session, query, Call, cursor, order=_SOONEST_FIRST, kind=kind),
        chosen={name: value for name, value in chosen.items() if value is not None},
        form=Form({name: str(value) for name, value in chosen.items() if value is not None}),
        media=MEDIA,
        words=words,
        now=platform_of(request).clock.now(),
    )


@get(_CALL, access=PUBLIC, include_in_schema=False)
async def show_call_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_call: NamedDependency[Call],
    listing: FromQuery[uuid.UUID | None] = None,
    amount: TypedFilter = None,
) -> Response[bytes]:
    """One call; a holder sees at once how one of their technologies stands against each condition."""
    listings = await _own(request, session)
    checked = await _checked(session, visible_call, listings, listing, amount)
    if is_fragment(request):
        return page(request, "calls/_checked.html", call=visible_call, **checked)
    content, actor = content_of(visible_call), actor_of(request)
    over = visible_call.state == "completed"
    return page(
        request,
        "calls/call.html",
        call=visible_call,
        content=content,
        conditions=[ConditionOut.of(rule).sentence for rule in all_rules(content)],
        editions=(await editions_of(session, visible_call))[:10] if visible_call.edition > 1 else [],
        statistics=await statistics_of(session, visible_call) if over else None,
        listings=listings,
        mine=actor.organisation_id == visible_call.organisation_id,
        open=visible_call.state == "published" and visible_call.deadline > platform_of(request).clock.now(),
        media=MEDIA,
        words=words,
        **checked,
    )


async def _own(request: Request[Any, Any, Any], session: AsyncSession) -> list[Listing]:
    actor = actor_of(request)
    holding = "kind:holder" in actor.roles and actor.organisation_id
    return await own_listings(session, holding) if holding else []


async def _checked(
    session: AsyncSession, call: Call, listings: list[Listing], chosen: uuid.UUID | None, amount: str | None
) -> dict[str, Any]:
    """The first of one's technologies is checked without asking, with the largest amount; what is no amount counts as

    not given.
    """
    listing, largest = named_listing_or_none(listings, chosen), call.ticket_max
    amount = major(largest.amount_minor, largest.currency) if amount is None else amount
    asked = minor(amount, largest.currency) if amount else None
    if listing is None:
        return {"listing": None, "findings": [], "amount": amount}
    money = Money(asked, largest.currency) if isinstance(asked, int) else None
    findings = await check_eligibility(session, call=call, listing=listing, asked=money)
    return {"listing": listing, "findings": findings, "amount": amount}


class ApplyForm(Struct, frozen=True):
    """The technology that applies."""

    listing_id: uuid.UUID


@get(f"{_CALL}/apply", access=SIGNED_IN, include_in_schema=False)
async def show_apply(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_call: NamedDependency[Call],
    applying_organisation: NamedDependency[Organisation],
    listing: FromQuery[uuid.UUID | None] = None,
) -> Response[bytes]:
    """Choose the technology that applies."""
    return await _apply_page(request, session, visible_call, applying_organisation, listing, None)


async def _apply_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    call: Call,
    holder: Organisation,
    listing: uuid.UUID | None,
    form: Form[Any] | None,
) -> Response[bytes]:
    listings = await own_listings(session, holder.id)
    checked = await _checked(session, call, listings, listing, None)
    status = 422 if form else 200
    return page(request, "calls/apply.html", status=status, call=call, listings=listings, form=form, **checked)


@post(f"{_CALL}/apply", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_apply(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_call: NamedDependency[Call],
    applying_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Begin a draft."""
    form = await read_form(request, ApplyForm)
    try:
        if form.value:
            listing = await named_listing(session, applying_organisation, form.value.listing_id)
            async with attempt(session):
                made = await draft_application(session, call=visible_call, listing=listing)
            return see_other(f"/desk/applications/{made.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _apply_page(request, session, visible_call, applying_organisation, None, form)


PAGES = [show_calls, show_call_page, show_apply, take_apply, *DESK_PAGES, *REQUEST_PAGES]
