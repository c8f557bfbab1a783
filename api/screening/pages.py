"""The screening workspace: what it is, my screens, and a new one from a filter or a file."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.fields import Line, OptionalLine
from api.platform import actor_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.screening.choice_pages import CHOICES
from api.screening.dependencies import organisation_of, reader_of
from api.screening.result_pages import CHOICES_OF, RESULTS
from api.screening.routes import check_number
from api.screening.schemas import FilterIn, ScreenIn
from api.site.attempt import attempt
from api.site.forms import Form, read_form, texts
from api.site.language import CURRENT, choose_language, gettext
from api.site.render import page, see_other
from api.transaction import provide_session
from api.uploads import refused
from marketplace.errors import MarketplaceError, only
from marketplace.listings.models import Listing
from marketplace.listings.parsing import parse
from marketplace.listings.process import LISTING, PUBLISHED
from marketplace.screening import queries, service
from marketplace.screening.models import Portfolio, Watch

WATCHES_SHOWN = 100
_STATES = {state.name: state.label for state in LISTING.states}


@get("/screens", access=PUBLIC, problems=(), include_in_schema=False)
async def show_screens(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """One's own screens; for others, what screening is."""
    organisation_id = actor_of(request).organisation_id
    if organisation_id is None:
        return page(request, "screening/about.html")
    screens = await queries.open_screens(session, organisation_id)
    watched = select(Watch).where(Watch.organisation_id == organisation_id).options(joinedload(Watch.listing))
    return page(
        request,
        "screening/screens.html",
        screens=screens,
        runs=await queries.latest_runs(session, screens),
        watches=(await session.scalars(watched.order_by(Watch.id.desc()).limit(WATCHES_SHOWN))).all(),
        states=_STATES,
        choices=CHOICES_OF,
    )


class FilterForm(Struct, frozen=True):
    """A new screen over the catalogue, as the page asks for it."""

    name: Line
    filter: FilterIn = FilterIn()
    alerts: bool = False


class FileForm(Struct, frozen=True):
    """A new screen over a file."""

    name: OptionalLine = ""


@get("/screens/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_screen(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The two ways to begin a screen."""
    _may_screen(request)
    return _new(request, 200)


def _may_screen(request: Request[Any, Any, Any]) -> uuid.UUID:
    return organisation_of(actor_of(request))


def _new(
    request: Request[Any, Any, Any], status: int, form: Form[Any] | None = None, file_form: Form[Any] | None = None
) -> Response[bytes]:
    return page(
        request, "screening/new.html", status=status, form=form, file_form=file_form,
        choices=CHOICES_OF, levels=[(level, level) for level in range(1, 10)],
    )  # fmt: skip


@post("/screens", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_screen(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Save a question to the catalogue; its answer is on the way."""
    organisation_id = _may_screen(request)
    form = await read_form(request, FilterForm)
    if form.value is None:
        return _new(request, 422, form)
    given = form.value
    try:
        await check_number(session, organisation_id)
        async with attempt(session):
            saved = await service.save_screen(
                session,
                organisation_id=organisation_id,
                name=given.name,
                asked_of=given.filter.wanted(),
                alerts_to=reader_of(actor_of(request), given.alerts),
            )
    except MarketplaceError as error:
        return _new(request, 422, form.refuse(error))
    return see_other(f"/screens/{saved.id}")


@post("/screens/upload", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_portfolio(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Screen the technologies of a file that nobody else sees."""
    organisation_id = _may_screen(request)
    CURRENT.set(choose_language(request))
    sent = await request.form()
    form: Form[FileForm] = Form(texts(sent))
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        form.errors["file"] = gettext("Choose a CSV, XLSX or JSON file.")
        return _new(request, 422, file_form=form)
    # Before the transaction: reading a file may take a while.
    found = await parse(await file.read(), file.filename)
    try:
        if found.errors:
            raise refused(found.errors)
        session = await provide_session(request)
        async with attempt(session):
            screen_id = await _screen_file(request, session, organisation_id, form, file.filename, found.technologies)
    except MarketplaceError as error:
        return _new(request, 422, file_form=form.refuse(error))
    return see_other(f"/screens/{screen_id}")


async def _screen_file(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    organisation_id: uuid.UUID,
    form: Form[FileForm],
    file_name: str,
    technologies: Any,
) -> uuid.UUID:
    await check_number(session, organisation_id)
    kept: Portfolio = await service.keep_portfolio(
        session, organisation_id=organisation_id, file_name=file_name, technologies=technologies
    )
    name = str(form.typed("name")).strip()[:200].replace("\x00", "") or file_name[:200]
    asked = ScreenIn(name=" ".join(name.split()), portfolio_id=kept.id)
    saved = await service.save_screen(
        session, organisation_id=organisation_id, name=asked.name, asked_of=kept, alerts_to=None
    )
    return saved.id


class WatchForm(Struct, frozen=True):
    """A technology to watch, by mail where wanted."""

    listing_id: uuid.UUID
    alerts: bool = False


@post("/watches", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_watch(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Put a published technology on one's organisation's list."""
    organisation_id = _may_screen(request)
    form = await read_form(request, WatchForm)
    if form.value is None:
        return see_other("/technologies")
    query = select(Listing).where(Listing.id == form.value.listing_id, Listing.state == PUBLISHED)
    listing: Listing = only(await session.scalar(query), "technology")
    mine = (Watch.organisation_id == organisation_id, Watch.listing_id == listing.id)
    if await session.scalar(select(Watch.id).where(*mine)) is None:
        alerts_to = reader_of(actor_of(request), form.value.alerts)
        await service.watch(session, organisation_id=organisation_id, listing=listing, alerts_to=alerts_to)
    return see_other("/screens#watches")


@post("/watches/{watch_id:uuid}/end", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_watch_end(
    session: NamedDependency[AsyncSession], own_watch: NamedDependency[Watch], watch_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """Take a technology off the list."""
    await service.unwatch(session, watched=own_watch)
    return see_other("/screens#watches")


PAGES = [
    show_screens,
    show_new_screen,
    take_screen,
    take_portfolio,
    take_watch,
    take_watch_end,
    *RESULTS,
    *CHOICES,
]
