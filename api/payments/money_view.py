"""What the page of a deal's money shows."""

import uuid
from typing import Any

from litestar import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals.dependencies import NAMED
from api.deals.schemas import DealOut
from api.payments import schemas, words
from api.payments.claim_schemas import ClaimOut
from api.payments.dependencies import providers_at_hand, side_of
from api.platform import actor_of, platform_of
from api.site.forms import Form
from marketplace.deals.course import side_of as deal_side_of
from marketplace.deals.models import Deal
from marketplace.ledger.service import balances
from marketplace.money import Money
from marketplace.payments import claims, queries, setup
from marketplace.payments.models import DealPayment
from marketplace.payments.process import OPEN_ORDER
from marketplace.payments.proofs import SENDER


async def money_view(
    request: Request[Any, Any, Any], session: AsyncSession, deal_id: uuid.UUID, form: Form[Any] | None = None
) -> dict[str, Any]:
    """The deal is read anew: a step that was refused may have left it half known."""
    deal = await session.get_one(Deal, deal_id, options=NAMED, populate_existing=True)
    payment = await session.scalar(
        select(DealPayment).where(DealPayment.deal_id == deal_id).execution_options(populate_existing=True)
    )
    actor = actor_of(request)
    shared = {
        "deal": DealOut.of(deal),
        "payment": payment,
        "side": side_of(actor, payment) if payment else None,
        "operates": "operator" in actor.roles,
        "may_set_up": deal.state == "awaiting-funds" and deal_side_of(deal, actor) == "financier",
        "providers": {name: words.PROVIDERS[name] for name in providers_at_hand(request)},
        "form": form,
        "now": platform_of(request).clock.now(),
        "words": words,
    }
    if payment is None:
        return shared | {"stages": []}
    claimable = await claims.claimable_of(session, payment) if shared["operates"] else 0
    return shared | (await _money(session, payment)) | {"claimable": Money(claimable, payment.currency)}


async def _money(session: AsyncSession, payment: DealPayment) -> dict[str, Any]:
    deal_id = payment.deal_id
    found = await setup.stages_of(session, deal_id)
    for paid, _ in found:
        await session.refresh(paid)
    held = await balances(session, [paid.held_account_id for paid, _ in found])
    reports = await queries.report_states(session, deal_id)
    stages = [
        schemas.StageOut.of(paid, terms, held[paid.held_account_id], reports.get(terms.id)) for paid, terms in found
    ]
    orders = [schemas.OrderOut.of(order) for order in await queries.orders_of(session, deal_id)]
    released = [one for one in orders if (one.kind, one.state) == ("release", "confirmed")]
    paid_out, fees = (sum(getattr(one, what).amount_minor for one in released) for what in ("amount", "fee"))
    return {
        "stages": stages,
        "titles": {stage.id: stage.title for stage in stages},
        "held": Money(sum(stage.held.amount_minor for stage in stages), payment.currency),
        "total": Money(sum(stage.amount.amount_minor for stage in stages), payment.currency),
        "paid_out": Money(paid_out, payment.currency),
        "fees": Money(fees, payment.currency),
        "orders": orders,
        "open_orders": [one for one in orders if one.state in OPEN_ORDER],
        "senders": SENDER,
        "refunds": await queries.refunds_of(session, deal_id),
        "disputes": await queries.disputes_of(session, deal_id),
        "claims": [ClaimOut.of(claim) for claim in await queries.claims_of(session, deal_id)],
        "timeline": list(reversed(await queries.timeline(session, deal_id))),
    }
