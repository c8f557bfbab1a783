"""Financing requests: a holder's own, and what investors and incubators may read."""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import words
from api.calls.amounts import in_minor, known_currency, major
from api.calls.call_form import flat, rows_of, without_blank
from api.calls.dependencies import named_listing, own_listings
from api.calls.requests import RequestIn, RequestNoteIn
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, Given, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.calls import queries, requests
from marketplace.calls.models import FinancingRequest
from marketplace.errors import Invalid
from marketplace.people.models import Organisation

_REQUEST = "/desk/financing-requests/{financing_request_id:uuid}"
_HOME = "/desk/financing-requests"
_ROWS = {
    "content.milestones": ("name.zh", "name.en", "cost_minor"),
    "content.use_of_funds": ("amount_minor",),
}


@get(_HOME, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_requests(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """A holder's own; for investors and incubators those they may read."""
    actor = actor_of(request)
    found = await listed(session, queries.visible_requests(actor), FinancingRequest, cursor)
    return page(
        request, "calls/requests.html", requests=found, holds="kind:holder" in actor.roles, words=words
    )  # fmt: skip


def _tidied(given: Given) -> Given:
    for place, filled in _ROWS.items():
        given = without_blank(given, place, filled)
    return given


def _prepared(tree: dict[str, Any]) -> dict[str, Any]:
    """Yuan become fen, in the budget's currency."""
    tree.pop("more", None)
    content = tree.get("content")
    if not isinstance(content, dict):
        return tree
    budget = content.get("budget")
    currency = known_currency(budget.get("currency") if isinstance(budget, dict) else None)
    in_minor(budget, "amount_minor", currency)
    for name, field in (("milestones", "cost_minor"), ("use_of_funds", "amount_minor")):
        rows = content.get(name)
        for row in rows.values() if isinstance(rows, dict) else ():
            in_minor(row, field, currency)
    if isinstance(readers := content.get("readers"), str):
        content["readers"] = [part for part in re.split(r"[\s,]+", readers) if part]
    return tree


def _as_form(found: FinancingRequest) -> Form[RequestIn]:
    kept = msgspec.to_builtins(requests.content_of(found))
    currency = kept["budget"]["currency"]
    amounts = [(kept["budget"], "amount_minor")]
    amounts += [(row, "cost_minor") for row in kept["milestones"]]
    amounts += [(row, "amount_minor") for row in kept["use_of_funds"]]
    for part, name in amounts:
        part[name] = major(part[name], currency)
    return Form(dict(flat({"listing_id": str(found.listing_id), "content": kept})))


@get(f"{_HOME}/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    applying_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """A form for a new request."""
    return await _form_page(request, session, Form(), None, applying_organisation.id)


async def _form_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    form: Form[RequestIn],
    found: FinancingRequest | None,
    holder_id: uuid.UUID,
) -> Response[bytes]:
    return page(
        request,
        "calls/request-edit.html",
        status=422 if form.wrong else 200,
        form=form,
        found=found,
        listings=await own_listings(session, holder_id),
        rows=lambda place: len(rows_of(form.given, place)),
        words=words,
    )


async def _read(request: Request[Any, Any, Any]) -> Form[RequestIn]:
    form = await read_form(request, RequestIn, tidy=_tidied, prepare=_prepared)
    if form.typed("more"):
        form.errors.clear()
        form.value = None
    return form


@contextmanager
def _within(name: str) -> Iterator[None]:
    """The service names fields of the content; the form has them under it."""
    try:
        yield
    except Invalid as error:
        faults = [structs.replace(fault, field=f"{name}.{fault.field}") for fault in error.fields]
        raise Invalid(faults, code=error.code, message=error.message, message_zh=error.message_zh) from error


@post(f"{_HOME}/new", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_new_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    applying_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Keep it as a draft."""
    form, holder_id = await _read(request), applying_organisation.id
    made: list[FinancingRequest] = []

    async def act(given: RequestIn) -> None:
        listing = await named_listing(session, applying_organisation, given.listing_id)
        with _within("content"):
            made.append(await requests.draft_request(session, listing=listing, content=given.content))

    if not await carried_out(session, form, act):
        return await _form_page(request, session, form, None, holder_id)
    return see_other(f"{_HOME}/{made[0].id}")


@get(f"{_REQUEST}/edit", access=SIGNED_IN, include_in_schema=False)
async def show_edit_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> Response[bytes]:
    """A draft to write on."""
    return await _form_page(request, session, _as_form(own_request), own_request, own_request.organisation_id)


@post(f"{_REQUEST}/edit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_edit_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> Response[bytes]:
    """Keep what was written."""
    form, found = await _read(request), own_request

    async def act(given: RequestIn) -> None:
        with _within("content"):
            await requests.rewrite_request(session, request=found, content=given.content)

    if await carried_out(session, form, act):
        return see_other(f"{_HOME}/{found.id}")
    await session.refresh(found)
    return await _form_page(request, session, form, found, found.organisation_id)


@get(_REQUEST, access=SIGNED_IN, include_in_schema=False)
async def show_request(
    request: Request[Any, Any, Any], visible_request: NamedDependency[FinancingRequest]
) -> Response[bytes]:
    """The project, its milestones, and what its holder can do next."""
    return _request_page(request, visible_request, None)


def _request_page(request: Request[Any, Any, Any], found: FinancingRequest, form: Form[Any] | None) -> Response[bytes]:
    return page(
        request,
        "calls/request.html",
        status=422 if form else 200,
        form=form,
        found=found,
        content=requests.content_of(found),
        mine=found.organisation_id == actor_of(request).organisation_id,
        words=words,
    )


class _Step(Struct, frozen=True):
    """No more than the press of a button."""


async def _step(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    found: FinancingRequest,
    step: Callable[[Any], Awaitable[Any]],
    kind: type[Any] = _Step,
) -> Response[bytes]:
    form: Form[Any] = await read_form(request, kind)
    if await carried_out(session, form, step):
        return see_other(f"{_HOME}/{found.id}")
    await session.refresh(found)
    await session.refresh(found, ["organisation", "listing"])
    return _request_page(request, found, form)


@post(f"{_REQUEST}/publish", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_publish_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> Response[bytes]:
    """Show it for half a year."""
    found = own_request
    return await _step(request, session, found, lambda _: requests.publish_request(session, request=found))


@post(f"{_REQUEST}/fund", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_fund_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_request: NamedDependency[FinancingRequest],
) -> Response[bytes]:
    """Say that the money was found."""
    found = own_request
    return await _step(request, session, found, lambda _: requests.mark_funded(session, request=found, note=""))


@post(f"{_REQUEST}/withdraw", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_withdraw_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    endable_request: NamedDependency[FinancingRequest],
) -> Response[bytes]:
    """Take it back for good."""
    found = endable_request

    async def act(given: RequestNoteIn) -> None:
        await requests.withdraw_request(session, request=found, note=given.note)

    return await _step(request, session, found, act, RequestNoteIn)


REQUEST_PAGES = [
    show_requests,
    show_new_request,
    take_new_request,
    show_request,
    show_edit_request,
    take_edit_request,
    take_publish_request,
    take_fund_request,
    take_withdraw_request,
]
