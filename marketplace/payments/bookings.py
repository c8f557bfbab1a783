"""What an order means in the ledger.

Every movement passes through the deal's clearing account in two legs: it has *left* one side, it has *arrived* at the
other. Where each side speaks for itself, the clearing account shows what only one of them has said so far. A release or
a refund reserves its money at the moment it is ordered, so that no two orders can have the same money.
"""

import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import DealMilestone
from marketplace.ledger.models import LedgerAccount, LedgerTransfer
from marketplace.ledger.service import Entry, NewAccount, complete, move, open_accounts, post, reserve, reverse, void
from marketplace.money import Money
from marketplace.payments.models import MilestonePayment, PaymentOrder


class DealAccounts(Struct, frozen=True, kw_only=True):
    """`payer` and `payee` are outside: theirs is the money that is not held."""

    payer: uuid.UUID
    payee: uuid.UUID
    clearing: uuid.UUID
    fees: uuid.UUID


async def open_deal_accounts(
    session: AsyncSession, *, deal_id: uuid.UUID, currency: str, payer_id: uuid.UUID, payee_id: uuid.UUID
) -> DealAccounts:
    """The accounts that all of a deal's milestones share."""
    owners = {"payer": payer_id, "payee": payee_id, "clearing": None, "fees": None}
    kinds = {"payer": "outside", "payee": "outside", "clearing": "clearing", "fees": "income"}
    wanted = [
        NewAccount(
            code=f"deal:{deal_id}:{name}", kind=kinds[name], currency=currency, organisation_id=owner, deal_id=deal_id
        )
        for name, owner in owners.items()
    ]
    ids = await open_accounts(session, *wanted)
    return DealAccounts(**{name: ids[f"deal:{deal_id}:{name}"] for name in owners})


async def open_held_accounts(
    session: AsyncSession, *, deal_id: uuid.UUID, currency: str, milestone_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """What is held for each milestone has an account of its own: none can be paid from another's money."""
    codes = {milestone_id: f"deal:{deal_id}:held:{milestone_id}" for milestone_id in milestone_ids}
    wanted = [NewAccount(code=code, kind="held", currency=currency, deal_id=deal_id) for code in codes.values()]
    ids = await open_accounts(session, *wanted)
    return {milestone_id: ids[code] for milestone_id, code in codes.items()}


async def accounts_of(session: AsyncSession, order: PaymentOrder) -> DealAccounts:
    """The deal's accounts, which were opened when its payment was set up."""
    names = ("payer", "payee", "clearing", "fees")
    codes = {f"deal:{order.deal_id}:{name}": name for name in names}
    query = select(LedgerAccount.code, LedgerAccount.id).where(
        LedgerAccount.code.in_(codes), LedgerAccount.currency == order.currency
    )
    return DealAccounts(**{codes[code]: id_ for code, id_ in (await session.execute(query)).all()})


def _key(order: PaymentOrder, leg: str) -> str:
    return f"{order.key}:{leg}"


def _whole(order: PaymentOrder) -> Money:
    """What leaves the held account: the amount, and beside it the fee and what is kept for a claim."""
    return order.amount + order.fee + order.netted


async def _held(session: AsyncSession, order: PaymentOrder) -> uuid.UUID:
    query = select(MilestonePayment.held_account_id).where(MilestonePayment.milestone_id == order.milestone_id)
    return (await session.execute(query)).scalar_one()


async def book_reservation(session: AsyncSession, order: PaymentOrder) -> None:
    """Set the order's money aside, if it is to come out of what is held."""
    if order.kind not in ("release", "refund"):
        return
    accounts, held = await accounts_of(session, order), await _held(session, order)
    await post(
        session,
        reserve(
            _key(order, "reserve"),
            _whole(order),
            debit=held,
            credit=accounts.clearing,
            code=order.kind,
            subject_id=order.id,
        ),
    )


async def book_departure(session: AsyncSession, order: PaymentOrder) -> None:
    """It has left, says whoever sends it; said twice, it is booked once."""
    await post(session, _departure(order, await accounts_of(session, order)))


async def book_movement(session: AsyncSession, order: PaymentOrder) -> None:
    """It has left and arrived: with this the clearing account is even again."""
    accounts = await accounts_of(session, order)
    await post(session, _departure(order, accounts), *await _arrivals(session, order, accounts))


def _departure(order: PaymentOrder, accounts: DealAccounts) -> Entry:
    key, of = _key(order, "left"), _key(order, "reserve")
    if order.kind in ("release", "refund"):
        return complete(key, _whole(order), of=of, code=order.kind, subject_id=order.id)
    source = accounts.payer if order.kind == "fund" else accounts.payee
    return move(key, order.amount, debit=source, credit=accounts.clearing, code=order.kind, subject_id=order.id)


async def _arrivals(session: AsyncSession, order: PaymentOrder, accounts: DealAccounts) -> list[Entry]:
    if order.kind == "fund":
        return await _into_held(session, order, accounts)
    if order.kind == "reverse":
        return [_arrival(order, accounts, "arrived", await _held(session, order), order.amount)]
    target = accounts.payee if order.kind == "release" else accounts.payer
    entries = [_arrival(order, accounts, "arrived", target, order.amount)]
    if order.fee_minor:
        entries.append(_arrival(order, accounts, "fee", accounts.fees, order.fee))
    if order.netted_minor:
        owed = await receivable_of(session, order.payee_id, order.currency)
        entries.append(_arrival(order, accounts, "netted", owed, order.netted))
    return entries


async def receivable_of(session: AsyncSession, payee_id: uuid.UUID, currency: str) -> uuid.UUID:
    """What a payee owes the platform, from whichever deals: below zero as long as anything is owed."""
    code = f"payee:{payee_id}:receivable"
    wanted = NewAccount(code=code, kind="outside", currency=currency, organisation_id=payee_id)
    return (await open_accounts(session, wanted))[code]


async def _into_held(session: AsyncSession, order: PaymentOrder, accounts: DealAccounts) -> list[Entry]:
    query = (
        select(MilestonePayment.held_account_id, DealMilestone.amount_minor, DealMilestone.id)
        .join(DealMilestone, DealMilestone.id == MilestonePayment.milestone_id)
        .where(MilestonePayment.fund_order_id == order.id)
        .order_by(DealMilestone.position)
    )
    return [
        _arrival(order, accounts, f"arrived:{milestone_id}", held, Money(minor, order.currency))
        for held, minor, milestone_id in (await session.execute(query)).all()
    ]


def _arrival(order: PaymentOrder, accounts: DealAccounts, leg: str, target: uuid.UUID, amount: Money) -> Entry:
    return move(_key(order, leg), amount, debit=accounts.clearing, credit=target, code=order.kind, subject_id=order.id)


async def undo(session: AsyncSession, order: PaymentOrder) -> None:
    """The order will not be done: what was set aside is free again, what was said to have left is reversed."""
    left, kept = _key(order, "left"), _key(order, "reserve")
    entries = []
    if await session.scalar(select(exists().where(LedgerTransfer.key == left))):
        whole = _whole(order) if order.kind in ("release", "refund") else order.amount
        entries.append(reverse(_key(order, "undone"), whole, of=left, code=order.kind, subject_id=order.id))
    elif await session.scalar(select(exists().where(LedgerTransfer.key == kept))):
        entries.append(void(_key(order, "void"), _whole(order), of=kept, code=order.kind, subject_id=order.id))
    if entries:
        await post(session, *entries)
