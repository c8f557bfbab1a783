"""Writing an offer or a counter-offer, and the tranche designer beside its schedule."""

import datetime
from functools import partial
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals import words
from api.deals.assumptions import assumption
from api.deals.dependencies import NAMED
from api.deals.offer_form import BLOCKS, LINK_BLOCKS, OfferForm, filled, prepare, rows_of, tidy
from api.deals.schemas import DealOut
from api.platform import platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, Given, read_form
from api.site.render import page, see_other
from marketplace.deals import changes, negotiation, queries
from marketplace.deals.models import Deal, Offer
from marketplace.deals.process import SETTLED
from marketplace.deals.schedule import design_for
from marketplace.deals.terms import read_terms
from marketplace.errors import only
from scoring import Refusal

_DEAL = "/desk/deals/{deal_id:uuid}"
_FIRST: Given = {"terms.amount.currency": "CNY", "terms.cooling_off_days": "4", "terms.law": "CN"}


@get(f"{_DEAL}/offer", access=SIGNED_IN, include_in_schema=False)
async def show_offer_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """The terms at hand, to be changed."""
    form: Form[OfferForm] = Form(await _given(session, own_deal))
    return _form_page(request, own_deal, form)


async def _given(session: AsyncSession, deal: Deal) -> Given:
    found = await session.get(Offer, deal.open_offer_id) if deal.open_offer_id else None
    found = found or await queries.offer_at_hand(session, deal)
    return filled(read_terms(found.terms)) if found else {**_FIRST, "terms.instrument": deal.instrument}


def _form_page(request: Request[Any, Any, Any], deal: Deal, form: Form[OfferForm]) -> Response[bytes]:
    block = BLOCKS.get(str(form.typed("terms.instrument")))
    places = ("terms.milestones", "terms.conditions", "terms.trial.kpis")
    return page(
        request,
        "deals/offer.html",
        status=422 if form.wrong else 200,
        deal=DealOut.of(deal),
        form=form,
        block=block,
        link_block=LINK_BLOCKS.get(deal.link),
        rows={place: rows_of(form.given, place) for place in places},
        changing=deal.state in SETTLED,
        words=words,
    )


@post(f"{_DEAL}/offer", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_offer(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Put the terms on the table."""
    form, deal_id = await read_form(request, OfferForm, tidy=tidy, prepare=prepare), own_deal.id
    if await carried_out(session, form, partial(_put, session, own_deal, now=platform_of(request).clock.now())):
        return see_other(f"/desk/deals/{deal_id}")
    deal = await session.get_one(Deal, deal_id, options=NAMED, populate_existing=True)
    return _form_page(request, deal, form)


async def _put(session: AsyncSession, deal: Deal, given: OfferForm, now: datetime.datetime) -> None:
    if deal.state in SETTLED:
        await changes.propose_change(session, deal=deal, terms=given.terms, message=given.message)
        return
    ends = now + datetime.timedelta(days=given.days_open)
    await negotiation.make_offer(session, deal=deal, terms=given.terms, message=given.message, expires_at=ends)


@get(f"{_DEAL}/tranches", access=SIGNED_IN, include_in_schema=False)
async def show_tranche_design(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_deal: NamedDependency[Deal],
    milestones_max: Annotated[int, QueryParameter(ge=1, le=12)] = 6,
    holdback_percent: Annotated[int, QueryParameter(ge=0, le=30)] = 20,
) -> Response[bytes]:
    """How the same money could be paid so that less of it is lost, beside the parties' own schedule."""
    offer = only(await queries.offer_at_hand(session, visible_deal), "offer")
    design = await design_for(
        session, deal=visible_deal, offer=offer, milestones_max=milestones_max, holdback_max=holdback_percent / 100
    )
    refused = design if isinstance(design, Refusal) else None
    chosen = {"milestones_max": milestones_max, "holdback_percent": holdback_percent}
    terms, deal = read_terms(offer.terms), DealOut.of(visible_deal)
    return page(
        request,
        "deals/tranches.html",
        deal=deal,
        terms=terms,
        design=design if refused is None else None,
        assumptions=[] if isinstance(design, Refusal) else [assumption(said) for said in design.assumptions],
        refused=refused,
        chosen=chosen,
        currency=terms.amount.currency,
    )


OFFER_PAGES = [show_offer_form, take_offer, show_tranche_design]
