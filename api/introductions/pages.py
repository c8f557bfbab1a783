"""Expressing interest in a technology, and the introductions of one's organisation with what can be answered."""

import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.amounts import in_minor, known_currency
from api.deals.words import INSTRUMENTS
from api.fields import Prose
from api.introductions import routes, schemas
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import attempt, carried_out
from api.site.forms import Form, Given, read_form
from api.site.language import CURRENT
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError, only
from marketplace.introductions import queries
from marketplace.introductions.models import Introduction
from marketplace.introductions.process import ANSWER_WITHIN, OUTCOMES, PURPOSES, REASONS
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring import Refusal

_INTRODUCTION = "/desk/introductions/{introduction_id:uuid}"
_MONEY = ("amount.currency",)


@get("/introductions/new", access=SIGNED_IN, include_in_schema=False)
async def show_interest_form(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    introduced_organisation: NamedDependency[Organisation],
    listing: FromQuery[uuid.UUID],
    call: FromQuery[uuid.UUID | None] = None,
    mandate: FromQuery[uuid.UUID | None] = None,
) -> Response[bytes]:
    """Say what you want of a technology."""
    named = {"listing_id": listing, "call_id": call, "mandate_id": mandate}
    form: Form[Any] = Form({name: str(value) for name, value in named.items() if value})
    return await _form_page(request, session, listing, form)


async def _form_page(
    request: Request[Any, Any, Any], session: AsyncSession, listing_id: uuid.UUID | None, form: Form[Any]
) -> Response[bytes]:
    listing = await session.get(Listing, listing_id) if listing_id else None
    listing = only(listing if listing and listing.state == PUBLISHED else None, "technology")
    waited = await queries.response_time(session, listing.organisation_id)
    return page(
        request,
        "introductions/new.html",
        status=422 if form.wrong else 200,
        listing=listing,
        form=form,
        waited=None if isinstance(waited, Refusal) else waited,
        purposes=PURPOSES,
        instruments=INSTRUMENTS,
        answer_days=ANSWER_WITHIN.days,
    )


@post("/introductions", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_interest(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    introduced_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Tell the other side."""
    form = await read_form(request, schemas.InterestIn, tidy=_tidy, prepare=_prepare)
    if form.value is not None:
        try:
            async with attempt(session):
                made = await routes.express_interest.fn(request, form.value, session, introduced_organisation)
            return see_other(f"/desk/introductions/{made.id}")
        except MarketplaceError as error:
            form.refuse(error)
    return await _form_page(request, session, _id(form.typed("listing_id")), form)


def _id(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def _tidy(given: Given) -> Given:
    """A currency alone is no amount."""
    said = str(given.get("amount.amount_minor", "")).strip()
    return {name: value for name, value in given.items() if said or name not in _MONEY}


def _prepare(nested: dict[str, Any]) -> dict[str, Any]:
    """Yuan become fen; what is written is in the language of the page."""
    amount = nested.get("amount")
    in_minor(amount, "amount_minor", known_currency(amount.get("currency") if isinstance(amount, dict) else None))
    if isinstance(nested.get("message"), str):
        nested["message"] = {CURRENT.get(): nested["message"]}
    return nested


@get("/desk/introductions", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_introductions(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    side: FromQuery[schemas.SideName | None] = None,
    cursor: Cursor = None,
) -> Response[bytes]:
    """Those of one's organisation, the newest first."""
    found = await listed(session, queries.introductions_of(actor_of(request), side=side), Introduction, cursor)
    items = [schemas.IntroductionOut.of(entry) for entry in found.items]
    own = actor_of(request).organisation_id
    return page(
        request, "introductions/list.html", found=found, items=items, side=side, own=own, purposes=PURPOSES
    )  # fmt: skip


@get(_INTRODUCTION, access=SIGNED_IN, include_in_schema=False)
async def show_introduction_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_introduction: NamedDependency[Introduction],
) -> Response[bytes]:
    """One introduction, and what one can answer."""
    return await _shown(request, session, visible_introduction.id, None)


async def _shown(
    request: Request[Any, Any, Any], session: AsyncSession, introduction_id: uuid.UUID, form: Form[Any] | None
) -> Response[bytes]:
    actor = actor_of(request)
    query = queries.introductions_of(actor).where(Introduction.id == introduction_id)
    found = (await session.scalars(query.execution_options(populate_existing=True))).one()
    sides = {found.initiator_id: "initiator", found.recipient_id: "recipient"}
    return page(
        request,
        "introductions/introduction.html",
        status=422 if form else 200,
        found=schemas.IntroductionOut.of(found),
        side=sides.get(actor.organisation_id) if actor.organisation_id else None,
        contacts=await queries.contacts_of(session, introduction_id=found.id, actor=actor),
        course=list(reversed(await history(session, found))),
        form=form,
        purposes=PURPOSES,
        reasons=REASONS,
        outcomes=OUTCOMES,
        instruments=INSTRUMENTS,
        now=platform_of(request).clock.now(),
    )


class AnswerForm(Struct, frozen=True):
    """One of the answers, with what it takes."""

    step: Literal["reciprocate", "decline", "withdraw", "consent", "take-back", "conclude"]
    reason: schemas.Reason | None = None
    outcome: schemas.Outcome | None = None
    note: Prose = ""


@post(_INTRODUCTION, access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_answer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> Response[bytes]:
    """Answer, agree to open contact data, or say what came of it."""
    form, introduction_id = await read_form(request, AnswerForm), joined_introduction.id
    if await carried_out(session, form, partial(_answer, request, session, joined_introduction)):
        return see_other(f"/desk/introductions/{introduction_id}")
    return await _shown(request, session, introduction_id, form)


async def _answer(
    request: Request[Any, Any, Any], session: AsyncSession, introduction: Introduction, given: AnswerForm
) -> None:
    reason, outcome = given.reason or "other", given.outcome or "talks"
    steps: dict[str, Callable[[], Awaitable[Any]]] = {
        "reciprocate": lambda: routes.reciprocate.fn(session, introduction),
        "decline": lambda: routes.decline.fn(schemas.DeclineIn(reason, given.note), session, introduction),
        "withdraw": lambda: routes.withdraw.fn(schemas.WithdrawIn(given.note), session, introduction),
        "consent": lambda: routes.give_consent.fn(request, schemas.ConsentIn(), session, introduction),
        "take-back": lambda: routes.take_back_consent.fn(request, session, introduction),
        "conclude": lambda: routes.conclude.fn(schemas.ConcludeIn(outcome, given.note), session, introduction),
    }
    await steps[given.step]()


PAGES = [show_interest_form, take_interest, show_introductions, show_introduction_page, take_answer]
