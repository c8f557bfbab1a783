"""A deal held at Stripe from the pay-in to the refund: what the ledger says is what Stripe did."""

import pytest

from marketplace.payments import funding
from marketplace.payments.models import DealPayment

DAY_S = 86_400


@pytest.fixture
def contract():
    return True


async def test_a_deal_is_funded_released_and_refunded(desk):
    funded = await desk.fund()
    assert (funded.state, str(funded.reference)[:3]) == ("confirmed", "ch_")
    assert (await desk.balances())["held"] == 300_000

    for number in (0, 1):
        await desk.accept(number)
        await desk.work()
    release = await desk.order("release")
    assert (release.state, str(release.reference)[:3]) == ("confirmed", "tr_")

    desk.fake.control("clock", seconds=3 * DAY_S)
    await desk.refund(2, 100_000)
    await desk.work()
    await desk.hear()

    balances = await desk.balances()
    assert balances == {"payer": -200_000, "payee": 195_000, "fees": 5_000, "held": 0, "clearing": 0}
    truth = desk.fake.truth()["accounts"]
    assert truth[desk.account]["eur"] == 195_000
    report = await desk.explained()
    assert (report.open, [found.share for found in report.currencies]) == ([], [1.0])


async def test_what_was_released_is_taken_back_before_it_is_refunded(desk):
    await desk.fund()
    await desk.accept(0)
    await desk.work()
    desk.fake.control("clock", seconds=3 * DAY_S)
    await desk.refund(0, 50_000, released_minor=50_000)
    await desk.work()
    await desk.hear()
    assert [(await desk.order(kind)).state for kind in ("reverse", "refund")] == ["confirmed", "confirmed"]
    balances = await desk.balances()
    assert (balances["payee"], balances["payer"]) == (97_500 - 50_000, -250_000)
    assert desk.fake.truth()["accounts"][desk.account]["eur"] == 47_500
    assert (await desk.explained()).is_complete


async def test_a_refund_that_waits_for_money_is_settled_when_stripe_says_so(desk):
    desk.fake.control("clock", seconds=3 * DAY_S)
    desk.fake.control("platform/eur/withdraw", amount=1_000_000)
    await desk.fund()
    await desk.refund(0, 100_000)
    await desk.work()
    await desk.hear()
    waiting = await desk.order("refund")
    assert (waiting.state, str(waiting.reference)[:3]) == ("sent", "re_")
    desk.fake.control("clock", seconds=3 * DAY_S)
    await desk.hear()
    assert (await desk.order("refund")).state == "confirmed"


async def test_who_does_not_pay_in_time_may_try_again(desk):
    async with desk.context.transaction() as session:
        await funding.fund(session, payment=await session.get_one(DealPayment, desk.payment.id))
    await desk.work()
    first = await desk.order("fund")
    assert first.pay_url
    assert (first.state, str(first.reference)[:3]) == ("sent", "cs_")
    await desk.gate.v1.checkout.sessions.expire_async(str(first.reference))
    await desk.hear()
    assert (await desk.order("fund")).state == "refused"
    again = await desk.fund()
    assert (again.attempt, again.state) == (2, "confirmed")


async def test_ways_to_pay_that_tell_later_are_waited_for(desk):
    async with desk.context.transaction() as session:
        await funding.fund(session, payment=await session.get_one(DealPayment, desk.payment.id))
    await desk.work()
    session_id = (await desk.order("fund")).reference
    desk.fake.control(f"checkout/{session_id}/pay", method="sepa_debit")
    await desk.hear()
    assert (await desk.order("fund")).state == "sent"
    desk.fake.control(f"checkout/{session_id}/settle", paid=True)
    await desk.hear()
    assert (await desk.order("fund")).state == "confirmed"
