"""What a chargeback means in the ledger: the payer has the money back, and somebody has to bear it.

First what is still held of that payment; the platform itself answers for what has been paid out already (Stripe takes
it from the platform's balance), and for the fee of the dispute, whoever wins. A chargeback that is won in the end, also
one that was lost before, is undone by reversing entries; the fee stays.
"""

import uuid
from collections.abc import Sequence

import structlog
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import DealMilestone
from marketplace.ledger.models import LedgerAccount, LedgerTransfer
from marketplace.ledger.service import Entry, NewAccount, move, open_accounts, post, reverse
from marketplace.money import Money
from marketplace.payments import repayments
from marketplace.payments.bookings import accounts_of
from marketplace.payments.models import MilestonePayment, PaymentOrder
from marketplace.stripe.models import StripeChargeback

CODE = "chargeback"
_log = structlog.get_logger("greenhatch.stripe")


class Bearer(Struct, frozen=True):
    """Whose account some of it comes out of; `name` is part of the booking's key."""

    name: str
    account_id: uuid.UUID
    amount_minor: int


async def book(session: AsyncSession, row: StripeChargeback, order: PaymentOrder) -> None:
    """Bring the ledger to how the chargeback stands; done again it does nothing."""
    if row.currency != order.currency:
        _log.error("a chargeback in another currency than its payment", dispute=row.dispute_id, key=order.key)
        return
    if row.closed_at is not None and row.fee_minor:
        await _book_fee(session, row, order)
    booked = await _booked(session, row)
    if row.status == "lost" and not booked:
        await _book_loss(session, row, order)
    elif row.status != "lost" and booked:
        await _undo(session, row, order, booked)


def _key(row: StripeChargeback, leg: str) -> str:
    return f"{CODE}:{row.dispute_id}:{leg}"


async def _booked(session: AsyncSession, row: StripeChargeback) -> Sequence[LedgerTransfer]:
    """What was booked of the loss, and not of the fee."""
    query = select(LedgerTransfer).where(LedgerTransfer.key.startswith(_key(row, "lost:"), autoescape=True))
    return (await session.scalars(query.order_by(LedgerTransfer.id))).all()


async def _book_loss(session: AsyncSession, row: StripeChargeback, order: PaymentOrder) -> None:
    accounts = await accounts_of(session, order)

    def leg(name: str, minor: int, debit: uuid.UUID, credit: uuid.UUID) -> Entry:
        amount = Money(minor, order.currency)
        key = _key(row, f"lost:{name}")
        return move(key, amount, debit=debit, credit=credit, code=CODE, subject_id=order.id)

    bearers = await _bearers(session, row, order)
    out = [leg(one.name, one.amount_minor, one.account_id, accounts.clearing) for one in bearers]
    await post(session, *out, leg("payer", row.amount_minor, accounts.clearing, accounts.payer))


async def _bearers(session: AsyncSession, row: StripeChargeback, order: PaymentOrder) -> list[Bearer]:
    """The milestones furthest from done first, then the platform; what is promised to be paid is left alone."""
    free = LedgerAccount.balance_minor - LedgerAccount.reserved_minor
    query = (
        select(LedgerAccount.id, MilestonePayment.milestone_id, free)
        .join(MilestonePayment, MilestonePayment.held_account_id == LedgerAccount.id)
        .join(DealMilestone, DealMilestone.id == MilestonePayment.milestone_id)
        .where(MilestonePayment.fund_order_id == order.id, free > 0)
        .order_by(DealMilestone.position.desc())
    )
    left, bearers = row.amount_minor, []
    for account_id, milestone_id, minor in (await session.execute(query)).all():
        if share := min(left, minor):
            bearers.append(Bearer(f"held:{milestone_id}", account_id, share))
            left -= share
    if left:
        bearers.append(Bearer("platform", (await _ours(session, order))["platform"], left))
    return bearers


async def _book_fee(session: AsyncSession, row: StripeChargeback, order: PaymentOrder) -> None:
    ours = await _ours(session, order)
    fee = Money(row.fee_minor, row.currency)
    debit, credit = ours["platform"], ours["provider"]
    await post(session, move(_key(row, "fee"), fee, debit=debit, credit=credit, code=CODE, subject_id=order.id))


async def _ours(session: AsyncSession, order: PaymentOrder) -> dict[str, uuid.UUID]:
    """The platform's own money, put in for a deal, and what Stripe kept of it."""
    codes = {name: f"deal:{order.deal_id}:{name}" for name in ("platform", "provider")}
    wanted = [
        NewAccount(code=code, kind="outside", currency=order.currency, deal_id=order.deal_id)
        for code in codes.values()
    ]  # fmt: skip
    found = await open_accounts(session, *wanted)
    return {name: found[code] for name, code in codes.items()}


async def _undo(
    session: AsyncSession, row: StripeChargeback, order: PaymentOrder, booked: Sequence[LedgerTransfer]
) -> None:
    """The payer's share first, so that the clearing account never owes."""
    entries = [
        reverse(
            f"{one.key}:undone".replace(":lost:", ":won:"), Money(one.amount_minor, one.currency),
            of=one.key, code=CODE, subject_id=order.id,
        )
        for one in reversed(booked)
    ]  # fmt: skip
    if any(await post(session, *entries)):
        await repayments.overturn(session, order=order)
