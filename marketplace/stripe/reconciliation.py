"""Every movement of the platform's account at Stripe is explained by one of our orders, or stays open and is shown.

Asked from both sides: what Stripe moved and no order explains, and what we believe confirmed and Stripe never moved.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import stripe
from msgspec import Struct
from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.clock import Clock
from marketplace.database import clock_of
from marketplace.jobs import Context
from marketplace.payments.models import PaymentOrder
from marketplace.payments.process import OPEN_ORDER
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.models import StripeChargeback, StripeCustomer, StripeMovement

PAGE = 100
BATCH = 500
# Lines may be listed a little later than they are dated.
OVERLAP = datetime.timedelta(hours=6)
# How long after a confirmation its movement may still be missing here.
MOVES_WITHIN = datetime.timedelta(minutes=10)

# What a line of each type is for, with the sign of its amount: the kind of order that explains it.
ORDERED = {
    "charge": ("fund", 1),
    "payment": ("fund", 1),
    "transfer": ("release", -1),
    "refund": ("refund", -1),
    "payment_refund": ("refund", -1),
    "transfer_refund": ("reverse", 1),
}
# What the account pays or gets without any order: to Stripe for its service, to our bank.
UNORDERED = {
    "payout": "paid out to the platform's bank",
    "topup": "topped up from the platform's bank",
    "topup_reversal": "topped up from the platform's bank",
    "stripe_fee": "Stripe's fee",
    "stripe_fx_fee": "Stripe's fee",
    "tax_fee": "tax on Stripe's fee",
    "payout_failure": "a payout came back",
    "payout_cancel": "a payout came back",
}


async def fetch(context: Context, gate: StripeGate) -> None:
    """Bring the lines that are new, page by page, each once."""
    since = await _fetched_until(context)
    listed = await gate.v1.balance_transactions.list_async({"created": {"gte": since}, "limit": PAGE})
    page: list[stripe.BalanceTransaction] = []
    async for line in listed.auto_paging_iter():
        page.append(line)
        if len(page) == PAGE:
            await _store(context, page)
            page = []
    await _store(context, page)


async def _fetched_until(context: Context) -> int:
    async with context.transaction() as session:
        last = await session.scalar(select(func.max(StripeMovement.occurred_at)))
    return 0 if last is None else int((last - OVERLAP).timestamp())


async def _store(context: Context, lines: Sequence[stripe.BalanceTransaction]) -> None:
    if not lines:
        return
    rows = [
        {
            "line_id": line.id,
            "type": line.type,
            "source_id": str(line.source or ""),
            "amount_minor": line.amount,
            "fee_minor": line.fee,
            "currency": line.currency.upper(),
            "occurred_at": datetime.datetime.fromtimestamp(line.created, datetime.UTC),
        }
        for line in lines
    ]
    async with context.transaction() as session:
        await session.execute(insert(StripeMovement).on_conflict_do_nothing(), rows)


async def explain(context: Context, gate: StripeGate) -> None:
    """Explain what is open. What nothing here explains, Stripe is asked about: whether a customer paid for a plan."""
    after: uuid.UUID | None = None
    while True:
        async with context.transaction() as session:
            beyond = (StripeMovement.id > after,) if after else ()
            query = select(StripeMovement).where(StripeMovement.explanation.is_(None), *beyond)
            open_ = (await session.scalars(query.order_by(StripeMovement.id).limit(BATCH))).all()
            orders = await _orders(session, [line.source_id for line in open_])
            for line in open_:
                await _explain(session, line, orders.get(line.source_id))
        await _explain_plans(context, gate, [line for line in open_ if line.explanation is None])
        if len(open_) < BATCH:
            return
        after = open_[-1].id


async def _orders(session: AsyncSession, references: Sequence[str]) -> dict[str, PaymentOrder]:
    query = select(PaymentOrder).where(PaymentOrder.provider == "stripe", PaymentOrder.reference.in_(references))
    return {str(order.reference): order for order in await session.scalars(query)}


async def _explain(session: AsyncSession, line: StripeMovement, order: PaymentOrder | None) -> None:
    """An order explains a line if it is confirmed, of the right kind, and of the same amount to the cent."""
    kind, sign = ORDERED.get(line.type, ("", 0))
    if order is not None and (order.kind, order.state) == (kind, "confirmed"):
        if (line.amount_minor, line.currency) == (sign * order.amount_minor, order.currency):
            line.order_id = order.id
            _close(line, order.key, clock_of(session))
    elif line.type in UNORDERED:
        _close(line, UNORDERED[line.type], clock_of(session))
    elif line.type == "adjustment":
        known = select(StripeChargeback).where(StripeChargeback.dispute_id == line.source_id)
        if (back := await session.scalar(known)) is not None:
            line.order_id = back.order_id
            _close(line, f"chargeback {back.dispute_id}, {back.status}", clock_of(session))


def _close(line: StripeMovement, explanation: str, clock: Clock) -> None:
    line.explanation, line.explained_at = explanation, clock.now()


async def _explain_plans(context: Context, gate: StripeGate, lines: Sequence[StripeMovement]) -> None:
    for line in lines:
        if line.type not in ("charge", "payment") or not line.source_id.startswith(("ch_", "py_")):
            continue
        charge = await gate.v1.charges.retrieve_async(line.source_id)
        if charge.customer is None:
            continue
        async with context.transaction() as session:
            query = select(StripeCustomer).where(StripeCustomer.customer_id == str(charge.customer))
            if (customer := await session.scalar(query)) is not None:
                row = await session.get_one(StripeMovement, line.id)
                _close(row, f"plan of {customer.organisation_id}", clock_of(session))


class Open(Struct, frozen=True, kw_only=True):
    """Money that nothing explains yet, and since when: a line of Stripe's, or an order without one."""

    what: str
    since: datetime.datetime
    amount_minor: int
    currency: str
    why: str


class Explained(Struct, frozen=True, kw_only=True):
    """One currency: how much moved (both ways together), how much of it is explained, and what Stripe kept."""

    currency: str
    movements: int
    moved_minor: int
    explained_minor: int
    fees_minor: int
    balance_minor: int

    @property
    def share(self) -> float:
        return 1.0 if self.moved_minor == 0 else self.explained_minor / self.moved_minor


class Report(Struct, frozen=True, kw_only=True):
    at: datetime.datetime
    currencies: list[Explained]
    open: list[Open]

    @property
    def is_complete(self) -> bool:
        return not self.open


async def report(session: AsyncSession, *, most: int = 200) -> Report:
    """How much of all money is explained now, and what is not, oldest first."""
    now = clock_of(session).now()
    found = [*await _open_lines(session), *await _orders_without_lines(session, now), *await _waiting(session, now)]
    oldest_first = sorted(found, key=lambda one: one.since)
    return Report(at=now, currencies=await _sums(session), open=oldest_first[:most])


async def _sums(session: AsyncSession) -> list[Explained]:
    moved = func.abs(StripeMovement.amount_minor)
    columns: tuple[Any, ...] = (
        StripeMovement.currency,
        func.count(),
        func.sum(moved),
        func.coalesce(func.sum(moved).filter(StripeMovement.explanation.is_not(None)), 0),
        func.sum(StripeMovement.fee_minor),
        func.sum(StripeMovement.amount_minor - StripeMovement.fee_minor),
    )
    rows = await session.execute(select(*columns).group_by(StripeMovement.currency).order_by(StripeMovement.currency))
    names = Explained.__struct_fields__
    return [msgspec.convert(dict(zip(names, [r[0], *map(int, r[1:])], strict=True)), Explained) for r in rows]


async def _open_lines(session: AsyncSession) -> list[Open]:
    query = select(StripeMovement).where(StripeMovement.explanation.is_(None)).order_by(StripeMovement.occurred_at)
    return [
        Open(
            what=line.source_id or line.line_id,
            since=line.occurred_at,
            amount_minor=line.amount_minor,
            currency=line.currency,
            why=f"Stripe booked a {line.type} that no order of ours explains",
        )
        for line in (await session.scalars(query.limit(BATCH))).all()
    ]


async def _orders_without_lines(session: AsyncSession, now: datetime.datetime) -> list[Open]:
    """We hold it for done, and Stripe has no line of it: said by nobody but us."""
    moved = exists().where(StripeMovement.order_id == PaymentOrder.id)
    query = select(PaymentOrder).where(
        PaymentOrder.provider == "stripe",
        PaymentOrder.state == "confirmed",
        PaymentOrder.state_since < now - MOVES_WITHIN,
        ~moved,
    )
    orders = (await session.scalars(query.limit(BATCH))).all()
    return [_open_order(order, "confirmed here, and not moved at Stripe") for order in orders]


async def _waiting(session: AsyncSession, now: datetime.datetime) -> list[Open]:
    """Asked for and not answered; a pay-in is only waiting for its payer."""
    query = select(PaymentOrder).where(
        PaymentOrder.provider == "stripe",
        PaymentOrder.state.in_(OPEN_ORDER),
        PaymentOrder.kind != "fund",
        PaymentOrder.state_since < now - MOVES_WITHIN,
    )
    return [_open_order(order, f"{order.state}, being looked into") for order in await session.scalars(query)]


def _open_order(order: PaymentOrder, why: str) -> Open:
    return Open(
        what=order.key,
        since=order.state_since,
        amount_minor=order.amount_minor,
        currency=order.currency,
        why=why,
    )
