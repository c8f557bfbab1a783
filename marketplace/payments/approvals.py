"""Whose yes a payment needs: one person's, and two different people's above the deal's limit, each proven afresh."""

import datetime
import uuid

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.models import DealPayment, PaymentApproval
from marketplace.payments.setup import now_of
from marketplace.people import second_factor


class Signer(Struct, frozen=True, kw_only=True):
    """The person who says yes, for whom, and when they last showed their second factor."""

    person_id: uuid.UUID
    organisation_id: uuid.UUID
    stepped_up_at: datetime.datetime | None = None


def needs_two(payment: DealPayment, amount_minor: int) -> bool:
    return amount_minor >= payment.four_eyes_from_minor


def require_step_up(session: AsyncSession, signer: Signer) -> None:
    """A recent second factor, for what cannot be undone."""
    second_factor.require_recent(session, signer.stepped_up_at)


async def approve(
    session: AsyncSession, *, payment: DealPayment, subject: str, amount_minor: int, signer: Signer
) -> None:
    """Note one person's yes. `subject` says what exactly it is for; nobody counts twice."""
    if needs_two(payment, amount_minor):
        require_step_up(session, signer)
    approval = PaymentApproval(
        subject=subject,
        person_id=signer.person_id,
        organisation_id=signer.organisation_id,
        amount_minor=amount_minor,
        at=now_of(session),
    )
    session.add(approval)
    await session.flush()


async def enough(
    session: AsyncSession, *, payment: DealPayment, subject: str, amount_minor: int, besides: int = 0
) -> bool:
    """Whether all who have to have said yes; `besides` counts what stands for a yes (the contract's rule)."""
    given = await session.scalar(select(func.count()).where(PaymentApproval.subject == subject))
    return (given or 0) + besides >= (2 if needs_two(payment, amount_minor) else 1)
