"""A deal held at the fake Stripe: the real library, the real jobs, and a payer to act for."""

import datetime
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.paid_deals import Sides, make_paid_deal, make_sides, signer_of
from fixtures.stripe_fake.process import StripeFake
from marketplace.actors import Actor, system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.ledger.models import LedgerAccount
from marketplace.ledger.service import balances
from marketplace.payments import funding, milestones, refunds
from marketplace.payments.approvals import Signer
from marketplace.payments.holding import HoldProviders
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.record_only import RecordOnly
from marketplace.payments.refunds import RefundWish
from marketplace.payments.setup import stages_of
from marketplace.settings import Settings
from marketplace.stripe import inbox, reconciliation
from marketplace.stripe.accounts import account_wanted, keep_account
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.jobs import reconcile
from marketplace.stripe.provider import StripeProvider

SECRET = "whsec_of_these_tests"
US = system("test")


@pytest.fixture
def clock() -> SetClock:
    """Stripe's clock is the world's: what is compared with it starts there."""
    return SetClock(datetime.datetime.now(datetime.UTC))


@pytest.fixture
def contract() -> bool:
    """Whether everything is compared with the types of Stripe's library: it takes a second to prepare."""
    return False


@pytest.fixture
def fake(tmp_path: Path, contract: bool) -> Iterator[StripeFake]:
    """One for each test, with money of the platform's own in it: Stripe's fees are the platform's to pay."""
    with StripeFake(tmp_path / "stripe.sqlite", contract=contract) as running:
        running.control("platform/eur/top_up", amount=1_000_000)
        yield running
        truth = running.truth()
    assert truth["contract_breaches"] == []
    assert set(truth["sums"].values()) <= {0}


@pytest.fixture
async def gate(fake: StripeFake) -> AsyncIterator[StripeGate]:
    made = StripeGate("sk_test_fake", webhook_keys=(SECRET,), url=fake.url, timeout_s=5)
    yield made
    await made.close()


@dataclass(frozen=True)
class Desk:
    """Everything a test of a held deal needs in its hands."""

    context: Context
    fake: StripeFake
    gate: StripeGate
    sides: Sides
    payment: DealPayment
    account: str

    def provider(self) -> StripeProvider:
        return StripeProvider(
            self.gate, self.context.sessions, public_url="https://greenhatch.example", clock=self.context.clock
        )

    async def order(self, kind: str, milestone: uuid.UUID | None = None) -> PaymentOrder:
        """The last order of a kind."""
        async with self.context.transaction() as session:
            query = select(PaymentOrder).where(PaymentOrder.kind == kind, PaymentOrder.deal_id == self.payment.deal_id)
            query = query.where(PaymentOrder.milestone_id == milestone) if milestone else query
            return (await session.scalars(query.order_by(PaymentOrder.id.desc()).limit(1))).one()

    async def stages(self) -> list[MilestonePayment]:
        async with self.context.transaction() as session:
            return [paid for paid, _ in await stages_of(session, self.payment.deal_id)]

    async def order_funds(self) -> None:
        """The payer has a page to pay on."""
        async with self.context.transaction() as session:
            payment = await session.get_one(DealPayment, self.payment.id)
            await funding.fund(session, payment=payment)
        await self.work()

    async def fund(self) -> PaymentOrder:
        """Ordered, paid by the payer on Stripe's page, and heard of."""
        await self.order_funds()
        order = await self.order("fund")
        self.fake.control(f"checkout/{order.reference}/pay")
        await self.hear()
        return await self.order("fund")

    async def accept(self, number: int = 0) -> None:
        """The payee hands work in, and the payer says yes."""
        async with self.context.transaction() as session:
            paid = (await stages_of(session, self.payment.deal_id))[number][0]
            await milestones.submit(session, paid=paid, evidence=["report"])
            person = await signer_of(session, paid.payer_id)
            signer = Signer(person_id=person, organisation_id=paid.payer_id, stepped_up_at=self.context.clock.now())
            await milestones.accept(session, paid=paid, signer=signer)

    async def accept_all(self) -> None:
        async with self.context.transaction() as session:
            stages = await stages_of(session, self.payment.deal_id)
            person = await signer_of(session, self.payment.payer_id)
            signer = Signer(
                person_id=person, organisation_id=self.payment.payer_id, stepped_up_at=self.context.clock.now()
            )
            for paid, _ in stages:
                await milestones.submit(session, paid=paid, evidence=["report"])
                await milestones.accept(session, paid=paid, signer=signer)

    async def refund(self, number: int, amount_minor: int, *, released_minor: int = 0) -> None:
        """The payer asks for money back, and the payee says yes."""
        async with self.context.transaction() as session:
            paid = (await stages_of(session, self.payment.deal_id))[number][0]
            wish = RefundWish(amount_minor=amount_minor, reason="demo", released_minor=released_minor)
            refund = await refunds.propose(session, paid=paid, wish=wish)
            person = await signer_of(session, paid.payee_id)
            signer = Signer(person_id=person, organisation_id=paid.payee_id, stepped_up_at=self.context.clock.now())
            await refunds.approve(session, refund=refund, signer=signer)

    async def explained(self) -> reconciliation.Report:
        await reconcile(self.context)
        async with self.context.transaction() as session:
            return await reconciliation.report(session)

    async def work(self) -> None:
        await drain(self.context)

    def deliveries(self, *, keep: bool = False) -> list[dict[str, str]]:
        return self.fake.control("deliveries", secret=SECRET, keep=keep)["deliveries"]

    async def hear(self, deliveries: list[dict[str, str]] | None = None) -> None:
        for event in self.deliveries() if deliveries is None else deliveries:
            async with self.context.transaction() as session:
                body, signature = event["body"].encode(), event["signature"]
                await inbox.receive(session, body=body, signature=signature, keys=(SECRET,))
        await self.work()

    async def held(self, session: AsyncSession) -> list[int]:
        """For each milestone, in the contract's order."""
        stages = await stages_of(session, self.payment.deal_id)
        found = await balances(session, [paid.held_account_id for paid, _ in stages])
        return [found[paid.held_account_id].amount_minor for paid, _ in stages]

    async def balances(self) -> dict[str, int]:
        """The deal's accounts by the last part of their names; `held` is all milestones together."""
        async with self.context.transaction() as session:
            query = select(LedgerAccount).where(LedgerAccount.deal_id == self.payment.deal_id)
            found: dict[str, int] = {}
            for account in await session.scalars(query):
                name = account.code.split(":")[2]
                found[name] = found.get(name, 0) + account.balance_minor
            return found


@pytest.fixture
async def desk(sessions: Sessions, clock: SetClock, fake: StripeFake, gate: StripeGate, milestones_wanted: int) -> Desk:
    return await make_desk(sessions, clock, fake, gate, milestones_wanted)


@pytest.fixture
def milestones_wanted() -> int:
    return 3


async def make_desk(sessions: Sessions, clock: SetClock, fake: StripeFake, gate: StripeGate, milestones: int) -> Desk:
    async with transaction(sessions, US) as session:
        sides = await make_sides(session)
        payment = await make_paid_deal(session, sides=sides, milestones=milestones)
    made = await gate.v2.core.accounts.create_async(account_wanted(sides.payee, "payee@holder1.example"))
    fake.control(f"accounts/{made.id}", status="active")
    async with transaction(sessions, US) as session:
        await keep_account(session, organisation_id=sides.payee.id, account_id=made.id, transfers="active")
    context = Context(sessions=sessions, settings=Settings(), clock=clock)
    desk = Desk(context, fake, gate, sides, payment, made.id)
    tools = {StripeGate: gate, HoldProviders: HoldProviders(RecordOnly(), desk.provider())}
    return replace(desk, context=replace(context, tools=tools))


@pytest.fixture
def actor() -> Actor:
    return US
