"""What the page of a deal shows, gathered in few queries."""

import uuid
from collections.abc import Sequence
from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals import words
from api.deals.clauses import changes, other_clauses
from api.deals.dependencies import NAMED
from api.deals.schemas import DealOut, HistoryOut, histories
from api.platform import actor_of, platform_of
from api.site.forms import Form
from marketplace.actors import Actor
from marketplace.deals import queries
from marketplace.deals.course import acting, side_of
from marketplace.deals.models import Deal, DealCondition, Offer
from marketplace.deals.process import AGREED
from marketplace.deals.terms import read_terms
from marketplace.deals.trial import standing_of
from marketplace.deals.turns import turns_of
from marketplace.process import history, possible, process_of

_WRITERS = {"member:owner", "member:admin", "member:member"}


async def deal_view(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    deal_id: uuid.UUID,
    *,
    before: int | None = None,
    after: int | None = None,
    form: Form[Any] | None = None,
) -> dict[str, Any]:
    """Everything of the page. The deal is read anew: a step that was refused may have left it half known."""
    deal = await session.get_one(Deal, deal_id, options=NAMED, populate_existing=True)
    actor = actor_of(request)
    side = side_of(deal, actor) if _WRITERS & actor.roles else None
    offers = await queries.offers_of(session, deal)
    offer = _at_hand(deal, offers)
    conditions = await queries.conditions_of(session, deal)
    steps = {way.name for way in possible(deal, await acting(session, deal))} if side else set()
    return {
        "deal": DealOut.of(deal),
        "side": side,
        "turns": (await turns_of(session, [deal]))[deal.id],
        "ended": process_of(deal).state(deal.state).final,
        "steps": [name for name in words.STEPS if name in steps],
        "may_offer": next((name for name in words.OFFERING if name in steps), None),
        "offer": offer,
        "terms": read_terms(offer.terms) if offer else None,
        "clauses": other_clauses(read_terms(offer.terms)) if offer else [],
        "offers": offers,
        "compared": _compared(offers, offer, before, after),
        "consents": await queries.consents_to(session, offer) if offer else [],
        "conditions": [(one, condition_steps(one, deal, side)) for one in conditions],
        "trial": await standing_of(session, deal),
        "course": _course(histories(await history(session, deal), deal)),
        "form": form,
        "now": platform_of(request).clock.now(),
        "words": words,
    }


def _at_hand(deal: Deal, offers: Sequence[Offer]) -> Offer | None:
    """The one on the table while there is one: that is what one answers; else the agreed one, else the last."""
    wanted = deal.open_offer_id or deal.agreed_offer_id
    return next((one for one in offers if one.id == wanted), offers[-1] if offers else None)


def _compared(
    offers: Sequence[Offer], offer: Offer | None, before: int | None, after: int | None
) -> tuple[int, int, list[Any]] | None:
    """Two offers side by side: the one at hand and the one before it, unless others are named."""
    if offer is None or len(offers) < 2:
        return None
    numbered = {one.number: one for one in offers}
    second = numbered.get(after or offer.number, offer)
    first = numbered.get(before or max(1, second.number - 1), offers[0])
    return first.number, second.number, changes(read_terms(first.terms), read_terms(second.terms))


def _course(events: list[HistoryOut]) -> list[HistoryOut]:
    return list(reversed(events))


def condition_steps(condition: DealCondition, deal: Deal, side: str | None) -> list[str]:
    """What this side may say about a condition now."""
    if side is None or deal.state not in AGREED or condition.state not in ("open", "reported"):
        return []
    reported, protected = condition.state == "reported", condition.beneficiary == side
    said = ["report"] if condition.responsible == side and not reported else []
    return (
        said
        + (["confirm"] if protected else [])
        + (["dispute"] if protected and reported else [])
        + (["waive"] if protected else [])
    )


async def list_view(request: Request[Any, Any, Any], session: AsyncSession, deals: Sequence[Deal]) -> list[Any]:
    """Each deal of a list with the side one is on and whose turn it is."""
    actor, turns = actor_of(request), await turns_of(session, deals)
    return [_row(actor, deal, turns[deal.id]) for deal in deals]


def _row(actor: Actor, deal: Deal, turn: frozenset[str]) -> dict[str, Any]:
    side = side_of(deal, actor)
    other = deal.financier if side == "holder" else deal.holder
    return {"deal": DealOut.of(deal), "side": side, "other": other, "turns": turn, "mine": side in turn}
