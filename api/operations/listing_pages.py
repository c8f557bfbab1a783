"""The operator's listings: the formal check, and what is returned, recommended or suspended."""

from typing import Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Prose
from api.listings.own_page import content_shown
from api.listings.schemas import OwnListing
from api.listings.words import STATES
from api.paging import Cursor
from api.routing import OPERATOR, get, post
from api.site.forms import read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.listings import duplicates, service
from marketplace.listings.content import FORMAL_CHECK_ONLY
from marketplace.listings.models import Listing
from marketplace.process import history

_LIST = "/desk/operator/listings"
_ONE = "/desk/operator/listings/{listing_id:uuid}"
WAITING = ("submitted", "formal-check", "assessment")
Step = Literal["formal-check", "recommend", "return", "suspend"]


class StepForm(Struct, frozen=True):
    """One step of the operator's; returning and suspending ask for a reason."""

    step: Step
    note: Prose = ""


@get(_LIST, access=OPERATOR, problems=(), include_in_schema=False)
async def show_waiting_listings(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """What was submitted and is not decided."""
    found = await listed(session, select(Listing).where(Listing.state.in_(WAITING)), Listing, cursor)
    return page(
        request,
        "operations/listings.html",
        listings=[OwnListing.of(listing) for listing in found.items],
        following=found.following,
        states=STATES,
    )


@get(_ONE, access=OPERATOR, include_in_schema=False)
async def show_listing_to_check(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> Response[bytes]:
    """One listing with what the formal check looks at."""
    return page(request, "operations/listing.html", **await _known(session, own_listing))


async def _known(session: AsyncSession, listing: Listing) -> dict[str, Any]:
    """Read before anything is tried: after a refusal the session reads nothing."""
    return {
        "form": None,
        "formal_only": listing.provenance in FORMAL_CHECK_ONLY,
        "duplicates": await duplicates.possible_duplicates(session, listing=listing),
        "steps": await history(session, listing),
    } | await content_shown(session, listing)


@post(f"{_ONE}/step", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_operator_step(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> Response[bytes]:
    """Pass, recommend, return or suspend."""
    form, known = await read_form(request, StepForm), await _known(session, own_listing)
    try:
        if form.value is not None:
            await _do(session, own_listing, form.value)
            return see_other(f"{_LIST}/{own_listing.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return page(request, "operations/listing.html", status=422, **(known | {"form": form}))


async def _do(session: AsyncSession, listing: Listing, given: StepForm) -> None:
    if given.step == "formal-check":
        await service.pass_formal_check(session, listing=listing)
    elif given.step == "recommend":
        await service.recommend_listing(session, listing=listing, note=given.note)
    else:
        await service.move_listing(session, listing=listing, transition=given.step, note=given.note)


LISTING_PAGES = [show_waiting_listings, show_listing_to_check, take_operator_step]
