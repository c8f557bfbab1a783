"""Ways round the rules that money is guarded by, tried on purpose: stale yeses, one person for two, out of turn."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.ledger.checks import faults
from marketplace.ledger.service import balance, move, post
from marketplace.money import Money
from marketplace.payments import bookings, disputes, endings, funding, milestones, refunds
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, Dispute, MilestonePayment, PaymentOrder, Refund
from marketplace.payments.refunds import RefundWish
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage, confirm_all, payable, signer

LIMIT, LARGE = 50_000, 100_000


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


async def funded(session: AsyncSession, *stages: Stage, **arrangement: object) -> DealPayment:
    payment = await payable(session, *stages, **{"four_eyes_from_minor": LIMIT, **arrangement})
    await funding.fund(session, payment=payment)
    await confirm_all(session, payment)
    return payment


async def only_stage(session: AsyncSession, payment: DealPayment) -> MilestonePayment:
    (paid,) = await making.milestones(session, payment)
    return paid


async def orders(session: AsyncSession, payment: DealPayment, kind: str) -> list[PaymentOrder]:
    query = select(PaymentOrder).where(PaymentOrder.deal_id == payment.deal_id, PaymentOrder.kind == kind)
    return list((await session.scalars(query.order_by(PaymentOrder.id))).all())


async def waiting_refund(session: AsyncSession, payment: DealPayment) -> Refund:
    query = select(Refund).where(Refund.deal_id == payment.deal_id, Refund.state == "proposed")
    return (await session.scalars(query)).one()


async def in_dispute(session: AsyncSession, paid: MilestonePayment) -> Dispute:
    return await disputes.open_dispute(session, paid=paid, side="payer", reason="it leaks")


async def proposed(session: AsyncSession, paid: MilestonePayment, release_minor: int) -> Dispute:
    dispute = await in_dispute(session, paid)
    await disputes.mediate(session, dispute=dispute, side="payer")
    return await disputes.propose_split(session, dispute=dispute, release_minor=release_minor)


async def test_a_yes_to_earlier_work_is_none_to_later_work(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=["first"])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    dispute = await in_dispute(session, paid)
    await disputes.withdraw(session, dispute=dispute)
    await milestones.submit(session, paid=paid, evidence=["second"])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "accepted"
    await milestones.approve(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "releasing"


async def test_who_said_yes_before_a_dispute_may_say_it_again(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid, same = await only_stage(session, payment), signer(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=same)
    await disputes.withdraw(session, dispute=await in_dispute(session, paid))
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=same)
    assert paid.state == "accepted"


async def test_a_yes_before_the_dispute_does_not_spare_the_decision_its_second(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    dispute = await in_dispute(session, paid)
    await disputes.decide(session, dispute=dispute, release_minor=LARGE, note="so", signer=signer(session, payment))
    assert await orders(session, payment, "release") == []


async def test_one_person_cannot_agree_for_both_sides(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid, both = await only_stage(session, payment), signer(session, payment)
    dispute = await proposed(session, paid, LARGE)
    await disputes.accept_proposal(session, dispute=dispute, side="payer", signer=both)
    with pytest.raises(IntegrityError, match="uq_payment_approval"):
        await disputes.accept_proposal(session, dispute=dispute, side="payee", signer=both)


async def test_nobody_agrees_to_a_proposal_they_have_not_seen(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid = await only_stage(session, payment)
    dispute = await proposed(session, paid, 70_000)
    await disputes.propose_split(session, dispute=dispute, release_minor=40_000)
    with pytest.raises(Conflict, match="changed"):
        await disputes.accept_proposal(
            session, dispute=dispute, side="payee", signer=signer(session, payment), seen_minor=70_000
        )


async def test_one_operator_alone_sends_no_large_amount_back(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid = await only_stage(session, payment)
    dispute, first = await in_dispute(session, paid), signer(session, payment)
    await disputes.decide(session, dispute=dispute, release_minor=0, note="so", signer=first)
    assert await orders(session, payment, "refund") == []
    refund = await waiting_refund(session, payment)
    async with session.begin_nested() as attempt:
        with pytest.raises(IntegrityError, match="uq_payment_approval"):
            await refunds.approve(session, refund=refund, signer=first)
        await attempt.rollback()
    await session.refresh(paid)
    await session.refresh(refund)
    await refunds.approve(session, refund=refund, signer=signer(session, payment))
    assert await confirm_all(session, payment) == 1
    assert (paid.state, refund.state) == ("refunded", "done")


async def test_a_decision_that_no_second_operator_bears_out_is_none(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid = await only_stage(session, payment)
    dispute = await in_dispute(session, paid)
    await disputes.decide(session, dispute=dispute, release_minor=1, note="so", signer=signer(session, payment))
    await refunds.reject(session, refund=await waiting_refund(session, payment))
    assert (paid.state, paid.release_minor) == ("funded", None)
    assert (await in_dispute(session, paid)).state == "negotiating"


async def test_an_operator_is_no_second_yes_to_what_the_payer_accepted(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid, payers = await only_stage(session, payment), signer(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=payers)
    operator = Signer(person_id=uuid.uuid4(), organisation_id=uuid.uuid4(), stepped_up_at=payers.stepped_up_at)
    with pytest.raises(Forbidden):
        await milestones.approve(session, paid=paid, signer=operator)


async def taken_by_a_chargeback(session: AsyncSession, payment: DealPayment, minor: int) -> None:
    """What a lost chargeback books: out of what is held, back to the payer."""
    (order,) = await orders(session, payment, "fund")
    accounts = await bookings.accounts_of(session, order)
    paid, amount = await only_stage(session, payment), Money(minor, payment.currency)
    await post(
        session,
        move("lost:held", amount, debit=paid.held_account_id, credit=accounts.clearing, code="chargeback"),
        move("lost:payer", amount, debit=accounts.clearing, credit=accounts.payer, code="chargeback"),
    )


async def test_what_was_taken_back_is_booked_even_if_it_cannot_go_on(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE), four_eyes_from_minor=10 * LARGE)
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, payment), amount_minor=60_000)
    await confirm_all(session, payment)
    wish = RefundWish(amount_minor=LARGE, released_minor=60_000, reason="r")
    refund = await refunds.propose(session, paid=paid, wish=wish)
    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
    await taken_by_a_chargeback(session, payment, 40_000)
    await confirm_all(session, payment)
    (back,) = await orders(session, payment, "reverse")
    assert (back.state, refund.state, paid.state) == ("confirmed", "failed", "funded")
    assert (await balance(session, paid.held_account_id)).amount_minor == 60_000
    assert await faults(session) == []


async def test_a_dispute_about_money_that_is_gone_is_about_the_rest(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE), four_eyes_from_minor=10 * LARGE)
    paid = await only_stage(session, payment)
    dispute = await proposed(session, paid, 70_000)
    await taken_by_a_chargeback(session, payment, 60_000)
    await disputes.accept_proposal(session, dispute=dispute, side="payer", signer=signer(session, payment))
    async with session.begin_nested() as attempt:
        with pytest.raises(Conflict, match="Less is held"):
            await disputes.accept_proposal(session, dispute=dispute, side="payee", signer=signer(session, payment))
        await attempt.rollback()
    await session.refresh(paid)
    await session.refresh(dispute)
    with pytest.raises(Invalid):
        await disputes.propose_split(session, dispute=dispute, release_minor=70_000)
    await disputes.decide(session, dispute=dispute, release_minor=30_000, note="so", signer=signer(session, payment))
    await confirm_all(session, payment)
    assert (paid.state, (await balance(session, paid.held_account_id)).amount_minor) == ("released", 0)


async def test_less_than_what_was_accepted_is_not_paid_and_stops_nobody(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE), four_eyes_from_minor=10 * LARGE)
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await endings.freeze(session, payment=payment, reason="chargeback")
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    await taken_by_a_chargeback(session, payment, 1)
    await endings.unfreeze(session, payment=payment)
    assert (paid.state, await orders(session, payment, "release")) == ("accepted", [])
    assert (await in_dispute(session, paid)).held_minor == LARGE - 1


async def test_a_refund_agreed_on_while_a_release_waits_leaves_nothing_stuck(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE), four_eyes_from_minor=10 * LARGE)
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await endings.freeze(session, payment=payment, reason="court")
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "accepted"
    refund = await refunds.propose(session, paid=paid, wish=RefundWish(amount_minor=30_000, reason="r"))
    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
    await confirm_all(session, payment)
    await endings.unfreeze(session, payment=payment)
    assert (await balance(session, paid.held_account_id)).amount_minor == 70_000
    assert paid.state in ("funded", "accepted")


async def test_what_is_being_paid_in_is_not_closed_over(session: AsyncSession) -> None:
    payment = await payable(session, Stage(LARGE), Stage(LARGE))
    order = await funding.fund(session, payment=payment)
    first, second = await making.milestones(session, payment)
    async with session.begin_nested() as attempt:
        with pytest.raises(Conflict, match="on its way"):
            await endings.close(session, paid=first, note="tired of it")
        await attempt.rollback()
    await session.refresh(first)
    await making.both_say(session, order)
    assert (first.state, second.state) == ("funded", "funded")


async def test_a_release_is_taken_back_once(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE), four_eyes_from_minor=10 * LARGE)
    paid = await only_stage(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    await confirm_all(session, payment)
    assert paid.state == "released"
    wish = RefundWish(amount_minor=60_000, released_minor=60_000, reason="r")
    first = await refunds.propose(session, paid=paid, wish=wish)
    await refunds.approve(session, refund=first, signer=signer(session, payment, side="payee"))
    with pytest.raises(IntegrityError, match="uq_refund_open"):
        await refunds.propose(session, paid=paid, wish=wish)


async def test_parts_below_the_limit_do_not_add_up_beyond_it(session: AsyncSession) -> None:
    payment = await funded(session, Stage(LARGE))
    paid, alone = await only_stage(session, payment), signer(session, payment)
    released = 0
    for _ in range(4):
        await milestones.submit(session, paid=paid, evidence=[])
        await milestones.accept(session, paid=paid, signer=alone, amount_minor=LIMIT // 2)
        released += LIMIT // 2 if await confirm_all(session, payment) else 0
        if paid.state == "accepted":
            break
    assert released < LIMIT
    assert await faults(session) == []
