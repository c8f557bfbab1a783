"""A claim on a payee after a lost chargeback: what it may be for, who makes it, and how it ends."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.ledger.checks import faults
from marketplace.ledger.statements import trial_balance
from marketplace.payments import claims, endings, funding, milestones, repayments
from marketplace.payments.claims import ClaimWish
from marketplace.payments.holding import Confirmed, Refused
from marketplace.payments.models import DealPayment, PayeeClaim, PaymentOrder
from marketplace.payments.orders import settle
from marketplace.payments.setup import Arrangement, set_up_payment, stages_of
from marketplace.people.models import Organisation
from marketplace.stripe import chargebacks
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage, signed_deal, signer

FEE_BASIS_POINTS = 250
PAID, REACHED = 100_000, 97_500


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


async def confirmed(session: AsyncSession, payment: DealPayment) -> None:
    """As Stripe would say of everything that was ordered."""
    for order in await making.open_orders(session, payment):
        await settle(session, order=order, outcome=Confirmed(reference=f"ch_{order.id}"))


async def accepted(session: AsyncSession, payment: DealPayment, number: int) -> None:
    paid = (await stages_of(session, payment.deal_id))[number][0]
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    await confirmed(session, payment)


async def told(session: AsyncSession, payment: DealPayment, status: str, amount_minor: int = 2 * PAID) -> None:
    query = select(PaymentOrder).where(PaymentOrder.deal_id == payment.deal_id, PaymentOrder.kind == "fund")
    order = (await session.scalars(query)).one()
    dispute = {
        "id": f"dp_{order.id}", "charge": order.reference, "amount": amount_minor,
        "currency": order.currency.lower(), "status": status, "reason": "fraudulent",
    }  # fmt: skip
    await chargebacks.keep(session, dispute)
    if status == "lost":
        await endings.unfreeze(session, payment=payment)


async def lost(session: AsyncSession) -> DealPayment:
    """Two milestones paid in, one paid out, and all of it charged back."""
    payment = await making.payable(
        session, Stage(PAID), Stage(PAID), provider="stripe", fee_basis_points=FEE_BASIS_POINTS
    )
    return await charged_back(session, payment)


async def charged_back(session: AsyncSession, payment: DealPayment) -> DealPayment:
    await funding.fund(session, payment=payment)
    await confirmed(session, payment)
    await accepted(session, payment, 0)
    await told(session, payment, "lost", 2 * PAID)
    return payment


async def claimed(session: AsyncSession, payment: DealPayment, minor: int = REACHED, basis: str = "") -> PayeeClaim:
    wish = ClaimWish(amount_minor=minor, reason="paid out, then charged back", netting_basis=basis)
    made = await claims.propose(session, payment=payment, wish=wish, signer=signer(session, payment))
    return await claims.approve(session, claim=made, signer=signer(session, payment))


async def books(session: AsyncSession) -> dict[str, int]:
    assert await faults(session) == []
    found: dict[str, int] = {}
    for row in (await trial_balance(session)).rows:
        name = row.code.split(":")[2]
        found[name] = found.get(name, 0) + row.balance_minor
    assert (sum(found.values()), found["clearing"]) == (0, 0)
    return found


async def next_deal(session: AsyncSession, payment: DealPayment, provider: str = "stripe") -> DealPayment:
    holder = await session.get_one(Organisation, payment.payee_id)
    deal = await signed_deal(session, Stage(PAID), Stage(PAID), Stage(PAID), holder=holder)
    following = await set_up_payment(session, deal=deal, arrangement=Arrangement(provider=provider))
    await funding.fund(session, payment=following)
    return following


async def test_no_more_is_claimed_than_was_lost_and_reached_the_payee(session: AsyncSession) -> None:
    payment = await lost(session)
    assert await claims.claimable_of(session, payment) == REACHED
    with pytest.raises(Invalid, match=f"1 to {REACHED}"):
        await claimed(session, payment, REACHED + 1)
    await claimed(session, payment, REACHED - 500)
    assert await claims.claimable_of(session, payment) == 500


async def test_without_a_loss_there_is_nothing_to_claim(session: AsyncSession) -> None:
    payment = await making.payable(session, Stage(PAID), provider="stripe")
    await funding.fund(session, payment=payment)
    await confirmed(session, payment)
    await accepted(session, payment, 0)
    await told(session, payment, "won", PAID)
    assert await claims.claimable_of(session, payment) == 0


async def test_one_operator_is_not_enough(session: AsyncSession) -> None:
    payment = await lost(session)
    first = signer(session, payment)
    wish = ClaimWish(amount_minor=REACHED, reason="r")
    claim = await claims.propose(session, payment=payment, wish=wish, signer=first)
    assert "receivable" not in await books(session)
    stale = signer(session, payment, stepped_up=False)
    with pytest.raises(Forbidden, match="second factor"):
        await claims.approve(session, claim=claim, signer=stale)
    await claims.approve(session, claim=claim, signer=signer(session, payment))
    found = await books(session)
    assert (found["receivable"], found["platform"]) == (-REACHED, REACHED - PAID)


async def test_half_of_the_next_releases_is_kept_where_the_contract_allows_it(session: AsyncSession) -> None:
    payment = await lost(session)
    claim = await claimed(session, payment, basis="clause 9.3")
    following = await next_deal(session, payment)
    await confirmed(session, following)
    for number, (reached, owed) in enumerate(((50_000, 47_500), (52_500, 0), (PAID, 0))):
        before = (await books(session))["payee"]
        await accepted(session, following, number)
        found = await books(session)
        assert (found["payee"] - before, found["receivable"]) == (reached, -owed)
    assert (claim.state, claim.settled_minor) == ("settled", REACHED)


@pytest.mark.parametrize(("provider", "basis"), [("stripe", ""), ("record-only", "clause 9.3")])
async def test_elsewhere_releases_are_paid_in_full(session: AsyncSession, provider: str, basis: str) -> None:
    payment = await lost(session)
    await claimed(session, payment, basis=basis)
    following = await next_deal(session, payment, provider)
    if provider == "stripe":
        await confirmed(session, following)
    else:
        await making.confirm_all(session, following)
    before = (await books(session))["payee"]
    paid = (await stages_of(session, following.deal_id))[0][0]
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, following))
    await (confirmed(session, following) if provider == "stripe" else making.confirm_all(session, following))
    assert (await books(session))["payee"] - before == PAID


async def test_a_repayment_counts_once_both_have_said_it(session: AsyncSession) -> None:
    payment = await lost(session)
    claim = await claimed(session, payment)
    await repayments.say_repaid(session, claim=claim, amount_minor=40_000, reference="ICBC 5")
    assert (await trial_balance(session)).sums == {"CNY": 0}
    await repayments.answer_repaid(session, claim=claim, received=False)
    assert (await books(session))["receivable"] == -REACHED
    await repayments.say_repaid(session, claim=claim, amount_minor=40_000, reference="ICBC 5")
    await repayments.answer_repaid(session, claim=claim, received=True)
    assert (await books(session))["receivable"] == 40_000 - REACHED
    with pytest.raises(Invalid, match="1 to 57500"):
        await repayments.say_repaid(session, claim=claim, amount_minor=57_501, reference="")
    await repayments.say_repaid(session, claim=claim, amount_minor=57_500, reference="ICBC 6")
    await repayments.answer_repaid(session, claim=claim, received=True)
    assert (claim.state, (await books(session))["receivable"]) == ("settled", 0)


async def test_a_write_off_takes_two_and_the_platform_bears_the_rest(session: AsyncSession) -> None:
    payment = await lost(session)
    claim = await claimed(session, payment)
    with pytest.raises(Conflict, match="still owed"):
        async with session.begin_nested():
            await repayments.close(session, claim=claim, note="enough")
    await session.refresh(claim)
    await claims.doubt(session, claim=claim, note="bankrupt", signer=signer(session, payment))
    await claims.write_off(session, claim=claim, signer=signer(session, payment))
    found = await books(session)
    assert (claim.state, found["receivable"], found["platform"]) == ("written-off", 0, -PAID)


@pytest.mark.parametrize("repaid", [0, 40_000, REACHED])
async def test_won_after_all_what_was_settled_is_owed_back(session: AsyncSession, repaid: int) -> None:
    payment = await lost(session)
    claim = await claimed(session, payment)
    if repaid:
        await repayments.say_repaid(session, claim=claim, amount_minor=repaid, reference="ICBC 5")
        await repayments.answer_repaid(session, claim=claim, received=True)
    await told(session, payment, "won")
    found = await books(session)
    assert (found["receivable"], found["platform"]) == (repaid, 0)
    if repaid:
        await repayments.say_paid_back(session, claim=claim, reference="ICBC 9")
        await repayments.answer_paid_back(session, claim=claim, received=True)
    found = await books(session)
    assert (claim.state, found["receivable"], found["payee"]) == ("closed", 0, REACHED)


async def test_a_release_that_is_refused_keeps_nothing(session: AsyncSession) -> None:
    payment = await lost(session)
    claim: Any = await claimed(session, payment, basis="clause 9.3")
    following = await next_deal(session, payment)
    await confirmed(session, following)
    paid = (await stages_of(session, following.deal_id))[0][0]
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, following))
    assert claim.settled_minor == 50_000
    for order in await making.open_orders(session, following):
        await settle(session, order=order, outcome=Refused(code="no", message="no"))
    await session.refresh(claim)
    assert (claim.settled_minor, (await books(session))["receivable"]) == (0, -REACHED)


async def charged_back_in_parts(
    session: AsyncSession, payment: DealPayment, name: str, status: str, minor: int
) -> None:
    """One of several chargebacks of the same payment."""
    query = select(PaymentOrder).where(PaymentOrder.deal_id == payment.deal_id, PaymentOrder.kind == "fund")
    order = (await session.scalars(query)).one()
    dispute = {
        "id": f"dp_{name}", "charge": order.reference, "amount": minor, "currency": order.currency.lower(),
        "status": status, "reason": "fraudulent",
    }  # fmt: skip
    await chargebacks.keep(session, dispute)


async def test_a_chargeback_that_is_won_leaves_the_claim_for_another_that_was_lost(session: AsyncSession) -> None:
    payment = await making.payable(session, Stage(PAID), provider="stripe")
    await funding.fund(session, payment=payment)
    await confirmed(session, payment)
    await accepted(session, payment, 0)
    for name, minor in (("a", 30_000), ("b", 40_000)):
        await charged_back_in_parts(session, payment, name, "lost", minor)
    claim = await claimed(session, payment, 40_000)
    await charged_back_in_parts(session, payment, "a", "won", 30_000)
    assert claim.state == "open"
    await charged_back_in_parts(session, payment, "b", "won", 40_000)
    await session.refresh(claim)
    assert claim.state == "closed"
    assert (await books(session))["payee"] == PAID
