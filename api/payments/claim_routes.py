"""What a payee owes after a lost chargeback: operators claim and write off, both sides say what was sent and came."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.payments import claim_schemas as schemas
from api.payments.dependencies import require_side
from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, post
from marketplace.errors import FieldError, Forbidden, Invalid
from marketplace.payments import claims, repayments
from marketplace.payments.approvals import Signer
from marketplace.payments.claims import ClaimWish
from marketplace.payments.models import DealPayment, PayeeClaim

Step = Callable[[AsyncSession, PayeeClaim, Signer, schemas.ClaimStepIn], Awaitable[PayeeClaim]]


@post("/payments/deals/{paid_deal_id:uuid}/claims", access=OPERATOR)
async def propose_claim(
    data: JSONBody[schemas.ClaimIn],
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
    signer: NamedDependency[Signer],
) -> schemas.ClaimOut:
    """Propose to claim from the payee what the platform lost by a chargeback; another operator has to approve it."""
    wish = ClaimWish(amount_minor=data.amount_minor, reason=data.reason, netting_basis=data.netting_basis)
    return schemas.ClaimOut.of(await claims.propose(session, payment=deal_payment, wish=wish, signer=signer))


@post("/payments/claims/{payee_claim_id:uuid}/steps", access=SIGNED_IN)
async def take_claim_step(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ClaimStepIn],
    session: NamedDependency[AsyncSession],
    payee_claim: NamedDependency[PayeeClaim],
    signer: NamedDependency[Signer],
) -> schemas.ClaimOut:
    """What either side does about a claim: operators approve, drop, write off and confirm; the payee repays."""
    if data.step in _BY_PAYEE:
        require_side(request, payee_claim, "payee")
    elif "operator" not in actor_of(request).roles:
        raise Forbidden("operators-only", "This is for the platform's operators.", "仅限平台运营方操作。")
    steps = _BY_PAYEE | _BY_OPERATOR
    return schemas.ClaimOut.of(await steps[data.step](session, payee_claim, signer, data))


async def _repaid(session: AsyncSession, claim: PayeeClaim, signer: Signer, given: schemas.ClaimStepIn) -> PayeeClaim:
    minor = claim.outstanding_minor if given.amount_minor is None else given.amount_minor
    return await repayments.say_repaid(
        session, claim=claim, amount_minor=minor, reference=_needed(given.bank_reference, "bank_reference")
    )


async def _paid_back(
    session: AsyncSession, claim: PayeeClaim, signer: Signer, given: schemas.ClaimStepIn
) -> PayeeClaim:
    reference = _needed(given.bank_reference, "bank_reference")
    return await repayments.say_paid_back(session, claim=claim, reference=reference)


async def _doubt(session: AsyncSession, claim: PayeeClaim, signer: Signer, given: schemas.ClaimStepIn) -> PayeeClaim:
    return await claims.doubt(session, claim=claim, note=_needed(given.note, "note"), signer=signer)


async def _close(session: AsyncSession, claim: PayeeClaim, signer: Signer, given: schemas.ClaimStepIn) -> PayeeClaim:
    return await repayments.close(session, claim=claim, note=_needed(given.note, "note"))


def _needed(text: str, field: str) -> str:
    if not text.strip():
        raise Invalid([FieldError(field=field, expected="not empty", expected_zh="请填写")])
    return text.strip()


_BY_PAYEE: dict[str, Step] = {
    "say-repaid": _repaid,
    "confirm-paid-back": lambda s, claim, _, __: repayments.answer_paid_back(s, claim=claim, received=True),
    "deny-paid-back": lambda s, claim, _, __: repayments.answer_paid_back(s, claim=claim, received=False),
}
_BY_OPERATOR: dict[str, Step] = {
    "approve": lambda s, claim, signer, _: claims.approve(s, claim=claim, signer=signer),
    "drop": lambda s, claim, _, __: claims.drop(s, claim=claim),
    "confirm-repaid": lambda s, claim, signer, _: repayments.confirm_repaid(s, claim=claim, signer=signer),
    "deny-repaid": lambda s, claim, _, __: repayments.answer_repaid(s, claim=claim, received=False),
    "doubt": _doubt,
    "keep": lambda s, claim, _, __: claims.keep(s, claim=claim),
    "write-off": lambda s, claim, signer, _: claims.write_off(s, claim=claim, signer=signer),
    "say-paid-back": _paid_back,
    "close": _close,
}

CLAIM_ROUTES = [propose_claim, take_claim_step]
