"""Payments, orders, refunds and disputes, loaded and authorised in one step; who is no party knows of none."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of, platform_of
from marketplace.actors import Actor
from marketplace.deals.models import Deal
from marketplace.errors import Forbidden, only
from marketplace.payments.approvals import Signer
from marketplace.payments.models import (
    PROVIDERS,
    DealPayment,
    Dispute,
    FeeInvoice,
    MilestonePayment,
    PayeeClaim,
    PaymentOrder,
    Refund,
)
from marketplace.payments.record_only import NAME as RECORD_ONLY
from marketplace.people.models import LoginSession

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})


def _known(actor: Actor, found: Any, kind: str) -> Any:
    """Both parties and operators know of it."""
    mine = found is not None and actor.organisation_id in (found.payer_id, found.payee_id)
    return only(found if mine or "operator" in actor.roles else None, kind)


def side_of(actor: Actor, found: Any) -> str | None:
    """As which of the two sides the caller's organisation stands in it."""
    sides = {found.payer_id: "payer", found.payee_id: "payee"}
    writes = actor.kind == "key" or bool(WRITERS & actor.roles)
    return sides.get(actor.organisation_id) if actor.organisation_id and writes else None


def require_side(request: Request[Any, Any, Any], found: Any, *wanted: str) -> str:
    """The caller's side, if it is one that may do this."""
    side = side_of(actor_of(request), found)
    if side is None or side not in wanted:
        whose = " or ".join(wanted)
        raise Forbidden("not-your-side", f"This is for the {whose} to do.", "您所在的一方无权执行此操作。")
    return side


def providers_at_hand(request: Request[Any, Any, Any]) -> tuple[str, ...]:
    """Who can hold money here: what nobody can move would be stuck."""
    at_stripe = platform_of(request).settings.stripe_key is not None
    return PROVIDERS if at_stripe else (RECORD_ONLY,)


async def signer(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Signer:
    """The person signed in, with their second factor: money is approved by people, not by programs."""
    held, actor = request.scope.get("auth"), actor_of(request)
    if not isinstance(held, LoginSession) or actor.organisation_id is None or actor.id is None:
        raise Forbidden("browser-only", "This is for people who signed in, not for API keys.", "仅限登录用户操作。")
    login = await session.get_one(LoginSession, held.id)
    return Signer(person_id=actor.id, organisation_id=actor.organisation_id, stepped_up_at=login.stepped_up_at)


async def unpaid_deal(
    request: Request[Any, Any, Any], payable_deal_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Deal:
    """A deal of the caller's as the one who pays, payment being set up or not."""
    actor = actor_of(request)
    found = await session.get(Deal, payable_deal_id)
    parties = (found.financier_organisation_id, found.holder_organisation_id) if found else ()
    deal: Deal = only(found if actor.organisation_id in parties or "operator" in actor.roles else None, "deal")
    if actor.organisation_id != deal.financier_organisation_id or not (actor.kind == "key" or WRITERS & actor.roles):
        raise Forbidden("not-your-side", "This is for the payer to do.", "仅限付款方操作。")
    return deal


async def deal_payment(
    request: Request[Any, Any, Any], paid_deal_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> DealPayment:
    """How a deal is paid, for its parties and operators."""
    found = await session.scalar(select(DealPayment).where(DealPayment.deal_id == paid_deal_id))
    payment: DealPayment = _known(actor_of(request), found, "payment")
    return payment


async def milestone_payment(
    request: Request[Any, Any, Any], milestone_payment_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> MilestonePayment:
    """The payment of a milestone, for its parties and operators."""
    found = await session.get(MilestonePayment, milestone_payment_id)
    paid: MilestonePayment = _known(actor_of(request), found, "milestone-payment")
    return paid


async def payment_order(
    request: Request[Any, Any, Any], payment_order_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> PaymentOrder:
    """An order, for its parties and operators."""
    order: PaymentOrder = _known(actor_of(request), await session.get(PaymentOrder, payment_order_id), "order")
    return order


async def known_refund(
    request: Request[Any, Any, Any], refund_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Refund:
    """A refund, for its parties and operators."""
    refund: Refund = _known(actor_of(request), await session.get(Refund, refund_id), "refund")
    return refund


async def known_dispute(
    request: Request[Any, Any, Any], dispute_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Dispute:
    """A dispute, for its parties and operators."""
    dispute: Dispute = _known(actor_of(request), await session.get(Dispute, dispute_id), "dispute")
    return dispute


async def payee_claim(
    request: Request[Any, Any, Any], payee_claim_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> PayeeClaim:
    """A claim, for the deal's parties and operators."""
    claim: PayeeClaim = _known(actor_of(request), await session.get(PayeeClaim, payee_claim_id), "claim")
    return claim


def require_claimed_side(request: Request[Any, Any, Any], claim: PayeeClaim) -> None:
    """The payer only looks at it."""
    if "operator" not in actor_of(request).roles:
        require_side(request, claim, "payee")


async def fee_invoice(
    request: Request[Any, Any, Any], fee_invoice_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> FeeInvoice:
    """An invoice, for whom it was written to and for operators."""
    actor, found = actor_of(request), await session.get(FeeInvoice, fee_invoice_id)
    mine = found is not None and actor.organisation_id == found.buyer_id
    invoice: FeeInvoice = only(found if mine or "operator" in actor.roles else None, "invoice")
    return invoice


DEPENDENCIES = {
    "signer": signer,
    "unpaid_deal": unpaid_deal,
    "deal_payment": deal_payment,
    "fee_invoice": fee_invoice,
    "payee_claim": payee_claim,
    "milestone_payment": milestone_payment,
    "payment_order": payment_order,
    "known_refund": known_refund,
    "known_dispute": known_dispute,
}
