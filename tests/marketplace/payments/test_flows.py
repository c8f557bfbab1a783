"""The flows with the provider that moves nothing, both sides confirming each movement."""

import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.clock import SetClock
from marketplace.deals.models import Deal
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.jobs import Context, drain
from marketplace.ledger.checks import faults
from marketplace.ledger.service import balance
from marketplace.ledger.statements import open_clearing, trial_balance
from marketplace.mail import Mail
from marketplace.payments import disputes, endings, funding, milestones, payees, proofs, refunds
from marketplace.payments.models import DealPayment, FeeInvoice, MilestonePayment, PaymentOrder
from marketplace.payments.orders import refuse_by_hand
from marketplace.payments.proofs import Said
from marketplace.payments.refunds import RefundWish
from marketplace.process import advance
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage, confirm_all, payable, signer


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


async def funded(session: AsyncSession, *stages: Stage, **arrangement: object) -> DealPayment:
    payment = await payable(session, *stages, **arrangement)
    await funding.fund(session, payment=payment)
    await confirm_all(session, payment)
    return payment


async def accepted(session: AsyncSession, payment: DealPayment, paid: MilestonePayment) -> None:
    await milestones.submit(session, paid=paid, evidence=["report.pdf"])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))


async def held(session: AsyncSession, paid: MilestonePayment) -> int:
    return (await balance(session, paid.held_account_id)).amount_minor


async def totals(session: AsyncSession, payment: DealPayment) -> dict[str, int]:
    """By the last word of the account's name; what is held together."""
    found: dict[str, int] = {}
    for row in (await trial_balance(session, deal_id=payment.deal_id)).rows:
        name = row.code.split(":")[2]
        found[name] = found.get(name, 0) + row.balance_minor
    return found


async def test_a_deal_is_funded_released_and_complete(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000), Stage(50_000), fee_basis_points=200)
    assert await totals(session, payment) == {"payer": -150_000, "clearing": 0, "held": 150_000}
    for paid in await making.milestones(session, payment):
        assert paid.state == "funded"
        await accepted(session, payment, paid)
        assert paid.state == "releasing"
        await confirm_all(session, payment)
        assert paid.state == "released"
    assert await totals(session, payment) == {
        "payer": -150_000, "payee": 147_000, "clearing": 0, "held": 0, "fees": 3_000,
    }  # fmt: skip
    assert (await session.get_one(Deal, payment.deal_id)).state == "completed"
    assert await faults(session) == []


async def test_the_fee_is_invoiced_with_its_tax_and_numbered_without_gaps(session: AsyncSession) -> None:
    payment = await funded(
        session, Stage(100_000), Stage(50_000), fee_basis_points=200, fee_tax_basis_points=600, by_stage=True
    )
    for paid in await making.milestones(session, payment):
        await accepted(session, payment, paid)
        await confirm_all(session, payment)
    first, second = (await session.scalars(select(FeeInvoice).order_by(FeeInvoice.serial))).all()
    assert (first.number, second.number) == ("2026-000001", "2026-000002")
    assert (first.net_minor, first.tax_minor, first.total_minor) == (1_887, 113, 2_000)
    assert (first.buyer_id, first.buyer["country"]) == (payment.payee_id, "CN")


async def test_what_only_one_side_has_said_stands_on_the_clearing_account(session: AsyncSession) -> None:
    payment = await payable(session, Stage(100_000))
    order = await funding.fund(session, payment=payment)
    await proofs.say(session, order=order, side="payer", said=Said(said="sent", bank_reference="ICBC 77"))
    (waiting,) = await open_clearing(session)
    assert (waiting.balance_minor, waiting.deal_id) == (100_000, payment.deal_id)
    with pytest.raises(Forbidden):
        await proofs.say(session, order=order, side="payer", said=Said(said="received"))
    await proofs.say(session, order=order, side="payee", said=Said(said="received"))
    assert order.state == "confirmed"
    assert order.reference == "ICBC 77"
    assert await open_clearing(session) == []


async def test_a_pay_in_that_is_called_off_is_reversed_and_tried_again(session: AsyncSession) -> None:
    payment = await payable(session, Stage(100_000))
    first = await funding.fund(session, payment=payment)
    await proofs.say(session, order=first, side="payer", said=Said(said="sent"))
    await refuse_by_hand(session, order=first, note="the bank sent it back")
    assert await totals(session, payment) == {"payer": 0, "clearing": 0}
    second = await funding.fund(session, payment=payment)
    assert (first.key[-3:], second.key[-3:]) == (":a1", ":a2")
    await confirm_all(session, payment)
    assert await totals(session, payment) == {"payer": -100_000, "clearing": 0, "held": 100_000}


async def test_money_for_a_deal_that_has_ended_waits_for_its_refund(session: AsyncSession) -> None:
    payment = await payable(session, Stage(100_000))
    order = await funding.fund(session, payment=payment)
    deal = await session.get_one(Deal, payment.deal_id)
    await advance(session, deal, "lapse", actor=EVERYBODY)
    await making.both_say(session, order)
    (paid,) = await making.milestones(session, payment)
    assert (paid.state, payment.frozen_reason) == ("funded", "the deal was lapsed when the money came")
    await accepted(session, payment, paid)
    assert paid.state == "accepted"
    refund = await refunds.propose(session, paid=paid, wish=RefundWish(amount_minor=100_000, reason="lapsed"))
    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
    await confirm_all(session, payment)
    assert await totals(session, payment) == {"payer": 0, "clearing": 0, "held": 0}


async def test_far_stages_are_charged_when_they_start(session: AsyncSession) -> None:
    payment = await funded(session, Stage(due_in_days=30), Stage(due_in_days=80), Stage(due_in_days=200))
    first, second, far = await making.milestones(session, payment)
    assert [first.state, second.state, far.state] == ["funded", "funded", "unfunded"]
    for paid in (first, second):
        await accepted(session, payment, paid)
        await confirm_all(session, payment)
    assert far.state == "funded"  # ordered by itself as the stage began, and confirmed


async def test_by_stage_only_the_next_is_charged(session: AsyncSession) -> None:
    payment = await payable(session, Stage(), Stage(), by_stage=True)
    order = await funding.fund(session, payment=payment)
    assert order.amount_minor == 100_000
    assert [paid.state for paid in await making.milestones(session, payment)] == ["funding", "unfunded"]


async def test_changes_are_requested_and_part_is_released(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.request_changes(session, paid=paid, note="the flow is missing")
    await milestones.submit(session, paid=paid, evidence=["flow.csv"])
    with pytest.raises(Invalid):
        await milestones.accept(session, paid=paid, signer=signer(session, payment), amount_minor=100_001)
    await milestones.accept(session, paid=paid, signer=signer(session, payment), amount_minor=60_000)
    await confirm_all(session, payment)
    assert (paid.state, await held(session, paid)) == ("funded", 40_000)
    await accepted(session, payment, paid)
    await confirm_all(session, payment)
    assert paid.state == "released"
    keys = (await session.scalars(select(PaymentOrder.key).where(PaymentOrder.kind == "release"))).all()
    assert sorted(keys) == [f"release:{paid.milestone_id}:2:a1", f"release:{paid.milestone_id}:a1"]


@pytest.mark.parametrize(("rule", "state"), [("accepted", "releasing"), ("escalated", "disputed")])
async def test_silence_means_what_the_contract_says(
    session: AsyncSession, context: Context, clock: SetClock, rule: str, state: str
) -> None:
    payment = await funded(session, Stage(silence_rule=rule))
    (paid,) = await making.milestones(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    await session.commit()
    clock.advance(datetime.timedelta(days=9, hours=1))
    await drain(context)
    calls = select(Mail).where(Mail.kind == "payment-inspection-ends")
    assert len((await session.scalars(calls)).all()) == 2  # three days and one day before
    clock.advance(datetime.timedelta(days=1))
    await drain(context)
    await session.refresh(paid)
    assert paid.state == state


async def test_large_releases_need_two_people_and_a_fresh_second_factor(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000), four_eyes_from_minor=100_000)
    (paid,) = await making.milestones(session, payment)
    await milestones.submit(session, paid=paid, evidence=[])
    async with session.begin_nested() as attempt:
        with pytest.raises(Forbidden):
            await milestones.accept(session, paid=paid, signer=signer(session, payment, stepped_up=False))
        await attempt.rollback()
    await session.refresh(paid)
    first = signer(session, payment)
    await milestones.accept(session, paid=paid, signer=first)
    assert paid.state == "accepted"
    async with session.begin_nested() as attempt:
        with pytest.raises(Exception, match="uq_payment_approval"):
            await milestones.approve(session, paid=paid, signer=first)
        await attempt.rollback()
    await session.refresh(paid)
    await milestones.approve(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "releasing"


async def test_refund_needs_the_other_sides_yes(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    refund = await refunds.propose(session, paid=paid, wish=RefundWish(amount_minor=100_000, reason="no permit"))
    assert await held(session, paid) == 100_000
    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
    assert (refund.state, paid.state) == ("approved", "refunding")
    await confirm_all(session, payment)
    assert (refund.state, paid.state) == ("done", "refunded")
    assert await totals(session, payment) == {"payer": 0, "clearing": 0, "held": 0}
    assert (await session.get_one(Deal, payment.deal_id)).state == "terminated"


async def test_what_was_released_is_taken_back_before_it_is_refunded(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000), Stage(10_000))
    paid, _ = await making.milestones(session, payment)
    await accepted(session, payment, paid)
    await confirm_all(session, payment)
    with pytest.raises(Invalid):
        await refunds.propose(session, paid=paid, wish=RefundWish(amount_minor=1, reason="x"))
    wish = RefundWish(amount_minor=30_000, released_minor=30_000, reason="defect")
    refund = await refunds.propose(session, paid=paid, wish=wish)
    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
    assert await confirm_all(session, payment) == 2
    assert refund.state == "done"
    assert await totals(session, payment) == {"payer": -80_000, "payee": 70_000, "clearing": 0, "held": 10_000}


async def test_a_settled_dispute_splits_what_is_held(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    dispute = await disputes.open_dispute(session, paid=paid, side="payer", reason="late")
    await disputes.mediate(session, dispute=dispute, side="payee")
    await disputes.propose_split(session, dispute=dispute, release_minor=70_000)
    for side in ("payer", "payee"):
        await disputes.accept_proposal(session, dispute=dispute, side=side, signer=signer(session, payment))
    assert dispute.state == "settled"
    assert await confirm_all(session, payment) == 2
    assert paid.state == "released"
    assert await totals(session, payment) == {"payer": -70_000, "payee": 70_000, "clearing": 0, "held": 0}


async def test_a_large_decision_needs_a_second_person(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000), four_eyes_from_minor=50_000)
    (paid,) = await making.milestones(session, payment)
    dispute = await disputes.open_dispute(session, paid=paid, side="payee", reason="not paid")
    by = signer(session, payment)
    await disputes.decide(session, dispute=dispute, release_minor=100_000, note="clause 7", signer=by)
    assert (dispute.state, paid.state) == ("decided", "accepted")
    await milestones.approve(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "releasing"


async def test_costs_of_a_dispute_are_capped(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    dispute = await disputes.open_dispute(session, paid=paid, side="payer", reason="late")
    assert dispute.cost_cap_minor == 5_000
    await disputes.add_cost(session, dispute=dispute, cost_minor=5_000)
    with pytest.raises(Exception, match="ck_dispute_costs_are_capped"):
        await disputes.add_cost(session, dispute=dispute, cost_minor=1)


async def test_a_frozen_deal_releases_nothing_until_it_thaws(session: AsyncSession) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    await endings.freeze(session, payment=payment, reason="chargeback")
    await accepted(session, payment, paid)
    assert paid.state == "accepted"
    await endings.unfreeze(session, payment=payment)
    assert paid.state == "releasing"


async def test_a_changed_payee_is_paid_after_the_cool_off(
    session: AsyncSession, context: Context, clock: SetClock
) -> None:
    payment = await funded(session, Stage(100_000))
    (paid,) = await making.milestones(session, payment)
    for number in ("6222021234567890", "6222029999999999"):
        await payees.state_payout_account(
            session, organisation_id=payment.payee_id, holder_name="H", bank="ICBC", number=number
        )
    await accepted(session, payment, paid)
    assert paid.state == "accepted"
    await session.commit()
    clock.advance(payees.COOL_OFF)
    await drain(context)
    await session.refresh(paid)
    assert paid.state == "releasing"


async def test_cancelling_goes_by_stage(session: AsyncSession) -> None:
    payment = await funded(session, Stage(), Stage(), Stage(due_in_days=300))
    first, second, far = await making.milestones(session, payment)
    await milestones.submit(session, paid=first, evidence=[])
    (refund,) = await endings.cancel(session, payment=payment, reason="strategy changed")
    assert [first.state, second.state, far.state] == ["submitted", "funded", "cancelled"]
    assert (refund.milestone_payment_id, refund.kind) == (second.id, "cancelled")


async def test_abandoned_work_is_refunded_by_silence(session: AsyncSession, context: Context, clock: SetClock) -> None:
    payment = await funded(session, Stage(due_in_days=30))
    (paid,) = await making.milestones(session, payment)
    with pytest.raises(Conflict):
        await endings.claim_abandoned(session, paid=paid)
    clock.advance(datetime.timedelta(days=61))
    refund = await endings.claim_abandoned(session, paid=paid)
    await session.commit()
    clock.advance(datetime.timedelta(days=14, minutes=1))
    await drain(context)
    await session.refresh(refund)
    await session.refresh(paid)
    assert (refund.state, paid.state) == ("approved", "refunding")


async def test_the_operator_cannot_close_over_money(session: AsyncSession) -> None:
    payment = await funded(session, Stage())
    (paid,) = await making.milestones(session, payment)
    with pytest.raises(Conflict, match="held"):
        await endings.close(session, paid=paid, note="tired of it")
