"""Claims on a payee, taken from the page of the deal's money."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.amounts import minor
from api.fields import OptionalLine, Prose
from api.payments import claim_routes, claim_schemas
from api.payments.dependencies import require_claimed_side
from api.payments.money_view import money_view
from api.payments.second_factor import shown_again
from api.routing import OPERATOR, SIGNED_IN, post
from api.site.attempt import carried_out
from api.site.forms import read_form
from api.site.render import page, see_other
from marketplace.errors import FieldError, Invalid
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, PayeeClaim
from marketplace.people.models import LoginSession


class ClaimForm(Struct, frozen=True):
    """As the page asks for it, amounts as people write them; `code` is the second factor's."""

    amount: OptionalLine = ""
    note: Prose = ""
    netting_basis: OptionalLine = ""
    code: OptionalLine = ""


class ClaimStepForm(Struct, frozen=True):
    step: claim_schemas.Step
    amount: OptionalLine = ""
    bank_reference: OptionalLine = ""
    note: Prose = ""
    code: OptionalLine = ""


def _typed(typed: str, currency: str) -> int:
    found = minor(typed, currency) if typed.strip() else typed
    if isinstance(found, str) or found < 1:
        expected, zh = "an amount of money", "请填写金额"
        raise Invalid([FieldError(field="amount", value=typed, expected=expected, expected_zh=zh)])
    return found


@post("/desk/operator/deals/{paid_deal_id:uuid}/claims", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_claim(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Propose to claim from the payee what a chargeback cost."""

    async def act(given: ClaimForm) -> None:
        if not given.note.strip():
            raise Invalid([FieldError(field="note", expected="the reason", expected_zh="请填写理由")])
        wish = claim_schemas.ClaimIn(
            amount_minor=_typed(given.amount, deal_payment.currency),
            reason=given.note,
            netting_basis=given.netting_basis,
        )
        signs = await shown_again(session, signer, login, given.code)
        await claim_routes.propose_claim.fn(wish, session, deal_payment, signs)

    return await _taken(request, session, deal_payment.deal_id, ClaimForm, act)


@post("/desk/claims/{payee_claim_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_claim_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    payee_claim: NamedDependency[PayeeClaim],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Approve, repay, confirm, write off: what the route of the same name does."""
    require_claimed_side(request, payee_claim)

    async def act(given: ClaimStepForm) -> None:
        amount_minor = _typed(given.amount, payee_claim.currency) if given.amount.strip() else None
        step = claim_schemas.ClaimStepIn(
            step=given.step, amount_minor=amount_minor, bank_reference=given.bank_reference, note=given.note
        )
        signs = await shown_again(session, signer, login, given.code)
        await claim_routes.take_claim_step.fn(request, step, session, payee_claim, signs)

    return await _taken(request, session, payee_claim.deal_id, ClaimStepForm, act)


async def _taken(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    deal_id: uuid.UUID,
    kind: type[Any],
    act: Callable[[Any], Awaitable[Any]],
) -> Response[bytes]:
    form = await read_form(request, kind)
    if await carried_out(session, form, act):
        return see_other(f"/desk/deals/{deal_id}/money#claims")
    return page(request, "payments/money.html", status=422, **await money_view(request, session, deal_id, form))


CLAIM_PAGES = [take_claim, take_claim_step]
