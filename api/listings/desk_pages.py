"""The holder's technologies: what each says, what it lacks, and the steps of its process."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings import listing_form
from api.listings import words as listing_words
from api.listings.evidence_pages import EVIDENCE_PAGES
from api.listings.import_pages import IMPORT_PAGES
from api.listings.own_page import own_page
from api.listings.schemas import OwnListing
from api.listings.words import MISSING, STATES
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.steps import StepIn
from marketplace.actors import act_as
from marketplace.errors import MarketplaceError
from marketplace.listings import service
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation

_DESK = "/desk/technologies"
_ONE = "/desk/technologies/{listing_id:uuid}"


@get(_DESK, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_technologies(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """The listings of one's own organisation, with what each lacks."""
    actor = actor_of(request)
    query = select(Listing).where(Listing.organisation_id == actor.organisation_id)
    found = await listed(session, query, Listing, cursor)
    return page(
        request,
        "listings/own.html",
        listings=[OwnListing.of(listing) for listing in found.items],
        following=found.following,
        total=found.total,
        states=STATES,
        missing=MISSING,
        holds="kind:holder" in actor.roles,
    )


@get(f"{_DESK}/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_technology(
    request: Request[Any, Any, Any], holder_organisation: NamedDependency[Organisation]
) -> Response[bytes]:
    """An empty form."""
    return _form_page(request, listing_form.empty(), None)


def _form_page(request: Request[Any, Any, Any], form: Form[Any], listing: Listing | None) -> Response[bytes]:
    return page(
        request,
        "listings/edit.html",
        status=422 if form.wrong else 200,
        form=form,
        address=f"{_DESK}/{listing.id}/edit" if listing else f"{_DESK}/new",
        listing=listing,
        rows=lambda place: listing_form.rows_of(form.given, place),
        words=words,
        choices=listing_words,
        levels=[(level, level) for level in range(1, 10)],
    )


@post(f"{_DESK}/new", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_new_technology(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    holder_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Begin a listing, or add a row to the form."""
    form = await listing_form.read(request)
    if form.value is None or form.adds:
        return _form_page(request, form, None)
    try:
        content = form.value.content()
        async with attempt(session):
            made = await service.draft_listing(session, holder=holder_organisation, content=content)
    except MarketplaceError as error:
        return _form_page(request, form.refuse(error), None)
    return see_other(f"{_DESK}/{made.id}")


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_own_technology(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """One listing: its state, what it lacks, what happened, and what comes next."""
    return await own_page(request, session, own_listing)


@get(f"{_ONE}/edit", access=SIGNED_IN, include_in_schema=False)
async def show_edit_technology(
    request: Request[Any, Any, Any], editable_listing: NamedDependency[Listing]
) -> Response[bytes]:
    """The form with what the listing says."""
    return _form_page(request, listing_form.filled(editable_listing), editable_listing)


@post(f"{_ONE}/edit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_edit_technology(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """Keep what was written; what the form does not show stays as it was."""
    form = await listing_form.read(request, editable_listing)
    if form.value is None or form.adds:
        return _form_page(request, form, editable_listing)
    try:
        content = form.value.content()
        async with attempt(session):
            await service.rewrite_listing(session, listing=editable_listing, content=content)
    except MarketplaceError as error:
        await session.refresh(editable_listing)
        return _form_page(request, form.refuse(error), editable_listing)
    return see_other(f"{_DESK}/{editable_listing.id}")


@post(f"{_ONE}/submit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_submission(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """Hand it in; what is missing or impossible is named at once."""
    form: Form[Any] = Form()
    try:
        await service.submit_listing(session, listing=editable_listing)
    except MarketplaceError as error:
        return await own_page(request, session, editable_listing, form=form.refuse(error))
    return see_other(f"{_DESK}/{editable_listing.id}")


@post(f"{_ONE}/renew", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_renewal(
    session: NamedDependency[AsyncSession], editable_listing: NamedDependency[Listing]
) -> Response[bytes]:
    """Say that it is still true."""
    await service.renew_listing(session, listing=editable_listing)
    return see_other(f"{_DESK}/{editable_listing.id}")


def _step(transition: str) -> Any:
    @post(f"{_ONE}/{transition}", access=SIGNED_IN, status_code=303, include_in_schema=False, name=f"page {transition}")
    async def step(
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        editable_listing: NamedDependency[Listing],
    ) -> Response[bytes]:
        form = await read_form(request, StepIn)
        act_as(session, actor_of(request).acting_as("holder"))
        note = form.value.note if form.value else ""
        await service.move_listing(session, listing=editable_listing, transition=transition, note=note)
        return see_other(f"{_DESK}/{editable_listing.id}")

    return step


DESK_PAGES = [
    show_own_technologies,
    show_new_technology,
    take_new_technology,
    show_own_technology,
    show_edit_technology,
    take_edit_technology,
    take_submission,
    take_renewal,
    _step("revise"),
    _step("withdraw"),
    _step("reopen"),
    *EVIDENCE_PAGES,
    *IMPORT_PAGES,
]
