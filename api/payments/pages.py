"""A deal's money as a page: milestones with their countdowns, and what each side can do about them."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.amounts import minor
from api.fields import AmountMinor, OptionalLine, Prose
from api.payments import case_routes, routes, schemas
from api.payments.claim_pages import CLAIM_PAGES
from api.payments.dependencies import require_side
from api.payments.desk_pages import DESK_PAGES
from api.payments.dispute_pages import DISPUTE_PAGES
from api.payments.invoice_pages import INVOICE_PAGES
from api.payments.money_view import money_view
from api.payments.payout_pages import PAYOUT_PAGES
from api.payments.second_factor import shown_again
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import read_form
from api.site.render import page, see_other
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import FieldError, Invalid
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, Dispute, MilestonePayment, PaymentOrder, Refund
from marketplace.people.models import LoginSession

Act = Callable[[Any], Awaitable[Any]]


@get("/desk/deals/{deal_id:uuid}/money", access=SIGNED_IN, include_in_schema=False)
async def show_money(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Where each milestone stands, until when somebody has to act, and everything that happened."""
    return page(request, "payments/money.html", **await money_view(request, session, visible_deal.id))


async def _taken(
    request: Request[Any, Any, Any], session: AsyncSession, deal_id: uuid.UUID, kind: type[Any], act: Act
) -> Response[bytes]:
    """Do what the form says; the page with the reason where it was refused."""
    form = await read_form(request, kind)
    if await carried_out(session, form, act):
        return see_other(f"/desk/deals/{deal_id}/money")
    return page(request, "payments/money.html", status=422, **await money_view(request, session, deal_id, form))


@post("/desk/deals/{payable_deal_id:uuid}/payment", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_arrangement(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], unpaid_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """Choose who holds the money."""

    async def act(given: schemas.ArrangementIn) -> None:
        await routes.set_up_payment.fn(request, given, session, unpaid_deal)

    return await _taken(request, session, unpaid_deal.id, schemas.ArrangementIn, act)


class MoneyForm(Struct, frozen=True):
    step: Literal["fund", "cancel"]
    note: Prose = ""


@post("/desk/deals/{paid_deal_id:uuid}/money-steps", access=SIGNED_IN, status_code=303, problems=(402, 404),
      include_in_schema=False)  # fmt: skip
async def take_money_step(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], deal_payment: NamedDependency[DealPayment]
) -> Response[bytes]:
    """Order the pay-in, or cancel what is left."""
    require_side(request, deal_payment, "payer", "payee")

    async def act(given: MoneyForm) -> None:
        if given.step == "fund":
            await routes.fund.fn(request, session, deal_payment)
        else:
            await routes.cancel.fn(request, schemas.NoteIn(note=_reason(given.note)), session, deal_payment)

    return await _taken(request, session, deal_payment.deal_id, MoneyForm, act)


def _reason(note: str) -> str:
    if not note.strip():
        raise Invalid([FieldError(field="note", expected="the reason", expected_zh="请填写理由")])
    return note


class StageForm(Struct, frozen=True):
    """What is done with a milestone: evidence one a line, an amount as people write it."""

    step: Literal["submit", "request-changes", "accept", "approve", "dispute", "refund", "abandoned"]
    evidence: Prose = ""
    note: Prose = ""
    amount: OptionalLine = ""
    code: OptionalLine = ""


@post("/desk/milestones/{milestone_payment_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_stage_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Hand in, accept, ask for changes, dispute, or propose a refund."""
    require_side(request, milestone_payment, "payer", "payee")

    async def act(given: StageForm) -> None:
        signs = await shown_again(session, signer, login, given.code)
        await _stage_step(request, session, milestone_payment, signs, given)

    return await _taken(request, session, milestone_payment.deal_id, StageForm, act)


async def _stage_step(
    request: Request[Any, Any, Any], session: AsyncSession, paid: MilestonePayment, signer: Signer, given: StageForm
) -> None:
    if given.step == "submit":
        evidence = schemas.EvidenceIn(evidence=[line.strip() for line in given.evidence.splitlines() if line.strip()])
        await routes.submit.fn(request, evidence, session, paid)
    elif given.step == "accept":
        wanted = schemas.AcceptIn(amount_minor=await _amount(session, paid, given.amount) if given.amount else None)
        await routes.accept.fn(request, wanted, session, paid, signer)
    elif given.step == "approve":
        await routes.approve.fn(request, session, paid, signer)
    elif given.step == "abandoned":
        await routes.claim_abandoned.fn(request, session, paid)
    elif given.step == "refund":
        wish = schemas.RefundIn(amount_minor=await _amount(session, paid, given.amount), reason=_reason(given.note))
        await routes.propose_refund.fn(request, wish, session, paid)
    else:
        act = routes.request_changes if given.step == "request-changes" else case_routes.open_dispute
        await act.fn(request, schemas.NoteIn(note=_reason(given.note)), session, paid)


async def _amount(session: AsyncSession, paid: MilestonePayment, typed: str) -> int:
    """The amount typed, in minor units of the milestone's currency."""
    currency = await session.scalar(select(DealMilestone.currency).where(DealMilestone.id == paid.milestone_id))
    found = minor(typed, currency or "CNY") if typed.strip() else typed
    if isinstance(found, str) or found < 1:
        raise Invalid(
            [FieldError(field="amount", value=typed, expected="an amount of money", expected_zh="请填写金额")]
        )
    return found


class WordForm(Struct, frozen=True):
    said: Literal["sent", "received", "not-received"]
    bank_reference: OptionalLine = ""


@post("/desk/orders/{payment_order_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_word(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    payment_order: NamedDependency[PaymentOrder],
) -> Response[bytes]:
    """Say that money was sent or has come."""
    require_side(request, payment_order, "payer", "payee")

    async def act(given: WordForm) -> None:
        said = schemas.ProofIn(said=given.said, bank_reference=given.bank_reference)
        await routes.say.fn(request, said, session, payment_order)

    return await _taken(request, session, payment_order.deal_id, WordForm, act)


class RefundAnswer(Struct, frozen=True):
    step: Literal["approve", "reject"]
    code: OptionalLine = ""


@post("/desk/refunds/{refund_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_refund_answer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_refund: NamedDependency[Refund],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """The other side's yes or no, or another operator's to what one decided."""
    case_routes.require_other_side(request, known_refund)

    async def act(given: RefundAnswer) -> None:
        if given.step == "approve":
            signs = await shown_again(session, signer, login, given.code)
            await case_routes.approve_refund.fn(request, session, known_refund, signs)
        else:
            await case_routes.reject_refund.fn(request, session, known_refund)

    return await _taken(request, session, known_refund.deal_id, RefundAnswer, act)


class DisputeAnswer(Struct, frozen=True):
    """`seen` is the proposal that stood on the page."""

    step: Literal["mediate", "accept", "reject", "withdraw"]
    code: OptionalLine = ""
    seen: AmountMinor | None = None


@post("/desk/disputes/{dispute_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_dispute_answer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Ask for a mediator, answer the mediator's proposal, or let go."""
    require_side(request, known_dispute, "payer", "payee")

    async def act(given: DisputeAnswer) -> None:
        if given.step == "accept":
            signs = await shown_again(session, signer, login, given.code)
            await case_routes.accept_proposal.fn(request, session, known_dispute, signs, given.seen)
            return
        steps = {
            "mediate": case_routes.mediate, "reject": case_routes.reject_proposal, "withdraw": case_routes.withdraw
        }  # fmt: skip
        await steps[given.step].fn(request, session, known_dispute)

    return await _taken(request, session, known_dispute.deal_id, DisputeAnswer, act)


PAGES = [
    show_money,
    take_arrangement,
    take_money_step,
    take_stage_step,
    take_word,
    take_refund_answer,
    take_dispute_answer,
    *DESK_PAGES,
    *DISPUTE_PAGES,
    *PAYOUT_PAGES,
    *INVOICE_PAGES,
    *CLAIM_PAGES,
]
