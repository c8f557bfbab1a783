"""Mandates: what an investor or incubator looks for at any time, and the technologies that fit it."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.amounts import in_minor, known_currency, major
from api.calls.words import INSTRUMENTS
from api.matching.cohort_pages import COHORT_PAGES
from api.matching.routes import list_technologies_for_mandate
from api.matching.schemas import MandateIn, MandateOut
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, Given, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.matching import mandates
from marketplace.matching.models import Mandate
from marketplace.matching.wording import NAMES
from marketplace.people.models import Organisation

_LIST = "/desk/mandates"
_ONE = "/desk/mandates/{mandate_id:uuid}"
_AMOUNTS = ("ticket_low_minor", "ticket_high_minor", "revenue_min_minor")
_FITTING_SHOWN = 20


@get(_LIST, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_mandates(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """One's own, and for holders those that are open to them."""
    actor = actor_of(request)
    found = await listed(session, mandates.visible_mandates(actor), Mandate, cursor)
    return page(
        request,
        "matching/mandates.html",
        mandates=[MandateOut.of(one) for one in found.items],
        following=found.following,
        mine=actor.organisation_id,
        seeks=bool({"kind:investor", "kind:incubator"} & actor.roles),
        media=words.MEDIA,
    )


def _form_page(request: Request[Any, Any, Any], form: Form[Any], mandate: Mandate | None) -> Response[bytes]:
    return page(
        request,
        "matching/edit.html",
        status=422 if form.wrong else 200,
        form=form,
        address=f"{_LIST}/{mandate.id}/edit" if mandate else f"{_LIST}/new",
        mandate=mandate,
        media=words.MEDIA,
        instruments=INSTRUMENTS,
        levels=[(level, level) for level in range(1, 10)],
    )


async def _read(request: Request[Any, Any, Any], kept: Mandate | None = None) -> Form[MandateIn]:
    """What was typed; limits that the form has no field for stay as they were."""
    unshown = {} if kept is None else {name: kept.terms[name] for name in _UNSHOWN if name in kept.terms}
    return await read_form(request, MandateIn, prepare=lambda nested: _prepared(nested, unshown))


_UNSHOWN = ("at_least", "at_most", "any_of")


def _prepared(nested: dict[str, Any], unshown: dict[str, Any]) -> dict[str, Any]:
    terms = nested.setdefault("terms", {})
    if not isinstance(terms, dict):
        return nested
    for name in _AMOUNTS:
        in_minor(terms, name, known_currency(terms.get("currency")))
    if isinstance(terms.get("regions"), str):
        said = terms["regions"].replace("，", ",").replace("、", ",").split(",")
        terms["regions"] = [region.strip().upper() for region in said if region.strip()]
    nested["terms"] = unshown | terms
    return nested


def _filled(mandate: Mandate) -> Form[MandateIn]:
    terms = mandate.terms
    given: Given = {"open_to_holders": "on"} if mandate.open_to_holders else {}
    for name, text in (("title", mandate.title), ("thesis", mandate.thesis)):
        given |= {f"{name}.{tongue}": said for tongue in ("zh", "en") if (said := getattr(text, tongue))}
    for name, value in terms.items():
        if name in _AMOUNTS and value is not None:
            given[f"terms.{name}"] = major(value, known_currency(terms.get("currency")))
        elif isinstance(value, list | tuple):
            given[f"terms.{name}"] = ", ".join(value) if name == "regions" else [str(one) for one in value]
        elif value is not None and name not in _UNSHOWN:
            given[f"terms.{name}"] = str(value)
    return Form(given)


@get(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), include_in_schema=False)
async def show_new_mandate(
    request: Request[Any, Any, Any], posting_organisation: NamedDependency[Organisation]
) -> Response[bytes]:
    """An empty form."""
    return _form_page(request, Form({"terms.currency": "CNY"}), None)


@post(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_new_mandate(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Say what one looks for."""
    form = await _read(request)
    made: list[Mandate] = []

    async def act(given: MandateIn) -> None:
        made.append(await mandates.open_mandate(session, organisation=posting_organisation, content=given.content()))

    if not await carried_out(session, form, act):
        return _form_page(request, form, None)
    return see_other(f"{_LIST}/{made[0].id}")


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_mandate_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_mandate: NamedDependency[Mandate],
    cursor: Cursor = None,
) -> Response[bytes]:
    """What is looked for; for its organisation, the technologies that fit, and what to relax."""
    mine = visible_mandate.organisation_id == actor_of(request).organisation_id
    asked = (request, session, visible_mandate, cursor, _FITTING_SHOWN)
    found = await list_technologies_for_mandate.fn(*asked) if mine and visible_mandate.ended_at is None else None
    return page(
        request,
        "matching/mandate.html",
        mandate=MandateOut.of(visible_mandate),
        mine=mine,
        found=found,
        names=NAMES,
        media=words.MEDIA,
        instruments=INSTRUMENTS,
    )


@get(f"{_ONE}/edit", access=SIGNED_IN, include_in_schema=False)
async def show_edit_mandate(
    request: Request[Any, Any, Any], editable_mandate: NamedDependency[Mandate]
) -> Response[bytes]:
    """The form with what the mandate says."""
    return _form_page(request, _filled(editable_mandate), editable_mandate)


@post(f"{_ONE}/edit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_edit_mandate(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_mandate: NamedDependency[Mandate],
) -> Response[bytes]:
    """Replace what it says."""
    form = await _read(request, editable_mandate)
    address = f"{_LIST}/{editable_mandate.id}"

    async def act(given: MandateIn) -> None:
        await mandates.rewrite_mandate(session, mandate=editable_mandate, content=given.content())

    return see_other(address) if await carried_out(session, form, act) else _form_page(request, form, editable_mandate)


@post(f"{_ONE}/end", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_mandate_end(
    session: NamedDependency[AsyncSession], editable_mandate: NamedDependency[Mandate]
) -> Response[bytes]:
    """Look for this no more."""
    await mandates.end_mandate(session, mandate=editable_mandate)
    return see_other(_LIST)


PAGES = [
    *COHORT_PAGES,
    show_mandates,
    show_new_mandate,
    take_new_mandate,
    show_mandate_page,
    show_edit_mandate,
    take_edit_mandate,
    take_mandate_end,
]
