"""How a signed deal is to be paid, and the payment of each of its milestones."""

import datetime
import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.base import Base
from marketplace.database import clock_of
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import Conflict
from marketplace.payments.bookings import open_deal_accounts, open_held_accounts
from marketplace.payments.models import DealPayment, MilestonePayment
from marketplace.payments.record_only import NAME as RECORD_ONLY
from marketplace.process import begin

# Who releases as much as this at once needs a colleague's yes; in minor units of the deal's currency.
FOUR_EYES_FROM_MINOR = 5_000_000
# A stage that ends later than this is charged when it starts: nobody's money waits for years.
CHARGED_AHEAD = datetime.timedelta(days=90)


class Arrangement(Struct, frozen=True, kw_only=True):
    """What the two sides chose: who holds the money, whether it comes stage by stage, and the platform's fee."""

    provider: str = RECORD_ONLY
    by_stage: bool = False
    fee_basis_points: int = 0
    fee_tax_basis_points: int = 0
    four_eyes_from_minor: int = FOUR_EYES_FROM_MINOR


async def set_up_payment(session: AsyncSession, *, deal: Deal, arrangement: Arrangement | None = None) -> DealPayment:
    """Open the accounts and the payment of every milestone; the deal is signed and waits for funds."""
    chosen = arrangement or Arrangement()
    if deal.state != "awaiting-funds" or deal.currency is None:
        raise Conflict("not-awaiting-funds", "The deal is not signed and waiting for funds.", "该交易尚未签署待付款。")
    payment = DealPayment(
        deal_id=deal.id,
        provider=chosen.provider,
        payer_id=deal.financier_organisation_id,
        payee_id=deal.holder_organisation_id,
        currency=deal.currency,
        by_stage=chosen.by_stage,
        fee_basis_points=chosen.fee_basis_points,
        fee_tax_basis_points=chosen.fee_tax_basis_points,
        four_eyes_from_minor=chosen.four_eyes_from_minor,
    )
    session.add(payment)
    await session.flush()
    await open_deal_accounts(
        session, deal_id=deal.id, currency=deal.currency, payer_id=payment.payer_id, payee_id=payment.payee_id
    )
    await _open_milestones(session, payment)
    return payment


async def _open_milestones(session: AsyncSession, payment: DealPayment) -> None:
    milestones = await milestones_of(session, payment.deal_id)
    held = await open_held_accounts(
        session,
        deal_id=payment.deal_id,
        currency=payment.currency,
        milestone_ids=[milestone.id for milestone in milestones],
    )
    for milestone in milestones:
        paid = MilestonePayment(
            milestone_id=milestone.id,
            deal_id=payment.deal_id,
            payer_id=payment.payer_id,
            payee_id=payment.payee_id,
            held_account_id=held[milestone.id],
        )
        await begin(session, paid)


async def milestones_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[DealMilestone]:
    """In the contract's order."""
    query = select(DealMilestone).where(DealMilestone.deal_id == deal_id).order_by(DealMilestone.position)
    return (await session.scalars(query)).all()


async def payment_of(session: AsyncSession, deal_id: uuid.UUID) -> DealPayment:
    """How the deal is paid; Conflict where that is not set up yet."""
    found = await session.scalar(select(DealPayment).where(DealPayment.deal_id == deal_id))
    if found is None:
        raise Conflict("payment-not-set-up", "Set up how the deal is paid first.", "请先设定支付方式。")
    return found


async def stages_of(
    session: AsyncSession, deal_id: uuid.UUID, *, for_update: bool = False
) -> list[tuple[MilestonePayment, DealMilestone]]:
    """Each milestone's payment with its terms, in the contract's order."""
    query = (
        select(MilestonePayment, DealMilestone)
        .join(DealMilestone, DealMilestone.id == MilestonePayment.milestone_id)
        .where(MilestonePayment.deal_id == deal_id)
        .order_by(DealMilestone.position)
    )
    if for_update:
        query = query.with_for_update(of=MilestonePayment).execution_options(populate_existing=True)
    return [(paid, terms) for paid, terms in (await session.execute(query)).all()]


async def locked(session: AsyncSession, paid: MilestonePayment) -> DealMilestone:
    """Nobody else moves this milestone's payment until the transaction ends; its terms."""
    await lock(session, paid)
    return await session.get_one(DealMilestone, paid.milestone_id)


async def lock(session: AsyncSession, row: Base) -> None:
    """The row as it is now, and nobody else changes it until the transaction ends."""
    await session.flush()  # reading it again would forget what this transaction has changed
    await session.refresh(row, with_for_update=True)


def now_of(session: AsyncSession) -> datetime.datetime:
    return clock_of(session).now()
