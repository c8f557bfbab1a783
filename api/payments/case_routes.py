"""Refunds and disputes, for the two sides and the mediator."""

from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.payments import schemas
from api.payments.dependencies import require_side
from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, post
from marketplace.errors import Forbidden
from marketplace.payments import disputes, refunds
from marketplace.payments.approvals import Signer
from marketplace.payments.models import Dispute, MilestonePayment, Refund

_REFUND = "/payments/refunds/{refund_id:uuid}"
_DISPUTE = "/payments/disputes/{dispute_id:uuid}"
Seen = Annotated[
    int | None, QueryParameter(ge=0, le=2**53 - 1, description="The proposal as it was read; another one is refused")
]


def require_other_side(request: Request[Any, Any, Any], refund: Refund) -> None:
    """Whoever did not propose it answers; what an operator decided, another operator."""
    if refund.kind == "dispute":
        if "operator" not in actor_of(request).roles:
            raise Forbidden("operators-only", "This is for the platform's operators.", "仅限平台运营方操作。")
        return
    require_side(request, refund, "payer", "payee")
    if refund.proposed_by == actor_of(request).organisation_id:
        raise Forbidden("own-proposal", "The other side has to answer this.", "须由对方答复。")


@post(f"{_REFUND}/approve", access=SIGNED_IN)
async def approve_refund(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_refund: NamedDependency[Refund],
    signer: NamedDependency[Signer],
) -> schemas.RefundOut:
    """The other side's yes, above the limit two people's; after a decision another operator's."""
    require_other_side(request, known_refund)
    return schemas.RefundOut.of(await refunds.approve(session, refund=known_refund, signer=signer))


@post(f"{_REFUND}/reject", access=SIGNED_IN)
async def reject_refund(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_refund: NamedDependency[Refund],
) -> schemas.RefundOut:
    """The other side's no, or that of an operator who does not bear out a decision."""
    require_other_side(request, known_refund)
    return schemas.RefundOut.of(await refunds.reject(session, refund=known_refund))


@post("/payments/milestones/{milestone_payment_id:uuid}/disputes", access=SIGNED_IN)
async def open_dispute(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> schemas.DisputeOut:
    """Dispute a milestone: its money stays held until the dispute ends."""
    side = require_side(request, milestone_payment, "payer", "payee")
    opened = await disputes.open_dispute(session, paid=milestone_payment, side=side, reason=data.note)
    return schemas.DisputeOut.of(opened)


@post(f"{_DISPUTE}/mediate", access=SIGNED_IN)
async def mediate(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
) -> schemas.DisputeOut:
    """Ask for a mediator."""
    side = require_side(request, known_dispute, "payer", "payee")
    return schemas.DisputeOut.of(await disputes.mediate(session, dispute=known_dispute, side=side))


@post(f"{_DISPUTE}/accept", access=SIGNED_IN)
async def accept_proposal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
    signer: NamedDependency[Signer],
    release_minor: Seen = None,
) -> schemas.DisputeOut:
    """Accept the mediator's proposal; once both have, it is carried out."""
    side = require_side(request, known_dispute, "payer", "payee")
    accepted = await disputes.accept_proposal(
        session, dispute=known_dispute, side=side, signer=signer, seen_minor=release_minor
    )
    return schemas.DisputeOut.of(accepted)


@post(f"{_DISPUTE}/reject", access=SIGNED_IN)
async def reject_proposal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
) -> schemas.DisputeOut:
    """Reject the mediator's proposal; mediation goes on."""
    side = require_side(request, known_dispute, "payer", "payee")
    return schemas.DisputeOut.of(await disputes.reject_proposal(session, dispute=known_dispute, side=side))


@post(f"{_DISPUTE}/withdraw", access=SIGNED_IN)
async def withdraw(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
) -> schemas.DisputeOut:
    """Whoever opened it lets it go."""
    require_side(request, known_dispute, "payer", "payee")
    if known_dispute.opened_by != actor_of(request).organisation_id:
        raise Forbidden("not-your-dispute", "Only who opened a dispute withdraws it.", "仅争议提出方可撤回。")
    return schemas.DisputeOut.of(await disputes.withdraw(session, dispute=known_dispute))


@post(f"{_DISPUTE}/proposal", access=OPERATOR)
async def propose_split(
    data: JSONBody[schemas.SplitIn],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
) -> schemas.DisputeOut:
    """The mediator's proposal."""
    proposed = await disputes.propose_split(session, dispute=known_dispute, release_minor=data.release_minor)
    return schemas.DisputeOut.of(proposed)


@post(f"{_DISPUTE}/decision", access=OPERATOR)
async def decide(
    data: JSONBody[schemas.DecisionIn],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
    signer: NamedDependency[Signer],
) -> schemas.DisputeOut:
    """The operator decides, with reasons and a fresh second factor."""
    decided = await disputes.decide(
        session, dispute=known_dispute, release_minor=data.release_minor, note=data.note, signer=signer
    )
    return schemas.DisputeOut.of(decided)


@post(f"{_DISPUTE}/costs", access=OPERATOR)
async def add_cost(
    data: JSONBody[schemas.CostIn],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
) -> schemas.DisputeOut:
    """What mediation cost, never beyond the cap."""
    return schemas.DisputeOut.of(await disputes.add_cost(session, dispute=known_dispute, cost_minor=data.cost_minor))


CASE_ROUTES = [
    approve_refund,
    reject_refund,
    open_dispute,
    mediate,
    accept_proposal,
    reject_proposal,
    withdraw,
    propose_split,
    decide,
    add_cost,
]
