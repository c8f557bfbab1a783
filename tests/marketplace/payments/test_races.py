"""Many at once, on connections of their own."""

import asyncio
import uuid

from sqlalchemy import func, select, text

from marketplace.actors import act_as
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.errors import MarketplaceError
from marketplace.jobs import Context, drain
from marketplace.ledger.checks import faults
from marketplace.ledger.models import LedgerAccount
from marketplace.payments import disputes, funding, milestones, releases
from marketplace.payments.holding import Confirmed
from marketplace.payments.models import Dispute, MilestonePayment, PaymentOrder
from marketplace.payments.orders import locked, settle
from marketplace.payments.setup import payment_of
from tests.marketplace.payments.making import EVERYBODY, Stage, confirm_all, payable, signer
from tests.marketplace.payments.making import milestones as milestones_of

MILESTONES, RACERS = 200, 8


async def ready(committed: Sessions, *stages: Stage) -> uuid.UUID:
    """A deal that is paid in and whose milestones are all submitted."""
    async with transaction(committed, EVERYBODY) as session:
        payment = await payable(session, *stages)
        await funding.fund(session, payment=payment)
        await confirm_all(session, payment)
        for paid in await milestones_of(session, payment):
            await milestones.submit(session, paid=paid, evidence=[])
    return payment.deal_id


async def test_1600_racing_releases_of_200_milestones_are_exactly_200(committed: Sessions) -> None:
    deal_id = await ready(committed, *[Stage(1_000)] * MILESTONES)
    async with transaction(committed, EVERYBODY) as session:
        query = select(MilestonePayment).where(MilestonePayment.deal_id == deal_id)
        everyone = (await session.scalars(query)).all()
        approver = signer(session, await payment_of(session, deal_id))
    places = asyncio.Semaphore(16)

    async def release(paid_id: uuid.UUID) -> bool:
        async with places:
            try:
                async with transaction(committed, EVERYBODY) as session:
                    paid = await session.get_one(MilestonePayment, paid_id)
                    await milestones.accept(session, paid=paid, signer=approver)
            except MarketplaceError:
                return False
            return True

    done = await asyncio.gather(*(release(paid.id) for _ in range(RACERS) for paid in everyone))
    assert (len(done), sum(done)) == (1_600, 200)
    async with transaction(committed, EVERYBODY) as session:
        ordered = select(func.count(), func.sum(PaymentOrder.amount_minor)).where(PaymentOrder.kind == "release")
        assert (await session.execute(ordered)).one() == (200, 200_000)
        assert await faults(session) == []
        held = select(func.sum(LedgerAccount.reserved_minor)).where(LedgerAccount.kind == "held")
        assert await session.scalar(held) == 200_000


async def test_an_outcome_heard_from_many_counts_once(committed: Sessions) -> None:
    deal_id = await ready(committed, Stage())
    async with transaction(committed, EVERYBODY) as session:
        (paid,) = (await session.scalars(select(MilestonePayment).where(MilestonePayment.deal_id == deal_id))).all()
        await milestones.accept(session, paid=paid, signer=signer(session, await payment_of(session, deal_id)))
        order_id = await session.scalar(select(PaymentOrder.id).where(PaymentOrder.kind == "release"))

    async def hear() -> None:
        async with transaction(committed, EVERYBODY) as session:
            await settle(session, order=await locked(session, order_id), outcome=Confirmed(reference="tr_1"))

    await asyncio.gather(*(hear() for _ in range(8)))
    async with transaction(committed, EVERYBODY) as session:
        found = await session.get_one(MilestonePayment, paid.id)
        assert (found.state, found.releases) == ("released", 1)
        assert await faults(session) == []


async def test_the_cap_on_costs_holds_whoever_adds_at_the_same_time(committed: Sessions) -> None:
    deal_id = await ready(committed, Stage(100_000))
    async with transaction(committed, EVERYBODY) as session:
        (paid,) = (await session.scalars(select(MilestonePayment).where(MilestonePayment.deal_id == deal_id))).all()
        dispute = await disputes.open_dispute(session, paid=paid, side="payer", reason="late")

    async def add() -> bool:
        try:
            async with transaction(committed, EVERYBODY) as session:
                await disputes.add_cost(session, dispute=await session.get_one(Dispute, dispute.id), cost_minor=1_500)
        except MarketplaceError:
            return False
        return True

    assert sum(await asyncio.gather(*(add() for _ in range(8)))) == 3
    async with transaction(committed, EVERYBODY) as session:
        assert (await session.get_one(Dispute, dispute.id)).cost_minor == 4_500


async def test_order_and_job_are_there_together_or_not_at_all(committed: Sessions, clock: SetClock) -> None:
    deal_id = await ready(committed, Stage())
    async with committed() as session:
        act_as(session, EVERYBODY)
        (paid,) = (await session.scalars(select(MilestonePayment).where(MilestonePayment.deal_id == deal_id))).all()
        await milestones.accept(session, paid=paid, signer=signer(session, await payment_of(session, deal_id)))
        await session.rollback()
    count = text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'payments.execute'")
    async with transaction(committed, EVERYBODY) as session:
        before = (await session.execute(count)).scalar_one()
        (paid,) = (await session.scalars(select(MilestonePayment).where(MilestonePayment.deal_id == deal_id))).all()
        assert paid.state == "submitted"
        await milestones.accept(session, paid=paid, signer=signer(session, await payment_of(session, deal_id)))
    async with transaction(committed, EVERYBODY) as session:
        assert (await session.execute(count)).scalar_one() == before + 1
    await drain(Context(sessions=committed, clock=clock))
    async with transaction(committed, EVERYBODY) as session:
        order = (await session.scalars(select(PaymentOrder).where(PaymentOrder.kind == "release"))).one()
        assert (order.state, order.asked) == ("sent", 1)
        assert releases.subject_of(await session.get_one(MilestonePayment, paid.id)).endswith(":100000")
