"""A deal's money for its two sides: set up, fund, submit, accept, confirm, and see everything that happened."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.payments import schemas
from api.payments.case_routes import CASE_ROUTES
from api.payments.claim_routes import CLAIM_ROUTES
from api.payments.claim_schemas import ClaimOut
from api.payments.dependencies import DEPENDENCIES as PROVIDERS
from api.payments.dependencies import providers_at_hand, require_side
from api.payments.desk_routes import DESK_ROUTES
from api.payments.desk_schemas import DealMoneyOut
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from marketplace.deals.models import Deal
from marketplace.errors import FieldError, Invalid
from marketplace.ledger.service import balances
from marketplace.payments import endings, funding, milestones, proofs, queries, refunds, setup
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.proofs import Said
from marketplace.payments.refunds import RefundWish
from marketplace.payments.setup import Arrangement

_DEAL = "/payments/deals/{paid_deal_id:uuid}"
_STAGE = "/payments/milestones/{milestone_payment_id:uuid}"


@post("/payments/unpaid-deals/{payable_deal_id:uuid}", access=SIGNED_IN)
async def set_up_payment(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ArrangementIn],
    session: NamedDependency[AsyncSession],
    unpaid_deal: NamedDependency[Deal],
) -> schemas.PaymentOut:
    """The payer chooses who holds the money of a signed deal."""
    if data.provider not in providers_at_hand(request):
        expected, zh = "record-only: nothing is held at Stripe here", "本平台未接入Stripe，须为record-only"
        raise Invalid([FieldError(field="provider", value=data.provider, expected=expected, expected_zh=zh)])
    arrangement = Arrangement(provider=data.provider, by_stage=data.by_stage)
    return schemas.PaymentOut.of(await setup.set_up_payment(session, deal=unpaid_deal, arrangement=arrangement))


@get(_DEAL, access=SIGNED_IN)
async def show_deal_money(
    session: NamedDependency[AsyncSession], deal_payment: NamedDependency[DealPayment]
) -> DealMoneyOut:
    """The deal's money timeline: stages with their countdowns, orders, refunds, disputes, and each thing in order."""
    deal_id = deal_payment.deal_id
    return DealMoneyOut(
        payment=schemas.PaymentOut.of(deal_payment),
        stages=await _stages(session, deal_payment),
        orders=[schemas.OrderOut.of(order) for order in await queries.orders_of(session, deal_id)],
        refunds=[schemas.RefundOut.of(refund) for refund in await queries.refunds_of(session, deal_id)],
        disputes=[schemas.DisputeOut.of(dispute) for dispute in await queries.disputes_of(session, deal_id)],
        claims=[ClaimOut.of(claim) for claim in await queries.claims_of(session, deal_id)],
        timeline=await queries.timeline(session, deal_id),
    )


async def _stages(session: AsyncSession, payment: DealPayment) -> list[schemas.StageOut]:
    stages = await setup.stages_of(session, payment.deal_id)
    held = await balances(session, [paid.held_account_id for paid, _ in stages])
    reports = await queries.report_states(session, payment.deal_id)
    return [
        schemas.StageOut.of(paid, terms, held[paid.held_account_id], reports.get(terms.id)) for paid, terms in stages
    ]


async def _stage(session: AsyncSession, paid: MilestonePayment) -> schemas.StageOut:
    stages = await setup.stages_of(session, paid.deal_id)
    held = await balances(session, [paid.held_account_id])
    terms = next(terms for found, terms in stages if found.id == paid.id)
    reports = await queries.report_states(session, paid.deal_id)
    return schemas.StageOut.of(paid, terms, held[paid.held_account_id], reports.get(terms.id))


@post(f"{_DEAL}/fund", access=SIGNED_IN, problems=(402, 404))
async def fund(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
) -> schemas.OrderOut:
    """Order the pay-in of what is due now."""
    require_side(request, deal_payment, "payer")
    return schemas.OrderOut.of(await funding.fund(session, payment=deal_payment))


@post(f"{_DEAL}/cancel", access=SIGNED_IN)
async def cancel(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
) -> list[schemas.RefundOut]:
    """Cancel by stage: what is not paid in lapses, for what is held a refund is proposed to the other side."""
    require_side(request, deal_payment, "payer", "payee")
    proposed = await endings.cancel(session, payment=deal_payment, reason=data.note)
    return [schemas.RefundOut.of(refund) for refund in proposed]


@post(f"{_STAGE}/submit", access=SIGNED_IN)
async def submit(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.EvidenceIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> schemas.StageOut:
    """The payee hands in; the clock of the inspection starts."""
    require_side(request, milestone_payment, "payee")
    await milestones.submit(session, paid=milestone_payment, evidence=data.evidence)
    return await _stage(session, milestone_payment)


@post(f"{_STAGE}/request-changes", access=SIGNED_IN)
async def request_changes(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> schemas.StageOut:
    """The payer says what has to be different."""
    require_side(request, milestone_payment, "payer")
    await milestones.request_changes(session, paid=milestone_payment, note=data.note)
    return await _stage(session, milestone_payment)


@post(f"{_STAGE}/accept", access=SIGNED_IN)
async def accept(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.AcceptIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
    signer: NamedDependency[Signer],
) -> schemas.StageOut:
    """The payer accepts, the whole or a part; above the deal's limit with a fresh second factor."""
    require_side(request, milestone_payment, "payer")
    await milestones.accept(session, paid=milestone_payment, signer=signer, amount_minor=data.amount_minor)
    return await _stage(session, milestone_payment)


@post(f"{_STAGE}/approve", access=SIGNED_IN)
async def approve(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
    signer: NamedDependency[Signer],
) -> schemas.StageOut:
    """A second person's yes to a large release: of the payer's, or an operator after a decision or silence."""
    if "operator" not in actor_of(request).roles:
        require_side(request, milestone_payment, "payer")
    await milestones.approve(session, paid=milestone_payment, signer=signer)
    return await _stage(session, milestone_payment)


@post(f"{_STAGE}/refunds", access=SIGNED_IN)
async def propose_refund(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.RefundIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> schemas.RefundOut:
    """Put a refund on record; the other side approves it before anything moves."""
    require_side(request, milestone_payment, "payer", "payee")
    wish = RefundWish(amount_minor=data.amount_minor, released_minor=data.released_minor, reason=data.reason)
    return schemas.RefundOut.of(await refunds.propose(session, paid=milestone_payment, wish=wish))


@post(f"{_STAGE}/abandoned", access=SIGNED_IN)
async def claim_abandoned(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> schemas.RefundOut:
    """Nobody works any more: a refund that the payee's silence approves after fourteen days."""
    require_side(request, milestone_payment, "payer")
    return schemas.RefundOut.of(await endings.claim_abandoned(session, paid=milestone_payment))


@get("/payments/orders/{payment_order_id:uuid}", access=SIGNED_IN)
async def show_order(payment_order: NamedDependency[PaymentOrder]) -> schemas.OrderOut:
    """One order, with what became of it."""
    return schemas.OrderOut.of(payment_order)


@post("/payments/orders/{payment_order_id:uuid}/proofs", access=SIGNED_IN)
async def say(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ProofIn],
    session: NamedDependency[AsyncSession],
    payment_order: NamedDependency[PaymentOrder],
) -> schemas.OrderOut:
    """Say that money was sent or has come, with the bank's reference; both sides together confirm the order."""
    side = require_side(request, payment_order, "payer", "payee")
    said = Said(
        said=data.said, bank_reference=data.bank_reference, document_sha256=data.document_sha256, note=data.note
    )
    return schemas.OrderOut.of(await proofs.say(session, order=payment_order, side=side, said=said))


ROUTES = [
    set_up_payment,
    show_deal_money,
    fund,
    cancel,
    submit,
    request_changes,
    accept,
    approve,
    propose_refund,
    claim_abandoned,
    show_order,
    say,
    *CASE_ROUTES,
    *CLAIM_ROUTES,
    *DESK_ROUTES,
]
DEPENDENCIES = PROVIDERS
