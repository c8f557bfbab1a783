"""Nothing is paid to whom the platform has suspended, nor taken back where it could not go on."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.errors import Conflict
from marketplace.payments import endings, funding, milestones, refunds
from marketplace.payments.models import DealPayment, MilestonePayment
from marketplace.payments.refunds import RefundWish
from marketplace.people.models import Organisation
from marketplace.people.operators import move_organisation
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage, confirm_all, payable, signer


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


async def paid_in(session: AsyncSession) -> tuple[DealPayment, MilestonePayment]:
    payment = await payable(session, Stage(100_000), Stage(1))
    await funding.fund(session, payment=payment)
    await confirm_all(session, payment)
    return payment, (await making.milestones(session, payment))[0]


async def accepted(session: AsyncSession, payment: DealPayment, paid: MilestonePayment) -> None:
    await milestones.submit(session, paid=paid, evidence=[])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))


async def test_a_suspended_payee_is_paid_once_it_is_reinstated(session: AsyncSession) -> None:
    payment, paid = await paid_in(session)
    payee = await session.get_one(Organisation, payment.payee_id)
    await move_organisation(session, organisation=payee, transition="suspend", note="forged certificates")
    await accepted(session, payment, paid)
    assert paid.state == "accepted"
    await move_organisation(session, organisation=payee, transition="reinstate", note="they were not")
    assert paid.state == "releasing"


async def test_what_was_paid_out_is_not_taken_back_while_the_deal_is_frozen(session: AsyncSession) -> None:
    payment, paid = await paid_in(session)
    await accepted(session, payment, paid)
    await confirm_all(session, payment)
    wish = RefundWish(amount_minor=60_000, released_minor=60_000, reason="r")
    refund = await refunds.propose(session, paid=paid, wish=wish)
    await endings.freeze(session, payment=payment, reason="chargeback")
    with pytest.raises(Conflict, match="frozen"):
        await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
