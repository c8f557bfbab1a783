"""Deals by the hundred: paid in at the fake Stripe, accepted, and so to be released.

How work is handed in is tried elsewhere; here it is written in bulk, so that a run is about money.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.chaos_platform import AT_A_TIME, Place, Wish
from fixtures.paid_deals import Sides, make_agreed_deal, make_sides, open_payment, signer_of
from marketplace.actors import system
from marketplace.database import transaction
from marketplace.money import Money
from marketplace.payments import milestones
from marketplace.payments.approvals import Signer
from marketplace.payments.bookings import open_held_accounts
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.orders import Wanted, order_money
from marketplace.payments.process import MILESTONE_PAYMENT
from marketplace.payments.setup import now_of, stages_of
from marketplace.stripe.accounts import account_wanted, keep_account
from marketplace.stripe.gate import StripeGate

US = system("chaos")
PER_DEAL = 20
AMOUNT = Money(100_000, "EUR")
# Milestones under way at the same time: enough that nobody waits for work.
UNDER_WAY_MAX = 200
LOOK_EVERY_S = 1.0


class Course:
    """Deal after deal: made, paid in by its payer, handed in, accepted; `made` counts the milestones so far."""

    def __init__(self, place: Place, gate: StripeGate, wish: Wish) -> None:
        self._place, self._gate, self._wish = place, gate, wish
        self._paid: set[str] = set()
        self._sides: Sides | None = None
        self.made = self.accepted = 0

    async def run(self) -> None:
        """Until as many are accepted as are wished for, or time is up: then what was begun is still accepted."""
        until = time.monotonic() + self._wish.within_s
        while self.made < self._wish.releases or self.accepted < self.made:
            on_time = time.monotonic() < until
            if on_time and self.made < self._wish.releases and await self._under_way() < UNDER_WAY_MAX:
                await self._make_some()
            elif not on_time and self.accepted == self.made:
                return
            await self._pay_pages()
            if not await self._accept_what_is_funded():
                await asyncio.sleep(LOOK_EVERY_S)

    async def prepare(self) -> None:
        """One payer, and one payee whose account is ready; before anything goes wrong."""
        async with transaction(self._place.sessions, US) as session:
            self._sides = sides = await make_sides(session, role="member")
        made = await self._gate.v2.core.accounts.create_async(account_wanted(sides.payee, "payee@holder1.example"))
        self._place.fake.control(f"accounts/{made.id}", status="active")
        async with transaction(self._place.sessions, US) as session:
            await keep_account(session, organisation_id=sides.payee.id, account_id=made.id, transfers="active")

    async def _under_way(self) -> int:
        return self.made - await confirmed(self._place)

    async def _make_some(self) -> None:
        assert self._sides is not None, "prepare first"
        sizes: list[int] = []
        while len(sizes) < AT_A_TIME and self.made < self._wish.releases:
            sizes.append(min(PER_DEAL, self._wish.releases - self.made))
            self.made += sizes[-1]
        await asyncio.gather(*(_deal(self._place, self._sides, size) for size in sizes))

    async def _pay_pages(self) -> None:
        """The payer pays each page as soon as it is there."""
        waiting = select(PaymentOrder.reference).where(PaymentOrder.kind == "fund", PaymentOrder.state == "sent")
        async with transaction(self._place.sessions, US) as session:
            pages = {page for page in await session.scalars(waiting) if page} - self._paid
        for page in pages:
            await asyncio.to_thread(self._place.fake.control, f"checkout/{page}/pay")
        self._paid |= pages

    async def _accept_what_is_funded(self) -> bool:
        async with transaction(self._place.sessions, US) as session:
            handed_in = update(MilestonePayment).where(MilestonePayment.state == "funded").values(
                state="submitted", state_entry=MilestonePayment.state_entry + 1, submission=1
            )  # fmt: skip
            deals = set(await session.scalars(handed_in.returning(MilestonePayment.deal_id)))
        few = asyncio.Semaphore(AT_A_TIME)
        await asyncio.gather(*(self._accept(deal_id, few) for deal_id in deals))
        return bool(deals)

    async def _accept(self, deal_id: uuid.UUID, few: asyncio.Semaphore) -> None:
        async with few, transaction(self._place.sessions, US) as session:
            stages = await stages_of(session, deal_id)
            payer = stages[0][0].payer_id
            signer = Signer(person_id=await signer_of(session, payer), organisation_id=payer)
            for paid, _ in stages:
                await milestones.accept(session, paid=paid, signer=signer)
        self.accepted += len(stages)


async def how_they_stand(place: Place) -> dict[str, int]:
    query = select(PaymentOrder.state, func.count()).where(PaymentOrder.kind == "release")
    async with transaction(place.sessions, US) as session:
        return dict((await session.execute(query.group_by(PaymentOrder.state))).all())


async def confirmed(place: Place) -> int:
    """Releases that are done."""
    return (await how_they_stand(place)).get("confirmed", 0)


async def _deal(place: Place, sides: Sides, size: int) -> None:
    async with transaction(place.sessions, US) as session:
        deal, terms = await make_agreed_deal(session, sides, milestones=size, amount=AMOUNT)
        payment = await open_payment(session, deal, "stripe")
        whole, none = Money(size * AMOUNT.amount_minor, AMOUNT.currency), Money(0, AMOUNT.currency)
        wanted = Wanted(kind="fund", subject=f"{deal.id}:1", amount=whole, fee=none)
        order = await order_money(session, payment=payment, wanted=wanted)
        await _being_funded(session, payment, order, [one.id for one in terms])


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
