"""The deal room: one's deals, one deal with its offers, and the steps that are taken in it."""

import datetime
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals import schemas, words
from api.deals.deal_view import deal_view, list_view
from api.deals.dependencies import NAMED
from api.deals.offer_pages import OFFER_PAGES
from api.fields import Prose
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import read_form
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.deals import agreement, changes, conditions, negotiation, queries, trial
from marketplace.deals.models import Deal
from marketplace.deals.process import ENDED
from marketplace.deals.terms import Key
from marketplace.errors import only

_DEAL = "/desk/deals/{deal_id:uuid}"
Number = Annotated[int | None, QueryParameter(ge=1, le=10_000)]


@get("/desk/deals", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_deals(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    shown: Annotated[Literal["open", "ended"], QueryParameter(name="show")] = "open",
    cursor: Cursor = None,
) -> Response[bytes]:
    """One's deals: where each stands, whose turn it is, and until when."""
    query = queries.deals_visible_to(actor_of(request)).options(*NAMED)
    query = query.where(Deal.state.in_(ENDED) if shown == "ended" else Deal.state.not_in(ENDED))
    found = await listed(session, query, Deal, cursor)
    rows = await list_view(request, session, found.items)
    now = platform_of(request).clock.now()
    return page(request, "deals/list.html", deals=found, rows=rows, shown=shown, words=words, now=now)


@get(_DEAL, access=SIGNED_IN, include_in_schema=False)
async def show_deal_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_deal: NamedDependency[Deal],
    before: Number = None,
    after: Number = None,
) -> Response[bytes]:
    """One deal: what is on the table, what can be done, and what happened."""
    view = await deal_view(request, session, visible_deal.id, before=before, after=after)
    return page(request, "deals/deal.html", **view)


class StepForm(Struct, frozen=True):
    """A step with what it takes: the hash of the document that was read, or a few words."""

    step: Literal[
        "accept", "approve", "sign", "accept-change", "reconfirm", "convert", "end-trial", "decline", "retract",
        "refuse", "keep-terms", "report-change", "return", "withdraw", "break-off",
    ]  # fmt: skip
    sha256: schemas.Sha256 | None = None
    note: Prose = ""


_CONSENTS: dict[str, Callable[..., Awaitable[Any]]] = {
    "accept": negotiation.accept_offer,
    "approve": agreement.approve,
    "sign": agreement.sign,
    "accept-change": changes.accept_change,
    "reconfirm": changes.reconfirm,
}
_SAID: dict[str, Callable[..., Awaitable[Any]]] = {
    "decline": negotiation.decline_offer,
    "retract": negotiation.retract_offer,
    "refuse": agreement.refuse_approval,
    "keep-terms": changes.keep_terms,
    "report-change": changes.report_change,
    "return": trial.return_technology,
    "withdraw": negotiation.leave,
    "break-off": negotiation.leave,
}
_PLAIN: dict[str, Callable[..., Awaitable[Any]]] = {"convert": trial.convert, "end-trial": trial.end_trial}


@post(f"{_DEAL}/steps", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_deal_step(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Take a step, and see where the deal stands now."""

    async def act(given: StepForm) -> None:
        if given.step in _CONSENTS:
            await _CONSENTS[given.step](session, deal=own_deal, sha256=bytes.fromhex(given.sha256 or ""))
        elif given.step in _SAID:
            await _SAID[given.step](session, deal=own_deal, note=given.note)
        else:
            await _PLAIN[given.step](session, deal=own_deal)

    return await _taken(request, session, own_deal.id, StepForm, act)


async def _taken(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    deal_id: uuid.UUID,
    kind: type[Any],
    act: Callable[[Any], Awaitable[None]],
) -> Response[bytes]:
    """Do what the form says; the page with the reason where it was refused."""
    form = await read_form(request, kind)
    if await carried_out(session, form, act):
        return see_other(f"/desk/deals/{deal_id}")
    return page(request, "deals/deal.html", status=422, **await deal_view(request, session, deal_id, form=form))


class ConditionForm(Struct, frozen=True):
    key: Key
    step: Literal["condition-report", "condition-confirm", "condition-waive", "condition-dispute"]
    note: Prose = ""


@post(f"{_DEAL}/conditions", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_condition_step(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Say that a condition precedent is met, agree, contradict, or do without it."""

    async def act(given: ConditionForm) -> None:
        found = await queries.conditions_of(session, own_deal)
        condition = only(next((one for one in found if one.key == given.key), None), "condition")
        if given.step == "condition-confirm":
            await conditions.confirm_condition(session, deal=own_deal, condition=condition)
            return
        said = {
            "condition-report": conditions.report_condition,
            "condition-waive": conditions.waive_condition,
            "condition-dispute": conditions.dispute_condition,
        }
        await said[given.step](session, deal=own_deal, condition=condition, note=given.note)

    return await _taken(request, session, own_deal.id, ConditionForm, act)


class ResultForm(Struct, frozen=True, kw_only=True):
    kpi: Key
    value: Annotated[float, Meta(ge=-1e15, le=1e15)]
    measured_on: datetime.date
    note: Prose = ""


@post(f"{_DEAL}/trial-results", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_trial_result(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Report a measurement of the trial."""

    async def act(given: ResultForm) -> None:
        await trial.report_result(
            session, deal=own_deal, kpi=given.kpi, value=given.value, measured_on=given.measured_on, note=given.note
        )

    return await _taken(request, session, own_deal.id, ResultForm, act)


PAGES = [show_deals, show_deal_page, take_deal_step, take_condition_step, take_trial_result, *OFFER_PAGES]
