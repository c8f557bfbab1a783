"""Deals by the hundred, paid in at the fake Stripe and handed in: what is left is to accept and to release them.

How a milestone comes so far is tried elsewhere; here its rows are written in bulk, so that a run is about releases.
"""

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.chaos_platform import Place, Wish, few_at_a_time
from fixtures.paid_deals import Sides, make_agreed_deal, make_sides, open_payment
from marketplace.actors import system
from marketplace.database import transaction
from marketplace.money import Money
from marketplace.payments.bookings import open_held_accounts
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.orders import Wanted, order_money
from marketplace.payments.process import MILESTONE_PAYMENT
from marketplace.payments.setup import now_of
from marketplace.stripe.accounts import account_wanted, keep_account
from marketplace.stripe.gate import StripeGate

US = system("chaos")
PER_DEAL = 20
AMOUNT = Money(100_000, "EUR")


async def set_up(place: Place, gate: StripeGate, wish: Wish) -> list[DealPayment]:
    """Deals that wait for their funds; all of one payee, whose account is ready."""
    async with transaction(place.sessions, US) as session:
        sides = await make_sides(session, role="member")
    made = await gate.v2.core.accounts.create_async(account_wanted(sides.payee, "payee@holder1.example"))
    place.fake.control(f"accounts/{made.id}", status="active")
    async with transaction(place.sessions, US) as session:
        await keep_account(session, organisation_id=sides.payee.id, account_id=made.id, transfers="active")
    sizes = [PER_DEAL] * (wish.releases // PER_DEAL) + ([wish.releases % PER_DEAL] if wish.releases % PER_DEAL else [])
    return await few_at_a_time(sizes, lambda size: _deal(place, sides, size))


async def _deal(place: Place, sides: Sides, size: int) -> DealPayment:
    async with transaction(place.sessions, US) as session:
        deal, milestones = await make_agreed_deal(session, sides, milestones=size, amount=AMOUNT)
        payment = await open_payment(session, deal, "stripe")
        whole, none = Money(size * AMOUNT.amount_minor, AMOUNT.currency), Money(0, AMOUNT.currency)
        wanted = Wanted(kind="fund", subject=f"{deal.id}:1", amount=whole, fee=none)
        order = await order_money(session, payment=payment, wanted=wanted)
        await _being_funded(session, payment, order, [milestone.id for milestone in milestones])
    return payment


async def _being_funded(
    session: AsyncSession, payment: DealPayment, order: PaymentOrder, ids: Sequence[object]
) -> None:
    accounts = await open_held_accounts(
        session,
        deal_id=payment.deal_id,
        currency=payment.currency,
        milestone_ids=[*ids],  # type: ignore[list-item]
    )
    shared = {
        "deal_id": payment.deal_id, "payer_id": payment.payer_id, "payee_id": payment.payee_id,
        "fund_order_id": order.id, "state": "funding", "state_entry": 1, "state_since": now_of(session),
        "process_version": MILESTONE_PAYMENT.version,
    }  # fmt: skip
    rows = [shared | {"milestone_id": one, "held_account_id": account} for one, account in accounts.items()]
    await session.execute(insert(MilestonePayment), rows)


async def pay_in(place: Place, deals: Sequence[DealPayment], within_s: float) -> None:
    """The payer pays each page as soon as it is there; then the work is handed in."""
    paid: set[str] = set()
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        async with transaction(place.sessions, US) as session:
            orders = (await session.scalars(select(PaymentOrder).where(PaymentOrder.kind == "fund"))).all()
        if all(order.state == "confirmed" for order in orders) and len(orders) == len(deals):
            await _hand_in(place)
            return
        for order in orders:
            if order.state == "sent" and order.reference and order.reference not in paid:
                await asyncio.to_thread(place.fake.control, f"checkout/{order.reference}/pay")
                paid.add(order.reference)
        await asyncio.sleep(0.5)
    raise RuntimeError("the deals were not funded in time")


async def _hand_in(place: Place) -> None:
    handed_in = update(MilestonePayment).where(MilestonePayment.state == "funded")
    async with transaction(place.sessions, US) as session:
        values = {"state": "submitted", "state_entry": MilestonePayment.state_entry + 1, "submission": 1}
        await session.execute(handed_in.values(**values), execution_options={"synchronize_session": False})
