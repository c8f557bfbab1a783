"""Alerts as a page of the account: the searches that are kept; and the form under an answer that keeps one."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.screening.dependencies import reader_of
from api.search.saving import saved
from api.search.schemas import SavedSearchIn
from api.search.words import KINDS
from api.site import words
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.search.models import SavedSearch
from marketplace.search.saving import close_search, searches_of, set_alerts

_SEARCH = "/account/alerts/{saved_search_id:uuid}"


@get("/account/alerts", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_alerts(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """The searches that one's organisation keeps, and which of them write."""
    return await _alerts_page(request, session, cursor)


async def _alerts_page(
    request: Request[Any, Any, Any], session: AsyncSession, cursor: str | None, form: Form[Any] | None = None
) -> Response[bytes]:
    actor = actor_of(request)
    found = await listed(session, searches_of(actor.organisation_id), SavedSearch, cursor)
    return page(
        request,
        "search/alerts.html",
        status=422 if form and form.wrong else 200,
        list=found,
        form=form,
        kinds=KINDS,
        media=words.MEDIA,
        me=actor.id,
    )


@post("/account/alerts", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_search(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Keep a search."""
    form = await read_form(request, SavedSearchIn)
    if form.value is not None:
        try:
            async with attempt(session):
                await saved(session, actor_of(request), form.value)
        except MarketplaceError as error:
            form.refuse(error)
    if form.wrong:
        return await _alerts_page(request, session, None, form)
    return see_other("/account/alerts")


class AlertsForm(Struct, frozen=True):
    alerts: bool = False


@post(f"{_SEARCH}/alerts", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_search_alerts(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    changeable_search: NamedDependency[SavedSearch],
) -> Response[bytes]:
    """Pause its mails, or have them sent to the reader of this page."""
    form = await read_form(request, AlertsForm)
    wanted = reader_of(actor_of(request), bool(form.value and form.value.alerts))
    await set_alerts(session, saved=changeable_search, alerts_to=wanted)
    return see_other("/account/alerts")


@post(f"{_SEARCH}/remove", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_search_away(
    session: NamedDependency[AsyncSession], changeable_search: NamedDependency[SavedSearch]
) -> Response[bytes]:
    """Stop asking."""
    await close_search(session, saved=changeable_search)
    return see_other("/account/alerts")


SAVED_PAGES = [show_alerts, take_search, take_search_alerts, take_search_away]
